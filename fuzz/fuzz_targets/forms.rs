//! Any text as a form: shown with some data, and sent back with some fields.
#![no_main]

use flowstead::core::feel::{EvaluationContext, Limits};
use flowstead::core::forms::{Form, Submission};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<(String, String)>)| {
    let (source, pairs) = input;
    let Ok(form) = Form::parse(source) else { return };
    let data = serde_json::Map::new();
    let context = EvaluationContext {
        now: jiff::Timestamp::UNIX_EPOCH,
        zone: jiff::tz::TimeZone::UTC,
        limits: Limits::default(),
    };
    let submission = Submission::from_pairs(pairs);
    match form.submit(&submission, &data, &context) {
        Ok(variables) => {
            let _ = form.view(&variables, &[], &context);
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "a refused submission says why");
            let _ = form.view(&form.echo(&submission, &data, &context), &errors, &context);
        }
    }
});
