//! Messages of services in the words and the shape of a page.
//! Must not know any page.

use super::parts::Snippet;
use crate::services::identity::IdentityError;

/// The text as the beginning of a sentence.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |it| it.to_uppercase().chain(letters).collect())
}

/// A message, which begins in lower case and ends without a full stop, as a sentence to read.
pub(crate) fn sentence(message: &str) -> String {
    let is_ended = message.is_empty() || message.ends_with(['.', '!', '?']);
    let end = if is_ended { "" } else { "." };
    format!("{}{end}", capitalised(message))
}

/// What is wrong with what a person entered about people and groups, under the field's label.
pub(super) fn identity_problem(error: &IdentityError) -> String {
    match error {
        // The message says itself which password.
        IdentityError::Invalid { field: "current", expected } => sentence(expected),
        IdentityError::Invalid { field, expected } => format!("{}: {expected}.", label(field)),
        IdentityError::Taken { field, value } => format!("{}: {value} is taken.", label(field)),
        other => sentence(&other.to_string()),
    }
}

fn label(field: &str) -> String {
    match field {
        "display_name" => "Name".into(),
        "email" => "E-mail".into(),
        "group_id" | "user_id" => "ID".into(),
        other => capitalised(&other.replace('_', " ")),
    }
}

/// A sentence in pieces; those that stood between backticks are hits.
pub(super) fn with_code(text: &str) -> Vec<Snippet> {
    let text = capitalised(text);
    let pieces = text.split('`').enumerate();
    let piece = |(at, text): (usize, &str)| Snippet { text: text.into(), is_hit: at % 2 == 1 };
    pieces.filter(|(_, text)| !text.is_empty()).map(piece).collect()
}

/// What the audit says of a user task that was given to somebody, in two parts: which, and to whom.
pub(super) fn given_to<'s>(action: &str, summary: &'s str) -> Option<(&'s str, &'s str)> {
    let is_given = action == "user_task.assigned";
    is_given.then(|| summary.rsplit_once(" was given to ")).flatten()
}
