//! `flowstead test record`: a finished instance of a server as a scenario, with its model beside it.
//!
//! Must not know how a journal becomes steps: that is the core's.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::cli::client::{Client, ServerFlags};
use crate::cli::listing::read_list;
use crate::cli::outcome::{Failure, Outcome, REFUSED, UNREADABLE};
use crate::cli::output::{print_json, print_line};
use crate::cli::test::loading::load;
use crate::cli::test::playing::{WorkerOfTests, play_all};
use crate::cli::test::write;
use crate::cli::values::key;
use crate::core::bpmn::{self, Limits};
use crate::core::engine::Event;
use crate::core::model::{Dynamic, ElementKind, ProcessDefinition};
use crate::core::scenario::{RecordedTurn, Recording};
use crate::services::connectors::{MAIL, SCRIPT};

/// More turns than this make no scenario that a person could read.
const TURNS_MAX: usize = 100_000;

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// Key of a finished instance
    #[arg(value_parser = key)]
    key: i64,
    /// Where the scenario and its model are written
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
    #[command(flatten)]
    server: ServerFlags,
}

/// An instance as a server tells of it.
struct Found {
    process_id: String,
    definition: Arc<ProcessDefinition>,
    /// Files by name.
    files: Vec<(String, String)>,
    turns: Vec<RecordedTurn>,
}

impl Record {
    pub(crate) fn run(self) -> Outcome {
        let found = fetch(&mut self.server.client()?, self.key)?;
        let deploy: Vec<String> = found.files.iter().map(|(name, _)| name.clone()).collect();
        let zone = TimeZone::system();
        let recording = Recording {
            name: &format!("Instance {} of {}", self.key, found.process_id),
            deploy: &deploy,
            definition: &found.definition,
            turns: &found.turns,
            zone: zone.iana_name().unwrap_or("UTC"),
            known_job_types: &[SCRIPT, MAIL],
        };
        let text = recording.to_yaml().map_err(|error| Failure::new(REFUSED, error))?;
        std::fs::create_dir_all(&self.to).map_err(|error| {
            Failure::of(UNREADABLE, format!("can't make {}: {error}", self.to.display()))
        })?;
        for (name, content) in &found.files {
            write_new(&self.to.join(name), content)?;
        }
        let path = self.to.join(format!("{}-{}.test.yaml", found.process_id, self.key));
        write(&path, &text)?;
        check(&path)?;
        if self.server.json {
            print_json(&serde_json::json!({ "scenario": path, "deployed": deploy }));
        } else {
            print_line(&format!("recorded {}, which passes", path.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A scenario that does not pass was not recorded well, and the person has to know.
fn check(path: &Path) -> Result<(), Failure> {
    let suites = load(&[path.to_owned()])?;
    let results = play_all(&suites, None, &WorkerOfTests);
    let failures = results.iter().flat_map(|it| &it.verdict.failures);
    let failed = failures.map(|it| {
        format!("line {}: {}: expected {}, found {}", it.line, it.path, it.expected, it.found)
    });
    let problems = suites.iter().flat_map(|suite| &suite.problems);
    let told: Vec<String> = problems.map(crate::cli::lint::line).chain(failed).collect();
    if told.is_empty() {
        return Ok(());
    }
    let why = anyhow!("{}", told.join("\n"));
    let message = format!("{} was written, but it does not pass yet", path.display());
    Err(Failure::new(REFUSED, why.context(message)))
}

/// Writes a file, unless another one is in its place.
fn write_new(path: &Path, content: &str) -> Result<(), Failure> {
    match std::fs::read_to_string(path) {
        Ok(there) if there == content => Ok(()),
        Ok(_) => {
            let message = format!("{} is there and differs from the server's", path.display());
            Err(Failure::of(REFUSED, message))
        }
        Err(_) => write(path, content),
    }
}

fn fetch(client: &mut Client, key: i64) -> Result<Found, Failure> {
    let path = format!("/api/v1/process-instances/{key}");
    let instance = client.get(&path, &[])?.data;
    let text = |name: &str| instance[name].as_str().unwrap_or_default().to_owned();
    let (process_id, definition_key) = (text("process_id"), text("definition_key"));
    let journal = read_list(client, &format!("{path}/journal"), &[], TURNS_MAX)?;
    let turns = journal.iter().map(turn).collect::<Result<Vec<_>, _>>()?;
    let xml = client.get_text(&format!("/api/v1/process-definitions/{definition_key}/xml"))?;
    let model = bpmn::parse(&xml, &Limits::default());
    let processes = model.map(|model| model.processes).unwrap_or_default();
    let definition = processes.into_iter().find(|it| *it.id == *process_id);
    let definition = definition.ok_or_else(|| {
        Failure::of(REFUSED, "this version of the program can't read the model of the instance")
    })?;
    let mut files = vec![(format!("{process_id}.bpmn"), xml)];
    for id in called_decisions(&definition) {
        let model = client.get_text(&format!("/api/v1/decisions/{id}/xml"))?;
        if files.iter().all(|(_, known)| *known != model) {
            files.push((format!("{id}.dmn"), model));
        }
    }
    Ok(Found { process_id, definition: Arc::new(definition), files, turns })
}

/// The decisions a process calls by fixed ids.
fn called_decisions(definition: &ProcessDefinition) -> Vec<String> {
    let ids = definition.elements.iter().filter_map(|element| match &element.kind {
        ElementKind::BusinessRuleTask(called) => match &called.decision_id {
            Dynamic::Literal(id) => Some(id.to_string()),
            Dynamic::Expression(_) => None,
        },
        _ => None,
    });
    ids.collect()
}

fn turn(json: &Json) -> Result<RecordedTurn, Failure> {
    let read = || {
        let at: Timestamp = json["at"].as_str()?.parse().ok()?;
        let events = json["events"].as_array()?.iter().cloned().map(with_keys_as_numbers);
        let events = events.map(|it| serde_json::from_value::<Event>(it).ok());
        let cause = json["cause"].as_str()?.to_owned();
        Some(RecordedTurn { at, cause, events: events.collect::<Option<_>>()? })
    };
    read().ok_or_else(|| {
        let message = format!("this version of the program can't read turn {}", json["turn"]);
        Failure::of(REFUSED, message)
    })
}

/// The API writes keys as texts; events have them as numbers.
fn with_keys_as_numbers(mut json: Json) -> Json {
    let facts = json.as_object_mut().into_iter().flat_map(|kinds| kinds.values_mut());
    for facts in facts.filter_map(Json::as_object_mut) {
        let keys = facts.iter_mut().filter(|(name, _)| {
            // The key of a message is a text of the people's own.
            name.ends_with("key") && *name != "correlation_key"
        });
        for (_, value) in keys {
            if let Some(key) = value.as_str().and_then(|text| text.parse::<i64>().ok()) {
                *value = key.into();
            }
        }
    }
    json
}
