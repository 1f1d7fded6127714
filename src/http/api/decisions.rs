//! Decisions for programs: list, versions, model, evaluate, and what was decided.
//!
//! Must not know how a decision is made.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{OptionalBody, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::Sql;
use crate::services::decisions::{
    self, DecisionRow, EvaluateError, EvaluationFilter, EvaluationRow,
};

const TAG: &str = "Decisions";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/decisions", list)
            .needs(Permission::ProcessesRead)
            .query::<DecisionsQuery>()
            .answers_page::<DecisionView>()
            .about(TAG, "List decisions by name, each with its latest version"),
        Route::get("/api/v1/decisions/{id}", show)
            .needs(Permission::ProcessesRead)
            .query::<VersionQuery>()
            .answers::<DecisionView>()
            .about(TAG, "Show a version of a decision, the latest when none is named"),
        Route::get("/api/v1/decisions/{id}/versions", versions)
            .needs(Permission::ProcessesRead)
            .answers_page::<DecisionView>()
            .about(TAG, "List all versions of a decision, the latest first"),
        Route::get("/api/v1/decisions/{id}/xml", xml)
            .needs(Permission::ProcessesRead)
            .query::<VersionQuery>()
            .answers_raw("application/xml")
            .about(TAG, "The decision's model as it was deployed"),
        Route::post("/api/v1/decisions/{id}/evaluate", evaluate)
            .needs(Permission::DecisionsEvaluate)
            .takes::<EvaluateBody>()
            .answers::<EvaluationView>()
            .about(TAG, "Evaluate a decision outside of any process, and say how it was decided"),
        Route::get("/api/v1/decision-evaluations", list_evaluations)
            .needs(Permission::InstancesRead)
            .query::<EvaluationsQuery>()
            .answers_page::<EvaluationView>()
            .about(TAG, "List what was decided, newest first"),
        Route::get("/api/v1/decision-evaluations/{key}", show_evaluation)
            .needs(Permission::InstancesRead)
            .answers::<EvaluationView>()
            .about(TAG, "Show what was decided, and how"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecisionsQuery {
    /// How many decisions at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Words in the id or the name.
    search: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    /// The version; the latest when not given.
    version: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvaluationsQuery {
    /// How many at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Id of the decision.
    decision: Option<String>,
    /// Key of the process instance.
    instance: Option<Key>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Decision")]
struct DecisionView {
    key: Key,
    decision_id: String,
    version: i64,
    /// The modeller's name for the version.
    version_tag: Option<String>,
    name: String,
    /// `decision` or `decision_service`.
    kind: String,
    /// Name of the model it is in.
    model_name: String,
    deployed_at: String,
    deployed_by: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DecisionInputs")]
struct EvaluateBody {
    /// The version; the latest when not given.
    version: Option<i64>,
    /// What the decision reads, by name.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DecisionEvaluation")]
struct EvaluationView {
    key: Key,
    decision_id: String,
    /// Key of the version.
    decision_key: Key,
    version: i64,
    /// The process instance it was made in; null when somebody asked for it by itself.
    instance_key: Option<Key>,
    element_instance_key: Option<Key>,
    element_id: Option<String>,
    process_id: Option<String>,
    /// What was read, by name or by path.
    inputs: Json,
    output: Json,
    /// Decisions, tables and matched rules, in the order in which they were evaluated.
    trace: Json,
    /// Why there is no decision.
    failure: Option<String>,
    evaluated_at: String,
    /// Who asked for it by itself.
    evaluated_by: Option<String>,
}

async fn list(
    State(app): State<App>,
    Query(query): Query<DecisionsQuery>,
) -> ApiResult<Vec<DecisionView>> {
    let limit = page_limit(query.limit)?;
    let after = decode_cursor::<(String, String)>(query.cursor.as_deref())?;
    let mut rows = app.execution.database().read(decisions::list_decisions).await?;
    rows.retain(|row| {
        query.search.as_ref().is_none_or(|words| is_found(row, words))
            && after.as_ref().is_none_or(|after| position(row) > *after)
    });
    rows.sort_by_key(position);
    let (rows, next) = next_page(rows, limit, |last| encode_cursor(&position(last)));
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), next))
}

/// Where a decision stands in lists.
fn position(row: &DecisionRow) -> (String, String) {
    (row.name.to_lowercase(), row.decision_id.clone())
}

/// Whether all words are in the name or the id of a decision.
pub(crate) fn is_found(row: &DecisionRow, words: &str) -> bool {
    let text = format!("{} {}", row.name, row.decision_id).to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// All versions of a decision, the latest first.
///
/// # Errors
/// 404 when there is no such decision; those of the database.
pub(crate) async fn load_versions(app: &App, id: String) -> Result<Vec<DecisionRow>, HttpError> {
    let read = move |sql: &mut dyn Sql| decisions::list_versions(sql, &id);
    let rows = app.execution.database().read(read).await?;
    if rows.is_empty() { Err(HttpError::not_found("decision")) } else { Ok(rows) }
}

async fn load(app: &App, id: String, version: Option<i64>) -> Result<DecisionRow, HttpError> {
    let rows = load_versions(app, id).await?;
    let found = rows.into_iter().find(|row| version.is_none_or(|version| row.version == version));
    found.ok_or_else(|| HttpError::not_found("version of the decision"))
}

/// The text of a model that is known to be deployed.
///
/// # Errors
/// 500 when it is not; those of the database.
pub(crate) async fn load_source(app: &App, model_key: i64) -> Result<String, HttpError> {
    let read = move |sql: &mut dyn Sql| decisions::find_source(sql, model_key);
    let found = app.execution.database().read(read).await?;
    found.ok_or_else(|| HttpError::internal(format!("no decision model {model_key}")))
}

async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<VersionQuery>,
) -> ApiResult<DecisionView> {
    Ok(Answer::ok(load(&app, id, query.version).await?.into()))
}

async fn versions(State(app): State<App>, Path(id): Path<String>) -> ApiResult<Vec<DecisionView>> {
    let rows = load_versions(&app, id).await?;
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), None))
}

async fn xml(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<VersionQuery>,
) -> Result<([(HeaderName, HeaderValue); 1], String), HttpError> {
    let source = load_source(&app, load(&app, id, query.version).await?.model_key).await?;
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], source))
}

async fn evaluate(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    OptionalBody(body): OptionalBody<EvaluateBody>,
) -> ApiResult<EvaluationView> {
    let EvaluateBody { version, variables } = body.unwrap_or_default();
    let origin = signed_in.origin();
    let row = decisions::evaluate(&app.execution, id, version, variables, origin).await?;
    Ok(Answer::ok(row.into()))
}

async fn list_evaluations(
    State(app): State<App>,
    Query(query): Query<EvaluationsQuery>,
) -> ApiResult<Vec<EvaluationView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?.unwrap_or(i64::MAX);
    let filter = EvaluationFilter {
        decision_id: query.decision,
        instance_key: query.instance.map(|key| key.0),
    };
    let read =
        move |sql: &mut dyn Sql| decisions::list_evaluations(sql, &filter, before, limit + 1);
    let rows = app.execution.database().read(read).await?;
    let (rows, next) = next_page(rows, limit, |last| encode_cursor(&last.key));
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), next))
}

async fn show_evaluation(
    State(app): State<App>,
    Path(key): Path<Key>,
) -> ApiResult<EvaluationView> {
    Ok(Answer::ok(load_evaluation(&app, key).await?.into()))
}

/// An evaluation.
///
/// # Errors
/// 404 when there is none of this key; those of the database.
pub(crate) async fn load_evaluation(app: &App, key: Key) -> Result<EvaluationRow, HttpError> {
    let read = move |sql: &mut dyn Sql| decisions::find_evaluation(sql, key.0);
    let found = app.execution.database().read(read).await?;
    found.ok_or_else(|| HttpError::not_found("decision evaluation"))
}

impl From<DecisionRow> for DecisionView {
    fn from(row: DecisionRow) -> Self {
        Self {
            key: Key(row.key),
            decision_id: row.decision_id,
            version: row.version,
            version_tag: row.version_tag,
            name: row.name,
            kind: row.kind,
            model_name: row.model_name,
            deployed_at: instant(row.deployed_at),
            deployed_by: row.deployed_by,
        }
    }
}

impl From<EvaluationRow> for EvaluationView {
    fn from(row: EvaluationRow) -> Self {
        Self {
            key: Key(row.key),
            decision_id: row.decision_id,
            decision_key: Key(row.decision_key),
            version: row.version,
            instance_key: row.instance_key.map(Key),
            element_instance_key: row.element_instance_key.map(Key),
            element_id: row.element_id,
            process_id: row.process_id,
            inputs: row.inputs,
            output: row.output,
            trace: row.trace,
            failure: row.failure,
            evaluated_at: instant(row.evaluated_at),
            evaluated_by: row.evaluated_by,
        }
    }
}

impl From<EvaluateError> for HttpError {
    fn from(error: EvaluateError) -> Self {
        match error {
            EvaluateError::NotFound => Self::not_found("decision"),
            EvaluateError::Evaluation(error) => {
                Self::unprocessable("decision_not_evaluated", error.to_string())
            }
            EvaluateError::Store(error) => error.into(),
        }
    }
}
