//! JSON as YAML in block style, for people to read and change.
//!
//! Must not know what is written.
//!
//! **Invariant:** reading what was written gives the same JSON.

use serde_json::Value as Json;

/// Words that YAML would not take for texts.
const NO_TEXTS: [&str; 5] = ["null", "true", "false", "~", ""];

/// Writes a value as a whole document.
pub(super) fn write(value: &Json) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

/// A value at the beginning of a line.
fn block(value: &Json, depth: usize, out: &mut String) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                indent(depth, out);
                member(name, value, depth, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                indent(depth, out);
                out.push_str("- ");
                item_of_list(item, depth, out);
            }
        }
        other => {
            indent(depth, out);
            out.push_str(&inline(other));
            out.push('\n');
        }
    }
}

fn member(name: &str, value: &Json, depth: usize, out: &mut String) {
    out.push_str(&text(name));
    out.push(':');
    if is_inline(value) {
        out.push(' ');
        out.push_str(&inline(value));
        out.push('\n');
    } else {
        out.push('\n');
        block(value, depth + 1, out);
    }
}

fn item_of_list(item: &Json, depth: usize, out: &mut String) {
    match item {
        Json::Object(members) if !members.is_empty() => {
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    indent(depth + 1, out);
                }
                member(name, value, depth + 1, out);
            }
        }
        other => {
            out.push_str(&inline(other));
            out.push('\n');
        }
    }
}

/// Lists of plain values stand on one line, whatever else is long does not.
fn is_inline(value: &Json) -> bool {
    match value {
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.iter().all(|it| !it.is_object() && !it.is_array()),
        _ => true,
    }
}

/// A value in flow style.
fn inline(value: &Json) -> String {
    match value {
        Json::String(it) => text(it),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text, in quotes where it could be taken for something else; JSON's quotes are YAML's too.
fn text(text: &str) -> String {
    let is_plain = text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.'))
        && !NO_TEXTS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { Json::from(text).to_string() }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
