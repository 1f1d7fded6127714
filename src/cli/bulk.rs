//! `flowstead instances bulk`: the same done to many instances, tried dry first.
//!
//! Must not know how an operation is carried out.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::cli::changes::{Changed, Mapped, Repair, Steps};
use crate::cli::client::{Client, ServerFlags};
use crate::cli::listing::{print_done, print_list, print_thing, read_list};
use crate::cli::outcome::{Failure, Outcome, REFUSED};
use crate::cli::values::{count, key};
use crate::cli::variables::{Variable, object};

const OPERATIONS: &str = "/api/v1/bulk-operations";
const FIELDS: [&str; 7] = ["key", "action", "state", "total", "unfit", "done", "refused"];
const ITEM_FIELDS: [&str; 5] = ["instance_key", "fits", "state", "reason", "result_key"];
/// How often a command that waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What can be done to many instances.
#[derive(Debug, Subcommand)]
pub(crate) enum Bulk {
    /// End them
    Cancel(Plain),
    /// Let them rest
    Suspend(Plain),
    /// Let them go on
    Resume(Plain),
    /// Try again whatever raised their open incidents
    Retry(Retry),
    /// Set the same variables in each
    Set(Set),
    /// Begin, end and move elements of them
    Modify(Modify),
    /// Let them go on in another version
    Migrate(Migrate),
    /// Start others with the same start variables
    Restart(Restart),
    /// List operations, newest first
    List(List),
    /// Show an operation with what was refused
    Show(One),
    /// Begin an operation that was tried, or go on with a paused one
    Start(One),
    /// Let an operation rest
    Pause(One),
    /// End an operation; what was done stays done
    Stop(One),
}

/// Which instances, and whether it begins at once.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// Keys of instances
    #[arg(value_parser = key, value_name = "KEY")]
    keys: Vec<i64>,
    /// All instances of this process, in place of keys
    #[arg(long, value_name = "ID", conflicts_with = "keys")]
    process: Option<String>,
    /// Only in this version
    #[arg(long, value_parser = count, requires = "process")]
    version: Option<u32>,
    /// Only in this state: active, suspended, stuck, completed or terminated
    #[arg(long, requires = "process")]
    state: Option<String>,
    /// Begin when everything was tried, and wait for the end
    #[arg(long)]
    start: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// An action without further words.
#[derive(Debug, Args)]
pub(crate) struct Plain {
    #[command(flatten)]
    chosen: Chosen,
}

/// The arguments of `bulk retry`.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    repair: Repair,
}

/// The arguments of `bulk set`.
#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    chosen: Chosen,
    /// A variable; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE", required = true)]
    variables: Vec<Variable>,
}

/// The arguments of `bulk modify`.
#[derive(Debug, Args)]
pub(crate) struct Modify {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    steps: Steps,
}

/// The arguments of `bulk migrate`.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    chosen: Chosen,
    /// Key of the definition to go on in
    #[arg(long, value_name = "KEY", value_parser = key)]
    to: i64,
    #[command(flatten)]
    mapping: Mapped,
}

/// The arguments of `bulk restart`.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    change: Changed,
}

/// The arguments of `bulk list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = count)]
    limit: u32,
    #[command(flatten)]
    server: ServerFlags,
}

/// An operation.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Key of the operation
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    server: ServerFlags,
}

impl Bulk {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Cancel(it) => it.chosen.create(&json!({ "kind": "cancel" })),
            Self::Suspend(it) => it.chosen.create(&json!({ "kind": "suspend" })),
            Self::Resume(it) => it.chosen.create(&json!({ "kind": "resume" })),
            Self::Retry(it) => it.chosen.create(&of_kind("retry", it.repair.body())),
            Self::Set(it) => {
                let body = json!({ "variables": object(it.variables) });
                it.chosen.create(&of_kind("set_variables", body))
            }
            Self::Restart(it) => it.chosen.create(&of_kind("restart", it.change.body())),
            Self::Modify(it) => {
                let body = json!({ "instructions": it.steps.instructions() });
                it.chosen.create(&of_kind("modify", body))
            }
            Self::Migrate(it) => {
                let mut body = json!({ "definition_key": it.to.to_string() });
                it.mapping.add_to(&mut body);
                it.chosen.create(&of_kind("migrate", body))
            }
            Self::List(list) => {
                let mut client = list.server.client()?;
                let items = read_list(&mut client, OPERATIONS, &[], list.limit as usize)?;
                Ok(print_list(&items, list.server.json, &FIELDS))
            }
            Self::Show(one) => {
                let mut client = one.server.client()?;
                let operation = client.get(&format!("{OPERATIONS}/{}", one.key), &[])?.data;
                report(&mut client, &operation, &one.server)
            }
            Self::Start(one) => one.post("start", "started"),
            Self::Pause(one) => one.post("pause", "paused"),
            Self::Stop(one) => one.post("cancel", "ended"),
        }
    }
}

fn of_kind(kind: &str, mut body: Json) -> Json {
    body["kind"] = kind.into();
    body
}

impl Chosen {
    /// Makes the operation and waits until it was tried, or, where it begins, until it has ended.
    fn create(self, action: &Json) -> Outcome {
        let mut body = json!({ "action": action, "start": self.start });
        if let Some(process) = &self.process {
            let (version, state) = (self.version, &self.state);
            body["filter"] = json!({ "process": process, "version": version, "state": state });
        } else {
            body["keys"] = self.keys.iter().map(ToString::to_string).collect();
        }
        let mut client = self.server.client()?;
        let mut operation = client.post(OPERATIONS, &body)?.data;
        let path = format!("{OPERATIONS}/{}", operation["key"].as_str().unwrap_or_default());
        while matches!(operation["state"].as_str(), Some("checking" | "running")) {
            std::thread::sleep(LOOK_AGAIN);
            operation = client.get(&path, &[])?.data;
        }
        report(&mut client, &operation, &self.server)
    }
}

/// Shows an operation and its items; what was refused makes the command fail.
fn report(client: &mut Client, operation: &Json, server: &ServerFlags) -> Outcome {
    let key = operation["key"].as_str().unwrap_or_default();
    let path = format!("{OPERATIONS}/{key}/items");
    let items = read_list(client, &path, &[], usize::MAX)?;
    if server.json {
        let mut whole = operation.clone();
        whole["items"] = items.into();
        print_thing(&whole, true);
    } else {
        print_thing(operation, false);
        print_list(&items, false, &ITEM_FIELDS);
    }
    let count = |field: &str| operation[field].as_i64().unwrap_or(0);
    let is_over = matches!(operation["state"].as_str(), Some("done" | "canceled"));
    let refused = if is_over { count("refused") } else { count("unfit") };
    if refused == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let error = anyhow::anyhow!("{refused} of {} instances were refused", count("total"));
    Err(Failure::new(REFUSED, error))
}

impl One {
    fn post(self, what: &str, done: &str) -> Outcome {
        let Self { key, server } = self;
        let data = server.client()?.post(&format!("{OPERATIONS}/{key}/{what}"), &json!({}))?.data;
        Ok(print_done(&data, server.json, &format!("{done} operation {key}")))
    }
}
