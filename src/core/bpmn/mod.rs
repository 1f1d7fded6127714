//! BPMN 2.0 XML in, executable definitions, diagrams and located problems out.
//!
//! Understands Camunda 8's `zeebe:` extensions and translates Camunda 7's where they mean the
//! same. What can't be executed is refused here, all problems at once.
//! Must not know the engine, nor where files come from.
//!
//! **Invariant:** a [`Model`] holds no definition with an error; nothing here panics on a source.

pub mod diagram;
pub mod document;
pub mod svg;

mod ad_hoc;
mod codes;
mod collaboration;
mod compensation;
mod conditions;
mod context;
mod data;
mod drafts;
mod elements;
mod events;
mod expression_language;
mod expressions;
mod extensions;
mod interchange;
mod layout;
mod links;
mod listeners;
mod loops;
mod mappings;
mod multiple;
mod past;
mod process;
mod references;
mod rules;
mod shapes;
mod signals;
mod tasks;
mod timers;
mod xml;

use std::collections::HashMap;
use std::sync::Arc;

use crate::core::model::{Problem, ProcessDefinition, Severity};
use crate::core::xml::{limits, report, scanner};
use diagram::Diagram;
use references::References;
use report::Report;
use xml::Node;

pub use limits::Limits;
pub use tasks::JAVASCRIPT_JOB_TYPE;

/// A file that was understood.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name of the file's `definitions`, where it has one.
    pub name: Option<String>,
    /// Every executable process, in the order of the file; at least one.
    pub processes: Vec<ProcessDefinition>,
    /// The forms that are embedded in the processes.
    pub forms: Vec<EmbeddedForm>,
    /// The drawing, from the file or laid out.
    pub diagram: Diagram,
    /// What is likely not meant, but doesn't stop a deployment.
    pub warnings: Vec<Problem>,
}

/// A form-js schema inside a process (`zeebe:userTaskForm`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedForm {
    /// The process that holds it.
    pub process_id: Arc<str>,
    /// Its id, unique in the process.
    pub id: String,
    /// The schema, JSON that was checked to be JSON.
    pub schema: Arc<str>,
}

/// Reads a BPMN file.
///
/// # Errors
/// All problems in the order of the file, warnings among them, when at least one is an error.
pub fn parse(source: &str, limits: &Limits) -> Result<Model, Vec<Problem>> {
    let mut report = Report::new(source);
    let model = xml::read(source, limits, &mut report)
        .map(|document| read(document.root_element(), &mut report));
    let problems = report.into_problems();
    let is_refused = problems.iter().any(|it| it.severity == Severity::Error);
    match model {
        Some(model) if !is_refused => Ok(Model { warnings: problems, ..model }),
        _ => Err(problems),
    }
}

/// All errors and warnings of a BPMN file, in the order of the file.
#[must_use]
pub fn lint(source: &str, limits: &Limits) -> Vec<Problem> {
    parse(source, limits).map_or_else(|problems| problems, |model| model.warnings)
}

/// Warnings about timers of a BPMN file whose fixed date is before a time.
#[must_use]
pub fn lint_dates(source: &str, limits: &Limits, now: jiff::Timestamp) -> Vec<Problem> {
    let mut report = Report::new(source);
    match xml::read(source, limits, &mut report) {
        Some(document) => past::check(document.root_element(), now, &mut report),
        // Why it can't be read is said by whoever reads it whole.
        None => return Vec::new(),
    }
    report.into_problems()
}

/// The drawing of a BPMN file, also of one that can't be executed.
///
/// # Errors
/// The problems for which its XML can't be read.
pub fn read_diagram(source: &str, limits: &Limits) -> Result<Diagram, Vec<Problem>> {
    let mut report = Report::new(source);
    match xml::read(source, limits, &mut report) {
        Some(document) => Ok(interchange::read(document.root_element())),
        None => Err(report.into_problems()),
    }
}

fn read(definitions: Node<'_>, report: &mut Report<'_>) -> Model {
    check_ids(definitions, report);
    extensions::check(definitions, report);
    collaboration::check(definitions, report);
    let references = References::read(definitions, report);
    let mut model = Model {
        name: xml::attribute(definitions, "name").map(|it| it.value.to_owned()),
        processes: Vec::new(),
        forms: Vec::new(),
        diagram: interchange::read(definitions),
        warnings: Vec::new(),
    };
    let all = xml::children(definitions, xml::BPMN, "process");
    let executable: Vec<_> = all.filter(|it| xml::flag(*it, "isExecutable", false)).collect();
    if executable.is_empty() {
        let message = "the file has no executable process";
        let expected = "a `process` with `isExecutable=\"true\"`";
        report.error(xml::place(definitions), message, expected);
    }
    for node in executable {
        let Some(compiled) = process::compile(node, &references, report) else { continue };
        rules::check(&compiled, report);
        let process_id = compiled.definition.id.clone();
        let mut forms: Vec<_> = compiled.forms.into_iter().collect();
        forms.sort_unstable();
        model.forms.extend(forms.into_iter().map(|(id, schema)| EmbeddedForm {
            process_id: process_id.clone(),
            id: id.to_owned(),
            schema,
        }));
        model.processes.push(compiled.definition);
    }
    warn_about_missing_diagram(definitions, report);
    model
}

/// Ids are unique in a file (they are of type `xsd:ID`), the diagram's among them.
fn check_ids(definitions: Node<'_>, report: &mut Report<'_>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let namespaces = [xml::BPMN, xml::BPMNDI, xml::DI, xml::DC];
    let nodes = definitions
        .descendants()
        .filter(|it| it.tag_name().namespace().is_some_and(|uri| namespaces.contains(&uri)));
    for node in nodes {
        let Some(id) = xml::attribute(node, "id") else { continue };
        if let Some(first) = seen.insert(id.value, node.range().start) {
            let line = report.line(first);
            let message = format!("the id `{}` is used already in line {line}", id.value);
            report.error(id.place, message, "an id of its own");
        }
    }
}

fn warn_about_missing_diagram(definitions: Node<'_>, report: &mut Report<'_>) {
    if xml::children(definitions, xml::BPMNDI, "BPMNDiagram").next().is_none() {
        let message = "the file has no diagram; it is laid out automatically";
        report.warning(xml::place(definitions), message, "a `BPMNDiagram`");
    }
}
