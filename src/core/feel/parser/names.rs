//! Which words and symbols make one name, without knowing the variables.
//! It knows nothing of what names stand for.
//!
//! The rule, told in full in the documentation of `feel`:
//! 1. Words side by side are one name (`full name`); a keyword ends it.
//! 2. A name in scope that holds keywords or symbols (a parameter `a-b`, a context entry
//!    `"risk and credit"`) is recognised as a whole, the longest first.
//! 3. Any other symbol is an operator. Where it stands without blanks between words (`a-b`), the
//!    whole is kept as a candidate: `Expression` takes it for a name if there is an outer
//!    variable of that name and none called like its first part.

use std::sync::Arc;

use super::Parser;
use super::scope::{KnownName, Phrase};
use crate::core::feel::ast::{Kind, Node};
use crate::core::feel::builtins;
use crate::core::feel::error::ParseError;
use crate::core::feel::lexer::{Token, TokenKind};
use crate::core::feel::value::{Function, Value};

/// More are not considered: each costs a look-up per evaluation.
const CANDIDATES_MAX: usize = 32;
/// More names in scope with symbols in them are not recognised without backticks.
const PHRASES_MAX: usize = 256;
/// Parts of a name that symbols hold together.
const CANDIDATE_PARTS_MAX: usize = 8;
/// Names of the language that hold keywords; names only where they are called.
const CALLED_PHRASES: [&str; 4] =
    ["date and time", "days and time duration", "years and months duration", "get or else"];

/// `a-b`, which may be one name.
pub(crate) struct Candidate {
    /// The words before the first symbol.
    pub(crate) first: Arc<str>,
    /// The whole.
    pub(crate) name: String,
}

/// The keywords that end a name.
pub(super) fn ends_name(word: &str) -> bool {
    matches!(word, "and" | "or" | "between" | "in" | "then" | "else" | "return" | "satisfies")
}

impl Parser<'_> {
    /// A variable, a local name, or a built-in function where it is called.
    pub(super) fn name(&mut self) -> Result<Node, ParseError> {
        let start = self.peek().span.start;
        let name = self.name_text()?;
        let span = self.span_from(start);
        let is_local = self.local_counts.get(&name).is_some_and(|count| *count > 0);
        let is_call = self.is_symbol_at(0, "(");
        if !is_local && is_call {
            if builtins::IMPURE.contains(&&*name) {
                let message = format!("expected a pure function, as `{name}` differs every time");
                return Err(self.error(span, &message));
            }
            if let Some(builtin) = builtins::find(&name) {
                let function = Value::Function(Arc::new(Function::Builtin(builtin)));
                return Ok(Node { kind: Kind::Literal(function), span });
            }
        }
        self.uses_partial |= &*name == "partial";
        self.uses_input |= &*name == "?";
        if !is_local {
            self.reads.insert(name.to_string());
            self.note_candidates(&name, start);
        }
        Ok(Node { kind: Kind::Name(name), span })
    }

    fn name_text(&mut self) -> Result<Arc<str>, ParseError> {
        if let TokenKind::QuotedName(name) = self.peek().kind.clone() {
            self.position += 1;
            return Ok(name);
        }
        let entry = (self.filters > 0).then(|| self.longest_entry()).flatten();
        let found = self.longest_phrase(&self.phrases).or(entry);
        if let Some((name, length)) = found {
            self.position += length;
            return Ok(name);
        }
        for phrase in CALLED_PHRASES {
            let words = phrase.split(' ');
            let length = words.clone().count();
            if self.is_symbol_at(length, "(")
                && words.enumerate().all(|(offset, word)| self.is_word_at(offset, word))
            {
                self.position += length;
                return Ok(Arc::from(phrase));
            }
        }
        if ends_name(self.text_of(self.peek().span)) {
            return Err(self.expected("an expression"));
        }
        Ok(self.words())
    }

    fn longest_entry(&self) -> Option<(Arc<str>, usize)> {
        let own = self.longest_phrase(&self.entry_phrases);
        let known = self.longest_phrase(self.known_entries);
        own.into_iter().chain(known).max_by_key(|(_, length)| *length)
    }

    fn longest_phrase(&self, phrases: &[Arc<Phrase>]) -> Option<(Arc<str>, usize)> {
        let fitting = phrases.iter().filter(|phrase| {
            phrase.tokens.iter().enumerate().all(|(offset, text)| {
                let token = self.peek_at(offset);
                token.kind != TokenKind::End && self.text_of(token.span) == text
            })
        });
        let longest = fitting.max_by_key(|phrase| phrase.tokens.len())?;
        Some((Arc::clone(&longest.name), longest.tokens.len()))
    }

    /// Words up to the next keyword, joined by one blank each.
    pub(super) fn words(&mut self) -> Arc<str> {
        let first = self.advance();
        let mut name = self.text_of(first.span).to_owned();
        if name == "?" {
            return Arc::from(name);
        }
        let mut end = first.span.end;
        while self.continues_name() {
            let span = self.advance().span;
            if span.start > end {
                name.push(' ');
            }
            name.push_str(self.text_of(span));
            end = span.end;
        }
        Arc::from(name)
    }

    fn continues_name(&self) -> bool {
        let token = self.peek();
        let text = self.text_of(token.span);
        match token.kind {
            TokenKind::Word => {
                text != "?" && !ends_name(text) && !(text == "instance" && self.is_word_at(1, "of"))
            }
            TokenKind::Number(_) => text.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        }
    }

    /// The name after a dot; even a keyword may stand there.
    pub(super) fn path_name(&mut self) -> Result<Arc<str>, ParseError> {
        match self.peek().kind.clone() {
            TokenKind::QuotedName(name) => {
                self.position += 1;
                Ok(name)
            }
            TokenKind::Word => {
                if let Some((name, length)) = self.longest_entry() {
                    self.position += length;
                    return Ok(name);
                }
                Ok(self.words())
            }
            _ => Err(self.expected("a name")),
        }
    }

    /// The name of an entry, parameter, argument or, up to `in`, of a loop variable.
    pub(super) fn declared_name(&mut self, stop: &str) -> Result<Arc<str>, ParseError> {
        let first = self.peek().clone();
        if let TokenKind::QuotedName(name) | TokenKind::Text(name) = first.kind {
            self.position += 1;
            return Ok(name);
        }
        let (mut name, mut end) = (String::new(), first.span.start);
        while !self.is_word_at(0, stop) {
            let token = self.peek();
            let fits = match token.kind {
                TokenKind::Word => true,
                TokenKind::Number(_) => !name.is_empty(),
                TokenKind::Symbol(symbol) => {
                    !name.is_empty() && matches!(symbol, "+" | "-" | "*" | "/" | "." | "**")
                }
                _ => false,
            };
            if !fits {
                break;
            }
            let span = self.advance().span;
            if span.start > end {
                name.push(' ');
            }
            name.push_str(self.text_of(span));
            end = span.end;
        }
        if name.is_empty() { Err(self.expected("a name")) } else { Ok(Arc::from(name)) }
    }

    /// Whether a name and a colon come next.
    pub(super) fn is_named_argument(&self) -> bool {
        let mut offset = 0;
        loop {
            let token: &Token = self.peek_at(offset);
            match token.kind {
                TokenKind::Symbol(":") => return offset > 0,
                TokenKind::QuotedName(_) | TokenKind::Text(_) if offset > 0 => return false,
                TokenKind::Word
                | TokenKind::Number(_)
                | TokenKind::QuotedName(_)
                | TokenKind::Text(_) => offset += 1,
                _ => return false,
            }
        }
    }

    /// Brings a local name into scope.
    pub(super) fn declare(&mut self, name: &Arc<str>) {
        self.locals.push(Arc::clone(name));
        *self.local_counts.entry(Arc::clone(name)).or_default() += 1;
        if self.phrases.len() < PHRASES_MAX {
            self.phrases.extend(Phrase::of(name));
        }
    }

    /// Brings a name of the scope in, which knows already how it is written.
    pub(super) fn declare_known(&mut self, known: &KnownName) {
        self.locals.push(Arc::clone(&known.name));
        *self.local_counts.entry(Arc::clone(&known.name)).or_default() += 1;
        if self.phrases.len() < PHRASES_MAX {
            self.phrases.extend(known.phrase.clone());
        }
    }

    /// Remembers how an entry is written, if words alone do not show it.
    pub(super) fn add_entry_phrase(&mut self, name: &Arc<str>) {
        if self.entry_phrases.len() < PHRASES_MAX {
            self.entry_phrases.extend(Phrase::of(name));
        }
    }

    /// Keeps `a-b` and `a-b-c` in mind when they stand without blanks around the symbols.
    fn note_candidates(&mut self, first: &Arc<str>, start: usize) {
        let mut offset = 0;
        for _ in 0..CANDIDATE_PARTS_MAX {
            let (symbol, next) = (self.peek_at(offset), self.peek_at(offset + 1));
            let before = self.tokens[self.position + offset - 1].span.end;
            let is_joined = matches!(symbol.kind, TokenKind::Symbol("-" | "+" | "*" | "/"))
                && before == symbol.span.start
                && symbol.span.end == next.span.start
                && matches!(next.kind, TokenKind::Word | TokenKind::Number(_));
            if !is_joined || self.candidates.len() >= CANDIDATES_MAX {
                return;
            }
            let here = self.position;
            self.position += offset + 1;
            self.words();
            offset = self.position - here;
            let span = self.span_from(start);
            let name = self.text_of(span).split_whitespace().collect::<Vec<_>>().join(" ");
            self.position = here;
            self.candidates.push(Candidate { first: Arc::clone(first), name });
        }
    }
}
