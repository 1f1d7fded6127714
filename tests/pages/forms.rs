//! A deployed form on its way to a page and back: every kind of field, names, rows, files, errors.
//! Must not know how conditions are evaluated.

use askama::Template;
use flowstead::core::feel::EvaluationContext;
use flowstead::core::forms::{FieldError, Form};
use flowstead::http::pages::form_shown::{entered, form_shown};
use flowstead::http::pages::form_view::{FieldKind, FormView, StoredFile};
use flowstead::http::pages::parts::Link;
use jiff::Timestamp;
use serde_json::{Value, json};

const SCHEMA: &str = r##"{
  "id": "trip", "type": "default", "components": [
    {"id": "intro", "type": "text", "text": "# Trip\n<b>plain</b>"},
    {"id": "who", "type": "textfield", "key": "csrf", "label": "Who",
     "layout": {"row": "r1", "columns": 8},
     "validate": {"required": true, "maxLength": 40, "validationType": "email"}},
    {"id": "cost", "type": "number", "key": "trip.cost", "label": "Cost",
     "layout": {"row": "r2", "columns": 4}, "decimalDigits": 2, "validate": {"min": 0},
     "appearance": {"prefixAdorner": "EUR"}},
    {"id": "kind", "type": "select", "key": "trip.kind", "label": "Kind",
     "layout": {"row": "r2", "columns": 6},
     "values": [{"label": "Rail", "value": "rail"}, {"label": "Air", "value": "air"}]},
    {"id": "inner", "type": "group", "label": "More", "showOutline": true, "components": [
      {"id": "tags", "type": "taglist", "key": "tags", "label": "Tags",
       "values": [{"label": "Red", "value": "red"}, {"label": "Blue", "value": "blue"}]},
      {"id": "files", "type": "filepicker", "key": "receipts", "label": "Receipts",
       "multiple": true}
    ]},
    {"id": "line", "type": "separator"},
    {"id": "gap", "type": "spacer", "height": 30}
  ]}"##;

fn shown(data: &Value, errors: &[FieldError]) -> FormView {
    let form = Form::parse(SCHEMA).expect("the form is right");
    let Value::Object(data) = data else { panic!("data is an object") };
    let view = form.view(data, errors, &EvaluationContext::at(Timestamp::UNIX_EPOCH));
    let file = Link::new("receipt.pdf", "/files/7");
    let stored = [StoredFile { key: "7".into(), file }];
    form_shown(&view, "/processes/trip/start", "token", "Start", &stored)
}

#[test]
fn every_field_arrives_with_its_value_and_limits() {
    let data = json!({
        "csrf": "a@example.org", "trip": {"cost": 12.5, "kind": "air"},
        "tags": ["red"], "receipts": ["7"],
    });
    let html = shown(&data, &[]).render().expect("the form renders");
    for expected in [
        r#"<input type="hidden" name="csrf" value="token">"#,
        r#"type="email" id="field-csrf" name="data.csrf" required value="a@example.org" maxlength="40""#,
        r#"name="data.trip.cost""#,
        r#"value="12.5" min="0" step="0.01""#,
        "<span>EUR</span>",
        r#"<option value="air" selected>Air</option>"#,
        r#"name="data.tags" value="red" checked"#,
        r#"name="data.receipts" value="7" checked"#,
        r#"<a href="/files/7">receipt.pdf</a>"#,
        r#"enctype="multipart/form-data""#,
        r#"height="30""#,
        "<hr>",
        r#"<button class="button primary">Start</button>"#,
    ] {
        assert!(html.contains(expected), "missing {expected} in\n{html}");
    }
    assert!(!html.contains("<b>plain</b>"), "markup in texts is shown, not run");
}

#[test]
fn neighbours_share_a_row_and_a_new_row_begins_at_the_left() {
    let form = shown(&json!({}), &[]);
    let rows: Vec<_> = form.fields.fields.iter().map(|it| (it.starts_row, it.columns)).collect();
    assert_eq!(rows[1..4], [(true, 8), (true, 4), (false, 6)]);
    let FieldKind::Group { fields, .. } = &form.fields.fields[4].kind else {
        panic!("the fifth component is the group");
    };
    assert_eq!(fields.fields.len(), 2);
}

#[test]
fn errors_stand_at_their_field_and_those_of_hidden_fields_above() {
    let error = |key: &str, message: &str| FieldError {
        key: key.into(),
        label: key.into(),
        message: message.into(),
    };
    let errors = [error("trip.cost", "expected a number"), error("gone", "expected nothing")];
    let form = shown(&json!({}), &errors);
    assert_eq!(form.errors, ["gone: expected nothing"]);
    assert_eq!(form.fields.fields[2].error, "expected a number");
    let html = form.render().expect("the form renders");
    assert!(
        html.contains(r#"aria-describedby="field-trip-cost-note" aria-invalid="true""#),
        "{html}"
    );
}

#[test]
fn only_what_belongs_to_fields_is_taken_as_entered() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let posted = vec![
        pair("csrf", "token"),
        pair("data.csrf", "a@example.org"),
        pair("data.tags", "red"),
        pair("data.tags", "blue"),
        pair("submit", ""),
    ];
    assert_eq!(
        entered(posted),
        [pair("csrf", "a@example.org"), pair("tags", "red"), pair("tags", "blue")]
    );
}
