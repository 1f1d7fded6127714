//! Collects problems and finds their line and column.
//!
//! Must not know what is checked.

use crate::core::model::{Problem, Severity};

/// More problems than this are not recorded: nobody reads them, and finding columns costs time.
const PROBLEMS_MAX: usize = 500;

/// Where a problem stands: a byte of the source and the element it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Offset in the source, in bytes.
    pub(crate) at: usize,
    /// Id of the model element, where there is one.
    pub(crate) id: Option<&'a str>,
}

/// The problems found so far.
pub(crate) struct Report<'s> {
    source: &'s str,
    line_starts: Vec<usize>,
    problems: Vec<Problem>,
}

impl<'s> Report<'s> {
    /// Starts without problems.
    pub(crate) fn new(source: &'s str) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { source, line_starts, problems: Vec::new() }
    }

    /// Something that stops the deployment.
    pub(crate) fn error(
        &mut self,
        place: Place<'_>,
        message: impl Into<String>,
        expected: impl Into<String>,
    ) {
        self.push(Severity::Error, place, message.into(), expected.into());
    }

    /// Something that is likely not meant.
    pub(crate) fn warning(
        &mut self,
        place: Place<'_>,
        message: impl Into<String>,
        expected: impl Into<String>,
    ) {
        self.push(Severity::Warning, place, message.into(), expected.into());
    }

    /// Line of a byte of the source, from 1.
    pub(crate) fn line(&self, at: usize) -> u32 {
        count(self.line_starts.partition_point(|start| *start <= at))
    }

    /// All problems in the order of the source, each once.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by(|a, b| {
            (a.line, a.column, a.severity, &a.message)
                .cmp(&(b.line, b.column, b.severity, &b.message))
        });
        self.problems.dedup();
        self.problems
    }

    fn push(&mut self, severity: Severity, place: Place<'_>, message: String, expected: String) {
        if self.problems.len() == PROBLEMS_MAX {
            return;
        }
        let (line, column) = self.position(place.at);
        let element_id = place.id.map(str::to_owned);
        let expected = Some(expected);
        self.problems.push(Problem { severity, line, column, element_id, message, expected });
    }

    fn position(&self, at: usize) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= at);
        let start = self.line_starts[line - 1];
        let column = self.source.get(start..at).map_or(0, |text| text.chars().count()) + 1;
        (count(line), count(column))
    }
}

/// A count as a line or column; files are far smaller than the type.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
