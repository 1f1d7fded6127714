//! `flowstead feel eval` and `flowstead dmn eval`: JSON in and out, one case or many.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use super::Folder;
use crate::support::server::{PROGRAM, run_program};

const MODEL: &str = r##"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m"
    name="m" namespace="m">
  <inputData id="_age" name="Age"><variable name="Age" typeRef="number"/></inputData>
  <decision id="_rate" name="Rate">
    <informationRequirement><requiredInput href="#_age"/></informationRequirement>
    <decisionTable id="t" hitPolicy="FIRST">
      <input><inputExpression><text>Age</text></inputExpression></input>
      <output name="rate"/>
      <rule id="r1"><inputEntry><text>&lt; 18</text></inputEntry>
        <outputEntry><text>0.5</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>1</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="_due" name="Due"><variable name="Due" typeRef="date"/>
    <literalExpression><text>from + duration("P1D")</text></literalExpression></decision>
  <decisionService id="_s" name="Pricing"><outputDecision href="#_rate"/>
    <inputData href="#_age"/></decisionService>
  <businessKnowledgeModel id="_b" name="Twice"><encapsulatedLogic><formalParameter name="n"/>
    <literalExpression><text>n * 2</text></literalExpression></encapsulatedLogic>
  </businessKnowledgeModel>
</definitions>
"##;

/// The answers to lines of JSON.
fn answers(command: &str, cases: &[Json]) -> Vec<Json> {
    let mut process = Command::new(PROGRAM)
        .args([command, "eval", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines: Vec<_> = cases.iter().map(Json::to_string).collect();
    let mut input = process.stdin.take().expect("its input is a pipe");
    input.write_all(lines.join("\n").as_bytes()).expect("the cases fit into the pipe");
    drop(input);
    let output = process.wait_with_output().expect("the program ends");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("its output is text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn an_expression_is_evaluated_over_a_file_of_variables() {
    let folder = Folder::new();
    let context =
        folder.write("c.json", r#"{"a-b": 2, "on": {"$feel": "date", "value": "2024-02-28"}}"#);
    let run =
        |expression: &str| run_program(&["feel", "eval", expression, "--context", &context], &[]);
    assert_eq!(run("a-b * 21").1, "42\n");
    let expected = json!({"$feel": "date", "value": "2024-02-29"});
    let found: Json = serde_json::from_str(&run("on + @\"P1D\"").1).expect("JSON");
    assert_eq!(found, expected);
    let (code, output, errors) = run("nothing + 1");
    assert_eq!((code, output.as_str()), (0, "null\n"));
    assert!(errors.contains("warning: expected a variable named `nothing`"), "{errors}");
    let (code, _, errors) = run("1 + ) 2");
    let wanted =
        "error: expected an expression, found `)` at line 1, column 5\n  1 + ) 2\n      ^\n";
    assert_eq!((code, errors.as_str()), (1, wanted));
}

#[test]
fn many_expressions_are_answered_line_by_line() {
    let cases = [
        json!({"id": 1, "kind": "expression", "expression": "x + 1", "context": {"x": 1}}),
        json!({"id": 2, "kind": "unary-tests", "expression": "[1..5], > x", "context": {"x": 9}, "input": 7}),
        json!({"id": 3, "kind": "expression", "expression": "1 +", "context": {}}),
        json!({"id": 4, "kind": "expression", "expression": "1/3"}),
        json!({"id": 5, "kind": "expression", "expression": "t.hour", "context": {"t": {"$feel": "time", "value": "10:30:00Z"}}}),
        json!({"id": 6, "expression": "x", "context": {"x": {"$feel": "date", "value": "soon"}}}),
        json!({"id": "seven"}),
    ];
    let wanted = [
        json!({"value": 2, "id": 1}),
        json!({"value": false, "id": 2}),
        json!({"id": 3, "error": "expected an expression, found the end at line 1, column 4"}),
        json!({"value": {"$feel": "number", "value": "0.3333333333333333333333333333333333"}, "id": 4}),
        json!({"value": 10, "id": 5}),
        json!({"id": 6, "error": "expected the text of a value of type `date`, found `soon`"}),
    ];
    let found = answers("feel", &cases);
    assert_eq!(found[..6], wanted);
    assert_eq!(found[6]["id"], "seven");
    assert!(found[6]["error"].as_str().is_some_and(|it| it.contains("missing field `expression`")));
}

#[test]
fn a_decision_is_evaluated_and_traced() {
    let folder = Folder::new();
    let (model, context) = (folder.write("m.dmn", MODEL), folder.write("c.json", r#"{"Age": 17}"#));
    let run = |more: &[&str]| {
        let (code, output, errors) = run_program(&[&["dmn", "eval", &model], more].concat(), &[]);
        assert_eq!((code, errors.as_str()), (0, ""), "{output}");
        serde_json::from_str::<Json>(&output).expect("JSON")
    };
    assert_eq!(run(&["--decision", "Rate", "--context", &context]), json!(0.5));
    assert_eq!(run(&["--decision", "_rate"]), json!(1));
    assert_eq!(run(&["--decision", "Pricing", "--context", &context]), json!(0.5));
    let traced = run(&["--decision", "Rate", "--context", &context, "--trace"]);
    assert_eq!(traced["value"], 0.5);
    assert_eq!(traced["trace"]["tables"][0]["rules"][0]["id"], "r1");
    let (code, _, errors) = run_program(&["dmn", "eval", &model, "--decision", "x"], &[]);
    let wanted = "error: expected the id or name of a decision of the model, found `x`\n";
    assert_eq!((code, errors.as_str()), (1, wanted));
}

#[test]
fn what_can_not_be_read_is_located_in_the_file() {
    let folder = Folder::new();
    let broken = MODEL.replace("from + duration(\"P1D\")", "from +");
    let model = folder.write("m.dmn", &broken);
    let (code, output, errors) = run_program(&["dmn", "eval", &model, "--decision", "Due"], &[]);
    assert_eq!((code, output.as_str()), (0, "null\n"));
    let place = format!("{model}:17:36 _due: expected an expression, found the end");
    assert!(errors.starts_with(&place), "{errors}");
    let (code, output, _) = run_program(&["lint", &model], &[]);
    assert_eq!(code, 1);
    assert!(output.contains(&place), "{output}");
    let (code, output, _) = run_program(&["lint", &folder.write("n.dmn", MODEL)], &[]);
    assert_eq!((code, output.as_str()), (0, "1 file accepted\n"));
}

#[test]
fn many_decisions_are_answered_line_by_line() {
    let folder = Folder::new();
    let model = folder.write("m.dmn", MODEL);
    let cases = [
        json!({"id": "a", "model": model, "imports": [], "invoke": "decision", "decisions": ["Rate", "Due"],
            "inputs": {"Age": 40, "from": {"$feel": "date", "value": "2024-12-31"}}}),
        json!({"id": "b", "model": model, "invoke": "decisionService", "invocable": "Pricing", "decisions": ["Rate"],
            "inputs": {"Age": 3}}),
        json!({"id": "c", "model": model, "invoke": "bkm", "invocable": "Twice", "decisions": ["Twice"],
            "inputs": {"n": 4}}),
        json!({"id": "d", "model": model, "invoke": "decision", "decisions": ["Nothing"], "inputs": {}}),
        json!({"id": "e", "model": folder.at("none.dmn"), "invoke": "decision", "decisions": ["x"]}),
    ];
    let found = answers("dmn", &cases);
    let due = json!({"$feel": "date", "value": "2025-01-01"});
    assert_eq!(found[0], json!({"values": {"Rate": 1, "Due": due}, "id": "a"}));
    assert_eq!(found[1], json!({"values": {"Rate": 0.5}, "id": "b"}));
    assert_eq!(found[2], json!({"values": {"Twice": 8}, "id": "c"}));
    let wanted = "expected the id or name of a decision of the model, found `Nothing`";
    assert_eq!(found[3], json!({"id": "d", "error": wanted}));
    assert!(found[4]["error"].as_str().is_some_and(|it| it.contains("can't read")));
}
