//! The command line: one file per subcommand, parsed here and nowhere else.
//!
//! Must not hold what the product does: `serve` puts services together, the commands that talk to
//! a server use its API, and the others call the core.

mod client;
mod files;
mod json_lines;
mod listing;
mod outcome;
mod output;
mod profile;
mod values;
mod variables;

mod bulk;
mod changes;
mod conditions;
mod config_check;
mod decisions;
mod deploy;
mod dmn;
mod feel;
mod installation;
mod instances;
mod jobs;
mod lint;
mod login;
mod reindex;
mod replay;
mod run;
mod serve;
mod signal;
mod start;
mod tasks;
mod test;
mod users;
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
    /// Evaluate FEEL expressions
    #[command(subcommand)]
    Feel(feel::Feel),
    /// Evaluate decisions of DMN models
    #[command(subcommand)]
    Dmn(dmn::Dmn),
    /// Run a model in memory, in virtual time
    Run(run::Run),
    /// Play scenarios of processes, in memory and virtual time
    Test(test::Test),
    /// Sign in at a server and save the sign-in
    Login(login::Login),
    /// Deploy models to a server
    Deploy(deploy::Deploy),
    /// Start a process instance on a server
    Start(start::Start),
    /// Broadcast a signal on a server
    Signal(signal::Signal),
    /// Start what the conditions of start events ask for on a server
    EvaluateConditions(conditions::EvaluateConditions),
    /// Look at process instances, change and end them
    #[command(subcommand)]
    Instances(instances::Instances),
    /// Show an instance as it was, turn by turn
    Replay(replay::Replay),
    /// Look at and evaluate deployed decisions
    #[command(subcommand)]
    Decisions(decisions::Decisions),
    /// Look at and complete user tasks
    #[command(subcommand)]
    Tasks(tasks::Tasks),
    /// Activate, complete and fail jobs
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Look at and change users
    #[command(subcommand)]
    User(users::Users),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(config_check::ConfigCommand),
    /// Fill the search index anew; the server must be stopped
    Reindex(reindex::Reindex),
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
        Command::Feel(it) => it.run(),
        Command::Dmn(it) => it.run(),
        Command::Run(it) => it.run(),
        Command::Test(it) => it.run(),
        Command::Reindex(it) => it.run(),
        Command::Login(it) => it.run(),
        Command::Deploy(it) => it.run(),
        Command::Start(it) => it.run(),
        Command::Signal(it) => it.run(),
        Command::EvaluateConditions(it) => it.run(),
        Command::Instances(it) => it.run(),
        Command::Replay(it) => it.run(),
        Command::Decisions(it) => it.run(),
        Command::Tasks(it) => it.run(),
        Command::Jobs(it) => it.run(),
        Command::User(it) => it.run(),
        Command::Config(it) => it.run(),
        Command::Version(it) => Ok(it.run()),
    }
}
