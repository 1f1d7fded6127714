//! What can be wrong with settings, in words for the person who wrote them.
//!
//! Knows no setting by name.

use std::fmt::{self, Display};

/// One setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where it was set: `file:line`, the name of a variable, or of a flag.
    pub source: String,
    /// The key as `section.key`; empty when the whole source is at fault.
    pub key: String,
    /// What is wrong and what was expected; never holds a secret.
    pub message: String,
}

impl Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.source, self.message),
            key => write!(f, "{}: {key}: {}", self.source, self.message),
        }
    }
}

/// All settings that can't be used; prints one per line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one, in the order of the keys.
    pub problems: Vec<ConfigProblem>,
}

impl std::error::Error for ConfigError {}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// What sections find wrong with their values once the types are right: key and expectation.
#[derive(Debug, Default)]
pub(super) struct Complaints(pub(super) Vec<(&'static str, String)>);

impl Complaints {
    /// Notes the key with what was expected, unless the claim holds.
    pub(super) fn require(
        &mut self,
        holds: bool,
        key: &'static str,
        expected: impl FnOnce() -> String,
    ) {
        if !holds {
            self.0.push((key, expected()));
        }
    }

    /// Requires a number to be no less than `min`.
    pub(super) fn at_least<N: PartialOrd + Display + Copy>(
        &mut self,
        key: &'static str,
        n: N,
        min: N,
    ) {
        self.require(n >= min, key, || format!("{min} or more"));
    }

    /// Requires a number to lie between two others.
    pub(super) fn within<N: PartialOrd + Display + Copy>(
        &mut self,
        key: &'static str,
        n: N,
        min: N,
        max: N,
    ) {
        self.require(n >= min && n <= max, key, || format!("{min} to {max}"));
    }
}
