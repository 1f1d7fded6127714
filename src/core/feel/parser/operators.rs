//! Operators by precedence, and what follows an operand: paths, filters, calls.
//! It knows nothing of operands themselves.

use std::sync::Arc;

use super::Parser;
use crate::core::feel::ast::{
    Arguments, Comparison, Kind, Node, Operator, Relation, Suffix, SuffixKind,
};
use crate::core::feel::error::ParseError;
use crate::core::feel::evaluation::Span;
use crate::core::feel::lexer::TokenKind;
use crate::core::feel::value::Value;

/// The levels of DMN 1.5, 10.3.1.2, loosest first. Within a level evaluation goes left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Relation,
    Additive,
    Multiplicative,
    Power,
    Prefix,
}

impl Level {
    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Relation,
            Self::Relation => Self::Additive,
            Self::Additive => Self::Multiplicative,
            Self::Multiplicative => Self::Power,
            Self::Power | Self::Prefix => Self::Prefix,
        }
    }
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Result<Node, ParseError> {
        let in_range_end = std::mem::take(&mut self.in_range_end);
        let result = self.binary(Level::Or);
        self.in_range_end = in_range_end;
        result
    }

    /// An operand and the operators behind it that bind at least as tightly as `min`; the one way
    /// down, and so the place where depth is counted.
    pub(super) fn binary(&mut self, min: Level) -> Result<Node, ParseError> {
        self.nested(|parser| {
            let left = parser.prefix()?;
            parser.continue_binary(left, min)
        })
    }

    pub(super) fn continue_binary(&mut self, left: Node, min: Level) -> Result<Node, ParseError> {
        let mut left = left;
        while let Some(level) = self.infix().filter(|level| *level >= min) {
            let start = left.span.start;
            let kind = match level {
                Level::Or => Kind::Or(self.operands(left, "or", level)?),
                Level::And => Kind::And(self.operands(left, "and", level)?),
                Level::Relation => Kind::Relation(Box::new(left), self.relations()?),
                _ => Kind::Arithmetic(Box::new(left), self.arithmetic(level)?),
            };
            left = Node { kind, span: self.span_from(start) };
        }
        Ok(left)
    }

    /// The level of the operator that comes next, if one does.
    fn infix(&self) -> Option<Level> {
        let token = self.peek();
        match &token.kind {
            TokenKind::Symbol("+" | "-") => Some(Level::Additive),
            TokenKind::Symbol("*" | "/") => Some(Level::Multiplicative),
            TokenKind::Symbol("**") => Some(Level::Power),
            TokenKind::Symbol("=" | "!=" | "<" | "<=" | ">" | ">=") => Some(Level::Relation),
            TokenKind::Word => match self.text_of(token.span) {
                "or" => Some(Level::Or),
                "and" => Some(Level::And),
                "in" | "between" => Some(Level::Relation),
                _ => None,
            },
            _ => None,
        }
    }

    fn operands(&mut self, first: Node, word: &str, level: Level) -> Result<Vec<Node>, ParseError> {
        let mut operands = vec![first];
        while self.eat_word(word) {
            operands.push(self.binary(level.tighter())?);
        }
        Ok(operands)
    }

    fn arithmetic(&mut self, level: Level) -> Result<Vec<(Operator, Node)>, ParseError> {
        let mut rest = Vec::new();
        while self.infix() == Some(level) {
            let operator = match self.advance().kind {
                TokenKind::Symbol("+") => Operator::Add,
                TokenKind::Symbol("-") => Operator::Subtract,
                TokenKind::Symbol("*") => Operator::Multiply,
                TokenKind::Symbol("/") => Operator::Divide,
                _ => Operator::Power,
            };
            rest.push((operator, self.binary(level.tighter())?));
        }
        Ok(rest)
    }

    fn relations(&mut self) -> Result<Vec<Relation>, ParseError> {
        let mut relations = Vec::new();
        while self.infix() == Some(Level::Relation) {
            relations.push(if let Some(comparison) = self.eat_comparison() {
                Relation::Compare(comparison, self.binary(Level::Additive)?)
            } else if self.eat_word("between") {
                let low = self.binary(Level::Additive)?;
                self.need_word("and")?;
                Relation::Between(low, self.binary(Level::Additive)?)
            } else {
                self.need_word("in")?;
                Relation::In(self.in_tests()?)
            });
        }
        Ok(relations)
    }

    pub(super) fn eat_comparison(&mut self) -> Option<Comparison> {
        let comparison = match self.peek().kind {
            TokenKind::Symbol("=") => Comparison::Equal,
            TokenKind::Symbol("!=") => Comparison::NotEqual,
            TokenKind::Symbol("<") => Comparison::Less,
            TokenKind::Symbol("<=") => Comparison::LessOrEqual,
            TokenKind::Symbol(">") => Comparison::Greater,
            TokenKind::Symbol(">=") => Comparison::GreaterOrEqual,
            _ => return None,
        };
        self.position += 1;
        Some(comparison)
    }

    /// Minus signs before an operand. They bind tighter than `**`: `-3 ** 2` is 9.
    fn prefix(&mut self) -> Result<Node, ParseError> {
        let start = self.peek().span.start;
        let mut signs = 0_usize;
        while self.eat_symbol("-") {
            signs += 1;
        }
        let mut node = self.operand()?;
        // Two signs and two hundred mean the same: that the operand must be a number.
        for _ in 0..signs.min(2 - signs % 2) {
            let kind = match node.kind {
                Kind::Literal(Value::Number(number)) => {
                    Kind::Literal(Value::Number(number.negated()))
                }
                _ => Kind::Negation(Box::new(node)),
            };
            node = Node { kind, span: self.span_from(start) };
        }
        Ok(node)
    }

    fn operand(&mut self) -> Result<Node, ParseError> {
        let start = self.peek().span.start;
        let primary = self.primary()?;
        let mut node = self.continue_postfix(primary)?;
        if self.is_word_at(0, "instance") && self.is_word_at(1, "of") {
            self.position += 2;
            let kind = Kind::InstanceOf(Box::new(node), self.type_name()?);
            node = Node { kind, span: self.span_from(start) };
        }
        Ok(node)
    }

    pub(super) fn continue_postfix(&mut self, base: Node) -> Result<Node, ParseError> {
        let start = base.span.start;
        let mut suffixes = Vec::new();
        let mut path: Vec<Arc<str>> = Vec::new();
        let mut path_end = base.span.end;
        loop {
            let suffix_start = self.peek().span.start;
            let kind = if self.is_symbol_at(0, ".") {
                self.position += 1;
                SuffixKind::Path(self.path_name()?)
            } else if self.is_symbol_at(0, "[") && !self.closes_range() {
                self.filter()?
            } else if self.is_symbol_at(0, "(") {
                SuffixKind::Call(self.arguments()?)
            } else {
                break;
            };
            match kind {
                SuffixKind::Path(name) if suffixes.is_empty() && is_name(&base) => {
                    path_end = self.span_from(suffix_start).end;
                    path.push(name);
                }
                kind => suffixes.push(Suffix { kind, span: self.span_from(suffix_start) }),
            }
        }
        let node = with_path(base, path, path_end);
        if suffixes.is_empty() {
            return Ok(node);
        }
        Ok(Node { kind: Kind::Postfix(Box::new(node), suffixes), span: self.span_from(start) })
    }

    /// `]1..5[`: at the end of a range, a bracket after which no expression can begin closes it.
    fn closes_range(&self) -> bool {
        self.in_range_end && !self.begins_expression(1)
    }

    fn begins_expression(&self, offset: usize) -> bool {
        let token = self.peek_at(offset);
        match token.kind {
            TokenKind::End => false,
            TokenKind::Symbol(symbol) => matches!(symbol, "(" | "[" | "{" | "-"),
            TokenKind::Word => {
                let word = self.text_of(token.span);
                !super::names::ends_name(word) && word != "instance"
            }
            _ => true,
        }
    }

    fn filter(&mut self) -> Result<SuffixKind, ParseError> {
        self.need_symbol("[")?;
        let mark = self.begin_scope();
        self.declare(&Arc::from("item"));
        self.filters += 1;
        let condition = self.expression()?;
        self.filters -= 1;
        self.end_scope(mark);
        self.need_symbol("]")?;
        Ok(SuffixKind::Filter(condition))
    }

    fn arguments(&mut self) -> Result<Arguments, ParseError> {
        self.need_symbol("(")?;
        if self.eat_symbol(")") {
            return Ok(Arguments::Positional(Vec::new()));
        }
        let arguments = if self.is_named_argument() {
            Arguments::Named(self.separated(|parser| {
                let name = parser.declared_name(":")?;
                parser.need_symbol(":")?;
                Ok((name, parser.expression()?))
            })?)
        } else {
            Arguments::Positional(self.separated(Self::expression)?)
        };
        self.need_symbol(")")?;
        Ok(arguments)
    }

    pub(super) fn separated<T>(
        &mut self,
        mut parse: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut parts = vec![parse(self)?];
        while self.eat_symbol(",") {
            parts.push(parse(self)?);
        }
        Ok(parts)
    }
}

fn is_name(node: &Node) -> bool {
    matches!(node.kind, Kind::Name(_))
}

fn with_path(base: Node, path: Vec<Arc<str>>, end: usize) -> Node {
    match base.kind {
        Kind::Name(name) if !path.is_empty() => {
            let span = Span { start: base.span.start, end };
            Node { kind: Kind::Path(name, path), span }
        }
        kind => Node { kind, span: base.span },
    }
}
