//! `flowstead replay`: an instance as it was after one of its turns.
//!
//! Must not know how the state is found.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value as Json;

use crate::cli::client::ServerFlags;
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_line};
use crate::cli::values::key;

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    /// After this turn, from 1; every turn in order when not given
    #[arg(long, value_name = "TURN", value_parser = clap::value_parser!(i64).range(1..))]
    at: Option<i64>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Replay {
    pub(crate) fn run(self) -> Outcome {
        let mut client = self.server.client()?;
        let path = format!("/api/v1/process-instances/{}/replay", self.key);
        let mut turn = self.at.unwrap_or(1);
        loop {
            let moment = client.get(&path, &[("turn", turn.to_string())])?.data;
            if self.server.json {
                print_json(&moment);
            } else {
                print_moment(&moment, self.at.is_some());
            }
            if self.at.is_some() || moment["turns"].as_i64() <= Some(turn) {
                return Ok(ExitCode::SUCCESS);
            }
            turn += 1;
        }
    }
}

fn print_moment(moment: &Json, is_whole: bool) {
    let text = |name: &str| moment[name].as_str().unwrap_or_default();
    let each = |name: &str| moment[name].as_array().cloned().unwrap_or_default();
    let (turn, turns) = (&moment["turn"], &moment["turns"]);
    let (at, cause, actor) = (text("at"), text("cause"), text("actor"));
    print_line(&format!("turn {turn} of {turns}  {at}  {cause} by {actor}"));
    for entry in each("happened") {
        let word = |name: &str| entry[name].as_str().unwrap_or_default();
        print_line(&format!("  {} {}", word("element"), word("text")));
    }
    for change in each("changes") {
        let (name, after) = (change["name"].as_str().unwrap_or_default(), &change["after"]);
        match &change["before"] {
            Json::Null => print_line(&format!("  {name} = {after}")),
            before => print_line(&format!("  {name} = {after}, before {before}")),
        }
    }
    if is_whole {
        print_state(&each("elements"), &each("scopes"), text("state"));
    }
}

fn print_state(elements: &[Json], scopes: &[Json], state: &str) {
    let ids = elements.iter().filter_map(|it| it["element_id"].as_str());
    print_line(&format!("{state}, at {}", ids.collect::<Vec<_>>().join(", ")));
    for scope in scopes {
        print_line(&format!("variables of {}", scope["name"].as_str().unwrap_or_default()));
        for (name, value) in scope["variables"].as_object().into_iter().flatten() {
            print_line(&format!("  {name} = {value}"));
        }
    }
}
