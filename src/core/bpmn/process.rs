//! Compiles one process of a file into a definition.
//!
//! Must not know the rules between elements, nor the diagram.
//!
//! **Invariant:** what can't be read is reported and replaced by something harmless, so that the
//! rules can look at the whole; a definition with an error never leaves this folder.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::context::Context;
use super::data::{self, DataIndex};
use super::drafts::{self, Draft, DraftFlow, Drafts};
use super::elements;
use super::expressions;
use super::listeners;
use super::loops;
use super::mappings;
use super::references::{self, References, local_name};
use super::report::Report;
use super::tasks;
use super::xml::{self, Node};
use crate::core::model::{
    Element, ElementIndex, ElementKind, FlowIndex, ProcessDefinition, SequenceFlow,
};

/// More paths at once than this are a mistake.
const QUANTITY_MAX: u32 = 1_000;

/// A definition with the XML it was made from.
pub(super) struct Compiled<'a> {
    /// The process.
    pub(super) definition: ProcessDefinition,
    /// The XML of each element.
    pub(super) nodes: Vec<Node<'a>>,
    /// The XML of each sequence flow.
    pub(super) flow_nodes: Vec<Node<'a>>,
    /// Elements that only stand in for what can't be executed.
    pub(super) stand_ins: HashSet<ElementIndex>,
    /// The process's embedded forms by id.
    pub(super) forms: HashMap<&'a str, Arc<str>>,
}

impl<'a> Compiled<'a> {
    /// The XML of an element.
    pub(super) fn node(&self, index: ElementIndex) -> Node<'a> {
        self.nodes[index.0 as usize]
    }

    /// The XML of a sequence flow.
    pub(super) fn flow_node(&self, index: FlowIndex) -> Node<'a> {
        self.flow_nodes[index.0 as usize]
    }

    /// All elements with their indexes.
    pub(super) fn elements(&self) -> impl Iterator<Item = (ElementIndex, &Element)> {
        (0u32..).map(ElementIndex).zip(&self.definition.elements)
    }

    /// All sequence flows with their indexes.
    pub(super) fn flows(&self) -> impl Iterator<Item = (FlowIndex, &SequenceFlow)> {
        (0u32..).map(FlowIndex).zip(&self.definition.flows)
    }
}

/// Reads a `process` element; `None` when it has no id.
pub(super) fn compile<'a>(
    process: Node<'a>,
    references: &References<'a>,
    report: &mut Report<'_>,
) -> Option<Compiled<'a>> {
    let Some(id) = xml::attribute(process, "id") else {
        report.error(xml::place(process), "the process has no id", "an `id`");
        return None;
    };
    let drafts = drafts::collect(process, id.value.trim(), report);
    let forms = references::embedded_forms(process, report);
    let data = DataIndex::read(&drafts);
    let mut ctx = Context { report, references, drafts: &drafts, forms, job_priority: None, data };
    ctx.job_priority = tasks::job_priority(&mut ctx, process);
    let flows: Vec<SequenceFlow> = drafts.flows.iter().map(|it| flow(&mut ctx, it)).collect();
    let mut stand_ins = HashSet::new();
    let mut elements: Vec<Element> = Vec::with_capacity(drafts.elements.len());
    for (index, draft) in (0u32..).map(ElementIndex).zip(&drafts.elements) {
        let kind = elements::kind(&mut ctx, draft);
        if kind.is_none() {
            stand_ins.insert(index);
        }
        let kind = kind.unwrap_or_else(|| elements::stand_in(draft.node.tag_name().name()));
        elements.push(element(&mut ctx, draft, kind));
    }
    for (owner, name) in std::mem::take(&mut ctx.data.declared) {
        let declares = &mut elements[owner.0 as usize].data.declares;
        if !declares.contains(&name) {
            declares.push(name);
        }
    }
    connect(&mut elements, &flows);
    set_default_flows(&mut ctx, &mut elements);
    let forms = ctx.forms;
    let version_tag = xml::zeebe(process, "versionTag")
        .and_then(|it| xml::attribute(it, "value"))
        .map(|it| it.value.to_owned());
    let definition = ProcessDefinition::new(name(process), version_tag, elements, flows);
    let Drafts { elements, flows, .. } = drafts;
    let nodes = elements.into_iter().map(|it| it.node).collect();
    let flow_nodes = flows.into_iter().map(|it| it.node).collect();
    Some(Compiled { definition, nodes, flow_nodes, stand_ins, forms })
}

/// The `name` of an element, where it says something.
fn name(node: Node<'_>) -> Option<String> {
    xml::attribute(node, "name").map(|it| it.value.trim().to_owned())
}

fn element<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>, kind: ElementKind) -> Element {
    let mut io = mappings::io(ctx, draft.node);
    let flows = data::flows(ctx, draft);
    // What an association brings can be mapped on, and what is mapped can be associated.
    io.inputs.splice(0..0, flows.inputs);
    io.outputs.extend(flows.outputs);
    Element {
        id: Arc::from(draft.id),
        name: name(draft.node),
        parent: draft.parent,
        kind,
        incoming: Vec::new(),
        outgoing: Vec::new(),
        children: draft.children.clone(),
        boundary_events: Vec::new(),
        io,
        data: flows.rules,
        start_quantity: quantity(ctx, draft.node, "startQuantity"),
        completion_quantity: quantity(ctx, draft.node, "completionQuantity"),
        listeners: listeners::execution(ctx, draft.node),
        multi_instance: loops::characteristics(ctx, draft.node),
        is_for_compensation: xml::flag(draft.node, "isForCompensation", false),
        default_flow: None,
    }
}

/// A token quantity of an activity (BPMN 2.0, 10.3: at least 1).
fn quantity(ctx: &mut Context<'_, '_, '_>, node: Node<'_>, attribute: &'static str) -> u32 {
    let Some(text) = xml::attribute(node, attribute) else { return 1 };
    let number = text.value.trim().parse().ok();
    number.filter(|it| (1..=QUANTITY_MAX).contains(it)).unwrap_or_else(|| {
        let message = format!("`{}` is not a quantity", expressions::shown(text.value));
        ctx.report.error(text.place, message, format!("a whole number from 1 to {QUANTITY_MAX}"));
        1
    })
}

fn flow(ctx: &mut Context<'_, '_, '_>, draft: &DraftFlow<'_>) -> SequenceFlow {
    let condition = xml::bpmn_child(draft.node, "conditionExpression").and_then(xml::text);
    SequenceFlow {
        id: Arc::from(draft.id),
        name: name(draft.node),
        source: draft.source,
        target: draft.target,
        condition: condition.and_then(|it| expressions::expression(ctx.report, it, "condition")),
    }
}

/// Tells elements their flows and activities their boundary events.
fn connect(elements: &mut [Element], flows: &[SequenceFlow]) {
    for (index, flow) in (0u32..).map(FlowIndex).zip(flows) {
        elements[flow.source.0 as usize].outgoing.push(index);
        elements[flow.target.0 as usize].incoming.push(index);
    }
    for index in 0..elements.len() {
        if let ElementKind::BoundaryEvent(event) = &elements[index].kind {
            let host = event.attached_to.0 as usize;
            let position = u32::try_from(index).expect("drafts are counted in 32 bits");
            elements[host].boundary_events.push(ElementIndex(position));
        }
    }
}

/// The default flow must start at its element (BPMN 2.0, 8.4.13).
fn set_default_flows(ctx: &mut Context<'_, '_, '_>, elements: &mut [Element]) {
    for (element, draft) in elements.iter_mut().zip(&ctx.drafts.elements) {
        let Some(reference) = xml::attribute(draft.node, "default") else { continue };
        let id = local_name(reference.value);
        let found =
            element.outgoing.iter().copied().find(|flow| {
                ctx.drafts.flows.get(flow.0 as usize).is_some_and(|draft| draft.id == id)
            });
        if found.is_none() {
            let message = format!("the default flow `{id}` doesn't start here");
            let expected = "the id of an outgoing sequence flow";
            ctx.report.error(reference.place, message, expected);
        }
        element.default_flow = found;
    }
}
