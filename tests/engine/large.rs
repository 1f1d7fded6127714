//! Instances with thousands of parallel elements: a turn costs what it does, not what is there.

use flowstead::core::engine::{
    Command, CreateInstance, Event, IncidentKind, KEY_STEP, Keys, Outcome, ProcessInstance,
    TurnContext, VariableMap, decide,
};
use flowstead::core::model::ProcessDefinition;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::definition_text::definition;

const CHILDREN: usize = 10_000;

struct Large {
    definition: ProcessDefinition,
    instance: ProcessInstance,
    turn: TurnContext,
}

impl Large {
    fn start(&mut self) {
        let items: Vec<usize> = (0..CHILDREN).collect();
        let key = self.turn.keys.take();
        self.take(&Command::CreateInstance(Box::new(CreateInstance {
            key,
            definition_key: 1,
            process_id: "p".into(),
            version: 1,
            variables: VariableMap::from_iter([("items".to_owned(), json!(items))]),
            start_element_id: None,
            parent: None,
            started_by: None,
            origin_key: None,
        })));
    }

    fn take(&mut self, command: &Command) -> Outcome {
        decide(&self.definition, &mut self.instance, command, &mut self.turn).expect("it fits")
    }
}

fn empty(model: &str) -> Large {
    let keys = Keys { next: KEY_STEP };
    let turn = TurnContext::new(Timestamp::UNIX_EPOCH, TimeZone::UTC, keys);
    Large { definition: definition(model), instance: ProcessInstance::empty(), turn }
}

fn started(model: &str) -> Large {
    let mut large = empty(model);
    large.start();
    large
}

const PARALLEL: &str = "start -> service:a -> end
    @a each items
    @a as item
    @a collect results = result
    @a until numberOfCompletedInstances = numberOfInstances";

#[test]
fn ten_thousand_children_complete_one_by_one_in_small_turns() {
    let mut large = started(PARALLEL);
    let jobs: Vec<i64> = large.instance.jobs.keys().copied().collect();
    assert_eq!(jobs.len(), CHILDREN);
    for (at, job_key) in jobs.into_iter().enumerate().rev() {
        let variables = VariableMap::from_iter([("result".to_owned(), Value::from(at))]);
        let outcome = large.take(&Command::CompleteJob { job_key, variables });
        let is_last = at == 0;
        assert!(is_last || outcome.events.len() == 4, "turn {at}: {:?}", outcome.events);
    }
    let results = &large.instance.variables().expect("the outermost scope")["results"];
    assert_eq!(*results, json!((0..CHILDREN).collect::<Vec<_>>()), "in the order of the items");
}

#[test]
fn ten_thousand_children_are_cancelled_in_one_turn() {
    let mut large = started(PARALLEL);
    let outcome = large.take(&Command::Cancel);
    let canceled = outcome.events.iter().filter(|it| matches!(it, Event::JobCanceled { .. }));
    assert_eq!(canceled.count(), CHILDREN);
}

#[test]
fn too_many_items_are_an_incident() {
    let mut small = empty(PARALLEL);
    small.turn.limits.elements_max = 20;
    small.start();
    let incident = small.instance.incidents.values().next().expect("an incident");
    assert_eq!(incident.kind, IncidentKind::MultiInstance);
}
