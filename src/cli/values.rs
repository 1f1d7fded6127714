//! Values of arguments, with errors that say what was expected.
//!
//! Must not know which command takes them.

use jiff::Timestamp;

/// A key, as lists show it.
pub(crate) fn key(text: &str) -> Result<i64, &'static str> {
    let key = text.parse().ok().filter(|key| *key > 0);
    key.ok_or("expected a key, as lists show it")
}

/// A point in time.
pub(crate) fn time(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "expected a time such as 2030-01-31T12:00:00Z")
}

/// How many of something, at least one.
pub(crate) fn count(text: &str) -> Result<u32, &'static str> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or("expected a whole number of 1 or more")
}

/// A version of a process.
pub(crate) fn version(text: &str) -> Result<i64, &'static str> {
    let version = text.parse().ok().filter(|version| *version > 0);
    version.ok_or("expected a version, such as 1")
}

/// Seconds to wait for an answer.
pub(crate) fn wait_seconds(text: &str) -> Result<u64, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 60);
    seconds.ok_or("expected 0 to 60 seconds")
}
