//! The values of FEEL (DMN 1.5, 10.3.2.2), shared rather than copied.
//! It knows nothing of evaluation but the two kinds of function.
//!
//! **Invariant:** lists, contexts, ranges and functions know their weight and nesting when they
//! are made. The evaluator refuses those beyond the limits, so that dropping, comparing and
//! writing a value is bounded, however often parts of it are shared.

use std::ops::Deref;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::core::feel::ast::Lambda;
use crate::core::feel::builtins::Builtin;
use crate::core::feel::number::Number;
use crate::core::feel::temporal::{Date, DateTime, DaysTimeDuration, Time, YearsMonthsDuration};

/// A FEEL value; cloning shares.
#[derive(Clone, Default)]
pub enum Value {
    /// Nothing, or the result of something that has none.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A decimal number.
    Number(Number),
    /// A string.
    Text(Arc<str>),
    /// Values in order.
    List(Arc<List>),
    /// Named values in order.
    Context(Arc<Context>),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date and time.
    DateTime(DateTime),
    /// A days and time duration.
    DaysTimeDuration(DaysTimeDuration),
    /// A years and months duration.
    YearsMonthsDuration(YearsMonthsDuration),
    /// An interval of ordered values.
    Range(Arc<Range>),
    /// Something that can be called.
    Function(Arc<Function>),
}

impl Value {
    /// A text value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// The value as a condition; `None` if it is not a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<Number> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// The entries, if it is a context.
    #[must_use]
    pub fn as_context(&self) -> Option<&Context> {
        if let Self::Context(context) = self { Some(context) } else { None }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The name of its type as FEEL writes it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Context(_) => "context",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "date and time",
            Self::DaysTimeDuration(_) => "days and time duration",
            Self::YearsMonthsDuration(_) => "years and months duration",
            Self::Range(_) => "range",
            Self::Function(_) => "function",
        }
    }

    pub(crate) fn size(&self) -> Size {
        match self {
            Self::Text(text) => Size { weight: 1 + text.len() as u64, nesting: 0 },
            Self::List(list) => list.size,
            Self::Context(context) => context.size,
            Self::Range(range) => range.size,
            Self::Function(function) => function.size(),
            _ => Size { weight: 1, nesting: 0 },
        }
    }
}

/// How much a value weighs when written out: nodes and bytes of text, and levels of nesting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) weight: u64,
    pub(crate) nesting: u32,
}

impl Size {
    fn around<'a>(parts: impl Iterator<Item = &'a Value>) -> Self {
        parts.fold(Self { weight: 1, nesting: 1 }, |total, part| {
            let size = part.size();
            Self {
                weight: total.weight.saturating_add(size.weight),
                nesting: total.nesting.max(size.nesting.saturating_add(1)),
            }
        })
    }
}

/// The items of a list.
pub struct List {
    items: Vec<Value>,
    size: Size,
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        let size = Size::around(items.iter());
        Self::List(Arc::new(List { items, size }))
    }
}

/// The entries of a context, in the order they were written.
pub struct Context {
    entries: IndexMap<Arc<str>, Value>,
    size: Size,
}

impl Context {
    /// The value of an entry.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name)
    }

    /// Names and values in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A copy of the entries, to be changed and made a value again.
    #[must_use]
    pub fn to_entries(&self) -> IndexMap<Arc<str>, Value> {
        self.entries.clone()
    }
}

impl From<IndexMap<Arc<str>, Value>> for Value {
    fn from(entries: IndexMap<Arc<str>, Value>) -> Self {
        let names: u64 = entries.keys().map(|name| name.len() as u64).sum();
        let mut size = Size::around(entries.values());
        size.weight = size.weight.saturating_add(names);
        Self::Context(Arc::new(Context { entries, size }))
    }
}

/// An interval between two ordered values of one type; an end that is `None` is open for ever.
pub struct Range {
    /// The lower end.
    pub start: Option<Value>,
    /// The upper end.
    pub end: Option<Value>,
    /// Whether the lower end belongs to it.
    pub start_included: bool,
    /// Whether the upper end belongs to it.
    pub end_included: bool,
    size: Size,
}

impl Range {
    pub(crate) fn new(start: (Option<Value>, bool), end: (Option<Value>, bool)) -> Self {
        let size = Size::around(start.0.iter().chain(end.0.iter()));
        Self { start: start.0, end: end.0, start_included: start.1, end_included: end.1, size }
    }
}

/// A function as a value.
pub enum Function {
    /// Written in FEEL, with what it saw where it was written.
    Closure(Closure),
    /// Built into the language.
    Builtin(&'static Builtin),
}

impl Function {
    fn size(&self) -> Size {
        match self {
            Self::Closure(closure) => closure.size,
            Self::Builtin(_) => Size { weight: 1, nesting: 0 },
        }
    }
}

/// A function literal together with the local variables in scope where it stood.
pub struct Closure {
    pub(crate) lambda: Arc<Lambda>,
    /// The context entry it was written into, by which it can call itself.
    pub(crate) own_name: Option<Arc<str>>,
    pub(crate) captured: Vec<Frame>,
    size: Size,
}

impl Closure {
    pub(crate) fn new(
        lambda: Arc<Lambda>,
        own_name: Option<Arc<str>>,
        captured: Vec<Frame>,
    ) -> Self {
        let size = Size::around(captured.iter().map(Frame::value));
        Self { lambda, own_name, captured, size }
    }
}

/// One level of local scope.
#[derive(Clone)]
pub(crate) enum Frame {
    /// A variable of a loop, a function or an earlier context entry.
    Local(Arc<str>, Value),
    /// The item a filter looks at, its entries visible by name.
    Item(Value),
}

impl Frame {
    pub(crate) fn value(&self) -> &Value {
        match self {
            Self::Local(_, value) | Self::Item(value) => value,
        }
    }
}
