//! A decision's logic as people read it: tables with their rules, expressions line by line.
//! Must not know XML, nor how a decision is made; matched rules come from a trace.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::numbers::thousands;
use crate::core::dmn::{DescribedElement, DescribedTable, LogicLine, TableColumn};

/// Rules shown of a table; nobody reads thousands, and the model can be downloaded.
const RULES_MAX: usize = 200;
/// Rules that did not match, shown beside those that did.
const OTHERS_MAX: usize = 40;
/// Characters of a value that are shown.
const VALUE_CHARS_MAX: usize = 600;

/// The logic of a decision or a business knowledge model.
#[derive(Clone, Debug)]
pub struct LogicView {
    pub name: String,
    /// For example `Decision`.
    pub kind: &'static str,
    /// What it answers or means; empty shows none.
    pub about: String,
    pub lines: Vec<LineView>,
    pub tables: Vec<TableView>,
}

/// A line of a boxed expression.
#[derive(Clone, Debug)]
pub struct LineView {
    /// CSS class of the indent.
    pub indent: &'static str,
    pub label: String,
    pub text: String,
}

/// A decision table, perhaps with what matched.
#[derive(Clone, Debug)]
pub struct TableView {
    pub title: String,
    pub hit_policy: String,
    pub inputs: Vec<ColumnView>,
    pub outputs: Vec<ColumnView>,
    pub has_annotations: bool,
    pub rules: Vec<RuleView>,
    /// Says how many rules are not shown; empty shows none.
    pub note: String,
    /// What the table gave; empty without an evaluation.
    pub result: String,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct ColumnView {
    pub label: String,
    /// Expression, type, allowed values; empty shows none.
    pub detail: String,
    /// The input of an evaluation; empty without one.
    pub value: String,
}

/// A rule of a table.
#[derive(Clone, Debug)]
pub struct RuleView {
    pub number: String,
    pub is_matched: bool,
    pub tests: Vec<TestView>,
    pub outputs: Vec<String>,
    pub annotations: String,
}

/// A test of a rule.
#[derive(Clone, Debug)]
pub struct TestView {
    pub text: String,
    /// Why it fits, such as `150 fits`; empty where the rule did not match.
    pub why: String,
}

impl LogicView {
    /// What an element is made of, as it is deployed.
    #[must_use]
    pub fn of(element: &DescribedElement, kind: &'static str) -> Self {
        let about = [&element.question, &element.description];
        let about: Vec<&str> = about.into_iter().filter_map(|it| it.as_deref()).collect();
        Self {
            name: element.name.clone(),
            kind,
            about: about.join(" "),
            lines: element.lines.iter().map(line).collect(),
            tables: element.tables.iter().map(|it| TableView::of(&element.name, it)).collect(),
        }
    }
}

fn line(line: &LogicLine) -> LineView {
    const INDENTS: [&str; 5] = ["in-0", "in-1", "in-2", "in-3", "in-4"];
    LineView {
        indent: INDENTS[line.depth.min(INDENTS.len() - 1)],
        label: line.label.clone(),
        text: line.text.clone(),
    }
}

impl TableView {
    /// A table as it is deployed.
    #[must_use]
    pub fn of(title: &str, table: &DescribedTable) -> Self {
        let rules = table.rules.iter().zip(1..).take(RULES_MAX);
        let left_out = table.rules.len().saturating_sub(RULES_MAX);
        Self {
            title: title.to_owned(),
            hit_policy: table.hit_policy.clone(),
            inputs: table.inputs.iter().map(column).collect(),
            outputs: table.outputs.iter().map(column).collect(),
            has_annotations: table.rules.iter().any(|it| !it.annotations.is_empty()),
            rules: rules.map(|(_, number)| rule(table, number, None)).collect(),
            note: left_out_note(left_out),
            result: String::new(),
        }
    }

    /// A table as an evaluation went through it: a part of the trace, and the table it names.
    #[must_use]
    pub fn evaluated(table: &DescribedTable, trace: &Json) -> Self {
        let values: Vec<String> = list(trace, "inputs").map(|it| shown(&it["value"])).collect();
        let matched: BTreeMap<u64, &Json> =
            list(trace, "rules").filter_map(|it| Some((it["number"].as_u64()?, it))).collect();
        let mut others = 0;
        let numbers = (1..=table.rules.len()).filter(|number| {
            let is_matched = u64::try_from(*number).is_ok_and(|it| matched.contains_key(&it));
            others += usize::from(!is_matched);
            is_matched || others <= OTHERS_MAX
        });
        let rules: Vec<RuleView> = numbers
            .take(RULES_MAX)
            .map(|number| {
                let is_matched = u64::try_from(number).is_ok_and(|it| matched.contains_key(&it));
                rule(table, number, is_matched.then_some(&values))
            })
            .collect();
        let left_out = table.rules.len() - rules.len();
        let mut inputs: Vec<ColumnView> = table.inputs.iter().map(column).collect();
        for (input, value) in inputs.iter_mut().zip(&values) {
            input.value.clone_from(value);
        }
        Self {
            inputs,
            rules,
            note: left_out_note(left_out),
            result: shown(&trace["value"]),
            ..Self::of(trace["owner"].as_str().unwrap_or_default(), table)
        }
    }

    /// A small table in which one of three rules matched.
    #[must_use]
    pub fn sample(is_evaluated: bool) -> Self {
        let column = |label: &str, detail: &str, value: &str| ColumnView {
            label: label.into(),
            detail: detail.into(),
            value: if is_evaluated { value.into() } else { String::new() },
        };
        let rule = |number: usize, tests: [(&str, &str); 2], output: &str, note: &str| RuleView {
            number: number.to_string(),
            is_matched: is_evaluated && number == 2,
            tests: tests
                .into_iter()
                .map(|(text, why)| TestView {
                    text: text.into(),
                    why: if is_evaluated { why.into() } else { String::new() },
                })
                .collect(),
            outputs: vec![output.into()],
            annotations: note.into(),
        };
        Self {
            title: "Approval level".into(),
            hit_policy: "FIRST".into(),
            inputs: vec![
                column("Amount", "amount, number", "420"),
                column("Category", "category, string", "\"travel\""),
            ],
            outputs: vec![column("level", "string", "")],
            has_annotations: true,
            rules: vec![
                rule(1, [("< 50", ""), ("-", "")], "\"none\"", "Petty cash"),
                rule(
                    2,
                    [("< 1000", "420 fits"), ("\"travel\", \"meals\"", "\"travel\" fits")],
                    "\"lead\"",
                    "",
                ),
                rule(3, [("-", ""), ("-", "")], "\"management\"", "Everything else"),
            ],
            note: String::new(),
            result: if is_evaluated { "\"lead\"".into() } else { String::new() },
        }
    }
}

fn column(column: &TableColumn) -> ColumnView {
    let details = [&column.expression, &column.type_ref, &column.values];
    let details: Vec<&str> = details.into_iter().map(String::as_str).collect();
    let details: Vec<&str> = details.into_iter().filter(|it| !it.is_empty()).collect();
    ColumnView { label: column.label.clone(), detail: details.join(", "), value: String::new() }
}

/// The rule of a number; with the inputs where it matched.
fn rule(table: &DescribedTable, number: usize, inputs: Option<&Vec<String>>) -> RuleView {
    let rule = &table.rules[number - 1];
    let tests = rule.tests.iter().enumerate().map(|(place, text)| {
        let value = inputs.and_then(|values| values.get(place));
        let why = value.filter(|_| text != "-").map(|value| format!("{value} fits"));
        TestView { text: text.clone(), why: why.unwrap_or_default() }
    });
    RuleView {
        number: number.to_string(),
        is_matched: inputs.is_some(),
        tests: tests.collect(),
        outputs: rule.outputs.clone(),
        annotations: rule.annotations.join(" "),
    }
}

fn left_out_note(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 more rule is not shown.".to_owned(),
        count => {
            let count = thousands(i64::try_from(count).unwrap_or(i64::MAX));
            format!("{count} more rules are not shown.")
        }
    }
}

/// The parts of a list in a trace.
pub(super) fn list<'t>(trace: &'t Json, name: &str) -> impl Iterator<Item = &'t Json> {
    trace[name].as_array().into_iter().flatten()
}

/// A value as JSON, cut where it is long.
pub(super) fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
