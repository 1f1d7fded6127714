//! Two instances side by side: where their ways and their variables part.
//! Must not know how they are compared.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value as Json;

use super::instance::inspect;
use super::instances::state_chip;
use super::layout::{Layout, Section};
use super::parts::{Chip, Diagram, Link};
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::instances::{Inspection, compare};

/// Two instances, or one and a field for the key of the other.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/comparison.html")]
pub struct ComparisonPage {
    pub layout: Layout,
    pub key: String,
    pub process: Link,
    /// The other's key as it was entered.
    pub with: String,
    /// Why there is nothing to compare with; empty when there is.
    pub error: String,
    pub sides: Vec<Side>,
    pub elements: Vec<PairRow>,
    pub variables: Vec<PairRow>,
    /// How many variables are the same, in words.
    pub same: String,
}

/// One of the two.
#[derive(Clone, Debug)]
pub struct Side {
    pub instance: Link,
    pub version: String,
    pub state: Chip,
    pub diagram: Diagram,
}

/// Something that differs.
#[derive(Clone, Debug)]
pub struct PairRow {
    pub name: String,
    pub first: String,
    pub second: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    with: String,
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/instances/{key}/compare", show)]
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(wanted): Query<Wanted>,
) -> Result<Page<ComparisonPage>, HttpError> {
    let first = inspect(&app, &signed_in, key).await?;
    let with = wanted.with.trim().to_owned();
    let layout = frame.layout(first.row.process_name.clone(), Section::Instances);
    let mut page = ComparisonPage::of(layout, &first, with);
    if page.with.is_empty() {
        return Ok(Page(page));
    }
    let second = match page.with.parse() {
        Ok(key) => app.instances.inspect(&signed_in.principal, key).await?,
        Err(_) => None,
    };
    match second {
        Some(second) => page.compare(&first, &second),
        None => page.error.push_str("There is no such instance."),
    }
    Ok(Page(page))
}

impl ComparisonPage {
    fn of(layout: Layout, first: &Inspection, with: String) -> Self {
        let row = &first.row;
        Self {
            layout,
            key: row.key.to_string(),
            process: Link::new(row.process_name.as_str(), format!("/processes/{}", row.process_id)),
            with,
            error: String::new(),
            sides: Vec::new(),
            elements: Vec::new(),
            variables: Vec::new(),
            same: String::new(),
        }
    }

    fn compare(&mut self, first: &Inspection, second: &Inspection) {
        let found = compare(first, second);
        let value = |it: &Option<Json>| it.as_ref().map_or_else(String::new, ToString::to_string);
        self.sides = vec![Side::of(first), Side::of(second)];
        self.elements = found
            .elements
            .iter()
            .map(|it| PairRow::new(&it.name, it.times[0].to_string(), it.times[1].to_string()))
            .collect();
        self.variables = found
            .variables
            .iter()
            .map(|it| PairRow::new(&it.name, value(&it.values[0]), value(&it.values[1])))
            .collect();
        self.same = match found.same_variables {
            0 => "No variable is the same.".to_owned(),
            1 => "One variable is the same.".to_owned(),
            many => format!("{many} variables are the same."),
        };
    }

    /// A copy that went another way than its original.
    #[must_use]
    pub fn sample() -> Self {
        let side = |key: &str, state| Side {
            instance: Link::new(key, format!("/instances/{key}")),
            version: "Version 2".into(),
            state,
            diagram: Diagram::sample_with_states(),
        };
        Self {
            with: "4503599627370901".into(),
            sides: vec![
                side("4503599627370497", Chip::incident()),
                side("4503599627370901", Chip::completed()),
            ],
            elements: vec![
                PairRow::new("Approve expense", "1".into(), "0".into()),
                PairRow::new("Send reminder", "3".into(), "1".into()),
            ],
            variables: vec![
                PairRow::new("amount", "1840.50".into(), "40".into()),
                PairRow::new("approved", "true".into(), String::new()),
            ],
            same: "4 variables are the same.".into(),
            error: String::new(),
            ..Self::sample_empty()
        }
    }

    /// One instance, and a key that nothing has.
    #[must_use]
    pub fn sample_empty() -> Self {
        let path = "/instances/4503599627370497/compare?with=12";
        Self {
            layout: Layout::sample("Expense approval", Section::Instances, path),
            key: "4503599627370497".into(),
            process: Link::new("Expense approval", "/processes/expense-approval"),
            with: "12".into(),
            error: "There is no such instance.".into(),
            sides: Vec::new(),
            elements: Vec::new(),
            variables: Vec::new(),
            same: String::new(),
        }
    }
}

impl PairRow {
    fn new(name: &str, first: String, second: String) -> Self {
        Self { name: name.to_owned(), first, second }
    }
}

impl Side {
    fn of(found: &Inspection) -> Self {
        let row = &found.row;
        Self {
            instance: Link::new(row.key.to_string(), format!("/instances/{}", row.key)),
            version: format!("Version {}", row.version),
            state: state_chip(row),
            diagram: Diagram {
                svg: found.diagram(),
                label: format!("Diagram of {} with the state of {}", row.process_name, row.key),
                has_states: true,
            },
        }
    }
}
