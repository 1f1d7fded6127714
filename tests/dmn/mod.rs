//! What decisions promise: the conformance kit, tables, boxed expressions, problems and limits.

mod boxed;
mod conformance;
mod description;
mod graph;
mod kit;
mod limits;
mod problems;
mod tables;

use flowstead::core::dmn::{self, Decided, DecisionModel, Limits};
use flowstead::core::feel::{EvaluationContext, Expression, Value};
use serde_json::Value as Json;

/// The namespace of DMN 1.5.
const DMN_1_5: &str = "https://www.omg.org/spec/DMN/20230324/MODEL/";

/// A file of DMN 1.5 with these elements.
fn file(elements: &str) -> String {
    in_namespace(DMN_1_5, "test", elements)
}

/// A file of a version, in a namespace of its own.
fn in_namespace(version: &str, namespace: &str, elements: &str) -> String {
    format!(
        "<definitions xmlns=\"{version}\" id=\"d\" name=\"d\" namespace=\"{namespace}\">\n\
         {elements}\n</definitions>"
    )
}

/// A literal expression.
fn literal(feel: &str) -> String {
    let feel = feel.replace('&', "&amp;").replace('<', "&lt;");
    format!("<literalExpression><text>{feel}</text></literalExpression>")
}

/// A decision with some logic and requirements.
fn decision(name: &str, content: &str) -> String {
    format!("<decision id=\"_{name}\" name=\"{name}\">{content}</decision>")
}

fn parsed(source: &str) -> DecisionModel {
    dmn::parse(source, &[], &Limits::of_tables()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn moment() -> EvaluationContext {
    EvaluationContext::at("2024-05-06T07:08:09Z".parse().expect("a moment"))
}

/// What a decision decides for inputs given as JSON.
fn decided(model: &DecisionModel, name: &str, inputs: &Json) -> Decided {
    let inputs = inputs.as_object().expect("inputs are an object");
    model.decide(name, inputs, &moment(), true).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The value of a constant FEEL expression.
fn feel(source: &str) -> Value {
    let expression = Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression.evaluate(&(), &moment()).expect("constants are small").value
}

/// Checks the value a decision gives without inputs.
fn gives(model: &DecisionModel, name: &str, expected: &str) {
    let found = decided(model, name, &serde_json::json!({}));
    let (value, expected) = (format!("{:?}", found.value), format!("{:?}", feel(expected)));
    assert_eq!(value, expected, "{name}: {:?}", found.warnings);
}
