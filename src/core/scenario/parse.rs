//! A scenario file's YAML to scenarios, refused at the first thing that has no meaning.
//!
//! Must not know files: what is deployed is only named.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::format::{
    Answer, AnswerOutcome, Answers, Counts, Deployed, Expectation, ExpectedIncident, Scenario,
    ScenarioFile, Step,
};
use super::given::{Given, Test, expression};
use super::reading::{At, Members};
use super::steps::{read_start, read_step};
use super::yaml;
use crate::core::engine::InstanceState;
use crate::core::model::Problem;

/// When a scenario begins that does not say so: 2030-01-01T00:00:00Z, a Tuesday.
const BEGIN_SECONDS: i64 = 1_893_456_000;

const FILE: &str = "a map with `deploy`, and `start` or `scenarios`";
const FILE_MEMBERS: &str = "name, deploy, at, zone, jobs, calls, start, steps, expect or scenarios";
const SCENARIO_MEMBERS: &str = "name, at, zone, jobs, calls, start, steps or expect";
const ANSWER_MEMBERS: &str = "complete, fail, error or never, with after and with";
const EXPECTATIONS: &str = "state, completed, terminated, active, never, path, variables, \
     conditions, incidents, instances or process";

/// What all scenarios of a file begin with.
#[derive(Clone)]
struct Shared {
    at: Timestamp,
    zone: TimeZone,
    jobs: BTreeMap<String, Answers>,
    calls: BTreeMap<String, Answers>,
}

impl ScenarioFile {
    /// Reads a scenario file. `name` is what its only scenario is called that has no name.
    ///
    /// # Errors
    /// The first thing that has no meaning, with its line, its path and what was expected.
    pub fn parse(source: &str, name: &str) -> Result<Self, Problem> {
        let node = yaml::read(source)?;
        let file = At { node: &node, path: String::new() };
        let mut members = file.members(FILE)?;
        let deploy = members.read("deploy", read_deploy)?.unwrap_or_default();
        let begin = Timestamp::from_second(BEGIN_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        let shared = Shared {
            at: begin,
            zone: TimeZone::UTC,
            jobs: BTreeMap::new(),
            calls: BTreeMap::new(),
        };
        let shared = read_shared(shared, &mut members)?;
        let own_name = members.read("name", |at| at.text("a name"))?;
        let scenarios = if let Some(list) = members.take("scenarios") {
            members.end("name, deploy, at, zone, jobs and calls beside scenarios")?;
            read_list(&list, &shared)?
        } else {
            let name = own_name.unwrap_or_else(|| name.to_owned());
            let scenario = read_scenario(name, 1, shared, &mut members)?;
            members.end(FILE_MEMBERS)?;
            vec![scenario]
        };
        Ok(Self { deploy, scenarios })
    }
}

fn read_list(list: &At<'_>, shared: &Shared) -> Result<Vec<Scenario>, Problem> {
    let mut names = BTreeSet::new();
    let mut scenarios = Vec::new();
    for item in list.items() {
        let mut members = item.members("a scenario: a map with name, start and expect")?;
        let Some(name) = members.read("name", |at| at.text("a name"))? else {
            return Err(members.wrong("it has no name", "name"));
        };
        if !names.insert(name.clone()) {
            return Err(item.wrong("a name that no other scenario of the file has"));
        }
        let own = read_shared(shared.clone(), &mut members)?;
        scenarios.push(read_scenario(name, item.line(), own, &mut members)?);
        members.end(SCENARIO_MEMBERS)?;
    }
    if scenarios.is_empty() { Err(list.wrong("at least one scenario")) } else { Ok(scenarios) }
}

fn read_deploy(at: &At<'_>) -> Result<Vec<Deployed>, Problem> {
    let read = |item: &At<'_>| {
        let path = item.text("a path relative to this file, such as order.bpmn")?;
        let place = item.node.place;
        Ok(Deployed { path, line: place.line, column: place.column })
    };
    at.items().iter().map(read).collect()
}

fn read_shared(mut shared: Shared, members: &mut Members<'_>) -> Result<Shared, Problem> {
    if let Some(at) = members.read("at", read_time)? {
        shared.at = at;
    }
    let zone = members.read("zone", |at| {
        let expected = "a time zone such as Europe/Berlin";
        TimeZone::get(&at.text(expected)?).map_err(|_| at.wrong(expected))
    })?;
    if let Some(zone) = zone {
        shared.zone = zone;
    }
    shared.jobs.extend(members.read("jobs", read_answers)?.into_iter().flatten());
    shared.calls.extend(members.read("calls", read_answers)?.into_iter().flatten());
    Ok(shared)
}

fn read_scenario(
    name: String,
    line: u32,
    shared: Shared,
    members: &mut Members<'_>,
) -> Result<Scenario, Problem> {
    let mut steps: Vec<Step> = members.read("start", read_start)?.into_iter().collect();
    if let Some(list) = members.take("steps") {
        for item in list.items() {
            steps.push(read_step(&item)?);
        }
    }
    if let Some(at) = members.take("expect") {
        steps.push(super::steps::expectation_step(&at)?);
    }
    if steps.is_empty() {
        return Err(members.wrong("nothing happens", "start or steps"));
    }
    let Shared { at, zone, jobs, calls } = shared;
    Ok(Scenario { name, line, at, zone, jobs, calls, steps })
}

pub(super) fn read_time(at: &At<'_>) -> Result<Timestamp, Problem> {
    let expected = "a time such as 2030-01-31T12:00:00Z";
    at.text(expected)?.parse().map_err(|_| at.wrong(expected))
}

fn read_answers(at: &At<'_>) -> Result<BTreeMap<String, Answers>, Problem> {
    let pairs = at.pairs("answers by element id or job type")?.into_iter();
    let read = |(name, at): (&str, At<'_>)| {
        let answers = match at.node.content {
            yaml::Content::List(_) => {
                let each = at.items();
                Answers::Each(each.iter().map(read_answer).collect::<Result<_, _>>()?)
            }
            _ => Answers::Always(read_answer(&at)?),
        };
        Ok((name.to_owned(), answers))
    };
    pairs.map(read).collect()
}

fn read_answer(at: &At<'_>) -> Result<Answer, Problem> {
    let mut members = at.members(ANSWER_MEMBERS)?;
    let answer = take_answer(at, &mut members)?;
    members.end(ANSWER_MEMBERS)?;
    Ok(answer)
}

/// Takes what makes an answer out of a map.
pub(super) fn take_answer(at: &At<'_>, members: &mut Members<'_>) -> Result<Answer, Problem> {
    let Some(kind) = members.first_of(&["complete", "fail", "error", "never"]) else {
        return Err(members.wrong("it says not what happens", "complete, fail, error or never"));
    };
    let Some(value) = members.take(kind) else { return Err(at.wrong(ANSWER_MEMBERS)) };
    let outcome = match kind {
        "complete" => AnswerOutcome::Complete(Given::read_variables(&value)?),
        "fail" => AnswerOutcome::Fail {
            message: value.text("why it fails")?,
            retries: members.read("retries", read_retries)?,
            variables: variables(members)?,
        },
        "error" => AnswerOutcome::Error {
            code: value.text("an error code")?,
            message: members.read("message", |at| at.text("a text"))?.unwrap_or_default(),
            variables: variables(members)?,
        },
        _ => {
            if !value.flag()? {
                return Err(value.wrong("true"));
            }
            AnswerOutcome::Never
        }
    };
    Ok(Answer {
        line: at.line(),
        path: at.path.clone(),
        outcome,
        after_ms: members.read("after", At::duration_ms)?.unwrap_or(0),
        with: members.read("with", read_tests)?.unwrap_or_default(),
    })
}

pub(super) fn variables(members: &mut Members<'_>) -> Result<Given, Problem> {
    let read = members.read("variables", Given::read_variables)?;
    Ok(read.unwrap_or_else(Given::nothing))
}

pub(super) fn read_retries(at: &At<'_>) -> Result<i32, Problem> {
    i32::try_from(at.count()?).map_err(|_| at.wrong("a number of attempts"))
}

fn read_tests(at: &At<'_>) -> Result<Vec<(String, Test)>, Problem> {
    let pairs = at.pairs("values by variable, or FEEL tests such as `= > 3`")?.into_iter();
    pairs.map(|(name, at)| Ok((name.to_owned(), Test::read(&at)?))).collect()
}

/// What is expected, with the process it is about.
pub(super) fn read_expectation(at: &At<'_>) -> Result<(Option<String>, Expectation), Problem> {
    let mut members = at.members(EXPECTATIONS)?;
    let process = members.read("process", |at| at.text("the id of a process"))?;
    let conditions = members.read("conditions", |at| {
        let read = |item: &At<'_>| {
            let text = item.text("FEEL, such as `= total > 3`")?;
            expression(item, text.strip_prefix('=').unwrap_or(&text))
        };
        at.items().iter().map(read).collect::<Result<Vec<_>, _>>()
    })?;
    let ids = |at: &At<'_>| at.texts("ids of elements");
    let expectation = Expectation {
        state: members.read("state", read_state)?,
        completed: members.read("completed", read_counts)?,
        terminated: members.read("terminated", read_counts)?,
        active: members.read("active", read_counts)?,
        never: members.read("never", ids)?.unwrap_or_default(),
        path: members.read("path", ids)?.unwrap_or_default(),
        variables: members.read("variables", read_tests)?.unwrap_or_default(),
        conditions: conditions.unwrap_or_default(),
        incidents: members.read("incidents", read_incidents)?,
        instances: members.read("instances", read_numbers)?.unwrap_or_default(),
    };
    members.end(EXPECTATIONS)?;
    Ok((process, expectation))
}

fn read_state(at: &At<'_>) -> Result<InstanceState, Problem> {
    let expected = "active, completed or terminated";
    match at.text(expected)?.as_str() {
        "active" => Ok(InstanceState::Active),
        "completed" => Ok(InstanceState::Completed),
        "terminated" => Ok(InstanceState::Terminated),
        _ => Err(at.wrong(expected)),
    }
}

fn read_counts(at: &At<'_>) -> Result<Counts, Problem> {
    match at.node.content {
        yaml::Content::Map(_) => read_numbers(at).map(Counts::Exact),
        _ => at.texts("ids of elements, or how often by id").map(Counts::Named),
    }
}

fn read_numbers(at: &At<'_>) -> Result<Vec<(String, usize)>, Problem> {
    let pairs = at.pairs("how often by id")?.into_iter();
    pairs.map(|(id, at)| Ok((id.to_owned(), at.count()?))).collect()
}

fn read_incidents(at: &At<'_>) -> Result<Vec<ExpectedIncident>, Problem> {
    let read = |item: &At<'_>| match &item.node.content {
        yaml::Content::Text(id) => Ok(ExpectedIncident { element_id: id.clone(), message: None }),
        _ => {
            let mut members = item.members("the id of an element, or element and message")?;
            let element_id = members.read("element", |at| at.text("the id of an element"))?;
            let Some(element_id) = element_id else {
                return Err(members.wrong("it names no element", "element"));
            };
            let message = members.read("message", |at| at.text("words of its message"))?;
            members.end("element or message")?;
            Ok(ExpectedIncident { element_id, message })
        }
    };
    at.items().iter().map(read).collect()
}
