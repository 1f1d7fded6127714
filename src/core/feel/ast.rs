//! The parsed form of expressions.
//! It knows nothing of sources and evaluation.
//!
//! **Invariant:** chains (`a + b + c`, `a.b[1](x)`, `if … else if …`) are one node with many
//! parts, so a tree is never higher than the parser's depth limit.

use std::sync::Arc;

use crate::core::feel::boxed::Custom;
use crate::core::feel::evaluation::Span;
use crate::core::feel::value::Value;

/// An expression and where it stands.
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

pub(crate) enum Kind {
    Literal(Value),
    /// A local or outer variable, else a built-in function as a value. `?` is the tested input.
    Name(Arc<str>),
    /// A variable followed by names only.
    Path(Arc<str>, Vec<Arc<str>>),
    List(Vec<Node>),
    Context(Vec<(Arc<str>, Node)>),
    Range(Box<RangeNode>),
    /// Conditions with their results, and the result otherwise.
    If(Vec<(Node, Node)>, Box<Node>),
    For(Box<Loop>),
    Quantified(Quantifier, Vec<Iterator>, Box<Node>),
    Function(Arc<Lambda>),
    Or(Vec<Node>),
    And(Vec<Node>),
    Relation(Box<Node>, Vec<Relation>),
    Arithmetic(Box<Node>, Vec<(Operator, Node)>),
    Negation(Box<Node>),
    InstanceOf(Box<Node>, Type),
    Postfix(Box<Node>, Vec<Suffix>),
    /// `> 5`: as a unary test a comparison with `?`, in parentheses a range.
    Test(Comparison, Box<Node>),
    UnaryTests(UnaryTests),
    /// Named values, each seeing those before it, and the result that sees all of them.
    Scoped(Vec<(Arc<str>, Node)>, Box<Node>),
    /// A value that must belong to a type.
    Conform(Box<Node>, Type),
    /// An expression with a source of its own, named for warnings.
    Within(Arc<str>, Box<Node>),
    /// Something only its owner knows how to evaluate.
    Custom(Arc<dyn Custom>),
}

pub(crate) struct RangeNode {
    pub(crate) start: Node,
    pub(crate) end: Node,
    pub(crate) start_included: bool,
    pub(crate) end_included: bool,
}

pub(crate) struct Loop {
    pub(crate) iterators: Vec<Iterator>,
    pub(crate) body: Node,
    /// Whether the body reads `partial`; only then the results so far are kept at hand.
    pub(crate) uses_partial: bool,
}

pub(crate) struct Iterator {
    pub(crate) name: Arc<str>,
    pub(crate) source: Node,
    /// The upper bound in `for i in 1..n`.
    pub(crate) end: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Some,
    Every,
}

pub(crate) struct Lambda {
    pub(crate) parameters: Vec<(Arc<str>, Type)>,
    pub(crate) body: Node,
}

pub(crate) enum Relation {
    Compare(Comparison, Node),
    Between(Node, Node),
    /// The value fits any of the tests.
    In(Vec<Test>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

pub(crate) struct Suffix {
    pub(crate) kind: SuffixKind,
    pub(crate) span: Span,
}

pub(crate) enum SuffixKind {
    Path(Arc<str>),
    Filter(Node),
    Call(Arguments),
}

pub(crate) enum Arguments {
    Positional(Vec<Node>),
    Named(Vec<(Arc<str>, Node)>),
}

/// One unary test.
pub(crate) struct Test {
    pub(crate) node: Node,
    /// Whether it reads `?`: then its result counts, else it is compared with the input.
    pub(crate) uses_input: bool,
}

/// The cell of a decision table: true if any test fits the input, or none when negated.
pub(crate) struct UnaryTests {
    pub(crate) negated: bool,
    /// Empty for `-`, which fits everything.
    pub(crate) tests: Vec<Test>,
}

/// A type as written after `instance of` and behind parameters, or made by item definitions.
#[derive(Clone)]
pub(crate) enum Type {
    Any,
    Null,
    Boolean,
    Number,
    Text,
    Date,
    Time,
    DateTime,
    DaysTimeDuration,
    YearsMonthsDuration,
    List(Box<Type>),
    Context(Vec<(Arc<str>, Type)>),
    Range(Box<Type>),
    /// The number of parameters, if it is said.
    Function(Option<usize>),
    /// A type with a name, used in several places.
    Shared(Arc<Type>),
    /// A type whose values are restricted.
    Constrained(Arc<Constraint>),
    /// A name FEEL itself does not define.
    Unknown(Arc<str>),
}

/// Values of a type that pass tests.
pub(crate) struct Constraint {
    pub(crate) base: Type,
    pub(crate) tests: Node,
}
