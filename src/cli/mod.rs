//! The command line: one file per subcommand, parsed here and nowhere else.
//!
//! Must not hold what the product does: `serve` puts services together, the commands that talk to
//! a server use its API, and the others call the core.

mod files;
mod outcome;
mod output;
mod variables;

mod config_check;
mod installation;
mod lint;
mod reindex;
mod run;
mod serve;
mod version;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cli::outcome::{Failure, report};
use crate::platform::config::Config;
use crate::services::execution::Handlers;

/// What stands at the end of the help.
const EXIT_CODES: &str = "Exit codes:
  0  done; for lint: accepted
  1  refused, or problems were found
  2  wrong usage or configuration, or a file can't be read
  3  the server can't be reached
  4  not signed in, or not allowed";

/// Runs a company's processes: BPMN engine, inbox, connectors and web UI in one binary.
#[derive(Debug, Parser)]
#[command(name = "flowstead", version, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Check models without deploying them
    Lint(lint::Lint),
    /// Fill the search index anew; the server must be stopped
    Reindex(reindex::Reindex),
    /// Run a model in memory, in virtual time
    Run(run::Run),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(config_check::ConfigCommand),
    /// Show the version of this program
    Version(version::Version),
}

/// Runs the server of these settings until a signal says to stop, as `flowstead serve` does; for
/// programs that bring handlers of their own for jobs.
#[must_use]
pub fn host(config: Config, handlers: Handlers) -> ExitCode {
    choose_tls_provider();
    report(serve::host(config, handlers))
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    choose_tls_provider();
    let outcome = match Arguments::try_parse() {
        Ok(arguments) => run(arguments.command),
        Err(error) => {
            // Help and version come this way too; a closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    report(outcome)
}

fn choose_tls_provider() {
    // An error says that the process has a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(it) => it.run(),
        Command::Lint(it) => it.run(),
        Command::Run(it) => it.run(),
        Command::Reindex(it) => it.run(),
        Command::Config(it) => it.run(),
        Command::Version(it) => it.run(),
    }
}
