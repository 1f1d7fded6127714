//! `flowstead deploy`: models, forms and data schemas to a server, all together or not at all.
//!
//! Must not know what is wrong with a model; the server says it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::files::read_models;
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_line, spinner};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// Models (.bpmn), forms (.form), data schemas (.schema.json), or folders of them
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
            let id = process["process_id"].as_str().unwrap_or_default();
            let version = &process["version"];
            let note = if process["is_new"] == true { "" } else { " (no change)" };
            print_line(&format!("{id} version {version}{note}"));
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
