//! YAML as a tree whose nodes know where they stand.
//!
//! Plain scalars mean what YAML 1.2's core schema says. Must not know what is written in it.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value as Json};

use crate::core::model::{Problem, Severity};

/// Nodes of one document, with those that aliases repeat: a few lines can't fill the memory.
const NODES_MAX: usize = 100_000;
/// Lists and maps within each other.
const DEPTH_MAX: usize = 64;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// A place in a file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file; names are unique.
    Map(Vec<(String, Place, Node)>),
}

impl Node {
    /// What it is, for a message.
    pub(super) fn describe(&self) -> String {
        match &self.content {
            Content::Null => "nothing".to_owned(),
            Content::Boolean(value) => value.to_string(),
            Content::Number(value) => value.to_string(),
            Content::Text(text) => format!("`{text}`"),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
        }
    }

    /// It as JSON.
    pub(super) fn to_json(&self) -> Json {
        match &self.content {
            Content::Null => Json::Null,
            Content::Boolean(value) => Json::Bool(*value),
            Content::Number(value) => Json::Number(value.clone()),
            Content::Text(text) => Json::String(text.clone()),
            Content::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(members) => {
                let members = members.iter().map(|(name, _, it)| (name.clone(), it.to_json()));
                Json::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// A problem at a place.
pub(super) fn problem(place: Place, message: String, expected: Option<&str>) -> Problem {
    Problem {
        severity: Severity::Error,
        line: place.line,
        column: place.column,
        element_id: None,
        message,
        expected: expected.map(str::to_owned),
    }
}

/// Reads the one document of a file.
///
/// # Errors
/// The first thing that is no YAML, or more of it than makes sense.
pub(super) fn read(source: &str) -> Result<Node, Problem> {
    let mut reader =
        Reader { parser: Parser::new_from_str(source), anchors: HashMap::new(), nodes: 0 };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd | Event::DocumentEnd, span) => {
                let place = place(&span);
                return Ok(Node { place, content: Content::Null });
            }
            (event, span) => {
                let node = reader.node(event, &span, 0)?;
                return reader.end().map(|()| node);
            }
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Problem> {
        match self.parser.next() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => {
                let marker = error.marker();
                let place = Place { line: number(marker.line()), column: number(marker.col() + 1) };
                Err(problem(place, format!("no YAML: {}", error.info()), None))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    let message = "a second document begins here".to_owned();
                    return Err(problem(place(&span), message, Some("one document a file")));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: &Span, depth: usize) -> Result<Node, Problem> {
        let place = place(span);
        self.count(place, 1)?;
        if depth > DEPTH_MAX {
            let expected = format!("at most {DEPTH_MAX} within each other");
            return Err(problem(place, "too many lists and maps".to_owned(), Some(&expected)));
        }
        let (content, anchor) = match event {
            Event::Scalar(text, ScalarStyle::Plain, anchor, _) => (plain(&text), anchor),
            Event::Scalar(text, _, anchor, _) => (Content::Text(text.into_owned()), anchor),
            Event::SequenceStart(anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(depth)?, anchor),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let message = "the alias stands inside what it repeats".to_owned();
                let node = known.ok_or_else(|| problem(place, message, None))?;
                self.count(place, weight(&node))?;
                return Ok(Node { place, ..node });
            }
            _ => (Content::Null, 0),
        };
        let node = Node { place, content };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, place: Place, nodes: usize) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= NODES_MAX {
            return Ok(());
        }
        let expected = format!("at most {NODES_MAX} values");
        Err(problem(place, "the file is too large".to_owned(), Some(&expected)))
    }

    fn list(&mut self, depth: usize) -> Result<Content, Problem> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(Content::List(items)),
                (event, span) => items.push(self.node(event, &span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Content, Problem> {
        let mut members: Vec<(String, Place, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let at = place(&span);
            let name = match event {
                Event::MappingEnd | Event::StreamEnd => return Ok(Content::Map(members)),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    let message = "a list or a map stands where a name should".to_owned();
                    return Err(problem(at, message, Some("a name")));
                }
            };
            if members.iter().any(|(known, ..)| *known == name) {
                return Err(problem(at, format!("`{name}` is there twice"), Some("it once")));
            }
            let (event, span) = self.next()?;
            let node = self.node(event, &span, depth + 1)?;
            members.push((name, at, node));
        }
    }
}

/// How many nodes it is.
fn weight(node: &Node) -> usize {
    match &node.content {
        Content::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Content::Map(members) => 1 + members.iter().map(|(_, _, it)| weight(it)).sum::<usize>(),
        _ => 1,
    }
}

/// What a scalar without quotes means (YAML 1.2, 10.3.2).
fn plain(text: &str) -> Content {
    let is_numeric =
        text.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '-' | '+' | '.'));
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Boolean(true),
        "false" | "False" | "FALSE" => Content::Boolean(false),
        _ if is_numeric => {
            let whole =
                text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().map(Number::from);
            let number = whole.or_else(|| Number::from_f64(text.parse().ok()?));
            number.map_or_else(|| Content::Text(text.to_owned()), Content::Number)
        }
        _ => Content::Text(text.to_owned()),
    }
}

fn place(span: &Span) -> Place {
    Place { line: number(span.start.line().max(1)), column: number(span.start.col() + 1) }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
