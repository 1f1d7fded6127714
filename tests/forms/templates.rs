//! Texts with FEEL inside, as people see them.

use super::{context, form_of, object};

fn label(template: &str, data: &str) -> String {
    let text = serde_json::to_string(template).expect("a text");
    let form = form_of(&format!(r#"{{"type": "button", "label": {text}}}"#));
    form.view(&object(data), &[], &context()).fields[0].label.clone()
}

#[test]
fn templates_are_filled() {
    for (template, data, expected) in [
        ("plain", "{}", "plain"),
        ("=name", r#"{"name": "Ada"}"#, "Ada"),
        (" = 1 + 2", "{}", "3"),
        ("=nothing", "{}", ""),
        ("Dear {{name}}!", r#"{"name": "Ada"}"#, "Dear Ada!"),
        ("{{a}}{{b}}", r#"{"a": 1, "b": true}"#, "1true"),
        ("{{order.lines}}", r#"{"order": {"lines": [1, 2]}}"#, "[1,2]"),
        ("{{missing}}.", "{}", "."),
        ("{{\"}}\"}}", "{}", "}}"),
        ("} {{ 1 }} }", "{}", "} 1 }"),
        ("{{#if n > 2}}many{{/if}}", r#"{"n": 3}"#, "many"),
        ("{{#if n > 2}}many{{/if}}", r#"{"n": 1}"#, ""),
        ("{{#if n > 2}}many{{/if}}", "{}", ""),
        ("{{#loop xs}}[{{this}}]{{/loop}}", r#"{"xs": [1, "a"]}"#, "[1][a]"),
        ("{{#loop xs}}{{name}}{{sep}}{{/loop}}", r#"{"xs": [{"name": "a"}], "sep": ";"}"#, "a;"),
        (
            "{{#loop xs}}{{#loop ys}}{{x}}{{y}} {{/loop}}{{/loop}}",
            r#"{"xs": [{"x": 1, "ys": [{"y": 2}, {"y": 3}]}]}"#,
            "12 13 ",
        ),
        ("{{#loop xs}}{{#if this > 1}}{{this}}{{/if}}{{/loop}}", r#"{"xs": [1, 2, 3]}"#, "23"),
        ("{{#loop xs}}x{{/loop}}", r#"{"xs": 5}"#, ""),
    ] {
        assert_eq!(label(template, data), expected, "{template} with {data}");
    }
}

#[test]
fn loops_inside_loops_come_to_an_end() {
    let items: Vec<_> = (0..2_000).collect();
    let data = format!(r#"{{"xs": {items:?}}}"#);
    let nested = format!("{}x{}", "{{#loop xs}}".repeat(6), "{{/loop}}".repeat(6));
    assert!(label(&nested, &data).len() < 300_000);
    assert_eq!(label("{{#loop xs}}x{{/loop}}", &data).len(), 1_000);
}
