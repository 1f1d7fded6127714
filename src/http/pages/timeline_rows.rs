//! Rows of a timeline: what happened, to what, and when.
//! Must not know the journal; entries come in words already.

use super::evaluation::evaluation_href;
use super::numbers::span;
use super::parts::Stamp;
use crate::core::access::{Permission, Principal};
use crate::services::instances::{EntryKind, TimelineEntry};

/// Something that happened in the instance.
#[derive(Clone, Debug)]
pub struct TimelineRow {
    pub icon: &'static str,
    /// CSS class of a tone.
    pub tone: &'static str,
    pub element: String,
    pub element_id: String,
    pub text: String,
    pub at: Stamp,
    /// For example `took 3 min`; empty shows none.
    pub duration: String,
    /// Where it is told how a decision was made.
    pub evaluation_href: Option<String>,
}

impl TimelineRow {
    /// The row of an entry, as this person sees it at `now_ms`.
    pub(super) fn of(entry: TimelineEntry, principal: &Principal, now_ms: i64) -> Self {
        let may_read = principal.may(Permission::InstancesRead);
        let (icon, tone) = match entry.kind {
            EntryKind::Started => ("play", "info"),
            EntryKind::Completed => ("check", "good"),
            EntryKind::Ended => ("stop", "neutral"),
            EntryKind::Person => ("user", "info"),
            EntryKind::Time => ("clock", "neutral"),
            EntryKind::Message => ("mail", "neutral"),
            EntryKind::Call => ("link", "neutral"),
            EntryKind::Decision => ("table", "neutral"),
            EntryKind::Variables => ("variable", "neutral"),
            EntryKind::Trouble => ("alert", "warn"),
            EntryKind::Incident => ("alert", "bad"),
            EntryKind::Repaired => ("retry", "good"),
        };
        Self {
            icon,
            tone,
            element: entry.element,
            element_id: entry.element_id,
            text: entry.text,
            at: Stamp::at(entry.at, now_ms),
            evaluation_href: evaluation_href(entry.evaluation_key.filter(|_| may_read)),
            duration: match entry.duration_ms {
                Some(ms) if ms >= 1000 => format!("took {}", span(ms)),
                _ => String::new(),
            },
        }
    }

    /// A few turns of an instance that is stuck, the newest first.
    pub(super) fn samples() -> Vec<Self> {
        let row = |icon, tone, element: &str, id: &str, text: &str, minutes, duration: &str| Self {
            icon,
            tone,
            element: element.into(),
            element_id: id.into(),
            text: text.into(),
            at: Stamp::sample(minutes),
            duration: duration.into(),
            evaluation_href: (icon == "table")
                .then(|| "/decision-evaluations/4503599627370777".into()),
        };
        vec![
            row("alert", "bad", "Pay out", "pay", "raised an incident: no route to host", 40, ""),
            row("play", "info", "Pay out", "pay", "was activated", 42, ""),
            row("check", "good", "Approve expense", "approve", "was completed", 42, "took 24 h"),
            row("user", "info", "Approve expense", "approve", "was claimed by Approver", 1450, ""),
            row("table", "neutral", "Check rates", "rates", "decided rates", 1499, ""),
            row("branch", "neutral", "Amount above limit?", "limit", "took the path Yes", 1499, ""),
            row("play", "info", "Expense submitted", "start", "was started by Requester", 1500, ""),
        ]
    }
}
