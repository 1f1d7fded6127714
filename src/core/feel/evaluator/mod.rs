//! Evaluates parsed expressions: a walk over the tree within limits.
//! It knows nothing of sources and of where variables come from.
//!
//! **Invariant:** every step costs fuel, every value made is checked against the limits, and
//! recursion is counted; so each evaluation ends, in bounded time, memory and stack.

mod arithmetic;
mod boxed;
mod calls;
mod imports;
mod loops;
mod paths;
mod relations;
mod types;

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::core::feel::ast::{Kind, Lambda, Node, RangeNode};
use crate::core::feel::builtins::{self, Patterns};
use crate::core::feel::comparison;
use crate::core::feel::evaluation::{EvaluationContext, EvaluationError, Limit, Span, Warning};
use crate::core::feel::value::{Closure, Frame, Function, Range, Value};
use crate::core::feel::variables::Variables;

pub(crate) use paths::position;

/// Values nested deeper are refused, so that dropping and comparing them needs little stack.
const NESTING_MAX: u32 = 200;
/// Further warnings say nothing new; they are dropped.
const WARNINGS_MAX: usize = 50;

/// Why an operation has no result.
pub(crate) enum Stop {
    /// The result is null, for this reason.
    Null(String),
    /// The evaluation ends.
    Error(EvaluationError),
}

impl From<EvaluationError> for Stop {
    fn from(error: EvaluationError) -> Self {
        Self::Error(error)
    }
}

/// A result, null with a reason, or the end of the evaluation.
pub(crate) type Outcome<T = Value> = Result<T, Stop>;

type Evaluation<T = Value> = Result<T, EvaluationError>;

/// Null, and the reason for it.
pub(crate) fn null<T>(reason: impl Into<String>) -> Outcome<T> {
    Err(Stop::Null(reason.into()))
}

pub(crate) struct Evaluator<'a> {
    pub(crate) ctx: &'a EvaluationContext,
    variables: &'a dyn Variables,
    fuel: u64,
    depth: u32,
    frames: Vec<Frame>,
    warnings: Vec<Warning>,
    imports: Vec<imports::Import>,
    /// The part being evaluated, for errors.
    span: Span,
    /// Whose source is being evaluated, where a model has many.
    origin: Option<Arc<str>>,
    /// What the caller wants to meet again in a `Custom` expression.
    host: Option<&'a dyn Any>,
    /// Whether types count without the values they allow, as for `instance of`.
    ignores_constraints: bool,
    pub(crate) patterns: Patterns,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(variables: &'a dyn Variables, ctx: &'a EvaluationContext) -> Self {
        Self {
            ctx,
            variables,
            fuel: ctx.limits.fuel,
            depth: 0,
            frames: Vec::new(),
            warnings: Vec::new(),
            imports: Vec::new(),
            span: Span::default(),
            origin: None,
            host: None,
            ignores_constraints: false,
            patterns: Patterns::default(),
        }
    }

    pub(crate) fn set_input(&mut self, input: &Value) {
        self.frames.push(Frame::Local(Arc::from("?"), input.clone()));
    }

    pub(crate) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    pub(crate) fn evaluate(&mut self, node: &Node) -> Evaluation {
        self.charge(1)?;
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Name(name) => self.name(name, node.span),
            Kind::Path(name, path) => self.variable_path(name, path, node.span),
            _ => {
                self.span = node.span;
                self.enter()?;
                let result = self.compound(node);
                self.depth -= 1;
                result
            }
        }
    }

    /// One call per kind, so that this frame, which is on the stack at every level, stays small.
    fn compound(&mut self, node: &Node) -> Evaluation {
        let span = node.span;
        match &node.kind {
            Kind::Literal(_) | Kind::Name(_) | Kind::Path(..) => self.evaluate(node),
            Kind::List(items) => self.list_literal(items),
            Kind::Context(entries) => self.context_literal(entries),
            Kind::Range(range) => self.range_literal(range, span),
            Kind::If(branches, otherwise) => self.conditional(branches, otherwise),
            Kind::For(parts) => self.for_loop(parts),
            Kind::Quantified(quantifier, iterators, test) => {
                self.quantified(*quantifier, iterators, test)
            }
            Kind::Function(lambda) => self.closure(lambda, None),
            Kind::Or(operands) => self.junction(operands, true),
            Kind::And(operands) => self.junction(operands, false),
            Kind::Relation(first, rest) => self.relation(first, rest, span),
            Kind::Arithmetic(first, rest) => self.arithmetic(first, rest, span),
            Kind::Negation(operand) => self.negation(operand, span),
            Kind::InstanceOf(operand, expected) => self.instance_of(operand, expected, span),
            Kind::Postfix(base, suffixes) => self.postfix(base, suffixes),
            Kind::Test(comparison, operand) => self.open_range(*comparison, operand, span),
            Kind::UnaryTests(tests) => self.unary_tests(tests),
            Kind::Scoped(entries, result) => self.scoped(entries, result),
            Kind::Conform(node, declared) => self.conforming(node, declared, span),
            Kind::Within(origin, node) => self.within(origin, node),
            Kind::Custom(custom) => custom.evaluate(self),
        }
    }

    pub(crate) fn error(&self, limit: Limit) -> EvaluationError {
        EvaluationError { limit, span: self.span }
    }

    /// Pays for work done.
    pub(crate) fn charge(&mut self, cost: usize) -> Evaluation<()> {
        match self.fuel.checked_sub(cost as u64) {
            Some(left) => self.fuel = left,
            None => return Err(self.error(Limit::Fuel)),
        }
        Ok(())
    }

    fn enter(&mut self) -> Evaluation<()> {
        if self.depth >= self.ctx.limits.depth {
            return Err(self.error(Limit::Depth));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn warn(&mut self, span: Span, message: String) {
        if self.warnings.len() < WARNINGS_MAX {
            let origin = self.origin.clone();
            self.warnings.push(Warning { message, span, origin });
        }
    }

    /// Turns a missing result into null and a warning.
    pub(crate) fn settle(&mut self, outcome: Outcome, span: Span) -> Evaluation {
        match outcome {
            Ok(value) => Ok(value),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Null(message)) => {
                self.warn(span, message);
                Ok(Value::Null)
            }
        }
    }

    /// A text value within the limits.
    pub(crate) fn text(&mut self, text: &str) -> Evaluation {
        self.check_text(text.len())?;
        self.charge(text.len() / 16)?;
        Ok(Value::text(text))
    }

    /// A list value within the limits.
    pub(crate) fn list(&mut self, items: Vec<Value>) -> Evaluation {
        self.check_items(items.len())?;
        self.charge(items.len())?;
        self.bounded(Value::from(items))
    }

    /// A context value within the limits.
    pub(crate) fn context(&mut self, entries: IndexMap<Arc<str>, Value>) -> Evaluation {
        self.check_items(entries.len())?;
        self.charge(entries.len())?;
        self.bounded(Value::from(entries))
    }

    pub(crate) fn check_text(&self, length: usize) -> Evaluation<()> {
        if length > self.ctx.limits.text_bytes {
            return Err(self.error(Limit::TextBytes));
        }
        Ok(())
    }

    pub(crate) fn check_items(&self, count: usize) -> Evaluation<()> {
        if count > self.ctx.limits.list_items {
            return Err(self.error(Limit::ListItems));
        }
        Ok(())
    }

    fn bounded(&mut self, value: Value) -> Evaluation {
        let size = value.size();
        if size.nesting > NESTING_MAX || size.weight > self.ctx.limits.value_weight {
            return Err(self.error(Limit::ValueWeight));
        }
        Ok(value)
    }

    /// Pays for going through all of a value.
    pub(crate) fn charge_value(&mut self, value: &Value) -> Evaluation<()> {
        self.charge(usize::try_from(value.size().weight / 8).unwrap_or(usize::MAX))
    }

    pub(crate) fn equals(&mut self, left: &Value, right: &Value) -> Evaluation<Option<bool>> {
        let weight = left.size().weight.min(right.size().weight);
        self.charge(usize::try_from(weight / 8).unwrap_or(usize::MAX))?;
        Ok(comparison::equals(left, right))
    }

    fn local(&mut self, name: &str) -> Evaluation<Option<Value>> {
        self.charge(self.frames.len() / 8)?;
        let found = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Local(local, value) if **local == *name => Some(value),
            Frame::Item(Value::Context(context)) => context.get(name),
            _ => None,
        });
        Ok(found.cloned())
    }

    fn name(&mut self, name: &Arc<str>, span: Span) -> Evaluation {
        if let Some(value) = self.local(name)? {
            return Ok(value);
        }
        if let Some((value, _)) = self.import(name, &[])? {
            return Ok(value);
        }
        if let Some(builtin) = builtins::find(name) {
            return Ok(Value::Function(Arc::new(Function::Builtin(builtin))));
        }
        self.warn(span, format!("expected a variable named `{name}`, found none"));
        Ok(Value::Null)
    }

    fn variable_path(&mut self, name: &Arc<str>, path: &[Arc<str>], span: Span) -> Evaluation {
        let (mut value, mut steps) = (self.local(name)?, 0);
        if value.is_none()
            && let Some((found, taken)) = self.import(name, path)?
        {
            value = Some(found);
            steps = taken;
        }
        let mut value = match value {
            Some(value) => value,
            None => match self.name(name, span)? {
                Value::Null => return Ok(Value::Null),
                found => found,
            },
        };
        for step in &path[steps..] {
            value = self.path_step(&value, step, span)?;
            if value.is_null() {
                break;
            }
        }
        Ok(value)
    }

    fn list_literal(&mut self, items: &[Node]) -> Evaluation {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.evaluate(item)?);
        }
        self.list(values)
    }

    fn context_literal(&mut self, entries: &[(Arc<str>, Node)]) -> Evaluation {
        let mut values = IndexMap::with_capacity(entries.len());
        let frames = self.frames.len();
        for (name, node) in entries {
            let value = match boxed::function_of(node) {
                Some(lambda) => self.closure(lambda, Some(name))?,
                None => self.evaluate(node)?,
            };
            self.frames.push(Frame::Local(Arc::clone(name), value.clone()));
            if values.insert(Arc::clone(name), value).is_some() {
                self.frames.truncate(frames);
                self.warn(node.span, format!("expected one entry named `{name}`, found several"));
                return Ok(Value::Null);
            }
        }
        self.frames.truncate(frames);
        self.context(values)
    }

    fn closure(&mut self, lambda: &Arc<Lambda>, own_name: Option<&Arc<str>>) -> Evaluation {
        self.charge(self.frames.len())?;
        let closure = Closure::new(Arc::clone(lambda), own_name.cloned(), self.frames.clone());
        self.bounded(Value::Function(Arc::new(Function::Closure(closure))))
    }

    fn range_literal(&mut self, range: &RangeNode, span: Span) -> Evaluation {
        let start = self.evaluate(&range.start)?;
        let end = self.evaluate(&range.end)?;
        let included = (range.start_included, range.end_included);
        self.settle(make_range(start, end, included), span)
    }

    fn conditional(&mut self, branches: &[(Node, Node)], otherwise: &Node) -> Evaluation {
        for (condition, result) in branches {
            match self.evaluate(condition)? {
                Value::Boolean(true) => return self.evaluate(result),
                Value::Boolean(false) | Value::Null => {}
                other => {
                    let found = other.type_name();
                    self.warn(
                        condition.span,
                        format!("expected a boolean condition, found {found}"),
                    );
                }
            }
        }
        self.evaluate(otherwise)
    }

    /// `and` and `or` in three values: `decisive` settles it, else anything not boolean is null.
    fn junction(&mut self, operands: &[Node], decisive: bool) -> Evaluation {
        let mut is_known = true;
        for operand in operands {
            match self.evaluate(operand)? {
                Value::Boolean(value) if value == decisive => return Ok(Value::Boolean(decisive)),
                Value::Boolean(_) => {}
                Value::Null => is_known = false,
                other => {
                    is_known = false;
                    let found = other.type_name();
                    self.warn(operand.span, format!("expected a boolean, found {found}"));
                }
            }
        }
        Ok(if is_known { Value::Boolean(!decisive) } else { Value::Null })
    }
}

/// The range between two values that have an order.
pub(crate) fn make_range(start: Value, end: Value, included: (bool, bool)) -> Outcome {
    if comparison::order(&start, &end).is_none() {
        let (a, b) = (start.type_name(), end.type_name());
        return null(format!("expected two ends of one ordered type, found {a} and {b}"));
    }
    let range = Range::new((Some(start), included.0), (Some(end), included.1));
    Ok(Value::Range(Arc::new(range)))
}
