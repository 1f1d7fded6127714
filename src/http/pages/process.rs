//! One process definition: its versions, diagram, schedules and business data.
//! Must not know BPMN; the diagram comes drawn.

use super::home::Tile;
use super::layout::{Layout, Section};
use super::parts::{Diagram, Fact, Link, Stamp};
use super::schedules::ScheduleRow;
use askama::Template;

/// A version of a process definition.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/process.html")]
pub struct ProcessPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub version: String,
    /// Told when a newer version exists.
    pub is_latest: bool,
    pub facts: Vec<Fact>,
    pub tiles: Vec<Tile>,
    pub diagram: Diagram,
    pub start_href: Option<String>,
    /// Where the model can be downloaded as it was deployed.
    pub model_href: String,
    pub versions: Vec<VersionRow>,
    pub schedules: Vec<ScheduleRow>,
    /// The table with the business data, for SQL clients; empty before the first start.
    pub table_name: String,
    pub columns: Vec<ColumnRow>,
}

/// A version in the list of versions.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub version: Link,
    pub deployed: Stamp,
    pub deployed_by: String,
    pub active: String,
    pub is_shown: bool,
}

/// A column of the process's business data.
#[derive(Clone, Debug)]
pub struct ColumnRow {
    pub name: String,
    pub kind: String,
    pub is_indexed: bool,
    /// Where the column comes from, such as `form expense`.
    pub source: String,
}

impl ProcessPage {
    #[must_use]
    pub fn sample() -> Self {
        let column = |name: &str, kind: &str, is_indexed, source: &str| ColumnRow {
            name: name.into(),
            kind: kind.into(),
            is_indexed,
            source: source.into(),
        };
        let path = "/processes/expense-approval";
        Self {
            layout: Layout::sample("Expense approval", Section::Processes, path)
                .with_topics("instances"),
            id: "expense-approval".into(),
            name: "Expense approval".into(),
            version: "Version 2".into(),
            is_latest: true,
            facts: vec![
                Fact::text("Process ID", "expense-approval"),
                Fact::text("Deployed by", "Modeler"),
                Fact::text("Model", "expense-approval.bpmn"),
            ],
            tiles: sample_tiles(),
            diagram: Diagram::sample(),
            start_href: Some("/processes/expense-approval/start".into()),
            model_href: "/processes/expense-approval/model?version=2".into(),
            versions: sample_versions(),
            schedules: ScheduleRow::samples(),
            table_name: "expense_approval.data".into(),
            columns: vec![
                column("amount", "number", true, "form expense"),
                column("category", "text", true, "form expense"),
                column("spent_on", "date", true, "form expense"),
                column("reason", "text", false, "form approval"),
            ],
        }
    }

    /// An older version without schedules and data.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            is_latest: false,
            version: "Version 1".into(),
            diagram: Diagram::default(),
            start_href: None,
            schedules: Vec::new(),
            table_name: String::new(),
            columns: Vec::new(),
            ..Self::sample()
        }
    }
}

fn sample_versions() -> Vec<VersionRow> {
    let row = |number: u32, active: &str, minutes| VersionRow {
        version: Link::new(
            format!("Version {number}"),
            format!("/processes/expense-approval?version={number}"),
        ),
        deployed: Stamp::sample(minutes),
        deployed_by: "Modeler".into(),
        active: active.into(),
        is_shown: number == 2,
    };
    vec![row(2, "18", 2_900), row(1, "0", 20_000)]
}

fn sample_tiles() -> Vec<Tile> {
    let tile = |id, label: &str, value: &str, icon, tone, query: &str| Tile {
        id,
        label: label.into(),
        value: value.into(),
        note: String::new(),
        icon,
        tone,
        href: format!("/instances?process=expense-approval&state={query}"),
    };
    vec![
        tile("active", "Active", "18", "play", "info", "active"),
        tile("stuck", "With incidents", "1", "alert", "bad", "incident"),
        tile("completed", "Completed", "412", "check", "good", "completed"),
        tile("terminated", "Terminated", "3", "stop", "neutral", "terminated"),
    ]
}
