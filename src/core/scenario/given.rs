//! Values of a scenario: JSON, in which texts that begin with `=` are FEEL, as in models.
//!
//! Must not know what a value is for.

use serde_json::{Map, Value as Json};

use super::reading::At;
use super::yaml::Content;
use crate::core::engine::VariableMap;
use crate::core::feel::{EvaluationContext, Expression, Value};
use crate::core::model::Problem;

/// A value, some of which may have to be computed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Fixed(Json),
    Computed(Expression),
    List(Vec<Given>),
    Map(Vec<(String, Given)>),
}

impl Given {
    /// No variables.
    pub(super) fn nothing() -> Self {
        Self::Map(Vec::new())
    }

    pub(super) fn read(at: &At<'_>) -> Result<Self, Problem> {
        Ok(match &at.node.content {
            Content::List(_) => {
                Self::List(at.items().iter().map(Self::read).collect::<Result<_, _>>()?)
            }
            Content::Map(_) => {
                let pairs = at.pairs("a map")?.into_iter();
                let read = |(name, at): (&str, At<'_>)| Ok((name.to_owned(), Self::read(&at)?));
                Self::Map(pairs.map(read).collect::<Result<_, Problem>>()?)
            }
            Content::Text(text) => match text.strip_prefix('=') {
                Some(source) => Self::Computed(expression(at, source)?),
                None => Self::Fixed(Json::String(text.clone())),
            },
            _ => Self::Fixed(at.node.to_json()),
        })
    }

    /// Variables: a map, or an expression that gives one.
    pub(super) fn read_variables(at: &At<'_>) -> Result<Self, Problem> {
        match (&at.node.content, Self::read(at)?) {
            (Content::Null, _) => Ok(Self::nothing()),
            (_, given @ (Self::Map(_) | Self::Computed(_))) => Ok(given),
            _ => Err(at.wrong("variables by name, or a FEEL context such as `= {total: 3}`")),
        }
    }

    /// The value, where these variables can be seen.
    pub(super) fn evaluate(
        &self,
        variables: &VariableMap,
        context: &EvaluationContext,
    ) -> Result<Json, String> {
        Ok(match self {
            Self::Fixed(json) => json.clone(),
            Self::Computed(expression) => compute(expression, variables, context)?.to_json(),
            Self::List(items) => {
                let items = items.iter().map(|it| it.evaluate(variables, context));
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Map(members) => {
                let members = members.iter().map(|(name, it)| {
                    it.evaluate(variables, context).map(|value| (name.clone(), value))
                });
                Json::Object(members.collect::<Result<Map<_, _>, _>>()?)
            }
        })
    }

    /// The value as variables.
    pub(super) fn variables(
        &self,
        variables: &VariableMap,
        context: &EvaluationContext,
    ) -> Result<VariableMap, String> {
        match self.evaluate(variables, context)? {
            Json::Object(variables) => Ok(variables),
            other => Err(format!("expected a context, found {other}")),
        }
    }
}

/// Parses FEEL, with the problem at its character.
pub(super) fn expression(at: &At<'_>, source: &str) -> Result<Expression, Problem> {
    Expression::parse(source).map_err(|error| at.wrong(&format!("FEEL: {error}")))
}

/// The value of an expression.
pub(super) fn compute(
    expression: &Expression,
    variables: &VariableMap,
    context: &EvaluationContext,
) -> Result<Value, String> {
    let evaluated = expression.evaluate(variables, context).map_err(|error| error.to_string())?;
    Ok(evaluated.value)
}

/// What is expected of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Equals(Json),
    /// Unary tests over the value, as in a decision table's cell.
    Fits(Expression),
}

impl Test {
    pub(super) fn read(at: &At<'_>) -> Result<Self, Problem> {
        match &at.node.content {
            Content::Text(text) if text.starts_with('=') => {
                let tests = Expression::parse_unary_tests(text[1..].trim_start());
                tests.map(Self::Fits).map_err(|error| at.wrong(&format!("FEEL tests: {error}")))
            }
            _ => Ok(Self::Equals(at.node.to_json())),
        }
    }

    /// Whether a value passes; numbers are equal when their values are.
    pub(super) fn passes(
        &self,
        value: &Json,
        variables: &VariableMap,
        context: &EvaluationContext,
    ) -> bool {
        let value = Value::from_json(value);
        match self {
            Self::Equals(expected) => Value::from_json(expected) == value,
            Self::Fits(tests) => {
                let fits = tests.evaluate_unary(&value, variables, context);
                fits.is_ok_and(|it| it.value == Value::Boolean(true))
            }
        }
    }

    /// What is expected, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Equals(expected) => expected.to_string(),
            Self::Fits(tests) => tests.source().to_owned(),
        }
    }
}
