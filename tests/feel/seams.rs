//! What other rooms rely on: the names an expression reads, variables, JSON in and out, sharing.

use std::collections::BTreeMap;

use flowstead::core::feel::{Expression, Value, Variables};
use serde_json::{Value as Json, json};

use super::cases::context;

fn parse(source: &str) -> Expression {
    Expression::parse(source).expect("the source is an expression")
}

fn evaluated(source: &str, variables: &dyn Variables) -> Value {
    parse(source).evaluate(variables, &context()).expect("within the limits").value
}

fn object(json: Json) -> serde_json::Map<String, Json> {
    match json {
        Json::Object(object) => object,
        other => panic!("expected an object, found {other}"),
    }
}

#[test]
fn an_expression_names_the_outer_variables_it_reads() {
    for (source, expected) in [
        ("1 + 2", vec![]),
        ("amount > 100 and customer.tier = \"gold\"", vec!["amount", "customer"]),
        ("sum(order.lines.price)", vec!["order"]),
        ("for line in order.lines return line.price * rate", vec!["order", "rate"]),
        ("some x in xs satisfies x > limit", vec!["limit", "xs"]),
        ("{a: 1, b: a + c}", vec!["c"]),
        ("(function(a, b) a + b + c)(d, e)", vec!["c", "d", "e"]),
        ("xs[item > 1]", vec!["xs"]),
        ("xs[price > 1]", vec!["price", "xs"]),
        ("full name + other", vec!["full name", "other"]),
        ("a-b", vec!["a", "a-b", "b"]),
        ("for i in 1..n return partial", vec!["n"]),
        ("x in (? > y)", vec!["x", "y"]),
        ("is defined(z)", vec!["z"]),
        ("my function(1)", vec!["my function"]),
        ("{f: function(n) f(n)}", vec![]),
    ] {
        let expression = parse(source);
        let read: Vec<&str> = expression.variables().iter().map(String::as_str).collect();
        assert_eq!(read, expected, "{source}");
    }
    let tests = Expression::parse_unary_tests("> limit, ? + 1").expect("tests");
    assert_eq!(tests.variables().iter().collect::<Vec<_>>(), ["limit"]);
}

#[test]
fn json_comes_back_as_it_went_in() {
    for json in [
        json!(null),
        json!(true),
        json!(0),
        json!(-7),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.5),
        json!(0.1),
        json!("text"),
        json!([1, [2, {"a": null}]]),
        json!({"b": 1, "a": {"c": [true]}}),
    ] {
        let value = Value::from_json(&json);
        assert_eq!(value.to_json(), json);
        assert_eq!(value.to_json().to_string(), json.to_string(), "the order of entries is kept");
    }
}

#[test]
fn what_json_lacks_becomes_text_or_null() {
    for (source, expected) in [
        ("@\"2024-02-29\"", json!("2024-02-29")),
        ("@\"10:00:00Z\"", json!("10:00:00Z")),
        ("@\"2024-02-29T10:00:00@Europe/Paris\"", json!("2024-02-29T10:00:00@Europe/Paris")),
        ("@\"P1DT1H\"", json!("P1DT1H")),
        ("@\"P14M\"", json!("P1Y2M")),
        ("4 / 2", json!(2)),
        ("1 / 4", json!(0.25)),
        ("1e20", json!(1e20)),
        ("function(a) a", json!(null)),
        ("{a: [@\"P1D\"]}", json!({"a": ["P1D"]})),
        ("[1..5)", json!({"start": 1, "start included": true, "end": 5, "end included": false})),
    ] {
        assert_eq!(evaluated(source, &()).to_json(), expected, "{source}");
    }
}

#[test]
fn variables_come_from_json_maps_value_maps_or_nowhere() {
    let source = "customer.address.city + \", \" + customer.tags[1].name";
    let json = object(json!({
        "customer": {"address": {"city": "Bern"}, "tags": [{"name": "vip"}]}
    }));
    let values: BTreeMap<String, Value> =
        json.iter().map(|(name, value)| (name.clone(), Value::from_json(value))).collect();
    assert_eq!(evaluated(source, &json), Value::text("Bern, vip"));
    assert_eq!(evaluated(source, &values), Value::text("Bern, vip"));
    assert!(evaluated(source, &()).is_null());
    assert!(evaluated("customer.tags.name.more", &json) == evaluated("[null]", &()));
}

#[test]
fn functions_may_be_variables() {
    let add = evaluated("function(a, b) a + b", &());
    let variables = BTreeMap::from([("my sum".to_owned(), add)]);
    assert_eq!(evaluated("my sum(1)", &variables), Value::Null);
    assert_eq!(evaluated("my sum(b: 2, a: 1)", &variables), evaluated("3", &()));
}

#[test]
fn expressions_are_shared_between_threads() {
    let expression = parse("amount * 2");
    let clone = expression.clone();
    assert_eq!(expression, clone);
    assert_ne!(expression, parse("amount*2"));
    assert_eq!(format!("{expression:?}"), "Expression(\"amount * 2\")");
    let threads: Vec<_> = (0..4_i64)
        .map(|amount| {
            let expression = expression.clone();
            std::thread::spawn(move || {
                let variables = object(json!({ "amount": amount }));
                let found = expression.evaluate(&variables, &context()).expect("within limits");
                assert_eq!(found.value, Value::Number((amount * 2).into()));
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("the assertion holds in each thread");
    }
}

#[test]
fn now_is_told_in_the_zone_of_the_context() {
    let mut ctx = context();
    ctx.zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone everybody has");
    let found = parse("string(now())").evaluate(&(), &ctx).expect("within limits");
    assert_eq!(found.value, Value::text("2024-05-06T03:08:09@America/New_York"));
    let found =
        parse("hour = 3 and today() = @\"2024-05-06\"").evaluate(&object(json!({"hour": 3})), &ctx);
    assert_eq!(found.expect("within limits").value, Value::Boolean(true));
}

#[test]
fn warnings_point_at_their_part_of_the_source() {
    let found = parse("1 + missing.part").evaluate(&(), &context()).expect("within limits");
    let spans: Vec<_> =
        found.warnings.iter().map(|warning| (warning.span.start, warning.span.end)).collect();
    assert_eq!(spans, [(4, 16), (0, 16)]);
}
