//! Columns from forms, the values that go into them, and what a new version changes.

use super::{EVERY_FIELD, form, form_of, object};
use flowstead::core::forms::Form;
use flowstead::core::schema::{COLUMNS_MAX, Column, ColumnType, ColumnValue, DataSchema};

pub(super) fn lines(columns: &[Column]) -> String {
    let line = |c: &Column| {
        let index = if c.is_indexed { " indexed" } else { "" };
        format!("{} {} {:?}{index}", c.name, c.column_name, c.column_type)
    };
    columns.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn column(name: &str, column_name: &str, column_type: ColumnType) -> Column {
    let (name, column_name) = (name.to_owned(), column_name.to_owned());
    Column { name, title: None, column_name, column_type, is_indexed: true }
}

fn schema(columns: Vec<Column>) -> DataSchema {
    DataSchema { columns, json_schema: None }
}

#[test]
fn every_kind_of_field_has_its_column() {
    let columns = DataSchema::from_forms(&[&form(EVERY_FIELD)]).columns;
    assert_eq!(
        lines(&columns),
        "\
claimant claimant Text indexed
email email Text indexed
reference reference Text indexed
phone phone Text indexed
reason reason Text
amount amount Real indexed
persons persons Integer indexed
account account Text indexed
urgent urgent Boolean indexed
urgency urgency Text indexed
goods goods Json
grade grade Integer indexed
country country Text indexed
tags tags Json
bought bought Date indexed
pickup pickup Text indexed
due due DateTime indexed
address.city address_city Text indexed
address.zip.code address_zip_code Text indexed
receipts receipts Json
clerk clerk Text indexed
internal internal Text indexed
locked locked Text indexed"
    );
    assert_eq!(columns[0].title.as_deref(), Some("Claimant"));
}

#[test]
fn forms_of_one_process_share_columns() {
    let first = form_of(
        r#"{"type": "number", "key": "a", "decimalDigits": 0}, {"type": "textfield", "key": "b"},
           {"type": "textfield", "key": "c"}, {"type": "textfield", "key": "d.e"}"#,
    );
    let second = form_of(
        r#"{"type": "number", "key": "a"}, {"type": "checkbox", "key": "b"},
           {"type": "textarea", "key": "c"}, {"type": "textfield", "key": "d"},
           {"type": "radio", "key": "f", "values": [true, false]},
           {"type": "radio", "key": "g", "values": [1, "b"]},
           {"type": "radio", "key": "h", "values": [1, 2.5]}"#,
    );
    assert_eq!(
        lines(&DataSchema::from_forms(&[&first, &second]).columns),
        "a a Real indexed\nb b Json\nc c Text\nd d Json\nf f Boolean indexed\ng g Json\n\
         h h Real indexed"
    );
}

#[test]
fn there_are_no_more_columns_than_allowed() {
    let fields = |from: usize| {
        let field = |n| format!(r#"{{"type": "checkbox", "key": "k{n}"}}"#);
        form_of(&(from..from + 150).map(field).collect::<Vec<_>>().join(","))
    };
    let forms: Vec<Form> = vec![fields(0), fields(150)];
    let schema = DataSchema::from_forms(&forms.iter().collect::<Vec<_>>());
    assert_eq!(schema.columns.len(), COLUMNS_MAX);
}

#[test]
fn variables_become_typed_values() {
    use ColumnType::{Boolean, Date, DateTime, Integer, Json, Real, Text};
    use ColumnValue as V;
    let text = |t: &str| V::Text(t.to_owned());
    let cases = [
        (Integer, "5", Some(V::Integer(5))),
        (Integer, "5.0", Some(V::Integer(5))),
        (Integer, "-9223372036854775808", Some(V::Integer(i64::MIN))),
        (Integer, "9223372036854775808", None),
        (Integer, "5.5", None),
        (Integer, "\"5\"", None),
        (Real, "5", Some(V::Real(5.0))),
        (Real, "2.5", Some(V::Real(2.5))),
        (Real, "true", None),
        (Text, "\"a\"", Some(text("a"))),
        (Text, "5.50", Some(text("5.5"))),
        (Text, "false", Some(text("false"))),
        (Text, "[\"a\"]", None),
        (Text, "\"a\\u0000\"", None),
        (Boolean, "true", Some(V::Boolean(true))),
        (Boolean, "1", None),
        (Date, "\"2026-03-01\"", Some(V::Date("2026-03-01".to_owned()))),
        (Date, "\"2026-02-29\"", None),
        (Date, "\"2026-03-01T10:00\"", None),
        (DateTime, "\"1970-01-01T00:00:01Z\"", Some(V::DateTime(1_000))),
        (DateTime, "\"1970-01-01T01:00+01:00\"", Some(V::DateTime(0))),
        (DateTime, "\"1970-01-01T01:00+01:00[Europe/Vienna]\"", Some(V::DateTime(0))),
        (DateTime, "\"1970-01-01T00:00\"", Some(V::DateTime(0))),
        (DateTime, "\"1970-01-01T00:00[Europe/Vienna]\"", None),
        (DateTime, "\"1970-01-01\"", None),
        (DateTime, "0", None),
        (Json, "{\"a\": [1]}", Some(V::Json("{\"a\":[1]}".to_owned()))),
        (Json, "\"a\"", Some(V::Json("\"a\"".to_owned()))),
    ];
    for (column_type, json, expected) in cases {
        let schema = schema(vec![column("x", "x", column_type)]);
        let cell = schema.column_values(&object(&format!(r#"{{"x": {json}}}"#))).remove(0);
        assert_eq!(cell.is_misfit, expected.is_none(), "{column_type:?} {json}");
        assert_eq!(cell.value, expected, "{column_type:?} {json}");
        for empty in ["{}", r#"{"x": null}"#] {
            let cell = schema.column_values(&object(empty)).remove(0);
            assert_eq!((cell.value, cell.is_misfit), (None, false), "{column_type:?} {empty}");
        }
    }
}

#[test]
fn values_are_found_along_paths() {
    let schema = schema(vec![column("a.b", "a_b", ColumnType::Integer)]);
    let value = |json: &str| schema.column_values(&object(json)).remove(0).value;
    assert_eq!(value(r#"{"a": {"b": 1}}"#), Some(ColumnValue::Integer(1)));
    assert_eq!(value(r#"{"a.b": 2, "a": {"b": 1}}"#), Some(ColumnValue::Integer(2)));
    assert_eq!(value(r#"{"a": [1]}"#), None);
}

#[test]
fn a_new_version_adds_but_never_changes_columns() {
    use ColumnType::{Integer, Json, Real, Text};
    let existing = vec![
        column("amount", "amount", Integer),
        column("amount", "amount_2", Real),
        column("note", "note", Text),
        column("gone", "gone", Text),
        Column { is_indexed: false, ..column("late", "late", Text) },
    ];
    let wanted = schema(vec![
        column("amount", "amount", Json),
        column("note", "note", Text),
        column("late", "late", Text),
        column("Gone", "gone", Text),
        column("fresh", "fresh", Integer),
    ]);
    let evolution = wanted.evolve(&existing);
    assert_eq!(
        lines(&evolution.schema.columns),
        "amount amount_3 Json indexed\nnote note Text indexed\nlate late Text indexed\n\
         Gone gone_2 Text indexed\nfresh fresh Integer indexed"
    );
    assert_eq!(
        lines(&evolution.added),
        "amount amount_3 Json indexed\nGone gone_2 Text indexed\nfresh fresh Integer indexed"
    );
    assert_eq!(lines(&evolution.newly_indexed), "late late Text indexed");

    let back = schema(vec![column("amount", "amount", Real)]).evolve(&existing);
    assert_eq!(lines(&back.schema.columns), "amount amount_2 Real indexed");
    assert_eq!((back.added.len(), back.newly_indexed.len()), (0, 0));

    let first = wanted.evolve(&[]);
    assert_eq!(first.added, first.schema.columns);
    let again = wanted.evolve(&first.added);
    assert_eq!((again.schema, again.added), (first.schema, Vec::new()));
}

#[test]
fn schemas_survive_being_stored() {
    let schema = DataSchema::from_forms(&[&form(EVERY_FIELD)]);
    let stored = serde_json::to_string(&schema).expect("a schema is JSON");
    let read: DataSchema = serde_json::from_str(&stored).expect("what was written");
    assert_eq!(read, schema);
}
