//! Decision tables (DMN 1.5, chapter 8): which rules match, and what they give.
//!
//! Must not know XML but in `read`, nor which decision it serves.

mod index;
mod policy;
mod read;

use std::sync::Arc;

use crate::core::dmn::evaluation::{Host, note_misuse};
use crate::core::dmn::trace::{MatchedRule, TableTrace, TestedInput};
use crate::core::feel::{
    Body, Custom, EvaluationError, Evaluator, ParseError, Span, Tests, Type, Value,
};
use index::Index;
use policy::HitPolicy;

pub(super) use read::read;

/// A decision table.
pub(super) struct Table {
    /// The element it belongs to.
    label: Arc<str>,
    id: Option<Arc<str>>,
    policy: HitPolicy,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    rules: Vec<Rule>,
    index: Option<Index>,
}

struct Input {
    label: Arc<str>,
    expression: Body,
    allowed: Option<Tests>,
}

struct Output {
    name: Arc<str>,
    declared: Type,
    /// The values from the highest to the lowest priority.
    values: Vec<Value>,
    default: Option<Body>,
}

struct Rule {
    id: Option<Arc<str>>,
    /// By input; `None` for what could not be read, which nothing fits.
    tests: Vec<Option<Tests>>,
    /// The tests as they are written.
    texts: Vec<Box<str>>,
    outputs: Vec<Body>,
    annotations: Vec<Box<str>>,
}

impl Custom for Table {
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let value = evaluator.body(&input.expression)?;
            if let Some(allowed) = &input.allowed
                && !value.is_null()
                && !evaluator.fits_tests(&value, allowed)?
            {
                let message = format!("expected an allowed value of `{}`", input.label);
                note_misuse(evaluator, &self.label, message);
                return Ok(Value::Null);
            }
            inputs.push(value);
        }
        let matched = self.matching(evaluator, &inputs)?;
        let value = policy::decide(self, evaluator, &matched)?;
        self.record(evaluator, &inputs, &matched, &value)?;
        Ok(value)
    }
}

impl Table {
    /// The rules that match, in the order of the table; only the first if that is all that counts.
    fn matching(
        &self,
        evaluator: &mut Evaluator<'_>,
        inputs: &[Value],
    ) -> Result<Vec<usize>, EvaluationError> {
        let candidates = self.index.as_ref().and_then(|index| index.candidates(inputs));
        let count = candidates.as_ref().map_or(self.rules.len(), Vec::len);
        let mut matched = Vec::new();
        let is_first = self.policy == HitPolicy::First;
        for place in 0..count {
            let number = candidates.as_ref().map_or(place, |candidates| candidates[place]);
            if self.matches(evaluator, &self.rules[number], inputs)? {
                matched.push(number);
                if is_first {
                    break;
                }
            }
        }
        Ok(matched)
    }

    fn matches(
        &self,
        evaluator: &mut Evaluator<'_>,
        rule: &Rule,
        inputs: &[Value],
    ) -> Result<bool, EvaluationError> {
        for (tests, input) in rule.tests.iter().zip(inputs) {
            let Some(tests) = tests else {
                evaluator.note(&self.label, "expected unary tests that can be read".to_owned());
                return Ok(false);
            };
            if !evaluator.fits_tests(input, tests)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a rule gives: a value, or a context if there are several outputs.
    fn output(
        &self,
        evaluator: &mut Evaluator<'_>,
        rule: &Rule,
    ) -> Result<Vec<Value>, EvaluationError> {
        let mut values = Vec::with_capacity(self.outputs.len());
        for (output, body) in self.outputs.iter().zip(&rule.outputs) {
            let value = evaluator.body(body)?;
            values.push(evaluator.conform_or_null(value, &output.declared, Span::default())?);
        }
        Ok(values)
    }

    /// Remembers how it was decided, if the caller wants to know.
    fn record(
        &self,
        evaluator: &mut Evaluator<'_>,
        inputs: &[Value],
        matched: &[usize],
        value: &Value,
    ) -> Result<(), EvaluationError> {
        let Some(tracer) = evaluator.host::<Host>().and_then(|host| host.tracer.as_ref()) else {
            return Ok(());
        };
        evaluator.charge(inputs.len() * (1 + matched.len()))?;
        let rules = matched.iter().map(|number| MatchedRule {
            number: number + 1,
            id: self.rules[*number].id.clone(),
            tests: self.rules[*number].texts.iter().map(ToString::to_string).collect(),
            annotations: self.rules[*number].annotations.iter().map(ToString::to_string).collect(),
        });
        let tested = self.inputs.iter().zip(inputs);
        tracer.add_table(TableTrace {
            owner: Arc::clone(&self.label),
            id: self.id.clone(),
            hit_policy: self.policy.name(),
            inputs: tested
                .map(|(input, value)| TestedInput {
                    label: Arc::clone(&input.label),
                    value: value.clone(),
                })
                .collect(),
            rules: rules.collect(),
            value: value.clone(),
        });
        Ok(())
    }
}

/// What stands for an expression that could not be read: null, with a warning that says why.
pub(super) fn unreadable(origin: &Arc<str>, error: &ParseError) -> Body {
    Body::custom(Arc::new(Unreadable { origin: Arc::clone(origin), message: error.to_string() }))
}

struct Unreadable {
    origin: Arc<str>,
    message: String,
}

impl Custom for Unreadable {
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Result<Value, EvaluationError> {
        evaluator.note(&self.origin, self.message.clone());
        Ok(Value::Null)
    }
}
