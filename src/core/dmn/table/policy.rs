//! Hit policies and aggregators (DMN 1.5, 8.2.10 and 8.2.11): from matching rules to a value.
//!
//! Must not know how rules are matched.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;

use super::{Rule, Table};
use crate::core::dmn::evaluation::note_misuse;
use crate::core::feel::{Body, EvaluationError, Evaluator, Value};

/// What happens when rules match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HitPolicy {
    /// At most one may match.
    Unique,
    /// The first counts.
    First,
    /// The one whose output stands first among the output values counts.
    Priority,
    /// Several may match if they give the same.
    Any,
    /// All count, in any order, or are made one value.
    Collect(Option<Aggregator>),
    /// All count, in the order of the table.
    RuleOrder,
    /// All count, in the order of the output values.
    OutputOrder,
}

/// How collected values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregator {
    /// Their sum.
    Sum,
    /// Their number.
    Count,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl HitPolicy {
    /// Reads the attributes of a table.
    pub(super) fn read(policy: &str, aggregation: Option<&str>) -> Option<Self> {
        Some(match policy {
            "UNIQUE" => Self::Unique,
            "FIRST" => Self::First,
            "PRIORITY" => Self::Priority,
            "ANY" => Self::Any,
            "RULE ORDER" => Self::RuleOrder,
            "OUTPUT ORDER" => Self::OutputOrder,
            "COLLECT" => Self::Collect(match aggregation {
                None => None,
                Some("SUM") => Some(Aggregator::Sum),
                Some("COUNT") => Some(Aggregator::Count),
                Some("MIN") => Some(Aggregator::Min),
                Some("MAX") => Some(Aggregator::Max),
                Some(_) => return None,
            }),
            _ => return None,
        })
    }

    /// The name the standard gives it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unique => "UNIQUE",
            Self::First => "FIRST",
            Self::Priority => "PRIORITY",
            Self::Any => "ANY",
            Self::RuleOrder => "RULE ORDER",
            Self::OutputOrder => "OUTPUT ORDER",
            Self::Collect(None) => "COLLECT",
            Self::Collect(Some(Aggregator::Sum)) => "COLLECT SUM",
            Self::Collect(Some(Aggregator::Count)) => "COLLECT COUNT",
            Self::Collect(Some(Aggregator::Min)) => "COLLECT MIN",
            Self::Collect(Some(Aggregator::Max)) => "COLLECT MAX",
        }
    }
}

/// The value of the table when these rules match.
pub(super) fn decide(
    table: &Table,
    evaluator: &mut Evaluator<'_>,
    matched: &[usize],
) -> Result<Value, EvaluationError> {
    let Some(first) = matched.first() else { return default(table, evaluator) };
    let first = &table.rules[*first];
    let rules = matched.iter().map(|number| &table.rules[*number]);
    match table.policy {
        HitPolicy::Unique if matched.len() > 1 => {
            let message = format!("expected at most one matching rule, found {}", matched.len());
            note_misuse(evaluator, &table.label, message);
            Ok(Value::Null)
        }
        HitPolicy::Unique | HitPolicy::First => {
            let values = table.output(evaluator, first)?;
            Ok(joined(table, values))
        }
        HitPolicy::Any => any(table, evaluator, rules),
        HitPolicy::Priority => {
            let sorted = by_priority(table, evaluator, rules)?;
            Ok(sorted.into_iter().next().map_or(Value::Null, |values| joined(table, values)))
        }
        HitPolicy::OutputOrder => {
            let sorted = by_priority(table, evaluator, rules)?;
            evaluator.list(sorted.into_iter().map(|values| joined(table, values)).collect())
        }
        HitPolicy::RuleOrder | HitPolicy::Collect(None) => collect(table, evaluator, rules),
        HitPolicy::Collect(Some(aggregator)) => {
            let values = collect(table, evaluator, rules)?;
            evaluator.body_alone(vec![(Arc::from(VALUES), values)], aggregation(aggregator))
        }
    }
}

/// Without a matching rule: the outputs' defaults, if there are any.
fn default(table: &Table, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError> {
    if table.outputs.iter().all(|output| output.default.is_none()) {
        return Ok(Value::Null);
    }
    let mut values = Vec::with_capacity(table.outputs.len());
    for output in &table.outputs {
        values.push(match &output.default {
            Some(body) => evaluator.body(body)?,
            None => Value::Null,
        });
    }
    Ok(joined(table, values))
}

/// One output is the value, several are a context.
fn joined(table: &Table, mut values: Vec<Value>) -> Value {
    if values.len() == 1 {
        return values.pop().unwrap_or_default();
    }
    let names = table.outputs.iter().map(|output| Arc::clone(&output.name));
    Value::from(names.zip(values).collect::<IndexMap<_, _>>())
}

fn collect<'t>(
    table: &Table,
    evaluator: &mut Evaluator<'_>,
    rules: impl Iterator<Item = &'t Rule>,
) -> Result<Value, EvaluationError> {
    let mut values = Vec::new();
    for rule in rules {
        let output = table.output(evaluator, rule)?;
        values.push(joined(table, output));
    }
    evaluator.list(values)
}

fn any<'t>(
    table: &Table,
    evaluator: &mut Evaluator<'_>,
    rules: impl Iterator<Item = &'t Rule>,
) -> Result<Value, EvaluationError> {
    let mut found: Option<Value> = None;
    for rule in rules {
        let output = table.output(evaluator, rule)?;
        let value = joined(table, output);
        match &found {
            Some(first) if evaluator.equals(first, &value)? != Some(true) => {
                let message = "expected all matching rules to give the same".to_owned();
                note_misuse(evaluator, &table.label, message);
                return Ok(Value::Null);
            }
            _ => found = Some(value),
        }
    }
    Ok(found.unwrap_or_default())
}

/// The outputs of the rules, those of the highest priority first; the sort is stable.
fn by_priority<'t>(
    table: &Table,
    evaluator: &mut Evaluator<'_>,
    rules: impl Iterator<Item = &'t Rule>,
) -> Result<Vec<Vec<Value>>, EvaluationError> {
    let mut ranked = Vec::new();
    for rule in rules {
        let values = table.output(evaluator, rule)?;
        evaluator.charge(table.outputs.iter().map(|output| output.values.len()).sum())?;
        let rank = table.outputs.iter().zip(&values).map(|(output, value)| {
            let place = output.values.iter().position(|allowed| allowed == value);
            place.unwrap_or(output.values.len())
        });
        ranked.push((rank.collect::<Vec<_>>(), values));
    }
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(ranked.into_iter().map(|(_, values)| values).collect())
}

/// The name of the list in the aggregating calls.
const VALUES: &str = "values";

/// The call of the built-in function that aggregates.
fn aggregation(aggregator: Aggregator) -> &'static Body {
    static CALLS: LazyLock<[Body; 4]> = LazyLock::new(|| {
        ["sum", "count", "min", "max"].map(|function| {
            let values = Body::name(&Arc::from(VALUES));
            Body::invocation(Body::name(&Arc::from(function)), vec![(Arc::from("list"), values)])
        })
    });
    match aggregator {
        Aggregator::Sum => &CALLS[0],
        Aggregator::Count => &CALLS[1],
        Aggregator::Min => &CALLS[2],
        Aggregator::Max => &CALLS[3],
    }
}
