//! Built-ins that make one number, or the least and greatest item, out of a list.
//! It knows nothing of other lists functions.

use std::cmp::Ordering;

use super::{Bound, in_range, number_value};
use crate::core::feel::comparison::order;
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::number::Number;
use crate::core::feel::temporal::{DaysTimeDuration, YearsMonthsDuration};
use crate::core::feel::value::Value;

pub(super) fn min(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    extreme(evaluator, arguments, Ordering::Less)
}

pub(super) fn max(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    extreme(evaluator, arguments, Ordering::Greater)
}

fn extreme(evaluator: &mut Evaluator<'_>, arguments: &Bound, wanted: Ordering) -> Outcome {
    let items = arguments.items()?;
    evaluator.charge(items.len())?;
    let Some((mut best, rest)) = items.split_first() else {
        return null("expected a list with items");
    };
    if order(best, best).is_none() {
        return null(format!("expected items that can be compared, found {}", best.type_name()));
    }
    for item in rest {
        match order(item, best) {
            Some(order) if order == wanted => best = item,
            Some(_) => {}
            None => return null("expected items that can be compared"),
        }
    }
    Ok(best.clone())
}

/// The numbers of a list; `None` if it has no items.
fn numbers(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome<Option<Vec<Number>>> {
    let items = arguments.items()?;
    evaluator.charge(items.len())?;
    let mut numbers = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Number(number) => numbers.push(*number),
            other => {
                return null(format!("expected a list of numbers, found {}", other.type_name()));
            }
        }
    }
    Ok(if numbers.is_empty() { None } else { Some(numbers) })
}

fn need_numbers(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome<Vec<Number>> {
    match numbers(evaluator, arguments)? {
        Some(numbers) => Ok(numbers),
        None => null("expected a list with items"),
    }
}

fn total(numbers: &[Number]) -> Option<Number> {
    numbers.iter().try_fold(Number::ZERO, |sum, number| sum.checked_add(*number))
}

/// The sum of numbers, or of durations of one kind.
pub(super) fn sum(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.items()?;
    let total_duration = match items.first() {
        Some(Value::DaysTimeDuration(_)) => sum_days(items),
        Some(Value::YearsMonthsDuration(_)) => sum_months(items),
        _ => return in_range(total(&need_numbers(evaluator, arguments)?)),
    };
    evaluator.charge(items.len())?;
    match total_duration {
        Some(total) => Ok(total),
        None => null("expected durations of one kind with a sum within range"),
    }
}

fn sum_days(items: &[Value]) -> Option<Value> {
    let zero = DaysTimeDuration(jiff::SignedDuration::ZERO);
    let total = items.iter().try_fold(zero, |sum, item| match item {
        Value::DaysTimeDuration(duration) => sum.checked_add(*duration),
        _ => None,
    });
    total.map(Value::DaysTimeDuration)
}

fn sum_months(items: &[Value]) -> Option<Value> {
    let zero = YearsMonthsDuration { total_months: 0 };
    let total = items.iter().try_fold(zero, |sum, item| match item {
        Value::YearsMonthsDuration(duration) => sum.checked_add(*duration),
        _ => None,
    });
    total.map(Value::YearsMonthsDuration)
}

pub(super) fn product(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let numbers = need_numbers(evaluator, arguments)?;
    in_range(numbers.iter().try_fold(Number::ONE, |product, number| product.checked_mul(*number)))
}

pub(super) fn mean(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    in_range(mean_of(&need_numbers(evaluator, arguments)?))
}

fn mean_of(numbers: &[Number]) -> Option<Number> {
    total(numbers)?.checked_div(Number::from(numbers.len()))
}

pub(super) fn median(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut numbers = need_numbers(evaluator, arguments)?;
    evaluator.charge(numbers.len() * 4)?;
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        return Ok(Value::Number(numbers[middle]));
    }
    in_range(mean_of(&numbers[middle - 1..=middle]))
}

/// The deviation of a sample, as DMN 1.5, table 76 has it: divided by one less than the count.
pub(super) fn stddev(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let numbers = need_numbers(evaluator, arguments)?;
    if numbers.len() < 2 {
        return null("expected at least two numbers");
    }
    in_range(deviation(&numbers))
}

fn deviation(numbers: &[Number]) -> Option<Number> {
    let mean = mean_of(numbers)?;
    let squares = numbers.iter().try_fold(Number::ZERO, |sum, number| {
        let distance = number.checked_sub(mean)?;
        sum.checked_add(distance.checked_mul(distance)?)
    })?;
    squares.checked_div(Number::from(numbers.len() - 1))?.sqrt()
}

/// The numbers that occur most often, in ascending order.
pub(super) fn mode(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let mut numbers = numbers(evaluator, arguments)?.unwrap_or_default();
    evaluator.charge(numbers.len() * 4)?;
    numbers.sort_unstable();
    let runs: Vec<_> = numbers.chunk_by(|a, b| a == b).collect();
    let most = runs.iter().map(|run| run.len()).max().unwrap_or(0);
    let modes = runs.iter().filter(|run| run.len() == most).map(|run| number_value(run[0]));
    Ok(evaluator.list(modes.collect())?)
}
