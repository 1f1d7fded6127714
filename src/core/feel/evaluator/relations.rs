//! Comparisons, `between`, `in` and unary tests, in three values.
//! It knows nothing of arithmetic and functions.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Evaluation, Evaluator, null};
use crate::core::feel::ast::{Comparison, Kind, Node, Relation, Test, UnaryTests};
use crate::core::feel::comparison::{describe_pair, includes, order};
use crate::core::feel::evaluation::Span;
use crate::core::feel::value::{Frame, Range, Value};

impl Evaluator<'_> {
    pub(super) fn relation(&mut self, first: &Node, rest: &[Relation], span: Span) -> Evaluation {
        let mut left = self.evaluate(first)?;
        for relation in rest {
            let result = match relation {
                Relation::Compare(comparison, node) => {
                    let right = self.evaluate(node)?;
                    self.compare(*comparison, &left, &right, span)?
                }
                Relation::Between(low, high) => self.between(&left, low, high, span)?,
                Relation::In(tests) => self.is_in(&left, tests)?,
            };
            left = result.map_or(Value::Null, Value::Boolean);
        }
        Ok(left)
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Evaluation<Option<bool>> {
        let result = match comparison {
            Comparison::Equal => self.equals(left, right)?,
            Comparison::NotEqual => self.equals(left, right)?.map(|equal| !equal),
            Comparison::Less => order(left, right).map(Ordering::is_lt),
            Comparison::LessOrEqual => order(left, right).map(Ordering::is_le),
            Comparison::Greater => order(left, right).map(Ordering::is_gt),
            Comparison::GreaterOrEqual => order(left, right).map(Ordering::is_ge),
        };
        if result.is_none() {
            let found = describe_pair(left, right);
            self.warn(span, format!("expected values that can be compared, found {found}"));
        }
        Ok(result)
    }

    fn between(
        &mut self,
        value: &Value,
        low: &Node,
        high: &Node,
        span: Span,
    ) -> Evaluation<Option<bool>> {
        let (low, high) = (self.evaluate(low)?, self.evaluate(high)?);
        let above = self.compare(Comparison::GreaterOrEqual, value, &low, span)?;
        let below = self.compare(Comparison::LessOrEqual, value, &high, span)?;
        Ok(match (above, below) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        })
    }

    fn is_in(&mut self, value: &Value, tests: &[Test]) -> Evaluation<Option<bool>> {
        self.frames.push(Frame::Local(Arc::from("?"), value.clone()));
        let result = self.any_fits(value, tests);
        self.frames.pop();
        result
    }

    pub(super) fn unary_tests(&mut self, tests: &UnaryTests) -> Evaluation {
        if tests.tests.is_empty() {
            return Ok(Value::Boolean(true));
        }
        let input = self.local("?")?.unwrap_or_default();
        let fits = self.any_fits(&input, &tests.tests)?;
        let result = if tests.negated { fits.map(|fits| !fits) } else { fits };
        Ok(result.map_or(Value::Null, Value::Boolean))
    }

    pub(super) fn any_fits(&mut self, input: &Value, tests: &[Test]) -> Evaluation<Option<bool>> {
        let mut is_known = true;
        for test in tests {
            match self.fits(input, test)? {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => is_known = false,
            }
        }
        Ok(if is_known { Some(false) } else { None })
    }

    fn fits(&mut self, input: &Value, test: &Test) -> Evaluation<Option<bool>> {
        if let Kind::Test(comparison, operand) = &test.node.kind {
            let right = self.evaluate(operand)?;
            return self.compare(*comparison, input, &right, test.node.span);
        }
        let value = self.evaluate(&test.node)?;
        match &value {
            Value::Boolean(result) if test.uses_input => Ok(Some(*result)),
            // The input, or a range that is none, has no answer.
            Value::Null if test.uses_input || matches!(test.node.kind, Kind::Range(_)) => Ok(None),
            // A condition on other variables, in the column of an input that is no boolean.
            Value::Boolean(result) if !matches!(input, Value::Boolean(_) | Value::Null) => {
                Ok(Some(*result))
            }
            _ => self.matches(input, &value, test.node.span),
        }
    }

    /// Whether an input equals a value, or is in it if it is a range or a list.
    fn matches(&mut self, input: &Value, value: &Value, span: Span) -> Evaluation<Option<bool>> {
        if let (Value::Range(range), false) = (value, matches!(input, Value::Range(_))) {
            let result = includes(range, input);
            if result.is_none() {
                let found = input.type_name();
                self.warn(
                    span,
                    format!("expected a value comparable with the range, found {found}"),
                );
            }
            return Ok(result);
        }
        let Value::List(items) = value else {
            return self.compare(Comparison::Equal, input, value, span);
        };
        if let Value::List(_) = input
            && self.equals(input, value)? == Some(true)
        {
            return Ok(Some(true));
        }
        for item in items.iter() {
            self.charge(1)?;
            let fits = match item {
                Value::Range(range) if !matches!(input, Value::Range(_)) => includes(range, input),
                item => self.equals(input, item)?,
            };
            if fits == Some(true) {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    /// `(> 5)` as a value: the range of all that fits.
    pub(super) fn open_range(
        &mut self,
        comparison: Comparison,
        operand: &Node,
        span: Span,
    ) -> Evaluation {
        let end = self.evaluate(operand)?;
        let outcome = if order(&end, &end).is_none() {
            null(format!("expected a value that has an order, found {}", end.type_name()))
        } else {
            let end = Some(end);
            match comparison {
                Comparison::Equal => Ok(Range::new((end.clone(), true), (end, true))),
                Comparison::Less => Ok(Range::new((None, false), (end, false))),
                Comparison::LessOrEqual => Ok(Range::new((None, false), (end, true))),
                Comparison::Greater => Ok(Range::new((end, false), (None, false))),
                Comparison::GreaterOrEqual => Ok(Range::new((end, true), (None, false))),
                Comparison::NotEqual => null("expected a range, and `!=` leaves a gap"),
            }
        };
        self.settle(outcome.map(|range| Value::Range(Arc::new(range))), span)
    }
}
