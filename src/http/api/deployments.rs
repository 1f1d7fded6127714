//! Deployments for programs: files in, versions or every problem out.
//!
//! Must not know how a model is checked.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key};
use crate::http::error::HttpError;
use crate::http::extract::{Body, OptionalBody, content_type, too_large};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::processes::{self, Deployment, FileProblem, Resource};

const TAG: &str = "Deployments";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/deployments", create)
            .needs(Permission::ProcessesDeploy)
            .takes::<NewDeploymentBody>()
            .answers::<DeploymentView>()
            .success(201)
            .large_body()
            .about(
                TAG,
                "Deploy models, decisions, forms and data schemas, as JSON or as files of a multipart form; \
                 with any problem nothing is deployed",
            ),
        Route::post("/api/v1/deployments/examples", load_examples)
            .needs(Permission::ProcessesDeploy)
            .takes::<ExamplesBody>()
            .answers::<Vec<DeploymentView>>()
            .success(201)
            .about(TAG, "Deploy the example processes, and join the groups that work in them"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDeployment")]
struct NewDeploymentBody {
    /// The files.
    resources: Vec<ResourceBody>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Resource")]
struct ResourceBody {
    /// The file's name, ending in `.bpmn`, `.dmn`, `.form` or `.schema.json`.
    name: String,
    /// The file's text.
    content: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WantedExamples")]
struct ExamplesBody {
    /// Names of examples; all when not given.
    #[serde(default)]
    examples: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Deployment")]
struct DeploymentView {
    key: Key,
    /// The processes in it.
    processes: Vec<DeployedProcessView>,
    /// The decisions in it.
    decisions: Vec<DeployedDecisionView>,
    /// Ids of the forms in it.
    forms: Vec<String>,
    /// What is likely not meant, but did not stop it.
    warnings: Vec<ProblemView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeployedProcess")]
struct DeployedProcessView {
    process_id: String,
    name: String,
    definition_key: Key,
    version: i64,
    /// False when the file is the same as that of the latest version.
    is_new: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeployedDecision")]
struct DeployedDecisionView {
    decision_id: String,
    name: String,
    decision_key: Key,
    version: i64,
    /// False when the file and what it imports are the same as those of the latest version.
    is_new: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct ProblemView {
    file: String,
    line: u32,
    column: u32,
    element_id: Option<String>,
    message: String,
    /// What would be right.
    expected: Option<String>,
}

async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    request: Request,
) -> ApiResult<DeploymentView> {
    let resources = if content_type(request.headers()).as_deref() == Some("multipart/form-data") {
        uploaded(request).await?
    } else {
        let Body(body) = Body::<NewDeploymentBody>::from_request(request, &()).await?;
        let named = body.resources.into_iter();
        named.map(|ResourceBody { name, content }| Resource { name, content }).collect()
    };
    let zone = TimeZone::system();
    let deployed = processes::deploy(&app.execution, &zone, resources, signed_in.origin()).await?;
    let location = match deployed.processes.first() {
        Some(process) => format!("/api/v1/process-definitions/{}", process.definition_key),
        None => "/api/v1/process-definitions".to_owned(),
    };
    Ok(Answer::created(location, deployed.into()))
}

async fn load_examples(
    State(app): State<App>,
    signed_in: SignedIn,
    OptionalBody(body): OptionalBody<ExamplesBody>,
) -> ApiResult<Vec<DeploymentView>> {
    let wanted = body.map(|body| body.examples).unwrap_or_default();
    let (zone, origin) = (TimeZone::system(), signed_in.origin());
    let (execution, identity) = (&app.execution, &app.identity);
    let principal = &signed_in.principal;
    let deployments =
        processes::load_examples(execution, identity, &zone, &wanted, principal, &origin).await?;
    let views = deployments.into_iter().map(Into::into).collect();
    Ok(Answer::created("/api/v1/process-definitions", views))
}

/// The files of a multipart form; its other fields are passed over.
///
/// # Errors
/// 400 for a form that can't be read, 413 for one that is too large, 422 for a file that is no
/// text.
pub(crate) async fn uploaded(request: Request) -> Result<Vec<Resource>, HttpError> {
    let malformed = |cause: String| {
        let message = "expected a form of the content type multipart/form-data with files";
        HttpError::bad_request("malformed_form", message).with_cause(cause)
    };
    let unreadable = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => malformed(error.body_text()),
    };
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|error| malformed(error.body_text()))?;
    let mut resources = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let Some(name) = part.file_name().map(str::to_owned) else { continue };
        let bytes = part.bytes().await.map_err(unreadable)?;
        // A browser sends one nameless empty file where none was chosen.
        if name.is_empty() && bytes.is_empty() {
            continue;
        }
        let content = String::from_utf8(bytes.into()).map_err(|_| {
            let message = format!("{}: expected text in UTF-8", name.escape_debug());
            HttpError::unprocessable("invalid_file", message)
        })?;
        resources.push(Resource { name, content });
    }
    Ok(resources)
}

impl From<Deployment> for DeploymentView {
    fn from(deployment: Deployment) -> Self {
        let processes = deployment.processes.into_iter().map(|process| DeployedProcessView {
            process_id: process.process_id,
            name: process.name,
            definition_key: Key(process.definition_key),
            version: process.version,
            is_new: process.is_new,
        });
        let decisions = deployment.decisions.into_iter().map(|decision| DeployedDecisionView {
            decision_id: decision.decision_id,
            name: decision.name,
            decision_key: Key(decision.decision_key),
            version: decision.version,
            is_new: decision.is_new,
        });
        Self {
            key: Key(deployment.key),
            processes: processes.collect(),
            decisions: decisions.collect(),
            forms: deployment.forms,
            warnings: deployment.warnings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<FileProblem> for ProblemView {
    fn from(FileProblem { file, problem }: FileProblem) -> Self {
        Self {
            file,
            line: problem.line,
            column: problem.column,
            element_id: problem.element_id,
            message: problem.message,
            expected: problem.expected,
        }
    }
}

/// How many problems there are in how many files, for people.
#[must_use]
pub(crate) fn summary<'p>(problems: impl IntoIterator<Item = &'p FileProblem>) -> String {
    let mut files: Vec<&str> = problems.into_iter().map(|it| it.file.as_str()).collect();
    let problems = files.len();
    files.sort_unstable();
    files.dedup();
    let count = |number: usize, thing: &str| match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    };
    format!("{} in {}", count(problems, "problem"), count(files.len(), "file"))
}

/// Every problem of a refused deployment, for programs.
impl From<processes::DeployError> for HttpError {
    fn from(error: processes::DeployError) -> Self {
        match error {
            processes::DeployError::Store(error) => error.into(),
            processes::DeployError::Refused(problems) => {
                let message = format!("nothing was deployed: {}", summary(&problems));
                let views: Vec<ProblemView> = problems.into_iter().map(Into::into).collect();
                let details = serde_json::to_value(views).unwrap_or_default();
                Self::unprocessable("deployment_refused", message).with_details(details)
            }
        }
    }
}
