//! What people are shown of a model: what stands in it, and its requirements as a drawing.

use flowstead::core::dmn::{self, Description, Limits};

use super::{decision, file, literal};

fn described(source: &str) -> Description {
    dmn::describe(source, &Limits::of_tables()).expect("the model can be read")
}

/// Titles and labels of a drawing, which must be XML.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("a drawing is XML");
    let is_text =
        |it: &roxmltree::Node<'_, '_>| it.has_tag_name(("http://www.w3.org/2000/svg", "text"));
    document.descendants().filter(is_text).filter_map(|it| it.text().map(str::to_owned)).collect()
}

#[test]
fn tables_are_described_as_they_are_written() {
    let source = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/travel-allowance/rates.dmn"
    ));
    let description = described(&source.expect("the example is there"));
    let names: Vec<&str> = description.elements.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["country", "days", "Daily rate", "Approval level", "Travel allowance"]);
    let rate = &description.elements[2];
    assert_eq!(rate.question.as_deref(), Some("What is paid for a day in this country?"));
    let table = &rate.tables[0];
    assert_eq!((&*table.hit_policy, table.rules.len()), ("UNIQUE", 6));
    assert_eq!((&*table.inputs[0].label, &*table.inputs[0].expression), ("Country", "country"));
    assert_eq!(table.rules[1].tests, ["\"DE\", \"AT\""]);
    assert_eq!(
        (&*table.rules[0].outputs[0], &*table.rules[0].annotations[0]),
        ("70", "Alps included")
    );
    let lines: Vec<(usize, &str, &str)> = description.elements[4]
        .lines
        .iter()
        .map(|it| (it.depth, it.label.as_str(), it.text.as_str()))
        .collect();
    let expected = [
        (0, "", "context"),
        (1, "rate", "Daily rate"),
        (1, "total", "rate * days"),
        (1, "approval", "Approval level"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(description.requirements.len(), 6);
    let drawn = dmn::draw(&description);
    assert!(drawn.contains("viewBox=\"40.0 60.0 540.0 410.0\""), "{drawn}");
    assert_eq!(
        texts(&drawn),
        ["country", "days", "Daily rate", "Approval level", "Travel allowance"]
    );
}

#[test]
fn every_kind_of_expression_has_lines() {
    let content = format!(
        "<context><contextEntry><variable name=\"f\"/><functionDefinition><formalParameter \
         name=\"x\"/>{one}</functionDefinition></contextEntry><contextEntry><variable \
         name=\"all\"/><for iteratorVariable=\"i\"><in>{one}</in><return>{one}</return></for>\
         </contextEntry><contextEntry><relation><column name=\"a\"/><row>{one}</row></relation>\
         </contextEntry></context>",
        one = literal("1")
    );
    let description = described(&file(&decision("d", &content)));
    let lines: Vec<String> = description.elements[0]
        .lines
        .iter()
        .map(|it| format!("{}{}={}", " ".repeat(it.depth), it.label, it.text))
        .collect();
    let expected = [
        "=context",
        " f=function(x)",
        "  gives=1",
        " all=for i",
        "  in=1",
        "  return=1",
        " result=relation",
        "  row 1=",
        "   a=1",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn what_nobody_drew_is_laid_out_in_layers() {
    let require = |id: &str| {
        format!(
            "<informationRequirement><requiredDecision href=\"#_{id}\"/></informationRequirement>"
        )
    };
    let source = file(&format!(
        "{}{}{}",
        decision("top", &(require("middle") + &require("low") + &literal("1"))),
        decision("middle", &(require("low") + &literal("1"))),
        decision("low", &literal("1"))
    ));
    let drawn = dmn::draw(&described(&source));
    let document = roxmltree::Document::parse(&drawn).expect("a drawing is XML");
    let rows: Vec<&str> = document
        .descendants()
        .filter(|it| it.tag_name().name() == "rect")
        .filter_map(|it| it.attribute("y"))
        .collect();
    assert_eq!(rows, ["0.0", "112.0", "224.0"], "what is required stands below");
    assert_eq!(drawn.matches("d-arrow").count(), 3);
}

#[test]
fn hostile_names_stay_text_and_cycles_end() {
    let name = "&lt;script&gt;alert(&apos;1&apos;)&lt;/script&gt; &amp; &quot;";
    let source = file(&format!(
        "<decision id=\"a\" name=\"{name}\"><informationRequirement><requiredDecision \
         href=\"#b\"/></informationRequirement>{one}</decision><decision id=\"b\" name=\"b\">\
         <informationRequirement><requiredDecision href=\"#a\"/></informationRequirement>{one}\
         </decision>",
        one = literal("1")
    ));
    let drawn = dmn::draw(&described(&source));
    assert!(!drawn.contains("<script"), "{drawn}");
    assert_eq!(texts(&drawn)[..2], ["<script>alert('1')</script>", "& \""]);
    assert_eq!(dmn::draw(&described(&file(""))), "");
    assert!(dmn::describe("<other/>", &Limits::of_tables()).is_none());
}
