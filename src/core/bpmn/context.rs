//! What reading one element needs: the report, the drafts around it and what it may refer to.
//!
//! Must not know the kinds of elements.

use std::collections::HashMap;
use std::sync::Arc;

use super::data::DataIndex;
use super::drafts::Drafts;
use super::expressions;
use super::references::References;
use super::report::Report;
use super::xml::{self, Located, Node};
use crate::core::feel::Expression;
use crate::core::model::Dynamic;

/// Handed to everything that reads a part of a process.
pub(super) struct Context<'a, 'r, 's> {
    pub(super) report: &'r mut Report<'s>,
    pub(super) references: &'r References<'a>,
    pub(super) drafts: &'r Drafts<'a>,
    pub(super) forms: HashMap<&'a str, Arc<str>>,
    /// The process's `zeebe:jobPriorityDefinition`, for jobs that have none.
    pub(super) job_priority: Option<Dynamic>,
    /// Data objects and the like.
    pub(super) data: DataIndex<'a>,
}

impl Context<'_, '_, '_> {
    /// Says that a part of BPMN is legal but not executed; always `None`.
    pub(super) fn refuse<T>(&mut self, node: Node<'_>, what: &str, instead: &str) -> Option<T> {
        let message = format!("can't be executed yet: {what}");
        self.report.error(xml::place(node), message, instead);
        None
    }

    /// Says what is wrong with an element; always `None`.
    pub(super) fn error<T>(&mut self, node: Node<'_>, message: &str, expected: &str) -> Option<T> {
        self.report.error(xml::place(node), message, expected);
        None
    }

    /// Reads an optional attribute that is fixed or FEEL.
    pub(super) fn dynamic(&mut self, text: Option<Located<'_>>) -> Option<Dynamic> {
        text.and_then(|it| expressions::dynamic(self.report, it))
    }

    /// Reads an optional attribute that must be FEEL.
    pub(super) fn expression(
        &mut self,
        text: Option<Located<'_>>,
        what: &str,
    ) -> Option<Expression> {
        text.and_then(|it| expressions::expression(self.report, it, what))
    }

    /// Reads a number that is fixed, within bounds, or FEEL.
    pub(super) fn number(
        &mut self,
        text: Option<Located<'_>>,
        what: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Option<Dynamic> {
        let text = text?;
        let value = expressions::dynamic(self.report, text)?;
        if let Dynamic::Literal(literal) = &value
            && !literal.parse().is_ok_and(|number: i64| bounds.contains(&number))
        {
            let message = format!("`{}` is not a {what}", expressions::shown(literal));
            let expected =
                format!("a whole number from {} to {}, or `= …`", bounds.start(), bounds.end());
            self.report.error(text.place, message, expected);
            return None;
        }
        Some(value)
    }
}
