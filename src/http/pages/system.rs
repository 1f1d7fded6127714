//! The state of the installation: health, counters, queues, storage, dead letters.
//! Must not know how anything is measured.

use super::layout::{Layout, Section};
use super::parts::{Chip, EmptyState, Fact, Link, Stamp, Tone};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::numbers::{capped, size, span, thousands};
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::Dialect;
use crate::services::incidents::RETRIES_DEFAULT;
use crate::services::jobs::{self, DeadLetter};
use crate::services::operations::SystemState;

/// Dead letters of the page; the newest are shown.
const LETTERS: u32 = 50;
/// The services count up to one more.
const COUNT_MAX: i64 = 10_000;
/// So many events behind, the index is not just about to follow.
const BEHIND: i64 = 5_000;

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
            dead_letters_empty: no_dead_letters(),
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

fn no_dead_letters() -> EmptyState {
    EmptyState::new(
        "check",
        "No dead letters",
        "What could not be delivered after all retries is kept here to be put back.",
    )
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/system", show).needs(Permission::SystemRead),
        Route::post("/system/dead-letters/requeue", requeue_all)
            .needs(Permission::InstancesOperate),
        Route::post("/system/dead-letters/{key}/requeue", requeue)
            .needs(Permission::InstancesOperate),
    ]
}

async fn show(State(app): State<App>, frame: Frame) -> Result<Page<SystemPage>, HttpError> {
    let state = app.operations.system_state().await?;
    let letters = jobs::list_dead_letters(&app.execution, None, LETTERS).await?;
    let now_ms = app.clock.now_ms();
    let limit = app.config.execution.queue_length;
    Ok(Page(SystemPage {
        layout: frame.layout("System", Section::System).with_topics("system"),
        state: judge(&state, limit),
        parts: parts(&state, limit),
        facts: facts(&state),
        counters: counters(&state),
        queues: queues(&state, limit),
        dead_letters: letters.into_iter().map(|it| dead_letter_row(it, now_ms)).collect(),
        dead_letter_count: capped(state.dead_letters, COUNT_MAX),
        dead_letters_empty: no_dead_letters(),
    }))
}

fn is_crowded(state: &SystemState, limit: u32) -> bool {
    state.queue_depth as u64 * 5 > u64::from(limit) * 4
}

fn judge(state: &SystemState, limit: u32) -> Chip {
    if is_crowded(state, limit) || state.index.waiting > BEHIND {
        Chip::new(Tone::Warn, "alert", "Busy")
    } else {
        Chip::new(Tone::Good, "check", "Healthy")
    }
}

fn parts(state: &SystemState, limit: u32) -> Vec<PartRow> {
    let chip = |is_good, bad: &str| {
        if is_good {
            Chip::new(Tone::Good, "check", "Up")
        } else {
            Chip::new(Tone::Warn, "alert", bad)
        }
    };
    let part = |name: &str, state, detail| PartRow { name: name.into(), state, detail };
    let index = match state.index.waiting {
        0 => "up to date".to_owned(),
        some => format!("{} events behind", capped(some, COUNT_MAX)),
    };
    let turns = format!("{} turns since the start", thousands(state.turns));
    vec![
        part("Database", chip(true, ""), database(state)),
        part("Execution", chip(!is_crowded(state, limit), "Busy"), turns),
        part("Search index", chip(state.index.waiting <= BEHIND, "Behind"), index),
    ]
}

fn database(state: &SystemState) -> String {
    let name = match state.dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    format!("{name}, {}", size(u64::try_from(state.database_bytes).unwrap_or(0)))
}

fn facts(state: &SystemState) -> Vec<Fact> {
    let mut facts = vec![
        Fact::text("Version", state.version),
        // Milliseconds would be noise here.
        Fact::text("Up for", span(state.up_for_ms / 1000 * 1000)),
        Fact::text("Database", database(state)),
    ];
    facts.extend(state.memory_bytes.map(|bytes| Fact::text("Memory", size(bytes))));
    facts
}

fn counters(state: &SystemState) -> Vec<CounterRow> {
    let seconds = u64::try_from(state.up_for_ms / 1000).unwrap_or(0).max(1);
    let row = |label: &str, value, rate| CounterRow { label: label.into(), value, rate };
    let rate = format!("{} a minute", thousands(state.turns.saturating_mul(60) / seconds));
    vec![row("Turns", thousands(state.turns), rate)]
}

fn queues(state: &SystemState, limit: u32) -> Vec<QueueRow> {
    let row = |name: &str, depth: u64, limit: u64, text: String| QueueRow {
        name: name.into(),
        depth,
        limit,
        text,
    };
    let most = u64::try_from(COUNT_MAX).unwrap_or(u64::MAX);
    let counted = |count: i64| u64::try_from(count.min(COUNT_MAX)).unwrap_or(0);
    let queue = state.queue_depth as u64;
    vec![
        row("Requests", queue, limit.into(), format!("{queue} of {}", thousands(limit))),
        row("Open jobs", counted(state.open_jobs), most, capped(state.open_jobs, COUNT_MAX)),
        row("Timers", counted(state.timers), most, capped(state.timers, COUNT_MAX)),
    ]
}

fn dead_letter_row(letter: DeadLetter, now_ms: i64) -> DeadLetterRow {
    DeadLetterRow {
        key: letter.job_key.to_string(),
        kind: letter.job_type,
        subject: Link::new(
            letter.instance_key.to_string(),
            format!("/instances/{}", letter.instance_key),
        ),
        error: letter.message,
        attempts: letter.attempts.to_string(),
        at: Stamp::at(letter.given_up_at, now_ms),
    }
}

async fn requeue(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    jobs::requeue(&app.execution, key.0, RETRIES_DEFAULT, signed_in.origin()).await?;
    Ok(go_with_success("/system", "The job is tried again."))
}

async fn requeue_all(State(app): State<App>, signed_in: SignedIn) -> Result<Response, HttpError> {
    let origin = signed_in.origin();
    let (done, refused) = jobs::requeue_all(&app.execution, RETRIES_DEFAULT, &origin).await?;
    let jobs = if done == 1 { "1 job is" } else { &format!("{done} jobs are") };
    Ok(if refused == 0 {
        go_with_success("/system", &format!("{jobs} tried again."))
    } else {
        go_with_refusal("/system", &format!("{jobs} tried again, {refused} could not be."))
    })
}
