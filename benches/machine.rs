//! What measurements stand on: folders, databases, CPU time, percentiles.
//!
//! Must not know what is measured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flowstead::platform::store::{Database, Options, PostgresOptions};

/// A folder that is removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let base =
            std::env::var_os("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let path = base.join(format!("flowstead-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it any more; a folder that stays only takes room.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where the product keeps its data while it is measured.
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) fn open(&self) -> Database {
        let opened = match self {
            Self::Sqlite(file) => Database::open_sqlite(file, &Options::default()),
            Self::Postgres(url) => Database::open_postgres(&PostgresOptions::new(url)),
        };
        opened.expect("the database opens")
    }
}

/// CPU time of this process so far, in its own code and in the system's.
pub(crate) fn cpu_time() -> Duration {
    cpu_time_of(std::process::id())
}

/// As [`cpu_time`], of another process.
pub(crate) fn cpu_time_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program may hold spaces; the numbers follow its closing parenthesis.
    let numbers = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        numbers.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    // Linux counts in hundredths of a second on every architecture we run on.
    Duration::from_millis(ticks * 10)
}

/// A share of the samples lies at or below this one; `share` from 0 to 1.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    if sorted.is_empty() {
        return Duration::ZERO;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a list that fits into memory"
    )]
    let index = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[index]
}

/// A count as a fraction of a second.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Microseconds for each of a count.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn micros_each(count: u64, time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / count as f64
}

/// A time as it stands in a table.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Memory of a process that is in RAM, in KiB.
pub(crate) fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
