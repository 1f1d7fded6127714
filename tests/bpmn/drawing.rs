//! Diagrams are read, completed and drawn.

use flowstead::core::bpmn::diagram::{
    ActivityKind, Bounds, Diagram, EdgeKind, EventMark, EventPosition, GatewayMark, Point,
    Repetition, Shape, ShapeKind,
};
use flowstead::core::bpmn::svg::{ElementOverlay, Overlays, render};
use flowstead::core::bpmn::{Limits, parse, read_diagram};

use super::{fixture, folder, models};

const SVG: &str = "http://www.w3.org/2000/svg";

fn diagram(source: &str) -> Diagram {
    read_diagram(source, &Limits::default()).expect("the source can be read")
}

fn shape<'d>(diagram: &'d Diagram, id: &str) -> &'d Shape {
    let found = diagram.shapes.iter().find(|it| it.element_id == id);
    found.unwrap_or_else(|| panic!("{id} is drawn"))
}

/// A file without its diagram.
fn without_diagram(source: &str) -> String {
    let start = source.find("  <bpmndi:BPMNDiagram").expect("fixtures have a diagram");
    format!("{}</bpmn:definitions>\n", &source[..start])
}

#[test]
fn a_diagram_is_what_the_file_says() {
    let diagram = diagram(&fixture("events.bpmn"));
    assert_eq!(diagram.element_id.as_deref(), Some("events"));
    assert_eq!(diagram.name.as_deref(), Some("All events"));
    let timer = shape(&diagram, "every_ten");
    assert_eq!(timer.bounds, Bounds { x: 907.0, y: 162.0, width: 36.0, height: 36.0 });
    assert_eq!(timer.name.as_deref(), Some("Every ten minutes"));
    let ShapeKind::Event(event) = timer.kind else { panic!("it is an event") };
    assert_eq!(event.position, EventPosition::Boundary);
    assert_eq!(event.mark, Some(EventMark::Timer));
    assert!(!event.is_interrupting);
    let first = &diagram.edges[0];
    assert_eq!(first.waypoints, [Point { x: 196.0, y: 140.0 }, Point { x: 262.0, y: 140.0 }]);
}

#[test]
fn kinds_of_shapes_and_edges_are_told_apart() {
    let scopes = diagram(&fixture("scopes.bpmn"));
    let ShapeKind::Activity(each) = shape(&scopes, "each").kind else { panic!("an activity") };
    let plain = ActivityKind::SubProcess {
        is_transaction: false,
        is_ad_hoc: false,
        is_expanded: true,
        is_event: false,
    };
    assert_eq!(each.kind, plain);
    assert_eq!(each.repetition, Some(Repetition::Sequential));
    let gateways = diagram(&fixture("gateways.bpmn"));
    let kind = |id: &str| gateways.edges.iter().find(|it| it.element_id == id).map(|it| it.kind);
    let sequence =
        |is_default, is_conditional| Some(EdgeKind::Sequence { is_default, is_conditional });
    assert_eq!(kind("choose_a"), sequence(false, false));
    assert_eq!(kind("choose_other"), sequence(true, false));
    let collaboration = diagram(&fixture("collaboration.bpmn"));
    assert_eq!(shape(&collaboration, "shop").kind, ShapeKind::Participant { is_horizontal: true });
    assert_eq!(
        shape(&collaboration, "note").name.as_deref(),
        Some("Ask for the colour & the size")
    );
    let kinds: Vec<EdgeKind> = collaboration.edges.iter().map(|it| it.kind).collect();
    assert!(kinds.contains(&EdgeKind::Message) && kinds.contains(&EdgeKind::DataAssociation));
}

#[test]
fn several_triggers_and_what_instantiates_have_marks_of_their_own() {
    let diagram = diagram(&fixture("multiple.bpmn"));
    let event = |id: &str| match shape(&diagram, id).kind {
        ShapeKind::Event(event) => event.mark,
        _ => None,
    };
    for (id, mark) in [
        ("any", EventMark::Multiple),
        ("all", EventMark::ParallelMultiple),
        ("large", EventMark::Conditional),
        ("every", EventMark::ParallelMultiple),
        ("tell", EventMark::Multiple),
        ("note", EventMark::ParallelMultiple),
        ("over", EventMark::Multiple),
    ] {
        assert_eq!(event(id), Some(mark), "{id}");
    }
    for (id, mark) in [
        ("first", GatewayMark::InstantiatingEventBased),
        ("both", GatewayMark::ParallelEventBased),
        ("some", GatewayMark::Complex),
    ] {
        assert_eq!(shape(&diagram, id).kind, ShapeKind::Gateway(mark), "{id}");
    }
    let ShapeKind::Activity(asked) = shape(&diagram, "asked").kind else { panic!("an activity") };
    assert_eq!(asked.kind, ActivityKind::InstantiatingReceive);
}

#[test]
fn a_condition_behind_an_activity_is_marked() {
    let source = fixture("tasks.bpmn");
    let at = source.find(" sourceRef=\"service\"").expect("it is there");
    let end = at + source[at..].find(" />").expect("it is closed");
    let condition = "><bpmn:conditionExpression>= x</bpmn:conditionExpression></bpmn:sequenceFlow>";
    let diagram = diagram(&format!("{}{condition}{}", &source[..end], &source[end + 3..]));
    let kinds = diagram.edges.iter().map(|it| it.kind);
    let marked = EdgeKind::Sequence { is_default: false, is_conditional: true };
    assert_eq!(kinds.filter(|it| *it == marked).count(), 1);
}

#[test]
fn what_has_no_place_is_laid_out_without_overlap() {
    for (name, source) in models(&folder("examples")) {
        let whole = diagram(&source);
        let laid_out = diagram(&without_diagram(&source));
        assert_eq!(laid_out.shapes.len(), whole.shapes.len(), "{name}");
        assert_eq!(laid_out.edges.len(), whole.edges.len(), "{name}");
        assert_eq!(laid_out, diagram(&without_diagram(&source)), "always the same");
        check_apart(&name, &laid_out);
    }
}

fn check_apart(name: &str, diagram: &Diagram) {
    let is_boundary = |it: &Shape| match it.kind {
        ShapeKind::Event(event) => event.position == EventPosition::Boundary,
        _ => false,
    };
    for (at, a) in diagram.shapes.iter().enumerate() {
        for b in &diagram.shapes[at + 1..] {
            let may_touch = [a, b].iter().any(|it| it.kind.is_container() || is_boundary(it));
            let is_apart = a.bounds.right() < b.bounds.x
                || b.bounds.right() < a.bounds.x
                || a.bounds.bottom() < b.bounds.y
                || b.bounds.bottom() < a.bounds.y;
            assert!(may_touch || is_apart, "{name}: {} and {}", a.element_id, b.element_id);
        }
    }
}

#[test]
fn what_is_missing_in_a_diagram_is_added_below_it() {
    let source = fixture("gateways.bpmn");
    let start = source.find("      <bpmndi:BPMNShape id=\"too_late_shape\"").expect("it is there");
    let end = source.find("      <bpmndi:BPMNEdge id=\"flow_1_edge\"").expect("it is there");
    let partial = diagram(&format!("{}{}", &source[..start], &source[end..]));
    let bottom = shape(&partial, "g").bounds.bottom();
    assert!(shape(&partial, "too_late").bounds.y > bottom);
    assert_eq!(partial.edges.len(), diagram(&source).edges.len());
}

#[test]
fn flows_back_and_cycles_are_laid_out() {
    let source = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
      <process id="p"><startEvent id="s"/><task id="a"/><task id="b"/>
      <sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
      <sequenceFlow id="f2" sourceRef="a" targetRef="b"/>
      <sequenceFlow id="f3" sourceRef="b" targetRef="a"/>
      <sequenceFlow id="f4" sourceRef="b" targetRef="b"/></process></definitions>"#;
    let diagram = diagram(source);
    assert!(shape(&diagram, "a").bounds.right() < shape(&diagram, "b").bounds.x);
    assert_eq!(diagram.edges.len(), 4);
    let back = &diagram.edges[2].waypoints;
    assert!(back[1].y > shape(&diagram, "a").bounds.bottom(), "it runs below");
}

#[test]
fn a_long_chain_is_laid_out_without_recursion() {
    let tasks: Vec<String> = (0..8_000).map(|at| format!("<task id=\"t{at}\"/>")).collect();
    let flows: Vec<String> = (1..8_000)
        .map(|at| {
            format!("<sequenceFlow id=\"f{at}\" sourceRef=\"t{}\" targetRef=\"t{at}\"/>", at - 1)
        })
        .collect();
    let source = format!(
        "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">\
         <process id=\"p\">{}{}</process></definitions>",
        tasks.concat(),
        flows.concat()
    );
    assert_eq!(diagram(&source).shapes.len(), 8_000);
}

#[test]
fn a_collapsed_sub_process_hides_its_inside_but_keeps_its_own_drawing() {
    let source = fixture("scopes.bpmn").replace(
        "bpmnElement=\"each\" isExpanded=\"true\"",
        "bpmnElement=\"each\" isExpanded=\"false\"",
    );
    let moved = "inner_start inner_work inner_end inner_failed deep_start deep_end";
    let mut main = source.clone();
    let mut detail = String::new();
    for id in moved.split(' ') {
        let start =
            main.find(&format!("      <bpmndi:BPMNShape id=\"{id}_shape\"")).expect("drawn");
        let length = main[start..].find("</bpmndi:BPMNShape>").expect("closed") + 20;
        detail.push_str(&main[start..start + length]);
        main.replace_range(start..start + length, "");
    }
    let second = format!(
        "  <bpmndi:BPMNDiagram id=\"d2\"><bpmndi:BPMNPlane id=\"p2\" bpmnElement=\"each\">{detail}\
         </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>\n</bpmn:definitions>"
    );
    let diagram = diagram(&main.replace("</bpmn:definitions>", &second));
    assert!(diagram.shapes.iter().all(|it| !moved.split(' ').any(|id| id == it.element_id)));
    let [inside] = diagram.details.as_slice() else { panic!("it has a drawing of its own") };
    assert_eq!(inside.element_id.as_deref(), Some("each"));
    assert_eq!(inside.shapes.len(), 6);
    let svg = render(&diagram, &Overlays::default());
    assert!(svg.contains("M-7 -16H7V-2H-7Z"), "the mark of a collapsed sub-process");
}

#[test]
fn damaged_coordinates_are_left_out() {
    let source =
        fixture("tasks.bpmn").replace("x=\"290\"", "x=\"NaN\"").replace("x=\"160\"", "x=\"1e300\"");
    let svg = render(&diagram(&source), &Overlays::default());
    assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("000000000"));
}

#[test]
fn drawings_are_xml_with_every_element_a_title_and_no_style() {
    let mut all = models(&folder("tests/fixtures"));
    all.extend(models(&folder("examples")));
    for (name, source) in all {
        let model = parse(&source, &Limits::default()).expect("fixtures are right");
        let text = render(&model.diagram, &Overlays::default());
        let svg =
            roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = svg.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        for (label, tag) in root.children().zip(["title", "desc"]) {
            assert!(label.has_tag_name((SVG, tag)), "{name}: its first children label it");
            assert!(label.text().is_some_and(|it| !it.is_empty()), "{name} {tag}");
        }
        let forbidden = ["style", "script", "foreignObject", "image", "a", "use"];
        for node in svg.descendants().filter(roxmltree::Node::is_element) {
            assert!(!forbidden.contains(&node.tag_name().name()), "{name}");
            assert!(!node.has_attribute("style") && !node.has_attribute("onclick"), "{name}");
        }
        for process in &model.processes {
            let elements = process.elements[1..].iter().map(|it| &*it.id);
            for id in elements.chain(process.flows.iter().map(|it| &*it.id)) {
                let group = root.children().find(|it| it.attribute("data-element-id") == Some(id));
                let group = group.unwrap_or_else(|| panic!("{name}: {id} is not drawn"));
                let title = group.first_element_child().expect("a group has a title");
                assert!(
                    title.has_tag_name(("http://www.w3.org/2000/svg", "title")),
                    "{name}: {id}"
                );
            }
        }
    }
}

#[test]
fn states_are_shown_by_classes_and_said_in_words() {
    let diagram = diagram(&fixture("gateways.bpmn"));
    let mut overlays = Overlays::default();
    let states = [
        ("a", ElementOverlay { is_active: true, count: Some(3), ..ElementOverlay::default() }),
        ("b", ElementOverlay { is_stuck: true, count: Some(12_345), ..ElementOverlay::default() }),
        ("start", ElementOverlay { is_completed: true, ..ElementOverlay::default() }),
    ];
    overlays.elements.extend(states.map(|(id, state)| (id.to_owned(), state)));
    overlays.taken_flows.insert("flow_1".to_owned());
    let svg = render(&diagram, &overlays);
    for expected in [
        "<g class=\"d-shape d-task is-active\" data-element-id=\"a\"><title>A, active</title>",
        "<g class=\"d-shape d-task is-stuck\" data-element-id=\"b\"><title>B, stuck</title>",
        "<g class=\"d-shape d-event d-start is-completed\" data-element-id=\"start\">",
        "<g class=\"d-flow d-sequence is-taken\" data-element-id=\"flow_1\">",
        ">3</text>",
        ">999+</text>",
        "Active: A. Stuck: B. Completed: start.</desc>",
    ] {
        assert!(svg.contains(expected), "{expected} is missing in {svg}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x";
    let source = fixture("tasks.bpmn").replace("name=\"Plain\"", &format!("name=\"{hostile}\""));
    let svg = render(&diagram(&source), &Overlays::default());
    assert!(!svg.contains("<script") && !svg.contains("\" onload"));
    let svg = roxmltree::Document::parse(&svg).expect("it is XML");
    let title = svg
        .descendants()
        .find(|it| it.text() == Some("</text><script>alert(1)</script>\" onload=\"x"));
    assert!(title.is_some());
}

#[test]
fn an_empty_drawing_is_a_drawing() {
    let svg = render(&Diagram::default(), &Overlays::default());
    roxmltree::Document::parse(&svg).expect("it is XML");
}
