//! A BPMN file as a tree that is written back as it was, but for what was changed.
//!
//! Everything is kept: unknown elements and attributes, extensions, comments, white space, the
//! order. Must not know what any of it means.
//!
//! **Invariant:** `write(read(source))` is `source`, byte for byte.

use std::borrow::Cow;

use super::limits::Limits;
use super::report::Report;
use super::scanner::{Piece, Scanner, Token};
use super::xml;
use crate::core::model::Problem;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Declaration, comments, white space and the outermost element, in order.
    pub content: Vec<Content>,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An element.
    Element(XmlElement),
    /// Text, a comment, CDATA or a processing instruction, as it is written.
    Raw(String),
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlElement {
    /// Its name with its prefix.
    pub name: String,
    /// Its attributes, namespace declarations among them, in order.
    pub attributes: Vec<XmlAttribute>,
    /// What is inside.
    pub content: Vec<Content>,
    /// White space before the end of the start tag.
    tail: String,
    /// How the element ends: `None` for `<name/>`.
    end: Option<String>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlAttribute {
    /// Its name with its prefix.
    pub name: String,
    /// White space before it.
    lead: String,
    /// The equals sign and white space around it.
    equals: String,
    /// Its value as it is written, with its quotes.
    quoted: String,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// The problems for which its XML can't be read.
    pub fn read(source: &str, limits: &Limits) -> Result<Self, Vec<Problem>> {
        let mut report = Report::new(source);
        if xml::read(source, limits, &mut report).is_none() {
            return Err(report.into_problems());
        }
        let mut open: Vec<XmlElement> = Vec::new();
        let mut content = Vec::new();
        for token in Scanner::new(source) {
            let piece = match token.piece {
                Piece::Start => {
                    open.push(element(token));
                    continue;
                }
                Piece::Empty => Content::Element(element(token)),
                Piece::End => match open.pop() {
                    Some(done) => {
                        Content::Element(XmlElement { end: Some(token.raw.to_owned()), ..done })
                    }
                    None => continue,
                },
                Piece::Doctype | Piece::Other => Content::Raw(token.raw.to_owned()),
            };
            open.last_mut().map_or(&mut content, |parent| &mut parent.content).push(piece);
        }
        Ok(Self { content })
    }

    /// Writes the file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::new();
        write_all(&mut out, &self.content);
        out
    }

    /// Finds the element with an `id`.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&XmlElement> {
        find(&self.content, id)
    }

    /// Finds the element with an `id`, to change it.
    pub fn find_mut(&mut self, id: &str) -> Option<&mut XmlElement> {
        find_mut(&mut self.content, id)
    }
}

impl XmlElement {
    /// The value of an attribute, with entities resolved.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.attributes.iter().find(|it| it.name == name).map(XmlAttribute::value)
    }

    /// Changes an attribute, or adds it at the end.
    pub fn set_attribute(&mut self, name: &str, value: &str) {
        let quoted = format!("\"{}\"", escape(value));
        match self.attributes.iter_mut().find(|it| it.name == name) {
            Some(attribute) => attribute.quoted = quoted,
            None => self.attributes.push(XmlAttribute {
                name: name.to_owned(),
                lead: " ".to_owned(),
                equals: "=".to_owned(),
                quoted,
            }),
        }
    }

    /// Takes an attribute away.
    pub fn remove_attribute(&mut self, name: &str) {
        self.attributes.retain(|it| it.name != name);
    }
}

impl XmlAttribute {
    /// Its value, with entities resolved.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        unescape(&self.quoted[1..self.quoted.len() - 1])
    }
}

/// Takes a start tag apart; the file is well-formed, so each attribute has a quoted value.
fn element(token: Token<'_>) -> XmlElement {
    let is_empty = token.piece == Piece::Empty;
    let inner = &token.raw[1..token.raw.len() - if is_empty { 2 } else { 1 }];
    let name_end = inner.find(char::is_whitespace).unwrap_or(inner.len());
    let (name, mut rest) = inner.split_at(name_end);
    let mut attributes = Vec::new();
    while let Some((attribute, after)) = attribute(rest) {
        attributes.push(attribute);
        rest = after;
    }
    XmlElement {
        name: name.to_owned(),
        attributes,
        content: Vec::new(),
        tail: rest.to_owned(),
        end: None,
    }
}

fn attribute(rest: &str) -> Option<(XmlAttribute, &str)> {
    let name_at = rest.find(|it: char| !it.is_whitespace())?;
    let (lead, from_name) = rest.split_at(name_at);
    let name_end = from_name.find(|it: char| it.is_whitespace() || it == '=')?;
    let (name, from_equals) = from_name.split_at(name_end);
    let quote_at = from_equals.find(['"', '\''])?;
    let (equals, from_quote) = from_equals.split_at(quote_at);
    let quote = from_quote.chars().next()?;
    let end = from_quote[1..].find(quote)? + 2;
    let attribute = XmlAttribute {
        name: name.to_owned(),
        lead: lead.to_owned(),
        equals: equals.to_owned(),
        quoted: from_quote[..end].to_owned(),
    };
    Some((attribute, &from_quote[end..]))
}

/// The depth was checked when the file was read.
fn write_all(out: &mut String, content: &[Content]) {
    for piece in content {
        match piece {
            Content::Raw(raw) => out.push_str(raw),
            Content::Element(element) => write_element(out, element),
        }
    }
}

fn write_element(out: &mut String, element: &XmlElement) {
    out.push('<');
    out.push_str(&element.name);
    for attribute in &element.attributes {
        for part in [&attribute.lead, &attribute.name, &attribute.equals, &attribute.quoted] {
            out.push_str(part);
        }
    }
    out.push_str(&element.tail);
    match &element.end {
        None if element.content.is_empty() => out.push_str("/>"),
        end => {
            out.push('>');
            write_all(out, &element.content);
            match end {
                Some(end) => out.push_str(end),
                None => {
                    for part in ["</", &element.name, ">"] {
                        out.push_str(part);
                    }
                }
            }
        }
    }
}

fn find<'d>(content: &'d [Content], id: &str) -> Option<&'d XmlElement> {
    content.iter().find_map(|piece| match piece {
        Content::Element(it) if it.attribute("id").is_some_and(|found| found == id) => Some(it),
        Content::Element(it) => find(&it.content, id),
        Content::Raw(_) => None,
    })
}

fn find_mut<'d>(content: &'d mut [Content], id: &str) -> Option<&'d mut XmlElement> {
    content.iter_mut().find_map(|piece| {
        let Content::Element(element) = piece else { return None };
        let is_it = element.attribute("id").is_some_and(|found| found == id);
        if is_it { Some(element) } else { find_mut(&mut element.content, id) }
    })
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            it => escaped.push(it),
        }
    }
    escaped
}

fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        let entity = &rest[at..];
        let length = entity.find(';').map_or(1, |end| end + 1);
        match resolve(&entity[..length]) {
            Some(character) => text.push(character),
            None => text.push_str(&entity[..length]),
        }
        rest = &entity[length..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn resolve(entity: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match entity {
        "&amp;" => Some('&'),
        "&lt;" => Some('<'),
        "&gt;" => Some('>'),
        "&quot;" => Some('"'),
        "&apos;" => Some('\''),
        _ => {
            let inner = entity.strip_prefix("&#")?.strip_suffix(';')?;
            match inner.strip_prefix('x') {
                Some(digits) => number(digits, 16),
                None => number(inner, 10),
            }
        }
    }
}
