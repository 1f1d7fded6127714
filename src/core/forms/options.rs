//! The choices of a field: written in the form, taken from a variable, or computed.
//!
//! Must not know how choices are shown or sent.

use serde_json::Value;

use super::scope::{Scope, display, parse_expression};
use super::source::{Located, NodeValue, Object, Problems};
use super::values::find_value;
use crate::core::feel::Expression;

/// More choices are refused in a form and left out of computed lists: no page could show them.
pub const OPTIONS_MAX: usize = 1_000;

/// Where the choices come from.
#[derive(Debug, Clone)]
pub(super) enum OptionSource {
    Fixed(Vec<Choice>),
    /// A variable, or a path inside one.
    Variable(String),
    Computed(Expression),
}

/// One choice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) value: Value,
}

impl Choice {
    /// The value as a form control sends it.
    pub(super) fn code(&self) -> String {
        display(&self.value)
    }

    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null | Value::Array(_) => None,
            Value::Object(members) => {
                let value = members.get("value").filter(|v| !v.is_null())?.clone();
                let label = members.get("label").map(display).filter(|l| !l.is_empty());
                Some(Self { label: label.unwrap_or_else(|| display(&value)), value })
            }
            scalar => Some(Self { label: display(scalar), value: scalar.clone() }),
        }
    }
}

impl OptionSource {
    /// The choices at this moment, without those that have no value.
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Vec<Choice> {
        let list = match self {
            Self::Fixed(choices) => return choices.clone(),
            Self::Variable(path) => {
                let keys: Vec<_> = path.split('.').map(str::to_owned).collect();
                scope.data.get(path).or_else(|| find_value(scope.data, &keys)).cloned()
            }
            Self::Computed(expression) => scope.evaluate(expression),
        };
        let Some(Value::Array(items)) = list else { return Vec::new() };
        items.iter().filter_map(Choice::from_json).take(OPTIONS_MAX).collect()
    }

    /// Reads `valuesExpression`, `valuesKey` or `values` of a component, in this order.
    pub(super) fn parse(component: &Object<'_>, problems: &mut Problems) -> Option<Self> {
        if let Some(at) = component.get("valuesExpression") {
            let source = component.text("valuesExpression", problems)?;
            let source = source.trim_start();
            return match parse_expression(source.strip_prefix('=').unwrap_or(source)) {
                Ok(expression) => Some(Self::Computed(expression)),
                Err(message) => problems.refuse(&at, message, "a list in FEEL"),
            };
        }
        if component.get("valuesKey").is_some() {
            return component.text("valuesKey", problems).map(|key| Self::Variable(key.to_owned()));
        }
        if component.get("values").is_none() {
            let expected = "values, valuesKey or valuesExpression";
            return problems.refuse(component.location(), "no choices", expected);
        }
        parse_fixed(&component.list("values", problems)?, problems).map(Self::Fixed)
    }
}

fn parse_fixed(items: &[Located<'_>], problems: &mut Problems) -> Option<Vec<Choice>> {
    if let Some(extra) = items.get(OPTIONS_MAX) {
        return problems.refuse(extra, "too many choices", format!("at most {OPTIONS_MAX}"));
    }
    let mut choices: Vec<Choice> = Vec::new();
    for item in items {
        let Some(choice) = parse_choice(item, problems) else { continue };
        if choices.iter().any(|earlier| earlier.code() == choice.code()) {
            let message = format!("the value `{}` stands here twice", choice.code());
            problems.add(item, message, "each value once");
        }
        choices.push(choice);
    }
    Some(choices)
}

fn parse_choice(item: &Located<'_>, problems: &mut Problems) -> Option<Choice> {
    if let NodeValue::Object(_) = item.node.value {
        let object = Object::read(item.clone(), problems)?;
        object.text("label", problems);
    }
    let choice = Choice::from_json(&item.node.to_json());
    choice.or_else(|| problems.refuse(item, "a choice without value", "a label and a value"))
}
