//! How one decision was made: what was read, which rules matched and why, what came of it.
//! Must not know how a trace comes about.

use super::decision_view::{TableView, list, shown};
use super::decisions::href;
use super::layout::{Layout, Section};
use super::names::Names;
use super::parts::{Fact, Stamp};
use super::words::sentence;
use crate::core::access::Permission;
use crate::core::dmn::{self, DescribedTable, Description, Limits};
use crate::http::api::decisions::{load_evaluation, load_source};
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::platform::store::Sql;
use crate::services::decisions::{self, EvaluationRow};
use askama::Template;
use axum::extract::State;
use serde_json::Value as Json;

/// An evaluation.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/evaluation.html")]
pub struct EvaluationPage {
    pub layout: Layout,
    pub name: String,
    pub decision_href: String,
    pub decision_id: String,
    pub facts: Vec<Fact>,
    pub output: String,
    /// Why there is no decision; empty shows none.
    pub failure: String,
    pub inputs: Vec<ValueRow>,
    /// What the decision required, in the order in which it was decided.
    pub decisions: Vec<ValueRow>,
    pub tables: Vec<TableView>,
    pub warnings: Vec<String>,
    /// What was too large to be kept; empty shows none.
    pub left_out: String,
}

/// A name and a value.
#[derive(Clone, Debug)]
pub struct ValueRow {
    pub name: String,
    pub value: String,
}

impl EvaluationPage {
    /// A decision made by a process.
    #[must_use]
    pub fn sample() -> Self {
        let value = |name: &str, value: &str| ValueRow { name: name.into(), value: value.into() };
        let path = "/decision-evaluations/4503599627370801";
        Self {
            layout: Layout::sample("Approval level", Section::Decisions, path),
            name: "Approval level".into(),
            decision_href: "/decisions/approval-level?version=3".into(),
            decision_id: "approval-level".into(),
            facts: vec![
                Fact::link("Version", "3", "/decisions/approval-level?version=3"),
                Fact::link("Instance", "4503599627370497", "/instances/4503599627370497"),
                Fact::text("Element", "check_rates"),
                Fact::text("When", "3 min ago"),
            ],
            output: "\"lead\"".into(),
            failure: String::new(),
            inputs: vec![value("amount", "420"), value("category", "\"travel\"")],
            decisions: vec![value("Daily rate", "35"), value("Approval level", "\"lead\"")],
            tables: vec![TableView::sample(true)],
            warnings: Vec::new(),
            left_out: String::new(),
        }
    }

    /// A table that contradicts itself, and a record that is not whole.
    #[must_use]
    pub fn sample_failed() -> Self {
        Self {
            output: "null".into(),
            failure: "Approval level: expected at most one matching rule, found 2.".into(),
            warnings: vec!["Daily rate: expected a number, found null (at byte 0)".into()],
            left_out: "Too large to be kept: 2 parts of the trace, and the input order.".into(),
            ..Self::sample()
        }
    }
}

/// An evaluation.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/decision-evaluations/{key}", show).needs(Permission::InstancesRead)]
}

/// Where an evaluation is shown.
pub(super) fn evaluation_href(key: Option<i64>) -> Option<String> {
    key.map(|key| format!("/decision-evaluations/{key}"))
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Path(key): Path<Key>,
) -> Result<Page<EvaluationPage>, HttpError> {
    let row = load_evaluation(&app, key).await?;
    let decision_key = row.decision_key;
    let read = move |sql: &mut dyn Sql| decisions::find_decision(sql, decision_key);
    let found = app.execution.database().read(read).await?;
    let decision = found.ok_or_else(|| HttpError::not_found("decision"))?;
    let source = load_source(&app, decision.model_key).await?;
    let description = dmn::describe(&source, &Limits::of_tables());
    let names = Names::load(&app, row.evaluated_by.as_deref()).await?;
    let layout = frame.layout(decision.name.clone(), Section::Decisions);
    let here = format!("{}?version={}", href(&row.decision_id), row.version);
    let value = |name: &str, value: &Json| ValueRow { name: name.to_owned(), value: shown(value) };
    Ok(Page(EvaluationPage {
        layout,
        name: decision.name,
        facts: facts(&row, &names, &here, app.clock.now_ms()),
        decision_href: here,
        output: shown(&row.output),
        failure: row.failure.as_deref().map(sentence).unwrap_or_default(),
        inputs: row
            .inputs
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, it)| value(name, it))
            .collect(),
        decisions: list(&row.trace, "decisions")
            .map(|it| value(it["name"].as_str().unwrap_or_default(), &it["value"]))
            .collect(),
        tables: list(&row.trace, "tables")
            .filter_map(|it| Some(TableView::evaluated(table_of(description.as_ref()?, it)?, it)))
            .collect(),
        warnings: list(&row.trace, "warnings")
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect(),
        left_out: left_out(&row.trace["left_out"]),
        decision_id: row.decision_id,
    }))
}

fn facts(row: &EvaluationRow, names: &Names, here: &str, now_ms: i64) -> Vec<Fact> {
    let mut facts = vec![Fact::link("Version", row.version.to_string(), here)];
    if let Some(key) = row.instance_key {
        facts.push(Fact::link("Instance", key.to_string(), format!("/instances/{key}")));
    }
    if let Some(element_id) = &row.element_id {
        facts.push(Fact::text("Element", element_id.as_str()));
    }
    if let Some(by) = &row.evaluated_by {
        facts.push(Fact::text("Asked for by", names.of(by)));
    }
    facts.push(Fact::text("When", Stamp::at(row.evaluated_at, now_ms).title));
    facts
}

/// The table a part of a trace is about: by its id, else by whose it is. One of another file that
/// was imported has none here.
fn table_of<'d>(description: &'d Description, trace: &Json) -> Option<&'d DescribedTable> {
    let elements = || description.elements.iter();
    let by_id = trace["id"].as_str().and_then(|id| {
        elements().flat_map(|it| &it.tables).find(|it| it.id.as_deref() == Some(id))
    });
    let owner = trace["owner"].as_str().unwrap_or_default();
    by_id.or_else(|| elements().find(|it| it.name == owner)?.tables.first())
}

fn left_out(left_out: &Json) -> String {
    let mut what = Vec::new();
    match left_out["parts"].as_u64() {
        None | Some(0) => {}
        Some(1) => what.push("1 part of the trace".to_owned()),
        Some(count) => what.push(format!("{count} parts of the trace")),
    }
    let names = list(left_out, "inputs").filter_map(Json::as_str);
    what.extend(names.map(|name| format!("the input {name}")));
    if what.is_empty() {
        String::new()
    } else {
        format!("Too large to be kept: {}.", what.join(", "))
    }
}
