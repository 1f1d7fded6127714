//! Built-ins on texts. Positions count characters, from 1 or, negative, from the end.
//! It knows nothing of regular expressions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Bound, number_value};
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::value::Value;

pub(super) fn substring(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (text, start) = (arguments.text(0)?, arguments.integer(1)?);
    evaluator.charge(text.len() / 16)?;
    let count = text.chars().count();
    let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let first = match start {
        0 => return null("expected a start position other than 0"),
        1.. => distance - 1,
        _ if distance > count => return null("expected a start position within the text"),
        _ => count - distance,
    };
    let length = if arguments.len() > 2 {
        match arguments.number(2)?.round_to(0, crate::core::feel::number::Rounding::Down) {
            Some(length) => usize::try_from(length.to_i64().unwrap_or(i64::MAX)).unwrap_or(0),
            None => 0,
        }
    } else {
        usize::MAX
    };
    if length == 0 {
        return null("expected a length of at least 1");
    }
    let part: String = text.chars().skip(first).take(length).collect();
    Ok(evaluator.text(&part)?)
}

pub(super) fn string_length(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    evaluator.charge(text.len() / 16)?;
    Ok(number_value(text.chars().count()))
}

pub(super) fn upper_case(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?.to_uppercase();
    Ok(evaluator.text(&text)?)
}

pub(super) fn lower_case(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?.to_lowercase();
    Ok(evaluator.text(&text)?)
}

pub(super) fn substring_before(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (text, part) = two_texts(evaluator, arguments)?;
    let before = text.split_once(part).map_or("", |(before, _)| before);
    Ok(evaluator.text(before)?)
}

pub(super) fn substring_after(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (text, part) = two_texts(evaluator, arguments)?;
    let after = text.split_once(part).map_or("", |(_, after)| after);
    Ok(evaluator.text(after)?)
}

pub(super) fn contains(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    two_texts(evaluator, arguments).map(|(text, part)| Value::Boolean(text.contains(part)))
}

pub(super) fn starts_with(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    two_texts(evaluator, arguments).map(|(text, part)| Value::Boolean(text.starts_with(part)))
}

pub(super) fn ends_with(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    two_texts(evaluator, arguments).map(|(text, part)| Value::Boolean(text.ends_with(part)))
}

fn two_texts<'a>(
    evaluator: &mut Evaluator<'_>,
    arguments: &'a Bound,
) -> Outcome<(&'a str, &'a str)> {
    let (text, part) = (arguments.text(0)?, arguments.text(1)?);
    evaluator.charge(text.len() / 16)?;
    Ok((text, part))
}

pub(super) fn trim(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    Ok(evaluator.text(arguments.text(0)?.trim())?)
}

pub(super) fn is_blank(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    evaluator.charge(text.len() / 16)?;
    Ok(Value::Boolean(text.trim().is_empty()))
}

pub(super) fn to_base64(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    evaluator.charge(text.len() / 16)?;
    Ok(evaluator.text(&STANDARD.encode(text))?)
}

/// Joins the texts of a list; nulls in it are left out.
pub(super) fn string_join(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let items = arguments.list(0)?;
    let optional = |index: usize| match arguments.get(index) {
        Value::Null => Ok(""),
        _ => arguments.text(index),
    };
    let (delimiter, prefix, suffix) = (optional(1)?, optional(2)?, optional(3)?);
    evaluator.charge(items.len())?;
    let mut joined = prefix.to_owned();
    let mut is_first = true;
    for item in items {
        let part = match item {
            Value::Null => continue,
            Value::Text(text) => text,
            other => {
                return null(format!("expected a list of strings, found {}", other.type_name()));
            }
        };
        joined.push_str(if is_first { "" } else { delimiter });
        joined.push_str(part);
        is_first = false;
        evaluator.check_text(joined.len())?;
    }
    joined.push_str(suffix);
    Ok(evaluator.text(&joined)?)
}
