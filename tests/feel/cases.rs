//! Tables of expressions: `expression => expected`, one file per part of the language.
//!
//! The expected value is an expression itself; ` ! text` after it demands a warning that holds
//! the text, and its absence demands that there is none. `@ {…}` sets the variables of the rows
//! below as JSON. Problems are written as `line:column message`.

use flowstead::core::feel::{Evaluated, EvaluationContext, Expression, Value};
use serde_json::{Map, Value as Json};

const TABLES: [(&str, &str); 11] = [
    ("literals", include_str!("cases/literals.txt")),
    ("names", include_str!("cases/names.txt")),
    ("arithmetic", include_str!("cases/arithmetic.txt")),
    ("logic", include_str!("cases/logic.txt")),
    ("paths", include_str!("cases/paths.txt")),
    ("loops", include_str!("cases/loops.txt")),
    ("texts", include_str!("cases/texts.txt")),
    ("numbers", include_str!("cases/numbers.txt")),
    ("lists", include_str!("cases/lists.txt")),
    ("conversion", include_str!("cases/conversion.txt")),
    ("ranges", include_str!("cases/ranges.txt")),
];

pub(super) fn context() -> EvaluationContext {
    EvaluationContext::at("2024-05-06T07:08:09Z".parse().expect("a moment"))
}

/// A row of a table, with its line for messages.
struct Row<'a> {
    line: usize,
    source: &'a str,
    expected: &'a str,
    warning: Option<&'a str>,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    let lines = table.lines().enumerate().filter(|(_, line)| !line.starts_with(['#']));
    let rows = lines.filter_map(|(index, line)| {
        let (source, rest) = line.rsplit_once(" => ")?;
        let (expected, warning) = match rest.split_once(" ! ") {
            Some((expected, warning)) => (expected, Some(warning)),
            None => (rest, None),
        };
        Some(Row { line: index + 1, source, expected, warning })
    });
    rows.collect()
}

fn constant(source: &str) -> Value {
    let expression = Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression.evaluate(&(), &context()).expect("expected values are small").value
}

/// The difference between a row and what was found, if there is one.
fn difference(row: &Row<'_>, found: &Evaluated) -> Option<String> {
    let expected = format!("{:?}", constant(row.expected));
    let value = format!("{:?}", found.value);
    let warnings: Vec<_> = found.warnings.iter().map(|warning| &*warning.message).collect();
    let is_warned = match row.warning {
        Some(part) => warnings.iter().any(|message| message.contains(part)),
        None => warnings.is_empty(),
    };
    if value == expected && is_warned {
        return None;
    }
    let Row { line, source, .. } = row;
    Some(format!("line {line}: {source}\n  expected {expected}, found {value}, {warnings:?}"))
}

fn check(name: &str, differences: &[String]) {
    assert!(differences.is_empty(), "{name}:\n{}", differences.join("\n"));
}

#[test]
fn every_row_has_the_value_and_the_warnings_it_says() {
    let (mut count, mut all) = (0, Vec::new());
    for (name, table) in TABLES {
        let mut variables = Map::new();
        let mut differences = Vec::new();
        let sections = table.split("\n@ {").enumerate();
        for (index, section) in sections {
            let (json, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = if index == 0 { section } else { body };
            if index > 0 {
                variables = object(&format!("{{{json}"));
            }
            for row in rows(body) {
                count += 1;
                match Expression::parse(row.source) {
                    Err(error) => differences.push(format!("{}: {error}", row.source)),
                    Ok(expression) => {
                        let found = expression.evaluate(&variables, &context());
                        let found = found.unwrap_or_else(|error| panic!("{}: {error}", row.source));
                        differences.extend(difference(&row, &found));
                    }
                }
            }
        }
        all.extend(differences.iter().map(|difference| format!("{name} {difference}")));
    }
    check("tables", &all);
    assert!(count > 400, "only {count} rows were read");
}

fn object(json: &str) -> Map<String, Json> {
    match serde_json::from_str(json) {
        Ok(Json::Object(object)) => object,
        other => panic!("expected an object of variables, found {other:?}"),
    }
}

#[test]
fn unary_tests_fit_the_inputs_the_rows_say() {
    let variables = object(r#"{"x": 5}"#);
    let mut differences = Vec::new();
    for row in rows(include_str!("cases/unary.txt")) {
        let (input, tests) = row.source.split_once(" | ").expect("an input and its tests");
        let tests = Expression::parse_unary_tests(tests)
            .unwrap_or_else(|error| panic!("{}: {error}", row.source));
        let found = tests.evaluate_unary(&constant(input), &variables, &context());
        let found = found.expect("the tests are small");
        differences.extend(difference(&row, &found));
    }
    check("unary", &differences);
}

#[test]
fn problems_say_where_and_what_was_expected() {
    let mut differences = Vec::new();
    for row in rows(include_str!("cases/problems.txt")) {
        let (place, message) = row.expected.split_once(' ').expect("a place and a message");
        match Expression::parse(row.source) {
            Ok(_) => differences.push(format!("{}: expected a problem", row.source)),
            Err(error) => {
                let found = format!("{}:{}", error.line, error.column);
                if found != place || !error.message.contains(message) {
                    differences.push(format!("{}: {found} {error}", row.source));
                }
            }
        }
    }
    check("problems", &differences);
}

#[test]
fn problems_count_lines_and_characters() {
    let error = Expression::parse("1 +\n  é + )").expect_err("nothing to add");
    assert_eq!((error.line, error.column), (2, 7));
    assert_eq!((error.span.start, error.span.end), (11, 12));
    assert_eq!(error.to_string(), "expected an expression, found `)` at line 2, column 7");
}
