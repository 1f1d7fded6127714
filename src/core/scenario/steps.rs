//! The steps of a scenario out of YAML: each a map with the one thing that happens.
//!
//! Must not know how a step is carried out.

use super::format::{Action, Pick, Step};
use super::given::{Given, expression};
use super::parse::{read_expectation, read_retries, read_time, take_answer, variables};
use super::reading::{At, Members};
use super::yaml::Content;
use crate::core::model::Problem;

// The answers of jobs and calls may be `complete` too, so these come first.
const ACTIONS: [&str; 13] = [
    "start", "message", "signal", "job", "call", "complete", "wait", "until", "resolve", "set",
    "cancel", "activate", "expect",
];
const EXPECTED: &str = "start, message, signal, complete, job, call, wait, until, resolve, set, cancel, \
     activate or expect";
const START: &str = "the id of a process, or a map with process, event and variables, or message";

/// `start` at the head of a scenario.
pub(super) fn read_start(at: &At<'_>) -> Result<Step, Problem> {
    let mut step = Step {
        line: at.line(),
        path: at.path.clone(),
        process: None,
        refused: None,
        action: Action::Cancel,
    };
    if let Content::Text(id) = &at.node.content {
        step.process = Some(id.clone());
        step.action = Action::Start { variables: Given::nothing(), event: None };
        return Ok(step);
    }
    let mut members = at.members(START)?;
    step.process = members.read("process", |at| at.text("the id of a process"))?;
    step.action = match members.first_of(&["message", "signal"]) {
        Some(kind) => read_action(kind, at, &mut members)?,
        None => Action::Start {
            event: members.read("event", |at| at.text("the id of a start event"))?,
            variables: variables(&mut members)?,
        },
    };
    members.end("process, event, message, signal, key or variables")?;
    Ok(step)
}

/// An item of `steps`.
pub(super) fn read_step(at: &At<'_>) -> Result<Step, Problem> {
    let mut members = at.members(EXPECTED)?;
    let Some(kind) = members.first_of(&ACTIONS) else {
        return Err(members.wrong("nothing happens in this step", EXPECTED));
    };
    if kind == "expect" {
        let at = members.take(kind);
        members.end("expect alone in its step")?;
        return at
            .map_or_else(|| Err(members.wrong("nothing", EXPECTED)), |at| expectation_step(&at));
    }
    if kind == "start" {
        let at = members.take(kind);
        let refused = members.read("refused", read_refused)?;
        members.end("start alone in its step, or with refused")?;
        let step = at.map(|at| read_start(&at)).transpose()?;
        let step = step.ok_or_else(|| members.wrong("nothing", EXPECTED))?;
        return Ok(Step { refused, ..step });
    }
    let process = members.read("process", |at| at.text("the id of a process"))?;
    let refused = members.read("refused", read_refused)?;
    let action = read_action(kind, at, &mut members)?;
    members.end("one thing that happens in a step, with what belongs to it")?;
    Ok(Step { line: at.line(), path: at.path.clone(), process, refused, action })
}

/// What is expected, as a step.
pub(super) fn expectation_step(at: &At<'_>) -> Result<Step, Problem> {
    let (process, expectation) = read_expectation(at)?;
    let action = Action::Expect(Box::new(expectation));
    Ok(Step { line: at.line(), path: at.path.clone(), process, refused: None, action })
}

/// `true`, or words of the reason.
fn read_refused(at: &At<'_>) -> Result<String, Problem> {
    match at.node.content {
        Content::Boolean(true) => Ok(String::new()),
        _ => at.text("true, or words of the reason"),
    }
}

fn read_action(kind: &str, step: &At<'_>, members: &mut Members<'_>) -> Result<Action, Problem> {
    let element = "the id of an element";
    let Some(at) = members.take(kind) else { return Err(members.wrong("nothing", EXPECTED)) };
    Ok(match kind {
        "message" => Action::Message {
            name: at.text("the name of a message")?,
            key: members.read("key", At::given)?.unwrap_or(Given::Fixed("".into())),
            variables: variables(members)?,
            keep_ms: members.read("keep", At::duration_ms)?.unwrap_or(0),
        },
        "signal" => Action::Signal {
            name: at.text("the name of a signal")?,
            variables: variables(members)?,
        },
        "complete" => Action::Complete {
            element_id: at.text("the id of a user task")?,
            variables: variables(members)?,
            by: members.read("by", |at| at.text("who does it"))?,
            pick: pick(members)?,
        },
        "job" => Action::Job {
            name: at.text("the id of an element or a job type")?,
            pick: pick(members)?,
            answer: take_answer(step, members)?,
        },
        "wait" => Action::Wait { ms: at.duration_ms()? },
        "until" => Action::Until { at: read_time(&at)? },
        "resolve" => Action::Resolve {
            element_id: at.text(element)?,
            variables: variables(members)?,
            retries: members.read("retries", read_retries)?,
        },
        "call" => Action::Call {
            process_id: at.text("the id of a called process")?,
            pick: pick(members)?,
            answer: take_answer(step, members)?,
        },
        "set" => Action::Set {
            variables: Given::read_variables(&at)?,
            element_id: members.read("element", |at| at.text(element))?,
            is_local: members.read("local", At::flag)?.unwrap_or(false),
        },
        "cancel" if at.flag()? => Action::Cancel,
        "activate" => Action::Activate {
            element_ids: at.texts("ids of elements")?,
            within: members
                .read("within", |at| at.text("the id of an ad-hoc sub-process"))?
                .ok_or_else(|| members.wrong("it does not say where", "within"))?,
        },
        _ => return Err(at.wrong("true")),
    })
}

fn pick(members: &mut Members<'_>) -> Result<Pick, Problem> {
    let condition = members.read("where", |at| {
        let text = at.text("FEEL, such as `= item = 2`")?;
        expression(at, text.strip_prefix('=').unwrap_or(&text))
    })?;
    Ok(Pick { condition })
}
