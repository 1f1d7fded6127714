//! Boxed expressions of all kinds, their scopes and types.

use super::{decision, file, gives, literal, parsed};

fn entry(name: &str, expression: &str) -> String {
    if name.is_empty() {
        return format!("<contextEntry>{expression}</contextEntry>");
    }
    format!("<contextEntry><variable name=\"{name}\"/>{expression}</contextEntry>")
}

fn check(expression: &str, expected: &str) {
    gives(&parsed(&file(&decision("d", expression))), "d", expected);
}

#[test]
fn contexts_give_their_entries_or_their_result() {
    let entries = entry("a-b", &literal("1")) + &entry("c", &literal("a-b + 1"));
    check(&format!("<context>{entries}</context>"), "{`a-b`: 1, c: 2}");
    let result = entry("", &literal("c * 10"));
    check(&format!("<context>{entries}{result}</context>"), "20");
}

#[test]
fn functions_see_what_stood_before_them_and_themselves() {
    let factorial = "<functionDefinition><formalParameter name=\"n\" typeRef=\"number\"/>"
        .to_owned()
        + &literal("if n < 2 then one else n * f(n - 1)")
        + "</functionDefinition>";
    let entries = entry("one", &literal("1"))
        + &entry("f", &factorial)
        + &entry("", &literal("[f(5), f(n: 3), f(\"x\")]"));
    check(&format!("<context>{entries}</context>"), "[120, 6, null]");
}

#[test]
fn invocations_bind_by_name() {
    let callee = "<functionDefinition><formalParameter name=\"x\"/><formalParameter name=\"y\"/>"
        .to_owned()
        + &literal("x - y")
        + "</functionDefinition>";
    let bind = |name: &str, feel: &str| {
        format!("<binding><parameter name=\"{name}\"/>{}</binding>", literal(feel))
    };
    let call = |bindings: String| {
        let call = format!("<invocation>{}{bindings}</invocation>", literal("f"));
        format!("<context>{}{}</context>", entry("f", &callee), entry("", &call))
    };
    check(&call(bind("y", "1") + &bind("x", "10")), "9");
    check(&call(bind("y", "1") + &bind("z", "10")), "null");
}

#[test]
fn lists_and_relations_keep_their_order() {
    check(&format!("<list>{}{}</list>", literal("2"), literal("1")), "[2, 1]");
    let row = |a: &str, b: &str| format!("<row>{}{}</row>", literal(a), literal(b));
    let columns = "<column name=\"a\"/><column name=\"b\" typeRef=\"number\"/>";
    let relation = format!("<relation>{columns}{}{}</relation>", row("1", "2"), row("3", "\"x\""));
    check(&relation, "[{a: 1, b: 2}, {a: 3, b: null}]");
}

#[test]
fn conditionals_iterations_and_filters_are_strict_about_booleans() {
    let conditional = |condition: &str| {
        let part = |name: &str, feel: &str| format!("<{name}>{}</{name}>", literal(feel));
        let parts = part("if", condition) + &part("then", "1") + &part("else", "2");
        format!("<conditional>{parts}</conditional>")
    };
    check(&conditional("true"), "1");
    check(&conditional("null"), "2");
    check(&conditional("\"x\""), "null");
    let over = |element: &str, part: &str, source: &str, body: &str| {
        format!(
            "<{element} iteratorVariable=\"it\"><in>{}</in><{part}>{}</{part}></{element}>",
            literal(source),
            literal(body)
        )
    };
    check(&over("for", "return", "[1..3]", "it * 2 + count(partial)"), "[2, 5, 8]");
    check(&over("some", "satisfies", "[1, 2]", "it > 1"), "true");
    check(&over("some", "satisfies", "[1, 2]", "if it > 1 then true else 0"), "null");
    check(&over("every", "satisfies", "[1, 2]", "it > 1"), "false");
    check(&over("every", "satisfies", "[]", "it > 1"), "true");
    check(&over("filter", "match", "[1, 2, 3]", "item > 1"), "[2, 3]");
    check(
        &over("filter", "match", "[{\"x-y\": 1}, {\"x-y\": 2}]", "item.`x-y` > 1"),
        "[{`x-y`: 2}]",
    );
    check(&over("filter", "match", "[1, 2]", "1"), "null");
}

#[test]
fn values_take_the_declared_type_or_become_null() {
    let types = "<itemDefinition name=\"tGrade\"><typeRef>string</typeRef><allowedValues>\
                 <text>\"A\", \"B\"</text></allowedValues></itemDefinition>\
                 <itemDefinition name=\"tGrades\" isCollection=\"true\"><typeRef>tGrade</typeRef>\
                 <typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>\
                 <itemDefinition name=\"tPupil\"><itemComponent name=\"first name\">\
                 <typeRef>string</typeRef></itemComponent><itemComponent name=\"grades\">\
                 <typeRef>tGrades</typeRef></itemComponent></itemDefinition>";
    let of_type = |declared: &str, feel: &str| {
        let variable = format!("<variable name=\"d\" typeRef=\"{declared}\"/>");
        parsed(&file(&(types.to_owned() + &decision("d", &(variable + &literal(feel))))))
    };
    let rows = [
        ("tGrade", "\"A\"", "\"A\""),
        ("tGrade", "\"C\"", "null"),
        ("tGrade", "[\"B\"]", "\"B\""),
        ("tGrades", "\"B\"", "[\"B\"]"),
        ("tGrades", "[\"A\", \"A\"]", "[\"A\", \"A\"]"),
        ("tGrades", "[\"A\", \"A\", \"A\"]", "null"),
        ("tGrades", "[\"A\", \"x\"]", "null"),
        ("tPupil", "{first name: \"P\", grades: [\"A\"]}", "{first name: \"P\", grades: [\"A\"]}"),
        ("tPupil", "{first name: \"P\"}", "null"),
        ("number", "\"5\"", "null"),
        ("feel:date", "date(\"2024-02-29\")", "date(\"2024-02-29\")"),
        ("date and time", "date(\"2024-02-29\")", "date and time(\"2024-02-29T00:00:00Z\")"),
        ("boolean", "\"C\" instance of tGrade", "true"),
    ];
    for (declared, source, expected) in rows {
        gives(&of_type(declared, source), "d", expected);
    }
}
