//! `flowstead tasks`: user tasks on a server.
//!
//! Must not know forms; the server checks what is sent.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::listing::{print_done, print_list, print_thing, read_list};
use crate::cli::outcome::Outcome;
use crate::cli::values::{count, key};
use crate::cli::variables::{Variable, object};

const FIELDS: [&str; 6] = ["key", "name", "process_id", "assignee", "candidate_groups", "due_at"];

/// What can be done with user tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// List the user tasks that you may see
    List(List),
    /// Show a user task with its variables
    Show(One),
    /// Claim a user task that nobody has
    Claim(One),
    /// Complete a user task
    Complete(Complete),
}

/// The arguments of `tasks list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Which ones: mine, unassigned, all or done
    #[arg(long)]
    filter: Option<String>,
    /// Only of this process
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = count)]
    limit: u32,
    #[command(flatten)]
    server: ServerFlags,
}

/// A user task.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Key of the user task
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    server: ServerFlags,
}

/// The arguments of `tasks complete`.
#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// Key of the user task
    #[arg(value_parser = key)]
    key: i64,
    /// A value of its form; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    /// A comment to go with it
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Tasks {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::List(list) => {
                let filter = [("filter", list.filter), ("process_id", list.process)];
                let mut client = list.server.client()?;
                let limit = list.limit as usize;
                let items = read_list(&mut client, "/api/v1/user-tasks", &filter, limit)?;
                Ok(print_list(&items, list.server.json, &FIELDS))
            }
            Self::Show(One { key, server }) => {
                let data = server.client()?.get(&format!("/api/v1/user-tasks/{key}"), &[])?.data;
                Ok(print_thing(&data, server.json))
            }
            Self::Claim(One { key, server }) => {
                let path = format!("/api/v1/user-tasks/{key}/claim");
                let data = server.client()?.post(&path, &json!({}))?.data;
                Ok(print_done(&data, server.json, &format!("claimed user task {key}")))
            }
            Self::Complete(complete) => complete.run(),
        }
    }
}

impl Complete {
    fn run(self) -> Outcome {
        let mut body = json!({ "variables": object(self.variables) });
        if let Some(comment) = self.comment {
            body["comment"] = comment.into();
        }
        let path = format!("/api/v1/user-tasks/{}/complete", self.key);
        let data = self.server.client()?.post(&path, &body)?.data;
        Ok(print_done(&data, self.server.json, &format!("completed user task {}", self.key)))
    }
}
