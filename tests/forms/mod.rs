//! Forms and data schemas: what is accepted, what is shown, what comes back, what becomes columns.

mod columns;
mod json_schema;
mod malformed;
mod markdown;
mod mutations;
mod submissions;
mod templates;
mod views;

use flowstead::core::feel::EvaluationContext;
use flowstead::core::forms::{FieldError, Form};
use flowstead::core::model::Problem;
use jiff::tz::{TimeZone, offset};
use serde_json::{Map, Value};

/// A form with a field of every kind.
const EVERY_FIELD: &str = include_str!("every_field.form");

/// Ten in the morning of the first of March, one hour east of Greenwich.
fn context() -> EvaluationContext {
    let now = "2026-03-01T09:00:00Z".parse().expect("a timestamp");
    EvaluationContext { zone: TimeZone::fixed(offset(1)), ..EvaluationContext::at(now) }
}

fn form(source: &str) -> Form {
    Form::parse(source).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

/// A form of the components alone.
fn form_of(components: &str) -> Form {
    form(&form_source(components))
}

fn form_source(components: &str) -> String {
    format!("{{\"type\": \"default\", \"id\": \"f\", \"components\": [{components}]}}")
}

fn object(json: &str) -> Map<String, Value> {
    match serde_json::from_str(json) {
        Ok(Value::Object(object)) => object,
        other => panic!("expected an object, found {other:?} in {json}"),
    }
}

/// One line a problem: `line:column message, expected …`.
fn listed(problems: &[Problem]) -> String {
    let line = |p: &Problem| {
        let expected = p.expected.as_deref().unwrap_or("nothing else");
        format!("{}:{} {}, expected {expected}", p.line, p.column, p.message)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn listed_errors(errors: &[FieldError]) -> String {
    let line = |e: &FieldError| format!("{}: {}", e.key, e.message);
    errors.iter().map(line).collect::<Vec<_>>().join("; ")
}
