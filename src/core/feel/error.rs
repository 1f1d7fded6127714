//! Why a source is no expression, and where.
//! It knows nothing of grammar.

use std::fmt;

use crate::core::feel::evaluation::Span;

/// A source that is no expression: what was expected, and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What was expected, in lower case.
    pub message: String,
    /// The part of the source that does not fit.
    pub span: Span,
    /// The line of the start, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}

impl ParseError {
    pub(crate) fn new(source: &str, span: Span, message: &str) -> Self {
        let start = floor_boundary(source, span.start);
        let before = &source[..start];
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |position| position + 1);
        let column = before[line_start..].chars().count() + 1;
        Self { message: message.to_owned(), span, line, column }
    }
}

fn floor_boundary(source: &str, position: usize) -> usize {
    let position = position.min(source.len());
    (0..=position).rev().find(|index| source.is_char_boundary(*index)).unwrap_or(0)
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {}, column {}", self.message, self.line, self.column)
    }
}

impl std::error::Error for ParseError {}
