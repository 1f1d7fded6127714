//! What the children of one parallel multi-instance cost each, by how many there are.
//!
//! The cost must not grow: each line is a ratio to the first. A child sees the variables around it,
//! and a worker is handed what it sees, so the list of items stands in an expression here and in no
//! variable.

use std::hint::black_box;
use std::time::Duration;

use flowstead::core::bpmn::{Limits, parse};
use flowstead::core::engine::{
    Command, CreateInstance, KEY_STEP, Keys, ProcessInstance, TurnContext, VariableMap, decide,
    encode,
};
use flowstead::core::model::ProcessDefinition;
use flowstead::services::audit::Origin;
use flowstead::services::execution::{Execution, ProcessReference, StartInstance, Work};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::machine::{Place, cpu_time, micros_each};
use crate::turns;

/// Children of one instance.
const SIZES: [u64; 3] = [100, 1_000, 10_000];
/// Children of all instances of one line, so that every line measures as long.
const CHILDREN: u64 = 20_000;

const MODEL: (&str, &str) = ("children.bpmn", include_str!("models/children.bpmn"));

/// Measures and prints the table.
pub(crate) fn measure(place: &Place) {
    println!("| children of one instance | engine, CPU each | ratio | durable, CPU each | ratio |");
    println!("| ---: | ---: | ---: | ---: | ---: |");
    let runtime = tokio::runtime::Runtime::new().expect("the runtime starts");
    let execution = runtime.block_on(turns::start(place.open(), &[MODEL]));
    let mut first: Option<(f64, f64)> = None;
    for size in SIZES {
        let engine = micros_each(CHILDREN, in_memory(size));
        let durable =
            micros_each(CHILDREN, runtime.block_on(through_the_turn_loop(&execution, size)));
        let (engine_first, durable_first) = *first.get_or_insert((engine, durable));
        println!(
            "| {size} | {engine:.1} µs | {:.2} | {durable:.0} µs | {:.2} |",
            engine / engine_first,
            durable / durable_first
        );
    }
    execution.stop();
}

/// CPU for the completions alone: deciding, applying and writing down.
fn in_memory(size: u64) -> Duration {
    let model = parse(MODEL.1, &Limits::default()).expect("the model is right");
    let definition = &model.processes[0];
    let mut spent = Duration::ZERO;
    for _ in 0..CHILDREN / size {
        let keys = Keys { next: KEY_STEP };
        let mut turn = TurnContext::new(Timestamp::UNIX_EPOCH, TimeZone::UTC, keys);
        let mut instance = started(definition, &mut turn, size);
        let jobs: Vec<i64> = instance.jobs.keys().copied().collect();
        let began = cpu_time();
        for job_key in jobs {
            let command = Command::CompleteJob { job_key, variables: VariableMap::new() };
            let outcome = decide(definition, &mut instance, &command, &mut turn);
            black_box(encode(&outcome.expect("the job is open").events));
        }
        spent += cpu_time().saturating_sub(began);
    }
    spent
}

fn started(definition: &ProcessDefinition, turn: &mut TurnContext, size: u64) -> ProcessInstance {
    let mut instance = ProcessInstance::empty();
    let key = turn.keys.take();
    let create = Command::CreateInstance(Box::new(CreateInstance {
        key,
        definition_key: 1,
        process_id: definition.id.clone(),
        version: 1,
        variables: VariableMap::from_iter([("size".to_owned(), json!(size))]),
        start_element_id: None,
        parent: None,
        started_by: None,
        origin_key: None,
    }));
    decide(definition, &mut instance, &create, turn).expect("an instance starts");
    instance
}

/// CPU from the start of instances to their end, with a worker of this process.
async fn through_the_turn_loop(execution: &Execution, size: u64) -> Duration {
    let (began, turns) = (cpu_time(), execution.turns());
    for done in 1..=CHILDREN / size {
        let work = Work::Start(StartInstance {
            process: ProcessReference::Latest("children".to_owned()),
            variables: VariableMap::from_iter([("size".to_owned(), json!(size))]),
            after: None,
        });
        execution.submit(work, Origin::system("bench")).await.expect("an instance starts");
        while execution.turns() < turns + done * (size + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    cpu_time().saturating_sub(began)
}
