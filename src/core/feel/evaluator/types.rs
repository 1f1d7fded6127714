//! Which values belong to a type, and how arguments are fitted to parameters.
//! It knows nothing of expressions.

use std::sync::Arc;

use super::{Evaluation, Evaluator};
use crate::core::feel::ast::{Node, Type};
use crate::core::feel::evaluation::Span;
use crate::core::feel::temporal::{DateTime, Zone};
use crate::core::feel::value::{Function, List, Value};

impl Evaluator<'_> {
    pub(super) fn instance_of(
        &mut self,
        operand: &Node,
        expected: &Type,
        span: Span,
    ) -> Evaluation {
        let value = self.evaluate(operand)?;
        if let Type::Unknown(name) = expected {
            self.warn(span, format!("expected a type of FEEL, found `{name}`"));
            return Ok(Value::Null);
        }
        let is_instance = match &value {
            Value::Null => matches!(expected, Type::Null),
            value => {
                self.ignores_constraints = true;
                let is_instance = self.belongs(value, expected);
                self.ignores_constraints = false;
                is_instance?
            }
        };
        Ok(Value::Boolean(is_instance))
    }

    /// The value of an expression whose type is declared; null if it is of another type.
    pub(super) fn conforming(&mut self, node: &Node, declared: &Type, span: Span) -> Evaluation {
        let value = self.evaluate(node)?;
        self.conform_or_null(value, declared, span)
    }

    /// A value as a declared type takes it; null and a warning if it does not belong there.
    pub(crate) fn conform_or_null(
        &mut self,
        value: Value,
        declared: &Type,
        span: Span,
    ) -> Evaluation {
        let found = value.type_name();
        if let Some(value) = self.conform(value, declared)? {
            return Ok(value);
        }
        self.warn(span, format!("expected a value of the declared type, found {found}"));
        Ok(Value::Null)
    }

    /// The value as the declared type takes it (DMN 1.5, 10.3.2.9.4): a list of one gives its
    /// item, an item is a list of one, and a date is its midnight in UTC.
    pub(crate) fn conform(&mut self, value: Value, declared: &Type) -> Evaluation<Option<Value>> {
        if value.is_null() || matches!(declared, Type::Unknown(_) | Type::Any) {
            return Ok(Some(value));
        }
        if self.belongs(&value, declared)? {
            return Ok(Some(value));
        }
        let converted = match &value {
            Value::List(items) if items.len() == 1 => items[0].clone(),
            Value::Date(date) if is_date_time(declared) => {
                Value::DateTime(DateTime { zone: Some(Zone::UTC), ..DateTime::midnight(*date) })
            }
            value if is_list(declared) => Value::from(vec![value.clone()]),
            _ => return Ok(None),
        };
        Ok(self.belongs(&converted, declared)?.then_some(converted))
    }

    /// Nesting is bounded on both sides: types by the parser, values by their limits.
    pub(crate) fn belongs(&mut self, value: &Value, expected: &Type) -> Evaluation<bool> {
        self.charge(1)?;
        match (expected, value) {
            (Type::List(inner), Value::List(items)) => self.all_belong(items, inner),
            (Type::Context(entries), Value::Context(context)) => {
                for (name, inner) in entries {
                    match context.get(name) {
                        Some(Value::Null) => {}
                        Some(value) if self.belongs(value, inner)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Type::Range(inner), Value::Range(range)) => {
                for end in range.start.iter().chain(&range.end) {
                    if !self.belongs(end, inner)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Type::Shared(shared), value) => self.belongs(value, shared),
            (Type::Constrained(constraint), value) => Ok(self.belongs(value, &constraint.base)?
                && (self.ignores_constraints || self.passes(value, &constraint.tests)?)),
            _ => Ok(is_of_simple_type(value, expected)),
        }
    }

    fn all_belong(&mut self, items: &Arc<List>, inner: &Type) -> Evaluation<bool> {
        if matches!(inner, Type::Any) {
            return Ok(true);
        }
        for item in items.iter() {
            if !item.is_null() && !self.belongs(item, inner)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn is_of_simple_type(value: &Value, expected: &Type) -> bool {
    match (expected, value) {
        (Type::Any, _)
        | (Type::Null, Value::Null)
        | (Type::Boolean, Value::Boolean(_))
        | (Type::Number, Value::Number(_))
        | (Type::Text, Value::Text(_))
        | (Type::Date, Value::Date(_))
        | (Type::Time, Value::Time(_))
        | (Type::DateTime, Value::DateTime(_))
        | (Type::DaysTimeDuration, Value::DaysTimeDuration(_))
        | (Type::YearsMonthsDuration, Value::YearsMonthsDuration(_))
        | (Type::Function(None), Value::Function(_)) => true,
        (Type::Function(Some(count)), Value::Function(function)) => match &**function {
            Function::Closure(closure) => closure.lambda.parameters.len() == *count,
            Function::Builtin(_) => true,
        },
        _ => false,
    }
}

fn is_list(declared: &Type) -> bool {
    match declared {
        Type::List(_) => true,
        Type::Shared(shared) => is_list(shared),
        Type::Constrained(constraint) => is_list(&constraint.base),
        _ => false,
    }
}

fn is_date_time(declared: &Type) -> bool {
    match declared {
        Type::DateTime => true,
        Type::Shared(shared) => is_date_time(shared),
        Type::Constrained(constraint) => is_date_time(&constraint.base),
        _ => false,
    }
}
