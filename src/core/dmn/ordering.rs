//! The order in which elements can be compiled: each after what it requires.
//!
//! Must not know what elements do.

use std::collections::VecDeque;

use super::library::{Draft, Library};
use super::xml::{self, Node};
use crate::core::xml::report::{Place, Report};

/// The elements that hold references to other elements.
const REQUIREMENTS: [(&str, &[&str]); 2] = [
    ("informationRequirement", &["requiredDecision", "requiredInput"]),
    ("knowledgeRequirement", &["requiredKnowledge"]),
];
const SERVICE_PARTS: [&str; 4] =
    ["outputDecision", "encapsulatedDecision", "inputDecision", "inputData"];

/// All elements that draft's element refers to as its requirements, without itself.
pub(super) fn requirements(
    library: &Library<'_>,
    number: usize,
    report: &mut Report<'_>,
) -> Vec<usize> {
    let draft = &library.drafts[number];
    let mut found = Vec::new();
    for (holder, names) in REQUIREMENTS {
        for node in xml::children(draft.node, holder) {
            let references = xml::elements(node)
                .filter(|it| names.contains(&it.tag_name().name()))
                .collect::<Vec<_>>();
            for reference in references {
                found.extend(target(library, draft, reference, report));
            }
        }
    }
    found.retain(|it| *it != number);
    found
}

/// The elements of one part of a decision service.
pub(super) fn service_part(
    library: &Library<'_>,
    number: usize,
    part: &'static str,
    report: &mut Report<'_>,
) -> Vec<usize> {
    let draft = &library.drafts[number];
    let references: Vec<_> = xml::children(draft.node, part).collect();
    references.into_iter().filter_map(|it| target(library, draft, it, report)).collect()
}

fn target(
    library: &Library<'_>,
    draft: &Draft<'_>,
    reference: Node<'_>,
    report: &mut Report<'_>,
) -> Option<usize> {
    let href = xml::attribute(reference, "href").unwrap_or_default();
    let found = library.resolve(draft.file, href);
    if found.is_none() {
        let place = Place { at: xml::attribute_at(reference, "href"), ..xml::place(reference) };
        let message = format!("`{}` requires `{href}`, which does not exist", draft.name);
        report.error(place, message, "a reference to an element of this or an imported model");
    }
    found
}

/// All elements, each after what it requires; `None` and a problem if some require each other.
pub(super) fn order(library: &Library<'_>, reports: &mut [Report<'_>]) -> Option<Vec<usize>> {
    let count = library.drafts.len();
    let mut waiting = vec![0_usize; count];
    let mut dependants = vec![Vec::new(); count];
    for (number, draft) in library.drafts.iter().enumerate() {
        let report = &mut reports[draft.file];
        let mut needs = requirements(library, number, report);
        for part in SERVICE_PARTS {
            needs.extend(service_part(library, number, part, report));
        }
        waiting[number] = needs.len();
        for needed in needs {
            dependants[needed].push(number);
        }
    }
    let mut ready: VecDeque<_> = (0..count).filter(|it| waiting[*it] == 0).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(number) = ready.pop_front() {
        order.push(number);
        for dependant in &dependants[number] {
            waiting[*dependant] -= 1;
            if waiting[*dependant] == 0 {
                ready.push_back(*dependant);
            }
        }
    }
    if order.len() == count {
        return Some(order);
    }
    let in_cycle = (0..count).find(|number| waiting[*number] > 0)?;
    let draft = &library.drafts[in_cycle];
    let message = format!("`{}` requires itself, or something that does", draft.name);
    reports[draft.file].error(xml::place(draft.node), message, "requirements without a cycle");
    None
}
