//! `flowstead instances set`, `modify`, `migrate`, `retry` and `restart`: changes of one instance.
//!
//! Must not know how a change is carried out.

use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::cli::client::ServerFlags;
use crate::cli::listing::{print_done, print_list};
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_line};
use crate::cli::values::{count, key};
use crate::cli::variables::{Variable, object};

const PLAN_FIELDS: [&str; 5] = ["element_id", "kind", "open", "target_id", "reason"];

/// The arguments of `instances set`.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    /// A variable; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE", required = true)]
    variables: Vec<Variable>,
    /// Key of the element instance whose scope holds them; the instance's own when not given
    #[arg(long, value_parser = key)]
    scope: Option<i64>,
    /// Set exactly there, instead of where a scope outward has the variable already
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    server: ServerFlags,
}

impl Set {
    pub(crate) fn run(self) -> Outcome {
        let Self { key, variables, scope, local, server } = self;
        let body = json!({
            "variables": object(variables),
            "scope_key": scope.map(|scope| scope.to_string()),
            "local": local,
        });
        let path = format!("/api/v1/process-instances/{key}/variables");
        let data = server.client()?.post(&path, &body)?.data;
        Ok(print_done(&data, server.json, &format!("set variables of instance {key}")))
    }
}

/// The arguments of `instances modify`.
#[derive(Debug, Args)]
pub(crate) struct Modify {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    steps: Steps,
    /// Only say whether it could be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// What a modification does.
#[derive(Debug, Args)]
pub(crate) struct Steps {
    /// Begin an element
    #[arg(long, value_name = "ELEMENT")]
    activate: Vec<String>,
    /// End an element instance by its key, or all of an element by its id
    #[arg(long, value_name = "KEY|ELEMENT")]
    terminate: Vec<String>,
    /// Move an element instance, or all of an element, to another element
    #[arg(long = "move", value_name = "KEY|ELEMENT=ELEMENT")]
    moves: Vec<String>,
    /// A variable set in the instance before; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
}

impl Steps {
    /// The instructions as the API takes them.
    pub(crate) fn instructions(self) -> Json {
        let given = object(self.variables);
        let variables = if given.is_empty() { json!([]) } else { json!([{ "variables": given }]) };
        let activate = self.activate.iter().map(|element_id| {
            json!({ "kind": "activate", "element_id": element_id, "variables": variables })
        });
        let moves = self.moves.iter().map(|text| {
            let (from, to) = text.split_once('=').unwrap_or((text, ""));
            let mut body = json!({ "kind": "move", "element_id": to, "variables": variables });
            let field = if is_key(from) { "element_instance_key" } else { "from_element_id" };
            body[field] = from.into();
            body
        });
        let terminate = self.terminate.iter().map(|text| {
            if is_key(text) {
                json!({ "kind": "terminate", "element_instance_key": text })
            } else {
                json!({ "kind": "terminate_all", "element_id": text })
            }
        });
        activate.chain(moves).chain(terminate).collect()
    }
}

/// Ids of elements begin with a letter.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// The arguments of `instances migrate`.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    /// The version to go on in; the latest one when not given
    #[arg(long, value_name = "VERSION", value_parser = count)]
    to: Option<u32>,
    #[command(flatten)]
    mapping: Mapped,
    /// Show what is proposed, and what stands against it
    #[arg(long, conflicts_with = "dry_run")]
    plan: bool,
    /// Only say whether it could be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// What elements become, beside what is proposed.
#[derive(Debug, Args)]
pub(crate) struct Mapped {
    /// An element and what it becomes; nothing when the new id is left out
    #[arg(long = "map", value_name = "OLD=NEW")]
    map: Vec<String>,
    /// Nothing but --map counts
    #[arg(long)]
    exact: bool,
}

impl Mapped {
    /// Adds the mapping to a body.
    pub(crate) fn add_to(&self, body: &mut Json) {
        let pairs = self.map.iter().map(|text| {
            let (old, new) = text.split_once('=').unwrap_or((text, ""));
            (old.to_owned(), if new.is_empty() { Json::Null } else { new.into() })
        });
        body["mapping"] = Json::Object(pairs.collect::<Map<String, Json>>());
        body["exact"] = self.exact.into();
    }
}

/// The arguments of `instances retry`.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    repair: Repair,
    #[command(flatten)]
    server: ServerFlags,
}

/// What is mended before it is tried again.
#[derive(Debug, Args)]
pub(crate) struct Repair {
    /// New attempts for the jobs
    #[arg(long, value_parser = count)]
    retries: Option<u32>,
    /// A variable set in the instance before; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
}

impl Repair {
    /// The body of the API.
    pub(crate) fn body(self) -> Json {
        json!({ "retries": self.retries, "variables": object(self.variables) })
    }
}

/// The arguments of `instances restart`.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    /// Key of the original
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    change: Changed,
    #[command(flatten)]
    server: ServerFlags,
}

/// What is another way in a restart.
#[derive(Debug, Args)]
pub(crate) struct Changed {
    /// In the latest version instead of the original's
    #[arg(long)]
    latest: bool,
    /// A variable in place of the original's; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
}

impl Changed {
    /// The body of the API.
    pub(crate) fn body(self) -> Json {
        json!({ "latest": self.latest, "variables": object(self.variables) })
    }
}

impl Modify {
    pub(crate) fn run(self) -> Outcome {
        let Self { key, steps, dry_run, server } = self;
        let body = json!({ "instructions": steps.instructions(), "dry_run": dry_run });
        let path = format!("/api/v1/process-instances/{key}/modify");
        let data = server.client()?.post(&path, &body)?.data;
        Ok(print_done(&data, server.json, &done("modified", key, dry_run)))
    }
}

fn done(verb: &str, key: i64, is_dry: bool) -> String {
    if is_dry { format!("instance {key} can be {verb}") } else { format!("{verb} instance {key}") }
}

impl Migrate {
    pub(crate) fn run(self) -> Outcome {
        if self.plan {
            return self.show_plan();
        }
        let Self { key, to, mapping, dry_run, server, .. } = self;
        let mut body = json!({ "version": to, "dry_run": dry_run });
        mapping.add_to(&mut body);
        let path = format!("/api/v1/process-instances/{key}/migrate");
        let data = server.client()?.post(&path, &body)?.data;
        Ok(print_done(&data, server.json, &done("migrated", key, dry_run)))
    }

    fn show_plan(self) -> Outcome {
        let query: Vec<(&str, String)> =
            self.to.iter().map(|version| ("version", version.to_string())).collect();
        let path = format!("/api/v1/process-instances/{}/migration", self.key);
        let plan = self.server.client()?.get(&path, &query)?.data;
        if self.server.json {
            print_json(&plan);
            return Ok(std::process::ExitCode::SUCCESS);
        }
        print_line(&format!("from version {} to {}", plan["from_version"], plan["to_version"]));
        let elements = plan["elements"].as_array().map_or(&[][..], Vec::as_slice);
        let shown = print_list(elements, false, &PLAN_FIELDS);
        for problem in plan["problems"].as_array().into_iter().flatten() {
            let (id, message) = (&problem["element_id"], &problem["message"]);
            let text = |it: &Json| it.as_str().unwrap_or_default().to_owned();
            print_line(&format!("refused: '{}': {}", text(id), text(message)));
        }
        Ok(shown)
    }
}

impl Retry {
    pub(crate) fn run(self) -> Outcome {
        let Self { key, repair, server } = self;
        let path = format!("/api/v1/process-instances/{key}/retry");
        let data = server.client()?.post(&path, &repair.body())?.data;
        Ok(print_done(&data, server.json, &format!("retried instance {key}")))
    }
}

impl Restart {
    pub(crate) fn run(self) -> Outcome {
        let Self { key, change, server } = self;
        let path = format!("/api/v1/process-instances/{key}/restart");
        let data = server.client()?.post(&path, &change.body())?.data;
        let made = data["key"].as_str().unwrap_or_default();
        Ok(print_done(&data, server.json, &format!("started instance {made} after {key}")))
    }
}
