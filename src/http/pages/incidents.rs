//! Everything that is stuck, with retry one by one or many at once.
//! Must not know how an incident is resolved.

use super::instance::IncidentRow;
use super::layout::{Layout, Section};
use super::parts::{Choice, EmptyState, Pager};
use askama::Template;

/// All open incidents this person may see.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/incidents.html")]
pub struct IncidentsPage {
    pub layout: Layout,
    pub processes: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub search: String,
    pub rows: Vec<IncidentRow>,
    /// How many match the filter, on all pages; the bulk retry takes them all.
    pub total: String,
    pub empty: EmptyState,
    pub pager: Pager,
}

impl IncidentsPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            rows: IncidentRow::samples(),
            total: "2".into(),
            pager: Pager { summary: "2 incidents".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// Nothing is stuck.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Incidents", Section::Incidents, "/incidents")
                .with_topics("incidents"),
            processes: vec![Choice::new("", "All processes", true)],
            kinds: vec![Choice::new("", "All kinds", true)],
            search: String::new(),
            rows: Vec::new(),
            total: "0".into(),
            empty: EmptyState::new(
                "check",
                "Nothing is stuck",
                "When a process can't go on by itself, it appears here with what to do.",
            ),
            pager: Pager::default(),
        }
    }
}

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
