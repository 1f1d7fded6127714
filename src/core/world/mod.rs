//! Process instances in memory: turns, effects between instances, messages, signals, virtual time.
//!
//! What the shell does with a database for a company, this does without one for a model at hand:
//! `flowstead run` and scenarios stand on it. Must not know who does the work that waits.
//!
//! **Invariant:** time moves only when it is moved.

mod library;
mod messages;
mod running;
mod signals;
mod starts;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::engine::{
    CameTrigger, Command, CreateInstance, Effect, Event, InstanceState, KEY_STEP, Keys, Parent,
    Rejection, Repetition, TurnContext, VariableMap, decide, escalated, next_due, told,
};

pub use library::Library;
pub use messages::Message;
pub use running::{OpenJob, Running};

/// More turns than any sensible world takes: a cycle that never ends must not hang the terminal.
const TURNS_MAX: u32 = 10_000;
/// Calls within calls, as on the server.
const CALL_DEPTH_MAX: usize = 50;

/// Everything that runs.
pub struct World {
    library: Arc<Library>,
    /// The virtual time.
    pub now: Timestamp,
    /// Where local times are.
    pub zone: TimeZone,
    /// Processes that are not started when they are called: their calls wait in [`World::calls`].
    pub stand_ins: BTreeSet<String>,
    /// Calls of stand-ins that nobody has answered yet, the oldest first.
    pub calls: Vec<OpenCall>,
    instances: BTreeMap<i64, Running>,
    records: Vec<Record>,
    kept: Vec<messages::Kept>,
    message_starts: BTreeMap<(Arc<str>, String), i64>,
    /// Triggers that came of elements that need several, by process and element.
    start_triggers: BTreeMap<(Arc<str>, Arc<str>), Vec<CameTrigger>>,
    schedules: Vec<Schedule>,
    keys: Keys,
    queue: VecDeque<(i64, Command)>,
    turns: u32,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// In which instance.
    pub instance_key: i64,
    /// What.
    pub event: Event,
}

/// A call whose called process is played by somebody else.
#[derive(Debug, Clone)]
pub struct OpenCall {
    /// The calling instance.
    pub instance_key: i64,
    /// Its call activity.
    pub element_instance_key: i64,
    /// The key meant for the called instance.
    pub child_key: i64,
    /// The called process.
    pub process_id: String,
    /// What the called instance would begin with.
    pub variables: VariableMap,
    /// Since when it waits, in milliseconds UTC.
    pub since_ms: i64,
}

/// A start event that a time triggers.
#[derive(Debug)]
struct Schedule {
    start: library::Start,
    due_at: i64,
    repetition: Option<Repetition>,
}

/// Something that a time triggers; ordered by when, then by which was there first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alarm {
    /// Milliseconds UTC.
    pub due_at: i64,
    kind: AlarmKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AlarmKind {
    Timer { timer_key: i64, instance_key: i64 },
    Start { schedule: usize },
}

/// Why something can't be done in a world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The instance does not take the command.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// There is no such process.
    #[error("the process {0} is not among the models given")]
    NoProcess(String),
    /// A cycle of calls.
    #[error("expected calls to be nested at most {CALL_DEPTH_MAX} deep")]
    TooDeep,
    /// A cycle that never waits.
    #[error("the run was ended after {TURNS_MAX} turns")]
    TooManyTurns,
}

impl World {
    /// A world in which nothing has happened yet.
    #[must_use]
    pub fn new(library: Arc<Library>, now: Timestamp, zone: TimeZone) -> Self {
        Self {
            library,
            now,
            zone,
            stand_ins: BTreeSet::new(),
            calls: Vec::new(),
            instances: BTreeMap::new(),
            records: Vec::new(),
            kept: Vec::new(),
            message_starts: BTreeMap::new(),
            start_triggers: BTreeMap::new(),
            schedules: Vec::new(),
            keys: Keys { next: KEY_STEP },
            queue: VecDeque::new(),
            turns: 0,
        }
    }

    /// Lets processes start by themselves when their start events' times come.
    pub fn wind_up(&mut self) {
        let starts = self.library.timer_starts(self.now, &self.zone).into_iter();
        let schedules = starts.map(|(start, due)| Schedule {
            start,
            due_at: due.at,
            repetition: due.repetition,
        });
        self.schedules = schedules.collect();
    }

    /// What can be started.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// All instances, the oldest first.
    #[must_use]
    pub fn instances(&self) -> &BTreeMap<i64, Running> {
        &self.instances
    }

    /// All that has happened and was not taken.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// All that has happened since it was taken last.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// Starts a process, by its none start event when no other is named, and lets everything go
    /// on as far as it can by itself.
    ///
    /// # Errors
    /// When there is no such process or start event.
    pub fn start(
        &mut self,
        process_id: &str,
        variables: VariableMap,
        start_element_id: Option<Arc<str>>,
    ) -> Result<i64, Refusal> {
        let key = self.keys.take();
        self.create(key, process_id, variables, start_element_id, None)?;
        let Some((key, command)) = self.queue.pop_back() else { return Ok(key) };
        let started = self.submit(key, &command);
        if started.is_err() {
            self.instances.remove(&key);
        }
        started.map(|()| key)
    }

    /// Takes a command to an instance, and lets everything go on as far as it can by itself.
    ///
    /// # Errors
    /// When the instance refuses; nothing has happened then.
    pub fn submit(&mut self, instance_key: i64, command: &Command) -> Result<(), Refusal> {
        self.turn(instance_key, command)?;
        self.work_off()?;
        self.deliver_kept()
    }

    /// Takes a call of a stand-in to answer it.
    pub fn take_call(&mut self, child_key: i64) -> Option<OpenCall> {
        let index = self.calls.iter().position(|it| it.child_key == child_key)?;
        Some(self.calls.remove(index))
    }

    /// The next thing that a time triggers.
    #[must_use]
    pub fn next_alarm(&self) -> Option<Alarm> {
        let active =
            self.instances.iter().filter(|(_, it)| it.instance.state == InstanceState::Active);
        let timers = active.flat_map(|(instance_key, running)| {
            running.instance.timers.iter().map(|(timer_key, timer)| {
                let (timer_key, instance_key) = (*timer_key, *instance_key);
                let kind = AlarmKind::Timer { timer_key, instance_key };
                Alarm { due_at: timer.due_at, kind }
            })
        });
        let starts = self
            .schedules
            .iter()
            .enumerate()
            .map(|(schedule, it)| Alarm { due_at: it.due_at, kind: AlarmKind::Start { schedule } });
        timers.chain(starts).min()
    }

    /// Lets what a time triggers happen; the clock moves there if it is not that late yet.
    ///
    /// # Errors
    /// As for [`World::submit`].
    pub fn fire(&mut self, alarm: Alarm) -> Result<(), Refusal> {
        self.move_to(alarm.due_at);
        match alarm.kind {
            AlarmKind::Timer { timer_key, instance_key } => {
                self.submit(instance_key, &Command::FireTimer { timer_key })
            }
            AlarmKind::Start { schedule } => self.fire_start(schedule),
        }
    }

    /// Moves the clock, never back; what is due on the way is left to [`World::fire`].
    pub fn move_to(&mut self, at_ms: i64) {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX);
        self.now = self.now.max(at);
    }

    fn fire_start(&mut self, index: usize) -> Result<(), Refusal> {
        let Some(schedule) = self.schedules.get_mut(index) else { return Ok(()) };
        let next = schedule.repetition.as_ref();
        let next = next.and_then(|it| next_due(it, schedule.due_at, self.now, &self.zone).ok());
        schedule.due_at = next.as_ref().map_or(i64::MAX, |due| due.at);
        schedule.repetition = next.and_then(|due| due.repetition);
        let start = schedule.start.clone();
        match self.gather(&start, "", &VariableMap::new()) {
            Some(variables) => {
                self.start(&start.process_id, variables, Some(start.element_id)).map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// Makes an instance and queues its start.
    fn create(
        &mut self,
        key: i64,
        process_id: &str,
        variables: VariableMap,
        start_element_id: Option<Arc<str>>,
        parent: Option<Parent>,
    ) -> Result<(), Refusal> {
        let found = self.library.keyed(process_id);
        let (definition_key, definition) =
            found.ok_or_else(|| Refusal::NoProcess(process_id.to_owned()))?;
        let caller = parent.and_then(|it| self.instances.get(&it.instance_key));
        let depth = caller.map_or(0, |caller| caller.depth + 1);
        if depth > CALL_DEPTH_MAX {
            return Err(Refusal::TooDeep);
        }
        let facts = CreateInstance {
            key,
            definition_key,
            process_id: definition.id.clone(),
            version: 1,
            variables,
            start_element_id,
            parent,
            started_by: None,
            origin_key: None,
        };
        self.instances.insert(key, Running::new(definition, depth));
        self.queue.push_back((key, Command::CreateInstance(Box::new(facts))));
        Ok(())
    }

    fn work_off(&mut self) -> Result<(), Refusal> {
        while let Some((key, command)) = self.queue.pop_front() {
            match self.turn(key, &command) {
                // A caller that no longer waits, or a child that has ended: nothing is left to do.
                Ok(()) | Err(Refusal::Rejected(_)) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(())
    }

    fn turn(&mut self, key: i64, command: &Command) -> Result<(), Refusal> {
        self.turns += 1;
        if self.turns > TURNS_MAX {
            self.queue.clear();
            return Err(Refusal::TooManyTurns);
        }
        let Some(running) = self.instances.get_mut(&key) else { return Ok(()) };
        let mut context = TurnContext::new(self.now, self.zone.clone(), self.keys);
        context.decisions = self.library.decisions();
        let definition = Arc::clone(&running.definition);
        let outcome = decide(&definition, &mut running.instance, command, &mut context)?;
        self.keys = context.keys;
        for event in outcome.events {
            running.follow(&event, self.now.as_millisecond());
            self.records.push(Record { at: self.now, instance_key: key, event });
        }
        for effect in outcome.effects {
            self.take_effect(key, effect);
        }
        Ok(())
    }

    fn take_effect(&mut self, key: i64, effect: Effect) {
        match effect {
            Effect::StartCalledInstance {
                process_id,
                element_instance_key,
                child_key,
                variables,
            } => self.call(OpenCall {
                instance_key: key,
                element_instance_key,
                child_key,
                process_id,
                variables,
                since_ms: self.now.as_millisecond(),
            }),
            Effect::SuspendCalledInstance { child_key } => {
                self.queue.push_back((child_key, Command::Suspend));
            }
            Effect::ResumeCalledInstance { child_key } => {
                self.queue.push_back((child_key, Command::Resume));
            }
            Effect::CancelCalledInstance { child_key } => {
                self.calls.retain(|call| call.child_key != child_key);
                self.queue.push_back((child_key, Command::Cancel));
            }
            Effect::BroadcastSignal { signal_key, signal_name, variables } => {
                self.spread(signal_key, &signal_name, &variables);
            }
            Effect::EscalateToParent { parent, code } => {
                self.queue.push_back((parent.instance_key, escalated(parent, key, code)));
            }
            Effect::NotifyParent { parent, result } => {
                self.queue.push_back((parent.instance_key, told(parent, key, result)));
            }
        }
    }

    fn call(&mut self, call: OpenCall) {
        if self.stand_ins.contains(&call.process_id) {
            return self.calls.push(call);
        }
        let OpenCall {
            instance_key, element_instance_key, child_key, process_id, variables, ..
        } = call;
        let parent = Parent { instance_key, element_instance_key };
        let created = self.create(child_key, &process_id, variables, None, Some(parent));
        if let Err(refusal) = created {
            let message = refusal.to_string();
            let refused =
                Command::CalledInstanceRefused { element_instance_key, child_key, message };
            self.queue.push_back((instance_key, refused));
        }
    }
}
