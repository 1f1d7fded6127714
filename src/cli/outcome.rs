//! How a command ends: its exit code, and the chain of reasons on standard error.
//!
//! Must not know any command.

use std::process::ExitCode;

/// Refused, or problems were found.
pub(crate) const REFUSED: u8 = 1;
/// Wrong usage or configuration, or a file can't be read.
pub(crate) const UNREADABLE: u8 = 2;
/// The server can't be reached.
pub(crate) const UNREACHABLE: u8 = 3;
/// Not signed in, or not allowed.
pub(crate) const NOT_ALLOWED: u8 = 4;

/// Why a command failed, with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit_code: u8,
    pub(crate) error: anyhow::Error,
}

impl Failure {
    /// A failure with an exit code.
    pub(crate) fn new(exit_code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self { exit_code, error: error.into() }
    }

    /// A failure that is told in one sentence.
    pub(crate) fn of(exit_code: u8, message: impl std::fmt::Display) -> Self {
        Self { exit_code, error: anyhow::anyhow!("{message}") }
    }
}

/// What has no code of its own was refused by something below.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { exit_code: REFUSED, error }
    }
}

/// What a command gives back.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Prints a failure and gives the exit code.
pub(crate) fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {:#}", failure.error);
            ExitCode::from(failure.exit_code)
        }
    }
}
