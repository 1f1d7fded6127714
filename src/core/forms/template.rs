//! Texts with FEEL inside as in form-js: `{{ … }}`, `{{#if …}} … {{/if}}`, `{{#loop …}} …
//! {{/loop}}`.
//!
//! Must not know what becomes of the text; it is not yet HTML.
//!
//! **Invariant:** rendering ends, whatever the data: loops, nesting and size have limits.

use serde_json::Value;

use super::scope::{Item, Scope, bounded, display, parse_expression};
use crate::core::feel::Expression;

/// Items of a loop that are shown; a page with more could not be read.
pub(super) const LOOP_ITEMS_MAX: usize = 1_000;
/// Conditions and loops inside each other.
pub(super) const DEPTH_MAX: usize = 8;
/// Rendering stops when the text has this many bytes: nested loops multiply.
pub(super) const RENDERED_BYTES_MAX: usize = 256 * 1024;

/// Evaluations of one template: with [`FUEL_MAX`] each, a page stays a matter of seconds at worst.
pub(super) const EVALUATIONS_MAX: u32 = 4_000;
/// Fuel of one evaluation inside a template.
const FUEL_MAX: u64 = 20_000;

/// A parsed template.
#[derive(Debug, Clone)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Insert(Expression),
    If(Expression, Vec<Part>),
    Loop(Expression, Vec<Part>),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Says which tag is unclosed or unknown, or what is wrong with an expression.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let mut rest = source;
        let parts = parse_parts(&mut rest, None, 0)?;
        Ok(Self { parts })
    }

    /// Puts the text together; what fails or is null is left out.
    #[must_use]
    pub(super) fn render(&self, scope: &Scope<'_>) -> String {
        let context = bounded(scope.context, FUEL_MAX);
        let scope = Scope { data: scope.data, context: &context, item: scope.item };
        let mut rendering = Rendering { out: String::new(), evaluations: 0 };
        rendering.parts(&self.parts, &scope);
        rendering.out
    }
}

fn parse_parts(rest: &mut &str, block: Option<&str>, depth: usize) -> Result<Vec<Part>, String> {
    if depth > DEPTH_MAX {
        return Err(format!("blocks nested deeper than {DEPTH_MAX} levels"));
    }
    let mut parts = Vec::new();
    while let Some(start) = rest.find("{{") {
        push_text(&mut parts, &rest[..start]);
        let length = tag_length(&rest[start + 2..]).ok_or("an unclosed `{{`")?;
        let tag = rest[start + 2..start + 2 + length].trim();
        *rest = &rest[start + 2 + length + 2..];
        if let Some(name) = tag.strip_prefix('/') {
            return close(name.trim(), block).map(|()| parts);
        }
        parts.push(parse_tag(tag, rest, depth)?);
    }
    if let Some(name) = block {
        return Err(format!("an unclosed `{{{{#{name}}}}}`"));
    }
    push_text(&mut parts, rest);
    *rest = "";
    Ok(parts)
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

fn close(name: &str, block: Option<&str>) -> Result<(), String> {
    if block == Some(name) {
        return Ok(());
    }
    Err(format!("`{{{{/{name}}}}}` closes nothing"))
}

fn parse_tag(tag: &str, rest: &mut &str, depth: usize) -> Result<Part, String> {
    let Some(block) = tag.strip_prefix('#') else {
        return parse_expression(tag.trim_start_matches('=')).map(Part::Insert);
    };
    let (name, source) = block.split_once(char::is_whitespace).unwrap_or((block, ""));
    match name {
        "if" => Ok(Part::If(parse_expression(source)?, parse_parts(rest, Some("if"), depth + 1)?)),
        "loop" => {
            Ok(Part::Loop(parse_expression(source)?, parse_parts(rest, Some("loop"), depth + 1)?))
        }
        other => Err(format!("`{{{{#{other}}}}}` is neither `{{{{#if}}}}` nor `{{{{#loop}}}}`")),
    }
}

/// Bytes up to the closing `}}`, which neither a text nor a context inside can hide.
fn tag_length(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at += text_length(&bytes[at..]),
            b'{' => depth += 1,
            b'}' if depth == 0 && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Bytes from the opening quote to just before the closing one's end.
fn text_length(bytes: &[u8]) -> usize {
    let mut is_escaped = false;
    let closing = bytes.iter().skip(1).position(|&byte| {
        let is_closing = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_closing
    });
    closing.map_or(0, |inner| inner + 1)
}

/// A text being put together, and how much work that was.
struct Rendering {
    out: String,
    evaluations: u32,
}

impl Rendering {
    fn evaluate(&mut self, expression: &Expression, scope: &Scope<'_>) -> Option<Value> {
        self.evaluations += 1;
        scope.evaluate(expression)
    }

    fn parts(&mut self, parts: &[Part], scope: &Scope<'_>) {
        for part in parts {
            if self.out.len() >= RENDERED_BYTES_MAX || self.evaluations >= EVALUATIONS_MAX {
                return;
            }
            match part {
                Part::Text(text) => self.out.push_str(text),
                Part::Insert(expression) => {
                    let value = self.evaluate(expression, scope);
                    self.out.push_str(&value.as_ref().map(display).unwrap_or_default());
                }
                Part::If(condition, inner) => {
                    if self.evaluate(condition, scope) == Some(Value::Bool(true)) {
                        self.parts(inner, scope);
                    }
                }
                Part::Loop(list, inner) => self.items(list, inner, scope),
            }
        }
    }

    fn items(&mut self, list: &Expression, inner: &[Part], scope: &Scope<'_>) {
        let Some(Value::Array(items)) = self.evaluate(list, scope) else { return };
        for value in items.iter().take(LOOP_ITEMS_MAX) {
            let item = Item { value, outer: scope.item.as_ref() };
            let inside = Scope { data: scope.data, context: scope.context, item: Some(item) };
            self.parts(inner, &inside);
        }
    }
}
