//! A JSON document that remembers where each of its values stands.
//!
//! Must not know what the document means: forms and data schemas read it through [`Object`] and
//! collect what is wrong in [`Problems`].
//!
//! **Invariant:** positions count lines and characters from 1, as an editor shows them.

use serde_json::{Map, Value};

use crate::core::model::{Problem, Severity};

/// A larger document is refused: forms and data schemas are written by people.
pub const SOURCE_BYTES_MAX: usize = 1 << 20;

/// Where a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A JSON value with its position.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub value: NodeValue,
}

/// The three shapes of JSON.
#[derive(Debug, Clone)]
pub enum NodeValue {
    /// Null, a boolean, a number or a text.
    Scalar(Value),
    /// An array.
    List(Vec<Node>),
    /// An object; members in document order, repeated names kept.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads a whole document.
    ///
    /// # Errors
    /// One problem when the text is too large or isn't JSON (RFC 8259); nesting ends at 127 levels.
    pub fn parse(source: &str) -> Result<Self, Problem> {
        if source.len() > SOURCE_BYTES_MAX {
            let message = format!("the document has {} bytes", source.len());
            let expected = Some(format!("at most {SOURCE_BYTES_MAX} bytes"));
            return Err(problem(Position { line: 1, column: 1 }, message, expected));
        }
        // A whole `Value`: skipping values would not stop at any depth.
        if let Err(error) = serde_json::from_str::<Value>(source) {
            return Err(syntax_problem(source, &error));
        }
        let mut scanner = Scanner { source, at: 0, line: 1, column: 1 };
        Ok(scanner.node())
    }

    /// The plain value; of repeated names the last one counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Scalar(value) => value.clone(),
            NodeValue::List(nodes) => nodes.iter().map(Self::to_json).collect(),
            NodeValue::Object(members) => {
                let map: Map<_, _> =
                    members.iter().map(|(n, v)| (n.clone(), v.to_json())).collect();
                Value::Object(map)
            }
        }
    }

    /// Whether it is JSON's null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, NodeValue::Scalar(Value::Null))
    }
}

fn problem(at: Position, message: String, expected: Option<String>) -> Problem {
    let Position { line, column } = at;
    Problem { severity: Severity::Error, line, column, element_id: None, message, expected }
}

fn syntax_problem(source: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    let line = source.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    // The library counts bytes up to and with the offending one.
    let bytes = line.char_indices().take_while(|(i, _)| *i < error.column());
    let column = u32::try_from(bytes.count().max(1)).unwrap_or(u32::MAX);
    let line = u32::try_from(error.line().max(1)).unwrap_or(u32::MAX);
    let message = format!("not a JSON document: {reason}");
    problem(Position { line, column }, message, Some("a JSON object".to_owned()))
}

/// Walks a document already known to be JSON; scalars are decoded by the JSON library.
struct Scanner<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl Scanner<'_> {
    fn rest(&self) -> &[u8] {
        &self.source.as_bytes()[self.at..]
    }

    fn peek(&self) -> u8 {
        self.rest().first().copied().unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) {
        let end = self.at + bytes;
        for character in self.source[self.at..end].chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = end;
    }

    fn skip_space(&mut self) {
        let blank = self.rest().iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.advance(blank);
    }

    fn node(&mut self) -> Node {
        self.skip_space();
        let position = Position { line: self.line, column: self.column };
        let value = match self.peek() {
            b'{' => NodeValue::Object(self.members()),
            b'[' => NodeValue::List(self.items()),
            _ => NodeValue::Scalar(self.scalar()),
        };
        Node { position, value }
    }

    fn members(&mut self) -> Vec<(String, Node)> {
        let mut members = Vec::new();
        while self.enters_next(b'}') {
            let name = self.scalar().as_str().unwrap_or_default().to_owned();
            self.skip_space();
            self.advance(1); // the colon
            members.push((name, self.node()));
        }
        members
    }

    fn items(&mut self) -> Vec<Node> {
        let mut items = Vec::new();
        while self.enters_next(b']') {
            items.push(self.node());
        }
        items
    }

    /// Steps over an opening bracket, a comma or the closing bracket; false after the last.
    fn enters_next(&mut self, closing: u8) -> bool {
        self.skip_space();
        let is_end = self.peek() == closing;
        self.advance(1);
        self.skip_space();
        if !is_end && self.peek() == closing {
            self.advance(1);
            return false;
        }
        !is_end
    }

    fn scalar(&mut self) -> Value {
        let length = if self.peek() == b'"' { self.string_length() } else { self.word_length() };
        let value = serde_json::from_str(&self.source[self.at..self.at + length]);
        self.advance(length);
        value.unwrap_or_default()
    }

    fn string_length(&self) -> usize {
        let mut is_escaped = false;
        let closing = self.rest().iter().skip(1).position(|&byte| {
            let is_closing = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_closing
        });
        closing.map_or(self.rest().len(), |inner| inner + 2)
    }

    fn word_length(&self) -> usize {
        let is_word = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'-' | b'+' | b'.');
        self.rest().iter().take_while(is_word).count()
    }
}

/// A value and its path in the document, such as `components[2].validate.min`.
#[derive(Debug, Clone)]
pub struct Located<'a> {
    /// The value.
    pub node: &'a Node,
    /// Its path; empty for the document itself.
    pub path: String,
}

impl Located<'_> {
    /// What stands there, for a message: a short scalar itself, else its kind.
    #[must_use]
    pub fn found(&self) -> String {
        match &self.node.value {
            NodeValue::List(_) => "found a list".to_owned(),
            NodeValue::Object(_) => "found an object".to_owned(),
            NodeValue::Scalar(Value::String(text)) if text.chars().count() > 40 => {
                "found a text".to_owned()
            }
            NodeValue::Scalar(value) => format!("found {value}"),
        }
    }
}

/// An object whose members are read by name and type; what doesn't fit becomes a problem.
///
/// A member that is null counts as absent, as form-js writes it.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    at: Located<'a>,
    members: &'a [(String, Node)],
}

impl<'a> Object<'a> {
    /// Sees a value as an object; anything else is a problem, as is a repeated name.
    pub fn read(at: Located<'a>, problems: &mut Problems) -> Option<Self> {
        let NodeValue::Object(members) = &at.node.value else {
            return problems.refuse(&at, at.found(), "an object");
        };
        let object = Self { at, members };
        for (index, (name, _)) in members.iter().enumerate() {
            if members[..index].iter().any(|(earlier, _)| earlier == name) {
                let here = object.locate(name, &members[index].1);
                problems.add(&here, "written twice", "each property once");
            }
        }
        Some(object)
    }

    /// Where the object itself stands.
    #[must_use]
    pub fn location(&self) -> &Located<'a> {
        &self.at
    }

    /// The names and values, in document order.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Located<'a>)> {
        self.members.iter().map(|(name, node)| (name.as_str(), self.locate(name, node)))
    }

    fn locate(&self, name: &str, node: &'a Node) -> Located<'a> {
        let path = if self.at.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at.path)
        };
        Located { node, path }
    }

    /// The member of a name, whatever its type.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Located<'a>> {
        let (_, node) = self.members.iter().rev().find(|(n, _)| n == name)?;
        (!node.is_null()).then(|| self.locate(name, node))
    }

    /// A text.
    pub fn text(&self, name: &str, problems: &mut Problems) -> Option<&'a str> {
        let at = self.get(name)?;
        match &at.node.value {
            NodeValue::Scalar(Value::String(text)) => Some(text),
            _ => problems.refuse(&at, at.found(), "a text"),
        }
    }

    /// True or false.
    pub fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        let at = self.get(name)?;
        match &at.node.value {
            NodeValue::Scalar(Value::Bool(flag)) => Some(*flag),
            _ => problems.refuse(&at, at.found(), "true or false"),
        }
    }

    /// A whole number within bounds.
    pub fn integer(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u32>,
        problems: &mut Problems,
    ) -> Option<u32> {
        let at = self.get(name)?;
        let number = match &at.node.value {
            NodeValue::Scalar(Value::Number(number)) => number.as_u64(),
            _ => None,
        };
        let fitting = number.and_then(|n| u32::try_from(n).ok()).filter(|n| bounds.contains(n));
        let expected = || format!("a whole number from {} to {}", bounds.start(), bounds.end());
        fitting.or_else(|| problems.refuse(&at, at.found(), expected()))
    }

    /// A nested object.
    pub fn object(&self, name: &str, problems: &mut Problems) -> Option<Self> {
        Self::read(self.get(name)?, problems)
    }

    /// An array's items.
    pub fn list(&self, name: &str, problems: &mut Problems) -> Option<Vec<Located<'a>>> {
        let at = self.get(name)?;
        let NodeValue::List(nodes) = &at.node.value else {
            return problems.refuse(&at, at.found(), "a list");
        };
        let path = |index| format!("{}[{index}]", at.path);
        Some(nodes.iter().enumerate().map(|(i, node)| Located { node, path: path(i) }).collect())
    }
}

/// What is wrong with a document.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    /// The form field or schema property being read.
    pub element_id: Option<String>,
}

impl Problems {
    /// Adds an error.
    pub fn add(&mut self, at: &Located<'_>, message: impl AsRef<str>, expected: impl Into<String>) {
        self.push(Severity::Error, at, message.as_ref(), expected.into());
    }

    /// Adds an error and gives `None`, for a reader that ends with it.
    pub fn refuse<T>(
        &mut self,
        at: &Located<'_>,
        message: impl AsRef<str>,
        expected: impl Into<String>,
    ) -> Option<T> {
        self.add(at, message, expected);
        None
    }

    /// Adds a warning.
    pub fn warn(&mut self, at: &Located<'_>, message: &str, expected: impl Into<String>) {
        self.push(Severity::Warning, at, message, expected.into());
    }

    fn push(&mut self, severity: Severity, at: &Located<'_>, message: &str, expected: String) {
        let separator = if at.path.is_empty() { "" } else { ": " };
        let message = format!("{}{separator}{message}", at.path);
        let found = problem(at.node.position, message, Some(expected));
        self.list.push(Problem { severity, element_id: self.element_id.clone(), ..found });
    }

    /// The value with its warnings, or everything that was found when an error is among it, in
    /// the order of the document.
    ///
    /// # Errors
    /// All problems, when one is an error or there is no value.
    pub fn conclude<T>(mut self, value: Option<T>) -> Result<(T, Vec<Problem>), Vec<Problem>> {
        self.list.sort_by_key(|problem| (problem.line, problem.column));
        self.list.dedup();
        let has_errors = self.list.iter().any(|p| p.severity == Severity::Error);
        match value {
            Some(value) if !has_errors => Ok((value, self.list)),
            _ => Err(self.list),
        }
    }
}
