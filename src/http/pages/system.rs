//! The state of the installation: health, counters, queues, storage, dead letters.
//! Must not know how anything is measured.

use super::layout::{Layout, Section};
use super::parts::{Chip, EmptyState, Fact, Link, Stamp, Tone};
use askama::Template;

/// What an administrator looks at first when something is slow or down.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/system.html")]
pub struct SystemPage {
    pub layout: Layout,
    pub state: Chip,
    pub parts: Vec<PartRow>,
    /// Versions, uptime, database size, index position.
    pub facts: Vec<Fact>,
    pub counters: Vec<CounterRow>,
    pub queues: Vec<QueueRow>,
    pub dead_letters: Vec<DeadLetterRow>,
    /// How many there are in all.
    pub dead_letter_count: String,
    pub dead_letters_empty: EmptyState,
}

/// A part that can fail by itself.
#[derive(Clone, Debug)]
pub struct PartRow {
    pub name: String,
    pub state: Chip,
    /// What it is, or what is wrong with it.
    pub detail: String,
}

/// A number since the start.
#[derive(Clone, Debug)]
pub struct CounterRow {
    pub label: String,
    pub value: String,
    /// For example `38 a minute`.
    pub rate: String,
}

/// A bounded queue and how full it is.
#[derive(Clone, Debug)]
pub struct QueueRow {
    pub name: String,
    pub depth: u64,
    pub limit: u64,
    /// For example `12 of 4,096`.
    pub text: String,
}

/// An effect that was given up; it can be put back.
#[derive(Clone, Debug)]
pub struct DeadLetterRow {
    pub key: String,
    pub kind: String,
    pub subject: Link,
    pub error: String,
    pub attempts: String,
    pub at: Stamp,
}

impl SystemPage {
    #[must_use]
    pub fn sample() -> Self {
        let letter = |key: &str, kind: &str, error: &str| DeadLetterRow {
            key: key.into(),
            kind: kind.into(),
            subject: Link::new("4503599627370497", "/instances/4503599627370497"),
            error: error.into(),
            attempts: "5".into(),
            at: Stamp::sample(44),
        };
        Self {
            state: Chip::new(Tone::Warn, "alert", "Degraded"),
            dead_letters: vec![
                letter("4503599627370801", "SendMail", "connection refused: mail.example.org:25"),
                letter("4503599627370802", "io.camunda:http-json:1", "no route to host"),
            ],
            dead_letter_count: "2".into(),
            ..Self::sample_empty()
        }
    }

    /// A healthy installation.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("System", Section::System, "/system").with_topics("system"),
            state: Chip::new(Tone::Good, "check", "Healthy"),
            parts: sample_parts(),
            facts: vec![
                Fact::text("Version", "0.1.0"),
                Fact::text("Up for", "3 d 4 h"),
                Fact::text("Database", "412 MB"),
                Fact::text("Index position", "18,204 of 18,204"),
            ],
            counters: sample_counters(),
            queues: sample_queues(),
            dead_letters: Vec::new(),
            dead_letter_count: "0".into(),
            dead_letters_empty: EmptyState::new(
                "check",
                "No dead letters",
                "What could not be delivered after all retries is kept here to be put back.",
            ),
        }
    }
}

fn sample_parts() -> Vec<PartRow> {
    let part = |name: &str, state, detail: &str| PartRow {
        name: name.into(),
        state,
        detail: detail.into(),
    };
    let good = || Chip::new(Tone::Good, "check", "Up");
    vec![
        part("Database", good(), "SQLite, schema 12"),
        part("Execution", good(), "38 turns a second, p99 4 ms"),
        part("Search index", good(), "up to date"),
        part("Mail", Chip::new(Tone::Bad, "alert", "Down"), "mail.example.org:25 refuses"),
        part("Files", good(), "local folder, 61 GB free"),
    ]
}

fn sample_counters() -> Vec<CounterRow> {
    let row = |label: &str, value: &str, rate: &str| CounterRow {
        label: label.into(),
        value: value.into(),
        rate: rate.into(),
    };
    vec![
        row("Turns", "184,201", "38 a second"),
        row("Instances started", "4,120", "2 a minute"),
        row("Jobs completed", "9,812", "6 a minute"),
        row("Timers fired", "310", ""),
        row("Requests", "52,077", "21 a minute"),
    ]
}

fn sample_queues() -> Vec<QueueRow> {
    let row = |name: &str, depth, limit, text: &str| QueueRow {
        name: name.into(),
        depth,
        limit,
        text: text.into(),
    };
    vec![
        row("Commands", 12, 4_096, "12 of 4,096"),
        row("Effects", 3_500, 4_096, "3,500 of 4,096"),
        row("Jobs available", 2, 10_000, "2 of 10,000"),
    ]
}

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
