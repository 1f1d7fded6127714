//! An index over the rules of a large table, so that a look-up does not scan them.
//!
//! Must not know hit policies: it only says which rules can match at all.
//!
//! **Invariant:** a rule that matches is among the candidates.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::Rule;
use crate::core::feel::{Interval, Lookup, Tests, Value, order};

/// Fewer rules are tested faster than they are looked up.
const RULES_MIN: usize = 16;
/// Entries of a column's index for each rule, at most; wide overlapping ranges would need more.
const ENTRIES_MAX: usize = 32;

/// What is known of each input's column.
pub(super) struct Index {
    columns: Vec<Option<Column>>,
}

/// The rules by what their cell in one column fits.
#[derive(Default)]
struct Column {
    texts: HashMap<Arc<str>, Vec<usize>>,
    numbers: Segments,
    dates: Segments,
    /// Rules whose cell fits everything, or can't be known without testing.
    always: Vec<usize>,
}

/// An ordered line cut at points: before the first, the first, between the first two and so on.
#[derive(Default)]
struct Segments {
    points: Vec<Value>,
    rules: Vec<Vec<usize>>,
}

impl Index {
    /// Indexes the columns where that helps; `None` if it helps nowhere.
    pub(super) fn build(rules: &[Rule], inputs: usize) -> Option<Self> {
        if rules.len() < RULES_MIN {
            return None;
        }
        let columns: Vec<_> = (0..inputs).map(|input| Column::build(rules, input)).collect();
        columns.iter().any(Option::is_some).then_some(Self { columns })
    }

    /// The rules that can match, in order; `None` if all can.
    pub(super) fn candidates(&self, inputs: &[Value]) -> Option<Vec<usize>> {
        let found = self.columns.iter().zip(inputs).filter_map(|(column, input)| {
            let column = column.as_ref()?;
            Some((column, column.find(input)?))
        });
        let (column, rules) = found.min_by_key(|(column, it)| it.len() + column.always.len())?;
        let mut candidates = [rules, &column.always].concat();
        candidates.sort_unstable();
        Some(candidates)
    }
}

impl Column {
    fn build(rules: &[Rule], input: usize) -> Option<Self> {
        let mut column = Self::default();
        let (mut numbers, mut dates) = (Vec::new(), Vec::new());
        for (number, rule) in rules.iter().enumerate() {
            let tests = rule.tests.get(input)?.as_ref();
            match tests.map_or(Lookup::Other, Tests::lookup) {
                Lookup::Any | Lookup::Other => column.always.push(number),
                Lookup::Texts(words) => {
                    for word in words {
                        let rules = column.texts.entry(word).or_default();
                        if rules.last() != Some(&number) {
                            rules.push(number);
                        }
                    }
                }
                Lookup::Intervals(intervals) => {
                    let is_of = |kind: fn(&Value) -> bool| {
                        let ends = intervals.iter().flat_map(|(start, end)| [start, end]);
                        ends.flatten().all(|(value, _)| kind(value))
                    };
                    if is_of(|value| matches!(value, Value::Number(_))) {
                        numbers.extend(intervals.into_iter().map(|it| (it, number)));
                    } else if is_of(|value| matches!(value, Value::Date(_))) {
                        dates.extend(intervals.into_iter().map(|it| (it, number)));
                    } else {
                        column.always.push(number);
                    }
                }
            }
        }
        if column.always.len() * 2 > rules.len() {
            return None;
        }
        let entries_max = rules.len() * ENTRIES_MAX;
        column.numbers = Segments::build(numbers, entries_max)?;
        column.dates = Segments::build(dates, entries_max)?;
        Some(column)
    }

    /// The rules that fit an input beside those that may always; `None` if it can't be said.
    fn find(&self, input: &Value) -> Option<&[usize]> {
        match input {
            Value::Text(text) => Some(self.texts.get(text).map_or(&[], Vec::as_slice)),
            Value::Number(_) => Some(self.numbers.find(input)),
            Value::Date(_) => Some(self.dates.find(input)),
            _ => None,
        }
    }
}

impl Segments {
    /// `None` if the intervals overlap so much that there would be more entries than allowed.
    fn build(intervals: Vec<(Interval, usize)>, entries_max: usize) -> Option<Self> {
        let ends = intervals.iter().flat_map(|((start, end), _)| [start, end]);
        let mut points: Vec<_> = ends.flatten().map(|(value, _)| value.clone()).collect();
        points.sort_by(compare);
        points.dedup_by(|a, b| compare(a, b).is_eq());
        let mut segments = Self { rules: vec![Vec::new(); points.len() * 2 + 1], points };
        let mut entries = 0;
        for ((start, end), rule) in intervals {
            let first = start.map_or(0, |(value, is_included)| {
                segments.place(&value) + usize::from(!is_included)
            });
            let last = end.map_or(segments.rules.len() - 1, |(value, is_included)| {
                segments.place(&value).saturating_sub(usize::from(!is_included))
            });
            for segment in first..=last {
                entries += 1;
                if entries > entries_max {
                    return None;
                }
                if segments.rules[segment].last() != Some(&rule) {
                    segments.rules[segment].push(rule);
                }
            }
        }
        Some(segments)
    }

    /// The segment a value lies in.
    fn place(&self, value: &Value) -> usize {
        match self.points.binary_search_by(|point| compare(point, value)) {
            Ok(point) => point * 2 + 1,
            Err(before) => before * 2,
        }
    }

    fn find(&self, value: &Value) -> &[usize] {
        self.rules.get(self.place(value)).map_or(&[], Vec::as_slice)
    }
}

/// The order of two numbers or two dates, which always have one.
fn compare(a: &Value, b: &Value) -> Ordering {
    order(a, b).unwrap_or(Ordering::Equal)
}
