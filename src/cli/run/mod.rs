//! `flowstead run`: a model in memory, in virtual time, with no server and no database.
//!
//! People, workers and messages are played by a file of answers or by whoever sits at the prompt.
//! Must not know how elements behave: the engine decides.

mod actions;
mod answers;
mod prompt;
mod simulation;
mod trace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::files::{read_models, read_text};
use crate::cli::lint;
use crate::cli::outcome::{Failure, Outcome, REFUSED};
use crate::cli::output::{print_json, print_line};
use crate::cli::values::time;
use crate::cli::variables::{Variable, object};
use crate::core::bpmn::{self, Model};
use crate::core::dmn::DecisionModel;
use crate::core::engine::{InstanceState, VariableMap};
use crate::core::forms::Form;
use crate::core::model::Severity;
use crate::core::world::Library;
use crate::platform::clock::{Clock, SystemClock};
use crate::services::processes::{self, Resource};

use answers::Answers;
use simulation::{Ending, Simulation};

/// What stands at the end of the help.
const ANSWERS: &str = "The answers are a JSON object by element id. An answer is an object with the
variables that a user task, a job, a message or a start event gives; a list of
answers is used up one after the other. Special members:
  \"$error\"   the error code with which a job ends (\"$message\" says more)
  \"$fail\"    why an attempt at a job fails
  \"$after\"   how long it takes, such as \"PT30H\"; timers that are due go first
  \"$never\"   true: it does not happen, and time goes on
Jobs of the type io.camunda:email:1 need no answer: the mail is shown.";

/// The arguments.
#[derive(Debug, Args)]
#[command(after_help = ANSWERS)]
pub(crate) struct Run {
    /// The model to run, and further models and forms it needs
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// A variable to start with; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    /// What people, workers and messages do; without it, the prompt asks
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The process to start, where the first model has several
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// When it starts, such as 2030-01-31T12:00:00Z; now, when not given
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a run is given.
struct Files {
    models: Vec<Model>,
    forms: Vec<Form>,
    decisions: Vec<DecisionModel>,
}

impl Files {
    /// The first of an id holds: files that were named come before those beside them.
    fn into_library(self) -> Library {
        let definitions = self.models.into_iter().flat_map(|model| model.processes).map(Arc::new);
        let forms = self.forms.into_iter().map(Arc::new);
        Library::new(definitions, forms).with_decisions(self.decisions)
    }
}

impl Run {
    pub(crate) fn run(self) -> Outcome {
        let library = load(&self.models)?;
        let process_id = self.process_id(&library)?;
        let answers = match &self.answers {
            Some(path) => Some(Answers::parse(&read_text(path)?).map_err(|message| {
                Failure::of(REFUSED, format!("{}: {message}", path.display()))
            })?),
            None => None,
        };
        let now = self.at.unwrap_or_else(|| SystemClock.now());
        let zone = if self.at.is_some() { TimeZone::UTC } else { TimeZone::system() };
        let library = library.into_library();
        let mut simulation = Simulation::new(library, now, zone, !self.json);
        let variables = object(self.variables);
        let ending = simulation.run(&process_id, variables, answers);
        let ending = ending.map_err(|error| Failure::new(REFUSED, error))?;
        if self.json {
            print_json(&json!({
                "state": ending.state,
                "open": ending.open,
                "variables": ending.variables,
                "trace": simulation.trace.into_json(),
            }));
        } else {
            print_ending(&ending);
        }
        let is_completed = ending.state == InstanceState::Completed;
        Ok(if is_completed { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    }

    /// The process to start: the one named, else the only one of the first model.
    fn process_id(&self, library: &Files) -> Result<String, Failure> {
        let ids = |models: &[Model]| -> Vec<String> {
            models.iter().flat_map(|it| &it.processes).map(|it| it.id.to_string()).collect()
        };
        if let Some(wanted) = &self.process {
            let all = ids(&library.models);
            if all.contains(wanted) {
                return Ok(wanted.clone());
            }
            let expected = all.join(", ");
            let message = format!("there is no process {wanted}, expected one of {expected}");
            return Err(Failure::of(REFUSED, message));
        }
        match ids(library.models.get(..1).unwrap_or_default()).as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Failure::of(REFUSED, "there is no model, expected a file ending in .bpmn")),
            several => {
                let expected = several.join(", ");
                let message = format!(
                    "the model has several processes, expected --process with one of {expected}"
                );
                Err(Failure::of(REFUSED, message))
            }
        }
    }
}

/// Reads the files; decisions and forms that lie beside them are taken along.
fn load(paths: &[PathBuf]) -> Result<Files, Failure> {
    let resources = read_models(paths)?;
    let problems = processes::lint(&resources, SystemClock.now(), &TimeZone::system());
    let errors = problems.iter().filter(|it| it.problem.severity == Severity::Error);
    let lines: Vec<String> = errors.map(lint::line).collect();
    if !lines.is_empty() {
        return Err(Failure::new(REFUSED, anyhow!("the model can't run:\n{}", lines.join("\n"))));
    }
    let (mut models, mut forms) = (Vec::new(), Vec::new());
    for resource in &resources {
        if resource.name.ends_with(".form") {
            forms.extend(Form::parse(&resource.content));
        } else if resource.name.ends_with(".bpmn") || resource.name.ends_with(".bpmn20.xml") {
            models.extend(bpmn::parse(&resource.content, &bpmn::Limits::default()));
        }
    }
    for path in paths {
        forms.extend(forms_beside(path));
    }
    Ok(Files { models, forms, decisions: decisions(&resources, paths) })
}

/// The decisions of the files and of those beside them; when something beside has a problem, which
/// may be somebody else's, those of the files alone.
fn decisions(named: &[Resource], paths: &[PathBuf]) -> Vec<DecisionModel> {
    let mut all = named.to_vec();
    for found in paths.iter().flat_map(|path| files_beside(path, "dmn")) {
        if all.iter().all(|it| it.content != found.content) {
            all.push(found);
        }
    }
    let decisions = processes::read_decisions(&all).or_else(|_| processes::read_decisions(named));
    // What is wrong with named files was told with the other problems.
    decisions.unwrap_or_default()
}

/// The forms in the folder of a file that can be read; the others may belong to somebody else.
fn forms_beside(path: &Path) -> Vec<Form> {
    let forms = files_beside(path, "form").into_iter();
    forms.filter_map(|it| Form::parse(&it.content).ok()).collect()
}

fn files_beside(path: &Path, ending: &str) -> Vec<Resource> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten();
    let paths = entries.flatten().map(|entry| entry.path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|it| it == ending));
    let read = wanted.filter_map(|path| {
        Some(Resource { name: path.display().to_string(), content: read_text(&path).ok()? })
    });
    read.collect()
}

fn print_ending(ending: &Ending) {
    print_line("");
    match ending.state {
        InstanceState::Active => {
            print_line("it can't go on:");
            ending.open.iter().for_each(|line| print_line(&format!("  {line}")));
        }
        state => print_line(&state.to_string()),
    }
    print_variables(&ending.variables);
}

fn print_variables(variables: &VariableMap) {
    for (name, value) in variables {
        print_line(&format!("  {name} = {value}"));
    }
}
