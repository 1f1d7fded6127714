//! Log lines as they are written, and metrics as they are collected.

use std::io::Write;
use std::sync::{Arc, Mutex};

use flowstead::platform::config::{LogConfig, LogFormat, LogLevel};
use flowstead::platform::telemetry::{Metrics, resident_bytes, subscriber};
use metrics::{counter, histogram};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is written while the function runs.
fn logged(config: &LogConfig, act: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = subscriber(config, false, move || writer.clone());
    tracing::subscriber::with_default(subscriber, act);
    let bytes = lines.0.lock().expect("no panic").clone();
    String::from_utf8(bytes).expect("lines are text")
}

/// Events of the program itself; those of the test binary carry another name by default.
fn request() {
    let span = tracing::info_span!(target: "flowstead", "request", request_id = "r-17");
    let _inside = span.enter();
    tracing::info!(target: "flowstead::http", status = 200, "answered");
    tracing::debug!(target: "flowstead::http", "details");
    tracing::info!(target: "hyper::proto", "chatter");
}

#[test]
fn json_lines_hold_the_request_id() {
    let config = LogConfig { level: LogLevel::Info, format: LogFormat::Json };
    let text = logged(&config, request);
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: serde_json::Value = serde_json::from_str(&text).expect("a line is JSON");
    assert_eq!(line["message"], "answered");
    assert_eq!(line["status"], 200);
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["span"]["request_id"], "r-17");
    assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
}

#[test]
fn text_lines_are_for_people() {
    let config = LogConfig { level: LogLevel::Debug, format: LogFormat::Text };
    let text = logged(&config, request);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("request_id=\"r-17\"") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn metrics_show_counters_histograms_and_the_process() {
    let metrics = Metrics::start().expect("no other library counts");
    counter!("platform_test_total", "kind" => "a").increment(3);
    histogram!("platform_test_seconds").record(0.003);
    let text = metrics.render();
    assert!(text.contains("platform_test_total{kind=\"a\"} 3"), "{text}");
    assert!(text.contains("platform_test_seconds_bucket{le=\"0.005\"} 1"), "{text}");
    assert!(text.contains("process_resident_memory_bytes "), "{text}");
    assert!(text.contains("process_open_fds "), "{text}");
    assert!(resident_bytes().expect("Linux tells") > 1_000_000);
    let second = Metrics::start().expect("the recorder is shared");
    assert!(second.render().contains("platform_test_total{kind=\"a\"} 3"));
}
