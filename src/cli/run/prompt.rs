//! Asking whoever sits at the terminal: one question a line, forms field by field.
//!
//! Questions go to standard error, so that the output can be piped. Must not know the engine.

use std::io::{self, BufRead, Write};

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value as Json};

use crate::core::feel::EvaluationContext;
use crate::core::forms::{FieldView, Form, Submission, ViewKind};

/// Asks for the fields of a form until they are accepted, and gives the variables.
pub(crate) fn ask_form(
    form: &Form,
    data: &Map<String, Json>,
    context: &EvaluationContext,
) -> anyhow::Result<Map<String, Json>> {
    let mut asked: Vec<String> = Vec::new();
    let mut pairs: Vec<(String, String)> = Vec::new();
    loop {
        let submission = Submission::from_pairs(pairs.clone());
        // What was entered decides which further fields are visible.
        let shown =
            if pairs.is_empty() { data.clone() } else { form.echo(&submission, data, context) };
        let view = form.view(&shown, &[], context);
        let next = view
            .fields
            .iter()
            .flat_map(flatten)
            .find(|field| is_asked(field) && !asked.contains(&field.key));
        if let Some(field) = next {
            pairs.extend(ask_field(field)?.into_iter().map(|value| (field.key.clone(), value)));
            asked.push(field.key.clone());
            continue;
        }
        match form.submit(&submission, data, context) {
            Ok(variables) => return Ok(variables),
            Err(errors) => {
                for error in &errors {
                    eprintln!("{}: {}", error.label, error.message);
                }
                let is_wrong = |key: &String| errors.iter().any(|error| error.key == *key);
                if !asked.iter().any(is_wrong) {
                    return Err(anyhow!("the form can't be filled in here"));
                }
                asked.retain(|key| !is_wrong(key));
                pairs.retain(|(key, _)| !is_wrong(key));
            }
        }
    }
}

fn flatten(field: &FieldView) -> Vec<&FieldView> {
    std::iter::once(field).chain(field.children.iter().flat_map(flatten)).collect()
}

fn is_asked(field: &FieldView) -> bool {
    let is_field = !matches!(
        field.kind,
        ViewKind::Group
            | ViewKind::Text
            | ViewKind::Image
            | ViewKind::Separator
            | ViewKind::Spacer
            | ViewKind::Submit
            | ViewKind::Reset
            // There is no store of files here.
            | ViewKind::FilePicker
    );
    is_field && !field.is_disabled && !field.is_readonly
}

/// The values of a field; an empty line takes what the field holds.
fn ask_field(field: &FieldView) -> anyhow::Result<Vec<String>> {
    for option in &field.options {
        eprintln!("  {} ({})", option.value, option.label);
    }
    let label = if field.label.is_empty() { &field.key } else { &field.label };
    let held = match field.values.as_slice() {
        [] => String::new(),
        values => format!(" [{}]", values.join(", ")),
    };
    let hint = match field.kind {
        ViewKind::Checkbox => " (yes/no)",
        _ if field.is_multiple => " (with commas)",
        _ => "",
    };
    let line = ask(&format!("{label}{hint}{held}: "))?;
    if line.is_empty() {
        return Ok(field.values.clone());
    }
    Ok(match field.kind {
        ViewKind::Checkbox => match line.as_str() {
            "y" | "yes" | "true" => vec!["true".to_owned()],
            _ => Vec::new(),
        },
        _ if field.is_multiple => line.split(',').map(|part| part.trim().to_owned()).collect(),
        _ => vec![line],
    })
}

/// Asks for variables as a JSON object; an empty line is none, `-` means that it does not happen.
pub(crate) fn ask_variables(question: &str) -> anyhow::Result<Option<Map<String, Json>>> {
    loop {
        let line = ask(&format!("{question}: "))?;
        match line.as_str() {
            "" => return Ok(Some(Map::new())),
            "-" => return Ok(None),
            _ => match serde_json::from_str(&line) {
                Ok(variables) => return Ok(Some(variables)),
                Err(error) => eprintln!("expected a JSON object such as {{\"ok\": true}}: {error}"),
            },
        }
    }
}

/// Asks a question and gives the line that was typed.
pub(crate) fn ask(question: &str) -> anyhow::Result<String> {
    eprint!("{question}");
    // If standard error is gone nobody reads the question anyway.
    let _ = io::stderr().flush();
    let mut line = String::new();
    let count = io::stdin().lock().read_line(&mut line).context("the answer can't be read")?;
    if count == 0 {
        eprintln!();
        return Err(anyhow!("the input ended; answer at the prompt, or by a file with --answers"));
    }
    Ok(line.trim().to_owned())
}
