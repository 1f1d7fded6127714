//! `flowstead deploy`: models, decisions, forms and data schemas to a server, all together or not at all.
//!
//! Must not know what is wrong with a model; the server says it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::cli::client::ServerFlags;
use crate::cli::files::read_models;
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_line, spinner};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// Models (.bpmn, .dmn), forms (.form), data schemas (.schema.json), or folders of them
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Deploy {
    pub(crate) fn run(self) -> Outcome {
        let resources = read_models(&self.models)?;
        let named = resources.iter().map(|resource| {
            let path = Path::new(&resource.name);
            // The folder is the modeller's own business.
            let name =
                path.file_name().map_or(resource.name.as_str().into(), |it| it.to_string_lossy());
            json!({ "name": name, "content": resource.content })
        });
        let body = json!({ "resources": named.collect::<Vec<_>>() });
        let mut client = self.server.client()?;
        let bar = spinner("deploying");
        bar.enable_steady_tick(Duration::from_millis(100));
        let answer = client.post("/api/v1/deployments", &body);
        bar.finish_and_clear();
        let data = answer?.data;
        if self.server.json {
            print_json(&data);
            return Ok(ExitCode::SUCCESS);
        }
        for process in data["processes"].as_array().into_iter().flatten() {
            print_line(&version("", process, "process_id"));
        }
        for decision in data["decisions"].as_array().into_iter().flatten() {
            print_line(&version("decision ", decision, "decision_id"));
        }
        for form in data["forms"].as_array().into_iter().flatten() {
            print_line(&format!("form {}", form.as_str().unwrap_or_default()));
        }
        for warning in data["warnings"].as_array().into_iter().flatten() {
            let (file, message) = (warning["file"].as_str(), warning["message"].as_str());
            let place = format!("{}:{}", file.unwrap_or_default(), warning["line"]);
            print_line(&format!("{place}: warning: {}", message.unwrap_or_default()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn version(what: &str, deployed: &Json, id: &str) -> String {
    let note = if deployed["is_new"] == true { "" } else { " (no change)" };
    let id = deployed[id].as_str().unwrap_or_default();
    format!("{what}{id} version {}{note}", deployed["version"])
}
