//! Broken forms, sources and submissions by the thousand: refused or worked with, never a panic.

use super::{EVERY_FIELD, context, form, object};
use flowstead::core::forms::{Form, Submission, render_markdown};
use flowstead::core::schema::DataSchema;
use serde_json::Value;

/// A small generator (Knuth's MMIX constants): the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "-1",
    "1e99",
    "\"=\"",
    "\"{{\"",
    "\"={\"",
    "\"key\"",
    "\"type\"",
    "\"group\"",
    "\"components\"",
    "\"a.b\"",
    "\"\\u0000\"",
    "\\",
    "ä",
    "\n",
];

fn mutated(source: &str, numbers: &mut Numbers) -> String {
    let mut text: Vec<char> = source.chars().collect();
    for _ in 0..=numbers.below(3) {
        let start = numbers.below(text.len());
        let end = (start + numbers.below(12)).min(text.len());
        let piece = numbers.pick(PIECES);
        text.splice(start..end, piece.chars());
    }
    text.into_iter().collect()
}

/// Replaces values anywhere in a JSON document, so that most results can still be read.
fn disturb(value: &mut Value, numbers: &mut Numbers) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| disturb(item, numbers)),
        Value::Object(members) => members.values_mut().for_each(|inner| disturb(inner, numbers)),
        scalar if numbers.below(25) == 0 => {
            let others =
                ["null", "true", "0", "-1.5", "\"\"", "\"=1\"", "\"a.b\"", "[]", "[1]", "{}"];
            *scalar = serde_json::from_str(numbers.pick(&others)).expect("JSON");
        }
        _ => {}
    }
}

fn use_form(form: &Form, numbers: &mut Numbers) {
    let context = context();
    let mut data = Value::Object(object(
        r#"{"claimant": "a", "goods": ["x"], "due": "d",
        "amount": 5, "urgent": true, "address": {"city": 3}, "countries": [1, {"value": 2}]}"#,
    ));
    disturb(&mut data, numbers);
    let Value::Object(data) = data else { return };
    let values = ["", "1", "on", "2026-01-01", "07:00", "x", "\u{0}", "9".repeat(50).as_str()]
        .map(str::to_owned);
    let keys =
        ["claimant", "amount", "due", "pickup", "goods", "country", "address.city", "address"];
    let pairs = keys.map(|key| (key.to_owned(), values[numbers.below(values.len())].clone()));
    for input in [Submission::from_pairs(pairs.to_vec()), Submission::from_json(data.clone())] {
        let errors = form.submit(&input, &data, &context).err().unwrap_or_default();
        let view = form.view(&form.echo(&input, &data, &context), &errors, &context);
        assert!(view.errors.len() <= errors.len());
    }
    let schema = DataSchema::from_forms(&[form]);
    assert_eq!(schema.column_values(&data).len(), schema.columns.len());
}

#[test]
fn mutated_texts_are_refused_with_a_place() {
    let mut numbers = Numbers(1);
    for _ in 0..2_000 {
        let source = mutated(EVERY_FIELD, &mut numbers);
        let lines = u32::try_from(source.lines().count()).expect("few lines");
        match Form::parse(&source) {
            Ok(form) => use_form(&form, &mut numbers),
            Err(problems) => {
                assert!(!problems.is_empty());
                assert!(problems.iter().all(|p| (1..=lines).contains(&p.line) && p.column > 0));
            }
        }
        let schema = DataSchema::from_json_schema(&source);
        assert!(schema.is_err(), "a form is no schema");
    }
}

#[test]
fn mutated_documents_are_worked_with() {
    let mut numbers = Numbers(2);
    let original: Value = serde_json::from_str(EVERY_FIELD).expect("JSON");
    let mut accepted = 0;
    for _ in 0..1_000 {
        let mut document = original.clone();
        let components = document["components"].as_array_mut().expect("components");
        let kept = components.remove(numbers.below(components.len()));
        *components = vec![kept];
        disturb(&mut document, &mut numbers);
        if let Ok(form) = Form::parse(&document.to_string()) {
            accepted += 1;
            use_form(&form, &mut numbers);
        }
    }
    assert!(accepted > 200, "only {accepted} of the mutated forms could be used");
    use_form(&form(EVERY_FIELD), &mut numbers);
}

#[test]
fn mutated_markdown_opens_only_our_tags() {
    const MARKS: &[&str] = &[
        "*",
        "**",
        "_",
        "`",
        "```",
        "[",
        "](",
        ")",
        "](https://x.example)",
        "<",
        ">",
        "\"",
        "'",
        "&",
        "\n",
        "  \n",
        "- ",
        "1. ",
        "# ",
        "> ",
        "\\",
        "a",
        " ",
        "ä",
        "\u{1}",
        "javascript:",
        "---",
    ];
    const TAGS: &[&str] = &[
        "<p>",
        "</p>",
        "<br>",
        "<hr>",
        "<h1>",
        "</h1>",
        "<strong>",
        "</strong>",
        "<em>",
        "</em>",
        "<code>",
        "</code>",
        "<pre>",
        "</pre>",
        "<ul>",
        "</ul>",
        "<ol>",
        "</ol>",
        "<li>",
        "</li>",
        "<blockquote>",
        "</blockquote>",
        "</a>",
        "<a href=\"https://x.example\" rel=\"noopener noreferrer nofollow\">",
    ];
    let mut numbers = Numbers(3);
    for _ in 0..20_000 {
        let count = numbers.below(24);
        let source: String = (0..count).map(|_| numbers.pick(MARKS)).collect();
        let mut left = render_markdown(&source);
        for tag in TAGS {
            left = left.replace(tag, "");
        }
        assert!(!left.contains(['<', '>']), "{source:?} gave {}", render_markdown(&source));
    }
}
