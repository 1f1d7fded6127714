//! What happened in a run, as lines indented by scope, with the virtual time before each.
//!
//! Must not know how it came about.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::cli::output::{Colour, coloured, print_line};
use crate::core::engine::{DecisionEvaluated, Event};
use crate::core::model::ProcessDefinition;
use crate::core::world::Record;

/// Values longer than this are cut in the trace; the end shows them whole.
const VALUE_CHARS_MAX: usize = 80;

/// The trace of a run; printed as it grows.
pub(crate) struct Trace {
    lines: Vec<Json>,
    is_shown: bool,
    /// Element instances with what is known of them after they are gone.
    elements: BTreeMap<i64, Seen>,
    /// The element instance the last line was about.
    last: i64,
}

#[derive(Clone)]
struct Seen {
    depth: usize,
    label: String,
}

impl Trace {
    pub(crate) fn new(is_shown: bool) -> Self {
        Self { lines: Vec::new(), is_shown, elements: BTreeMap::new(), last: 0 }
    }

    /// All lines with the events behind them.
    pub(crate) fn into_json(self) -> Vec<Json> {
        self.lines
    }

    /// Notes what happened in an instance. `caller` is the call activity that called the instance.
    pub(crate) fn note(
        &mut self,
        record: &Record,
        definition: &ProcessDefinition,
        caller: Option<i64>,
    ) {
        let Record { at, instance_key, event } = record;
        if let Event::ElementActivating(facts) = event {
            let scope = facts.scope_key.or(caller);
            let outer = scope.and_then(|key| self.elements.get(&key));
            let depth = outer.map_or(0, |seen| seen.depth + 1);
            let label = label(definition, &facts.element_id);
            self.elements.insert(facts.key, Seen { depth, label });
        }
        let (key, text) = self.describe(event, definition, *instance_key);
        let seen = self.elements.get(&key);
        let depth = seen.map_or(0, |seen| seen.depth);
        let shown = text.map(|text| format!("{}{text}", "  ".repeat(depth)));
        self.lines.push(json!({
            "at": at.to_string(),
            "instance_key": instance_key.to_string(),
            "depth": depth,
            "event": event,
        }));
        if let Some(text) = shown {
            self.last = key;
            if self.is_shown {
                print_line(&format!("{} {text}", coloured(&format!("{at:.0}"), Colour::Dim)));
            }
        }
    }

    /// Notes what no event says, such as a mail that would have been sent.
    pub(crate) fn remark(&self, at: Timestamp, element_instance_key: i64, text: &str) {
        if self.is_shown {
            let depth = self.elements.get(&element_instance_key).map_or(0, |seen| seen.depth + 1);
            let time = coloured(&format!("{at:.0}"), Colour::Dim);
            print_line(&format!("{time} {}{text}", "  ".repeat(depth)));
        }
    }

    /// The element instance a line belongs to and its text; `None` where the line would say
    /// nothing new.
    fn describe(
        &self,
        event: &Event,
        definition: &ProcessDefinition,
        instance_key: i64,
    ) -> (i64, Option<String>) {
        let label_of = |key: &i64| self.elements.get(key).map_or("", |seen| seen.label.as_str());
        match event {
            Event::ElementActivating(it) => (it.key, Some(format!("> {}", label_of(&it.key)))),
            // An element that passes at once needs no second line.
            Event::ElementCompleted { key } if *key == self.last => (*key, None),
            Event::ElementCompleted { key } => (*key, Some(format!("< {}", label_of(key)))),
            Event::ElementTerminated { key } => (*key, Some(format!("x {}", label_of(key)))),
            Event::VariableSet { scope_key, name, value } => {
                (*scope_key, Some(format!("  {name} = {}", short(value))))
            }
            Event::JobCreated(it) => {
                (it.element_instance_key, Some(format!("  job {}", it.job_type)))
            }
            Event::JobFailed { message, retries, .. } => {
                (instance_key, Some(format!("! attempt failed, {retries} left: {message}")))
            }
            Event::TimerScheduled(it) => {
                let due = Timestamp::from_millisecond(it.due_at).unwrap_or_default();
                let label = label(definition, &it.element_id);
                (it.element_instance_key, Some(format!("  {label} is due at {due:.0}")))
            }
            Event::SubscriptionOpened(it) => {
                let (name, key) = (&it.message_name, &it.correlation_key);
                let text = format!("  waits for the message {name} with the key {key}");
                (it.element_instance_key, Some(text))
            }
            Event::SignalSubscribed(it) => {
                let text = format!("  waits for the signal {}", it.signal_name);
                (it.element_instance_key, Some(text))
            }
            Event::ConditionSubscribed(it) => {
                let text = "  waits for its condition".to_owned();
                (it.element_instance_key, Some(text))
            }
            Event::DecisionEvaluated(it) => (it.element_instance_key, Some(decision(it))),
            Event::SignalThrown { element_instance_key, signal_name, .. } => {
                (*element_instance_key, Some(format!("  throws the signal {signal_name}")))
            }
            Event::CompensationThrown { element_instance_key, activity_id } => {
                let what = activity_id.as_ref();
                let what = what.map_or("everything".to_owned(), |id| label(definition, id));
                (*element_instance_key, Some(format!("  undoes {what}")))
            }
            Event::EscalationThrown { element_instance_key, code, caught_by } => {
                let caught = caught_by.as_ref().map_or("nothing catches it".to_owned(), |id| {
                    format!("{} catches it", label(definition, id))
                });
                (*element_instance_key, Some(format!("! escalation {code}: {caught}")))
            }
            Event::ErrorThrown { element_instance_key, code, caught_by, .. } => {
                let caught = caught_by.as_ref().map_or("nothing catches it".to_owned(), |id| {
                    format!("caught by {}", label(definition, id))
                });
                (*element_instance_key, Some(format!("! error {code}, {caught}")))
            }
            Event::IncidentRaised(it) => {
                (it.element_instance_key, Some(format!("! incident: {}", it.message)))
            }
            _ => (instance_key, None),
        }
    }
}

/// What was decided, and by which rules.
fn decision(it: &DecisionEvaluated) -> String {
    let tables = it.trace["tables"].as_array().into_iter().flatten();
    let rules = tables.map(|table| {
        let matched = table["rules"].as_array().into_iter().flatten();
        let numbers: Vec<String> = matched.map(|rule| rule["number"].to_string()).collect();
        let numbers = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
        format!("; {} by rule {numbers}", table["owner"].as_str().unwrap_or_default())
    });
    format!("  decides {}{}", it.decision_id, rules.collect::<String>())
}

/// An element in the words of its model: `user task approve "Approve expense"`.
pub(crate) fn label(definition: &ProcessDefinition, element_id: &Arc<str>) -> String {
    let Some(index) = definition.find(element_id) else { return element_id.to_string() };
    let element = definition.element(index);
    let name = element.name.as_ref().map_or(String::new(), |name| format!(" \"{name}\""));
    format!("{} {element_id}{name}", element.kind.name())
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text;
    }
    let cut: String = text.chars().take(VALUE_CHARS_MAX).collect();
    format!("{cut}…")
}
