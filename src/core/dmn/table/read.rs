//! Reads a decision table from XML.
//!
//! Must not know how it is evaluated.

use std::sync::Arc;

use super::index::Index;
use super::policy::{Aggregator, HitPolicy};
use super::{Input, Output, Rule, Table};
use crate::core::dmn::expressions::Expressions;
use crate::core::dmn::library::normalized;
use crate::core::dmn::xml::{self, Node};
use crate::core::feel::{Body, Value, allowed_values};
use crate::core::xml::report::Place;

/// Reads a `decisionTable`.
pub(in crate::core::dmn) fn read<'a>(
    expressions: &mut Expressions<'_, 'a, '_>,
    node: Node<'a>,
) -> Table {
    let policy = policy(expressions, node);
    let inputs: Vec<_> = xml::children(node, "input").map(|it| input(expressions, it)).collect();
    let clauses: Vec<_> = xml::children(node, "output").collect();
    let several = clauses.len() > 1;
    let outputs: Vec<_> = clauses.into_iter().map(|it| output(expressions, it, several)).collect();
    if outputs.is_empty() {
        expressions.report.error(xml::place(node), "the table has no output", "an `output`");
    }
    if outputs.len() > 1
        && matches!(policy, HitPolicy::Collect(Some(it)) if it != Aggregator::Count)
    {
        let message = "several outputs can't be aggregated";
        expressions.report.error(xml::place(node), message, "one output, or no aggregation");
    }
    let rules: Vec<_> = xml::children(node, "rule")
        .map(|it| rule(expressions, it, inputs.len(), outputs.len()))
        .collect();
    let index = Index::build(&rules, inputs.len());
    Table {
        label: Arc::clone(&expressions.label),
        id: xml::attribute(node, "id").map(Arc::from),
        policy,
        inputs,
        outputs,
        rules,
        index,
    }
}

fn policy(expressions: &mut Expressions<'_, '_, '_>, node: Node<'_>) -> HitPolicy {
    let name = xml::attribute(node, "hitPolicy").unwrap_or("UNIQUE");
    let aggregation = xml::attribute(node, "aggregation");
    HitPolicy::read(name, aggregation).unwrap_or_else(|| {
        let at = xml::attribute_at(node, "hitPolicy");
        let message = match aggregation {
            Some(aggregation) => format!("the hit policy `{name}` with `{aggregation}`"),
            None => format!("the hit policy `{name}`"),
        };
        let expected = "UNIQUE, FIRST, PRIORITY, ANY, RULE ORDER, OUTPUT ORDER, or COLLECT, which \
                        may have SUM, COUNT, MIN or MAX";
        let message = format!("{message} is none of the standard's");
        expressions.report.error(Place { at, ..xml::place(node) }, message, expected);
        HitPolicy::Unique
    })
}

fn input<'a>(expressions: &mut Expressions<'_, 'a, '_>, node: Node<'a>) -> Input {
    let expression = xml::child(node, "inputExpression");
    let text = expression.and_then(xml::text);
    let body = if let (Some(inner), Some(text)) = (expression, &text) {
        let declared = expressions.declared(inner);
        expressions.feel(inner, text).conforming(declared)
    } else {
        let message = "the input has no expression";
        expressions.report.error(xml::place(node), message, "an `inputExpression` with FEEL");
        Body::constant(Value::Null)
    };
    let label = xml::attribute(node, "label").map(str::to_owned);
    let label = label.or_else(|| text.map(|text| text.value.trim().to_owned()));
    Input {
        label: Arc::from(label.unwrap_or_default()),
        expression: body,
        allowed: expressions.values(node, "inputValues"),
    }
}

fn output<'a>(expressions: &mut Expressions<'_, 'a, '_>, node: Node<'a>, several: bool) -> Output {
    let name = xml::attribute(node, "name").or_else(|| xml::attribute(node, "label"));
    if several && name.is_none() {
        let message = "one of several outputs has no name";
        expressions.report.error(xml::place(node), message, "a `name`");
    }
    let declared = expressions.declared(node);
    let values = match expressions.values(node, "outputValues") {
        Some(values) => values.constants(),
        None => allowed_values(&declared),
    };
    let default = xml::child(node, "defaultOutputEntry");
    let default = default.and_then(|it| Some(expressions.feel(it, &xml::text(it)?)));
    Output { name: normalized(name.unwrap_or_default()), declared, values, default }
}

fn rule<'a>(
    expressions: &mut Expressions<'_, 'a, '_>,
    node: Node<'a>,
    inputs: usize,
    outputs: usize,
) -> Rule {
    let entries: Vec<_> = xml::children(node, "inputEntry").collect();
    let results: Vec<_> = xml::children(node, "outputEntry").collect();
    if (entries.len(), results.len()) != (inputs, outputs) {
        let message =
            format!("the rule has {} input and {} output entries", entries.len(), results.len());
        let expected = format!("{inputs} and {outputs}");
        expressions.report.error(xml::place(node), message, expected);
    }
    let (mut tests, mut written) = (Vec::with_capacity(inputs), Vec::with_capacity(inputs));
    for entry in entries {
        let text = xml::text(entry);
        tests.push(match &text {
            Some(text) => expressions.tests(entry, text),
            None => expressions.any_value(),
        });
        written
            .push(Box::from(text.map_or_else(|| "-".to_owned(), |it| it.value.trim().to_owned())));
    }
    let outputs = results.into_iter().map(|it| match xml::text(it) {
        Some(text) => expressions.feel(it, &text),
        None => Body::constant(Value::Null),
    });
    let annotations = xml::children(node, "annotationEntry").filter_map(xml::text);
    let description = xml::child(node, "description").and_then(xml::content);
    Rule {
        id: xml::attribute(node, "id").map(Arc::from),
        tests,
        texts: written,
        outputs: outputs.collect(),
        annotations: annotations
            .chain(description)
            .map(|text| Box::from(text.value.trim()))
            .collect(),
    }
}
