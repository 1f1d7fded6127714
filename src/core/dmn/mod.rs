//! DMN 1.1 to 1.5 XML in, decisions that can be evaluated and located problems out.
//!
//! Everything is compiled to FEEL's trees once, so that a whole evaluation, decisions, functions
//! and tables alike, runs in one evaluator under one set of limits.
//! Must not know the engine, nor where files and inputs come from.
//!
//! **Invariant:** requirements have no cycle; nothing here panics on a source or an input.

mod compiler;
mod description;
mod drawing;
mod evaluation;
mod expressions;
mod library;
mod model;
mod ordering;
mod record;
mod table;
mod trace;
mod types;
mod xml;

use crate::core::model::{Problem, Severity};
use crate::core::xml::report::Report;

pub use crate::core::xml::limits::Limits;
pub use description::{
    DescribedElement, DescribedRule, DescribedTable, Description, LogicLine, TableColumn,
};
pub use drawing::draw;
pub use evaluation::{Decided, DecisionError};
pub use model::{DecisionModel, ElementInfo, ElementKind};
pub use record::{Record, RecordLimits};
pub use trace::{DecisionTrace, MatchedRule, TableTrace, TestedInput, Trace};

/// Reads a DMN file, with the models it imports.
///
/// # Errors
/// All problems in the order of the file, warnings among them, when at least one is an error.
pub fn parse(
    source: &str,
    imports: &[&str],
    limits: &Limits,
) -> Result<DecisionModel, Vec<Problem>> {
    let model = parse_leniently(source, imports, limits)?;
    if model.problems.iter().any(|it| it.severity == Severity::Error) {
        return Err(model.problems);
    }
    Ok(model)
}

/// Reads a DMN file, also one with expressions that can't be read; those give null and a warning.
///
/// # Errors
/// All problems, when the file's structure can't be understood.
pub fn parse_leniently(
    source: &str,
    imports: &[&str],
    limits: &Limits,
) -> Result<DecisionModel, Vec<Problem>> {
    library::read(source, imports, limits, compiler::compile)
}

/// What must be known of a file before it can be read together with those it imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The namespace its elements live in.
    pub namespace: String,
    /// The namespaces of the models it imports.
    pub imports: Vec<String>,
}

/// What a DMN file imports; `None` if it can't be read at all, which [`parse`] explains.
#[must_use]
pub fn outline(source: &str, limits: &Limits) -> Option<Outline> {
    library::outline(source, limits)
}

/// What stands in a DMN file, for people; `None` if it can't be read at all.
#[must_use]
pub fn describe(source: &str, limits: &Limits) -> Option<Description> {
    let mut report = Report::new(source);
    let document = library::document(source, limits, &mut report)?;
    Some(description::read(document.root_element()))
}

/// All errors and warnings of a DMN file, in the order of the file.
#[must_use]
pub fn lint(source: &str, imports: &[&str], limits: &Limits) -> Vec<Problem> {
    parse_leniently(source, imports, limits).map_or_else(|problems| problems, |it| it.problems)
}
