//! Unary tests: the cells of decision tables, and what follows `in`.
//! It knows nothing of tables.

use std::sync::Arc;

use super::Parser;
use super::operators::Level;
use super::primaries::Parenthesis;
use crate::core::feel::ast::{Kind, Node, Test, UnaryTests};
use crate::core::feel::error::ParseError;
use crate::core::feel::lexer::TokenKind;

impl Parser<'_> {
    /// `-`, `not(a, b)` or `a, b` up to the end of the source.
    pub(super) fn unary_tests(&mut self) -> Result<Node, ParseError> {
        self.declare(&Arc::from("?"));
        let (negated, tests) = self.tests_to_end()?;
        let kind = Kind::UnaryTests(UnaryTests { negated, tests });
        Ok(Node { kind, span: self.span_from(0) })
    }

    fn tests_to_end(&mut self) -> Result<(bool, Vec<Test>), ParseError> {
        if self.is_symbol_at(0, "-") && self.peek_at(1).kind == TokenKind::End {
            self.position += 1;
            return Ok((false, Vec::new()));
        }
        let start = self.position;
        if self.is_word_at(0, "not") && self.is_symbol_at(1, "(") && !self.is_symbol_at(2, ")") {
            self.position += 2;
            let tests = self.separated(Self::test);
            if let Ok(tests) = tests
                && self.eat_symbol(")")
                && self.peek().kind == TokenKind::End
            {
                return Ok((true, tests));
            }
            // It was a call of the function `not` within a longer expression.
            self.position = start;
        }
        Ok((false, self.separated(Self::test)?))
    }

    /// One test: a comparison with the input, or an expression.
    pub(super) fn test(&mut self) -> Result<Test, ParseError> {
        let start = self.peek().span.start;
        self.noting_input(|parser| {
            let Some(comparison) = parser.eat_comparison() else {
                return parser.expression();
            };
            let operand = parser.binary(Level::Additive)?;
            let kind = Kind::Test(comparison, Box::new(operand));
            Ok(Node { kind, span: parser.span_from(start) })
        })
    }

    fn noting_input(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Node, ParseError>,
    ) -> Result<Test, ParseError> {
        let outer = std::mem::take(&mut self.uses_input);
        let node = parse(self)?;
        let uses_input = std::mem::replace(&mut self.uses_input, outer);
        // A test around this one reads the input too, if this one does.
        self.uses_input |= uses_input;
        Ok(Test { node, uses_input })
    }

    /// What follows `in`: one test, or several in parentheses.
    pub(super) fn in_tests(&mut self) -> Result<Vec<Test>, ParseError> {
        let mark = self.begin_scope();
        let outer = self.uses_input;
        self.declare(&Arc::from("?"));
        let tests = self.in_tests_in_scope();
        self.uses_input = outer;
        self.end_scope(mark);
        tests
    }

    fn in_tests_in_scope(&mut self) -> Result<Vec<Test>, ParseError> {
        if self.is_symbol_at(0, "(") {
            return match self.parenthesis(true)? {
                Parenthesis::Tests(tests) => Ok(tests),
                Parenthesis::One(node) => Ok(vec![self.noting_input(|parser| {
                    let node = parser.continue_postfix(node)?;
                    parser.continue_binary(node, Level::Additive)
                })?]),
            };
        }
        let begins_with_comparison =
            matches!(self.peek().kind, TokenKind::Symbol("=" | "!=" | "<" | "<=" | ">" | ">="));
        let test = if begins_with_comparison {
            self.test()
        } else {
            self.noting_input(|parser| parser.binary(Level::Additive))
        };
        Ok(vec![test?])
    }
}
