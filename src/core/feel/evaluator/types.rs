//! Which values belong to a type, and how arguments are fitted to parameters.
//! It knows nothing of expressions.

use std::sync::Arc;

use super::{Evaluation, Evaluator};
use crate::core::feel::ast::{Node, Type};
use crate::core::feel::evaluation::Span;
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
        self.charge_value(&value)?;
        let is_instance = match &value {
            Value::Null => matches!(expected, Type::Null),
            value => belongs(value, expected),
        };
        Ok(Value::Boolean(is_instance))
    }
}

/// The argument as the declared type takes it (DMN 1.5, 10.3.2.9.4): a list of one gives its item,
/// and an item is a list of one.
pub(super) fn conform(value: Value, declared: &Type) -> Option<Value> {
    if value.is_null() || matches!(declared, Type::Unknown(_)) || belongs(&value, declared) {
        return Some(value);
    }
    match (&value, declared) {
        (Value::List(items), _) if items.len() == 1 && belongs(&items[0], declared) => {
            Some(items[0].clone())
        }
        (value, Type::List(inner)) if belongs(value, inner) => {
            Some(Value::from(vec![value.clone()]))
        }
        _ => None,
    }
}

/// Nesting is bounded on both sides: types by the parser, values by their limits.
fn belongs(value: &Value, expected: &Type) -> bool {
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
        (Type::List(inner), Value::List(items)) => all_belong(items, inner),
        (Type::Context(entries), Value::Context(context)) => entries.iter().all(|(name, inner)| {
            context.get(name).is_some_and(|value| value.is_null() || belongs(value, inner))
        }),
        (Type::Range(inner), Value::Range(range)) => {
            range.start.iter().chain(&range.end).all(|end| belongs(end, inner))
        }
        (Type::Function(Some(count)), Value::Function(function)) => match &**function {
            Function::Closure(closure) => closure.lambda.parameters.len() == *count,
            Function::Builtin(_) => true,
        },
        _ => false,
    }
}

fn all_belong(items: &Arc<List>, inner: &Type) -> bool {
    matches!(inner, Type::Any) || items.iter().all(|item| item.is_null() || belongs(item, inner))
}
