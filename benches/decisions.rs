//! FEEL and decision tables in memory: what one evaluation takes once its source is parsed.
//!
//! Must not know storage; there is no floor here but the processor.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use flowstead::core::dmn::{self, DecisionModel, Limits};
use flowstead::core::feel::{EvaluationContext, Expression};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::machine::cpu_time;

/// How long each is measured.
const TIME: Duration = Duration::from_secs(2);
/// Evaluations between two looks at the clock.
const BATCH: u32 = 100;

/// Measures and prints the table.
pub(crate) fn measure() {
    println!("| decision | time each | CPU each |");
    println!("| --- | ---: | ---: |");
    let ctx = EvaluationContext::at(Timestamp::UNIX_EPOCH);
    let variables = object(json!({"amount": 150, "customer": {"tier": "gold"}}));
    let condition = Expression::parse("amount > 100 and customer.tier = \"gold\"");
    let condition = condition.expect("the condition is FEEL");
    timed("`amount > 100 and customer.tier = \"gold\"`", || {
        black_box(condition.evaluate(&variables, &ctx)).expect("it is small");
    });
    for rules in [10, 100, 1_000, 10_000] {
        let began = Instant::now();
        let model = table(rules);
        let parsing = began.elapsed();
        let inputs: Vec<_> = (0..rules).map(|number| case(rules, number)).collect();
        let mut next = inputs.iter().cycle();
        timed(&format!("table of {rules} rules, parsed in {parsing:.1?}"), || {
            let inputs = next.next().expect("a cycle has no end");
            black_box(model.decide("rate", inputs, &ctx, false)).expect("it is small");
        });
    }
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(object) => object,
        _ => Map::new(),
    }
}

/// A table over a text, a range of numbers and a boolean, of which one rule matches each case.
fn table(rules: usize) -> DecisionModel {
    let mut text = String::from(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"bench\" \
         namespace=\"bench\"><decision id=\"rate\" name=\"rate\"><decisionTable>",
    );
    for input in ["region", "amount", "is member"] {
        let _ =
            write!(text, "<input><inputExpression><text>{input}</text></inputExpression></input>");
    }
    text.push_str("<output name=\"rate\"/>");
    for number in 0..rules {
        let (region, low) = (number % 7, number / 7 * 10);
        let _ = write!(
            text,
            "<rule><inputEntry><text>\"r{region}\"</text></inputEntry><inputEntry><text>[{low}..{})\
             </text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>{number}\
             </text></outputEntry></rule>",
            low + 10
        );
    }
    text.push_str("</decisionTable></decision></definitions>");
    dmn::parse(&text, &[], &Limits::of_tables()).expect("the table is right")
}

/// Inputs that the rule of a number matches, spread over the table.
fn case(rules: usize, number: usize) -> Map<String, Json> {
    let rule = number * 7_919 % rules;
    object(
        json!({"region": format!("r{}", rule % 7), "amount": rule / 7 * 10 + 5, "is member": true}),
    )
}

/// Repeats an evaluation and prints its line; the processor's time is what the load of the machine
/// does not change.
fn timed(name: &str, mut step: impl FnMut()) {
    let (began, cpu, mut count) = (Instant::now(), cpu_time(), 0_u32);
    while began.elapsed() < TIME {
        (0..BATCH).for_each(|_| step());
        count += BATCH;
    }
    let (time, cpu) = (began.elapsed() / count, cpu_time().saturating_sub(cpu) / count);
    println!("| {name} | {time:.2?} | {cpu:.2?} |");
}
