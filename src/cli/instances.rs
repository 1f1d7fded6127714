//! `flowstead instances`: process instances on a server.
//!
//! Must not know how they run.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::listing::{print_done, print_list, print_thing, read_list};
use crate::cli::outcome::Outcome;
use crate::cli::values::{count, key};
use crate::cli::{bulk, changes};

const FIELDS: [&str; 7] =
    ["key", "process_id", "version", "state", "incidents", "places", "started_at"];

/// What can be done with instances.
#[derive(Debug, Subcommand)]
pub(crate) enum Instances {
    /// List instances, newest first
    List(List),
    /// Show an instance with its variables
    Show(One),
    /// End an instance and everything in it
    Cancel(One),
    /// Begin, end and move elements of an instance
    Modify(changes::Modify),
    /// Let an instance go on in another version
    Migrate(changes::Migrate),
    /// Let an instance rest
    Suspend(One),
    /// Let a suspended instance go on
    Resume(One),
    /// Try again whatever raised the open incidents of an instance
    Retry(changes::Retry),
    /// Start another instance with the same start variables
    Restart(changes::Restart),
    /// Do something to many instances, tried dry first
    #[command(subcommand)]
    Bulk(bulk::Bulk),
}

/// The arguments of `instances list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this process
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// Only in this state: active, suspended, stuck, completed or terminated
    #[arg(long)]
    state: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = count)]
    limit: u32,
    #[command(flatten)]
    server: ServerFlags,
}

/// An instance.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    server: ServerFlags,
}

impl Instances {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::List(list) => {
                let filter = [("process", list.process), ("state", list.state)];
                let mut client = list.server.client()?;
                let limit = list.limit as usize;
                let items = read_list(&mut client, "/api/v1/process-instances", &filter, limit)?;
                Ok(print_list(&items, list.server.json, &FIELDS))
            }
            Self::Show(one) => {
                let mut client = one.server.client()?;
                let path = format!("/api/v1/process-instances/{}", one.key);
                let mut data = client.get(&path, &[])?.data;
                let scopes = client.get(&format!("{path}/variables"), &[])?.data;
                data["variables"] = scopes[0]["variables"].clone();
                Ok(print_thing(&data, one.server.json))
            }
            Self::Cancel(one) => one.post("cancel", "canceled"),
            Self::Suspend(one) => one.post("suspend", "suspended"),
            Self::Resume(one) => one.post("resume", "resumed"),
            Self::Modify(it) => it.run(),
            Self::Migrate(it) => it.run(),
            Self::Retry(it) => it.run(),
            Self::Restart(it) => it.run(),
            Self::Bulk(it) => it.run(),
        }
    }
}

impl One {
    fn post(self, what: &str, done: &str) -> Outcome {
        let Self { key, server } = self;
        let path = format!("/api/v1/process-instances/{key}/{what}");
        let data = server.client()?.post(&path, &json!({}))?.data;
        Ok(print_done(&data, server.json, &format!("{done} instance {key}")))
    }
}
