//! Any text as a FEEL expression, evaluated over a few variables within its limits.
#![no_main]

use flowstead::core::feel::{EvaluationContext, Expression, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let variables = serde_json::json!({
        "a": 1, "b": "text", "c": [1, 2, 3], "d": {"e": true, "f g": null}, "i": 2.5,
    });
    let variables = variables.as_object().expect("an object");
    let context = EvaluationContext {
        now: jiff::Timestamp::UNIX_EPOCH,
        zone: jiff::tz::TimeZone::UTC,
        limits: Limits::default(),
    };
    for parse in [Expression::parse, Expression::parse_unary_tests] {
        if let Ok(expression) = parse(source) {
            if let Ok(done) = expression.evaluate(variables, &context) {
                let _ = done.value.to_json();
            }
        }
    }
});
