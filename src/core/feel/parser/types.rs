//! Types as written after `instance of` and behind parameters.
//! It knows nothing of what belongs to a type.

use std::sync::Arc;

use super::Parser;
use crate::core::feel::ast::Type;
use crate::core::feel::error::ParseError;
use crate::core::feel::lexer::{TokenKind, tokenize};

impl Parser<'_> {
    pub(super) fn type_name(&mut self) -> Result<Type, ParseError> {
        self.nested(Self::type_at_depth)
    }

    fn type_at_depth(&mut self) -> Result<Type, ParseError> {
        if let Some((declared, length)) = self.declared_type() {
            self.position += length;
            return Ok(declared);
        }
        if self.peek().kind != TokenKind::Word {
            return Err(self.expected("the name of a type"));
        }
        let name = self.type_words();
        let has_parts = self.is_symbol_at(0, "<");
        Ok(match &*name {
            "Any" => Type::Any,
            "Null" => Type::Null,
            "boolean" => Type::Boolean,
            "number" => Type::Number,
            "string" => Type::Text,
            "date" => Type::Date,
            "time" => Type::Time,
            "date and time" => Type::DateTime,
            "days and time duration" => Type::DaysTimeDuration,
            "years and months duration" => Type::YearsMonthsDuration,
            "list" => Type::List(Box::new(self.inner_type()?)),
            "range" => Type::Range(Box::new(self.inner_type()?)),
            "context" if has_parts => Type::Context(self.entry_types()?),
            "context" => Type::Context(Vec::new()),
            "function" if has_parts => Type::Function(Some(self.function_types()?)),
            "function" => Type::Function(None),
            _ => Type::Unknown(name),
        })
    }

    /// The type of the scope that comes next, the longest name first, and its tokens.
    fn declared_type(&self) -> Option<(Type, usize)> {
        let fitting = self.types.iter().filter_map(|(name, declared)| {
            let tokens = tokenize(name).ok()?;
            let fits = tokens.iter().enumerate().all(|(offset, token)| {
                let written = self.text_of(self.peek_at(offset).span);
                token.kind == TokenKind::End || written == &name[token.span.start..token.span.end]
            });
            fits.then_some((declared, tokens.len() - 1))
        });
        fitting.max_by_key(|(_, length)| *length).map(|(found, length)| (found.clone(), length))
    }

    fn type_words(&mut self) -> Arc<str> {
        let phrases = ["days and time duration", "years and months duration", "date and time"];
        for phrase in phrases {
            let words = phrase.split(' ');
            if words.clone().enumerate().all(|(offset, word)| self.is_word_at(offset, word)) {
                self.position += words.count();
                return Arc::from(phrase);
            }
        }
        self.words()
    }

    /// `<T>`, or any type.
    fn inner_type(&mut self) -> Result<Type, ParseError> {
        if !self.eat_symbol("<") {
            return Ok(Type::Any);
        }
        let inner = self.type_name()?;
        self.need_symbol(">")?;
        Ok(inner)
    }

    fn entry_types(&mut self) -> Result<Vec<(Arc<str>, Type)>, ParseError> {
        self.need_symbol("<")?;
        let entries = self.separated(|parser| {
            let name = parser.declared_name(":")?;
            parser.need_symbol(":")?;
            Ok((name, parser.type_name()?))
        })?;
        self.need_symbol(">")?;
        Ok(entries)
    }

    /// `<A, B> -> C`; a function value knows how many parameters it has, not their types.
    fn function_types(&mut self) -> Result<usize, ParseError> {
        self.need_symbol("<")?;
        let mut count = 0;
        if !self.is_symbol_at(0, ">") {
            count = self.separated(Self::type_name)?.len();
        }
        self.need_symbol(">")?;
        self.need_symbol("->")?;
        self.type_name()?;
        Ok(count)
    }

    pub(super) fn parameter(&mut self) -> Result<(Arc<str>, Type), ParseError> {
        let name = self.declared_name(":")?;
        let declared = if self.eat_symbol(":") { self.type_name()? } else { Type::Any };
        self.declare(&name);
        Ok((name, declared))
    }
}
