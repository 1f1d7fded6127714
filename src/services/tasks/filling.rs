//! Filling in forms: what was sent, checked against the form, with the files it names.
//!
//! The same for user tasks and for starting a process. Must not know how it was sent.

use serde_json::{Map, Value as Json};

use crate::core::access::Principal;
use crate::core::feel::{EvaluationContext, Limits};
use crate::core::forms::{Form, Submission};
use crate::platform::store::Sql;
use crate::services::audit::Origin;
use crate::services::execution::{
    Deployed, Execution, InstanceReceipt, ProcessReference, Receipt, Refusal, StartInstance, Work,
};
use crate::services::files::Files;
use crate::services::processes::{self, ShownForm};
use crate::services::tasks::TaskError;

/// What a person or a program sent.
#[derive(Debug, Clone)]
pub enum Submitted {
    /// The fields of an HTML form, named by the paths of their values.
    Pairs(Vec<(String, String)>),
    /// Variables.
    Json(Map<String, Json>),
}

impl Default for Submitted {
    fn default() -> Self {
        Self::Json(Map::new())
    }
}

impl Submitted {
    /// The same for `core::forms`.
    #[must_use]
    pub fn submission(&self) -> Submission {
        match self {
            Self::Pairs(pairs) => Submission::from_pairs(pairs.clone()),
            Self::Json(variables) => Submission::from_json(variables.clone()),
        }
    }

    /// The variables where no form says what they are.
    pub(super) fn into_variables(self) -> Map<String, Json> {
        match self {
            Self::Pairs(_) => Map::new(),
            Self::Json(variables) => variables,
        }
    }
}

/// What the expressions of forms are computed with.
#[must_use]
pub fn form_context(execution: &Execution) -> EvaluationContext {
    let now = execution.foundation().clock.now();
    EvaluationContext { now, zone: execution.zone().clone(), limits: Limits::default() }
}

/// The submission with the files that it names and the principal may use.
///
/// # Errors
/// Those of the database.
pub async fn submission_with_files(
    files: &Files,
    principal: &Principal,
    form: &Form,
    submitted: &Submitted,
) -> Result<(Submission, Vec<i64>), TaskError> {
    let submission = submitted.submission();
    let named = form.named_files(&submission);
    if named.is_empty() {
        return Ok((submission, named));
    }
    let references = files.references(principal, named).await?;
    let keys = references.iter().map(|it| it.file_key).collect();
    Ok((submission.with_files(references), keys))
}

/// The variables that a filled-in form makes, and the files it names.
pub(super) async fn fill(
    execution: &Execution,
    files: &Files,
    principal: &Principal,
    form: &Form,
    submitted: &Submitted,
    data: &Map<String, Json>,
) -> Result<(Map<String, Json>, Vec<i64>), TaskError> {
    let (submission, keys) = submission_with_files(files, principal, form, submitted).await?;
    let variables = form.submit(&submission, data, &form_context(execution));
    Ok((variables.map_err(TaskError::Invalid)?, keys))
}

/// Starts an instance with a filled-in start form; without one as [`Submitted`] says.
///
/// # Errors
/// `Invalid` with every value that does not fit; those of the engine, such as no such process.
pub async fn start(
    execution: &Execution,
    files: &Files,
    principal: &Principal,
    deployed: &Deployed,
    submitted: Submitted,
    origin: Origin,
) -> Result<InstanceReceipt, TaskError> {
    let form = find_start_form(execution, deployed.key).await?;
    let (variables, keys) = match &form {
        Some(ShownForm::Form(form)) => {
            fill(execution, files, principal, form, &submitted, &Map::new()).await?
        }
        _ => (submitted.into_variables(), Vec::new()),
    };
    let process = ProcessReference::Key(deployed.key);
    let work = Work::Start(StartInstance { process, after: None, variables });
    let Receipt::Instance(receipt) = execution.submit(work, origin).await? else {
        let unexpected = "a start was answered without an instance".to_owned();
        return Err(Refusal::Failed(unexpected).into());
    };
    files.link(&keys, receipt.key, None, principal).await?;
    Ok(receipt)
}

/// The form that asks for the first variables of an instance, if the definition has one.
///
/// # Errors
/// Those of the database.
pub async fn find_start_form(
    execution: &Execution,
    definition_key: i64,
) -> Result<Option<ShownForm>, TaskError> {
    let definitions = execution.definitions().clone();
    let read = move |sql: &mut dyn Sql| {
        let deployed = definitions.load(sql, definition_key)?;
        processes::start_form(sql, &deployed)
    };
    Ok(execution.database().read(read).await?)
}
