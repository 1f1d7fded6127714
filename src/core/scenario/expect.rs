//! Comparing what was expected with what is.
//!
//! Must not change anything.

use std::sync::Arc;

use serde_json::Value as Json;

use super::format::{Counts, Expectation, ExpectedIncident, Step};
use super::given::compute;
use super::log::Log;
use super::play::Failure;
use crate::core::engine::{ProcessInstance, VariableMap};
use crate::core::feel::{EvaluationContext, Value};
use crate::core::world::{Running, World};

/// What is compared: one instance with its history.
pub(super) struct Observed<'a> {
    pub(super) log: &'a Log,
    pub(super) instance_key: i64,
    pub(super) running: &'a Running,
    pub(super) context: EvaluationContext,
}

/// Every way in which an instance is not as expected.
pub(super) fn check(observed: &Observed<'_>, step: &Step, wanted: &Expectation) -> Vec<Failure> {
    let mut found = Vec::new();
    let mut fail = |part: &str, expected: String, is: String| {
        let path = format!("{}.{part}", step.path);
        found.push(Failure { line: step.line, path, expected, found: is });
    };
    let instance = &observed.running.instance;
    if let Some(state) = wanted.state.filter(|state| *state != instance.state) {
        fail("state", state.to_string(), instance.state.to_string());
    }
    let key = observed.instance_key;
    let ended = |is_completed| observed.log.ended(key, is_completed).collect::<Vec<_>>();
    let active = active(instance);
    for (part, counts, is) in [
        ("completed", &wanted.completed, ended(true)),
        ("terminated", &wanted.terminated, ended(false)),
    ] {
        let counts = counts.as_ref();
        if let Some((expected, is)) = counts.and_then(|counts| differs(counts, &is)) {
            fail(part, expected, is);
        }
    }
    if let Some((expected, is)) = wanted.active.as_ref().and_then(|it| differs_now(it, &active)) {
        fail("active", expected, is);
    }
    for element_id in &wanted.never {
        let begun = observed.log.begun.iter();
        let times = begun.filter(|(at, id)| *at == key && **id == **element_id).count();
        if times > 0 {
            fail("never", format!("{element_id} was never begun"), format!("begun {times} times"));
        }
    }
    if let Some((expected, is)) = out_of_order(&wanted.path, &ended(true)) {
        fail("path", expected, is);
    }
    check_variables(observed, wanted, &mut fail);
    if let Some(incidents) = &wanted.incidents {
        check_incidents(observed, incidents, &mut fail);
    }
    found
}

/// Every process of which there are not as many instances as expected.
pub(super) fn check_instances(world: &World, step: &Step, wanted: &Expectation) -> Vec<Failure> {
    let mut found = Vec::new();
    for (process_id, times) in &wanted.instances {
        let is = world.instances().values().filter(|it| *it.definition.id == **process_id).count();
        if is != *times {
            let path = format!("{}.instances.{process_id}", step.path);
            let (expected, is) = (times.to_string(), is.to_string());
            found.push(Failure { line: step.line, path, expected, found: is });
        }
    }
    found
}

fn check_variables(
    observed: &Observed<'_>,
    wanted: &Expectation,
    fail: &mut impl FnMut(&str, String, String),
) {
    let nothing = VariableMap::new();
    let variables = observed.running.instance.variables().unwrap_or(&nothing);
    for (name, test) in &wanted.variables {
        let value = variables.get(name).unwrap_or(&Json::Null);
        if !test.passes(value, variables, &observed.context) {
            fail(&format!("variables.{name}"), test.describe(), value.to_string());
        }
    }
    for condition in &wanted.conditions {
        let is = match compute(condition, variables, &observed.context) {
            Ok(Value::Boolean(true)) => continue,
            Ok(value) => value.to_string(),
            Err(reason) => reason,
        };
        fail("conditions", condition.source().to_owned(), is);
    }
}

fn check_incidents(
    observed: &Observed<'_>,
    wanted: &[ExpectedIncident],
    fail: &mut impl FnMut(&str, String, String),
) {
    let mut open = incidents(observed.running, observed.log);
    for expected in wanted {
        let fits = |(element_id, message): &(Arc<str>, String)| {
            **element_id == *expected.element_id
                && expected.message.as_ref().is_none_or(|words| message.contains(words.as_str()))
        };
        match open.iter().position(fits) {
            Some(index) => drop(open.remove(index)),
            None => {
                let message = expected.message.as_ref();
                let about = message.map_or(String::new(), |words| format!(" about \"{words}\""));
                let is = tell(&open);
                fail("incidents", format!("an incident at {}{about}", expected.element_id), is);
            }
        }
    }
    if !open.is_empty() && wanted.is_empty() {
        fail("incidents", "no incident".to_owned(), tell(&open));
    }
}

/// The open incidents of an instance: where, and what they say.
pub(super) fn incidents(running: &Running, log: &Log) -> Vec<(Arc<str>, String)> {
    let open = running.instance.incidents.iter();
    let told = open.filter_map(|(key, incident)| {
        let element = running.instance.elements.get(&incident.element_instance_key)?;
        Some((element.element_id.clone(), log.incidents.get(key).cloned().unwrap_or_default()))
    });
    told.collect()
}

fn tell(incidents: &[(Arc<str>, String)]) -> String {
    let told: Vec<String> =
        incidents.iter().map(|(id, message)| format!("{id}: {message}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}

/// Elements at work that hold no other: where the instance is.
fn active(instance: &ProcessInstance) -> Vec<&str> {
    let open = instance.elements.iter();
    let inner = open.filter(|(key, it)| **key != instance.key && it.children == 0);
    inner.map(|(_, it)| &*it.element_id).collect()
}

/// Elements that ended: named ones may end more often than they are named.
fn differs(wanted: &Counts, is: &[&str]) -> Option<(String, String)> {
    let times = |list: &[&str], id: &str| list.iter().filter(|it| **it == id).count();
    let short = match wanted {
        Counts::Named(ids) => {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            ids.iter().find(|id| times(is, id) < times(&ids, id)).map(|id| (*id, times(&ids, id)))
        }
        Counts::Exact(counts) => {
            let wrong = counts.iter().find(|(id, count)| times(is, id) != *count);
            wrong.map(|(id, count)| (id.as_str(), *count))
        }
    };
    short.map(|(id, count)| {
        let found = times(is, id);
        (format!("{id} {count} times"), format!("{found} times, of {}", list(is)))
    })
}

/// Elements at work: named ones are all there are.
fn differs_now(wanted: &Counts, is: &[&str]) -> Option<(String, String)> {
    let Counts::Named(ids) = wanted else { return differs(wanted, is) };
    let mut wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut is = is.to_vec();
    wanted.sort_unstable();
    is.sort_unstable();
    (wanted != is).then(|| (list(&wanted), list(&is)))
}

fn out_of_order(path: &[String], completed: &[&str]) -> Option<(String, String)> {
    let mut rest = completed.iter();
    let missing = path.iter().find(|wanted| !rest.any(|is| *is == wanted.as_str()))?;
    let is = list(completed);
    Some((format!("{} (stopped at {missing})", path.join(", ")), is))
}

fn list(ids: &[&str]) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}
