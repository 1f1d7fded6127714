//! Decision tables: hit policies, aggregators, defaults, the index of large ones, and the trace.

use std::fmt::Write as _;

use flowstead::core::dmn::RecordLimits;
use serde_json::{Value as Json, json};

use super::{decided, decision, feel, file, moment, parsed};

/// A table over the inputs `a` and `b`; a rule is its tests and then its outputs.
fn table(attributes: &str, outputs: &[(&str, &str)], rules: &[&[&str]]) -> String {
    let mut text = format!("<decisionTable id=\"t\" {attributes}>");
    for input in ["a", "b"] {
        let _ =
            write!(text, "<input><inputExpression><text>{input}</text></inputExpression></input>");
    }
    for (name, values) in outputs {
        let values = if values.is_empty() {
            String::new()
        } else {
            format!("<outputValues><text>{values}</text></outputValues>")
        };
        let _ = write!(text, "<output name=\"{name}\">{values}</output>");
    }
    for (number, rule) in rules.iter().enumerate() {
        let _ = write!(text, "<rule id=\"r{}\">", number + 1);
        for (column, cell) in rule.iter().enumerate() {
            let kind = if column < 2 { "inputEntry" } else { "outputEntry" };
            let cell = cell.replace('<', "&lt;");
            let _ = write!(text, "<{kind}><text>{cell}</text></{kind}>");
        }
        text.push_str("</rule>");
    }
    text + "</decisionTable>"
}

fn value_of(table: &str, inputs: &Json) -> String {
    let model = parsed(&file(&decision("d", table)));
    format!("{:?}", decided(&model, "d", inputs).value)
}

#[test]
fn each_hit_policy_gives_what_the_standard_says() {
    let rules: &[&[&str]] =
        &[&["> 10", "-", "3"], &["> 5", "\"x\"", "1"], &["> 7", "\"x\",\"y\"", "2"]];
    let values = "1, 2, 3";
    let rows = [
        ("", "8", "\"y\"", "2"),
        ("", "20", "\"x\"", "null"),
        ("hitPolicy=\"UNIQUE\"", "1", "\"y\"", "null"),
        ("hitPolicy=\"FIRST\"", "20", "\"x\"", "3"),
        ("hitPolicy=\"PRIORITY\"", "20", "\"x\"", "1"),
        ("hitPolicy=\"ANY\"", "20", "\"x\"", "null"),
        ("hitPolicy=\"ANY\"", "20", "\"z\"", "3"),
        ("hitPolicy=\"RULE ORDER\"", "20", "\"x\"", "[3, 1, 2]"),
        ("hitPolicy=\"OUTPUT ORDER\"", "20", "\"x\"", "[1, 2, 3]"),
        ("hitPolicy=\"COLLECT\"", "20", "\"x\"", "[3, 1, 2]"),
        ("hitPolicy=\"COLLECT\"", "1", "\"x\"", "null"),
        ("hitPolicy=\"COLLECT\" aggregation=\"SUM\"", "20", "\"x\"", "6"),
        ("hitPolicy=\"COLLECT\" aggregation=\"COUNT\"", "20", "\"x\"", "3"),
        ("hitPolicy=\"COLLECT\" aggregation=\"MIN\"", "20", "\"x\"", "1"),
        ("hitPolicy=\"COLLECT\" aggregation=\"MAX\"", "20", "\"x\"", "3"),
    ];
    for (attributes, a, b, expected) in rows {
        let inputs = json!({"a": feel(a).to_json(), "b": feel(b).to_json()});
        let found = value_of(&table(attributes, &[("o", values)], rules), &inputs);
        assert_eq!(found, format!("{:?}", feel(expected)), "{attributes} {a} {b}");
    }
}

#[test]
fn several_outputs_are_a_context() {
    let rules: &[&[&str]] = &[&["1", "-", "\"x\"", "a + 1"], &["-", "-", "\"y\"", "0"]];
    let outputs = [("name", "\"y\", \"x\""), ("some number", "")];
    let inputs = json!({"a": 1, "b": 0});
    let first = value_of(&table("hitPolicy=\"FIRST\"", &outputs, rules), &inputs);
    assert_eq!(first, "{name: \"x\", some number: 2}");
    let best = value_of(&table("hitPolicy=\"PRIORITY\"", &outputs, rules), &inputs);
    assert_eq!(best, "{name: \"y\", some number: 0}");
}

#[test]
fn without_a_matching_rule_the_default_counts() {
    let text = table("", &[("o", "")], &[&["1", "-", "1"]]);
    let default = "<defaultOutputEntry><text>9</text></defaultOutputEntry></output>";
    let text = text.replace("</output>", default);
    assert_eq!(value_of(&text, &json!({"a": 2, "b": 0})), "9");
    assert_eq!(value_of(&text, &json!({"a": 1, "b": 0})), "1");
}

#[test]
fn an_input_that_is_not_allowed_gives_null_and_says_so() {
    let text = table("", &[("o", "")], &[&["-", "-", "1"]]);
    let allowed = "</inputExpression><inputValues><text>1, 2</text></inputValues>";
    let text = text.replacen("</inputExpression>", allowed, 1);
    assert_eq!(value_of(&text, &json!({"a": 2, "b": 0})), "1");
    let model = parsed(&file(&decision("d", &text)));
    let found = decided(&model, "d", &json!({"a": 3, "b": 0}));
    assert!(found.value.is_null());
    assert!(found.warnings[0].to_string().contains("allowed value of `a`"), "{:?}", found.warnings);
}

/// A test of a cell, as FEEL and as a function.
fn cell(seed: u64) -> (String, Box<dyn Fn(i64) -> bool>) {
    let low = i64::try_from(seed / 7 % 40).expect("small");
    let high = low + i64::try_from(seed / 300 % 20).expect("small");
    match seed % 7 {
        0 => (format!("{low}"), Box::new(move |it| it == low)),
        1 => (format!("{low}, {high}"), Box::new(move |it| it == low || it == high)),
        2 => (format!("[{low}..{high}]"), Box::new(move |it| it >= low && it <= high)),
        3 => (format!("({low}..{high})"), Box::new(move |it| it > low && it < high)),
        4 => (format!("< {low}"), Box::new(move |it| it < low)),
        5 => (format!(">= {high}, {low}"), Box::new(move |it| it >= high || it == low)),
        _ => (format!("not({low})"), Box::new(move |it| it != low)),
    }
}

#[test]
fn an_indexed_table_decides_as_a_scan_would() {
    for seed in 0..20_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let (mut rows, mut tests) = (Vec::new(), Vec::new());
        for number in 0..60 {
            let (first, fits) = cell(next());
            let is_any = next() % 3 == 0;
            let letter = ["x", "y", "z"][usize::try_from(next() % 3).expect("small")];
            let second = if is_any { "-".to_owned() } else { format!("\"{letter}\"") };
            rows.push([first, second, number.to_string()]);
            tests.push((fits, is_any, letter));
        }
        let rows: Vec<Vec<&str>> =
            rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let text = table("hitPolicy=\"RULE ORDER\"", &[("o", "")], &rows);
        let model = parsed(&file(&decision("d", &text)));
        for a in -1..62 {
            for b in ["x", "z", "other"] {
                let matching: Vec<_> = (0..60)
                    .filter(|number| {
                        let (fits, is_any, letter) = &tests[*number];
                        fits(a) && (*is_any || *letter == b)
                    })
                    .collect();
                let expected = if matching.is_empty() { json!(null) } else { json!(matching) };
                let found = decided(&model, "d", &json!({"a": a, "b": b}));
                assert_eq!(found.value.to_json(), expected, "seed {seed}, {a}, {b}");
            }
        }
    }
}

#[test]
fn an_indexed_table_takes_dates_and_inputs_of_other_types() {
    let rows: Vec<[String; 3]> = (1..=28)
        .map(|day| {
            let date = format!("@\"2024-02-{day:02}\"");
            [format!("[{date}..@\"2024-02-28\"]"), "-".to_owned(), day.to_string()]
        })
        .collect();
    let rows: Vec<Vec<&str>> =
        rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let text = table("hitPolicy=\"COLLECT\" aggregation=\"COUNT\"", &[("o", "")], &rows);
    let text = text.replacen("<text>a</text>", "<text>if a = 0 then null else date(a)</text>", 1);
    assert_eq!(value_of(&text, &json!({"a": "2024-02-03", "b": 0})), "3");
    assert_eq!(value_of(&text, &json!({"a": "2024-01-03", "b": 0})), "null");
    assert_eq!(value_of(&text, &json!({"a": 0, "b": 0})), "null");
}

#[test]
fn a_large_indexed_table_does_not_pay_for_its_rules() {
    let rows: Vec<[String; 3]> = (0..10_000)
        .map(|number| [format!("\"k{number}\""), format!("> {number}"), number.to_string()])
        .collect();
    let rows: Vec<Vec<&str>> =
        rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let model = parsed(&file(&decision("d", &table("", &[("o", "")], &rows))));
    let mut tight = super::moment();
    tight.limits.fuel = 100;
    let inputs = json!({"a": "k9999", "b": 10_000});
    let inputs = inputs.as_object().expect("an object");
    let found = model.decide("d", inputs, &tight, false).expect("a look-up costs little");
    assert_eq!(found.value.to_json(), 9_999);
}

#[test]
fn the_trace_tells_which_rules_matched_and_why() {
    let rules: &[&[&str]] = &[&["> 10", "-", "3"], &["> 5", "\"x\"", "1"], &["< 5", "-", "2"]];
    let text = table("hitPolicy=\"RULE ORDER\"", &[("o", "")], rules);
    let text = text.replacen(
        "</outputEntry></rule>",
        "</outputEntry><annotationEntry><text>large</text></annotationEntry></rule>",
        1,
    );
    let model = parsed(&file(&decision("d", &text)));
    let trace = decided(&model, "d", &json!({"a": 20, "b": "x"})).trace.expect("it was asked for");
    assert_eq!(
        trace.to_json(),
        json!({
            "decisions": [{"id": "_d", "name": "d", "value": [3, 1]}],
            "tables": [{
                "owner": "d",
                "id": "t",
                "hit_policy": "RULE ORDER",
                "inputs": [{"label": "a", "value": 20}, {"label": "b", "value": "x"}],
                "rules": [
                    {"number": 1, "id": "r1", "tests": ["> 10", "-"], "annotations": ["large"]},
                    {"number": 2, "id": "r2", "tests": ["> 5", "\"x\""], "annotations": []},
                ],
                "value": [3, 1],
            }],
        })
    );
}

#[test]
fn a_record_keeps_what_was_read_and_leaves_out_what_is_too_large() {
    let rule = "<rule><inputEntry><text>&gt; 0</text></inputEntry><outputEntry><text>order.rate\
                </text></outputEntry></rule>";
    let table = format!(
        "<decisionTable hitPolicy=\"COLLECT\"><input><inputExpression><text>amount</text>\
         </inputExpression></input><output/>{}</decisionTable>",
        rule.repeat(3)
    );
    let model = parsed(&file(&decision("d", &table)));
    let inputs = json!({ "amount": 5, "order": { "rate": 2, "other": "x" }, "unused": 1 });
    let inputs = inputs.as_object().expect("an object");
    let record = model.evaluate("d", inputs, &moment(), &RecordLimits::default());
    let record = record.expect("it is small");
    assert_eq!(record.output, json!([2, 2, 2]));
    assert_eq!(record.inputs, json!({ "amount": 5, "order.rate": 2 }));
    let rules = record.trace["tables"][0]["rules"].as_array().map(Vec::len);
    assert_eq!((rules, record.trace.get("left_out")), (Some(3), None));

    let bounds = RecordLimits { input_bytes: 1, trace_bytes: 60 };
    let record = model.evaluate("d", inputs, &moment(), &bounds).expect("it is small");
    assert_eq!(record.output, json!([2, 2, 2]), "the result is whole");
    assert!(record.trace_bytes <= 60);
    let left_out = json!({ "parts": 1, "inputs": ["order.rate"] });
    assert_eq!(record.trace["left_out"], left_out, "{}", record.trace);
    let bounds = RecordLimits { input_bytes: 0, trace_bytes: 0 };
    let record = model.evaluate("d", inputs, &moment(), &bounds).expect("it is small");
    assert_eq!((&record.inputs, record.trace_bytes), (&json!({}), 0));
    assert_eq!(record.trace["left_out"]["inputs"], json!(["amount", "order.rate"]));
}
