//! The rules between elements: what a process must look like to be executed.
//!
//! Each rule looks at the compiled graph and reports at the XML it came from.
//! Must not know XML beyond the place of an element.

mod compensation;
mod events;
mod flows;
mod gateways;
mod reachability;
mod scopes;
mod variables;

use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::{Place, Report};
use crate::core::bpmn::xml;
use crate::core::model::{ElementIndex, EventTrigger, FlowIndex};

/// Checks all rules of a process.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    scopes::check(compiled, report);
    events::check(compiled, report);
    flows::check(compiled, report);
    compensation::check(compiled, report);
    gateways::check(compiled, report);
    reachability::check(compiled, report);
    variables::check(compiled, report);
}

/// Whether two triggers can't be told apart.
pub(super) fn is_same_trigger(a: &EventTrigger, b: &EventTrigger) -> bool {
    events::is_same(a, b)
}

/// Where an element stands.
fn place<'a>(compiled: &Compiled<'a>, index: ElementIndex) -> Place<'a> {
    xml::place(compiled.node(index))
}

/// Where a sequence flow stands.
fn flow_place<'a>(compiled: &Compiled<'a>, index: FlowIndex) -> Place<'a> {
    xml::place(compiled.flow_node(index))
}
