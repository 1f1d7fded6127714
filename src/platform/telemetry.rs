//! Log lines and metrics of this program.
//!
//! Knows no event by name: whoever logs or counts uses `tracing` and `metrics` directly. A
//! request's id is a span field and so stands on every line logged within the request.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};

use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, filter};

use crate::platform::config::{LogConfig, LogFormat, LogLevel};

/// Borders of the buckets of durations in seconds: from a turn in memory to a slow connector.
const SECONDS: [f64; 14] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Why logging or counting can't begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Somebody in this process already set a logger.
    #[error("logging was set up already")]
    AlreadyLogging,
    /// Somebody in this process already set a recorder, or it can't be built.
    #[error("metrics can't be set up: {0}")]
    Metrics(#[from] BuildError),
}

/// Writes this process's log to standard error from now on, coloured only on a terminal.
///
/// # Errors
/// `AlreadyLogging` when it is called twice.
pub fn start_logging(config: &LogConfig) -> Result<(), TelemetryError> {
    let has_colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing::subscriber::set_global_default(subscriber(config, has_colour, io::stderr))
        .map_err(|_| TelemetryError::AlreadyLogging)
}

/// What turns events into lines: text, or one JSON object per line with the span's fields in it.
///
/// Lines of other crates are written from one level more severe on: they are rarely about us.
pub fn subscriber<W>(
    config: &LogConfig,
    has_colour: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let levels = filter::Targets::new()
        .with_default(foreign_level(config.level))
        .with_target(env!("CARGO_CRATE_NAME"), own_level(config.level));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(has_colour);
    let registry = Registry::default().with(levels);
    match config.format {
        LogFormat::Text => Box::new(registry.with(lines)),
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(true);
            Box::new(registry.with(lines.with_span_list(false)))
        }
    }
}

fn own_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    }
}

fn foreign_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn | LogLevel::Info => Level::WARN,
        LogLevel::Debug => Level::INFO,
        LogLevel::Trace => Level::DEBUG,
    }
}

/// The recorder of this process; it can be set once only, and whoever comes later shares it.
static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// The counters of this process, for whoever collects them.
#[derive(Debug, Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Counts everything in this process from now on. Histograms are of seconds.
    ///
    /// # Errors
    /// `Metrics` when another library counts already.
    pub fn start() -> Result<Self, TelemetryError> {
        let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = match recorder.take() {
            Some(handle) => handle,
            None => PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?,
        };
        *recorder = Some(handle.clone());
        Ok(Self { handle })
    }

    /// All counters in Prometheus' text format, with the memory, threads and files of now.
    ///
    /// It also moves gathered measurements into their buckets, so somebody must call it (or
    /// [`Metrics::tidy`]) now and then for memory to stay bounded.
    #[must_use]
    pub fn render(&self) -> String {
        record_process();
        self.tidy();
        self.handle.render()
    }

    /// Moves gathered measurements into their buckets, as [`Metrics::render`] does.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }
}

fn record_process() {
    if let Some(bytes) = resident_bytes() {
        // Exact up to 2^52 bytes.
        #[expect(clippy::cast_precision_loss, reason = "no machine has that much memory")]
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Some(threads) = status_number("Threads:") {
        gauge!("process_threads").set(f64::from(threads));
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        let count = u32::try_from(files.count()).unwrap_or(u32::MAX);
        gauge!("process_open_fds").set(f64::from(count));
    }
}

/// Memory of this process that is in RAM now; `None` where the system does not tell.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    status_number("VmRSS:").map(|kilobytes| u64::from(kilobytes) * 1024)
}

fn status_number(name: &str) -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
