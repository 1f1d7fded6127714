//! The built-in functions: one table of names, parameters and code; how arguments are bound.
//! It knows nothing of syntax.

mod booleans;
mod contexts;
mod conversion;
mod dates;
mod lists;
mod numbers;
mod patterns;
mod ranges;
mod statistics;
mod table;
mod texts;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::number::Number;
use crate::core::feel::temporal::Date;
use crate::core::feel::value::{Context, Function, Value};

pub(crate) use patterns::Patterns;

/// Functions of Camunda that give another result each time; an expression must not.
pub(crate) const IMPURE: [&str; 2] = ["uuid", "random number"];

/// A function of the language.
pub struct Builtin {
    pub(crate) name: &'static str,
    /// The ways to call it. A parameter ending in `?` may be left out, one in `...` repeated.
    signatures: &'static [&'static [&'static str]],
    pub(crate) function: fn(&mut Evaluator<'_>, &Bound) -> Outcome,
    /// Whether it is there to deal with what is missing.
    pub(crate) accepts_missing: bool,
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Builtin>> =
    LazyLock::new(|| table::BUILTINS.iter().map(|builtin| (builtin.name, builtin)).collect());

pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BY_NAME.get(name).copied()
}

/// Arguments as they were written.
pub(crate) enum Given {
    Positional(Vec<Value>),
    Named(Vec<(Arc<str>, Value)>),
}

/// Arguments in the order of the signature they fit.
pub(crate) struct Bound(Vec<Value>);

/// Finds the signature that fits and puts the arguments into its order.
pub(crate) fn bind(builtin: &Builtin, given: Given) -> Outcome<Bound> {
    let bound = match given {
        Given::Positional(values) => {
            builtin.signatures.iter().any(|one| takes(one, values.len())).then_some(values)
        }
        Given::Named(named) => builtin.signatures.iter().find_map(|one| in_order(one, &named)),
    };
    let Some(values) = bound else {
        return null(format!("expected {}", usage(builtin)));
    };
    Ok(Bound(values))
}

fn usage(builtin: &Builtin) -> String {
    let ways = builtin.signatures.iter().map(|one| format!("{}({})", builtin.name, one.join(", ")));
    ways.collect::<Vec<_>>().join(" or ")
}

fn takes(signature: &[&str], count: usize) -> bool {
    let required = signature.iter().filter(|name| !name.ends_with('?')).count();
    let is_variadic = signature.last().is_some_and(|name| name.ends_with("..."));
    count >= required && (is_variadic || count <= signature.len())
}

fn in_order(signature: &[&str], named: &[(Arc<str>, Value)]) -> Option<Vec<Value>> {
    let mut values = Vec::with_capacity(signature.len());
    let (mut used, mut length) = (0, 0);
    for parameter in signature {
        let name = parameter.trim_end_matches("...").trim_end_matches('?');
        match named.iter().find(|(given, _)| **given == *name) {
            // Only the plural takes a list, where there are both.
            Some((_, Value::List(_))) if name == "key" => return None,
            Some((_, value)) => {
                values.push(value.clone());
                used += 1;
                length = values.len();
            }
            None if parameter.ends_with('?') => values.push(Value::Null),
            None => return None,
        }
    }
    // What is left out at the end is left out, as it is by position.
    values.truncate(length);
    if used == named.len() { Some(values) } else { None }
}

impl Bound {
    fn len(&self) -> usize {
        self.0.len()
    }

    /// Null for an argument left out.
    fn get(&self, index: usize) -> &Value {
        self.0.get(index).unwrap_or(&Value::Null)
    }

    fn all(&self) -> &[Value] {
        &self.0
    }

    fn has(&self, index: usize) -> bool {
        !self.get(index).is_null()
    }

    fn mismatch<T>(&self, index: usize, expected: &str) -> Outcome<T> {
        let found = self.get(index).type_name();
        null(format!("expected {expected} as argument {}, found {found}", index + 1))
    }

    /// The argument, or the one item of a list of one (DMN 1.5, 10.3.2.9.4).
    fn single(&self, index: usize) -> &Value {
        match self.get(index) {
            Value::List(items) if items.len() == 1 => &items[0],
            value => value,
        }
    }

    fn text(&self, index: usize) -> Outcome<&str> {
        match self.single(index) {
            Value::Text(text) => Ok(text),
            _ => self.mismatch(index, "a string"),
        }
    }

    fn number(&self, index: usize) -> Outcome<Number> {
        match self.single(index) {
            Value::Number(number) => Ok(*number),
            _ => self.mismatch(index, "a number"),
        }
    }

    fn integer(&self, index: usize) -> Outcome<i64> {
        match self.number(index)?.to_i64() {
            Some(integer) => Ok(integer),
            None => self.mismatch(index, "a whole number"),
        }
    }

    fn boolean(&self, index: usize) -> Outcome<bool> {
        match self.single(index) {
            Value::Boolean(value) => Ok(*value),
            _ => self.mismatch(index, "a boolean"),
        }
    }

    /// A list; any other value but null is a list of one.
    fn list(&self, index: usize) -> Outcome<&[Value]> {
        match self.get(index) {
            Value::List(list) => Ok(list),
            Value::Null => self.mismatch(index, "a list"),
            _ => Ok(&self.0[index..=index]),
        }
    }

    fn context(&self, index: usize) -> Outcome<&Context> {
        match self.single(index) {
            Value::Context(context) => Ok(context),
            _ => self.mismatch(index, "a context"),
        }
    }

    fn function(&self, index: usize) -> Outcome<&Arc<Function>> {
        match self.single(index) {
            Value::Function(function) => Ok(function),
            _ => self.mismatch(index, "a function"),
        }
    }

    /// A date, or the date part of a date and time.
    fn date(&self, index: usize) -> Outcome<Date> {
        match self.single(index) {
            Value::Date(date) => Ok(*date),
            Value::DateTime(at) => Ok(at.date),
            _ => self.mismatch(index, "a date"),
        }
    }

    /// The items of one list, or the arguments themselves: `min([1, 2])` and `min(1, 2)`.
    fn items(&self) -> Outcome<&[Value]> {
        match self.all() {
            [_] => self.list(0),
            all => Ok(all),
        }
    }
}

fn number_value(number: impl Into<Number>) -> Value {
    Value::Number(number.into())
}

/// A number, unless arithmetic left the range.
fn in_range(number: Option<Number>) -> Outcome {
    match number {
        Some(number) => Ok(Value::Number(number)),
        None => null("expected a result within range"),
    }
}
