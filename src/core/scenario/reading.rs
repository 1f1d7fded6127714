//! Reading parts of a scenario out of YAML, with errors that say where and what was expected.
//!
//! Must not know which parts there are.

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::given::Given;
use super::yaml::{Content, Node, Place, problem};
use crate::core::model::Problem;

/// A node with the path to it, as in `steps[2].complete`.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) node: &'a Node,
    pub(super) path: String,
}

/// The members of a map, each of which must be taken or the map is refused.
pub(super) struct Members<'a> {
    entries: Vec<(&'a str, Place, Option<At<'a>>)>,
    place: Place,
    path: String,
}

impl<'a> At<'a> {
    /// A problem with what is here.
    pub(super) fn wrong(&self, expected: &str) -> Problem {
        let found = format!("{}found {}", prefix(&self.path), self.node.describe());
        problem(self.node.place, found, Some(expected))
    }

    pub(super) fn line(&self) -> u32 {
        self.node.place.line
    }

    /// The text, or number as text.
    pub(super) fn text(&self, expected: &str) -> Result<String, Problem> {
        match &self.node.content {
            Content::Text(text) if !text.is_empty() => Ok(text.clone()),
            Content::Number(number) => Ok(number.to_string()),
            _ => Err(self.wrong(expected)),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, Problem> {
        match self.node.content {
            Content::Boolean(value) => Ok(value),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self) -> Result<usize, Problem> {
        let number = match &self.node.content {
            Content::Number(number) => number.as_u64(),
            _ => None,
        };
        let number = number.and_then(|it| usize::try_from(it).ok());
        number.ok_or_else(|| self.wrong("a whole number"))
    }

    /// An ISO 8601 duration in milliseconds; days have 24 hours here.
    pub(super) fn duration_ms(&self) -> Result<i64, Problem> {
        let expected = "a duration such as PT30M";
        let span: Option<Span> = self.text(expected)?.parse().ok();
        let duration = span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        let duration = duration.filter(|it: &SignedDuration| !it.is_negative());
        let ms = duration.and_then(|it| i64::try_from(it.as_millis()).ok());
        ms.ok_or_else(|| self.wrong(expected))
    }

    /// The items of a list; a single value counts as a list of one.
    pub(super) fn items(&self) -> Vec<At<'a>> {
        match &self.node.content {
            Content::Null => Vec::new(),
            Content::List(items) => {
                let items = items.iter().enumerate();
                items.map(|(n, node)| At { node, path: format!("{}[{n}]", self.path) }).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The texts of a list.
    pub(super) fn texts(&self, expected: &str) -> Result<Vec<String>, Problem> {
        self.items().iter().map(|item| item.text(expected)).collect()
    }

    /// The members of a map, in its order; nothing counts as a map of none.
    pub(super) fn pairs(&self, expected: &str) -> Result<Vec<(&'a str, At<'a>)>, Problem> {
        match &self.node.content {
            Content::Null => Ok(Vec::new()),
            Content::Map(members) => Ok(members
                .iter()
                .map(|(name, _, node)| (name.as_str(), At { node, path: self.below(name) }))
                .collect()),
            _ => Err(self.wrong(expected)),
        }
    }

    pub(super) fn members(&self, expected: &str) -> Result<Members<'a>, Problem> {
        let Content::Map(members) = &self.node.content else { return Err(self.wrong(expected)) };
        let member = |(name, place, node): &'a (String, Place, Node)| {
            (name.as_str(), *place, Some(At { node, path: self.below(name) }))
        };
        let entries = members.iter().map(member).collect();
        Ok(Members { entries, place: self.node.place, path: self.path.clone() })
    }

    /// A value that may hold expressions.
    pub(super) fn given(&self) -> Result<Given, Problem> {
        Given::read(self)
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

impl<'a> Members<'a> {
    /// Takes a member if it is there.
    pub(super) fn take(&mut self, wanted: &str) -> Option<At<'a>> {
        self.entries.iter_mut().find(|(name, ..)| *name == wanted)?.2.take()
    }

    /// Takes a member and reads it if it is there.
    pub(super) fn read<T>(
        &mut self,
        wanted: &str,
        read: impl FnOnce(&At<'a>) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        self.take(wanted).map(|at| read(&at)).transpose()
    }

    /// The first of some names that is there.
    pub(super) fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        let is_there = |wanted: &&&'static str| {
            self.entries.iter().any(|(name, _, at)| *name == **wanted && at.is_some())
        };
        names.iter().find(is_there).copied()
    }

    /// Refuses what nobody has taken.
    pub(super) fn end(&self, known: &str) -> Result<(), Problem> {
        let Some((name, place, _)) = self.entries.iter().find(|(.., at)| at.is_some()) else {
            return Ok(());
        };
        let message = format!("{}`{name}` has no place here", prefix(&self.path));
        Err(problem(*place, message, Some(known)))
    }

    /// A problem of the map as a whole.
    pub(super) fn wrong(&self, message: &str, expected: &str) -> Problem {
        problem(self.place, format!("{}{message}", prefix(&self.path)), Some(expected))
    }
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}
