//! Reads the drawing from BPMN's diagram interchange, and completes it where it is missing.
//!
//! Must not know whether the model can be executed.

use std::collections::{HashMap, HashSet};

use super::diagram::{Bounds, Diagram, Edge, EdgeKind, Point, Shape, ShapeKind};
use super::drafts::{FLOW_NODES, is_scope};
use super::layout;
use super::references::local_name;
use super::shapes;
use super::xml::{self, Node};

/// Coordinates beyond this are damage, not drawing.
const COORDINATE_MAX: f64 = 1_000_000.0;

/// Room between a drawing and what is added below it.
const GAP: f64 = 60.0;

/// What is drawn, by id.
pub(super) struct Drawn<'a> {
    /// Every BPMN element with an id.
    by_id: HashMap<&'a str, Node<'a>>,
    /// Ids of default flows.
    defaults: HashSet<&'a str>,
    /// Ids of sub-processes and processes whose inside the file doesn't want to be seen.
    hidden: HashSet<&'a str>,
}

/// Reads all diagrams of a file; the first one that isn't a sub-process's is the main one.
pub(super) fn read(definitions: Node<'_>) -> Diagram {
    let drawn = Drawn::new(definitions);
    let (details, mut mains): (Vec<_>, Vec<_>) =
        xml::children(definitions, xml::BPMNDI, "BPMNDiagram")
            .filter_map(|it| xml::children(it, xml::BPMNDI, "BPMNPlane").next())
            .map(|plane| drawn.plane(plane))
            .partition(|it| drawn.is_detail(it));
    let mut main = if mains.is_empty() { Diagram::default() } else { mains.remove(0) };
    main.details = mains.into_iter().chain(details).collect();
    complete(definitions, &drawn, &mut main);
    main
}

impl<'a> Drawn<'a> {
    fn new(definitions: Node<'a>) -> Self {
        let nodes =
            definitions.descendants().filter(|it| it.tag_name().namespace() == Some(xml::BPMN));
        let mut drawn =
            Self { by_id: HashMap::new(), defaults: HashSet::new(), hidden: HashSet::new() };
        for node in nodes {
            if let Some(id) = node.attribute("id") {
                drawn.by_id.entry(id).or_insert(node);
            }
            if let Some(default) = node.attribute("default") {
                drawn.defaults.insert(local_name(default));
            }
        }
        drawn.hide_collapsed(definitions);
        drawn
    }

    fn hide_collapsed(&mut self, definitions: Node<'a>) {
        let collapsed = definitions
            .descendants()
            .filter(|it| it.has_tag_name((xml::BPMNDI, "BPMNShape")))
            .filter(|it| !xml::flag(*it, "isExpanded", true));
        for element in collapsed.filter_map(|it| self.element(it)).collect::<Vec<_>>() {
            self.hidden.extend(element.attribute("id"));
            self.hidden.extend(element.attribute("processRef").map(local_name));
        }
    }

    fn is_detail(&self, diagram: &Diagram) -> bool {
        let element = diagram.element_id.as_deref().and_then(|it| self.by_id.get(it));
        element
            .is_some_and(|it| it.tag_name().name() != "process" && is_scope(it.tag_name().name()))
    }

    fn plane(&self, plane: Node<'a>) -> Diagram {
        let element_id = plane.attribute("bpmnElement").map(|it| local_name(it).to_owned());
        let element = element_id.as_deref().and_then(|it| self.by_id.get(it));
        Diagram {
            name: element.and_then(|it| shapes::display_name(*it)),
            element_id,
            shapes: xml::children(plane, xml::BPMNDI, "BPMNShape")
                .filter_map(|it| self.shape(it))
                .collect(),
            edges: xml::children(plane, xml::BPMNDI, "BPMNEdge")
                .filter_map(|it| self.edge(it))
                .collect(),
            details: Vec::new(),
        }
    }

    fn element(&self, node: Node<'a>) -> Option<Node<'a>> {
        self.by_id.get(local_name(node.attribute("bpmnElement")?)).copied()
    }

    fn shape(&self, node: Node<'a>) -> Option<Shape> {
        let element = self.element(node)?;
        let is_expanded = xml::flag(node, "isExpanded", true);
        let is_horizontal = xml::flag(node, "isHorizontal", true);
        let kind = match shapes::shape_kind(element, is_expanded)? {
            ShapeKind::Participant { .. } => ShapeKind::Participant { is_horizontal },
            ShapeKind::Lane { .. } => ShapeKind::Lane { is_horizontal },
            other => other,
        };
        Some(Shape {
            element_id: element.attribute("id")?.to_owned(),
            name: shapes::display_name(element),
            kind,
            bounds: bounds(node)?,
            label: label(node),
        })
    }

    /// How a connection is drawn.
    pub(super) fn edge_kind(&self, node: Node<'a>) -> Option<EdgeKind> {
        let is_default = node.attribute("id").is_some_and(|id| self.defaults.contains(id));
        let source = node.attribute("sourceRef").and_then(|it| self.by_id.get(local_name(it)));
        let is_from_activity = source
            .and_then(|it| shapes::shape_kind(*it, true))
            .is_some_and(|it| matches!(it, ShapeKind::Activity(_)));
        shapes::edge_kind(node, is_default, is_from_activity)
    }

    fn edge(&self, node: Node<'a>) -> Option<Edge> {
        let element = self.element(node)?;
        let waypoints: Vec<Point> =
            xml::children(node, xml::DI, "waypoint").filter_map(point).collect();
        if waypoints.len() < 2 {
            return None;
        }
        Some(Edge {
            element_id: element.attribute("id")?.to_owned(),
            name: shapes::display_name(element),
            kind: self.edge_kind(element)?,
            waypoints,
            label: label(node),
        })
    }
}

fn label(node: Node<'_>) -> Option<Bounds> {
    bounds(xml::children(node, xml::BPMNDI, "BPMNLabel").next()?)
}

fn bounds(node: Node<'_>) -> Option<Bounds> {
    let node = xml::children(node, xml::DC, "Bounds").next()?;
    let (x, y) = (number(node, "x")?, number(node, "y")?);
    let (width, height) = (number(node, "width")?, number(node, "height")?);
    (width >= 0.0 && height >= 0.0).then_some(Bounds { x, y, width, height })
}

fn point(node: Node<'_>) -> Option<Point> {
    Some(Point { x: number(node, "x")?, y: number(node, "y")? })
}

fn number(node: Node<'_>, name: &str) -> Option<f64> {
    let number: f64 = node.attribute(name)?.trim().parse().ok()?;
    (number.abs() <= COORDINATE_MAX).then_some(number)
}

/// Adds what the diagrams leave out: whole processes, single elements, and flows. Where a file has
/// diagrams, a process that isn't executable is shown only as far as its author drew it.
fn complete<'a>(definitions: Node<'a>, drawn: &Drawn<'a>, main: &mut Diagram) {
    let mut known: HashSet<String> = HashSet::new();
    for diagram in std::iter::once(&*main).chain(&main.details) {
        known.extend(diagram.shapes.iter().map(|it| it.element_id.clone()));
        known.extend(diagram.edges.iter().map(|it| it.element_id.clone()));
    }
    let is_undrawn = known.is_empty();
    let processes = xml::children(definitions, xml::BPMN, "process")
        .filter(|it| is_undrawn || xml::flag(*it, "isExecutable", false));
    for process in processes {
        if main.element_id.is_none() {
            main.element_id = process.attribute("id").map(str::to_owned);
            main.name = shapes::display_name(process);
        }
        let scopes = process.descendants().filter(|it| is_drawn_scope(*it, &drawn.hidden));
        for scope in scopes.collect::<Vec<_>>() {
            complete_scope(scope, drawn, &mut known, main);
        }
    }
}

/// A process or sub-process that isn't hidden in a collapsed one or behind a collapsed pool.
fn is_drawn_scope(node: Node<'_>, hidden: &HashSet<&str>) -> bool {
    let is_bpmn_scope =
        node.tag_name().namespace() == Some(xml::BPMN) && is_scope(node.tag_name().name());
    let mut around = node.ancestors().filter_map(|it| it.attribute("id"));
    is_bpmn_scope && !around.any(|id| hidden.contains(id))
}

fn complete_scope<'a>(
    scope: Node<'a>,
    drawn: &Drawn<'a>,
    known: &mut HashSet<String>,
    main: &mut Diagram,
) {
    let is_missing = |it: &Node<'a>, known: &HashSet<String>| {
        it.attribute("id").is_some_and(|id| !known.contains(id))
    };
    let nodes: Vec<Node<'a>> = xml::elements(scope, xml::BPMN)
        .filter(|it| FLOW_NODES.contains(&it.tag_name().name()) && is_missing(it, known))
        .collect();
    if !nodes.is_empty() {
        let below =
            main.bounds().map_or(Point::default(), |all| Point { x: all.x, y: all.bottom() + GAP });
        let (shapes, edges) = layout::lay_out(scope, &nodes, drawn, below);
        known.extend(shapes.iter().map(|it| it.element_id.clone()));
        known.extend(edges.iter().map(|it| it.element_id.clone()));
        main.shapes.extend(shapes);
        main.edges.extend(edges);
    }
    let flows = xml::children(scope, xml::BPMN, "sequenceFlow").filter(|it| is_missing(it, known));
    let flows: Vec<Node<'a>> = flows.collect();
    if !flows.is_empty() {
        let edges = layout::route_all(&flows, drawn, &main.shapes);
        known.extend(edges.iter().map(|it| it.element_id.clone()));
        main.edges.extend(edges);
    }
}
