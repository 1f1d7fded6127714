//! Rewinding: a copy of an instance as it was after one of its turns, with all it had called.
//!
//! The copy gets the history up to that turn as its own, and goes on from there; the original
//! stays what it is. Must not know who asks, or how a turn is chosen.
//!
//! **Invariant:** nothing is written before everything has been read and checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alarms::Alarm;
use super::batch::{Answer, Batch, Turned};
use super::definitions::Deployed;
use super::reading::{self, TurnRecord};
use super::request::{Receipt, Refusal, RewindInstance};
use super::snapshots::Hot;
use super::trail;
use crate::core::engine::{
    self, Command, CopyPlan, Event, GoOnAsCopy, InstanceMigrated, InstanceState, Keys, Parent,
    ProcessInstance, VariableMap,
};
use crate::platform::clock::KEY_STEP;
use crate::platform::store::StoreError;
use crate::services::audit::Origin;

/// Turns that one request may copy, those of called instances included.
const TURNS_MAX: usize = 10_000;

/// An instance as it was, and how it came to that.
struct Source {
    key: i64,
    deployed: Arc<Deployed>,
    turns: Vec<TurnRecord>,
    state: ProcessInstance,
    /// What it had called and was waiting for.
    children: Vec<Source>,
}

impl Source {
    /// When the last turn was taken.
    fn taken_at(&self) -> i64 {
        self.turns.last().map_or(0, |turn| turn.at)
    }
}

/// Up to where a history is taken.
#[derive(Clone, Copy)]
enum Until {
    Turn(i64),
    /// Milliseconds UTC; but not so far that the instance had ended.
    Time(i64),
}

impl Batch<'_> {
    /// Copies an instance from one of its turns on; the receipt is the copy's.
    pub(super) fn rewind(&mut self, wanted: &RewindInstance, origin: &Origin) -> Answer<Receipt> {
        // What this batch did so far is history too.
        self.flush()?;
        let (key, turn) = (wanted.instance_key, wanted.turn);
        let mut left = TURNS_MAX;
        let Some(source) = self.gather(key, Until::Turn(turn), &mut left)? else {
            return Ok(Err(Refusal::NotFound { kind: "process instance", key }));
        };
        if let Some(reason) = objection(&source, wanted, left) {
            return Ok(Err(Refusal::CannotRewind { key, turn, reason }));
        }
        let copy_key = self.next_key();
        let answer = self.put_copy(source, copy_key, None, &wanted.variables, origin)?;
        if answer.is_ok()
            && let Some(copy) = self.live.get(&copy_key)
        {
            let change = trail::describe_rewind(key, turn, copy);
            let audit_key = self.next_key();
            self.trail.push(change.at(audit_key, self.now_ms(), origin));
        }
        Ok(answer)
    }

    /// Reads an instance as it was; `None` when there is none, or it had ended.
    fn gather(
        &mut self,
        key: i64,
        until: Until,
        left: &mut usize,
    ) -> Result<Option<Source>, StoreError> {
        let select = "SELECT definition_key FROM work__instances WHERE key = ?1";
        let rows = self.sql.query(select, &[key.into()])?;
        let Some(row) = rows.first() else { return Ok(None) };
        let now = self.around.definitions.load(self.sql, row.integer(0)?)?;
        let last = if let Until::Turn(turn) = until { turn } else { i64::MAX };
        let mut turns = reading::list_turns_until(self.sql, &now, key, last)?;
        let state = match until {
            Until::Turn(_) => fold(&turns),
            Until::Time(at) => {
                turns.truncate(turns.partition_point(|turn| turn.at <= at));
                while matches!(turns.last(), Some(turn) if ends(turn)) {
                    turns.pop();
                }
                fold(&turns)
            }
        };
        *left = left.saturating_sub(turns.len());
        if state.state == InstanceState::Empty || *left == 0 {
            return Ok(matches!(until, Until::Turn(_)).then(|| Source::empty(key, now, turns)));
        }
        let deployed = self.around.definitions.load(self.sql, state.definition_key)?;
        let mut source = Source { key, deployed, turns, state, children: Vec::new() };
        let at = source.taken_at();
        let called: Vec<i64> =
            source.state.elements.values().filter_map(|it| it.child_key).collect();
        for child in called {
            source.children.extend(self.gather(child, Until::Time(at), left)?);
        }
        Ok(Some(source))
    }

    /// Writes the copy of an instance and of all it had called, and lets it go on.
    fn put_copy(
        &mut self,
        mut source: Source,
        key: i64,
        parent: Option<Parent>,
        variables: &BTreeMap<i64, VariableMap>,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let children: BTreeMap<i64, i64> =
            source.children.iter().map(|child| (child.key, self.next_key())).collect();
        let renamed =
            self.tell_of(&mut source.turns, &CopyPlan { key, parent, children: &children });
        let taken_at = source.taken_at();
        let source_turn = source.turns.last().map_or(0, |turn| turn.turn);
        self.put_history(key, &source.deployed, &source.turns, origin)?;
        for child in source.children {
            let caller =
                source.state.elements.iter().find(|(_, it)| it.child_key == Some(child.key));
            let element_instance_key = caller.map_or(0, |(caller, _)| renamed[caller]);
            let parent = Some(Parent { instance_key: key, element_instance_key });
            let child_key = children[&child.key];
            // It goes on or is as it was; either way the caller waits for it.
            let _ = self.put_copy(child, child_key, parent, &BTreeMap::new(), origin)?;
        }
        let command = Command::GoOnAsCopy(Box::new(GoOnAsCopy {
            source_key: source.key,
            source_turn,
            taken_at,
            variables: variables.iter().map(|(scope, it)| (renamed[scope], it.clone())).collect(),
            children: children.into_values().collect(),
        }));
        self.turn(key, &command, origin)
    }

    /// Tells a history of another instance; gives the new keys by the old ones.
    fn tell_of(&mut self, turns: &mut [TurnRecord], plan: &CopyPlan<'_>) -> BTreeMap<i64, i64> {
        let mut told: Vec<Vec<Event>> =
            turns.iter_mut().map(|turn| std::mem::take(&mut turn.events)).collect();
        let mut lease = self.around.keys.lease(self.now_ms());
        let mut keys = Keys { next: lease.first() };
        let renamed = engine::copy_history(&mut told, plan, &mut keys);
        lease.advance(keys.next - KEY_STEP);
        drop(lease);
        for (turn, events) in turns.iter_mut().zip(told) {
            turn.events = events;
        }
        renamed
    }

    /// Writes a history as an instance's own, and what is still open of it into the work tables.
    fn put_history(
        &mut self,
        key: i64,
        deployed: &Arc<Deployed>,
        turns: &[TurnRecord],
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let mut hot = Hot::empty(Arc::clone(deployed), origin.actor.id.clone(), self.now_ms());
        hot.instance = fold(turns);
        for TurnRecord { at, actor, cause, events, .. } in turns {
            self.journalise(&mut hot, &Turned { key, at: *at, actor, cause, events })?;
        }
        let events: Vec<&Event> = turns.iter().flat_map(|turn| &turn.events).collect();
        let migrations: Vec<(usize, &InstanceMigrated)> = events
            .iter()
            .enumerate()
            .filter_map(|(at, event)| match event {
                Event::InstanceMigrated(facts) => Some((at, &**facts)),
                _ => None,
            })
            .collect();
        for (at, event) in events.into_iter().enumerate() {
            if !is_open(event, &hot.instance) {
                continue;
            }
            let later = migrations.iter().filter(|(since, _)| *since > at).map(|(_, facts)| *facts);
            let event = engine::named_anew(event, later);
            self.note(key, &mut hot, &event, None);
            if let Event::JobCreated(job) = &event {
                // This process's own handlers look for it as for a job that comes back.
                self.follow_up.alarms.push((self.now_ms(), Alarm::Job(job.key)));
            }
        }
        hot.is_dirty = true;
        self.live.insert(key, Box::new(hot));
        Ok(())
    }
}

impl Source {
    /// One that can't be copied, for the objection to it.
    fn empty(key: i64, deployed: Arc<Deployed>, turns: Vec<TurnRecord>) -> Self {
        let (state, children) = (ProcessInstance::empty(), Vec::new());
        Self { key, deployed, turns, state, children }
    }
}

/// Why an instance can't be rewound as it is wanted.
fn objection(source: &Source, wanted: &RewindInstance, left: usize) -> Option<String> {
    if left == 0 {
        return Some(format!("expected fewer than {TURNS_MAX} turns to copy"));
    }
    let has_turn = source.turns.last().is_some_and(|last| last.turn == wanted.turn);
    if !has_turn {
        return Some("expected one of its turns, which count from 1".to_owned());
    }
    if source.turns.last().is_some_and(ends) {
        return Some("expected a turn after which it went on, but it ended with that".to_owned());
    }
    let open = &source.state.elements;
    let missing = wanted.variables.keys().find(|scope| !open.contains_key(scope));
    missing.map(|scope| format!("expected scopes that were open then, but {scope} was not"))
}

fn fold(turns: &[TurnRecord]) -> ProcessInstance {
    let mut instance = ProcessInstance::empty();
    let events = turns.iter().flat_map(|turn| &turn.events);
    events.for_each(|event| engine::apply(&mut instance, event));
    instance
}

/// Whether an instance ended with a turn.
fn ends(turn: &TurnRecord) -> bool {
    let last = turn.events.iter().rev();
    last.into_iter().any(|it| matches!(it, Event::InstanceCompleted | Event::InstanceTerminated))
}

/// Whether what an event speaks of is still open, so that the work tables must know it.
fn is_open(event: &Event, instance: &ProcessInstance) -> bool {
    match event {
        Event::InstanceCreated(_) => true,
        Event::JobCreated(it) => instance.jobs.contains_key(&it.key),
        Event::JobFailed { key, .. }
        | Event::JobErrorThrown { key, .. }
        | Event::JobRetriesUpdated { key, .. }
        | Event::JobReopened { key } => instance.jobs.contains_key(key),
        Event::UserTaskCreated(it) => instance.user_tasks.contains_key(&it.key),
        Event::UserTaskAssigned { key, .. } | Event::UserTaskUpdated { key, .. } => {
            instance.user_tasks.contains_key(key)
        }
        Event::TimerScheduled(it) => instance.timers.contains_key(&it.key),
        Event::SubscriptionOpened(it) => instance.subscriptions.contains_key(&it.key),
        Event::SignalSubscribed(it) => instance.signals.contains_key(&it.key),
        Event::IncidentRaised(it) => instance.incidents.contains_key(&it.key),
        _ => false,
    }
}
