//! Rows of what an instance waits for, with what would release it.
//! Must not know how the engine waits; waits come in words already.

use super::parts::{Link, Stamp};
use crate::services::instances::{Inspection, Naming, Waiting, waiting};

/// Something the instance waits for.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    pub icon: &'static str,
    /// CSS class of a tone.
    pub tone: &'static str,
    pub element: String,
    pub element_id: String,
    /// To be read after "waits for".
    pub waits_for: String,
    pub released_by: String,
    pub is_by_the_way: bool,
    pub since: Option<Stamp>,
    pub until: Option<Stamp>,
    /// Where a person can do something about it; empty where nobody can.
    pub action: Link,
}

impl WaitingRow {
    /// The rows of an instance, as seen at `now_ms`; what it must have stands before what it may.
    pub(super) fn of_instance(found: &Inspection, naming: &dyn Naming, now_ms: i64) -> Vec<Self> {
        let mut all = waiting(found, naming, now_ms);
        all.sort_by_key(|it| it.is_by_the_way);
        all.into_iter().map(|it| Self::of(it, now_ms)).collect()
    }

    fn of(it: Waiting, now_ms: i64) -> Self {
        let (icon, tone) = look(it.kind);
        let action = match (it.kind, it.key) {
            ("user_task", Some(key)) => Link::new("Open the task", format!("/inbox/{key}")),
            ("called_instance", Some(key)) => {
                Link::new("Look at the called instance", format!("/instances/{key}"))
            }
            ("incident", _) => Link::new("See the incident", "?tab=incidents"),
            ("job", _) => Link::new("See the jobs", "?tab=jobs"),
            ("condition", _) => Link::new("Change a variable", "?tab=variables"),
            _ => Link::default(),
        };
        Self {
            icon,
            tone,
            element: it.element,
            element_id: it.element_id,
            waits_for: it.waits_for,
            released_by: it.released_by,
            is_by_the_way: it.is_by_the_way,
            since: it.since.map(|at| Stamp::at(at, now_ms)),
            until: it.until.map(|at| Stamp::at(at, now_ms)),
            action,
        }
    }

    /// A wait for a person, one that is stuck, and a timer beside.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |kind, element: &str, waits_for: &str, released_by: &str| Self {
            icon: look(kind).0,
            tone: look(kind).1,
            element: element.into(),
            element_id: element.to_lowercase().replace(' ', "_"),
            waits_for: waits_for.into(),
            released_by: released_by.into(),
            is_by_the_way: kind == "timer",
            since: Some(Stamp::sample(40)),
            until: (kind == "timer").then(|| Stamp::sample(-1400)),
            action: if kind == "timer" {
                Link::default()
            } else {
                Link::new("See the incident", "?tab=incidents")
            },
        };
        vec![
            row(
                "incident",
                "Pay out",
                "a person's repair: no route to host: payments.example.org",
                "a person mends the cause and retries the incident",
            ),
            row(
                "user_task",
                "Approve expense",
                "Finance to claim the task",
                "one of them claims the task and completes it",
            ),
            row(
                "timer",
                "Two days",
                "a point in time",
                "the time comes; nobody has to do anything",
            ),
        ]
    }
}

fn look(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "incident" => ("alert", "bad"),
        "user_task" | "choice" => ("user", "info"),
        "timer" => ("clock", "neutral"),
        "message" | "signal" => ("mail", "neutral"),
        "condition" => ("variable", "neutral"),
        "called_instance" => ("link", "neutral"),
        "paths" => ("branch", "neutral"),
        "suspension" => ("pause", "warn"),
        _ => ("gear", "info"),
    }
}
