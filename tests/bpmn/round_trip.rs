//! Files come back as they were, and changes touch nothing else.

use std::path::PathBuf;

use flowstead::core::bpmn::document::Document;
use flowstead::core::bpmn::svg::{Overlays, render};
use flowstead::core::bpmn::{Limits, read_diagram};

use super::{fixture, folder, models};

fn check_round_trip(name: &str, source: &str) {
    let first = Document::read(source, &Limits::default())
        .unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    let written = first.write();
    assert_eq!(written, source, "{name}");
    let second = Document::read(&written, &Limits::default()).expect("it was just read");
    assert_eq!(first, second, "{name}");
}

#[test]
fn fixtures_and_examples_come_back_byte_for_byte() {
    let mut all = models(&folder("tests/fixtures"));
    all.extend(models(&folder("examples")));
    assert!(all.len() > 10);
    for (name, source) in all {
        check_round_trip(&name, &source);
    }
}

#[test]
fn reference_models_of_the_interchange_group_survive() {
    let Some(conformance) = std::env::var_os("FLOWSTEAD_CONFORMANCE").map(PathBuf::from) else {
        eprintln!("skipped: no conformance data");
        return;
    };
    let models = models(&conformance.join("bpmn-miwg"));
    assert!(!models.is_empty());
    for (name, source) in models {
        check_round_trip(&name, &source);
        let diagram = read_diagram(&source, &Limits::default()).expect("it was just read");
        let svg = render(&diagram, &Overlays::default());
        let svg = roxmltree::Document::parse(&svg).expect("a drawing is XML");
        let drawn = svg.descendants().filter(|it| it.has_attribute("data-element-id")).count();
        assert_eq!(drawn, diagram.shapes.len() + diagram.edges.len(), "{name}");
        assert_eq!(drawn_in_file(&source), drawn_in(&diagram), "{name}");
    }
}

/// Shapes and edges of a file's diagrams, counted without our reader.
fn drawn_in_file(source: &str) -> (usize, usize) {
    let document = roxmltree::Document::parse(source).expect("reference models are XML");
    let count = |name: &str| {
        document
            .descendants()
            .filter(|it| it.tag_name().name() == name && it.has_attribute("bpmnElement"))
            .count()
    };
    (count("BPMNShape"), count("BPMNEdge"))
}

fn drawn_in(diagram: &flowstead::core::bpmn::diagram::Diagram) -> (usize, usize) {
    let inner = diagram.details.iter().map(drawn_in);
    inner.fold((diagram.shapes.len(), diagram.edges.len()), |(shapes, edges), more| {
        (shapes + more.0, edges + more.1)
    })
}

#[test]
fn a_change_touches_nothing_else() {
    let source = fixture("foreign.bpmn");
    let mut document = Document::read(&source, &Limits::default()).expect("it can be read");
    let kept = document.find("foreign-model").expect("it is there").attribute("x:kept");
    assert_eq!(kept.as_deref(), Some("a < b &amp; 'c'"));
    let flow = document.find_mut("go").expect("it is there");
    flow.set_attribute("name", "to \"the\" <end> & back");
    flow.set_attribute("x:colour", "blue");
    let start = document.find_mut("start").expect("it is there");
    start.set_attribute("name", "Start");
    start.remove_attribute("missing");
    let expected = source
        .replace(
            "x:colour='red'/>",
            "x:colour=\"blue\" name=\"to &quot;the&quot; &lt;end&gt; &amp; back\"/>",
        )
        .replace("<b:startEvent id=\"start\">", "<b:startEvent id=\"start\" name=\"Start\">");
    assert_eq!(document.write(), expected);
    let again = Document::read(&expected, &Limits::default()).expect("it is still a model");
    let name = again.find("go").expect("it is there").attribute("name");
    assert_eq!(name.as_deref(), Some("to \"the\" <end> & back"));
}

#[test]
fn what_is_no_model_is_refused() {
    for source in ["", "<a>", "<a/>", "<!DOCTYPE a><a/>"] {
        assert!(Document::read(source, &Limits::default()).is_err(), "{source}");
    }
}
