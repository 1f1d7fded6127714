//! Draws the requirement graph as SVG: where its author put the elements, else in layers.
//!
//! Classes are those of BPMN's drawings. Must not know colours.
//!
//! **Invariant:** every text from the model is escaped; the output is well-formed XML.

use std::fmt::Write as _;

use super::description::{DescribedElement, Description};
use super::model::ElementKind;

const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 64.0;
const GAP: f64 = 48.0;
const MARGIN: f64 = 20.0;
/// What a letter takes on average.
const LETTER: f64 = 7.0;
/// Beyond this a graph is no picture any more.
const ELEMENTS_MAX: usize = 500;

/// Left, top, width and height.
type Place = [f64; 4];

/// The requirement graph as a complete `svg` element; empty when there is nothing to draw.
#[must_use]
pub fn draw(description: &Description) -> String {
    let count = description.elements.len();
    if count == 0 || count > ELEMENTS_MAX {
        return String::new();
    }
    let is_drawn = |it: &DescribedElement| it.bounds.is_some() || it.kind == ElementKind::Service;
    let is_placed = description.elements.iter().all(is_drawn);
    let places = if is_placed { placed(description) } else { layered(description) };
    if places.iter().all(Option::is_none) {
        return String::new();
    }
    let mut svg = head(description, &places);
    let services = |wanted: bool| {
        description.elements.iter().zip(&places).filter_map(move |(element, place)| {
            let is_service = element.kind == ElementKind::Service;
            (is_service == wanted).then_some((element, (*place)?))
        })
    };
    for (element, place) in services(true) {
        shape(&mut svg, element, place);
    }
    for requirement in &description.requirements {
        let ends = places[requirement.from].zip(places[requirement.to]);
        let Some((from, to)) = ends else { continue };
        let points = if is_placed && requirement.points.len() > 1 {
            requirement.points.clone()
        } else {
            vec![edge_of(from, center(to)), edge_of(to, center(from))]
        };
        line(&mut svg, &points, requirement.is_knowledge);
    }
    for (element, place) in services(false) {
        shape(&mut svg, element, place);
    }
    svg + "</svg>"
}

fn placed(description: &Description) -> Vec<Option<Place>> {
    description.elements.iter().map(|it| it.bounds).collect()
}

/// Each element above what it requires, the decisions nobody requires on top.
fn layered(description: &Description) -> Vec<Option<Place>> {
    let count = description.elements.len();
    let mut layers = vec![0_usize; count];
    // A graph without cycles is settled after as many rounds as it has elements.
    for _ in 0..count {
        let mut is_settled = true;
        for it in &description.requirements {
            if layers[it.to] <= layers[it.from] && layers[it.from] < count {
                layers[it.to] = layers[it.from] + 1;
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    let highest = layers.iter().copied().max().unwrap_or(0);
    let mut filled = vec![0_u16; highest + 1];
    let elements = description.elements.iter().zip(&layers);
    let places = elements.map(|(element, layer)| {
        if element.kind == ElementKind::Service {
            return None;
        }
        let across = f64::from(filled[*layer]);
        filled[*layer] += 1;
        let down = u16::try_from(highest - layer).map_or(0.0, f64::from);
        Some([across * (WIDTH + GAP), down * (HEIGHT + GAP), WIDTH, HEIGHT])
    });
    places.collect()
}

fn head(description: &Description, places: &[Option<Place>]) -> String {
    let all = || places.iter().flatten();
    let left = all().map(|it| it[0]).fold(f64::INFINITY, f64::min) - MARGIN;
    let top = all().map(|it| it[1]).fold(f64::INFINITY, f64::min) - MARGIN;
    let right = all().map(|it| it[0] + it[2]).fold(f64::NEG_INFINITY, f64::max) + MARGIN;
    let bottom = all().map(|it| it[1] + it[3]).fold(f64::NEG_INFINITY, f64::max) + MARGIN;
    let (width, height) = (right - left, bottom - top);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"diagram\" role=\"img\" \
         aria-labelledby=\"title-requirements\" width=\"{width:.1}\" height=\"{height:.1}\" \
         viewBox=\"{left:.1} {top:.1} {width:.1} {height:.1}\"><title \
         id=\"title-requirements\">"
    );
    escape(&mut svg, description.name.as_deref().unwrap_or("Decisions"));
    svg + "</title>"
}

fn shape(svg: &mut String, element: &DescribedElement, [x, y, width, height]: Place) {
    let is_service = element.kind == ElementKind::Service;
    let class = if is_service { "d-shape d-subprocess" } else { "d-shape d-task" };
    let _ = write!(svg, "<g class=\"{class}\">");
    match element.kind {
        ElementKind::Knowledge => {
            let cut = 14.0_f64.min(height / 3.0);
            let (right, bottom) = (x + width, y + height);
            let _ = write!(
                svg,
                "<path class=\"d-outline\" d=\"M{:.1} {y:.1}L{right:.1} {y:.1}L{right:.1} \
                 {:.1}L{:.1} {bottom:.1}L{x:.1} {bottom:.1}L{x:.1} {:.1}Z\"/>",
                x + cut,
                bottom - cut,
                right - cut,
                y + cut
            );
        }
        kind => {
            let radius = match kind {
                ElementKind::Input => height / 2.0,
                ElementKind::Service => 16.0,
                _ => 2.0,
            };
            let dashed = if is_service { " d-dashed" } else { "" };
            let _ = write!(
                svg,
                "<rect class=\"d-outline{dashed}\" x=\"{x:.1}\" y=\"{y:.1}\" \
                 width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.1}\"/>"
            );
        }
    }
    let lines = wrapped(&element.name, width - 16.0);
    let middle = if is_service { y + 18.0 } else { y + height / 2.0 + 4.0 };
    let count = u16::try_from(lines.len()).map_or(1.0, f64::from);
    let mut at = middle - if is_service { 0.0 } else { (count - 1.0) * 7.5 };
    for text in lines {
        let x = x + width / 2.0;
        let _ = write!(
            svg,
            "<text class=\"d-label\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{at:.1}\">"
        );
        escape(svg, &text);
        svg.push_str("</text>");
        at += 15.0;
    }
    svg.push_str("</g>");
}

/// The name in at most three lines.
fn wrapped(name: &str, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in name.split_whitespace() {
        let last = lines.last_mut().map(|it| it.chars().count()).unwrap_or_default();
        let letters = u16::try_from(last + 1 + word.chars().count()).unwrap_or(u16::MAX);
        if last > 0 && f64::from(letters) * LETTER > width && lines.len() < 3 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn center([x, y, width, height]: Place) -> [f64; 2] {
    [x + width / 2.0, y + height / 2.0]
}

/// Where the way from a place's middle towards a point leaves the place.
fn edge_of(place: Place, [x, y]: [f64; 2]) -> [f64; 2] {
    let [from_x, from_y] = center(place);
    let (dx, dy) = (x - from_x, y - from_y);
    let across = if dx == 0.0 { f64::INFINITY } else { place[2] / 2.0 / dx.abs() };
    let down = if dy == 0.0 { f64::INFINITY } else { place[3] / 2.0 / dy.abs() };
    let part = across.min(down).min(1.0);
    [from_x + dx * part, from_y + dy * part]
}

fn line(svg: &mut String, points: &[[f64; 2]], is_dashed: bool) {
    let dashed = if is_dashed { " d-dashed" } else { "" };
    let _ = write!(svg, "<g class=\"d-flow\"><path class=\"d-line{dashed}\" d=\"");
    for (at, [x, y]) in points.iter().enumerate() {
        let _ = write!(svg, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    }
    svg.push_str("\"/>");
    if let [.., [from_x, from_y], [x, y]] = points {
        let (dx, dy) = (x - from_x, y - from_y);
        let length = dx.hypot(dy).max(1.0);
        let (dx, dy) = (dx / length * 9.0, dy / length * 9.0);
        let _ = write!(
            svg,
            "<path class=\"d-arrow\" d=\"M{x:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
            x - dx - dy * 0.45,
            y - dy + dx * 0.45,
            x - dx + dy * 0.45,
            y - dy - dx * 0.45
        );
    }
    svg.push_str("</g>");
}

/// Adds text, escaped; what XML can't hold is left out.
fn escape(svg: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '"' => svg.push_str("&quot;"),
            '\'' => svg.push_str("&#39;"),
            it if it.is_whitespace() => svg.push(' '),
            it if it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}') => {}
            it => svg.push(it),
        }
    }
}
