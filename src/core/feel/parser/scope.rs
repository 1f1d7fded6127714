//! The names a source may use, beyond those that words alone show.
//! It knows nothing of what they stand for; how each is written is found out once, not in each of
//! the thousands of sources that a table has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::ends_name;
use crate::core::feel::ast::Type;
use crate::core::feel::evaluation::Span;
use crate::core::feel::lexer::{Token, TokenKind, tokenize};

/// What a source may name.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    pub(super) names: Vec<KnownName>,
    pub(super) entries: Entries,
    pub(super) types: Arc<BTreeMap<Arc<str>, Type>>,
    /// Whether the source is the condition of a filter, in which entries are names.
    pub(super) is_filter: bool,
}

/// A variable, and how it is written.
#[derive(Clone)]
pub(super) struct KnownName {
    pub(super) name: Arc<str>,
    pub(super) phrase: Option<Arc<Phrase>>,
}

/// Entries of contexts that words alone do not show; they stand after a dot or in a filter.
#[derive(Clone, Default)]
pub(crate) struct Entries(pub(super) Arc<Vec<Arc<Phrase>>>);

impl Entries {
    /// The entries of these names.
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Self {
        Self(Arc::new(names.filter_map(Phrase::of).collect()))
    }
}

impl Scope {
    /// A scope with types beside those of the language, and no names yet.
    pub(crate) fn new(entries: Entries, types: Arc<BTreeMap<Arc<str>, Type>>) -> Self {
        Self { entries, types, ..Self::default() }
    }

    /// The same with more names.
    pub(crate) fn naming(mut self, names: impl IntoIterator<Item = Arc<str>>) -> Self {
        names.into_iter().for_each(|name| self.push(name));
        self
    }

    /// Adds a name.
    pub(crate) fn push(&mut self, name: Arc<str>) {
        let phrase = Phrase::of(&name);
        self.names.push(KnownName { name, phrase });
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Takes away all but the first names.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.names.truncate(length);
    }

    /// Says whether sources are conditions of a filter; gives what was said before.
    pub(crate) fn set_filter(&mut self, is_filter: bool) -> bool {
        std::mem::replace(&mut self.is_filter, is_filter)
    }
}

/// A name that words alone do not show, and the tokens it is written with.
pub(crate) struct Phrase {
    pub(super) name: Arc<str>,
    pub(super) tokens: Vec<String>,
}

impl Phrase {
    /// How a name is written, if words alone do not show it.
    pub(super) fn of(name: &Arc<str>) -> Option<Arc<Self>> {
        let mut tokens = tokenize(name).ok()?;
        tokens.pop();
        let text = |span: Span| &name[span.start..span.end];
        let is_plain =
            |token: &Token| token.kind == TokenKind::Word && !ends_name(text(token.span));
        if tokens.len() < 2 || tokens.iter().all(is_plain) {
            return None;
        }
        let tokens = tokens.iter().map(|token| text(token.span).to_owned()).collect();
        Some(Arc::new(Self { name: Arc::clone(name), tokens }))
    }
}
