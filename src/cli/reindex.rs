//! `flowstead reindex`: empties the search index and fills it anew from the databases.
//!
//! Works on a data folder whose server is stopped. Must not know what is indexed.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::cli::config_check::SettingFlags;
use crate::cli::installation::Installation;
use crate::cli::outcome::{Failure, Outcome, REFUSED};
use crate::cli::output::{print_json, print_line, spinner};
use crate::platform::clock::{Clock, SystemClock};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Reindex {
    #[command(flatten)]
    settings: SettingFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Reindex {
    pub(crate) fn run(self) -> Outcome {
        let config = self.settings.load()?;
        let installation = Installation::open(&config, SystemClock.now_ms())?;
        let search = installation.search(&config)?;
        let runtime = tokio::runtime::Runtime::new().context("the system gives no threads")?;
        let bar = spinner("documents indexed");
        let progress = |count| bar.set_position(count);
        let documents = runtime.block_on(search.reindex(progress));
        bar.finish_and_clear();
        let documents = documents.context("the search index can't be filled");
        let documents = documents.map_err(|error| Failure::new(REFUSED, error))?;
        if self.json {
            print_json(&json!({ "documents": documents }));
        } else {
            print_line(&format!("{documents} documents indexed"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
