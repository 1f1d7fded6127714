//! Writes SVG text: escaped, with short numbers.
//!
//! Must not know what is drawn.

use std::fmt::Write as _;

use crate::core::bpmn::diagram::Point;

/// The text written so far.
pub(super) struct Markup {
    text: String,
}

impl Markup {
    /// Starts empty.
    pub(super) fn new() -> Self {
        Self { text: String::new() }
    }

    /// Adds markup that is known to be right.
    pub(super) fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// Adds text, escaped for content and for attributes; what XML can't hold is left out.
    pub(super) fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                '\t' | '\n' | '\r' => self.text.push(' '),
                it if it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}') => {}
                it => self.text.push(it),
            }
        }
    }

    /// Adds an element with attributes that are known to be right and text.
    pub(super) fn element(&mut self, name: &str, attributes: &str, text: &str) {
        self.raw(&format!("<{name}{attributes}>"));
        self.text(text);
        self.raw(&format!("</{name}>"));
    }

    /// Adds an attribute with a number.
    pub(super) fn number(&mut self, name: &str, number: f64) {
        let _ = write!(self.text, " {name}=\"{}\"", short(number));
    }

    /// Adds numbers with spaces between them.
    pub(super) fn list(&mut self, numbers: &[f64]) {
        let numbers: Vec<String> = numbers.iter().map(|it| short(*it)).collect();
        self.raw(&numbers.join(" "));
    }

    /// Adds a circle.
    pub(super) fn circle(&mut self, class: &str, center: Point, radius: f64) {
        self.raw(&format!("<circle class=\"{class}\""));
        self.number("cx", center.x);
        self.number("cy", center.y);
        self.number("r", radius);
        self.raw("/>");
    }

    /// Adds a path, moved to a place.
    pub(super) fn path_at(&mut self, class: &str, at: Point, path: &str) {
        let (x, y) = (short(at.x), short(at.y));
        self.raw(&format!(
            "<path class=\"{class}\" transform=\"translate({x} {y})\" d=\"{path}\"/>"
        ));
    }

    /// Adds a path through points.
    pub(super) fn path(&mut self, class: &str, points: &[Point], is_closed: bool) {
        let mut path = String::new();
        for (at, point) in points.iter().enumerate() {
            let step = if at == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{step}{} {}", short(point.x), short(point.y));
        }
        if is_closed {
            path.push('Z');
        }
        self.raw(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// All that was written.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// A number with at most one decimal.
fn short(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // Keeps "-0" out.
    format!("{}", rounded + 0.0)
}
