//! Reads the texts of a model that are fixed or FEEL, and says where a FEEL text is wrong.
//!
//! Must not know which element a text belongs to.

use std::sync::Arc;

use super::expression_language;
use super::report::{Place, Report};
use super::xml::Located;
use crate::core::feel::Expression;
use crate::core::model::{Dynamic, VariablePath};

/// How much of an expression a problem repeats.
const SHOWN_CHARACTERS: usize = 80;

/// A text that is FEEL when it starts with `=`, else fixed; `${…}` is translated where it can be.
pub(super) fn dynamic(report: &mut Report<'_>, text: Located<'_>) -> Option<Dynamic> {
    let trimmed = text.value.trim();
    if trimmed.starts_with('=') {
        return feel(report, text).map(Dynamic::Expression);
    }
    if expression_language::is_one(trimmed) {
        return translated(report, text).map(Dynamic::Expression);
    }
    Some(Dynamic::Literal(Arc::from(trimmed)))
}

/// A text that must be FEEL; `what` names it in the problem.
pub(super) fn expression(
    report: &mut Report<'_>,
    text: Located<'_>,
    what: &str,
) -> Option<Expression> {
    let trimmed = text.value.trim();
    if trimmed.starts_with('=') {
        return feel(report, text);
    }
    if expression_language::is_one(trimmed) {
        return translated(report, text);
    }
    let message = format!("the {what} `{}` is not an expression", shown(trimmed));
    report.error(text.place, message, "a FEEL expression with `=` in front of it");
    None
}

/// A text that must be fixed; `what` names it in the problem.
pub(super) fn fixed<'a>(report: &mut Report<'_>, text: Located<'a>, what: &str) -> Option<&'a str> {
    let trimmed = text.value.trim();
    if trimmed.starts_with('=') || expression_language::is_one(trimmed) {
        let message = format!("the {what} `{}` is an expression", shown(trimmed));
        report.error(text.place, message, "a fixed text");
        return None;
    }
    Some(trimmed)
}

/// A variable, or a path of names with dots between them.
pub(super) fn variable_path(report: &mut Report<'_>, text: Located<'_>) -> Option<VariablePath> {
    let parts: Vec<String> = text.value.trim().split('.').map(str::to_owned).collect();
    if parts.iter().all(|part| is_variable_name(part)) {
        return Some(VariablePath(parts));
    }
    report_variable(report, text);
    None
}

/// A variable's name.
pub(super) fn variable(report: &mut Report<'_>, text: Located<'_>) -> Option<String> {
    let name = text.value.trim();
    if is_variable_name(name) {
        return Some(name.to_owned());
    }
    report_variable(report, text);
    None
}

/// The first characters of a text, on one line.
pub(super) fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARACTERS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Names that FEEL reads as one variable without knowing it.
pub(super) fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|it| it.is_alphanumeric() || it == '_')
}

fn report_variable(report: &mut Report<'_>, text: Located<'_>) {
    let message = format!("`{}` is not a variable", shown(text.value));
    let expected = "a name of letters, digits and `_`, or such names with dots between them";
    report.error(text.place, message, expected);
}

/// Parses what follows the first `=`.
fn feel(report: &mut Report<'_>, text: Located<'_>) -> Option<Expression> {
    let behind = &text.value[text.value.find('=').map_or(0, |at| at + 1)..];
    let source = behind.trim();
    let start = text.value.len() - behind.trim_start().len();
    if source.is_empty() {
        report.error(text.place, "there is no expression behind `=`", "a FEEL expression");
        return None;
    }
    match Expression::parse(source) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let offset = error.span.start.min(source.len());
            let at = if text.is_verbatim { text.place.at + start + offset } else { text.place.at };
            let character = source.get(..offset).map_or(0, |before| before.chars().count()) + 1;
            let message = format!(
                "the expression `{}` can't be read at character {character}: {}",
                shown(source),
                error.message
            );
            report.error(Place { at, ..text.place }, message, "a FEEL expression");
            None
        }
    }
}

/// Parses what `${…}` says in FEEL.
fn translated(report: &mut Report<'_>, text: Located<'_>) -> Option<Expression> {
    let trimmed = text.value.trim();
    let parsed = expression_language::to_feel(trimmed).and_then(|it| Expression::parse(&it).ok());
    if parsed.is_none() {
        let message = format!("`{}` can't be translated into FEEL", shown(trimmed));
        report.error(text.place, message, "a FEEL expression such as `= amount > 100`");
    }
    parsed
}
