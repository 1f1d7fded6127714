//! Columns from JSON Schemas, and the names they get.

use super::columns::lines;
use super::listed;
use flowstead::core::schema::{COLUMN_NAME_CHARS_MAX, COLUMNS_MAX, DataSchema};

fn columns(properties: &str) -> String {
    let source = format!("{{\"type\": \"object\", \"properties\": {{{properties}}}}}");
    match DataSchema::from_json_schema(&source) {
        Ok(schema) => lines(&schema.columns),
        Err(problems) => listed(&problems),
    }
}

fn problems(source: &str) -> String {
    listed(&DataSchema::from_json_schema(source).expect_err(source))
}

#[test]
fn properties_become_columns() {
    for (property, expected) in [
        (r#"{"type": "string"}"#, "Text indexed"),
        (r#"{"type": "string", "format": "date"}"#, "Date indexed"),
        (r#"{"type": "string", "format": "date-time"}"#, "DateTime indexed"),
        (r#"{"type": "string", "format": "email"}"#, "Text indexed"),
        (r#"{"type": "string", "maxLength": 5000}"#, "Text"),
        (r#"{"type": "integer"}"#, "Integer indexed"),
        (r#"{"type": "number"}"#, "Real indexed"),
        (r#"{"type": "boolean"}"#, "Boolean indexed"),
        (r#"{"type": "boolean", "x-index": false}"#, "Boolean"),
        (r#"{"type": "array", "x-index": true}"#, "Json"),
        (r#"{"type": "object", "properties": {}}"#, "Json"),
        (r#"{"type": "null"}"#, "Json"),
        (r#"{"type": ["integer", "null"]}"#, "Integer indexed"),
        (r#"{"type": ["integer", "number"]}"#, "Real indexed"),
        (r#"{"type": ["integer", "string"]}"#, "Json"),
        (r#"{"enum": ["a", "b"]}"#, "Text indexed"),
        (r#"{"enum": [1, 2.5, null]}"#, "Real indexed"),
        (r#"{"enum": [1, "b"]}"#, "Json"),
        (r#"{"const": true}"#, "Boolean indexed"),
        (r#"{"anyOf": [{"type": "string"}]}"#, "Json"),
        ("{}", "Json"),
        ("true", "Json"),
    ] {
        assert_eq!(columns(&format!("\"x\": {property}")), format!("x x {expected}"), "{property}");
    }
}

#[test]
fn references_are_followed_inside_the_document() {
    let source = r##"{"properties": {"a": {"$ref": "#/$defs/day", "title": "Day"},
        "b": {"$ref": "#/$defs/alias"}},
        "$defs": {"day": {"type": "string", "format": "date"},
        "alias": {"$ref": "#/$defs/day"}}}"##;
    let schema = DataSchema::from_json_schema(source).expect("references lead somewhere");
    assert_eq!(lines(&schema.columns), "a a Date indexed\nb b Date indexed");
    assert_eq!(schema.columns[0].title.as_deref(), Some("Day"));
    let kept: serde_json::Value = serde_json::from_str(source).expect("JSON");
    assert_eq!(schema.json_schema, Some(kept));
}

#[test]
fn names_are_safe_in_sql() {
    for (name, expected) in [
        ("amount", "amount"),
        ("orderTotal", "order_total"),
        ("OrderTotal", "order_total"),
        ("order-total", "order_total"),
        ("order__total", "order_total"),
        ("_total_", "total"),
        ("HTTPStatus", "httpstatus"),
        ("line2Total", "line2_total"),
        ("größe", "groesse"),
        ("Été passé", "ete_passe"),
        ("数量", "field"),
        ("2nd", "n_2nd"),
        ("order", "v_order"),
        ("SELECT", "v_select"),
        ("set", "v_set"),
        ("abort", "v_abort"),
        ("without", "v_without"),
        ("rowid", "v_rowid"),
        ("xmin", "v_xmin"),
        ("state", "v_state"),
        ("processInstanceKey", "v_process_instance_key"),
        ("a; DROP TABLE x", "a_drop_table_x"),
        ("a\\\"b", "a_b"),
        ("\\u0000", "field"),
    ] {
        let line = columns(&format!("\"{name}\": {{\"type\": \"integer\"}}"));
        let found = line.strip_suffix(" Integer indexed").and_then(|l| l.rsplit(' ').next());
        assert_eq!(found, Some(expected), "{name}");
    }
}

#[test]
fn names_are_unique_and_short() {
    let long = "x".repeat(80);
    let properties = [
        "orderTotal".to_owned(),
        "order_total".to_owned(),
        "order-total".to_owned(),
        long.clone(),
        format!("{long}y"),
        format!("{}_y_z", "x".repeat(47)),
        format!("{}_w_z", "x".repeat(47)),
    ];
    let source = properties.map(|name| format!("\"{name}\": true")).join(",");
    let source = format!("{{\"properties\": {{{source}}}}}");
    let schema = DataSchema::from_json_schema(&source).expect("a schema");
    let names: Vec<_> = schema.columns.iter().map(|c| c.column_name.as_str()).collect();
    assert_eq!(
        names,
        [
            "order_total",
            "order_total_2",
            "order_total_3",
            &"x".repeat(50),
            &format!("{}_2", "x".repeat(48)),
            &format!("{}_y", "x".repeat(47)),
            &format!("{}_w", "x".repeat(47)),
        ]
    );
    assert!(names.iter().all(|n| n.len() <= COLUMN_NAME_CHARS_MAX && !n.contains("__")));
}

#[test]
fn broken_schemas_are_refused_with_every_problem() {
    for (source, expected) in [
        ("", "1:1 not a JSON document: EOF while parsing a value, expected a JSON object"),
        ("[]", "1:1 found a list, expected an object"),
        ("{}", "1:1 no properties, expected an object `properties`"),
        (r#"{"properties": []}"#, "1:16 properties: found a list, expected an object"),
        (
            r#"{"type": "array", "properties": {}}"#,
            "1:10 type: found \"array\", expected `object`, as variables are",
        ),
        (
            "{\"properties\": {\n  \"a\": {\"type\": \"strng\"},\n  \"b\": 5,\n  \
             \"c\": {\"x-index\": 1, \"title\": 2}}}",
            "2:17 properties.a.type: found \"strng\", expected one of string, integer, \
             number, boolean, array, object, null\n\
             3:8 properties.b: found 5, expected an object\n\
             4:20 properties.c.x-index: found 1, expected true or false\n\
             4:32 properties.c.title: found 2, expected a text",
        ),
        (
            r#"{"properties": {"a": {"type": ["string", 5]}}}"#,
            "1:42 properties.a.type[1]: found 5, expected one of string, integer, \
             number, boolean, array, object, null",
        ),
        (
            r#"{"properties": {"a": {"$ref": "https://example.org/a"}}}"#,
            "1:31 properties.a.$ref: `https://example.org/a` leads nowhere, \
             expected a place in this document, such as `#/$defs/address`",
        ),
        (
            r##"{"properties": {"a": {"$ref": "#/properties/a"}}}"##,
            "1:22 properties.a: references in a circle, expected a schema",
        ),
        (
            r#"{"properties": {"": true}}"#,
            "1:21 properties.: not the name of a variable, expected 1 to 200 bytes",
        ),
        (
            r#"{"properties": {"a": true, "a": true}}"#,
            "1:33 properties.a: written twice, expected each property once",
        ),
    ] {
        assert_eq!(problems(source), expected, "{source}");
    }
    let many: Vec<_> = (0..=COLUMNS_MAX).map(|n| format!("\"p{n}\": true")).collect();
    let many = format!("{{\"properties\": {{{}}}}}", many.join(","));
    assert!(
        problems(&many).ends_with("properties.p200: too many properties, expected at most 200")
    );
}
