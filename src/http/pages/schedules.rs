//! What starts by itself: timer start events and when they are next due.
//! Must not know how a rule is evaluated.

use super::layout::{Layout, Section};
use super::parts::{Chip, EmptyState, Link, Stamp};
use askama::Template;

/// All timer starts of the deployed processes.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/schedules.html")]
pub struct SchedulesPage {
    pub layout: Layout,
    pub rows: Vec<ScheduleRow>,
    pub empty: EmptyState,
}

/// A timer start event.
#[derive(Clone, Debug)]
pub struct ScheduleRow {
    pub process: Link,
    pub version: String,
    pub element: String,
    /// The cycle, date or cron rule as it stands in the model.
    pub rule: String,
    /// `None` when it won't fire again.
    pub next_due: Option<Stamp>,
    pub last_fired: Option<Stamp>,
    pub fired: String,
    pub state: Chip,
}

impl SchedulesPage {
    #[must_use]
    pub fn sample() -> Self {
        Self { rows: ScheduleRow::samples(), ..Self::sample_empty() }
    }

    /// No process starts by itself.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Schedules", Section::Schedules, "/schedules")
                .with_topics("schedules"),
            rows: Vec::new(),
            empty: EmptyState::new(
                "clock",
                "Nothing is scheduled",
                "A process whose start event has a timer appears here as soon as it is deployed.",
            )
            .with_action("Deploy a process", "/processes"),
        }
    }
}

impl ScheduleRow {
    /// A cycle that runs and a date that has passed.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |name: &str, id: &str, rule: &str, next: Option<i64>, state| Self {
            process: Link::new(name, format!("/processes/{id}")),
            version: "1".into(),
            element: "Every morning".into(),
            rule: rule.into(),
            next_due: next.map(Stamp::sample),
            last_fired: Some(Stamp::sample(510)),
            fired: "31".into(),
            state,
        };
        vec![
            row("Daily report", "daily-report", "0 0 6 * * *", Some(-930), Chip::active()),
            row("Month end", "month-end", "R3/2026-08-01T00:00Z/P1M", None, Chip::completed()),
        ]
    }
}

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
