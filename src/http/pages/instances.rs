//! Process instances, found by state, process, version and business data.
//! Must not know how the search is done.

use super::layout::{Layout, Section};
use super::parts::{Chip, Choice, EmptyState, Pager, Stamp, Tab};
use askama::Template;

/// The list of process instances with its filters.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/instances.html")]
pub struct InstancesPage {
    pub layout: Layout,
    /// All, active, with incidents, completed, terminated; with counts.
    pub states: Vec<Tab>,
    /// Value of the current state for the filter form.
    pub state: String,
    pub processes: Vec<Choice>,
    pub versions: Vec<Choice>,
    pub search: String,
    pub variable_name: String,
    pub variable_operators: Vec<Choice>,
    pub variable_value: String,
    /// Names offered while typing a variable's name.
    pub variable_names: Vec<String>,
    /// What is wrong with the filter; empty when nothing is.
    pub error: String,
    pub rows: Vec<InstanceRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A process instance in the list.
#[derive(Clone, Debug)]
pub struct InstanceRow {
    pub key: String,
    pub href: String,
    pub process: String,
    pub version: String,
    pub state: Chip,
    /// Names of the elements that are active now.
    pub place: String,
    pub started: Stamp,
    pub ended: Option<Stamp>,
}

impl InstancesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: &str, process: &str, state, place: &str, started, ended: Option<i64>| {
            InstanceRow {
                key: key.into(),
                href: format!("/instances/{key}"),
                process: process.into(),
                version: "2".into(),
                state,
                place: place.into(),
                started: Stamp::sample(started),
                ended: ended.map(Stamp::sample),
            }
        };
        let (expense, order) = ("Expense approval", "Order fulfilment");
        Self {
            rows: vec![
                row("4503599627370497", expense, Chip::incident(), "Pay out", 1_500, None),
                row("4503599627370480", order, Chip::active(), "Pick line, Pack", 44, None),
                row("4503599627370466", expense, Chip::active(), "Approve expense", 11, None),
                row("4503599627370451", order, Chip::completed(), "", 300, Some(180)),
                row("4503599627370440", expense, Chip::terminated(), "", 9_000, Some(8_000)),
            ],
            pager: Pager {
                summary: "1–5 of 248".into(),
                first_href: None,
                next_href: Some("/instances?after=4503599627370440".into()),
            },
            ..Self::sample_empty()
        }
    }

    /// A search that finds nothing.
    #[must_use]
    pub fn sample_empty() -> Self {
        let state = |id, label, count, current| {
            Tab::new(id, label, format!("/instances?state={id}"), count, current)
        };
        Self {
            layout: Layout::sample("Instances", Section::Instances, "/instances")
                .with_topics("instances"),
            states: vec![
                state("all", "All", "248", true),
                state("active", "Active", "36", false),
                state("incident", "With incidents", "2", false),
                state("completed", "Completed", "207", false),
                state("terminated", "Terminated", "3", false),
            ],
            state: "all".into(),
            processes: vec![
                Choice::new("", "All processes", true),
                Choice::new("expense-approval", "Expense approval", false),
            ],
            versions: vec![Choice::new("", "All versions", true)],
            search: String::new(),
            variable_name: "amount".into(),
            variable_operators: vec![
                Choice::new("eq", "=", false),
                Choice::new("gt", ">", true),
                Choice::new("contains", "contains", false),
            ],
            variable_value: "500".into(),
            variable_names: vec!["amount".into(), "category".into()],
            error: String::new(),
            rows: Vec::new(),
            empty: EmptyState::new(
                "instances",
                "No instances found",
                "Nothing matches these filters. Loosen one, or start a process.",
            )
            .with_action("Clear the filters", "/instances"),
            pager: Pager::default(),
        }
    }
}

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
