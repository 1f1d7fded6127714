//! Forms that are refused, each with all that is wrong in it.

use super::{EVERY_FIELD, form, form_of, form_source, listed};
use flowstead::core::forms::{COMPONENTS_MAX, Form, OPTIONS_MAX};
use flowstead::core::model::Severity;

fn problems(source: &str) -> String {
    match Form::parse(source) {
        Ok(_) => "accepted".to_owned(),
        Err(problems) => {
            assert!(problems.iter().any(|p| p.severity == Severity::Error), "{source}");
            listed(&problems)
        }
    }
}

#[test]
fn documents_are_refused_with_line_and_column() {
    let cases = include_str!("malformed_documents.txt");
    check(cases, problems);
}

#[test]
fn components_are_refused_with_their_path() {
    let cases = include_str!("malformed_components.txt");
    check(cases, |component| problems(&form_source(&format!("\n{component}\n"))));
}

/// Cases are separated by empty lines: the source, `---`, and the exact problems.
fn check(cases: &str, problems: impl Fn(&str) -> String) {
    let mut failures = Vec::new();
    for case in cases.trim_end().split("\n\n") {
        let (source, expected) = case.split_once("\n---\n").expect("a source and its problems");
        let found = problems(source);
        if found != expected {
            failures.push(format!("{source}\n---\n{found}"));
        }
    }
    assert!(failures.is_empty(), "found instead:\n{}", failures.join("\n\n"));
}

#[test]
fn all_problems_come_at_once_with_the_field_they_belong_to() {
    let source = form_source(
        r#"{"type": "number", "key": "n", "validate": {"min": "x", "max": true}, "label": 5},
           {"type": "textfield"}, {"type": "oracle", "id": "o"}"#,
    );
    let problems = Form::parse(&source).expect_err("three broken components");
    let elements: Vec<_> = problems.iter().map(|p| p.element_id.as_deref()).collect();
    assert_eq!(elements, [Some("n"), Some("n"), Some("n"), None, Some("o")]);
}

#[test]
fn a_form_from_the_modeler_has_no_problem_and_no_warning() {
    let form = form(EVERY_FIELD);
    assert_eq!(form.id(), "every-field");
    assert_eq!(listed(form.warnings()), "");
}

#[test]
fn what_nothing_reads_is_a_warning_only() {
    let form = form_of(r#"{"type": "checkbox", "key": "c", "lable": "C", "validate": {"min": 1}}"#);
    let messages: Vec<_> = form.warnings().iter().map(|p| p.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "components[0].lable: nothing reads this property",
            "components[0].validate.min: nothing reads this property"
        ]
    );
}

#[test]
fn limits_hold() {
    let separators = vec![r#"{"type": "separator"}"#; COMPONENTS_MAX + 2].join(",");
    assert!(
        problems(&form_source(&separators))
            .ends_with(" components[500]: too many components, expected at most 500")
    );

    let values: Vec<_> = (0..=OPTIONS_MAX).map(|n| format!("\"{n}\"")).collect();
    let radio = format!(r#"{{"type": "radio", "key": "r", "values": [{}]}}"#, values.join(","));
    assert!(
        problems(&form_source(&radio))
            .ends_with(" components[0].values[1000]: too many choices, expected at most 1000")
    );

    let open = r#"{"type": "group", "components": ["#.repeat(9);
    let nested = format!("{open}{}", "]}".repeat(9));
    assert!(problems(&form_source(&nested)).contains("nested too deeply, expected at most 8"));

    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(
        problems(&deep),
        "1:128 not a JSON document: recursion limit exceeded, expected a JSON object"
    );

    let large = format!("\"{}\"", "x".repeat(1 << 20));
    assert_eq!(
        problems(&large),
        "1:1 the document has 1048578 bytes, expected at most 1048576 bytes"
    );
}
