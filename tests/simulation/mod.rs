//! Random models, random commands, crashes between turns: whatever happens, the engine's promises
//! hold.
//!
//! `FLOWSTEAD_SIMULATION_MODELS` says how many models, `FLOWSTEAD_SIMULATION_SEED` where to begin.
//! Every model has its own seed, which a failure names: one model is played again by that seed and
//! a count of 1.

mod changes;
mod commands;
mod models;
mod random;
mod reference;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use flowstead::core::engine::{
    Command, CopyPlan, Event, GoOnAsCopy, InstanceState, KEY_STEP, Keys, Outcome, ProcessInstance,
    TurnContext, apply, copy_history, decide, decode, encode,
};
use flowstead::core::model::{ElementKind, ProcessDefinition};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::engine::decisions::decisions;
use crate::engine::definition_text::definition;
use crate::engine::invariants::violation;
use random::Random;

/// Commands one instance gets; enough for most models to come to their end.
const COMMANDS_MAX: usize = 24;

/// Small, so that loops that never wait are found and tried again often.
const FLOWS_PER_SCOPE_MAX: u32 = 40;

#[test]
fn promises_hold_for_random_models_and_commands() {
    let models = setting("FLOWSTEAD_SIMULATION_MODELS", 10_000);
    let seed = setting("FLOWSTEAD_SIMULATION_SEED", 1);
    println!("{models} models from seed {seed}");
    let half = models / 2;
    let counts = std::thread::scope(|scope| {
        let other = scope.spawn(|| simulate(seed + half..seed + models));
        let counts = simulate(seed..seed + half);
        counts.with(&other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    println!("{counts:?}");
    if models >= 1_000 {
        counts.check_variety();
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// What was met, so that a simulation that meets nothing is noticed.
#[derive(Debug, Default)]
struct Counts {
    turns: usize,
    refused: usize,
    completed: usize,
    reloads: usize,
    incidents: usize,
    inclusive_openings: usize,
    rewinds: usize,
    decisions: usize,
    collected: usize,
    resets: usize,
    modified: usize,
    migrated: usize,
    suspended: usize,
}

impl Counts {
    fn with(mut self, other: &Self) -> Self {
        self.turns += other.turns;
        self.refused += other.refused;
        self.completed += other.completed;
        self.reloads += other.reloads;
        self.incidents += other.incidents;
        self.inclusive_openings += other.inclusive_openings;
        self.rewinds += other.rewinds;
        self.decisions += other.decisions;
        self.collected += other.collected;
        self.resets += other.resets;
        self.modified += other.modified;
        self.migrated += other.migrated;
        self.suspended += other.suspended;
        self
    }

    fn check_variety(&self) {
        let met = [
            ("turns", self.turns),
            ("refused", self.refused),
            ("completed", self.completed),
            ("reloads", self.reloads),
            ("incidents", self.incidents),
            ("inclusive openings", self.inclusive_openings),
            ("rewinds", self.rewinds),
            ("decisions", self.decisions),
            ("collected triggers", self.collected),
            ("resets of complex gateways", self.resets),
            ("modifications", self.modified),
            ("migrations", self.migrated),
            ("suspensions", self.suspended),
        ];
        for (what, count) in met {
            assert!(count >= 100, "the simulation hardly met any {what}: {count}");
        }
    }
}

fn simulate(seeds: std::ops::Range<u64>) -> Counts {
    let mut counts = Counts::default();
    for seed in seeds {
        let mut random = Random::new(seed);
        let model = models::model(&mut random);
        let mut given = Vec::new();
        let played = catch_unwind(AssertUnwindSafe(|| {
            Player::new(&model, random, &mut given, &mut counts).play();
        }));
        if let Err(panic) = played {
            eprintln!("model of seed {seed}:\n{model}");
            for command in &given {
                eprintln!("> {command:?}");
            }
            resume_unwind(panic);
        }
    }
    counts
}

struct Player<'a> {
    text: String,
    definition: Arc<ProcessDefinition>,
    instance: ProcessInstance,
    /// The same instance, made of nothing but its events.
    folded: ProcessInstance,
    journal: Vec<String>,
    /// The model and its definition after each turn.
    versions: Vec<(String, Arc<ProcessDefinition>)>,
    turn: TurnContext,
    random: Random,
    given: &'a mut Vec<Command>,
    counts: &'a mut Counts,
}

impl<'a> Player<'a> {
    fn new(
        model: &str,
        random: Random,
        given: &'a mut Vec<Command>,
        counts: &'a mut Counts,
    ) -> Self {
        let keys = Keys { next: 100 * KEY_STEP };
        let mut turn = TurnContext::new(Timestamp::UNIX_EPOCH, TimeZone::UTC, keys);
        turn.limits.flows_per_scope_max = FLOWS_PER_SCOPE_MAX;
        turn.decisions = decisions();
        Self {
            text: model.to_owned(),
            definition: Arc::new(definition(model)),
            instance: ProcessInstance::empty(),
            folded: ProcessInstance::empty(),
            journal: Vec::new(),
            versions: Vec::new(),
            turn,
            random,
            given,
            counts,
        }
    }

    fn play(mut self) {
        let key = self.turn.keys.take();
        let starts = self.definition.starts();
        let start = (!starts.is_empty()).then(|| self.random.pick(&starts).element);
        let start = start.map(|it| self.definition.element(it).id.clone());
        let create = commands::create(&mut self.random, key, start);
        self.take_turn(create);
        for _ in 0..COMMANDS_MAX {
            self.reload();
            self.advance();
            if !self.instance.is_open() {
                self.counts.completed += 1;
                let late = commands::next(&mut self.random, &self.instance);
                return self.take_turn(late);
            }
        }
    }

    /// Something that advances the instance, or now and then something that changes it.
    fn advance(&mut self) {
        if self.random.once_in(24) {
            self.rewind();
        }
        if self.instance.state == InstanceState::Suspended && self.random.once_in(3) {
            return self.take_turn(Command::Resume);
        }
        let command = match self.random.below(24) {
            0 => changes::modify(&mut self.random, &self.definition, &self.instance),
            1 => Command::Suspend,
            2 => return self.migrate(),
            3 if !self.instance.incidents.is_empty() => {
                changes::repair(&mut self.random, &self.instance)
            }
            _ => commands::next(&mut self.random, &self.instance),
        };
        self.take_turn(command);
    }

    /// Goes on with a next version of the model, if the instance can.
    fn migrate(&mut self) {
        let (text, renamed) = changes::next_version(&mut self.random, &self.text);
        let next = Arc::new(definition(&text));
        let command =
            changes::migrate(&mut self.random, &self.definition, &next, &renamed, &self.instance);
        self.turn.target = Some(Arc::clone(&next));
        let before = self.counts.migrated;
        self.take_turn(command);
        if self.counts.migrated > before {
            self.text = text;
            let last = self.versions.last_mut().expect("it was migrated in a turn");
            *last = (self.text.clone(), Arc::clone(&self.definition));
        }
    }

    /// A crash: what is left is the journal, or the snapshot.
    fn reload(&mut self) {
        match self.random.below(8) {
            0 => {
                let mut instance = ProcessInstance::empty();
                for turn in &self.journal {
                    let events = decode(turn).expect("what was written can be read");
                    for event in &events {
                        apply(&mut instance, event);
                    }
                }
                assert_eq!(instance, self.instance, "the journal folds to something else");
                self.instance = instance;
                self.counts.reloads += 1;
            }
            1 => {
                let snapshot = serde_json::to_string(&self.instance).expect("an instance is JSON");
                let instance = serde_json::from_str(&snapshot).expect("a snapshot can be read");
                assert_eq!(self.instance, instance, "the snapshot reads differently");
                self.instance = instance;
                self.counts.reloads += 1;
            }
            _ => {}
        }
    }

    /// Goes on with a copy of the instance as it was after some turn.
    fn rewind(&mut self) {
        let turn = 1 + self.random.below(self.journal.len());
        let read = |text: &String| decode(text).expect("what was written can be read");
        let mut turns: Vec<Vec<Event>> = self.journal[..turn].iter().map(read).collect();
        let key = self.turn.keys.take();
        let plan = CopyPlan { key, parent: self.instance.parent, children: &BTreeMap::new() };
        let first_new = self.turn.keys.next;
        copy_history(&mut turns, &plan, &mut self.turn.keys);
        let mut copy = ProcessInstance::empty();
        turns.iter().flatten().for_each(|event| apply(&mut copy, event));
        let fresh = copy.elements.keys().chain(copy.jobs.keys()).chain(copy.timers.keys());
        let old = fresh.copied().find(|it| *it != key && *it < first_new);
        assert_eq!(old, None, "the copy holds something of the original");
        self.counts.rewinds += 1;
        self.journal = turns.iter().map(|events| encode(events)).collect();
        self.versions.truncate(turn);
        (self.text, self.definition) = self.versions[turn - 1].clone();
        let source_key = std::mem::replace(&mut self.instance, copy.clone()).key;
        self.folded = copy;
        let variables = BTreeMap::from([(key, commands::variables(&mut self.random))]);
        self.take_turn(Command::GoOnAsCopy(Box::new(GoOnAsCopy {
            source_key,
            source_turn: i64::try_from(turn).expect("a small number"),
            taken_at: self.turn.now.as_millisecond() - 1_000,
            variables,
            children: Vec::new(),
        })));
    }

    fn take_turn(&mut self, command: Command) {
        self.turn.now += SignedDuration::from_mins(7);
        let before = self.instance.clone();
        self.given.push(command);
        self.counts.turns += 1;
        let command = self.given.last().expect("just given");
        match decide(&self.definition, &mut self.instance, command, &mut self.turn) {
            Ok(outcome) => {
                match command {
                    Command::ModifyInstance { .. } => self.counts.modified += 1,
                    Command::Suspend => self.counts.suspended += 1,
                    Command::MigrateInstance(_) => {
                        self.counts.migrated += 1;
                        self.definition = self.turn.target.take().expect("a version to go to");
                    }
                    _ => {}
                }
                self.accept(&outcome);
            }
            Err(rejection) => {
                assert_eq!(self.instance, before, "refused, but changed: {rejection}");
                self.counts.refused += 1;
            }
        }
    }

    fn accept(&mut self, outcome: &Outcome) {
        for (at, event) in outcome.events.iter().enumerate() {
            if let Event::JoinReleased { scope_key, gateway_id, .. } = event {
                let next = outcome.events.get(at + 1);
                self.check_opening(*scope_key, gateway_id, next);
            }
            match event {
                Event::IncidentRaised(_) => self.counts.incidents += 1,
                Event::DecisionEvaluated(_) => self.counts.decisions += 1,
                Event::TriggerCollected(_) => self.counts.collected += 1,
                Event::ComplexGatewayReset { scope_key, gateway_id } => {
                    self.counts.resets += 1;
                    let before = at.checked_sub(1).map(|before| &outcome.events[before]);
                    self.check_reset(*scope_key, gateway_id, before);
                }
                _ => {}
            }
            apply(&mut self.folded, event);
        }
        assert_eq!(self.folded, self.instance, "the events fold to something else");
        assert_eq!(violation(&self.definition, &self.instance), None);
        self.check_waiting();
        self.journal.push(encode(&outcome.events));
        self.versions.push((self.text.clone(), Arc::clone(&self.definition)));
    }

    /// An inclusive gateway opens only when the rule allows it.
    fn check_opening(&mut self, scope_key: i64, gateway_id: &str, next: Option<&Event>) {
        let gateway = self.definition.find(gateway_id).expect("a gateway of the definition");
        let is_inclusive =
            matches!(self.definition.element(gateway).kind, ElementKind::InclusiveGateway);
        let opens = match next {
            Some(Event::ElementActivating(it)) => *it.element_id == *gateway_id,
            _ => false,
        };
        if is_inclusive && opens {
            self.counts.inclusive_openings += 1;
            let may = reference::may_open(&self.definition, &self.folded, scope_key, gateway);
            assert!(may, "gateway {gateway_id} opened too early in {:?}", self.folded);
        }
    }

    /// A complex gateway begins anew only when no path can still come that it waits for.
    fn check_reset(&self, scope_key: i64, gateway_id: &str, before: Option<&Event>) {
        let gateway = self.definition.find(gateway_id).expect("a gateway of the definition");
        let taken_in = match before {
            Some(Event::JoinReleased { gateway_id: of, flow_ids, .. }) if **of == *gateway_id => {
                flow_ids.as_slice()
            }
            _ => &[],
        };
        let may =
            reference::may_reset(&self.definition, &self.folded, scope_key, gateway, taken_in);
        assert!(may, "gateway {gateway_id} began anew too early in {:?}", self.folded);
    }

    /// No gateway stays as it is when the rule lets it open or begin anew.
    fn check_waiting(&self) {
        if self.instance.state == InstanceState::Suspended {
            return;
        }
        for (scope_key, gateway) in reference::waiting_complex(&self.definition, &self.instance) {
            let (definition, instance) = (&self.definition, &self.instance);
            let may = reference::may_reset(definition, instance, scope_key, gateway, &[]);
            let id = &self.definition.element(gateway).id;
            assert!(!may, "gateway {id} should have begun anew in {:?}", self.instance);
        }
        for (scope_key, gateway) in reference::waiting_inclusive(&self.definition, &self.instance) {
            let may = reference::may_open(&self.definition, &self.instance, scope_key, gateway);
            let id = &self.definition.element(gateway).id;
            assert!(!may, "gateway {id} should have opened in {:?}", self.instance);
        }
    }
}
