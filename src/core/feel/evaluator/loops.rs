//! `for`, `some` and `every` over lists, ranges and numbers.
//! It knows nothing of what the body does.

use std::sync::Arc;

use super::{Evaluation, Evaluator, Outcome, null};
use crate::core::feel::ast::{Iterator, Loop, Node, Quantifier};
use crate::core::feel::comparison::order;
use crate::core::feel::number::Number;
use crate::core::feel::temporal::Date;
use crate::core::feel::value::{Frame, List, Range, Value};

/// What a loop runs over, one item at a time.
enum Series {
    Items(Arc<List>),
    One(Value),
    Numbers { first: i64, last: i64 },
    Dates { first: Date, last: Date },
}

impl Series {
    fn len(&self) -> u64 {
        match self {
            Self::Items(items) => items.len() as u64,
            Self::One(_) => 1,
            Self::Numbers { first, last } => last.abs_diff(*first).saturating_add(1),
            Self::Dates { first, last } => first.days_until(*last).unsigned_abs() + 1,
        }
    }

    fn get(&self, index: u64) -> Option<Value> {
        match self {
            Self::Items(items) => items.get(usize::try_from(index).ok()?).cloned(),
            Self::One(value) => Some(value.clone()),
            Self::Numbers { first, last } => {
                let step = i64::try_from(index).ok()?;
                let number = if first <= last { first + step } else { first - step };
                Some(Value::Number(Number::from(number)))
            }
            Self::Dates { first, last } => {
                let step = i64::try_from(index).ok()?;
                first.add_days(if first <= last { step } else { -step }).map(Value::Date)
            }
        }
    }
}

/// What is done with each combination of items; `false` ends the loop.
type Visit<'v> = &'v mut dyn FnMut(&mut Evaluator<'_>) -> Evaluation<bool>;

impl Evaluator<'_> {
    pub(super) fn for_loop(&mut self, parts: &Loop) -> Evaluation {
        let mut results = Vec::new();
        let visited = self.visit(&parts.iterators, &mut |evaluator| {
            let result = evaluator.loop_body(parts, &results)?;
            results.push(result);
            evaluator.check_items(results.len())?;
            Ok(true)
        })?;
        if visited { self.list(results) } else { Ok(Value::Null) }
    }

    fn loop_body(&mut self, parts: &Loop, results: &[Value]) -> Evaluation {
        if !parts.uses_partial {
            return self.evaluate(&parts.body);
        }
        let partial = self.list(results.to_vec())?;
        self.frames.push(Frame::Local(Arc::from("partial"), partial));
        let result = self.evaluate(&parts.body);
        self.frames.pop();
        result
    }

    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        iterators: &[Iterator],
        test: &Node,
    ) -> Evaluation {
        let decisive = quantifier == Quantifier::Some;
        let mut result = Value::Boolean(!decisive);
        let visited = self.visit(iterators, &mut |evaluator| {
            match evaluator.evaluate(test)? {
                Value::Boolean(value) if value == decisive => {
                    result = Value::Boolean(decisive);
                    return Ok(false);
                }
                Value::Boolean(_) => {}
                _ => result = Value::Null,
            }
            Ok(true)
        })?;
        Ok(if visited { result } else { Value::Null })
    }

    /// Calls `visit` for each combination, the last iterator running fastest. An iterator sees the
    /// variables of those before it. Gives `false` if there is nothing to run over.
    fn visit(&mut self, iterators: &[Iterator], visit: Visit<'_>) -> Evaluation<bool> {
        let frames = self.frames.len();
        let mut is_iterable = true;
        let result = self.visit_from(iterators, visit, &mut is_iterable);
        self.frames.truncate(frames);
        result.map(|_| is_iterable)
    }

    fn visit_from(
        &mut self,
        iterators: &[Iterator],
        visit: Visit<'_>,
        is_iterable: &mut bool,
    ) -> Evaluation<bool> {
        let Some((iterator, rest)) = iterators.split_first() else {
            return visit(self);
        };
        self.enter()?;
        let Some(series) = self.series(iterator)? else {
            *is_iterable = false;
            return Ok(false);
        };
        let mut goes_on = true;
        for index in 0..series.len() {
            self.charge(1)?;
            let item = series.get(index).unwrap_or_default();
            self.frames.push(Frame::Local(Arc::clone(&iterator.name), item));
            goes_on = self.visit_from(rest, visit, is_iterable)?;
            self.frames.pop();
            if !goes_on {
                break;
            }
        }
        self.depth -= 1;
        Ok(goes_on)
    }

    fn series(&mut self, iterator: &Iterator) -> Evaluation<Option<Series>> {
        let start = self.evaluate(&iterator.source)?;
        let outcome = match &iterator.end {
            Some(end) => {
                let end = self.evaluate(end)?;
                between(&start, &end)
            }
            None => over(start),
        };
        match outcome {
            Ok(series) => Ok(Some(series)),
            Err(super::Stop::Error(error)) => Err(error),
            Err(super::Stop::Null(message)) => {
                self.warn(iterator.source.span, message);
                Ok(None)
            }
        }
    }
}

fn over(value: Value) -> Outcome<Series> {
    match value {
        Value::List(items) => Ok(Series::Items(items)),
        Value::Range(range) => over_range(&range),
        Value::Null => null("expected a list to run over, found null"),
        other => Ok(Series::One(other)),
    }
}

fn over_range(range: &Range) -> Outcome<Series> {
    let (Some(start), Some(end)) = (&range.start, &range.end) else {
        return null("expected a range with two ends to run over");
    };
    if order(start, end).is_some_and(std::cmp::Ordering::is_gt) {
        return null("expected a range that starts before it ends");
    }
    let series = between(start, end)?;
    let skip = u64::from(!range.start_included);
    let drop = u64::from(!range.end_included);
    let len = series.len();
    let pick = |index: Option<u64>| index.and_then(|index| series.get(index));
    match (pick(Some(skip)), pick(len.checked_sub(1 + drop))) {
        (Some(first), Some(last)) if skip + drop < len => between(&first, &last),
        _ => over(Value::from(Vec::new())),
    }
}

fn between(start: &Value, end: &Value) -> Outcome<Series> {
    match (start, end) {
        (Value::Number(a), Value::Number(b)) => match (a.to_i64(), b.to_i64()) {
            (Some(first), Some(last)) => Ok(Series::Numbers { first, last }),
            _ => null("expected whole numbers to count between"),
        },
        (Value::Date(first), Value::Date(last)) => Ok(Series::Dates { first: *first, last: *last }),
        _ => {
            let (a, b) = (start.type_name(), end.type_name());
            null(format!("expected two whole numbers or two dates, found {a} and {b}"))
        }
    }
}
