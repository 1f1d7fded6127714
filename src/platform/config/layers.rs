//! The sources of settings, read into one list of keys with values and origins.
//!
//! Knows the shape of sources, not the meaning of keys: types come from the table of defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;
use toml::de::DeTable;

use super::problem::ConfigProblem;

/// What the variables of this program begin with.
const PREFIX: &str = "FLOWSTEAD_";

/// A setting given on the command line.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The flag as people type it, such as `--listen`; for messages.
    pub name: &'static str,
    /// The key it sets, such as `server.listen`.
    pub key: &'static str,
    /// The value as typed.
    pub value: String,
}

/// Where settings come from. The environment is an argument, so that tests have their own.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The TOML file; it must be readable if given.
    pub file: Option<PathBuf>,
    /// Variables with their values; those that don't begin with `FLOWSTEAD_` are passed over.
    pub environment: Vec<(String, String)>,
    /// Settings given on the command line.
    pub flags: Vec<Flag>,
}

impl Sources {
    /// The given file and flags, and the environment of this program.
    ///
    /// Variables that are not valid UTF-8 are passed over.
    #[must_use]
    pub fn from_process(file: Option<PathBuf>, flags: Vec<Flag>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, flags }
    }
}

/// A value and where it was set.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) source: String,
}

/// Keys as `section.key`; a key without a section is one that no section can hold.
pub(super) type Settings = BTreeMap<String, Setting>;

/// Reads all sources, later ones over earlier ones.
pub(super) fn read(
    sources: &Sources,
    defaults: &BTreeMap<String, Value>,
) -> (Settings, Vec<ConfigProblem>) {
    let mut settings = Settings::new();
    let mut problems = Vec::new();
    if let Some(path) = &sources.file {
        read_file(path, &mut settings).unwrap_or_else(|problem| problems.push(problem));
    }
    for (name, text) in &sources.environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = rest.to_ascii_lowercase().replacen("__", ".", 1);
        if rest.contains("__") {
            let value = typed(text, defaults.get(&key));
            settings.insert(key, Setting { value, source: name.clone() });
        } else if let Some(meant) = defaults.keys().find(|known| known.replace('.', "_") == key) {
            problems.push(ConfigProblem {
                source: name.clone(),
                key: String::new(),
                message: format!("sets nothing, expected {}", variable(meant)),
            });
        }
    }
    for flag in &sources.flags {
        let value = typed(&flag.value, defaults.get(flag.key));
        settings.insert(flag.key.to_owned(), Setting { value, source: flag.name.to_owned() });
    }
    (settings, problems)
}

/// The variable that sets a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replacen('.', "__", 1).to_ascii_uppercase())
}

fn read_file(path: &Path, settings: &mut Settings) -> Result<(), ConfigProblem> {
    let name = path.display().to_string();
    let problem =
        |source: String, message: String| ConfigProblem { source, key: String::new(), message };
    let text = std::fs::read_to_string(path)
        .map_err(|error| problem(name.clone(), format!("can't be read: {error}")))?;
    let parsed: Result<(DeTable<'_>, toml::Table), toml::de::Error> = DeTable::parse(&text)
        .and_then(|positions| Ok((positions.into_inner(), toml::from_str(&text)?)));
    let (positions, values) = parsed.map_err(|error| {
        let line = line_of(&text, error.span().map_or(0, |span| span.start));
        problem(format!("{name}:{line}"), format!("is not TOML: {}", error.message()))
    })?;
    for (section, content) in &positions {
        let values = &values[section.get_ref().as_ref()];
        let mut add = |key: String, value: &Value, position: usize| {
            let source = format!("{name}:{}", line_of(&text, position));
            settings.insert(key, Setting { value: value.clone(), source });
        };
        match content.get_ref().as_table() {
            Some(keys) => keys.keys().for_each(|key| {
                let path = format!("{}.{}", section.get_ref(), key.get_ref());
                add(path, &values[key.get_ref().as_ref()], key.span().start);
            }),
            None => add(section.get_ref().to_string(), values, section.span().start),
        }
    }
    Ok(())
}

fn line_of(text: &str, position: usize) -> usize {
    text[..text.floor_char_boundary(position)].matches('\n').count() + 1
}

/// Reads a text as the type that the default has; a text that is none stays one and is refused
/// later, with the words for its type.
fn typed(text: &str, default: Option<&Value>) -> Value {
    let as_text = || Value::String(text.to_owned());
    match default {
        Some(Value::Integer(_)) => {
            text.trim().replace('_', "").parse().map_or_else(|_| as_text(), Value::Integer)
        }
        Some(Value::Boolean(_)) => text.trim().parse().map_or_else(|_| as_text(), Value::Boolean),
        Some(Value::Array(_)) => list(text).map_or_else(as_text, Value::Array),
        _ => as_text(),
    }
}

fn list(text: &str) -> Option<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        let mut table: toml::Table = toml::from_str(&format!("list = {text}")).ok()?;
        return match table.remove("list") {
            Some(Value::Array(items)) => Some(items),
            _ => None,
        };
    }
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    Some(items.map(|item| Value::String(item.to_owned())).collect())
}
