//! Puts names into lines and lines into the drawing.
//!
//! Widths are estimated for a sans-serif font of 12 units, since nothing is measured here.
//! Must not know shapes.

use super::markup::Markup;
use crate::core::bpmn::diagram::{Bounds, Point};

/// Height of a line of text.
const LINE_HEIGHT: f64 = 14.0;

/// From the middle of a line down to its base.
const BASE: f64 = 4.0;

/// How wide a name below an event or a gateway gets.
const OUTSIDE_WIDTH: f64 = 96.0;

/// Draws a name in the middle of a box.
pub(super) fn inside(out: &mut Markup, name: &str, bounds: Bounds, lines_max: usize) {
    let lines = wrap(name, bounds.width - 10.0, lines_max);
    lines_around(out, &lines, bounds.center());
}

/// Draws a name below a box, or where the file says.
pub(super) fn outside(out: &mut Markup, name: &str, bounds: Bounds, label: Option<Bounds>) {
    let (lines, top) = outside_lines(name, bounds, label);
    lines_below(out, &lines, top);
}

/// The room that a name outside a box takes.
pub(super) fn outside_bounds(name: &str, bounds: Bounds, label: Option<Bounds>) -> Bounds {
    let (lines, top) = outside_lines(name, bounds, label);
    let width = lines.iter().map(|it| text_width(it)).fold(0.0, f64::max);
    let height = count(lines.len()) * LINE_HEIGHT;
    Bounds { x: top.x - width / 2.0, y: top.y, width, height }
}

fn outside_lines(name: &str, bounds: Bounds, label: Option<Bounds>) -> (Vec<String>, Point) {
    if let Some(place) = label {
        let lines = wrap(name, place.width.max(OUTSIDE_WIDTH), 4);
        return (lines, Point { x: place.center().x, y: place.y });
    }
    let top = Point { x: bounds.center().x, y: bounds.bottom() + 4.0 };
    (wrap(name, OUTSIDE_WIDTH, 3), top)
}

/// Draws a name to the right of a point.
pub(super) fn right_of(out: &mut Markup, name: &str, at: Point) {
    for line in wrap(name, OUTSIDE_WIDTH, 1) {
        write(out, &line, Point { x: at.x + 6.0, y: at.y + BASE }, "start");
    }
}

/// Draws a name at the upper left of a box.
pub(super) fn at_top(out: &mut Markup, name: &str, bounds: Bounds) {
    let lines = wrap(name, bounds.width - 20.0, 1);
    lines_below(out, &lines, Point { x: bounds.center().x, y: bounds.y + 6.0 });
}

/// Draws a name along the left side of a box, read from below.
pub(super) fn along_side(out: &mut Markup, name: &str, bounds: Bounds) {
    let lines = wrap(name, bounds.height - 10.0, 1);
    let at = Point { x: bounds.x + 15.0, y: bounds.center().y };
    out.raw("<g");
    out.raw(" transform=\"rotate(-90 ");
    out.list(&[at.x, at.y]);
    out.raw(")\">");
    lines_around(out, &lines, at);
    out.raw("</g>");
}

/// Draws text from the upper left corner of a box.
pub(super) fn from_corner(out: &mut Markup, text: &str, bounds: Bounds) {
    let lines = wrap(text, bounds.width - 10.0, 20);
    let mut y = bounds.y + LINE_HEIGHT;
    for line in lines {
        write(out, &line, Point { x: bounds.x + 6.0, y }, "start");
        y += LINE_HEIGHT;
    }
}

fn lines_around(out: &mut Markup, lines: &[String], center: Point) {
    let height = count(lines.len()) * LINE_HEIGHT;
    lines_below(out, lines, Point { x: center.x, y: center.y - height / 2.0 });
}

fn lines_below(out: &mut Markup, lines: &[String], top: Point) {
    let mut y = top.y + LINE_HEIGHT / 2.0 + BASE;
    for line in lines {
        write(out, line, Point { x: top.x, y }, "middle");
        y += LINE_HEIGHT;
    }
}

fn write(out: &mut Markup, line: &str, at: Point, anchor: &str) {
    out.raw(&format!("<text class=\"d-label\" text-anchor=\"{anchor}\""));
    out.number("x", at.x);
    out.number("y", at.y);
    out.raw(">");
    out.text(line);
    out.raw("</text>");
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Breaks a text at spaces, and words that are too long anywhere; the rest becomes "…".
fn wrap(text: &str, width: f64, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if text_width(&joined) <= width {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line = push_pieces(&mut lines, word, width, lines_max);
        if lines.len() > lines_max {
            break;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// Puts all of a word but its last piece into lines.
fn push_pieces(lines: &mut Vec<String>, word: &str, width: f64, lines_max: usize) -> String {
    let mut piece = String::new();
    for character in word.chars() {
        piece.push(character);
        if text_width(&piece) > width && piece.chars().nth(1).is_some() {
            piece.pop();
            lines.push(std::mem::replace(&mut piece, character.to_string()));
        }
        if lines.len() > lines_max {
            break;
        }
    }
    piece
}

fn text_width(text: &str) -> f64 {
    text.chars().map(character_width).sum()
}

fn character_width(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 3.0,
        't' | 'f' | 'r' | ' ' | '-' | '(' | ')' | '/' => 4.2,
        'm' | 'w' | 'M' | 'W' | '@' => 10.0,
        it if it.is_uppercase() => 8.2,
        it if it.is_ascii() => 6.6,
        it if (it as u32) < 0x1100 => 7.0,
        _ => 12.0,
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn names_are_broken_and_shortened() {
        assert_eq!(wrap("Approve expense", 60.0, 3), ["Approve", "expense"]);
        assert_eq!(wrap("Approve expense", 200.0, 3), ["Approve expense"]);
        assert_eq!(wrap("one two three four", 25.0, 2), ["one", "two…"]);
        assert_eq!(wrap("aaaaaaaaaa", 30.0, 3), ["aaaa", "aaaa", "aa"]);
        assert_eq!(wrap("", 30.0, 3), Vec::<String>::new());
        assert_eq!(wrap("x", -5.0, 1), ["x"]);
    }
}
