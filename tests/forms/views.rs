//! Forms as people see them.

use super::{EVERY_FIELD, context, form, form_of, object};
use flowstead::core::forms::{FieldView, FormView, ViewKind};

const DATA: &str = r#"{"claimant": "Ada <b>", "amount": 12.5, "currency": "net", "urgent": true,
    "goods": ["tools", "food"], "countries": ["AT", {"label": "Italy", "value": "IT"}, null, {}],
    "country": "IT", "known": {"tags": ["new", "old"]}, "tags": ["old"], "bought": "2026-02-01",
    "pickup": "08:15", "due": "2026-03-02T08:00:00Z", "address": {"city": "Graz"},
    "logo": "/logo.png", "receipts": ["11", "12"], "clerk": "Grace"}"#;

fn every_field() -> FormView {
    form(EVERY_FIELD).view(&object(DATA), &[], &context())
}

/// What differs between kinds, in one line.
fn line(field: &FieldView) -> String {
    let options = field.options.iter().map(|option| {
        let mark = if option.is_selected { "*" } else { "" };
        format!("{mark}{}={}", option.label, option.value)
    });
    let mut parts = vec![format!("{:?}", field.kind)];
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            parts.push(format!("{name}={value}"));
        }
    };
    add("key", field.key.clone());
    add("id", field.html_id.clone());
    add("label", field.label.clone());
    add("values", field.values.join(","));
    add("options", options.collect::<Vec<_>>().join(","));
    add("min", field.min.clone().unwrap_or_default());
    add("max", field.max.clone().unwrap_or_default());
    add("step", field.step.clone().unwrap_or_default());
    add(
        "length",
        [&field.length_min, &field.length_max]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("-"),
    );
    add("input", field.input_type.unwrap_or_default().to_owned());
    add("around", format!("{}{}", field.prefix, field.suffix));
    add("accept", field.accept.clone());
    add("html", field.html.trim().to_owned());
    add("source", field.source.clone());
    add("alt", field.alt.clone());
    add(
        "height",
        Some(field.height_px).filter(|h| *h > 0).map(|h| h.to_string()).unwrap_or_default(),
    );
    let flags = [
        (field.is_required, "required"),
        (field.is_disabled, "disabled"),
        (field.is_readonly, "readonly"),
        (field.is_multiple, "multiple"),
        (field.is_searchable, "searchable"),
        (field.has_outline, "outline"),
    ];
    add("flags", flags.iter().filter(|f| f.0).map(|f| f.1).collect::<Vec<_>>().join(","));
    parts.join(" ")
}

fn lines(fields: &[FieldView], depth: usize) -> Vec<String> {
    let mut all = Vec::new();
    for field in fields {
        all.push(format!("{}{}", "  ".repeat(depth), line(field)));
        all.extend(lines(&field.children, depth + 1));
    }
    all
}

#[test]
fn every_kind_of_field_is_shown() {
    let found = lines(&every_field().fields, 0).join("\n");
    let expected = include_str!("every_field_shown.txt");
    assert_eq!(found, expected.trim_end());
}

#[test]
fn a_view_says_what_the_page_needs() {
    let view = every_field();
    assert!(view.has_files && view.has_submit && view.has_conditions);
    let view = form_of(r#"{"type": "button", "action": "reset"}"#);
    let view = view.view(&object("{}"), &[], &context());
    assert!(!view.has_files && !view.has_submit && !view.has_conditions);
    for computed in [
        r#"{"type": "separator", "conditional": {"hide": "=a"}}"#,
        r#"{"type": "text", "text": "{{a}}"}"#,
        r#"{"type": "checkbox", "key": "c", "readonly": "=a"}"#,
        r#"{"type": "number", "key": "c", "validate": {"min": "=a"}}"#,
        r#"{"type": "select", "key": "c", "valuesExpression": "=a"}"#,
    ] {
        let view = form_of(computed).view(&object("{}"), &[], &context());
        assert!(view.has_conditions, "{computed}");
    }
}

#[test]
fn descriptions_and_properties_are_kept() {
    let view = every_field();
    let claimant = &view.fields[1];
    assert_eq!(claimant.description, "Name as in the passport");
    assert_eq!(claimant.properties, [("icon".to_owned(), "person".to_owned())]);
}

#[test]
fn hidden_components_are_left_out() {
    let keys = |data: &str| {
        let view = form(EVERY_FIELD).view(&object(data), &[], &context());
        view.fields.into_iter().map(|field| field.key).collect::<Vec<_>>()
    };
    assert!(keys(r#"{"urgent": true}"#).contains(&"urgency".to_owned()));
    assert!(!keys(r#"{"urgent": false}"#).contains(&"urgency".to_owned()));
}

#[test]
fn rows_share_sixteen_columns() {
    let form = form_of(
        r#"{"type": "checkbox", "key": "a", "layout": {"row": "1", "columns": 10}},
           {"type": "checkbox", "key": "b", "layout": {"row": "1"}},
           {"type": "checkbox", "key": "c", "layout": {"row": "1"}},
           {"type": "checkbox", "key": "d", "layout": {"row": "2"}},
           {"type": "checkbox", "key": "e"},
           {"type": "checkbox", "key": "f"},
           {"type": "checkbox", "key": "g", "layout": {"row": "3"}},
           {"type": "checkbox", "key": "h", "layout": {"row": "3"},
            "conditional": {"hide": "=true"}}"#,
    );
    let view = form.view(&object("{}"), &[], &context());
    let places: Vec<_> = view.fields.iter().map(|f| (f.row, f.columns)).collect();
    assert_eq!(places, [(0, 10), (0, 3), (0, 3), (1, 16), (2, 16), (3, 16), (4, 16)]);
}

#[test]
fn defaults_show_only_where_nothing_is_known() {
    let form = form_of(r#"{"type": "number", "key": "n", "defaultValue": 5}"#);
    for (data, expected) in [("{}", "5"), (r#"{"n": 6}"#, "6"), (r#"{"n": null}"#, "")] {
        let view = form.view(&object(data), &[], &context());
        assert_eq!(view.fields[0].values.join(","), expected, "{data}");
    }
}

#[test]
fn images_lead_nowhere_dangerous() {
    let form = form_of(r#"{"type": "image", "source": "=s", "alt": "=s"}"#);
    for (source, is_kept) in [
        ("https://example.org/a.png", true),
        ("HTTP://example.org/a.png", true),
        ("/files/1", true),
        ("data:image/png;base64,AAAA", true),
        ("//example.org/a.png", false),
        ("/\\\\example.org/a.png", false),
        ("javascript:alert(1)", false),
        ("data:text/html;base64,AAAA", false),
        ("data:image/svg+xml;base64,AAAA", false),
        ("java\\nscript:alert(1)", false),
        ("https://example.org/\\n", true),
        ("https://exam\\nple.org", false),
        ("a.png", false),
    ] {
        let data = object(&format!(r#"{{"s": "{source}"}}"#));
        let view = form.view(&data, &[], &context());
        assert_eq!(!view.fields[0].source.is_empty(), is_kept, "{source}");
    }
}

#[test]
fn ids_are_unique_and_safe() {
    fn collect(fields: &[FieldView], ids: &mut Vec<String>) {
        for field in fields {
            ids.push(field.html_id.clone());
            collect(&field.children, ids);
        }
    }
    let mut ids = Vec::new();
    collect(&every_field().fields, &mut ids);
    let count = ids.len();
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_alphanumeric() || "-_".contains(c))));
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), count), (31, 31));
}

#[test]
fn dates_are_shown_in_the_persons_zone() {
    let form = form_of(r#"{"type": "datetime", "subtype": "datetime", "key": "d"}"#);
    for (stored, shown) in [
        ("2026-03-02T08:00:00Z", "2026-03-02T09:00"),
        ("2026-03-02T23:30:15Z", "2026-03-03T00:30:15"),
        ("2026-03-02T08:00+05:00", "2026-03-02T04:00"),
        ("2026-03-02T08:00", "2026-03-02T08:00"),
        ("soon", "soon"),
    ] {
        let view = form.view(&object(&format!(r#"{{"d": "{stored}"}}"#)), &[], &context());
        assert_eq!(view.fields[0].values, [shown], "{stored}");
        assert_eq!(view.fields[0].kind, ViewKind::DateTime);
    }
}
