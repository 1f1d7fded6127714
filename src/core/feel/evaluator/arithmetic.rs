//! `+ - * / **` and the minus sign over numbers, texts, dates and durations (DMN 1.5, table 55).
//! It knows nothing of names and functions.

use super::{Evaluation, Evaluator, Outcome, null};
use crate::core::feel::ast::{Node, Operator};
use crate::core::feel::comparison::describe_pair;
use crate::core::feel::evaluation::Span;
use crate::core::feel::number::{Number, Rounding};
use crate::core::feel::temporal::{self, DateTime, DaysTimeDuration, YearsMonthsDuration, Zone};
use crate::core::feel::value::Value;

impl Evaluator<'_> {
    pub(super) fn arithmetic(
        &mut self,
        first: &Node,
        rest: &[(Operator, Node)],
        span: Span,
    ) -> Evaluation {
        let mut left = self.evaluate(first)?;
        for (operator, node) in rest {
            let right = self.evaluate(node)?;
            self.span = span;
            let outcome = self.operate(*operator, &left, &right);
            left = self.settle(outcome, Span { start: span.start, end: node.span.end })?;
        }
        Ok(left)
    }

    pub(super) fn negation(&mut self, operand: &Node, span: Span) -> Evaluation {
        let value = self.evaluate(operand)?;
        let outcome = negate(&value);
        self.settle(outcome, span)
    }

    fn operate(&mut self, operator: Operator, left: &Value, right: &Value) -> Outcome {
        if let (Value::Text(a), Value::Text(b), Operator::Add) = (left, right, operator) {
            self.check_text(a.len() + b.len())?;
            return Ok(self.text(&[&**a, &**b].concat())?);
        }
        let result = match operator {
            Operator::Add => add(left, right),
            Operator::Subtract => subtract(left, right),
            Operator::Multiply => multiply(left, right),
            Operator::Divide => divide(left, right),
            Operator::Power => power(left, right),
        };
        match result {
            Some(Some(value)) => Ok(value),
            Some(None) => null(out_of_range(operator, right)),
            None => {
                let found = describe_pair(left, right);
                null(format!("expected operands that `{}` fits, found {found}", sign(operator)))
            }
        }
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Power => "**",
    }
}

fn out_of_range(operator: Operator, right: &Value) -> String {
    let by_zero = operator == Operator::Divide && right.as_number().is_some_and(Number::is_zero);
    let expected =
        if by_zero { "expected a divisor other than 0" } else { "expected a result within range" };
    expected.to_owned()
}

/// `None`: the types do not fit. `Some(None)`: they do, but the result is out of range.
type Fit = Option<Option<Value>>;

fn add(left: &Value, right: &Value) -> Fit {
    use Value::{Date, DateTime, DaysTimeDuration, Number, Time, YearsMonthsDuration};
    Some(match (left, right) {
        (Number(a), Number(b)) => a.checked_add(*b).map(Number),
        (Date(date), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Date(date)) => {
            temporal::add_to_date(*date, *duration).map(Date)
        }
        (Date(date), YearsMonthsDuration(months)) | (YearsMonthsDuration(months), Date(date)) => {
            temporal::add_months(*date, *months).map(Date)
        }
        (DateTime(at), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), DateTime(at)) => {
            at.checked_add(*duration).map(DateTime)
        }
        (DateTime(at), YearsMonthsDuration(months))
        | (YearsMonthsDuration(months), DateTime(at)) => at.add_months(*months).map(DateTime),
        (Time(time), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Time(time)) => {
            time.checked_add(*duration).map(Time)
        }
        (DaysTimeDuration(a), DaysTimeDuration(b)) => a.checked_add(*b).map(DaysTimeDuration),
        (YearsMonthsDuration(a), YearsMonthsDuration(b)) => {
            a.checked_add(*b).map(YearsMonthsDuration)
        }
        _ => return None,
    })
}

fn subtract(left: &Value, right: &Value) -> Fit {
    use Value::{Date, DateTime, DaysTimeDuration, Number, Time, YearsMonthsDuration};
    Some(match (left, right) {
        (Number(a), Number(b)) => a.checked_sub(*b).map(Number),
        (Date(a), Date(b)) => Some(DaysTimeDuration(temporal::between_dates(*b, *a))),
        (DateTime(a), DateTime(b)) if a.compare(b).is_some() => a.since(b).map(DaysTimeDuration),
        (DateTime(a), Date(b)) => a.since(&as_midnight(*b)).map(DaysTimeDuration),
        (Date(a), DateTime(b)) => as_midnight(*a).since(b).map(DaysTimeDuration),
        (Time(a), Time(b)) if a.compare(b).is_some() => a.since(b).map(DaysTimeDuration),
        (_, DaysTimeDuration(duration)) => match duration.negated() {
            Some(negated) if !matches!(left, YearsMonthsDuration(_)) => {
                return add(left, &DaysTimeDuration(negated));
            }
            negated => return negated.map_or(Some(None), |_| None),
        },
        (_, YearsMonthsDuration(duration)) => match duration.negated() {
            Some(negated) => return add(left, &YearsMonthsDuration(negated)),
            None => None,
        },
        _ => return None,
    })
}

/// A date beside a date and time means its midnight in UTC; a local time has no distance to it.
fn as_midnight(date: temporal::Date) -> DateTime {
    DateTime { zone: Some(Zone::UTC), ..DateTime::midnight(date) }
}

fn multiply(left: &Value, right: &Value) -> Fit {
    Some(match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.checked_mul(*b).map(Value::Number),
        (Value::DaysTimeDuration(duration), Value::Number(factor))
        | (Value::Number(factor), Value::DaysTimeDuration(duration)) => {
            scale_days(*duration, |seconds| seconds.checked_mul(*factor))
        }
        (Value::YearsMonthsDuration(duration), Value::Number(factor))
        | (Value::Number(factor), Value::YearsMonthsDuration(duration)) => {
            scale_months(*duration, |months| months.checked_mul(*factor))
        }
        _ => return None,
    })
}

fn divide(left: &Value, right: &Value) -> Fit {
    Some(match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.checked_div(*b).map(Value::Number),
        (Value::DaysTimeDuration(duration), Value::Number(divisor)) => {
            scale_days(*duration, |seconds| seconds.checked_div(*divisor))
        }
        (Value::YearsMonthsDuration(duration), Value::Number(divisor)) => {
            scale_months(*duration, |months| months.checked_div(*divisor))
        }
        (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => {
            let quotient = a.to_seconds().zip(b.to_seconds());
            quotient.and_then(|(a, b)| a.checked_div(b)).map(Value::Number)
        }
        (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => {
            let quotient = Number::from(a.total_months).checked_div(Number::from(b.total_months));
            quotient.map(Value::Number)
        }
        _ => return None,
    })
}

fn power(left: &Value, right: &Value) -> Fit {
    let (Value::Number(base), Value::Number(exponent)) = (left, right) else {
        return None;
    };
    Some(base.power(*exponent).map(Value::Number))
}

fn scale_days(
    duration: DaysTimeDuration,
    scale: impl FnOnce(Number) -> Option<Number>,
) -> Option<Value> {
    let seconds = scale(duration.to_seconds()?)?;
    DaysTimeDuration::from_seconds(seconds).map(Value::DaysTimeDuration)
}

fn scale_months(
    duration: YearsMonthsDuration,
    scale: impl FnOnce(Number) -> Option<Number>,
) -> Option<Value> {
    let months = scale(Number::from(duration.total_months))?.round_to(0, Rounding::Down)?;
    let total_months = months.to_i64()?;
    Some(Value::YearsMonthsDuration(YearsMonthsDuration { total_months }))
}

fn negate(value: &Value) -> Outcome {
    let negated = match value {
        Value::Number(number) => Some(Value::Number(number.negated())),
        Value::DaysTimeDuration(duration) => duration.negated().map(Value::DaysTimeDuration),
        Value::YearsMonthsDuration(duration) => duration.negated().map(Value::YearsMonthsDuration),
        _ => {
            let found = value.type_name();
            return null(format!("expected a number or a duration after `-`, found {found}"));
        }
    };
    match negated {
        Some(negated) => Ok(negated),
        None => null("expected a result within range"),
    }
}
