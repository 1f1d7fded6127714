//! What the expressions of a form see, and the settings they compute.
//!
//! Must not know which field asks.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::decimal::Decimal;
use super::moment::Clock;
use super::template::Template;
use crate::core::feel::{self, EvaluationContext, Expression, Limits, Variables};

/// Fuel of one expression of a form, about a hundredth of a second.
pub(super) const FUEL_MAX: u64 = 200_000;

/// The variables of a form at one moment, and the item of a template's loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The form's variables.
    pub(super) data: &'a Map<String, Value>,
    /// Time, zone and limits.
    pub(super) context: &'a EvaluationContext,
    /// The innermost loop item, seen as `this`, its members by their names.
    pub(super) item: Option<Item<'a>>,
}

/// One item of a loop, with the items around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    /// The item.
    pub(super) value: &'a Value,
    /// The item of the loop around.
    pub(super) outer: Option<&'a Item<'a>>,
}

impl Item<'_> {
    fn find(&self, name: &str) -> Option<&Value> {
        if name == "this" {
            return Some(self.value);
        }
        self.value.get(name).or_else(|| self.outer?.find(name))
    }
}

impl Variables for Scope<'_> {
    fn get(&self, name: &str) -> Option<feel::Value> {
        match self.item.as_ref().and_then(|item| item.find(name)) {
            Some(value) => Some(feel::Value::from_json(value)),
            None => self.data.get(name).map(feel::Value::from_json),
        }
    }

    fn get_path(&self, name: &str, path: &[Arc<str>]) -> Option<(feel::Value, usize)> {
        match self.item.as_ref().and_then(|item| item.find(name)) {
            Some(value) => Some((feel::Value::from_json(value), 0)),
            None => Variables::get_path(self.data, name, path),
        }
    }
}

/// A context for the expressions of one form: a page has many, so each gets less.
pub(super) fn bounded(context: &EvaluationContext, fuel_max: u64) -> EvaluationContext {
    let fuel = context.limits.fuel.min(fuel_max);
    EvaluationContext { limits: Limits { fuel, ..context.limits }, ..context.clone() }
}

impl<'a> Scope<'a> {
    /// The variables alone.
    #[must_use]
    pub(super) fn new(data: &'a Map<String, Value>, context: &'a EvaluationContext) -> Self {
        Self { data, context, item: None }
    }

    /// The clock of the evaluation.
    #[must_use]
    pub(super) fn clock(&self) -> Clock {
        Clock { now: self.context.now, zone: self.context.zone.clone() }
    }

    /// What an expression gives; `None` when it fails, for instance at a limit.
    #[must_use]
    pub(super) fn evaluate(&self, expression: &Expression) -> Option<Value> {
        expression.evaluate(self, self.context).ok().map(|evaluated| evaluated.value.to_json())
    }

    /// Whether an expression gives true; `on_failure` when it fails.
    #[must_use]
    pub(super) fn holds(&self, expression: &Expression, on_failure: bool) -> bool {
        self.evaluate(expression).map_or(on_failure, |value| value == Value::Bool(true))
    }

    /// A flag that is fixed or computed.
    #[must_use]
    pub(super) fn flag(&self, setting: &Setting<bool>, on_failure: bool) -> bool {
        match setting {
            Setting::Fixed(flag) => *flag,
            Setting::Computed(expression) => self.holds(expression, on_failure),
        }
    }

    /// A number that is fixed or computed; `None` when there is none.
    #[must_use]
    pub(super) fn number(&self, setting: Option<&Setting<Decimal>>) -> Option<Decimal> {
        match setting? {
            Setting::Fixed(number) => Some(*number),
            Setting::Computed(expression) => Decimal::from_json(&self.evaluate(expression)?),
        }
    }

    /// A text that is fixed, computed, or put together from a template; empty when it fails.
    #[must_use]
    pub(super) fn text(&self, text: &Text) -> String {
        match text {
            Text::Fixed(text) => text.clone(),
            Text::Computed(expression) => {
                self.evaluate(expression).map(|value| display(&value)).unwrap_or_default()
            }
            Text::Template(template) => template.render(self),
        }
    }
}

/// A setting that is fixed or computed by FEEL.
#[derive(Debug, Clone)]
pub(super) enum Setting<T> {
    /// Written in the form.
    Fixed(T),
    /// Computed when it is needed.
    Computed(Expression),
}

/// A text of a form, as form-js reads it.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// Shown as it stands.
    Fixed(String),
    /// `=` and an expression.
    Computed(Expression),
    /// A text with `{{ … }}` inside.
    Template(Template),
}

impl Text {
    /// Reads a text; a leading `=` makes it an expression, `{{` a template.
    ///
    /// # Errors
    /// What is wrong with the expression or the template.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        if let Some(expression) = source.trim_start().strip_prefix('=') {
            return parse_expression(expression).map(Self::Computed);
        }
        if source.contains("{{") {
            return Template::parse(source).map(Self::Template);
        }
        Ok(Self::Fixed(source.to_owned()))
    }
}

/// Reads FEEL (without the leading `=`).
///
/// # Errors
/// What the parser says.
pub(super) fn parse_expression(source: &str) -> Result<Expression, String> {
    Expression::parse(source).map_err(|error| format!("not a FEEL expression: {error}"))
}

/// A value as people read it: a text as it is, nothing for null, JSON for the rest.
#[must_use]
pub(super) fn display(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
