//! The expressions in a connector's headers: what becomes of a response.
//!
//! Must not know what kind of response it is.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use crate::core::feel::{EvaluationContext, Expression, Value};
use crate::platform::clock::Clock;
use crate::services::connectors::Trouble;
use crate::services::connectors::inputs::kind;
use crate::services::execution::{JobOutcome, LeasedJob};

/// Evaluates expressions at the present time.
#[derive(Clone)]
pub(super) struct Expressions {
    clock: Arc<dyn Clock>,
    zone: TimeZone,
}

/// `bpmnError` and `jobError` by the number of their arguments: functions written in FEEL have a
/// fixed number, and people leave out the last ones.
static ERRORS: LazyLock<Vec<BTreeMap<String, Value>>> = LazyLock::new(|| {
    let bpmn = ["code", "message", "variables"];
    let job = ["message", "variables", "retries", "retryBackoff"];
    (1..=4)
        .map(|count| {
            let one = ("bpmnError", &bpmn[..count.min(bpmn.len())]);
            let functions = [one, ("jobError", &job[..count])].map(|(name, parameters)| {
                let entries: Vec<_> = parameters.iter().map(|it| format!("{it}: {it}")).collect();
                let source = format!(
                    "function({}) {{errorType: \"{name}\", {}}}",
                    parameters.join(", "),
                    entries.join(", ")
                );
                let expression = Expression::parse(&source).expect("our own FEEL can be read");
                let context = EvaluationContext::at(jiff::Timestamp::UNIX_EPOCH);
                let done = expression.evaluate(&(), &context).expect("it only makes a function");
                (name.to_owned(), done.value)
            });
            functions.into_iter().collect()
        })
        .collect()
});

impl Expressions {
    pub(super) fn new(clock: Arc<dyn Clock>, zone: TimeZone) -> Self {
        Self { clock, zone }
    }

    /// The variables that a response gives back: whole under `resultVariable`, and what the
    /// `resultExpression` makes of it.
    pub(super) fn result(
        &self,
        job: &LeasedJob,
        response: &Json,
    ) -> Result<Map<String, Json>, Trouble> {
        let mut variables = Map::new();
        if let Some(name) = header(job, "resultVariable") {
            variables.insert(name.to_owned(), response.clone());
        }
        let Some(source) = header(job, "resultExpression") else { return Ok(variables) };
        let mut scope = scope(job);
        if let Json::Object(fields) = response {
            scope.extend(fields.iter().map(|(name, it)| (name.clone(), Value::from_json(it))));
        }
        scope.insert("response".to_owned(), Value::from_json(response));
        match self.evaluate("resultExpression", source, &scope)? {
            Json::Object(result) => variables.extend(result),
            Json::Null => {}
            other => {
                let found = kind(&other);
                let message = format!("resultExpression: expected a context, found {found}");
                return Err(Trouble::lasting(message));
            }
        }
        Ok(variables)
    }

    /// What the `errorExpression` makes of an error or a response; `None` when it is no error.
    pub(super) fn error(
        &self,
        job: &LeasedJob,
        error: &Json,
        response: &Json,
    ) -> Result<Option<JobOutcome>, Trouble> {
        let Some(source) = header(job, "errorExpression") else { return Ok(None) };
        let mut scope = scope(job);
        scope.insert("error".to_owned(), Value::from_json(error));
        scope.insert("response".to_owned(), Value::from_json(response));
        for functions in ERRORS.iter() {
            scope.extend(functions.clone());
            let found = self.evaluate("errorExpression", source, &scope)?;
            if !found.is_null() {
                return outcome(&found).map(Some);
            }
        }
        Ok(None)
    }

    fn evaluate(
        &self,
        name: &str,
        source: &str,
        scope: &BTreeMap<String, Value>,
    ) -> Result<Json, Trouble> {
        let source = source.trim();
        let source = source.strip_prefix('=').unwrap_or(source);
        let wrong = |error: &dyn std::fmt::Display| Trouble::lasting(format!("{name}: {error}"));
        let expression = Expression::parse(source).map_err(|error| wrong(&error))?;
        let context = EvaluationContext {
            zone: self.zone.clone(),
            ..EvaluationContext::at(self.clock.now())
        };
        let done = expression.evaluate(scope, &context).map_err(|error| wrong(&error))?;
        Ok(done.value.to_json())
    }
}

/// A header that says something.
pub(super) fn header<'j>(job: &'j LeasedJob, name: &str) -> Option<&'j str> {
    job.headers.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn scope(job: &LeasedJob) -> BTreeMap<String, Value> {
    job.variables.iter().map(|(name, value)| (name.clone(), Value::from_json(value))).collect()
}

/// The outcome that an `errorExpression` described.
fn outcome(described: &Json) -> Result<JobOutcome, Trouble> {
    let text = |name: &str| described.get(name).and_then(Json::as_str).map(str::to_owned);
    let message = text("message").unwrap_or_default();
    match text("errorType").as_deref() {
        Some("jobError") => {
            let retries = described.get("retries").and_then(Json::as_i64);
            Ok(JobOutcome::Failed { message, is_retryable: retries.is_none_or(|left| left > 0) })
        }
        None | Some("bpmnError") if described.get("code").is_some() => {
            let code = match described.get("code") {
                Some(Json::String(code)) => code.clone(),
                Some(Json::Number(code)) => code.to_string(),
                _ => return Err(not_an_error()),
            };
            let variables = described.get("variables").and_then(Json::as_object).cloned();
            Ok(JobOutcome::Error { code, message, variables: variables.unwrap_or_default() })
        }
        _ => Err(not_an_error()),
    }
}

fn not_an_error() -> Trouble {
    Trouble::lasting(
        "errorExpression: expected bpmnError(code, message), jobError(message) or null".to_owned(),
    )
}
