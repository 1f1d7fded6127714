//! Requirement graphs: inputs, business knowledge models, services, imports and versions.

use flowstead::core::dmn::{self, DecisionError, ElementKind, Limits};
use flowstead::core::feel::Value;
use serde_json::{Value as Json, json};

use super::{decided, decision, feel, file, in_namespace, literal, moment, parsed};

/// A requirement of another element.
fn requires(kind: &str, reference: &str) -> String {
    let holder = if kind == "Knowledge" { "knowledge" } else { "information" };
    format!("<{holder}Requirement><required{kind} href=\"{reference}\"/></{holder}Requirement>")
}

fn input(name: &str, declared: &str) -> String {
    format!(
        "<inputData id=\"_{name}\" name=\"{name}\">\
         <variable name=\"{name}\" typeRef=\"{declared}\"/></inputData>"
    )
}

fn knowledge(name: &str, parameter: &str, content: &str, requirements: &str) -> String {
    format!(
        "<businessKnowledgeModel id=\"_{name}\" name=\"{name}\"><encapsulatedLogic>\
         <formalParameter name=\"{parameter}\"/>{content}</encapsulatedLogic>{requirements}\
         </businessKnowledgeModel>"
    )
}

fn value(source: &str, name: &str, inputs: &Json) -> String {
    format!("{:?}", decided(&parsed(source), name, inputs).value)
}

#[test]
fn a_decision_sees_what_it_requires_and_nothing_else_of_the_model() {
    let source = file(
        &(input("amount", "number")
            + &decision("double", &(requires("Input", "#_amount") + &literal("amount * 2")))
            + &decision("sum", &(requires("Decision", "#_double") + &literal("[double, amount]")))),
    );
    assert_eq!(value(&source, "sum", &json!({"amount": 4})), "[8, null]");
    assert_eq!(value(&source, "_double", &json!({"amount": "4"})), "null");
    // What the model does not know as an element is seen by all, as in Camunda 8.
    let source = file(&decision("d", &literal("season = \"Winter\" and not(is cold)")));
    assert_eq!(value(&source, "d", &json!({"season": "Winter", "is cold": false})), "true");
}

#[test]
fn knowledge_is_called_by_position_or_name_and_by_itself() {
    let source = file(
        &(knowledge("even", "n", &literal("if n = 0 then true else not(even(n - 1))"), "")
            + &knowledge(
                "odd",
                "n",
                &literal("not(even(n: n))"),
                &requires("Knowledge", "#_even"),
            )
            + &decision("d", &(requires("Knowledge", "#_odd") + &literal("[odd(3), odd(n: 4)]")))),
    );
    assert_eq!(value(&source, "d", &json!({})), "[true, false]");
    let inputs = [("n".into(), feel("7"))].into_iter().collect();
    let called = parsed(&source).call_knowledge("odd", &inputs, &moment(), false);
    assert_eq!(called.expect("it is there").value, Value::Boolean(true));
}

#[test]
fn a_service_decides_with_what_it_is_given() {
    let part = |name: &str, reference: &str| format!("<{name} href=\"#_{reference}\"/>");
    let service = |outputs: &str| {
        file(
            &(input("x", "number")
                + &decision("given", &literal("1"))
                + &decision("inner", &(requires("Input", "#_x") + &literal("x + 1")))
                + &decision(
                    "outer",
                    &(requires("Decision", "#_inner")
                        + &requires("Decision", "#_given")
                        + &literal("inner * given")),
                )
                + &format!(
                    "<decisionService id=\"_s\" name=\"s\">{outputs}{}{}{}</decisionService>",
                    part("encapsulatedDecision", "inner"),
                    part("inputDecision", "given"),
                    part("inputData", "x")
                )
                + &decision("d", &(requires("Knowledge", "#_s") + &literal("s(2, 10)")))),
        )
    };
    let one = service(&part("outputDecision", "outer"));
    assert_eq!(value(&one, "d", &json!({})), "30");
    let inputs = json!({"x": 4, "given": 3});
    let inputs = inputs.as_object().expect("an object");
    let called = parsed(&one).decide_service("s", inputs, &moment(), false).expect("it is there");
    assert_eq!(called.value.to_json(), 15);
    let two = service(&(part("outputDecision", "outer") + &part("outputDecision", "inner")));
    assert_eq!(value(&two, "d", &json!({})), "{outer: 30, inner: 3}");
}

#[test]
fn imports_bring_types_functions_and_decisions_under_their_name() {
    let library = in_namespace(
        super::DMN_1_5,
        "library",
        &("<itemDefinition name=\"tAge\"><typeRef>number</typeRef><allowedValues>\
           <text>&gt;= 0</text></allowedValues></itemDefinition>"
            .to_owned()
            + &knowledge("Say Hello", "name", &literal("\"Hello \" + name"), "")
            + &input("age", "tAge")
            + &decision("next", &(requires("Input", "#_age") + &literal("age + 1")))),
    );
    let import = "<import namespace=\"library\" name=\"my-lib\" importType=\"DMN\"/>";
    let source = file(
        &(import.to_owned()
            + &decision(
                "d",
                &("<variable name=\"d\"/>".to_owned()
                    + &requires("Knowledge", "library#_Say Hello")
                    + &requires("Decision", "library#_next")
                    + &literal(
                        "[my-lib.Say Hello(\"A\"), my-lib.next, 5 instance of my-lib.tAge]",
                    )),
            )),
    );
    let model = dmn::parse(&source, &[&library], &Limits::of_tables()).expect("both are right");
    for inputs in [json!({"age": 4}), json!({"my-lib": {"age": 4}})] {
        let found = decided(&model, "d", &inputs);
        assert_eq!(found.value.to_json(), json!(["Hello A", 5, true]), "{:?}", found.warnings);
    }
    assert_eq!(decided(&model, "d", &json!({"age": -4})).value.to_json()[1], Json::Null);
    let problems = dmn::lint(&source, &[], &Limits::of_tables());
    assert!(problems.iter().any(|it| it.message.contains("`library` is not at hand")));
}

#[test]
fn every_version_of_the_standard_is_read() {
    for version in [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ] {
        let source = in_namespace(version, "n", &decision("d", &literal("1 + 1")));
        assert_eq!(value(&source, "d", &json!({})), "2", "{version}");
    }
}

#[test]
fn elements_can_be_listed_and_what_is_not_there_is_an_error() {
    let model = parsed(&file(&(input("x", "number") + &decision("d", &literal("1")))));
    let kinds: Vec<_> = model.elements().map(|it| (it.kind, &*it.name)).collect();
    assert_eq!(kinds, [(ElementKind::Input, "x"), (ElementKind::Decision, "d")]);
    let missing = model.decide("x", &(), &moment(), false).expect_err("it is no decision");
    assert!(matches!(missing, DecisionError::NotFound { .. }));
    let wanted = "expected the id or name of a decision of the model, found `x`";
    assert_eq!(missing.to_string(), wanted);
}
