//! One turn: the work still to do, and the one way to change the instance.
//!
//! Must not know what the elements do.
//!
//! **Invariant:** state changes only in [`Turn::emit`], which applies an event and records it.
//! **Invariant:** every lifecycle event is a legal move.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::apply::apply;
use super::context::{Outcome, TurnContext};
use super::decisions::Account;
use super::effect::{CallResult, Effect};
use super::event::{Event, IncidentKind, Step};
use super::facts::{ElementActivating, Role};
use super::instance::{Held, InstanceState, ProcessInstance};
use super::lifecycle::Lifecycle;
use super::{
    compensation, conditions, elements, incidents, joins, suspension, task_listeners, triggers,
};
use crate::core::feel::{self, EvaluationContext};
use crate::core::model::{Binding, Element, ElementIndex, FlowIndex, ProcessDefinition};

/// Why a step can't be done; it becomes an incident.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: IncidentKind,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(kind: IncidentKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Gives an expression's complaint its kind and the thing it was for.
    pub(crate) fn of(kind: IncidentKind, what: &str) -> impl Fn(String) -> Self {
        move |message| Self { kind, message: format!("{what}: {message}") }
    }
}

/// An open element instance together with its element.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) key: i64,
    pub(crate) index: ElementIndex,
    pub(crate) element: &'a Element,
    pub(crate) scope_key: Option<i64>,
    pub(crate) role: Role,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) is_triggered: bool,
    pub(crate) compensates: Option<i64>,
}

/// A turn under way.
pub(crate) struct Turn<'a> {
    pub(crate) definition: &'a ProcessDefinition,
    pub(crate) instance: &'a mut ProcessInstance,
    pub(crate) context: &'a mut TurnContext,
    pub(crate) feel: EvaluationContext,
    pub(crate) decisions: Account,
    outcome: Outcome,
    agenda: VecDeque<(Step, i64)>,
    unsettled: BTreeSet<i64>,
    flows_taken: HashMap<i64, u32>,
    elements_created: u32,
    called: BTreeSet<i64>,
    /// Conditions to look at: their wait has begun, or a variable they read has changed.
    reconsidered: BTreeSet<i64>,
    /// Nobody is waited for any more when something ends.
    ends_at_once: bool,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(
        definition: &'a ProcessDefinition,
        instance: &'a mut ProcessInstance,
        context: &'a mut TurnContext,
    ) -> Self {
        let limits = feel::Limits::default();
        let feel = EvaluationContext { now: context.now, zone: context.zone.clone(), limits };
        Self {
            definition,
            instance,
            context,
            feel,
            decisions: Account::default(),
            outcome: Outcome::default(),
            agenda: VecDeque::new(),
            unsettled: BTreeSet::new(),
            flows_taken: HashMap::new(),
            elements_created: 0,
            called: BTreeSet::new(),
            reconsidered: BTreeSet::new(),
            ends_at_once: false,
        }
    }

    /// Works until nothing can go on by itself.
    pub(crate) fn run(mut self) -> Outcome {
        if self.instance.state == InstanceState::Suspended {
            return self.postpone();
        }
        loop {
            while let Some((step, key)) = self.agenda.pop_front() {
                // What is done leaves first: its own events can't interrupt it any more.
                let is_leaving = matches!(step, Step::Complete | Step::Leave);
                if !is_leaving && let Some(condition) = self.reconsidered.pop_first() {
                    self.agenda.push_front((step, key));
                    conditions::look(&mut self, condition);
                    continue;
                }
                self.perform(step, key);
            }
            if let Some(condition) = self.reconsidered.pop_first() {
                conditions::look(&mut self, condition);
                continue;
            }
            match self.unsettled.pop_last() {
                Some(scope_key) => self.perform(Step::Join, scope_key),
                None => return self.outcome,
            }
        }
    }

    /// A suspended instance takes no step; what it looks at by itself it looks at on resumption.
    fn postpone(mut self) -> Outcome {
        while let Some((step, key)) = self.agenda.pop_front() {
            if self.at(key).is_some() {
                suspension::postpone(&mut self, step, key);
            }
        }
        self.outcome
    }

    /// Work on something that has ended meanwhile is dropped.
    fn perform(&mut self, step: Step, key: i64) {
        let Some(at) = self.at(key) else { return };
        let done = match step {
            Step::Activate => elements::activate(self, at),
            Step::Begin => elements::begin(self, at),
            Step::TaskListener => task_listeners::go_on(self, at),
            Step::Complete => elements::complete(self, at),
            Step::Leave => elements::leave(self, at),
            Step::Call => elements::call(self, at),
            Step::Join => joins::settle(self, at),
            Step::CompletionCondition => elements::check_ad_hoc(self, at),
            Step::Job => Ok(()),
        };
        if let Err(failure) = done {
            incidents::raise(self, key, step, failure, None);
        }
    }

    /// Applies an event and records it.
    pub(crate) fn emit(&mut self, event: Event) {
        assert!(self.is_legal(&event), "illegal move: {event:?}");
        if let Event::VariableSet { scope_key, name, .. } = &event {
            let concerned = conditions::concerned(self, *scope_key, name);
            self.reconsidered.extend(concerned);
            // A gateway that waits there may read it.
            if self.instance.elements.get(scope_key).is_some_and(|it| !it.joins.is_empty()) {
                self.unsettled.insert(*scope_key);
            }
        }
        apply(self.instance, &event);
        self.outcome.events.push(event);
    }

    fn is_legal(&self, event: &Event) -> bool {
        let (key, next) = match event {
            Event::ElementActivating(facts) => {
                return !self.instance.elements.contains_key(&facts.key);
            }
            Event::ElementActivated { key } => (key, Lifecycle::Activated),
            Event::ElementCompleting { key } => (key, Lifecycle::Completing),
            Event::ElementCompleted { key } => (key, Lifecycle::Completed),
            Event::ElementTerminating { key } => (key, Lifecycle::Terminating),
            Event::ElementTerminated { key } => (key, Lifecycle::Terminated),
            _ => return true,
        };
        self.instance.elements.get(key).is_some_and(|it| it.lifecycle.may_become(next))
    }

    /// Asks something of another instance. Calling a child off again before it was ever started
    /// asks nothing.
    pub(crate) fn request(&mut self, effect: Effect) {
        match effect {
            Effect::StartCalledInstance { child_key, .. } => {
                self.called.insert(child_key);
            }
            Effect::CancelCalledInstance { child_key } if self.called.remove(&child_key) => {
                return self.outcome.effects.retain(|asked| !starts(asked, child_key));
            }
            _ => {}
        }
        self.outcome.effects.push(effect);
    }

    /// Remembers a decision that the turn was not given.
    pub(crate) fn miss_decision(&mut self, decision_id: String, binding: Binding) {
        self.outcome.missing_decisions.push((decision_id, binding));
    }

    /// Puts a step at the end of the agenda.
    pub(crate) fn push(&mut self, step: Step, key: i64) {
        self.agenda.push_back((step, key));
    }

    /// Puts a step before all others.
    pub(crate) fn next(&mut self, step: Step, key: i64) {
        self.agenda.push_front((step, key));
    }

    /// Looks at a condition before the next element begins.
    pub(crate) fn reconsider(&mut self, condition_key: i64) {
        self.reconsidered.insert(condition_key);
    }

    /// Looks at a scope again when everything that can go on has gone on: whether a join is free,
    /// or all is done.
    pub(crate) fn settle(&mut self, scope_key: i64) {
        self.unsettled.insert(scope_key);
    }

    /// An open element instance; `None` when it has ended.
    pub(crate) fn at(&self, key: i64) -> Option<At<'a>> {
        let it = self.instance.elements.get(&key).filter(|it| !it.lifecycle.is_over())?;
        let index = self.definition.find(&it.element_id)?;
        let element = self.definition.element(index);
        Some(At {
            key,
            index,
            element,
            scope_key: it.scope_key,
            role: it.role,
            lifecycle: it.lifecycle,
            is_triggered: it.is_triggered,
            compensates: it.compensates,
        })
    }

    /// Creates an element instance and plans its activation.
    pub(crate) fn create(&mut self, index: ElementIndex, scope_key: i64) -> i64 {
        let key = self.insert(index, scope_key, None, false, None);
        self.push(Step::Activate, key);
        key
    }

    /// Creates one that undoes something; its activation is for the caller to plan.
    pub(crate) fn create_compensating(
        &mut self,
        index: ElementIndex,
        scope_key: i64,
        compensates: i64,
    ) -> i64 {
        let is_back = !self.definition.element(index).is_for_compensation;
        // What comes back does so once for each inner instance of a multi-instance.
        let role = is_back.then_some(Role::Single);
        self.insert(index, scope_key, role, false, Some(compensates))
    }

    /// Creates one whose trigger has happened already; its activation is for the caller to plan.
    pub(crate) fn create_triggered(&mut self, index: ElementIndex, scope_key: i64) -> i64 {
        self.insert(index, scope_key, None, true, None)
    }

    /// Creates one that does not begin with its own activation, but with its scope's.
    pub(crate) fn create_waiting(&mut self, index: ElementIndex, scope_key: i64) -> i64 {
        self.insert(index, scope_key, None, false, None)
    }

    /// Creates an inner instance of a multi-instance.
    pub(crate) fn create_inner(&mut self, index: ElementIndex, body: i64, number: u32) -> i64 {
        let role = Role::Inner { loop_counter: number };
        let key = self.insert(index, body, Some(role), false, None);
        self.push(Step::Activate, key);
        key
    }

    fn insert(
        &mut self,
        index: ElementIndex,
        scope_key: i64,
        role: Option<Role>,
        is_triggered: bool,
        compensates: Option<i64>,
    ) -> i64 {
        let key = self.context.keys.take();
        let element = self.definition.element(index);
        let usual = if element.multi_instance.is_some() { Role::Body } else { Role::Single };
        self.elements_created += 1;
        self.emit(Event::ElementActivating(ElementActivating {
            key,
            element_id: element.id.clone(),
            scope_key: Some(scope_key),
            role: role.unwrap_or(usual),
            is_triggered,
            compensates,
        }));
        key
    }

    /// Takes sequence flows, in order.
    pub(crate) fn take(&mut self, flows: &[FlowIndex], scope_key: i64) {
        for &index in flows {
            let flow = self.definition.flow(index);
            *self.flows_taken.entry(scope_key).or_default() += 1;
            self.emit(Event::SequenceFlowTaken { scope_key, flow_id: flow.id.clone() });
            if joins::is_join(self.definition, flow.target) {
                joins::arrive(self, scope_key, index);
            } else {
                self.create(flow.target, scope_key);
            }
        }
    }

    /// Goes on at an element that no sequence flow leads to; counts like a flow, so that a loop of
    /// links ends as one of flows does.
    pub(crate) fn jump(&mut self, target: ElementIndex, scope_key: i64) {
        self.count_flow(scope_key);
        self.create(target, scope_key);
    }

    /// Counts what leads to an element in a scope like a sequence flow.
    pub(crate) fn count_flow(&mut self, scope_key: i64) {
        *self.flows_taken.entry(scope_key).or_default() += 1;
    }

    /// Refuses to go on when the turn has gone too far.
    pub(crate) fn check_limits(&self, at: At<'_>) -> Result<(), Failure> {
        let limits = self.context.limits;
        let flows = at.scope_key.and_then(|key| self.flows_taken.get(&key)).copied().unwrap_or(0);
        if flows <= limits.flows_per_scope_max && self.elements_created <= limits.elements_max {
            return Ok(());
        }
        let message = format!(
            "expected a wait within {} sequence flows of one scope and {} elements, but it went \
             on and on; resolving goes on from here",
            limits.flows_per_scope_max, limits.elements_max
        );
        Err(Failure::new(IncidentKind::StepLimit, message))
    }

    /// Ends an element instance and everything in it, innermost first. What waits for the listeners
    /// of a user task stays until they are done, and so does every scope around it.
    pub(crate) fn terminate(&mut self, key: i64) {
        let children: Vec<i64> = self.instance.children(key).collect();
        if !children.is_empty() {
            self.begin_terminating(key);
        }
        for child in children {
            self.terminate(child);
        }
        elements::release_child(self, key);
        let waits = !self.ends_at_once
            && self.at(key).is_some_and(|at| task_listeners::holds_back_end(self, at));
        if waits {
            self.begin_terminating(key);
            if let Some(scope_key) = self.instance.elements.get(&key).and_then(|it| it.scope_key) {
                self.settle(scope_key);
            }
            return;
        }
        self.release_all(key);
        if self.instance.children(key).next().is_none() {
            self.emit(Event::ElementTerminated { key });
        }
    }

    fn begin_terminating(&mut self, key: i64) {
        let lifecycle = self.instance.elements.get(&key).map(|it| it.lifecycle);
        if lifecycle != Some(Lifecycle::Terminating) {
            self.emit(Event::ElementTerminating { key });
        }
    }

    /// Nothing holds back the end of an element instance any more: it goes, and with it every scope
    /// that waited for it to end. A scope that is still at work is looked at again.
    pub(crate) fn finish_terminating(&mut self, key: i64) {
        self.release_all(key);
        let ended = self.instance.elements.get(&key);
        let held_back = ended.and_then(|it| it.held_back.clone());
        let scope_key = ended.and_then(|it| it.scope_key);
        let thrower = ended.and_then(|it| it.compensates);
        self.emit(Event::ElementTerminated { key });
        if let Some(thrower) = thrower {
            compensation::undone(self, thrower);
        }
        let Some(scope) = scope_key.and_then(|key| self.at(key)) else {
            return self.instance_ended();
        };
        let is_ending = scope.lifecycle == Lifecycle::Terminating;
        if is_ending && self.instance.children(scope.key).next().is_none() {
            self.finish_terminating(scope.key);
        } else if !is_ending {
            if let Some(held) = held_back {
                triggers::pass_held_back(self, scope.key, &held);
            }
            triggers::begin_held_back(self, scope);
            self.settle(scope.key);
            elements::ad_hoc::end_path(self, scope.key);
        }
    }

    /// Ends the instance from outside, or by an error that only its caller can catch.
    pub(crate) fn end_instance(&mut self, result: CallResult) {
        self.terminate(self.instance.key);
        self.conclude(result);
    }

    /// The instance is over, or will be when nothing in it waits for listeners any more.
    pub(crate) fn conclude(&mut self, result: CallResult) {
        if self.at(self.instance.key).is_some() {
            self.emit(Event::InstanceEnding { result: Box::new(result) });
        } else {
            self.say_terminated(result);
        }
    }

    /// Ends what is still being ended, whatever it waits for.
    pub(crate) fn end_at_once(&mut self) {
        self.ends_at_once = true;
        self.terminate(self.instance.key);
        self.instance_ended();
    }

    fn instance_ended(&mut self) {
        let result = self.instance.ending.as_deref().cloned();
        self.say_terminated(result.unwrap_or(CallResult::Terminated));
    }

    fn say_terminated(&mut self, result: CallResult) {
        self.emit(Event::InstanceTerminated);
        if let Some(parent) = self.instance.parent {
            self.request(Effect::NotifyParent { parent, result });
        }
    }

    /// Takes away whatever an element instance waits for.
    pub(crate) fn release_all(&mut self, key: i64) {
        let all: Vec<Held> = self.instance.held(key).collect();
        for held in all {
            self.release_held(held);
        }
    }

    /// Takes away one thing that an element instance waits for.
    pub(crate) fn release_held(&mut self, held: Held) {
        self.emit(match held {
            Held::Job(key) => Event::JobCanceled { key },
            Held::UserTask(key) => Event::UserTaskCanceled { key },
            Held::Timer(key) => Event::TimerCanceled { key },
            Held::Subscription(key) => Event::SubscriptionClosed { key },
            Held::Condition(key) => Event::ConditionUnsubscribed { key },
            Held::Signal(key) => Event::SignalUnsubscribed { key },
            Held::Incident(key) => Event::IncidentResolved { key },
        });
    }

    /// The next key.
    pub(crate) fn take_key(&mut self) -> i64 {
        self.context.keys.take()
    }
}

fn starts(effect: &Effect, wanted: i64) -> bool {
    matches!(effect, Effect::StartCalledInstance { child_key, .. } if *child_key == wanted)
}
