//! One decision: its tables and expressions, what it requires, its versions, what was decided.
//! Must not know DMN; the description and the drawing come made.

use super::decision_view::{LineView, LogicView, TableView, shown};
use super::decisions::{href, kind_words};
use super::layout::{Layout, Section};
use super::names::Names;
use super::parts::{Chip, Diagram, Fact, Link, Stamp, Tone};
use super::words::sentence;
use crate::core::access::Permission;
use crate::core::dmn::{self, Description, ElementKind, Limits};
use crate::http::api::decisions::{load_source, load_versions};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Path, Query};
use crate::http::frame::{Frame, Page, go_to, go_with_refusal};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::Sql;
use crate::services::decisions::{self, DecisionRow, EvaluationFilter, EvaluationRow};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// What was decided lately, on the page.
const EVALUATIONS_MAX: u32 = 20;

/// A version of a decision.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/decision.html")]
pub struct DecisionPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub version: String,
    pub is_latest: bool,
    pub href: String,
    pub model_href: String,
    pub facts: Vec<Fact>,
    pub diagram: Diagram,
    pub logic: Vec<LogicView>,
    pub versions: Vec<VersionRow>,
    /// Inputs to start from, as JSON; `None` when this person may not evaluate.
    pub inputs: Option<String>,
    /// `None` when this person may not see them.
    pub evaluations: Option<Vec<EvaluationLine>>,
}

/// A version in the list of versions.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub version: Link,
    pub tag: String,
    pub deployed: Stamp,
    pub deployed_by: String,
    pub is_shown: bool,
}

/// Something that was decided.
#[derive(Clone, Debug)]
pub struct EvaluationLine {
    pub at: Stamp,
    pub href: String,
    pub version: String,
    pub state: Chip,
    pub output: String,
    /// The instance, or empty when somebody asked for it by itself.
    pub instance: Option<Link>,
}

impl DecisionPage {
    #[must_use]
    pub fn sample() -> Self {
        let path = "/decisions/approval-level";
        Self {
            layout: Layout::sample("Approval level", Section::Decisions, path),
            id: "approval-level".into(),
            name: "Approval level".into(),
            version: "Version 3".into(),
            is_latest: true,
            href: path.into(),
            model_href: "/decisions/approval-level/model?version=3".into(),
            facts: vec![
                Fact::text("Decision ID", "approval-level"),
                Fact::text("Kind", "Decision"),
                Fact::text("Deployed by", "Modeler"),
                Fact::text("Model", "expense-rules.dmn"),
            ],
            diagram: Diagram::sample(),
            logic: vec![LogicView {
                name: "Approval level".into(),
                kind: "Decision",
                about: "Who has to approve an expense?".into(),
                lines: vec![LineView {
                    indent: "in-0",
                    label: "net".into(),
                    text: "amount / 1.2".into(),
                }],
                tables: vec![TableView::sample(false)],
            }],
            versions: sample_versions(),
            inputs: Some("{\n  \"amount\": null\n}".into()),
            evaluations: Some(sample_evaluations()),
        }
    }

    /// An older version that nobody has used, for somebody who may only look.
    #[must_use]
    pub fn sample_old() -> Self {
        Self {
            is_latest: false,
            version: "Version 2".into(),
            diagram: Diagram::default(),
            inputs: None,
            evaluations: None,
            ..Self::sample()
        }
    }

    /// A decision that was never made.
    #[must_use]
    pub fn sample_unused() -> Self {
        Self { evaluations: Some(Vec::new()), ..Self::sample() }
    }
}

fn sample_versions() -> Vec<VersionRow> {
    let row = |number: u32, minutes| VersionRow {
        version: Link::new(
            format!("Version {number}"),
            format!("/decisions/approval-level?version={number}"),
        ),
        tag: if number == 2 { "2026".into() } else { String::new() },
        deployed: Stamp::sample(minutes),
        deployed_by: "Modeler".into(),
        is_shown: number == 3,
    };
    vec![row(3, 180), row(2, 20_000), row(1, 90_000)]
}

fn sample_evaluations() -> Vec<EvaluationLine> {
    let line = |key: &str, output: &str, has_failed, minutes| EvaluationLine {
        at: Stamp::sample(minutes),
        href: format!("/decision-evaluations/{key}"),
        version: "3".into(),
        state: state(has_failed),
        output: output.into(),
        instance: (minutes > 30)
            .then(|| Link::new("4503599627370497", "/instances/4503599627370497")),
    };
    vec![line("4503599627370801", "\"lead\"", false, 3), line("4503599627370802", "null", true, 42)]
}

fn state(has_failed: bool) -> Chip {
    if has_failed {
        Chip::new(Tone::Bad, "alert", "Failed")
    } else {
        Chip::new(Tone::Good, "check", "Decided")
    }
}

/// A decision, its model as a file, and evaluating it.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/decisions/{id}", show).needs(Permission::ProcessesRead),
        Route::get("/decisions/{id}/model", model)
            .needs(Permission::ProcessesRead)
            .answers_raw("application/xml"),
        Route::post("/decisions/{id}/evaluate", evaluate).needs(Permission::DecisionsEvaluate),
    ]
}

#[derive(Deserialize)]
struct VersionQuery {
    version: Option<i64>,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<VersionQuery>,
) -> Result<Page<DecisionPage>, HttpError> {
    let versions = load_versions(&app, id.clone()).await?;
    let is_wanted = |row: &&DecisionRow| query.version.is_none_or(|it| row.version == it);
    let found = versions.iter().find(is_wanted);
    let row = found.ok_or_else(|| HttpError::not_found("version of the decision"))?;
    let source = load_source(&app, row.model_key).await?;
    let description = dmn::describe(&source, &Limits::of_tables());
    let description =
        description.ok_or_else(|| HttpError::internal(format!("model {}", row.model_key)))?;
    let names = Names::load(&app, versions.iter().map(|it| it.deployed_by.as_str())).await?;
    let now_ms = app.clock.now_ms();
    let principal = &signed_in.principal;
    let evaluations = if principal.may(Permission::InstancesRead) {
        Some(evaluations(&app, &id, now_ms).await?)
    } else {
        None
    };
    let may_evaluate = principal.may(Permission::DecisionsEvaluate);
    Ok(Page(DecisionPage {
        layout: frame.layout(row.name.clone(), Section::Decisions),
        name: row.name.clone(),
        version: format!("Version {}", row.version),
        is_latest: versions.first().is_some_and(|latest| latest.key == row.key),
        href: href(&id),
        model_href: format!("{}/model?version={}", href(&id), row.version),
        facts: facts(row, &names, now_ms),
        diagram: Diagram {
            svg: dmn::draw(&description),
            label: format!("What the decisions of {} require", row.model_name),
            has_states: false,
        },
        logic: logic(&description, &id),
        versions: versions.iter().map(|it| version_row(it, row, &names, now_ms)).collect(),
        inputs: may_evaluate.then(|| wanted_inputs(&description)),
        evaluations,
        id,
    }))
}

fn facts(row: &DecisionRow, names: &Names, now_ms: i64) -> Vec<Fact> {
    let mut facts = vec![
        Fact::text("Decision ID", row.decision_id.as_str()),
        Fact::text("Kind", kind_words(&row.kind)),
        Fact::text("Deployed", Stamp::at(row.deployed_at, now_ms).text),
        Fact::text("Deployed by", names.of(&row.deployed_by)),
        Fact::text("Model", row.file_name.as_str()),
    ];
    if let Some(tag) = &row.version_tag {
        facts.push(Fact::text("Version tag", tag.as_str()));
    }
    facts
}

fn version_row(row: &DecisionRow, shown: &DecisionRow, names: &Names, now_ms: i64) -> VersionRow {
    let href = format!("{}?version={}", href(&row.decision_id), row.version);
    VersionRow {
        version: Link::new(format!("Version {}", row.version), href),
        tag: row.version_tag.clone().unwrap_or_default(),
        deployed: Stamp::at(row.deployed_at, now_ms),
        deployed_by: names.of(&row.deployed_by),
        is_shown: row.key == shown.key,
    }
}

/// The decision first, then everything it may require in the same file.
fn logic(description: &Description, id: &str) -> Vec<LogicView> {
    let (own, others): (Vec<_>, Vec<_>) = description
        .elements
        .iter()
        .filter(|it| matches!(it.kind, ElementKind::Decision | ElementKind::Knowledge))
        .partition(|it| it.id.as_deref().unwrap_or(&it.name) == id);
    let view = |it: &dmn::DescribedElement| {
        let is_knowledge = it.kind == ElementKind::Knowledge;
        LogicView::of(it, if is_knowledge { "Business knowledge model" } else { "Decision" })
    };
    own.into_iter().chain(others).map(view).collect()
}

/// Names to fill in: the inputs that are drawn, else those that tables read by a plain name.
fn wanted_inputs(description: &Description) -> String {
    let drawn = description.elements.iter().filter(|it| it.kind == ElementKind::Input);
    let mut names: Vec<&str> = drawn.map(|it| it.name.as_str()).collect();
    if names.is_empty() {
        let decided: Vec<&str> = description.elements.iter().map(|it| it.name.as_str()).collect();
        let tables = description.elements.iter().flat_map(|it| &it.tables);
        let columns = tables.flat_map(|it| &it.inputs);
        let read = columns.map(|it| match it.expression.as_str() {
            "" => it.label.as_str(),
            expression => expression,
        });
        let is_plain = |name: &&str| name.chars().all(|it| it.is_alphanumeric() || it == '_');
        names.extend(read.filter(is_plain).filter(|name| !decided.contains(name)));
    }
    let inputs: Map<String, Json> =
        names.into_iter().map(|name| (name.to_owned(), Json::Null)).collect();
    serde_json::to_string_pretty(&inputs).unwrap_or_default()
}

async fn evaluations(app: &App, id: &str, now_ms: i64) -> Result<Vec<EvaluationLine>, HttpError> {
    let filter =
        EvaluationFilter { decision_id: Some(id.to_owned()), ..EvaluationFilter::default() };
    let read = move |sql: &mut dyn Sql| {
        decisions::list_evaluations(sql, &filter, i64::MAX, EVALUATIONS_MAX)
    };
    let rows = app.execution.database().read(read).await?;
    let line = |row: EvaluationRow| EvaluationLine {
        at: Stamp::at(row.evaluated_at, now_ms),
        href: format!("/decision-evaluations/{}", row.key),
        version: row.version.to_string(),
        state: state(row.failure.is_some()),
        output: shown(&row.output),
        instance: row
            .instance_key
            .map(|key| Link::new(key.to_string(), format!("/instances/{key}"))),
    };
    Ok(rows.into_iter().map(line).collect())
}

async fn model(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<VersionQuery>,
) -> Result<Response, HttpError> {
    let versions = load_versions(&app, id).await?;
    let mut rows = versions.into_iter();
    let found = rows.find(|row| query.version.is_none_or(|it| row.version == it));
    let row = found.ok_or_else(|| HttpError::not_found("version of the decision"))?;
    let source = load_source(&app, row.model_key).await?;
    Ok(super::process::download(&row.decision_id, "dmn", source))
}

#[derive(Deserialize)]
struct EvaluateForm {
    version: Option<i64>,
    variables: String,
}

async fn evaluate(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<EvaluateForm>,
) -> Result<Response, HttpError> {
    let here = href(&id);
    let Ok(variables) = serde_json::from_str::<Map<String, Json>>(&form.variables) else {
        let message = "Expected the inputs as a JSON object, such as {\"amount\": 50}.";
        return Ok(go_with_refusal(&here, message));
    };
    let origin = signed_in.origin();
    match decisions::evaluate(&app.execution, id, form.version, variables, origin).await {
        Ok(row) => Ok(go_to(&format!("/decision-evaluations/{}", row.key))),
        Err(decisions::EvaluateError::Evaluation(error)) => {
            Ok(go_with_refusal(&here, &sentence(&error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}
