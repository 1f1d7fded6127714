//! Reads data: data objects, properties, inputs and outputs, and the associations between them
//! (BPMN 2.0, 10.4).
//!
//! A data object or property is a variable of the scope or element that holds it, an input or
//! output one of its element; it is called by its name where that can be a variable, else by its
//! id. An association is a mapping. One that says nothing to execute is drawn and nothing else:
//! modelling tools draw such for people. Must not know when mappings are worked off.

use std::collections::HashMap;

use super::context::Context;
use super::drafts::{Draft, Drafts};
use super::expressions;
use super::references::local_name;
use super::xml::{self, Located, Node};
use crate::core::feel::Expression;
use crate::core::model::{DataRules, Dynamic, ElementIndex, Mapping, VariablePath};

/// A target that modelling tools write where there is none.
const PLACEHOLDER: &str = "__targetRef_placeholder";

/// What can be at the end of an association.
#[derive(Debug, Clone, Copy)]
enum Item<'a> {
    /// A data object or property: there as long as who holds it.
    Held(ElementIndex, &'a str),
    /// An input or output of an element.
    Own(ElementIndex, &'a str),
    /// Something that outlives the instance.
    Store,
    /// Nothing at all.
    Placeholder,
}

/// Everything in a process that holds data, by id.
pub(super) struct DataIndex<'a> {
    items: HashMap<&'a str, Item<'a>>,
    /// Data objects and properties that something is done with, and who holds them.
    pub(super) declared: Vec<(ElementIndex, String)>,
}

/// What an element does with data.
#[derive(Default)]
pub(super) struct DataFlows {
    pub(super) inputs: Vec<Mapping>,
    pub(super) outputs: Vec<Mapping>,
    pub(super) rules: DataRules,
}

impl<'a> DataIndex<'a> {
    /// Finds all data of a process.
    pub(super) fn read(drafts: &Drafts<'a>) -> Self {
        let mut items = HashMap::new();
        for (index, draft) in (0u32..).map(ElementIndex).zip(&drafts.elements) {
            collect(&mut items, index, draft.node);
        }
        for draft in &drafts.elements {
            name_by_references(&mut items, draft.node);
        }
        Self { items, declared: Vec::new() }
    }
}

fn collect<'a>(items: &mut HashMap<&'a str, Item<'a>>, owner: ElementIndex, node: Node<'a>) {
    let specification = xml::bpmn_child(node, "ioSpecification");
    let all = xml::elements(node, xml::BPMN)
        .chain(specification.into_iter().flat_map(|it| xml::elements(it, xml::BPMN)));
    for part in all {
        let Some(id) = part.attribute("id") else { continue };
        let name = variable(part, id);
        let item = match part.tag_name().name() {
            "property" if part.attribute("name") == Some(PLACEHOLDER) => Item::Placeholder,
            "dataObject" | "property" => Item::Held(owner, name),
            "dataInput" | "dataOutput" => Item::Own(owner, name),
            "dataStoreReference" => Item::Store,
            _ => continue,
        };
        items.insert(id, item);
    }
}

/// A reference stands for its data object, which often has no name of its own.
fn name_by_references<'a>(items: &mut HashMap<&'a str, Item<'a>>, scope: Node<'a>) {
    for reference in xml::children(scope, xml::BPMN, "dataObjectReference") {
        let object = reference.attribute("dataObjectRef").map(local_name);
        let (Some(id), Some(object)) = (reference.attribute("id"), object) else { continue };
        let Some(Item::Held(owner, name)) = items.get(object).copied() else { continue };
        let own = if name == object { variable(reference, object) } else { name };
        // A later reference finds the name that the first one gave.
        items.insert(object, Item::Held(owner, own));
        items.insert(id, Item::Held(owner, own));
    }
}

fn variable<'a>(node: Node<'a>, id: &'a str) -> &'a str {
    let name = node.attribute("name").map(str::trim);
    name.filter(|it| expressions::is_variable_name(it)).unwrap_or(id)
}

/// Reads what an element does with data.
pub(super) fn flows<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> DataFlows {
    let node = draft.node;
    let mut flows = DataFlows::default();
    for association in xml::children(node, xml::BPMN, "dataInputAssociation") {
        flows.inputs.extend(association_of(ctx, draft, association));
    }
    for association in xml::children(node, xml::BPMN, "dataOutputAssociation") {
        flows.outputs.extend(association_of(ctx, draft, association));
    }
    let holder = xml::bpmn_child(node, "ioSpecification").unwrap_or(node);
    flows.rules.input_sets = sets(ctx, holder, "inputSet", "dataInputRefs", "optionalInputRefs");
    flows.rules.output_sets =
        sets(ctx, holder, "outputSet", "dataOutputRefs", "optionalOutputRefs");
    flows
}

/// The variables that a complete set has values for; a set of nothing leaves no rule.
fn sets(
    ctx: &mut Context<'_, '_, '_>,
    holder: Node<'_>,
    set: &'static str,
    all: &'static str,
    optional: &'static str,
) -> Vec<Vec<String>> {
    let mut sets = Vec::new();
    for set in xml::children(holder, xml::BPMN, set) {
        let ids = |name| {
            xml::children(set, xml::BPMN, name).filter_map(xml::text).map(|it| it.value.trim())
        };
        let optional: Vec<&str> = ids(optional).collect();
        let mut names = Vec::new();
        for id in ids(all).filter(|id| !optional.contains(id)) {
            if let Some(Item::Own(_, name)) = ctx.data.items.get(local_name(id)) {
                names.push((*name).to_owned());
            } else {
                let message = format!("the set names `{id}`, which is no input or output here");
                ctx.error::<()>(set, &message, "the id of a data input or output");
            }
        }
        sets.push(names);
    }
    if sets.iter().any(Vec::is_empty) { Vec::new() } else { sets }
}

/// The mappings of an association: its transformation, its assignments, or else a copy (BPMN 2.0,
/// 10.4.2).
fn association_of<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
    association: Node<'a>,
) -> Vec<Mapping> {
    let reference = |name| xml::bpmn_child(association, name).and_then(xml::text);
    let (source, target) = (reference("sourceRef"), reference("targetRef"));
    let transformation = reference("transformation");
    let assignments: Vec<_> = xml::children(association, xml::BPMN, "assignment").collect();
    let is_executed = transformation.is_some() || !assignments.is_empty();
    if !is_executed && (source.is_none() || target.is_none()) {
        return Vec::new();
    }
    let Some(target_name) = target.and_then(|it| end(ctx, draft, it)) else { return Vec::new() };
    let source_name = match source {
        Some(source) => match end(ctx, draft, source) {
            Some(name) => Some(name),
            None => return Vec::new(),
        },
        None => None,
    };
    let mut mappings = Vec::new();
    if let Some(text) = transformation {
        let source = ctx.dynamic(Some(text));
        mappings.extend(source.map(|source| mapping(source, vec![target_name.to_owned()])));
    }
    for part in &assignments {
        mappings.extend(assignment(ctx, *part, target_name));
    }
    if let (false, Some(name)) = (is_executed, source_name) {
        let copied = Expression::parse(name).ok().map(Dynamic::Expression);
        mappings.extend(copied.map(|source| mapping(source, vec![target_name.to_owned()])));
    }
    mappings
}

fn mapping(source: Dynamic, path: Vec<String>) -> Mapping {
    Mapping { source, target: VariablePath(path) }
}

/// `to` is the target or a place in it, with or without the target's name.
fn assignment(ctx: &mut Context<'_, '_, '_>, node: Node<'_>, target: &str) -> Option<Mapping> {
    let part = |name| xml::bpmn_child(node, name).and_then(xml::text);
    let (Some(from), Some(to)) = (part("from"), part("to")) else {
        return ctx.error(node, "the assignment is incomplete", "a `from` and a `to`");
    };
    let to = Located { value: to.value.trim().trim_start_matches('=').trim_start(), ..to };
    let mut path = expressions::variable_path(ctx.report, to)?.0;
    if path.first().is_none_or(|first| first != target) {
        path.insert(0, target.to_owned());
    }
    Some(mapping(ctx.dynamic(Some(from))?, path))
}

/// The variable at one end of an association; `None` where there is none, which has been reported
/// when it is wrong.
fn end<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
    reference: Located<'_>,
) -> Option<&'a str> {
    const EXPECTED: &str =
        "the id of a data object, a property, a data input or a data output in sight";
    let id = local_name(reference.value.trim());
    let found = ctx.data.items.get(id).copied();
    let (owner, name, is_held) = match found {
        Some(Item::Held(owner, name)) => (owner, name, true),
        Some(Item::Own(owner, name)) => (owner, name, false),
        Some(Item::Placeholder) => return None,
        Some(Item::Store) => {
            let message = format!("the data store `{id}` is outside of every process instance");
            ctx.report.error(
                reference.place,
                message,
                "a connector, or an association with a data object",
            );
            return None;
        }
        None => {
            ctx.report.error(reference.place, format!("there is no data `{id}`"), EXPECTED);
            return None;
        }
    };
    if !is_in_sight(ctx, draft, owner) {
        let message = format!("the data `{id}` is not in sight here");
        ctx.report.error(reference.place, message, EXPECTED);
        return None;
    }
    if !expressions::is_variable_name(name) {
        let message = format!("the data `{id}` has no name that can be a variable");
        let expected = "a `name` of letters, digits and `_`";
        ctx.report.error(reference.place, message, expected);
        return None;
    }
    if is_held {
        ctx.data.declared.push((owner, name.to_owned()));
    }
    Some(name)
}

/// The variable with the list that a multi-instance goes over or fills: a data object, or the input
/// or output of the activity that an association ties to one (BPMN 2.0, 10.3.8).
pub(super) fn collection<'a>(
    ctx: &mut Context<'a, '_, '_>,
    activity: Node<'a>,
    marker: Node<'a>,
    reference: &'static str,
) -> Option<Located<'a>> {
    let own = xml::bpmn_child(marker, reference).and_then(xml::text)?;
    let id = local_name(own.value.trim());
    let (association, near, far) = if reference == "loopDataInputRef" {
        ("dataInputAssociation", "targetRef", "sourceRef")
    } else {
        ("dataOutputAssociation", "sourceRef", "targetRef")
    };
    let end_of = |node, name| xml::bpmn_child(node, name).and_then(xml::text);
    let tied = xml::children(activity, xml::BPMN, association)
        .filter(|it| end_of(*it, near).is_some_and(|it| local_name(it.value.trim()) == id))
        .find_map(|it| end_of(it, far));
    let held = tied.unwrap_or(own);
    let index = ctx.drafts.by_id.get(activity.attribute("id")?).copied()?;
    let drafts = ctx.drafts;
    let name = end(ctx, drafts.element(index), held)?;
    Some(Located { value: name, is_verbatim: false, ..own })
}

/// The variable of one item of a multi-instance (`inputDataItem`, `outputDataItem`).
pub(super) fn item<'a>(marker: Node<'a>, name: &'static str) -> Option<Located<'a>> {
    let node = xml::bpmn_child(marker, name)?;
    let id = node.attribute("id").unwrap_or(name);
    Some(Located { value: variable(node, id), place: xml::place(node), is_verbatim: false })
}

/// Data is seen by who holds it and by everything inside.
fn is_in_sight(ctx: &Context<'_, '_, '_>, draft: &Draft<'_>, owner: ElementIndex) -> bool {
    let own = ctx.drafts.by_id.get(draft.id).copied();
    let mut next = own;
    while let Some(index) = next {
        if index == owner {
            return true;
        }
        next = ctx.drafts.element(index).parent;
    }
    false
}
