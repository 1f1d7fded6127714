//! Reads tasks and call activities.
//!
//! Must not know the graph around them.

use std::sync::Arc;

use super::context::Context;
use super::expressions;
use super::listeners;
use super::timers;
use super::xml::{self, Located, Node};
use crate::core::feel::Expression;
use crate::core::model::{
    Binding, CallActivity, CalledDecision, Dynamic, ElementKind, FormReference, JobDefinition,
    ScriptDefinition, UserTaskDefinition,
};

/// Job type of the sandbox that runs JavaScript.
pub const JAVASCRIPT_JOB_TYPE: &str = "io.flowstead:javascript:1";

/// Attempts of a job when the model is silent, as in Camunda 8.
const RETRIES: &str = "3";

/// Key of a form that is embedded in the process; the rest is its id.
const EMBEDDED_FORM_PREFIX: &str = "camunda-forms:bpmn:";

const JOB_EXPECTED: &str = "a `zeebe:taskDefinition` with a `type`";

/// Reads the job of a service task, a send task or a message throw event.
pub(super) fn job(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<JobDefinition> {
    if let Some(definition) = xml::zeebe(node, "taskDefinition") {
        return defined_job(ctx, node, definition);
    }
    for attribute in ["class", "delegateExpression", "expression"] {
        if let Some(text) = xml::camunda(node, attribute) {
            let message = format!("can't be executed yet: Java code by `camunda:{attribute}`");
            ctx.report.error(text.place, message, JOB_EXPECTED);
            return None;
        }
    }
    let topic = xml::camunda(node, "topic");
    let is_external = node.attribute((xml::CAMUNDA, "type")) == Some("external");
    if !is_external || topic.is_none() {
        return ctx.error(node, "the job has no type", JOB_EXPECTED);
    }
    let job_type = ctx.dynamic(topic)?;
    Some(JobDefinition { job_type, ..plain_job(ctx, node) })
}

fn defined_job(
    ctx: &mut Context<'_, '_, '_>,
    node: Node<'_>,
    definition: Node<'_>,
) -> Option<JobDefinition> {
    let Some(job_type) = xml::attribute(definition, "type") else {
        let message = match definition.tag_name().name() {
            "taskDefinition" => "the task definition has no type",
            _ => "the listener has no type",
        };
        return ctx.error(definition, message, "a `type`");
    };
    let job_type = ctx.dynamic(Some(job_type));
    let retries = xml::attribute(definition, "retries");
    let given = ctx.number(retries, "number of retries", 0..=1_000);
    if retries.is_some() && given.is_none() {
        return None;
    }
    let plain = plain_job(ctx, node);
    Some(JobDefinition { job_type: job_type?, retries: given.unwrap_or(plain.retries), ..plain })
}

/// Reads the job of a listener, which has a type and retries of its own.
pub(super) fn listener_job(
    ctx: &mut Context<'_, '_, '_>,
    listener: Node<'_>,
) -> Option<JobDefinition> {
    let job = defined_job(ctx, listener, listener)?;
    let headers = match xml::children(listener, xml::ZEEBE, "taskHeaders").next() {
        Some(holder) => headers_in(ctx, holder),
        None => Vec::new(),
    };
    Some(JobDefinition { priority: ctx.job_priority.clone(), headers, ..job })
}

/// A job with everything but its type.
fn plain_job(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> JobDefinition {
    let priority = job_priority(ctx, node).or_else(|| ctx.job_priority.clone());
    JobDefinition {
        job_type: Dynamic::Literal(Arc::from(JAVASCRIPT_JOB_TYPE)),
        retries: Dynamic::Literal(Arc::from(RETRIES)),
        priority,
        headers: headers(ctx, node),
    }
}

/// Reads `zeebe:jobPriorityDefinition` of an element or a process.
pub(super) fn job_priority(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<Dynamic> {
    let definition = xml::zeebe(node, "jobPriorityDefinition")?;
    let priority = xml::attribute(definition, "priority");
    ctx.number(priority, "priority", i64::from(i32::MIN)..=i64::from(i32::MAX))
}

/// Reads `zeebe:taskHeaders`.
fn headers(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Vec<(String, String)> {
    let Some(holder) = xml::zeebe(node, "taskHeaders") else { return Vec::new() };
    headers_in(ctx, holder)
}

fn headers_in(ctx: &mut Context<'_, '_, '_>, holder: Node<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for header in xml::children(holder, xml::ZEEBE, "header") {
        match xml::attribute(header, "key") {
            Some(key) => {
                let value = header.attribute("value").unwrap_or_default();
                headers.push((key.value.to_owned(), value.to_owned()));
            }
            None => ctx.report.error(xml::place(header), "the header has no key", "a `key`"),
        }
    }
    headers
}

/// Reads a script task: FEEL, JavaScript, or a worker's job.
pub(super) fn script(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<ElementKind> {
    if xml::zeebe(node, "taskDefinition").is_some() {
        return job(ctx, node).map(ScriptDefinition::Job).map(ElementKind::ScriptTask);
    }
    let body = xml::bpmn_child(node, "script").and_then(xml::text);
    let format = xml::attribute(node, "scriptFormat");
    if let (Some(body), Some(format)) = (body, format) {
        let is_javascript = is_javascript(format.value);
        if !is_javascript {
            let message = format!("the script format `{}` is not known", format.value.trim());
            let expected = "`javascript`, a `zeebe:script` in FEEL, or a `zeebe:taskDefinition`";
            ctx.report.error(format.place, message, expected);
            return None;
        }
        return Some(ElementKind::ScriptTask(javascript(ctx, node, body)));
    }
    let Some(script) = xml::zeebe(node, "script") else {
        let expected = "a `zeebe:script`, a `script` in JavaScript, or a `zeebe:taskDefinition`";
        return ctx.error(node, "the script task has no script", expected);
    };
    feel_script(ctx, script).map(ElementKind::ScriptTask)
}

fn is_javascript(format: &str) -> bool {
    let format = format.trim().to_ascii_lowercase();
    matches!(
        format.as_str(),
        "javascript" | "js" | "ecmascript" | "text/javascript" | "application/javascript"
    )
}

fn feel_script(ctx: &mut Context<'_, '_, '_>, script: Node<'_>) -> Option<ScriptDefinition> {
    let source = xml::attribute(script, "expression");
    let variable = xml::attribute(script, "resultVariable");
    if source.is_none() {
        return ctx.error(script, "the script has no expression", "an `expression`: `= …`");
    }
    let Some(variable) = variable else {
        return ctx.error(script, "the script has no result variable", "a `resultVariable`");
    };
    let result_variable = expressions::variable(ctx.report, variable);
    let expression: Expression = ctx.expression(source, "script")?;
    Some(ScriptDefinition::Feel { expression, result_variable: result_variable? })
}

/// JavaScript is a job: it runs in a sandbox outside the turn.
fn javascript(
    ctx: &mut Context<'_, '_, '_>,
    node: Node<'_>,
    body: Located<'_>,
) -> ScriptDefinition {
    let mut job = plain_job(ctx, node);
    let result = xml::zeebe(node, "script")
        .and_then(|it| xml::attribute(it, "resultVariable"))
        .or_else(|| xml::camunda(node, "resultVariable"))
        .and_then(|it| expressions::variable(ctx.report, it));
    if let Some(result) = result
        && !job.headers.iter().any(|(key, _)| key == "resultVariable")
    {
        job.headers.push(("resultVariable".to_owned(), result));
    }
    job.headers.push(("script".to_owned(), body.value.to_owned()));
    ScriptDefinition::Job(job)
}

/// Reads a user task, in Camunda 8's form or Camunda 7's.
pub(super) fn user_task<'a>(ctx: &mut Context<'_, '_, '_>, node: Node<'a>) -> UserTaskDefinition {
    let (assignment, schedule) =
        (xml::zeebe(node, "assignmentDefinition"), xml::zeebe(node, "taskSchedule"));
    let given = |holder: Option<Node<'a>>, name| holder.and_then(|it| xml::attribute(it, name));
    let assigned = |name| given(assignment, name).or_else(|| xml::camunda(node, name));
    let scheduled = |name| given(schedule, name).or_else(|| xml::camunda(node, name));
    let priority = given(xml::zeebe(node, "priorityDefinition"), "priority")
        .or_else(|| xml::camunda(node, "priority"));
    UserTaskDefinition {
        form: form(ctx, node),
        assignee: ctx.dynamic(assigned("assignee")),
        candidate_groups: ctx.dynamic(assigned("candidateGroups")),
        candidate_users: ctx.dynamic(assigned("candidateUsers")),
        due_date: due(ctx, scheduled("dueDate")),
        follow_up_date: due(ctx, scheduled("followUpDate")),
        priority: ctx.number(priority, "priority", 0..=100),
        headers: headers(ctx, node),
        listeners: listeners::task(ctx, node),
    }
}

/// A date; Camunda 7 also takes a duration, counted from when the task begins.
fn due(ctx: &mut Context<'_, '_, '_>, text: Option<Located<'_>>) -> Option<Dynamic> {
    let text = text?;
    let trimmed = text.value.trim();
    if timers::is_duration(trimmed) {
        let source = format!("now() + duration(\"{trimmed}\")");
        return Expression::parse(&source).ok().map(Dynamic::Expression);
    }
    timers::date(ctx.report, text)
}

/// Reads which form a user task or a start event shows.
pub(super) fn form(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<FormReference> {
    let definition = xml::zeebe(node, "formDefinition");
    let given = |name| definition.and_then(|it| xml::attribute(it, name));
    if let Some(id) = given("formId").or_else(|| xml::camunda(node, "formRef")) {
        let id = expressions::fixed(ctx.report, id, "form id")?.to_owned();
        let binding = match definition {
            Some(definition) => binding(ctx, definition)?,
            None => Binding::Latest,
        };
        return Some(match binding {
            Binding::Latest => FormReference::Id(id),
            binding => FormReference::Bound(id, binding),
        });
    }
    let key = given("externalReference")
        .or_else(|| given("formKey"))
        .or_else(|| xml::camunda(node, "formKey"));
    let Some(key) = key else {
        if let Some(definition) = definition {
            let expected = "a `formId`, a `formKey` or an `externalReference`";
            return ctx.error(definition, "the form definition names no form", expected);
        }
        return None;
    };
    let Some(id) = key.value.trim().strip_prefix(EMBEDDED_FORM_PREFIX) else {
        return ctx.dynamic(Some(key)).map(FormReference::External);
    };
    let Some(schema) = ctx.forms.get(id) else {
        let message = format!("the embedded form `{id}` doesn't exist");
        let expected = "the id of a `zeebe:userTaskForm` of the same process";
        ctx.report.error(key.place, message, expected);
        return None;
    };
    Some(FormReference::Embedded(schema.clone()))
}

/// Reads what a call activity calls (`zeebe:calledElement`, else the `calledElement` attribute).
pub(super) fn call_activity(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<ElementKind> {
    let called = xml::zeebe(node, "calledElement");
    let process = called
        .and_then(|it| xml::attribute(it, "processId"))
        .or_else(|| xml::attribute(node, "calledElement"));
    if process.is_none() {
        let expected = "a `zeebe:calledElement` with a `processId`";
        return ctx.error(node, "the call activity calls nothing", expected);
    }
    let propagates = |name| called.is_none_or(|it| xml::flag(it, name, true));
    let binding = match called {
        Some(called) => binding(ctx, called),
        None => Some(Binding::Latest),
    };
    Some(ElementKind::CallActivity(CallActivity {
        process_id: ctx.dynamic(process)?,
        binding: binding?,
        propagates_all_parent_variables: propagates("propagateAllParentVariables"),
        propagates_all_child_variables: propagates("propagateAllChildVariables"),
    }))
}

/// Reads which decision a business rule task makes (`zeebe:calledDecision`).
pub(super) fn called_decision(
    ctx: &mut Context<'_, '_, '_>,
    called: Node<'_>,
) -> Option<CalledDecision> {
    let binding = binding(ctx, called);
    let Some(id) = xml::attribute(called, "decisionId") else {
        return ctx.error(called, "the called decision has no id", "a `decisionId`");
    };
    let decision_id = ctx.dynamic(Some(id));
    let Some(result) = xml::attribute(called, "resultVariable") else {
        let expected = "a `resultVariable`";
        return ctx.error(called, "the decision's result has no variable", expected);
    };
    let result_variable = expressions::fixed(ctx.report, result, "result variable")?.to_owned();
    Some(CalledDecision { decision_id: decision_id?, binding: binding?, result_variable })
}

/// Reads which deployed version an element means (`bindingType`).
fn binding(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<Binding> {
    let Some(kind) = xml::attribute(node, "bindingType") else { return Some(Binding::Latest) };
    match kind.value {
        "latest" => Some(Binding::Latest),
        "deployment" => Some(Binding::Deployment),
        "versionTag" => match xml::attribute(node, "versionTag") {
            Some(tag) => Some(Binding::VersionTag(tag.value.to_owned())),
            None => ctx.error(node, "the binding names no version tag", "a `versionTag`"),
        },
        other => {
            let message = format!("the binding `{other}` is not known");
            let expected = "`latest`, `deployment` or `versionTag`";
            ctx.report.error(kind.place, message, expected);
            None
        }
    }
}
