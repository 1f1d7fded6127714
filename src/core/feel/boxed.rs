//! Boxed expressions (DMN 1.5, 10.2.2): trees of FEEL that were not written as one source.
//! It knows nothing of XML and of what the parts belong to; `core::dmn` builds them.
//!
//! **Invariant:** a boxed expression is evaluated by the same evaluator, within the same limits
//! and with the same lexical scope as FEEL that was written in one piece.

use std::sync::Arc;

use crate::core::feel::ast::{
    Arguments, Comparison, Constraint, Iterator, Kind, Lambda, Loop, Node, Quantifier, Suffix,
    SuffixKind, Test, Type,
};
use crate::core::feel::error::ParseError;
use crate::core::feel::evaluation::{EvaluationError, Span};
use crate::core::feel::evaluator::Evaluator;
use crate::core::feel::parser::{Form, Scope, parse};
use crate::core::feel::value::Value;

/// An expression whose meaning FEEL does not know, such as a decision table.
pub(crate) trait Custom: Send + Sync {
    /// Evaluates it with the names in scope; what it costs is charged to the evaluator.
    ///
    /// # Errors
    /// If the evaluation exceeds a limit.
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError>;
}

/// A boxed expression.
pub(crate) struct Body(pub(super) Node);

impl Body {
    /// FEEL with the names of a scope; `origin` names the source in warnings.
    pub(crate) fn parse(
        source: &str,
        scope: &Scope,
        origin: &Arc<str>,
    ) -> Result<Self, ParseError> {
        let root = parse(source, Form::Expression, scope)?.root;
        Ok(Self::of(Kind::Within(Arc::clone(origin), Box::new(root))))
    }

    fn of(kind: Kind) -> Self {
        Self(Node { kind, span: Span::default() })
    }

    /// A constant.
    pub(crate) fn constant(value: Value) -> Self {
        Self::of(Kind::Literal(value))
    }

    /// A name in scope.
    pub(crate) fn name(name: &Arc<str>) -> Self {
        Self::of(Kind::Name(Arc::clone(name)))
    }

    /// A list.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::of(Kind::List(items.into_iter().map(|item| item.0).collect()))
    }

    /// A context.
    pub(crate) fn context(entries: Vec<(Arc<str>, Self)>) -> Self {
        Self::of(Kind::Context(nodes(entries)))
    }

    /// A context of which only the result counts.
    pub(crate) fn scoped(entries: Vec<(Arc<str>, Self)>, result: Self) -> Self {
        Self::of(Kind::Scoped(nodes(entries), Box::new(result.0)))
    }

    /// A call with named arguments.
    pub(crate) fn invocation(callee: Self, arguments: Vec<(Arc<str>, Self)>) -> Self {
        let arguments = if arguments.is_empty() {
            Arguments::Positional(Vec::new())
        } else {
            Arguments::Named(nodes(arguments))
        };
        let call = Suffix { kind: SuffixKind::Call(arguments), span: Span::default() };
        Self::of(Kind::Postfix(Box::new(callee.0), vec![call]))
    }

    /// A function.
    pub(crate) fn function(parameters: Vec<(Arc<str>, Type)>, body: Self) -> Self {
        Self::of(Kind::Function(Arc::new(Lambda { parameters, body: body.0 })))
    }

    /// A choice.
    pub(crate) fn conditional(condition: Self, then: Self, otherwise: Self) -> Self {
        Self::custom(Arc::new(Conditional([condition.0, then.0, otherwise.0])))
    }

    /// A loop; its body may read `partial`.
    pub(crate) fn for_each(name: Arc<str>, source: Self, body: Self) -> Self {
        let iterators = vec![Iterator { name, source: source.0, end: None }];
        Self::of(Kind::For(Box::new(Loop { iterators, body: body.0, uses_partial: true })))
    }

    /// `some` or `every`.
    pub(crate) fn quantified(
        quantifier: Quantifier,
        name: Arc<str>,
        source: Self,
        test: Self,
    ) -> Self {
        let iterators = vec![Iterator { name, source: source.0, end: None }];
        let tests = Loop { iterators, body: test.0, uses_partial: false };
        Self::custom(Arc::new(Quantified(quantifier, Self::of(Kind::For(Box::new(tests))))))
    }

    /// The items of a list that match.
    pub(crate) fn filter(source: Self, condition: Self) -> Self {
        Self::custom(Arc::new(Filter { source: source.0, condition: condition.0 }))
    }

    /// The value as a type takes it, else null.
    pub(crate) fn conforming(self, declared: Type) -> Self {
        match declared {
            Type::Any | Type::Unknown(_) => self,
            declared => Self::of(Kind::Conform(Box::new(self.0), declared)),
        }
    }

    /// What only its owner can evaluate.
    pub(crate) fn custom(custom: Arc<dyn Custom>) -> Self {
        Self::of(Kind::Custom(custom))
    }

    /// The same, named for warnings.
    pub(crate) fn within(self, origin: &Arc<str>) -> Self {
        Self::of(Kind::Within(Arc::clone(origin), Box::new(self.0)))
    }
}

/// A boxed conditional: unlike `if`, it has no value without a boolean condition.
struct Conditional([Node; 3]);

impl Custom for Conditional {
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError> {
        let [condition, then, otherwise] = &self.0;
        match evaluator.evaluate(condition)? {
            Value::Boolean(true) => evaluator.evaluate(then),
            Value::Boolean(false) | Value::Null => evaluator.evaluate(otherwise),
            other => Ok(no_boolean(evaluator, &other)),
        }
    }
}

/// A boxed `some` or `every`: unlike FEEL's, it has no value if any test has none.
struct Quantified(Quantifier, Body);

impl Custom for Quantified {
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError> {
        let Value::List(results) = evaluator.body(&self.1)? else { return Ok(Value::Null) };
        let decisive = self.0 == Quantifier::Some;
        let (mut is_decided, mut is_known) = (false, true);
        for result in results.iter() {
            match result {
                Value::Boolean(value) => is_decided |= *value == decisive,
                Value::Null => is_known = false,
                other => return Ok(no_boolean(evaluator, other)),
            }
        }
        Ok(match (is_decided, is_known) {
            (true, _) => Value::Boolean(decisive),
            (false, true) => Value::Boolean(!decisive),
            (false, false) => Value::Null,
        })
    }
}

/// A boxed filter: unlike FEEL's, it takes conditions only, and has no value without booleans.
struct Filter {
    source: Node,
    condition: Node,
}

impl Custom for Filter {
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError> {
        let source = evaluator.evaluate(&self.source)?;
        let items = match &source {
            Value::Null => return Ok(Value::Null),
            Value::List(items) => &items[..],
            one => std::slice::from_ref(one),
        };
        let mut kept = Vec::new();
        for item in items {
            match evaluator.evaluate_for_item(&self.condition, item)? {
                Value::Boolean(true) => kept.push(item.clone()),
                Value::Boolean(false) | Value::Null => {}
                other => return Ok(no_boolean(evaluator, &other)),
            }
        }
        evaluator.list(kept)
    }
}

fn no_boolean(evaluator: &mut Evaluator<'_>, found: &Value) -> Value {
    let message = format!("expected a boolean, found {}", found.type_name());
    evaluator.warn(Span::default(), message);
    Value::Null
}

fn nodes(entries: Vec<(Arc<str>, Body)>) -> Vec<(Arc<str>, Node)> {
    entries.into_iter().map(|(name, body)| (name, body.0)).collect()
}

/// Unary tests: a cell, or what values are allowed.
pub(crate) struct Tests {
    pub(super) node: Node,
    /// Whose source it is, for warnings.
    pub(super) origin: Arc<str>,
}

impl Tests {
    /// Tests with the names of a scope; `origin` names the source in warnings.
    pub(crate) fn parse(
        source: &str,
        scope: &Scope,
        origin: &Arc<str>,
    ) -> Result<Self, ParseError> {
        let node = parse(source, Form::UnaryTests, scope)?.root;
        Ok(Self { node, origin: Arc::clone(origin) })
    }

    /// The values of a type that pass.
    pub(crate) fn constrain(self, base: Type) -> Type {
        Type::Constrained(Arc::new(Constraint { base, tests: self.node }))
    }

    /// The values listed, in order, if the tests are a list of constants.
    pub(crate) fn constants(&self) -> Vec<Value> {
        constants(&self.node)
    }

    /// What an index needs to know of them.
    pub(crate) fn lookup(&self) -> Lookup {
        let Kind::UnaryTests(tests) = &self.node.kind else { return Lookup::Other };
        if tests.tests.is_empty() {
            return Lookup::Any;
        }
        let words = tests.tests.iter().map(word_of).collect::<Option<Vec<_>>>();
        let intervals = || tests.tests.iter().map(interval_of).collect::<Option<Vec<_>>>();
        match words {
            _ if tests.negated => Lookup::Other,
            Some(words) => Lookup::Texts(words),
            None => intervals().map_or(Lookup::Other, Lookup::Intervals),
        }
    }
}

/// The values a type allows, in order, if it lists them.
pub(crate) fn allowed_values(declared: &Type) -> Vec<Value> {
    match declared {
        Type::Shared(shared) => allowed_values(shared),
        Type::Constrained(constraint) => constants(&constraint.tests),
        _ => Vec::new(),
    }
}

fn constants(tests: &Node) -> Vec<Value> {
    let Kind::UnaryTests(tests) = &tests.kind else { return Vec::new() };
    tests.tests.iter().filter_map(|test| literal(&test.node).cloned()).collect()
}

/// Which inputs unary tests can fit, if that can be said without evaluating them.
pub(crate) enum Lookup {
    /// All.
    Any,
    /// Only these texts.
    Texts(Vec<Arc<str>>),
    /// Only numbers and dates between these ends; each with whether it is included.
    Intervals(Vec<Interval>),
    /// It can't be said.
    Other,
}

/// Two ends, each a value and whether it is included; `None` is open for ever.
pub(crate) type Interval = (Option<(Value, bool)>, Option<(Value, bool)>);

fn word_of(test: &Test) -> Option<Arc<str>> {
    match literal(&test.node).or_else(|| equal_to(&test.node))? {
        Value::Text(word) => Some(Arc::clone(word)),
        _ => None,
    }
}

fn interval_of(test: &Test) -> Option<Interval> {
    let has_place = |value: &&Value| matches!(value, Value::Number(_) | Value::Date(_));
    let end = |node: &Node, is_included| {
        literal(node).filter(has_place).map(|value| Some((value.clone(), is_included)))
    };
    match &test.node.kind {
        Kind::Literal(_) => Some((end(&test.node, true)?, end(&test.node, true)?)),
        Kind::Range(range) => {
            Some((end(&range.start, range.start_included)?, end(&range.end, range.end_included)?))
        }
        Kind::Test(comparison, operand) => match comparison {
            Comparison::Equal => Some((end(operand, true)?, end(operand, true)?)),
            Comparison::Less => Some((None, end(operand, false)?)),
            Comparison::LessOrEqual => Some((None, end(operand, true)?)),
            Comparison::Greater => Some((end(operand, false)?, None)),
            Comparison::GreaterOrEqual => Some((end(operand, true)?, None)),
            Comparison::NotEqual => None,
        },
        _ => None,
    }
}

fn equal_to(node: &Node) -> Option<&Value> {
    match &node.kind {
        Kind::Test(Comparison::Equal, operand) => literal(operand),
        _ => None,
    }
}

fn literal(node: &Node) -> Option<&Value> {
    match &node.kind {
        Kind::Literal(value) => Some(value),
        _ => None,
    }
}
