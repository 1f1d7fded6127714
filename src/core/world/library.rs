//! What can be started in a world: processes by id, forms, and the start events that wait.
//!
//! Must not know instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::engine::{Due, TaskForm, first_due, timer_expression};
use crate::core::feel::{EvaluationContext, Value};
use crate::core::forms::Form;
use crate::core::model::{
    Dynamic, ElementKind, EventTrigger, FormReference, ProcessDefinition, StartEvent,
};

/// Processes and forms; made once and shared by all worlds that need the same ones.
#[derive(Debug, Default)]
pub struct Library {
    processes: BTreeMap<Arc<str>, (i64, Arc<ProcessDefinition>)>,
    forms: BTreeMap<String, Arc<Form>>,
}

/// What a start event of a process waits for, with the trigger's own name or time.
pub(super) struct Start<'a> {
    pub(super) process_id: &'a Arc<str>,
    pub(super) element_id: &'a Arc<str>,
}

impl Library {
    /// Puts processes and forms together; of two with the same id the first one holds.
    #[must_use]
    pub fn new(
        definitions: impl IntoIterator<Item = Arc<ProcessDefinition>>,
        forms: impl IntoIterator<Item = Arc<Form>>,
    ) -> Self {
        let mut library = Self::default();
        for (definition, key) in definitions.into_iter().zip(1..) {
            library.processes.entry(definition.id.clone()).or_insert((key, definition));
        }
        for form in forms {
            library.forms.entry(form.id().to_owned()).or_insert(form);
        }
        library
    }

    /// The process of an id.
    #[must_use]
    pub fn process(&self, process_id: &str) -> Option<&Arc<ProcessDefinition>> {
        self.processes.get(process_id).map(|(_, definition)| definition)
    }

    /// All processes in the order of their ids.
    pub fn processes(&self) -> impl Iterator<Item = &Arc<ProcessDefinition>> {
        self.processes.values().map(|(_, definition)| definition)
    }

    /// The process of an id with the key it was given.
    pub(super) fn keyed(&self, process_id: &str) -> Option<(i64, Arc<ProcessDefinition>)> {
        self.processes.get(process_id).map(|(key, it)| (*key, Arc::clone(it)))
    }

    /// The form that a process refers to; `None` for one that is outside or not here.
    #[must_use]
    pub fn form(&self, reference: &FormReference) -> Option<Arc<Form>> {
        match reference {
            FormReference::Id(id) => self.forms.get(id).cloned(),
            FormReference::Embedded(text) => Form::parse(text).ok().map(Arc::new),
            FormReference::External(_) => None,
        }
    }

    /// The form of a user task that exists.
    #[must_use]
    pub fn task_form(
        &self,
        definition: &ProcessDefinition,
        element_id: &str,
        form: Option<&TaskForm>,
    ) -> Option<Arc<Form>> {
        match form? {
            TaskForm::Id(id) => self.forms.get(id).cloned(),
            TaskForm::External(_) => None,
            TaskForm::Embedded => match &definition.element(definition.find(element_id)?).kind {
                ElementKind::UserTask(task) => self.form(task.form.as_ref()?),
                _ => None,
            },
        }
    }

    /// The start events that a message of this name triggers, by process.
    pub(super) fn message_starts(&self, name: &str, now: Timestamp) -> Vec<Start<'_>> {
        self.starts(|trigger| match trigger {
            EventTrigger::Message(message) => text(&message.name, now).as_deref() == Some(name),
            _ => false,
        })
    }

    /// The start events that a signal of this name triggers, by process.
    pub(super) fn signal_starts(&self, wanted: &str, now: Timestamp) -> Vec<Start<'_>> {
        self.starts(|trigger| match trigger {
            EventTrigger::Signal { name } => text(name, now).as_deref() == Some(wanted),
            _ => false,
        })
    }

    /// The start events that a time triggers, with that time.
    pub(super) fn timer_starts(
        &self,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Vec<(Arc<str>, Arc<str>, Due)> {
        let mut found = Vec::new();
        for (process_id, element_id, trigger) in self.triggers() {
            let EventTrigger::Timer(timer) = trigger else { continue };
            let rule = text(timer_expression(timer), now);
            let due = rule.and_then(|rule| first_due(timer, &rule, now, zone).ok());
            // A date that is over starts nothing.
            if let Some(due) = due.filter(|due| due.at >= now.as_millisecond()) {
                found.push((process_id.clone(), element_id.clone(), due));
            }
        }
        found
    }

    fn starts(&self, is_meant: impl Fn(&EventTrigger) -> bool) -> Vec<Start<'_>> {
        let meant = self.triggers().filter(|(_, _, trigger)| is_meant(trigger));
        meant.map(|(process_id, element_id, _)| Start { process_id, element_id }).collect()
    }

    fn triggers(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, &EventTrigger)> {
        self.processes.values().flat_map(|(_, definition)| {
            let children = definition.element(ProcessDefinition::ROOT).children.iter();
            children.filter_map(|child| {
                let element = definition.element(*child);
                match &element.kind {
                    ElementKind::StartEvent(StartEvent { trigger: Some(trigger), .. }) => {
                        Some((&definition.id, &element.id, trigger))
                    }
                    _ => None,
                }
            })
        })
    }
}

/// The text of something that sees no variables.
fn text(dynamic: &Dynamic, now: Timestamp) -> Option<String> {
    match dynamic {
        Dynamic::Literal(text) => Some(text.to_string()),
        Dynamic::Expression(expression) => {
            let value = expression.evaluate(&(), &EvaluationContext::at(now)).ok()?.value;
            match value {
                Value::Text(text) => Some(text.to_string()),
                Value::Null => None,
                other => Some(other.to_string()),
            }
        }
    }
}
