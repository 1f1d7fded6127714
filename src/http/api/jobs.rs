//! Jobs for outside workers, and dead letters for those who repair.
//!
//! Must not know how leases are kept.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::Permission;
use crate::http::api::job_results::JobResultBody;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, OptionalBody, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::execution::{LONG_POLL_MAX, LeaseJobs, LeasedJob};
use crate::services::incidents::RETRIES_DEFAULT;
use crate::services::jobs::{self, DeadLetter, FailedAttempt, Lease, ThrownError};

const TAG: &str = "Jobs";
const JOBS_MAX: u32 = 1000;
const TYPES_MAX: usize = 50;
const LEASE_MS_MAX: i64 = 24 * 3_600_000;
const BACKOFF_MS_MAX: i64 = 365 * 24 * 3_600_000;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    const WORK: Permission = Permission::JobsWork;
    vec![
        Route::post("/api/v1/jobs/activate", activate)
            .needs(WORK)
            .takes::<ActivateBody>()
            .answers::<Vec<JobView>>()
            .waits(LONG_POLL_MAX)
            .about(TAG, "Lease jobs, waiting for some up to a time"),
        Route::post("/api/v1/jobs/{key}/complete", complete)
            .needs(WORK)
            .takes::<CompleteBody>()
            .success(204)
            .about(TAG, "Complete a job under its lease"),
        Route::post("/api/v1/jobs/{key}/fail", fail)
            .needs(WORK)
            .takes::<FailBody>()
            .success(204)
            .about(TAG, "Report a failed attempt under its lease"),
        Route::post("/api/v1/jobs/{key}/error", throw_error)
            .needs(WORK)
            .takes::<ErrorBody>()
            .success(204)
            .about(TAG, "Throw a business error for an error event to catch"),
        Route::post("/api/v1/jobs/{key}/extend", extend)
            .needs(WORK)
            .takes::<ExtendBody>()
            .answers::<ExtendedView>()
            .about(TAG, "Extend the lease of a job"),
        Route::get("/api/v1/dead-letters", list_dead_letters)
            .needs(Permission::InstancesRead)
            .query::<DeadLettersQuery>()
            .answers_page::<DeadLetterView>()
            .about(TAG, "List jobs that were given up, newest first"),
        Route::post("/api/v1/dead-letters/{key}/requeue", requeue)
            .needs(Permission::InstancesOperate)
            .takes::<RequeueBody>()
            .success(204)
            .about(TAG, "Put a job that was given up back, with new attempts"),
        Route::post("/api/v1/dead-letters/requeue", requeue_all)
            .needs(Permission::InstancesOperate)
            .takes::<RequeueBody>()
            .answers::<BulkView>()
            .about(TAG, "Put all jobs that were given up back, with new attempts"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JobActivation")]
struct ActivateBody {
    /// Job types; those of the first are preferred.
    types: Vec<String>,
    /// The worker's name, for people.
    worker: String,
    /// 1 to 1000 jobs; 1 when not given.
    max_jobs: Option<u32>,
    /// How long the jobs are the worker's, in milliseconds; as configured when not given.
    lease_ms: Option<i64>,
    /// How long to wait for a job, in milliseconds, at most 60,000; 0 when not given.
    wait_ms: Option<u64>,
    /// Only these variables; all that are visible when not given.
    fetch_variables: Option<Vec<String>>,
}

/// A leased job.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Job")]
struct JobView {
    /// Also the idempotency key for whatever the worker does outside.
    key: Key,
    #[serde(rename = "type")]
    job_type: String,
    /// `element`, `start_listener`, `end_listener`, `task_listener` or `ad_hoc_sub_process`.
    kind: &'static str,
    instance_key: Key,
    element_instance_key: Key,
    element_id: String,
    process_id: String,
    definition_key: Key,
    version: i64,
    /// Attempts left, this one included.
    retries: i64,
    /// Attempts made before this one.
    attempts: i64,
    headers: Map<String, Json>,
    variables: Map<String, Json>,
    worker: String,
    /// To be named when the job is completed or failed.
    lease_token: String,
    lease_until: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JobCompletion")]
struct CompleteBody {
    /// The lease as it was given.
    lease_token: Key,
    /// Results of the work.
    #[serde(default)]
    variables: Map<String, Json>,
    /// What a listener of a user task or the worker of an ad-hoc sub-process says beside them.
    result: Option<JobResultBody>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JobFailure")]
struct FailBody {
    /// The lease as it was given.
    lease_token: Key,
    /// For people: what went wrong.
    message: String,
    /// Attempts left; one less than before when not given, and 0 raises an incident.
    retries: Option<i32>,
    /// How long to wait before the next attempt, in milliseconds; grows when not given.
    backoff_ms: Option<i64>,
    /// Set in the scope of the job's element only.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JobError")]
struct ErrorBody {
    /// The lease as it was given.
    lease_token: Key,
    /// Compared with the codes of the catching events.
    code: String,
    /// For people.
    #[serde(default)]
    message: String,
    /// Handed to the catching event.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LeaseExtension")]
struct ExtendBody {
    /// The lease as it was given.
    lease_token: Key,
    /// How long the job is the worker's from now on, in milliseconds.
    lease_ms: i64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExtendedLease")]
struct ExtendedView {
    lease_until: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeadLettersQuery {
    /// How many at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A job that was given up.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
struct DeadLetterView {
    job_key: Key,
    #[serde(rename = "type")]
    job_type: String,
    instance_key: Key,
    process_id: String,
    element_id: String,
    attempts: i64,
    /// The last error.
    message: String,
    incident_key: Option<Key>,
    given_up_at: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Requeue")]
struct RequeueBody {
    /// New attempts; 1 when not given.
    retries: Option<i32>,
}

/// How many went well.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BulkOutcome")]
pub(crate) struct BulkView {
    pub(crate) done: usize,
    pub(crate) refused: usize,
}

async fn activate(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<ActivateBody>,
) -> ApiResult<Vec<JobView>> {
    if body.types.is_empty() || body.types.len() > TYPES_MAX {
        let message = format!("types: expected 1 to {TYPES_MAX}, found {}", body.types.len());
        return Err(invalid(message));
    }
    let limit = body.max_jobs.unwrap_or(1);
    if !(1..=JOBS_MAX).contains(&limit) {
        return Err(invalid(format!("max_jobs: expected 1 to {JOBS_MAX}, found {limit}")));
    }
    let usual = i64::try_from(app.config.execution.lease_ms).unwrap_or(LEASE_MS_MAX);
    let wanted = LeaseJobs {
        job_types: body.types,
        worker: body.worker,
        limit,
        lease_ms: lease_ms(body.lease_ms.unwrap_or(usual))?,
        variable_names: body.fetch_variables,
    };
    let wait = Duration::from_millis(body.wait_ms.unwrap_or(0));
    let jobs = jobs::activate(&app.execution, wanted, wait, signed_in.origin()).await?;
    Ok(Answer::ok(jobs.into_iter().map(Into::into).collect()))
}

fn lease_ms(lease_ms: i64) -> Result<i64, HttpError> {
    if (1..=LEASE_MS_MAX).contains(&lease_ms) {
        return Ok(lease_ms);
    }
    Err(invalid(format!("lease_ms: expected 1 to {LEASE_MS_MAX}, found {lease_ms}")))
}

fn invalid(message: String) -> HttpError {
    HttpError::unprocessable("invalid_value", message)
}

fn lease(job: Key, token: Key) -> Lease {
    Lease { job_key: job.0, token: token.0 }
}

async fn complete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<CompleteBody>,
) -> Result<StatusCode, HttpError> {
    let lease = lease(key, body.lease_token);
    let origin = signed_in.origin();
    match body.result {
        None => jobs::complete(&app.execution, lease, body.variables, origin).await?,
        Some(result) => {
            let result = result.read()?;
            jobs::complete_with(&app.execution, lease, body.variables, result, origin).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn fail(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<FailBody>,
) -> Result<StatusCode, HttpError> {
    if let Some(backoff_ms) = body.backoff_ms
        && !(0..=BACKOFF_MS_MAX).contains(&backoff_ms)
    {
        let message = format!("backoff_ms: expected 0 to {BACKOFF_MS_MAX}, found {backoff_ms}");
        return Err(invalid(message));
    }
    let attempt = FailedAttempt {
        retries: body.retries,
        message: body.message,
        backoff_ms: body.backoff_ms,
        variables: body.variables,
    };
    let lease = lease(key, body.lease_token);
    jobs::fail(&app.execution, lease, attempt, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn throw_error(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<ErrorBody>,
) -> Result<StatusCode, HttpError> {
    let ErrorBody { lease_token, code, message, variables } = body;
    let error = ThrownError { code, message, variables };
    let lease = lease(key, lease_token);
    jobs::throw_error(&app.execution, lease, error, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn extend(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<ExtendBody>,
) -> ApiResult<ExtendedView> {
    let lease = lease(key, body.lease_token);
    let lease_ms = lease_ms(body.lease_ms)?;
    let until = jobs::extend(&app.execution, lease, lease_ms, signed_in.origin()).await?;
    Ok(Answer::ok(ExtendedView { lease_until: instant(until) }))
}

async fn list_dead_letters(
    State(app): State<App>,
    Query(query): Query<DeadLettersQuery>,
) -> ApiResult<Vec<DeadLetterView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?;
    let letters = jobs::list_dead_letters(&app.execution, before, limit + 1).await?;
    let (letters, next) = next_page(letters, limit, |last| encode_cursor(&last.job_key));
    Ok(Answer::page(letters.into_iter().map(Into::into).collect(), next))
}

async fn requeue(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    OptionalBody(body): OptionalBody<RequeueBody>,
) -> Result<StatusCode, HttpError> {
    let retries = body.unwrap_or_default().retries.unwrap_or(RETRIES_DEFAULT);
    jobs::requeue(&app.execution, key.0, retries, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn requeue_all(
    State(app): State<App>,
    signed_in: SignedIn,
    OptionalBody(body): OptionalBody<RequeueBody>,
) -> ApiResult<BulkView> {
    let retries = body.unwrap_or_default().retries.unwrap_or(RETRIES_DEFAULT);
    let (done, refused) = jobs::requeue_all(&app.execution, retries, &signed_in.origin()).await?;
    Ok(Answer::ok(BulkView { done, refused }))
}

impl From<LeasedJob> for JobView {
    fn from(job: LeasedJob) -> Self {
        Self {
            key: Key(job.key),
            job_type: job.job_type,
            kind: job.kind.name(),
            instance_key: Key(job.instance_key),
            element_instance_key: Key(job.element_instance_key),
            element_id: job.element_id,
            process_id: job.process_id,
            definition_key: Key(job.definition_key),
            version: job.version,
            retries: job.retries,
            attempts: job.attempts,
            headers: job.headers,
            variables: job.variables,
            worker: job.worker,
            lease_token: job.lease_token.to_string(),
            lease_until: instant(job.lease_until),
        }
    }
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            job_key: Key(letter.job_key),
            job_type: letter.job_type,
            instance_key: Key(letter.instance_key),
            process_id: letter.process_id,
            element_id: letter.element_id,
            attempts: letter.attempts,
            message: letter.message,
            incident_key: letter.incident_key.map(Key),
            given_up_at: instant(letter.given_up_at),
        }
    }
}
