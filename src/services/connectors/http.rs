//! The HTTP connector: one request to another system, and what its response means.
//!
//! Inputs, headers and errors are those of Camunda's REST connector. Must not know how requests
//! are guarded.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::platform::outbound::OutboundClient;
use crate::services::connectors::expressions::Expressions;
use crate::services::connectors::inputs::Inputs;
use crate::services::connectors::{Trouble, http_request, http_response};
use crate::services::execution::{JobFuture, JobHandler, JobOutcome, LeasedJob};

/// Does the jobs of type [`super::HTTP`].
pub(super) struct HttpConnector {
    pub(super) client: Arc<OutboundClient>,
    pub(super) expressions: Expressions,
}

impl JobHandler for HttpConnector {
    fn run(&self, job: LeasedJob) -> JobFuture {
        let (client, expressions) = (Arc::clone(&self.client), self.expressions.clone());
        Box::pin(async move {
            attempt(&client, &expressions, &job).await.unwrap_or_else(JobOutcome::from)
        })
    }
}

async fn attempt(
    client: &OutboundClient,
    expressions: &Expressions,
    job: &LeasedJob,
) -> Result<JobOutcome, Trouble> {
    let request = http_request::read(&Inputs(&job.variables), job.key)?;
    let (trouble, code, response) = match client.send(&request).await {
        Ok(response) => {
            let code = response.status.to_string();
            let trouble = http_response::trouble(&request, &response);
            (trouble, code, http_response::value(&response))
        }
        Err(error) => {
            let message = http_response::about(&request, &error.to_string());
            let trouble = Trouble { message, is_retryable: error.is_retryable() };
            (Some(trouble), "no_response".to_owned(), Json::Null)
        }
    };
    let error = trouble.as_ref().map_or(Json::Null, |trouble| {
        json!({
            "code": code,
            "message": trouble.message,
            "variables": { "response": response },
        })
    });
    if let Some(outcome) = expressions.error(job, &error, &response)? {
        return Ok(outcome);
    }
    match trouble {
        Some(trouble) => Err(trouble),
        None => expressions.result(job, &response).map(JobOutcome::Completed),
    }
}
