//! The JavaScript connector: the header `script`, and what its result becomes.
//!
//! Must not know the sandbox; it blocks its thread, so scripts run on threads that may be blocked.

use serde_json::{Map, Value as Json};

use crate::platform::scripts::{self, Limits, ScriptError};
use crate::services::connectors::Trouble;
use crate::services::connectors::inputs::kind;
use crate::services::execution::{JobFuture, JobHandler, JobOutcome, LeasedJob};

/// Does the jobs of type [`super::SCRIPT`].
pub(super) struct ScriptConnector {
    pub(super) limits: Limits,
}

impl JobHandler for ScriptConnector {
    fn run(&self, job: LeasedJob) -> JobFuture {
        let limits = self.limits;
        Box::pin(async move {
            let ran =
                tokio::task::spawn_blocking(move || outcome(&job.headers, &job.variables, limits));
            ran.await.unwrap_or_else(|_| JobOutcome::Failed {
                message: "the script sandbox broke".to_owned(),
                is_retryable: true,
            })
        })
    }
}

/// The source of the script among a job's headers.
#[must_use]
pub fn source(headers: &Map<String, Json>) -> Option<&str> {
    headers.get("script")?.as_str()
}

/// Runs the script of a job's headers on its variables. Holds the calling thread.
#[must_use]
pub fn outcome(
    headers: &Map<String, Json>,
    variables: &Map<String, Json>,
    limits: Limits,
) -> JobOutcome {
    run(headers, variables, limits).map_or_else(JobOutcome::from, JobOutcome::Completed)
}

fn run(
    headers: &Map<String, Json>,
    variables: &Map<String, Json>,
    limits: Limits,
) -> Result<Map<String, Json>, Trouble> {
    let missing =
        || Trouble::lasting("expected a task header `script` with the source, found none");
    let source = source(headers).ok_or_else(missing)?;
    let result = scripts::run(source, variables, limits).map_err(|error| Trouble {
        // A busy machine can make a script slow; everything else comes out the same again.
        is_retryable: matches!(error, ScriptError::Time { .. }),
        message: error.to_string(),
    })?;
    let variable = headers.get("resultVariable").and_then(Json::as_str);
    match (variable.filter(|name| !name.is_empty()), result) {
        (Some(name), result) => Ok(Map::from_iter([(name.to_owned(), result)])),
        (None, Json::Object(result)) => Ok(result),
        (None, Json::Null) => Ok(Map::new()),
        (None, other) => Err(Trouble::lasting(format!(
            "expected a result that is an object, or a task header `resultVariable`; the script \
             gave {}",
            kind(&other)
        ))),
    }
}
