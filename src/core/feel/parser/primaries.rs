//! Operands: literals, names, lists, contexts, ranges, and the forms that begin with a keyword.
//! It knows nothing of operators.

use std::sync::Arc;

use super::Parser;
use super::operators::Level;
use crate::core::feel::ast::{Iterator, Kind, Lambda, Loop, Node, Quantifier, RangeNode, Test};
use crate::core::feel::error::ParseError;
use crate::core::feel::evaluation::Span;
use crate::core::feel::lexer::TokenKind;
use crate::core::feel::value::Value;

/// What stands in parentheses.
pub(super) enum Parenthesis {
    One(Node),
    /// Several tests, or one that begins with a comparison.
    Tests(Vec<Test>),
}

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Result<Node, ParseError> {
        let token = self.peek().clone();
        let start = token.span.start;
        let kind = match token.kind {
            TokenKind::Number(number) => self.literal(Value::Number(number)),
            TokenKind::Text(text) => self.literal(Value::Text(text)),
            TokenKind::Temporal(text) => {
                let Some(value) = Value::from_temporal_text(&text) else {
                    let expected = "expected a date, a time, a date and time or a duration";
                    return Err(self.error(token.span, expected));
                };
                self.literal(value)
            }
            TokenKind::Word => return self.word_primary(token.span),
            TokenKind::QuotedName(_) => return self.name(),
            TokenKind::Symbol("(") => return self.parenthesized(),
            TokenKind::Symbol("[") => self.list_or_range()?,
            TokenKind::Symbol("]") => {
                self.position += 1;
                let first = self.expression()?;
                self.range_after(first, false)?
            }
            TokenKind::Symbol("{") => self.context()?,
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.expected("an expression")),
        };
        Ok(Node { kind, span: self.span_from(start) })
    }

    fn literal(&mut self, value: Value) -> Kind {
        self.position += 1;
        Kind::Literal(value)
    }

    fn word_primary(&mut self, span: Span) -> Result<Node, ParseError> {
        let kind = match self.text_of(span) {
            "null" => self.literal(Value::Null),
            "true" => self.literal(Value::Boolean(true)),
            "false" => self.literal(Value::Boolean(false)),
            "if" => self.conditional()?,
            "for" => self.for_loop()?,
            "some" => self.quantified(Quantifier::Some)?,
            "every" => self.quantified(Quantifier::Every)?,
            "function" if self.is_symbol_at(1, "(") => self.function()?,
            _ => return self.name(),
        };
        Ok(Node { kind, span: self.span_from(span.start) })
    }

    fn parenthesized(&mut self) -> Result<Node, ParseError> {
        let start = self.peek().span.start;
        match self.parenthesis(false)? {
            Parenthesis::One(node) => Ok(node),
            Parenthesis::Tests(mut tests) => {
                let test = tests.pop().expect("a parenthesis holds at least one test");
                Ok(Node { kind: test.node.kind, span: self.span_from(start) })
            }
        }
    }

    /// `(a)`, `(a..b)`, `(> a)` and, if several tests are allowed, `(a, > b)`.
    pub(super) fn parenthesis(&mut self, several: bool) -> Result<Parenthesis, ParseError> {
        let start = self.peek().span.start;
        self.need_symbol("(")?;
        let first = self.test()?;
        if self.is_symbol_at(0, "..") {
            let kind = self.range_after(first.node, false)?;
            return Ok(Parenthesis::One(Node { kind, span: self.span_from(start) }));
        }
        let mut tests = vec![first];
        while several && self.eat_symbol(",") {
            tests.push(self.test()?);
        }
        self.need_symbol(")")?;
        let is_expression = tests.len() == 1 && !matches!(tests[0].node.kind, Kind::Test(..));
        match tests.pop() {
            Some(only) if is_expression => Ok(Parenthesis::One(only.node)),
            last => {
                tests.extend(last);
                Ok(Parenthesis::Tests(tests))
            }
        }
    }

    fn list_or_range(&mut self) -> Result<Kind, ParseError> {
        self.need_symbol("[")?;
        if self.eat_symbol("]") {
            return Ok(Kind::List(Vec::new()));
        }
        let first = self.expression()?;
        if self.is_symbol_at(0, "..") {
            return self.range_after(first, true);
        }
        let mut items = vec![first];
        while self.eat_symbol(",") {
            items.push(self.expression()?);
        }
        self.need_symbol("]")?;
        Ok(Kind::List(items))
    }

    fn range_after(&mut self, start: Node, start_included: bool) -> Result<Kind, ParseError> {
        self.need_symbol("..")?;
        self.in_range_end = true;
        let end = self.binary(Level::Additive);
        self.in_range_end = false;
        let end = end?;
        let end_included = self.eat_symbol("]");
        if !end_included && !self.eat_symbol(")") && !self.eat_symbol("[") {
            return Err(self.expected("`]`, `)` or `[` to end the range"));
        }
        Ok(Kind::Range(Box::new(RangeNode { start, end, start_included, end_included })))
    }

    fn context(&mut self) -> Result<Kind, ParseError> {
        self.need_symbol("{")?;
        let mut entries = Vec::new();
        let mark = self.begin_scope();
        if !self.is_symbol_at(0, "}") {
            entries = self.separated(|parser| {
                let name = parser.declared_name(":")?;
                parser.need_symbol(":")?;
                // A function may call itself by the name of its entry.
                let inner = parser.begin_scope();
                if parser.is_word_at(0, "function") && parser.is_symbol_at(1, "(") {
                    parser.declare(&name);
                }
                let value = parser.expression()?;
                parser.end_scope(inner);
                parser.declare(&name);
                Ok((name, value))
            })?;
        }
        self.end_scope(mark);
        for (name, _) in &entries {
            self.add_entry_phrase(name);
        }
        self.need_symbol("}")?;
        Ok(Kind::Context(entries))
    }

    fn conditional(&mut self) -> Result<Kind, ParseError> {
        let mut branches = Vec::new();
        loop {
            self.need_word("if")?;
            let condition = self.expression()?;
            self.need_word("then")?;
            branches.push((condition, self.expression()?));
            self.need_word("else")?;
            if !self.is_word_at(0, "if") {
                return Ok(Kind::If(branches, Box::new(self.expression()?)));
            }
        }
    }

    fn for_loop(&mut self) -> Result<Kind, ParseError> {
        self.need_word("for")?;
        let mark = self.begin_scope();
        let iterators = self.separated(Self::iterator)?;
        self.need_word("return")?;
        self.declare(&Arc::from("partial"));
        let outer = std::mem::take(&mut self.uses_partial);
        let body = self.expression()?;
        let uses_partial = std::mem::replace(&mut self.uses_partial, outer);
        self.end_scope(mark);
        Ok(Kind::For(Box::new(Loop { iterators, body, uses_partial })))
    }

    fn quantified(&mut self, quantifier: Quantifier) -> Result<Kind, ParseError> {
        self.position += 1;
        let mark = self.begin_scope();
        let iterators = self.separated(Self::iterator)?;
        self.need_word("satisfies")?;
        let test = self.expression()?;
        self.end_scope(mark);
        Ok(Kind::Quantified(quantifier, iterators, Box::new(test)))
    }

    fn iterator(&mut self) -> Result<Iterator, ParseError> {
        let name = self.declared_name("in")?;
        self.need_word("in")?;
        let source = self.expression()?;
        let end = if self.eat_symbol("..") { Some(self.expression()?) } else { None };
        self.declare(&name);
        Ok(Iterator { name, source, end })
    }

    fn function(&mut self) -> Result<Kind, ParseError> {
        self.need_word("function")?;
        self.need_symbol("(")?;
        let mark = self.begin_scope();
        let mut parameters = Vec::new();
        if !self.is_symbol_at(0, ")") {
            parameters = self.separated(Self::parameter)?;
        }
        self.need_symbol(")")?;
        if self.is_word_at(0, "external") {
            return Err(self.expected("a FEEL expression, as external functions are not run"));
        }
        let body = self.expression()?;
        self.end_scope(mark);
        Ok(Kind::Function(Arc::new(Lambda { parameters, body })))
    }
}
