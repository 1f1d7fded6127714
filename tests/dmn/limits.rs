//! Hostile models and inputs end quickly, in a problem or an error, on a small stack.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use flowstead::core::dmn::{self, DecisionError, Limits, RecordLimits};
use flowstead::core::feel::Limit;
use serde_json::json;

use super::{decided, decision, file, literal, moment, parsed};

/// Far more than any of them needs, and far less than without limits.
const PATIENCE: Duration = Duration::from_secs(20);

fn exceeded(content: &str) -> Limit {
    let model = parsed(&file(&decision("d", content)));
    let start = Instant::now();
    let found = model.decide("d", &(), &moment(), true);
    assert!(start.elapsed() < PATIENCE, "{content}");
    match found {
        Err(DecisionError::Limit(error)) => error.limit,
        other => panic!("{content}: {:.100}", format!("{other:?}")),
    }
}

#[test]
fn work_without_end_ends() {
    let iterate = |source: &str, body: &str| {
        format!(
            "<for iteratorVariable=\"i\"><in>{}</in><return>{}</return></for>",
            literal(source),
            literal(body)
        )
    };
    assert_eq!(
        exceeded(&iterate("[1..100000]", "i + ".repeat(50).trim_end_matches("+ "))),
        Limit::Fuel
    );
    assert_eq!(exceeded(&iterate("[1..1000000000]", "i")), Limit::Fuel);
    let entry = |name: &str, content: &str| {
        format!("<contextEntry><variable name=\"{name}\"/>{content}</contextEntry>")
    };
    let function = format!("<functionDefinition>{}</functionDefinition>", literal("f()"));
    let recursion = format!(
        "<context>{}<contextEntry>{}</contextEntry></context>",
        entry("f", &function),
        literal("f()")
    );
    assert_eq!(exceeded(&recursion), Limit::Depth);
}

#[test]
fn deep_files_are_refused() {
    let depth = 5_000;
    let nested = "<list>".repeat(depth) + "</list>".repeat(depth).as_str();
    let found = dmn::lint(&file(&decision("d", &nested)), &[], &Limits::of_tables());
    assert!(found[0].message.contains("nested too deeply"), "{found:?}");
}

#[test]
fn expressions_as_deep_as_is_allowed_are_evaluated_or_end_in_an_error() {
    let depth = 28;
    let open = "<conditional><if><literalExpression><text>true</text></literalExpression></if><else>\
                <literalExpression><text>0</text></literalExpression></else><then>";
    let nested = open.repeat(depth) + &literal("1") + &"</then></conditional>".repeat(depth);
    let model = parsed(&file(&decision("d", &nested)));
    assert_eq!(decided(&model, "d", &json!({})).value.to_json(), 1);
}

#[test]
fn types_that_double_at_each_level_cost_no_more_than_their_text() {
    let mut types =
        String::from("<itemDefinition name=\"t0\"><typeRef>number</typeRef></itemDefinition>");
    for level in 1..50 {
        let inner = format!("<typeRef>t{}</typeRef></itemComponent>", level - 1);
        let _ = write!(
            types,
            "<itemDefinition name=\"t{level}\"><itemComponent name=\"a\">{inner}\
             <itemComponent name=\"b\">{inner}</itemDefinition>"
        );
    }
    let start = Instant::now();
    let content = "<variable name=\"d\" typeRef=\"t49\"/>".to_owned() + &literal("{a: 1, b: 2}");
    let model = parsed(&file(&(types + &decision("d", &content))));
    assert!(decided(&model, "d", &json!({})).value.is_null());
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn long_chains_of_decisions_need_no_stack() {
    let mut elements = decision("d0", &literal("0"));
    for number in 1..3_000 {
        let before = number - 1;
        let content = format!(
            "<informationRequirement><requiredDecision href=\"#_d{before}\"/>\
             </informationRequirement>{}",
            literal(&format!("d{before} + 1"))
        );
        elements.push_str(&decision(&format!("d{number}"), &content));
    }
    let model = parsed(&file(&elements));
    assert_eq!(decided(&model, "d2999", &json!({})).value.to_json(), 2_999);
}

#[test]
fn any_change_of_a_model_is_a_model_or_a_problem() {
    let table = "<decisionTable hitPolicy=\"FIRST\"><input><inputExpression><text>a</text>\
                 </inputExpression></input><output name=\"o\"/><rule><inputEntry><text>[1..5)</text>\
                 </inputEntry><outputEntry><text>\"x\" + f(1)</text></outputEntry></rule>\
                 </decisionTable>";
    let source = file(
        &("<itemDefinition name=\"t\"><typeRef>number</typeRef></itemDefinition>".to_owned()
            + "<businessKnowledgeModel id=\"f\" name=\"f\"><encapsulatedLogic>\
               <formalParameter name=\"n\" typeRef=\"t\"/><literalExpression><text>string(n)</text>\
               </literalExpression></encapsulatedLogic></businessKnowledgeModel>"
            + &decision(
                "d",
                &("<knowledgeRequirement><requiredKnowledge href=\"#f\"/></knowledgeRequirement>"
                    .to_owned()
                    + table),
            )),
    );
    let inputs = json!({"a": 3});
    let inputs = inputs.as_object().expect("an object");
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("it is below a usize")
    };
    for _ in 0..3_000 {
        let mut bytes = source.clone().into_bytes();
        for _ in 0..=next(3) {
            let (at, from) = (next(bytes.len()), next(bytes.len()));
            match next(3) {
                0 => bytes[at] = bytes[from],
                1 => drop(bytes.remove(at)),
                _ => {
                    let end = bytes.len().min(from + next(20));
                    let copy = bytes[from..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some(description) = dmn::describe(&text, &Limits::of_tables()) {
            let _ = dmn::draw(&description);
        }
        if let Ok(model) = dmn::parse_leniently(&text, &[], &Limits::of_tables()) {
            let names: Vec<_> = model.elements().map(|it| it.name.to_string()).collect();
            for name in names {
                let _ = model.evaluate(&name, inputs, &moment(), &RecordLimits::default());
            }
        }
    }
}
