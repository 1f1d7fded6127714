//! `flowstead config check`: the settings that hold, or everything that is wrong with them.
//!
//! Must not know what settings are for.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::outcome::{Failure, Outcome, UNREADABLE};
use crate::cli::output::{print_json, print_line};
use crate::platform::config::{Config, Flag, Sources};

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the settings that hold, as TOML with secrets as stars, or every problem
    Check(Check),
}

/// The arguments of `config check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    settings: SettingFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The flags that set what a configuration file sets too.
#[derive(Debug, Args)]
pub(crate) struct SettingFlags {
    /// The folder of everything kept on this machine
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The address and port to listen on, such as 127.0.0.1:8080
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "FLOWSTEAD_CONFIG")]
    config: Option<PathBuf>,
}

impl SettingFlags {
    /// The settings out of these flags, the environment and the file.
    pub(crate) fn load(self) -> Result<Config, Failure> {
        let flag = |name, key, value: Option<String>| value.map(|value| Flag { name, key, value });
        let flags = [
            flag("--data", "data.folder", self.data),
            flag("--listen", "server.listen", self.listen),
        ];
        let sources = Sources::from_process(self.config, flags.into_iter().flatten().collect());
        Config::load(&sources).map_err(|error| Failure::new(UNREADABLE, error))
    }
}

impl ConfigCommand {
    pub(crate) fn run(self) -> Outcome {
        let Self::Check(check) = self;
        check.run()
    }
}

impl Check {
    fn run(self) -> Outcome {
        let is_json = self.json;
        match self.settings.load() {
            Ok(config) if is_json => print_json(&config),
            Ok(config) => {
                let text = toml::to_string(&config).expect("every setting can be written as TOML");
                print_line(text.trim_end());
            }
            Err(failure) if is_json => {
                let lines = failure.error.to_string();
                print_json(&json!({ "problems": lines.lines().collect::<Vec<_>>() }));
                return Ok(ExitCode::from(failure.exit_code));
            }
            Err(failure) => return Err(failure),
        }
        Ok(ExitCode::SUCCESS)
    }
}
