//! What can be started in a world: processes by id, forms, and the start events that wait.
//!
//! Must not know instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::dmn::{DecisionModel, ElementKind as DecisionKind};
use crate::core::engine::{
    Decisions, DeployedDecision, Due, TaskForm, first_due, timer_expression,
};
use crate::core::feel::{EvaluationContext, Value};
use crate::core::forms::Form;
use crate::core::model::{
    Binding, Dynamic, ElementKind, FormReference, ProcessDefinition, StartTrigger,
};

/// Processes, forms and decisions; made once and shared by all worlds that need the same ones.
#[derive(Debug, Default)]
pub struct Library {
    processes: BTreeMap<Arc<str>, (i64, Arc<ProcessDefinition>)>,
    forms: BTreeMap<String, Arc<Form>>,
    decisions: Decisions,
}

/// An element that starts a process.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) process_id: Arc<str>,
    pub(super) element_id: Arc<str>,
    /// Which of its triggers, from 0.
    pub(super) part: u32,
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

    /// The same with decisions, each to be called by its id and by its version tag.
    #[must_use]
    pub fn with_decisions(self, models: impl IntoIterator<Item = DecisionModel>) -> Self {
        let mut found = Vec::new();
        for (model, key) in models.into_iter().zip(1..) {
            let elements = model
                .elements()
                .filter(|it| matches!(it.kind, DecisionKind::Decision | DecisionKind::Service));
            for element in elements {
                let tag = element.version_tag.as_ref().map(ToString::to_string);
                let bindings = [Some(Binding::Latest), Some(Binding::Deployment)];
                let bindings = bindings.into_iter().chain([tag.map(Binding::VersionTag)]);
                for binding in bindings.flatten() {
                    let decision = DeployedDecision { key, version: 1, model: model.clone() };
                    found.push((element.id_or_name().to_owned(), binding, decision));
                }
            }
        }
        Self { decisions: found.into_iter().collect(), ..self }
    }

    pub(super) fn decisions(&self) -> Decisions {
        self.decisions.clone()
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

    /// What a message of this name starts, by process.
    pub(super) fn message_starts(&self, name: &str, now: Timestamp) -> Vec<Start> {
        self.starts(|trigger| match trigger {
            StartTrigger::Message(message) => text(&message.name, now).as_deref() == Some(name),
            _ => false,
        })
    }

    /// What a signal of this name starts, by process.
    pub(super) fn signal_starts(&self, wanted: &str, now: Timestamp) -> Vec<Start> {
        self.starts(|trigger| match trigger {
            StartTrigger::Signal(name) => text(name, now).as_deref() == Some(wanted),
            _ => false,
        })
    }

    /// What a time starts, with that time.
    pub(super) fn timer_starts(&self, now: Timestamp, zone: &TimeZone) -> Vec<(Start, Due)> {
        let mut found = Vec::new();
        for (start, trigger) in self.triggers() {
            let StartTrigger::Timer(timer) = trigger else { continue };
            let rule = text(timer_expression(timer), now);
            let due = rule.and_then(|rule| first_due(timer, &rule, now, zone).ok());
            // A date that is over starts nothing.
            if let Some(due) = due.filter(|due| due.at >= now.as_millisecond()) {
                found.push((start, due));
            }
        }
        found
    }

    fn starts(&self, is_meant: impl Fn(&StartTrigger<'_>) -> bool) -> Vec<Start> {
        let meant = self.triggers().filter(|(_, trigger)| is_meant(trigger));
        meant.map(|(start, _)| start).collect()
    }

    fn triggers(&self) -> impl Iterator<Item = (Start, StartTrigger<'_>)> {
        self.processes.values().flat_map(|(_, definition)| {
            definition.starts().into_iter().map(|it| {
                let element_id = definition.element(it.element).id.clone();
                let process_id = definition.id.clone();
                (Start { process_id, element_id, part: it.part }, it.trigger)
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
