//! Process definitions from short texts, so that a scenario shows its whole model.
//!
//! ```text
//! start -> xor:rich -[x > 1]-> service:pay -> end     a chain of sequence flows
//! rich -*-> other                                     a default flow
//! boundary:late on pay                                a boundary event
//! start -> sub:s {                                    a scope's inside, until a closing brace
//! @pay retries 5                                      a setting of an element
//! ```
//!
//! A node is `kind:id` where it stands first, `id` afterwards; `start` and `end` are both.

use std::collections::HashMap;
use std::sync::Arc;

use flowstead::core::feel::Expression;
use flowstead::core::model::{
    AdHocDefinition, Binding, BoundaryEvent, CallActivity, CalledDecision, ComplexBehavior,
    ConditionDefinition, DataRules, Dynamic, Element, ElementIndex, ElementKind, EndEvent,
    EventBasedGateway, EventTrigger, FlowIndex, FormReference, IoMapping, JobDefinition, Listeners,
    LoopBehavior, LoopCharacteristics, LoopItems, Mapping, MessageDefinition, ProcessDefinition,
    ScriptDefinition, SequenceFlow, StandardLoop, StartEvent, TaskListener, TaskListenerEvent,
    ThrownEvent, TimerDefinition, UserTaskDefinition, VariablePath,
};

/// Builds the definition of process `p`. Panics on a text that is none: tests are to be right.
pub(crate) fn definition(text: &str) -> ProcessDefinition {
    let mut draft = Draft::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        draft.line(line);
    }
    assert_eq!(draft.scopes.len(), 1, "a scope is not closed in:\n{text}");
    ProcessDefinition::new(None, None, draft.elements, draft.flows)
}

struct Draft {
    elements: Vec<Element>,
    flows: Vec<SequenceFlow>,
    by_id: HashMap<String, ElementIndex>,
    scopes: Vec<ElementIndex>,
}

impl Draft {
    fn new() -> Self {
        let mut draft = Self {
            elements: Vec::new(),
            flows: Vec::new(),
            by_id: HashMap::new(),
            scopes: Vec::new(),
        };
        let root = draft.add("p", ElementKind::Process);
        draft.scopes.push(root);
        draft
    }

    fn line(&mut self, line: &str) {
        if line == "}" {
            self.scopes.pop();
        } else if let Some(chain) = line.strip_suffix(" {") {
            let scope = self.chain(chain);
            self.scopes.push(scope);
        } else if let Some(setting) = line.strip_prefix('@') {
            let (id, setting) = setting.split_once(' ').expect("a setting has a name");
            self.set(self.by_id[id], setting.trim());
        } else if let Some((node, host)) = line.split_once(" on ") {
            self.boundary(node, host);
        } else {
            self.chain(line);
        }
    }

    /// Gives the last element.
    fn chain(&mut self, line: &str) -> ElementIndex {
        let mut words = line.split(" -");
        let mut source = self.node(words.next().expect("a chain has a node").trim());
        for part in words {
            let plain = part.strip_prefix("> ").map(|node| ("", node));
            let (how, node) =
                plain.or_else(|| part.split_once("-> ")).expect("a flow leads to a node");
            let target = self.node(node.trim());
            let flow = self.flow(source, target, condition(how));
            if how == "*" {
                self.element(source).default_flow = Some(flow);
            }
            source = target;
        }
        source
    }

    fn flow(
        &mut self,
        source: ElementIndex,
        target: ElementIndex,
        condition: Option<Expression>,
    ) -> FlowIndex {
        let index = FlowIndex(u32::try_from(self.flows.len()).expect("few flows"));
        let id_of = |index: ElementIndex| &self.elements[index.0 as usize].id;
        let id = format!("{}>{}", id_of(source), id_of(target));
        let same = self.flows.iter().filter(|flow| flow.id.starts_with(&*id)).count();
        let id = if same == 0 { id } else { format!("{id}'{same}") };
        self.flows.push(SequenceFlow { id: id.into(), name: None, source, target, condition });
        self.element(source).outgoing.push(index);
        self.element(target).incoming.push(index);
        index
    }

    fn boundary(&mut self, node: &str, host: &str) {
        let attached_to = self.by_id[host];
        let index = self.node(node);
        let ElementKind::BoundaryEvent(event) = &mut self.element(index).kind else {
            panic!("{node} is no boundary event")
        };
        event.attached_to = attached_to;
        self.element(attached_to).boundary_events.push(index);
    }

    fn node(&mut self, word: &str) -> ElementIndex {
        let (kind, id) = word.split_once(':').unwrap_or((word, word));
        if let Some(index) = self.by_id.get(id) {
            return *index;
        }
        let index = self.add(id, kind_named(kind, id));
        if let (ElementKind::StartEvent(_), Some(scope)) =
            (&self.elements[index.0 as usize].kind, self.scopes.last().copied())
            && let ElementKind::EventSubProcess { start } = &mut self.element(scope).kind
        {
            *start = index;
        }
        index
    }

    fn add(&mut self, id: &str, kind: ElementKind) -> ElementIndex {
        let index = ElementIndex(u32::try_from(self.elements.len()).expect("few elements"));
        let parent = self.scopes.last().copied();
        if let Some(parent) = parent {
            self.element(parent).children.push(index);
        }
        self.by_id.insert(id.to_owned(), index);
        self.elements.push(Element {
            id: id.into(),
            name: None,
            parent,
            kind,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            children: Vec::new(),
            boundary_events: Vec::new(),
            io: IoMapping::default(),
            listeners: Listeners::default(),
            data: DataRules::default(),
            start_quantity: 1,
            completion_quantity: 1,
            multi_instance: None,
            is_for_compensation: false,
            default_flow: None,
        });
        index
    }

    fn element(&mut self, index: ElementIndex) -> &mut Element {
        &mut self.elements[index.0 as usize]
    }

    fn set(&mut self, index: ElementIndex, setting: &str) {
        let (name, value) = setting.split_once(' ').unwrap_or((setting, ""));
        if name == "link" {
            let target = self.by_id[value];
            self.element(index).kind = ElementKind::LinkThrowEvent { target };
            return;
        }
        if matches!(name, "only" | "sees") {
            return filter(&mut self.element(index).kind, name, value);
        }
        if name == "compensation" {
            let found = self.by_id.get(value).copied();
            return self.set_compensation(index, found);
        }
        let element = self.element(index);
        match name {
            "name" => element.name = Some(value.to_owned()),
            "in" => element.io.inputs.push(mapping(value)),
            "out" => element.io.outputs.push(mapping(value)),
            "begins-with" => element.start_quantity = value.parse().expect("a number"),
            "leaves-with" => element.completion_quantity = value.parse().expect("a number"),
            "holds" => element.data.declares.push(value.to_owned()),
            "needs" => element.data.input_sets.push(names(value)),
            "gives" => element.data.output_sets.push(names(value)),
            "starts" => element.listeners.start.push(job(value)),
            "ends" => element.listeners.end.push(job(value)),
            "each" | "times" | "while" | "first" | "most" | "as" | "collect" | "until"
            | "sequential" | "emits" => set_loop(element, name, value),
            _ => set_kind(&mut element.kind, name, value),
        }
    }

    /// At a boundary: the activity that undoes. At a start: nothing. Elsewhere: what is undone, or
    /// everything.
    fn set_compensation(&mut self, index: ElementIndex, found: Option<ElementIndex>) {
        let compensation = EventTrigger::Compensation { handler: found };
        let is_boundary = match &mut self.element(index).kind {
            ElementKind::BoundaryEvent(boundary) => {
                boundary.trigger = compensation;
                true
            }
            ElementKind::StartEvent(start) => {
                start.trigger = Some(compensation);
                false
            }
            ElementKind::EndEvent(end) => {
                *end = EndEvent::Compensation { activity: found };
                false
            }
            other => {
                *other = ElementKind::CompensationThrowEvent { activity: found };
                false
            }
        };
        if let (true, Some(handler)) = (is_boundary, found) {
            self.element(handler).is_for_compensation = true;
        }
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

fn condition(how: &str) -> Option<Expression> {
    let inner = how.strip_prefix('[')?.strip_suffix(']')?;
    Some(feel(inner))
}

fn feel(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("'{text}': {error}"))
}

fn dynamic(text: &str) -> Dynamic {
    match text.strip_prefix('=') {
        Some(expression) => Dynamic::Expression(feel(expression)),
        None => Dynamic::Literal(text.into()),
    }
}

/// `x.y = FEEL`, or `x.y : text`.
fn mapping(text: &str) -> Mapping {
    let path = |target: &str| VariablePath(target.split('.').map(str::to_owned).collect());
    match (text.split_once(" : "), text.split_once(" = ")) {
        (Some((target, text)), _) => {
            Mapping { source: Dynamic::Literal(text.into()), target: path(target) }
        }
        (None, Some((target, source))) => {
            Mapping { source: Dynamic::Expression(feel(source)), target: path(target) }
        }
        (None, None) => panic!("no mapping: {text}"),
    }
}

fn job(job_type: &str) -> JobDefinition {
    JobDefinition {
        job_type: dynamic(job_type),
        retries: Dynamic::Literal("3".into()),
        priority: None,
        headers: Vec::new(),
    }
}

fn kind_named(kind: &str, id: &str) -> ElementKind {
    let nothing = || EventTrigger::Error { code: None };
    match kind {
        "start" => {
            ElementKind::StartEvent(StartEvent { trigger: None, is_interrupting: true, form: None })
        }
        "end" => ElementKind::EndEvent(EndEvent::None),
        "service" => ElementKind::ServiceTask(job(id)),
        "send" => ElementKind::SendTask(job(id)),
        "script" => ElementKind::ScriptTask(ScriptDefinition::Job(job(id))),
        "decide" => ElementKind::BusinessRuleTask(CalledDecision {
            decision_id: Dynamic::Literal(id.into()),
            binding: Binding::Latest,
            result_variable: "result".to_owned(),
        }),
        "user" => ElementKind::UserTask(UserTaskDefinition::default()),
        "receive" => ElementKind::ReceiveTask(MessageDefinition {
            name: Dynamic::Literal(id.into()),
            correlation_key: None,
        }),
        "manual" => ElementKind::ManualTask,
        "task" => ElementKind::UndefinedTask,
        "call" => ElementKind::CallActivity(CallActivity {
            process_id: Dynamic::Literal("q".into()),
            binding: Binding::Latest,
            propagates_all_parent_variables: true,
            propagates_all_child_variables: true,
        }),
        "throw" => ElementKind::IntermediateThrowEvent,
        "land" => ElementKind::LinkCatchEvent,
        "catch" => ElementKind::IntermediateCatchEvent(nothing()),
        "boundary" => ElementKind::BoundaryEvent(BoundaryEvent {
            attached_to: ProcessDefinition::ROOT,
            is_interrupting: true,
            trigger: nothing(),
        }),
        "xor" => ElementKind::ExclusiveGateway,
        "and" => ElementKind::ParallelGateway,
        "or" => ElementKind::InclusiveGateway,
        "first" => ElementKind::EventBasedGateway(EventBasedGateway {
            is_instantiating: false,
            needs_all: false,
        }),
        "complex" => ElementKind::ComplexGateway { activation_condition: None },
        "sub" => ElementKind::SubProcess,
        "transaction" => ElementKind::Transaction,
        "adhoc" => ElementKind::AdHocSubProcess(AdHocDefinition {
            active_elements: None,
            completion_condition: None,
            cancels_remaining: true,
            is_sequential: false,
            output_collection: None,
            output_element: None,
            job: None,
        }),
        "event" => ElementKind::EventSubProcess { start: ProcessDefinition::ROOT },
        other => panic!("unknown kind or element '{other}'"),
    }
}

fn set_loop(element: &mut Element, name: &str, value: &str) {
    let characteristics = element.multi_instance.get_or_insert_with(|| LoopCharacteristics {
        is_sequential: false,
        items: LoopItems::Collection(feel("[]")),
        input_element: None,
        output_collection: None,
        output_element: None,
        completion_condition: None,
        behavior: LoopBehavior::All,
    });
    match name {
        "each" => characteristics.items = LoopItems::Collection(feel(value)),
        "times" => characteristics.items = LoopItems::Cardinality(feel(value)),
        "while" | "first" | "most" => set_standard(characteristics, name, value),
        "as" => characteristics.input_element = Some(value.to_owned()),
        "until" => characteristics.completion_condition = Some(feel(value)),
        "sequential" => characteristics.is_sequential = true,
        "emits" => set_behavior(&mut characteristics.behavior, value),
        _ => {
            let (collection, result) = value.split_once(" = ").expect("collect NAME = FEEL");
            characteristics.output_collection = Some(collection.to_owned());
            characteristics.output_element = Some(feel(result));
        }
    }
}

/// `emits each signal NAME`, `emits once error CODE`, `emits [FEEL] escalation CODE`.
fn set_behavior(behavior: &mut LoopBehavior, value: &str) {
    let (when, what) = match value.strip_prefix('[').and_then(|it| it.split_once("] ")) {
        Some((condition, what)) => (Some(feel(condition)), what),
        None => (None, value.split_once(' ').expect("emits WHEN WHAT").1),
    };
    let (kind, name) = what.split_once(' ').expect("emits WHEN KIND NAME");
    let event = match kind {
        "signal" => ThrownEvent::Signal(dynamic(name)),
        "error" => ThrownEvent::Error(dynamic(name)),
        _ => ThrownEvent::Escalation(dynamic(name)),
    };
    match (when, behavior) {
        (Some(condition), LoopBehavior::Complex(all)) => {
            all.push(ComplexBehavior { condition, event });
        }
        (Some(condition), behavior) => {
            *behavior = LoopBehavior::Complex(vec![ComplexBehavior { condition, event }]);
        }
        (None, behavior) if value.starts_with("once") => *behavior = LoopBehavior::One(event),
        (None, behavior) => *behavior = LoopBehavior::None(event),
    }
}

/// `while FEEL`, `first` tests it before the first time, `most N` times.
fn set_standard(characteristics: &mut LoopCharacteristics, name: &str, value: &str) {
    if !matches!(characteristics.items, LoopItems::While(_)) {
        let nothing = StandardLoop { condition: None, tests_before: false, maximum: None };
        characteristics.items = LoopItems::While(nothing);
        characteristics.is_sequential = true;
    }
    let LoopItems::While(standard) = &mut characteristics.items else { return };
    match name {
        "while" => standard.condition = Some(feel(value)),
        "first" => standard.tests_before = true,
        _ => standard.maximum = Some(value.parse().expect("a number")),
    }
}

fn set_kind(kind: &mut ElementKind, name: &str, value: &str) {
    match kind {
        ElementKind::StartEvent(start) => match name {
            "non-interrupting" => start.is_interrupting = false,
            _ => start.trigger = Some(trigger(name, value)),
        },
        ElementKind::BoundaryEvent(boundary) => match name {
            "non-interrupting" => boundary.is_interrupting = false,
            _ => boundary.trigger = trigger(name, value),
        },
        ElementKind::IntermediateCatchEvent(awaited) => *awaited = trigger(name, value),
        ElementKind::ReceiveTask(message) if name == "instantiates" => {
            *kind = ElementKind::InstantiatingReceiveTask(message.clone());
        }
        ElementKind::ReceiveTask(message) => *message = message_named(value),
        ElementKind::EventBasedGateway(gateway) => {
            gateway.is_instantiating = true;
            gateway.needs_all = name == "instantiates-with-all";
        }
        ElementKind::ComplexGateway { activation_condition } => {
            *activation_condition = Some(feel(value));
        }
        ElementKind::IntermediateThrowEvent => {
            *kind = match name {
                "signal" => ElementKind::SignalThrowEvent { name: dynamic(value) },
                "escalation" => ElementKind::EscalationThrowEvent { code: dynamic(value) },
                "throws" => ElementKind::MultipleThrowEvent(results(value)),
                _ => ElementKind::MessageThrowEvent(job(value)),
            };
        }
        ElementKind::EndEvent(end) => *end = end_event(name, value),
        ElementKind::ScriptTask(script) if name == "feel" => {
            let (variable, expression) = value.split_once(" = ").expect("feel NAME = FEEL");
            let result_variable = variable.to_owned();
            *script = ScriptDefinition::Feel { expression: feel(expression), result_variable };
        }
        ElementKind::ServiceTask(job)
        | ElementKind::SendTask(job)
        | ElementKind::ScriptTask(ScriptDefinition::Job(job))
        | ElementKind::MessageThrowEvent(job) => set_job(job, name, value),
        ElementKind::BusinessRuleTask(called) => set_decision(called, name, value),
        ElementKind::UserTask(user_task) => set_user_task(user_task, name, value),
        ElementKind::AdHocSubProcess(definition) => match name {
            "begins" => definition.active_elements = Some(feel(value)),
            "done" => definition.completion_condition = Some(feel(value)),
            "ordered" => definition.is_sequential = true,
            "worker" => definition.job = Some(job(value)),
            "gathers" => {
                let (collection, result) = value.split_once(" = ").expect("gathers NAME = FEEL");
                definition.output_collection = Some(collection.to_owned());
                definition.output_element = Some(feel(result));
            }
            _ => definition.cancels_remaining = false,
        },
        ElementKind::CallActivity(call) => match name {
            "calls" => call.process_id = dynamic(value),
            "bound" if value == "deployment" => call.binding = Binding::Deployment,
            "bound" => call.binding = Binding::VersionTag(value.to_owned()),
            "only-inputs" => call.propagates_all_parent_variables = false,
            _ => call.propagates_all_child_variables = false,
        },
        other => panic!("{} has no setting '{name}'", other.name()),
    }
}

/// `A | B | C`, each a setting of its own.
fn several<T>(text: &str, read: fn(&str, &str) -> T) -> Vec<T> {
    text.split(" | ")
        .map(|it| it.split_once(' ').unwrap_or((it, "")))
        .map(|it| read(it.0, it.1))
        .collect()
}

fn results(text: &str) -> Vec<EndEvent> {
    several(text, end_event)
}

fn trigger(name: &str, value: &str) -> EventTrigger {
    match name {
        "any" | "all" => {
            EventTrigger::Multiple { triggers: several(value, trigger), needs_all: name == "all" }
        }
        "message" => EventTrigger::Message(message_named(value)),
        "error" => EventTrigger::Error { code: (value != "*").then(|| value.to_owned()) },
        "escalation" => EventTrigger::Escalation { code: (value != "*").then(|| value.to_owned()) },
        "cancel" => EventTrigger::Cancel,
        "condition" => EventTrigger::Condition(ConditionDefinition {
            condition: feel(value),
            variable_names: None,
            sees_new: true,
            sees_changed: true,
        }),
        "signal" => EventTrigger::Signal { name: dynamic(value) },
        "date" => EventTrigger::Timer(TimerDefinition::Date(dynamic(value))),
        "duration" => EventTrigger::Timer(TimerDefinition::Duration(dynamic(value))),
        "cycle" => EventTrigger::Timer(TimerDefinition::Cycle(dynamic(value))),
        other => panic!("unknown trigger '{other}'"),
    }
}

/// `only a,b` variables count; `sees create` or `sees update` only.
fn filter(kind: &mut ElementKind, name: &str, value: &str) {
    let trigger = match kind {
        ElementKind::IntermediateCatchEvent(trigger)
        | ElementKind::BoundaryEvent(BoundaryEvent { trigger, .. })
        | ElementKind::StartEvent(StartEvent { trigger: Some(trigger), .. }) => trigger,
        other => panic!("{} waits for no condition", other.name()),
    };
    let EventTrigger::Condition(condition) = trigger else { panic!("it waits for no condition") };
    if name == "only" {
        condition.variable_names = Some(value.split(',').map(str::to_owned).collect());
    } else {
        (condition.sees_new, condition.sees_changed) = (value == "create", value == "update");
    }
}

/// `NAME`, or `NAME by FEEL` with a correlation key.
fn message_named(text: &str) -> MessageDefinition {
    match text.split_once(" by ") {
        Some((name, key)) => {
            MessageDefinition { name: dynamic(name), correlation_key: Some(feel(key)) }
        }
        None => MessageDefinition { name: dynamic(text), correlation_key: None },
    }
}

fn end_event(name: &str, value: &str) -> EndEvent {
    match name {
        "error" => EndEvent::Error { code: dynamic(value) },
        "escalation" => EndEvent::Escalation { code: dynamic(value) },
        "signal" => EndEvent::Signal { name: dynamic(value) },
        "terminate" => EndEvent::Terminate,
        "cancel" => EndEvent::Cancel,
        "compensation" => EndEvent::Compensation { activity: None },
        "message" => EndEvent::Message(job(value)),
        "throws" => EndEvent::Multiple(results(value)),
        other => panic!("an end event has no setting '{other}'"),
    }
}

fn set_job(job: &mut JobDefinition, name: &str, value: &str) {
    match name {
        "type" => job.job_type = dynamic(value),
        "retries" => job.retries = dynamic(value),
        "priority" => job.priority = Some(dynamic(value)),
        "header" => {
            let (name, value) = value.split_once('=').expect("header NAME=VALUE");
            job.headers.push((name.to_owned(), value.to_owned()));
        }
        other => panic!("a job has no setting '{other}'"),
    }
}

fn set_decision(called: &mut CalledDecision, name: &str, value: &str) {
    match name {
        "decision" => called.decision_id = dynamic(value),
        "result" => value.clone_into(&mut called.result_variable),
        "bound" if value == "deployment" => called.binding = Binding::Deployment,
        "bound" => called.binding = Binding::VersionTag(value.to_owned()),
        other => panic!("a decision has no '{other}'"),
    }
}

fn set_user_task(user_task: &mut UserTaskDefinition, name: &str, value: &str) {
    let given = Some(dynamic(value));
    let event = TaskListenerEvent::ALL.into_iter().find(|event| event.name() == name);
    if let Some(on) = event {
        user_task.listeners.push(TaskListener { on, job: job(value) });
        return;
    }
    match name {
        "assignee" => user_task.assignee = given,
        "groups" => user_task.candidate_groups = given,
        "users" => user_task.candidate_users = given,
        "due" => user_task.due_date = given,
        "follow-up" => user_task.follow_up_date = given,
        "priority" => user_task.priority = given,
        "form" => user_task.form = Some(FormReference::Id(value.to_owned())),
        "schema" => user_task.form = Some(FormReference::Embedded(Arc::from(value))),
        "address" => user_task.form = Some(FormReference::External(dynamic(value))),
        "header" => {
            let (name, value) = value.split_once('=').expect("header NAME=VALUE");
            user_task.headers.push((name.to_owned(), value.to_owned()));
        }
        other => panic!("a user task has no setting '{other}'"),
    }
}
