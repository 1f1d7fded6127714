//! `flowstead lint`: everything that is wrong with models, without deploying them.
//!
//! Must not know what can be wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::files::read_models;
use crate::cli::outcome::{Outcome, REFUSED};
use crate::cli::output::{Colour, coloured, plural, print_json, print_line};
use crate::core::model::Severity;
use crate::platform::clock::{Clock, SystemClock};
use crate::services::processes::{FileProblem, lint};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Models (.bpmn, .dmn), forms (.form), data schemas (.schema.json), or folders of them
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Lint {
    pub(crate) fn run(self) -> Outcome {
        let resources = read_models(&self.models)?;
        let problems = lint(&resources, SystemClock.now(), &TimeZone::system());
        let errors = problems.iter().filter(|it| it.problem.severity == Severity::Error).count();
        if self.json {
            print_json(&json!({ "is_accepted": errors == 0, "problems": problems }));
        } else {
            for problem in &problems {
                print_line(&line(problem));
            }
            let files = plural(resources.len(), "file");
            print_line(&match errors {
                0 => coloured(&format!("{files} accepted"), Colour::Green),
                count => coloured(&format!("{} in {files}", plural(count, "problem")), Colour::Red),
            });
        }
        Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    }
}

/// A problem as `file:line:column element: message (expected …)`.
pub(crate) fn line(found: &FileProblem) -> String {
    let problem = &found.problem;
    let place = match found.file.as_str() {
        "" => String::new(),
        file => format!("{file}:{}:{}", problem.line, problem.column),
    };
    let element = problem.element_id.as_ref().map_or(String::new(), |id| format!(" {id}"));
    let colon = if place.is_empty() { "" } else { ": " };
    let warning = match problem.severity {
        Severity::Warning => coloured("warning: ", Colour::Yellow),
        Severity::Error => String::new(),
    };
    let expected = problem.expected.as_ref();
    let expected = expected.map_or(String::new(), |it| format!(" (expected {it})"));
    let place = coloured(&format!("{place}{element}"), Colour::Dim);
    format!("{place}{colon}{warning}{}{expected}", problem.message)
}
