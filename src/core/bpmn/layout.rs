//! Lays out what has no place: layers from left to right, one column a layer.
//!
//! Simple and always the same for the same model. Must not know diagram interchange.

use std::collections::{BTreeMap, HashMap};

use super::diagram::{Bounds, Edge, Point, Shape, ShapeKind};
use super::drafts::{FLOW_NODES, is_scope};
use super::interchange::Drawn;
use super::references::local_name;
use super::shapes;
use super::xml::{self, Node};

/// Room between columns, wide enough for an arrow and a short name.
const COLUMN_GAP: f64 = 60.0;
/// Room between rows, high enough for the name under an event.
const ROW_GAP: f64 = 50.0;
/// Room inside a sub-process around its elements.
const PADDING: f64 = 40.0;

/// In larger drawings flows don't evade shapes, since every flow looks at every shape for that.
const EVADED_SHAPES_MAX: usize = 1_000;

/// An element to be placed.
struct Item<'a> {
    node: Node<'a>,
    id: &'a str,
    kind: ShapeKind,
    width: f64,
    height: f64,
    /// The inside of a sub-process, laid out from its own origin.
    inside: (Vec<Shape>, Vec<Edge>),
    /// The activity it is attached to.
    host: Option<usize>,
    layer: usize,
    row: usize,
}

/// Places elements of one scope with their flows; their upper left corner is `origin`.
pub(super) fn lay_out<'a>(
    scope: Node<'a>,
    nodes: &[Node<'a>],
    drawn: &Drawn<'a>,
    origin: Point,
) -> (Vec<Shape>, Vec<Edge>) {
    let mut items: Vec<Item<'a>> = nodes.iter().filter_map(|it| item(*it, drawn)).collect();
    attach(&mut items);
    let links = links(scope, &items);
    assign_layers(&mut items, &links);
    assign_rows(&mut items, &links);
    let (shapes, mut edges) = place(items, origin);
    let flows: Vec<Node<'a>> = xml::children(scope, xml::BPMN, "sequenceFlow").collect();
    edges.extend(route_all(&flows, drawn, &shapes));
    (shapes, edges)
}

fn item<'a>(node: Node<'a>, drawn: &Drawn<'a>) -> Option<Item<'a>> {
    let id = node.attribute("id")?;
    let kind = shapes::shape_kind(node, true)?;
    let mut inside = (Vec::new(), Vec::new());
    let (width, height) = match kind {
        ShapeKind::Event(_) => (36.0, 36.0),
        ShapeKind::Gateway(_) => (50.0, 50.0),
        _ if is_scope(node.tag_name().name()) => {
            let children: Vec<Node<'a>> = xml::elements(node, xml::BPMN)
                .filter(|it| FLOW_NODES.contains(&it.tag_name().name()))
                .collect();
            inside = lay_out(node, &children, drawn, Point { x: PADDING, y: PADDING });
            size_around(&inside)
        }
        _ => (100.0, 80.0),
    };
    Some(Item { node, id, kind, width, height, inside, host: None, layer: 0, row: 0 })
}

fn size_around((shapes, edges): &(Vec<Shape>, Vec<Edge>)) -> (f64, f64) {
    let all = super::diagram::Diagram {
        shapes: shapes.clone(),
        edges: edges.clone(),
        ..super::diagram::Diagram::default()
    };
    let bounds = all.bounds().unwrap_or_default();
    ((bounds.right() + PADDING).max(100.0), (bounds.bottom() + PADDING).max(80.0))
}

fn attach(items: &mut [Item<'_>]) {
    let positions: HashMap<&str, usize> =
        items.iter().enumerate().map(|(at, it)| (it.id, at)).collect();
    let hosts: Vec<Option<usize>> = items
        .iter()
        .map(|it| it.node.attribute("attachedToRef").map(local_name))
        .map(|host| host.and_then(|id| positions.get(id).copied()))
        .collect();
    // An event attached to an event is damage; it is drawn on its own.
    let is_host = |at: usize| hosts[at].is_none();
    for (at, item) in items.iter_mut().enumerate() {
        item.host = hosts[at].filter(|host| *host != at && is_host(*host));
    }
}

/// A flow between two items; one from a boundary event counts for its activity.
#[derive(Clone, Copy)]
struct Link {
    source: usize,
    target: usize,
    is_from_boundary: bool,
}

fn links(scope: Node<'_>, items: &[Item<'_>]) -> Vec<Link> {
    let positions: HashMap<&str, usize> =
        items.iter().enumerate().map(|(at, it)| (it.id, at)).collect();
    let end =
        |flow: Node<'_>, name: &str| positions.get(local_name(flow.attribute(name)?)).copied();
    let standing = |at: usize| items[at].host.unwrap_or(at);
    xml::children(scope, xml::BPMN, "sequenceFlow")
        .filter_map(|flow| Some((end(flow, "sourceRef")?, end(flow, "targetRef")?)))
        .map(|(source, target)| Link {
            source: standing(source),
            target: standing(target),
            is_from_boundary: items[source].host.is_some(),
        })
        .filter(|it| it.source != it.target)
        .collect()
}

/// Each item stands one column behind the last of its predecessors. A cycle is cut at the item
/// that comes first in the file.
fn assign_layers(items: &mut [Item<'_>], links: &[Link]) {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    let mut waiting = vec![0_usize; items.len()];
    for link in links {
        next[link.source].push(link.target);
        waiting[link.target] += 1;
    }
    let mut is_done = vec![false; items.len()];
    let mut ready: Vec<usize> = (0..items.len()).rev().filter(|at| waiting[*at] == 0).collect();
    let mut first_open = 0;
    loop {
        let at = match ready.pop() {
            Some(at) => at,
            None => match (first_open..items.len()).find(|at| !is_done[*at]) {
                Some(at) => at,
                None => break,
            },
        };
        if std::mem::replace(&mut is_done[at], true) {
            continue;
        }
        while first_open < items.len() && is_done[first_open] {
            first_open += 1;
        }
        for target in &next[at] {
            if is_done[*target] {
                continue;
            }
            items[*target].layer = items[*target].layer.max(items[at].layer + 1);
            waiting[*target] -= 1;
            if waiting[*target] == 0 {
                ready.push(*target);
            }
        }
    }
    for at in 0..items.len() {
        if let Some(host) = items[at].host {
            items[at].layer = items[host].layer;
        }
    }
}

/// Each item takes the row of its first predecessor, or the next free one of its column. What
/// follows a boundary event stands below its activity, and gives way to what follows that.
fn assign_rows(items: &mut [Item<'_>], links: &[Link]) {
    let mut before: Vec<Option<Link>> = vec![None; items.len()];
    for link in links.iter().filter(|it| items[it.source].layer < items[it.target].layer) {
        let known = &mut before[link.target];
        if known.is_none_or(|it| it.is_from_boundary && !link.is_from_boundary) {
            *known = Some(*link);
        }
    }
    let gives_way = |at: usize| before[at].is_some_and(|it| it.is_from_boundary);
    let mut order: Vec<usize> = (0..items.len()).filter(|at| items[*at].host.is_none()).collect();
    order.sort_by_key(|at| (items[*at].layer, gives_way(*at), *at));
    let mut free: BTreeMap<usize, usize> = BTreeMap::new();
    for at in order {
        let wished = before[at].map_or(0, |it| items[it.source].row + usize::from(gives_way(at)));
        let next = free.entry(items[at].layer).or_default();
        items[at].row = wished.max(*next);
        *next = items[at].row + 1;
    }
}

/// Turns columns and rows into places.
fn place(items: Vec<Item<'_>>, origin: Point) -> (Vec<Shape>, Vec<Edge>) {
    let standing = || items.iter().filter(|it| it.host.is_none());
    let columns = offsets(standing().map(|it| (it.layer, it.width)), COLUMN_GAP);
    let rows = offsets(standing().map(|it| (it.row, it.height)), ROW_GAP);
    let mut corners: Vec<Point> = items
        .iter()
        .map(|it| {
            let (left, column) = columns[&it.layer];
            let (top, row) = rows.get(&it.row).copied().unwrap_or_default();
            Point {
                x: origin.x + left + (column - it.width) / 2.0,
                y: origin.y + top + (row - it.height) / 2.0,
            }
        })
        .collect();
    hang(&items, &mut corners);
    let (mut shapes, mut edges) = (Vec::new(), Vec::new());
    for (item, corner) in items.into_iter().zip(corners) {
        let bounds = Bounds { x: corner.x, y: corner.y, width: item.width, height: item.height };
        shapes.push(Shape {
            element_id: item.id.to_owned(),
            name: shapes::display_name(item.node),
            kind: item.kind,
            bounds,
            label: label(item.kind, bounds),
        });
        let (inside, inner_edges) = item.inside;
        shapes.extend(inside.into_iter().map(|it| moved(it, corner)));
        edges.extend(inner_edges.into_iter().map(|it| moved_edge(it, corner)));
    }
    (shapes, edges)
}

/// Names of gateways stand above, since flows leave below.
fn label(kind: ShapeKind, bounds: Bounds) -> Option<Bounds> {
    let above =
        Bounds { x: bounds.center().x - 65.0, y: bounds.y - 18.0, width: 130.0, height: 14.0 };
    matches!(kind, ShapeKind::Gateway(_)).then_some(above)
}

/// Start and size of each column or row.
fn offsets(sizes: impl Iterator<Item = (usize, f64)>, gap: f64) -> HashMap<usize, (f64, f64)> {
    let mut largest: BTreeMap<usize, f64> = BTreeMap::new();
    for (at, size) in sizes {
        let entry = largest.entry(at).or_default();
        *entry = entry.max(size);
    }
    let mut start = 0.0;
    let mut offsets = HashMap::new();
    for (at, size) in largest {
        offsets.insert(at, (start, size));
        start += size + gap;
    }
    offsets
}

/// Boundary events hang on the lower side of their activity, from left to right.
fn hang(items: &[Item<'_>], corners: &mut [Point]) {
    let mut counts: HashMap<usize, f64> = HashMap::new();
    for at in 0..items.len() {
        let Some(host) = items[at].host else { continue };
        let count = counts.entry(host).or_default();
        let corner = corners[host];
        let room = (items[host].width - items[at].width).max(0.0);
        corners[at] = Point {
            x: corner.x + (12.0 + *count * 44.0).min(room),
            y: corner.y + items[host].height - items[at].height / 2.0,
        };
        *count += 1.0;
    }
}

fn moved(shape: Shape, by: Point) -> Shape {
    let move_bounds = |it: Bounds| Bounds { x: it.x + by.x, y: it.y + by.y, ..it };
    let (bounds, label) = (move_bounds(shape.bounds), shape.label.map(move_bounds));
    Shape { bounds, label, ..shape }
}

fn moved_edge(edge: Edge, by: Point) -> Edge {
    let waypoints =
        edge.waypoints.iter().map(|it| Point { x: it.x + by.x, y: it.y + by.y }).collect();
    Edge { waypoints, ..edge }
}

/// Draws flows whose two ends have a place.
pub(super) fn route_all<'a>(flows: &[Node<'a>], drawn: &Drawn<'a>, shapes: &[Shape]) -> Vec<Edge> {
    let places: HashMap<&str, &Shape> =
        shapes.iter().map(|it| (it.element_id.as_str(), it)).collect();
    let end = |flow: Node<'a>, name: &str| places.get(local_name(flow.attribute(name)?)).copied();
    flows
        .iter()
        .filter_map(|flow| {
            let (source, target) = (end(*flow, "sourceRef")?, end(*flow, "targetRef")?);
            Some(Edge {
                element_id: flow.attribute("id")?.to_owned(),
                name: shapes::display_name(*flow),
                kind: drawn.edge_kind(*flow)?,
                waypoints: route(source, target, shapes),
                label: None,
            })
        })
        .collect()
}

/// Right angles: forward from the right side, downwards from gateways and boundary events, and
/// backward below both.
fn route(source: &Shape, target: &Shape, shapes: &[Shape]) -> Vec<Point> {
    let (from, to) = (source.bounds, target.bounds);
    let (start, end) = (from.center(), to.center());
    let right = Point { x: from.right(), y: start.y };
    let left = Point { x: to.x, y: end.y };
    if to.x <= from.x {
        let below = from.bottom().max(to.bottom()) + ROW_GAP / 2.0;
        return vec![
            Point { x: start.x, y: from.bottom() },
            Point { x: start.x, y: below },
            Point { x: end.x, y: below },
            Point { x: end.x, y: to.bottom() },
        ];
    }
    let leaves_down = matches!(source.kind, ShapeKind::Gateway(_) | ShapeKind::Event(_));
    let is_below = end.y > from.bottom();
    if leaves_down && is_below && !is_blocked(start.x, from.bottom(), end.y, shapes) {
        let bottom = Point { x: start.x, y: from.bottom() };
        return vec![bottom, Point { x: start.x, y: end.y }, left];
    }
    if (start.y - end.y).abs() < 0.5 {
        return vec![right, left];
    }
    let middle = to.x - COLUMN_GAP / 2.0;
    vec![right, Point { x: middle, y: start.y }, Point { x: middle, y: end.y }, left]
}

/// Whether something stands in the way of a line straight down.
fn is_blocked(x: f64, top: f64, bottom: f64, shapes: &[Shape]) -> bool {
    if shapes.len() > EVADED_SHAPES_MAX {
        return false;
    }
    shapes.iter().filter(|it| !it.kind.is_container()).any(|it| {
        let bounds = it.bounds;
        (bounds.x..=bounds.right()).contains(&x) && bounds.y > top && bounds.y < bottom
    })
}
