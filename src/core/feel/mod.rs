//! FEEL, the expression language of DMN 1.5 with Camunda 8's extensions: ours, total and bounded.
//! It knows `model` only: no engine, no XML, no clock, no files.
//!
//! An [`Expression`] is parsed once, without knowing which variables there will be, and evaluated
//! often. Whatever has no result is null with a [`Warning`]; only exceeded [`Limits`] are errors.
//!
//! **What makes one name.** Words side by side are one name, with one blank between them: `full
//! name + 1`. It ends at a keyword (`and or between in then else return satisfies`, `instance
//! of`). Built-in names that hold keywords (`date and time`) are names where they are called.
//! Local names that hold symbols or keywords — parameters, loop variables, context entries such
//! as `{a-b: 1, c: a-b}` — are recognised as a whole where they are in scope. Otherwise symbols
//! are operators and `a-b` is a subtraction, unless it is written without blanks, there is an
//! outer variable `a-b`, and none called `a`. In backticks anything is a name: `` `a-b` ``.
//!
//! **Invariant:** parsing and evaluation never panic and never recurse without bound, on any
//! source and any value.

mod ast;
mod boxed;
mod builtins;
mod comparison;
mod error;
mod evaluation;
mod evaluator;
mod expression;
mod json;
mod lexer;
mod number;
mod parser;
mod tagged;
mod temporal;
mod value;
mod variables;
mod writing;

pub(crate) use ast::{Quantifier, Type};
pub(crate) use boxed::{Body, Custom, Interval, Lookup, Tests, allowed_values};
pub use builtins::Builtin;
pub(crate) use comparison::order;
pub use error::ParseError;
pub use evaluation::{Evaluated, EvaluationContext, EvaluationError, Limit, Limits, Span, Warning};
pub(crate) use evaluator::Evaluator;
pub use expression::Expression;
pub use number::{Number, NumberError, Rounding};
pub(crate) use parser::{Entries, Scope};
pub use temporal::{Date, DateTime, DaysTimeDuration, Time, YearsMonthsDuration, Zone};
pub use value::{Closure, Context, Function, List, Range, Value};
pub use variables::Variables;
