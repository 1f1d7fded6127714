//! `flowstead user`: users of a server, for administrators.
//!
//! Must not know what roles permit.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::cli::client::{Client, ServerFlags};
use crate::cli::listing::{print_done, print_list, read_list};
use crate::cli::login::ask_password;
use crate::cli::outcome::{Failure, Outcome, REFUSED};

const FIELDS: [&str; 6] = ["user_id", "display_name", "email", "roles", "groups", "disabled"];
/// More users than this are looked through in the browser.
const LIST_MAX: usize = 10_000;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users by login name
    List(List),
    /// Make a user; the password is asked for, or read from the input
    Create(Create),
    /// Disable a user and sign it out everywhere
    Disable(One),
    /// Let a disabled user sign in again
    Enable(One),
}

/// The arguments of `user list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Words in the login name, the name or the address
    #[arg(long)]
    search: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

/// The arguments of `user create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The login name
    user_id: String,
    /// The name shown to people
    #[arg(long)]
    name: String,
    /// The e-mail address
    #[arg(long)]
    email: Option<String>,
    /// A role: administrator, modeler, operator or user
    #[arg(long = "role", value_name = "ROLE", default_value = "user")]
    roles: Vec<String>,
    /// A group that exists
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    #[command(flatten)]
    server: ServerFlags,
}

/// A user.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The login name
    user_id: String,
    #[command(flatten)]
    server: ServerFlags,
}

impl Users {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::List(list) => {
                let mut client = list.server.client()?;
                let filter = [("search", list.search)];
                let items = read_list(&mut client, "/api/v1/users", &filter, LIST_MAX)?;
                Ok(print_list(&items, list.server.json, &FIELDS))
            }
            Self::Create(create) => create.run(),
            Self::Disable(one) => one.change("disable", "disabled"),
            Self::Enable(one) => one.change("enable", "enabled"),
        }
    }
}

impl Create {
    fn run(self) -> Outcome {
        let mut client = self.server.client()?;
        let body = json!({
            "user_id": self.user_id,
            "display_name": self.name,
            "email": self.email,
            "roles": self.roles,
            "groups": self.groups,
            "password": ask_password("Password of the new user: ")?,
        });
        let data = client.post("/api/v1/users", &body)?.data;
        Ok(print_done(&data, self.server.json, &format!("made the user {}", self.user_id)))
    }
}

impl One {
    fn change(self, what: &str, done: &str) -> Outcome {
        let mut client = self.server.client()?;
        let key = find(&mut client, &self.user_id)?;
        let path = format!("/api/v1/users/{key}/{what}");
        let data = client.post(&path, &json!({}))?.data;
        Ok(print_done(&data, self.server.json, &format!("{done} the user {}", self.user_id)))
    }
}

/// The key of the user with a login name.
fn find(client: &mut Client, user_id: &str) -> Result<String, Failure> {
    let filter = [("search", Some(user_id.to_owned()))];
    let found = read_list(client, "/api/v1/users", &filter, LIST_MAX)?;
    let is_meant =
        |user: &&Json| user["user_id"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(user_id));
    let key = found.iter().find(is_meant).and_then(|user| user["key"].as_str());
    key.map(str::to_owned)
        .ok_or_else(|| Failure::of(REFUSED, format!("there is no user {user_id}")))
}
