//! Parses FEEL (DMN 1.5, 10.3.1.2) without knowing which variables exist.
//! It knows nothing of values beyond literals, and evaluates nothing.
//!
//! **Invariant:** recursion is bounded by `DEPTH_MAX`, and no part of a source is read more than
//! twice, so parsing takes time in proportion to the source.

mod names;
mod operators;
mod primaries;
mod scope;
mod types;
mod unary;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::core::feel::ast::{Node, Type};
use crate::core::feel::error::ParseError;
use crate::core::feel::evaluation::Span;
use crate::core::feel::lexer::{Token, TokenKind, tokenize};

pub(crate) use names::Candidate;
use scope::Phrase;
pub(crate) use scope::{Entries, Scope};

/// Operands within operands. People write ten; a debug build takes 10 KiB of stack for each.
const DEPTH_MAX: u32 = 100;

/// What a source is parsed to.
pub(crate) struct Parsed {
    pub(crate) root: Node,
    /// The names it reads from outside.
    pub(crate) reads: BTreeSet<String>,
    /// Names with symbols in them that the source may mean instead of arithmetic.
    pub(crate) candidates: Vec<Candidate>,
}

/// The two things a source can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Expression,
    UnaryTests,
}

/// Parses a source within a scope.
pub(crate) fn parse(source: &str, form: Form, scope: &Scope) -> Result<Parsed, ParseError> {
    let mut parser = Parser {
        source,
        tokens: tokenize(source)?,
        position: 0,
        depth: 0,
        in_range_end: false,
        uses_partial: false,
        uses_input: false,
        locals: Vec::new(),
        local_counts: HashMap::new(),
        phrases: Vec::new(),
        known_entries: &scope.entries.0,
        entry_phrases: Vec::new(),
        filters: u32::from(scope.is_filter),
        types: &scope.types,
        reads: BTreeSet::new(),
        candidates: Vec::new(),
    };
    scope.names.iter().for_each(|name| parser.declare_known(name));
    let root = match form {
        Form::Expression => parser.expression()?,
        Form::UnaryTests => parser.unary_tests()?,
    };
    if parser.peek().kind != TokenKind::End {
        return Err(parser.expected("an operator or the end of the expression"));
    }
    Ok(Parsed { root, reads: parser.reads, candidates: parser.candidates })
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    position: usize,
    depth: u32,
    /// At the end of a range `[` may close it instead of starting a filter.
    in_range_end: bool,
    /// Whether `partial` was read since the innermost loop began.
    uses_partial: bool,
    /// Whether `?` was read since the innermost test began.
    uses_input: bool,
    /// Loop variables, parameters and context entries in scope.
    locals: Vec<Arc<str>>,
    /// How often each local name is in scope.
    local_counts: HashMap<Arc<str>, usize>,
    /// Names in scope that words alone do not show.
    phrases: Vec<Arc<Phrase>>,
    /// Names of entries that words alone do not show: those of the scope, those of the source.
    known_entries: &'a [Arc<Phrase>],
    entry_phrases: Vec<Arc<Phrase>>,
    /// Filters around the next token, in which entries are names.
    filters: u32,
    types: &'a BTreeMap<Arc<str>, Type>,
    reads: BTreeSet<String>,
    candidates: Vec<Candidate>,
}

/// How many locals and phrases there were when a scope began.
#[derive(Clone, Copy)]
struct ScopeMark(usize, usize);

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.position + offset).min(last)]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.position += 1;
        token
    }

    fn text_of(&self, span: Span) -> &str {
        &self.source[span.start..span.end]
    }

    fn is_symbol_at(&self, offset: usize, symbol: &str) -> bool {
        matches!(self.peek_at(offset).kind, TokenKind::Symbol(found) if found == symbol)
    }

    fn is_word_at(&self, offset: usize, word: &str) -> bool {
        let token = self.peek_at(offset);
        token.kind == TokenKind::Word && self.text_of(token.span) == word
    }

    fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol_at(0, symbol);
        self.position += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word_at(0, word);
        self.position += usize::from(found);
        found
    }

    fn need_symbol(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    fn need_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    /// An error at the next token, saying what would have fitted.
    fn expected(&self, what: &str) -> ParseError {
        let span = self.peek().span;
        let found = match self.peek().kind {
            TokenKind::End => "the end".to_owned(),
            _ => format!("`{}`", self.text_of(span)),
        };
        ParseError::new(self.source, span, &format!("expected {what}, found {found}"))
    }

    fn error(&self, span: Span, message: &str) -> ParseError {
        ParseError::new(self.source, span, message)
    }

    /// The part from `start` to the last token taken.
    fn span_from(&self, start: usize) -> Span {
        let last = self.position.saturating_sub(1).min(self.tokens.len() - 1);
        Span { start, end: self.tokens[last].span.end.max(start) }
    }

    fn begin_scope(&self) -> ScopeMark {
        ScopeMark(self.locals.len(), self.phrases.len())
    }

    fn end_scope(&mut self, mark: ScopeMark) {
        for name in self.locals.drain(mark.0..) {
            if let Some(count) = self.local_counts.get_mut(&name) {
                *count -= 1;
            }
        }
        self.phrases.truncate(mark.1);
    }

    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        if self.depth >= DEPTH_MAX {
            let message = format!("expected at most {DEPTH_MAX} levels of nesting");
            return Err(self.error(self.peek().span, &message));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }
}
