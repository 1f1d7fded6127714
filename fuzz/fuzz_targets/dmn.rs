//! Any text as a DMN model: it is accepted or refused, and whatever it decides is within limits.
#![no_main]

use flowstead::core::dmn::{Limits, RecordLimits, describe, draw, lint, parse, parse_leniently};
use flowstead::core::feel::EvaluationContext;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let limits = Limits::of_tables();
    let problems = lint(source, &[], &limits);
    if parse(source, &[], &limits).is_err() {
        assert!(!problems.is_empty(), "a refused model has a problem");
    }
    if let Some(description) = describe(source, &limits) {
        let _ = draw(&description);
    }
    let Ok(model) = parse_leniently(source, &[source], &limits) else { return };
    let inputs = serde_json::json!({
        "a": 1, "b": "text", "c": [1, 2, 3], "d": {"e": true, "f g": null}, "i": 2.5,
    });
    let inputs = inputs.as_object().expect("an object");
    let ctx = EvaluationContext::at(jiff::Timestamp::UNIX_EPOCH);
    for element in model.elements() {
        if let Ok(decided) = model.decide(&element.name, inputs, &ctx, true) {
            let _ = decided.value.to_tagged_json();
        }
        let bounds = RecordLimits { input_bytes: 100, trace_bytes: 1_000 };
        if let Ok(record) = model.evaluate(&element.name, inputs, &ctx, &bounds) {
            assert!(record.trace_bytes <= bounds.trace_bytes, "a trace is bounded");
        }
        let _ = model.decide_service(&element.name, inputs, &ctx, true);
    }
});
