//! What is wrong with a model is said at the character, all of it at once.

use flowstead::core::dmn::{self, Limits};
use flowstead::core::model::Severity;
use serde_json::json;

use super::{decision, file, literal, moment};

/// The problems of a file as `line:column element message`, without what was expected.
fn problems(source: &str) -> Vec<String> {
    let found = dmn::lint(source, &[], &Limits::of_tables());
    let line = |it: &flowstead::core::model::Problem| {
        let element = it.element_id.as_deref().unwrap_or("-");
        let kind = if it.severity == Severity::Error { "" } else { "warning: " };
        format!("{}:{} {element} {kind}{}", it.line, it.column, it.message)
    };
    found.iter().map(line).collect()
}

#[test]
fn problems_stand_at_their_character() {
    let rows = [
        (decision("d", &literal("1 +")), "2:56 _d expected an expression, found the end"),
        (decision("d", ""), "2:1 _d warning: the decision `d` has no logic"),
        (
            decision(
                "d",
                "<literalExpression expressionLanguage=\"juel\"><text>1</text></literalExpression>",
            ),
            "2:67 _d the expression language `juel` is not understood",
        ),
        (
            decision("d", "<variable name=\"d\" typeRef=\"tX\"/>")
                .replace("</d", &(literal("1") + "</d")),
            "2:56 _d warning: the type `tX` does not exist, so any value is taken",
        ),
        (
            decision(
                "d",
                &("<knowledgeRequirement><requiredKnowledge href=\"#x\"/></knowledgeRequirement>"
                    .to_owned()
                    + &literal("1")),
            ),
            "2:75 _d `d` requires `#x`, which does not exist",
        ),
        (
            decision("d", "<decisionTable hitPolicy=\"LAST\"><output/></decisionTable>"),
            "2:54 _d the hit policy `LAST` is none of the standard's",
        ),
        (
            decision(
                "d",
                "<decisionTable><output/><rule id=\"r\"><outputEntry><text>1</text></outputEntry><outputEntry><text>2</text></outputEntry></rule></decisionTable>",
            ),
            "2:52 r the rule has 0 input and 2 output entries",
        ),
        (
            decision(
                "d",
                "<conditional><if><literalExpression><text>true</text></literalExpression></if></conditional>",
            ),
            "2:28 _d `conditional` has no `then`",
        ),
        (
            decision("d", "<functionDefinition kind=\"Java\"><context/></functionDefinition>"),
            "2:28 _d the function is of the kind `Java`, which is not run",
        ),
        (
            "<import name=\"m\" namespace=\"n\" importType=\"http://www.dmg.org/PMML-4_1\"/>"
                .to_owned(),
            "2:1 - imports of the type `http://www.dmg.org/PMML-4_1` are not read",
        ),
        (
            "<itemDefinition id=\"i\" name=\"t\"><typeRef>t</typeRef></itemDefinition>".to_owned(),
            "2:1 i the type `t` contains itself or too many others",
        ),
    ];
    let differences: Vec<_> = rows
        .iter()
        .map(|(elements, expected)| (problems(&file(elements)), expected))
        .filter(|(found, expected)| !found.iter().any(|it| it == *expected))
        .map(|(found, expected)| format!("expected {expected}\nfound {found:#?}"))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_is_no_model_is_refused() {
    let rows = [
        ("", "1:1 - not well-formed XML"),
        ("<a/>", "1:1 - the outermost element is `a`"),
        ("<!DOCTYPE a><a/>", "1:1 - document type definitions"),
    ];
    for (source, expected) in rows {
        let found = problems(source);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{source}: {found:?}");
    }
}

#[test]
fn elements_that_require_each_other_are_refused() {
    let requires = |name: &str| {
        let reference = format!("<requiredDecision href=\"#_{name}\"/>");
        format!("<informationRequirement>{reference}</informationRequirement>{}", literal("1"))
    };
    let source = file(&(decision("a", &requires("b")) + &decision("b", &requires("a"))));
    let found = dmn::parse_leniently(&source, &[], &Limits::of_tables()).expect_err("a cycle");
    assert_eq!(found[0].message, "`a` requires itself, or something that does");
}

#[test]
fn the_rest_of_a_model_can_be_used_beside_an_expression_that_can_not_be_read() {
    let source = file(&(decision("a", &literal("1 +")) + &decision("b", &literal("2"))));
    assert!(dmn::parse(&source, &[], &Limits::of_tables()).is_err());
    let model =
        dmn::parse_leniently(&source, &[], &Limits::of_tables()).expect("it has a structure");
    let inputs = json!({});
    let inputs = inputs.as_object().expect("an object");
    let decided = |name| model.decide(name, inputs, &moment(), false).expect("it is there");
    assert_eq!(decided("b").value.to_json(), 2);
    let broken = decided("a");
    assert!(broken.value.is_null());
    let warning = broken.warnings[0].to_string();
    assert!(warning.starts_with("`a` at line 2: expected an expression"), "{warning}");
}
