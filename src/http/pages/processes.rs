//! All process definitions, and the place where models are uploaded.
//! Must not know how a model is compiled.

use super::layout::{Layout, Section};
use super::parts::{EmptyState, Pager, Stamp};
use askama::Template;

/// The deployed processes, each by its latest version.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/processes.html")]
pub struct ProcessesPage {
    pub layout: Layout,
    pub search: String,
    pub rows: Vec<ProcessRow>,
    pub empty: EmptyState,
    pub pager: Pager,
    /// Shows the upload; posted to `/processes`.
    pub can_deploy: bool,
}

/// A process definition in the list.
#[derive(Clone, Debug)]
pub struct ProcessRow {
    pub id: String,
    pub name: String,
    pub href: String,
    pub version: String,
    pub active: String,
    pub active_href: String,
    /// Empty when there are none.
    pub incidents: String,
    pub incidents_href: String,
    pub completed: String,
    pub deployed: Stamp,
    /// `None` when this person can't start it.
    pub start_href: Option<String>,
}

impl ProcessesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |id: &str, name: &str, version: &str, counts: [&str; 3], minutes| ProcessRow {
            id: id.into(),
            name: name.into(),
            href: format!("/processes/{id}"),
            version: version.into(),
            active: counts[0].into(),
            active_href: format!("/instances?process={id}&state=active"),
            incidents: counts[1].into(),
            incidents_href: format!("/incidents?process={id}"),
            completed: counts[2].into(),
            deployed: Stamp::sample(minutes),
            start_href: Some(format!("/processes/{id}/start")),
        };
        Self {
            rows: vec![
                row("customer-onboarding", "Customer onboarding", "3", ["12", "", "84"], 180),
                row("daily-report", "Daily report", "1", ["0", "", "31"], 9_000),
                row("expense-approval", "Expense approval", "2", ["18", "1", "412"], 2_900),
                row("order-fulfilment", "Order fulfilment", "5", ["8", "1", "1,204"], 70),
            ],
            pager: Pager { summary: "4 processes".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// An installation without any process.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Processes", Section::Processes, "/processes")
                .with_topics("processes,instances"),
            search: String::new(),
            rows: Vec::new(),
            empty: EmptyState::new(
                "process",
                "No processes yet",
                "Upload a BPMN model here. Forms and data schemas it uses can come along.",
            ),
            pager: Pager::default(),
            can_deploy: true,
        }
    }
}
