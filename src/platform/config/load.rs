//! From sources to settings: each key by itself first, so that every problem has its key.
//!
//! Knows the sections only as a list to go through.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::Config;
use super::layers::{self, Setting, Settings, Sources};
use super::problem::{Complaints, ConfigError, ConfigProblem};
use crate::platform::secrets::Secret;

/// The default of every key, by `section.key`.
type Defaults = BTreeMap<String, Value>;

pub(super) fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let defaults = defaults();
    let (settings, mut problems) = layers::read(sources, &defaults);
    let mut table = Table::new();
    for (key, setting) in &settings {
        match admit(key, setting, &defaults) {
            Ok(()) => put(&mut table, key, setting.value.clone()),
            Err(message) => problems.push(problem(key, &settings, message)),
        }
    }
    refuse(problems)?;
    let mut config =
        Config::deserialize(table).expect("each key was admitted alone, and keys are independent");
    refuse(fill_from_files(&mut config, &settings))?;
    refuse(check(&config, &settings, &defaults))?;
    Ok(config)
}

fn refuse(problems: Vec<ConfigProblem>) -> Result<(), ConfigError> {
    if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
}

fn defaults() -> Defaults {
    let table = Table::try_from(Config::default()).expect("every default can be written as TOML");
    let sections = table.into_iter().filter_map(|(section, content)| match content {
        Value::Table(keys) => Some((section, keys)),
        _ => None,
    });
    sections
        .flat_map(|(section, keys)| {
            keys.into_iter().map(move |(key, value)| (format!("{section}.{key}"), value))
        })
        .collect()
}

/// Puts a value into its section; only keys with a known section come here.
fn put(table: &mut Table, key: &str, value: Value) {
    let (section, name) = key.split_once('.').expect("admitted keys have a section");
    let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(keys) = entry {
        keys.insert(name.to_owned(), value);
    }
}

/// Whether the settings can hold this value under this key, all others being defaults.
fn admit(key: &str, setting: &Setting, defaults: &Defaults) -> Result<(), String> {
    let Some(default) = defaults.get(key) else {
        return Err(unknown(key, setting, defaults));
    };
    let shown = shown(key, &setting.value, defaults);
    if !default.same_type(&setting.value) {
        return Err(format!("{shown} can't be used, expected {}", type_words(default)));
    }
    let mut table = Table::new();
    put(&mut table, key, setting.value.clone());
    let refusal = |error: &toml::de::Error| {
        let reason = error.message();
        // What the library says before its "expected" is what we say already.
        let expected = reason.rsplit_once("expected ").map_or(reason, |(_, expected)| expected);
        format!("{shown} can't be used, expected {}", number_words(expected))
    };
    Config::deserialize(table).map(drop).map_err(|error| refusal(&error))
}

fn unknown(key: &str, setting: &Setting, defaults: &Defaults) -> String {
    let sections = || defaults.keys().filter_map(|known| known.split_once('.')).map(|pair| pair.0);
    if !key.contains('.') && sections().any(|section| section == key) {
        return format!("{} can't be used, expected a section [{key}]", setting.value);
    }
    let nearest = defaults.keys().map(|known| (distance(key, known), known)).min();
    match nearest {
        // Further away than this it would be a guess.
        Some((edits, known)) if edits <= 3 => format!("unknown key, did you mean {known}?"),
        _ => {
            let mut names: Vec<&str> = sections().collect();
            names.dedup();
            format!("unknown key, expected one in the sections {}", names.join(", "))
        }
    }
}

/// A value as it may be shown: a secret, known by its twin for a file, as stars.
fn shown(key: &str, value: &Value, defaults: &Defaults) -> String {
    let is_secret = defaults.contains_key(&format!("{key}_file"));
    let is_empty = value.as_str() == Some("");
    if is_secret && !is_empty { "***".into() } else { value.to_string() }
}

fn type_words(default: &Value) -> &'static str {
    match default {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        _ => "a text",
    }
}

/// The library names number types as the language does; people need the range.
fn number_words(expected: &str) -> &str {
    match expected {
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number of 0 or more",
        other => other,
    }
}

/// The number of letters to add, drop or change to make one text of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn problem(key: &str, settings: &Settings, message: String) -> ConfigProblem {
    let source = settings.get(key).map_or("default", |setting| &setting.source);
    ConfigProblem { source: source.into(), key: key.into(), message }
}

fn fill_from_files(config: &mut Config, settings: &Settings) -> Vec<ConfigProblem> {
    let twins: [(&str, &mut Secret, &Path); 2] = [
        ("store.url_file", &mut config.store.url, &config.store.url_file),
        ("mail.password_file", &mut config.mail.password, &config.mail.password_file),
    ];
    let mut problems = Vec::new();
    for (key, secret, path) in twins {
        if let Err(message) = fill_from_file(secret, path) {
            problems.push(problem(key, settings, message));
        }
    }
    problems
}

fn fill_from_file(secret: &mut Secret, path: &Path) -> Result<(), String> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    if !secret.is_empty() {
        return Err("the secret is also set directly, expected one of the two".into());
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    *secret = Secret::new(text.lines().next().unwrap_or_default());
    if secret.is_empty() {
        return Err(format!("{} is empty, expected the secret in line 1", path.display()));
    }
    Ok(())
}

fn check(config: &Config, settings: &Settings, defaults: &Defaults) -> Vec<ConfigProblem> {
    let mut complaints = Complaints::default();
    config.server.check(&mut complaints);
    config.data.check(&mut complaints);
    config.store.check(&mut complaints);
    config.execution.check(&mut complaints);
    config.scripts.check(&mut complaints);
    config.search.check(&mut complaints);
    config.mail.check(&mut complaints);
    config.outbound.check(&mut complaints);
    config.identity.check(&mut complaints);
    let word = |key: &str, expected: String| {
        let value = settings.get(key).map_or(&defaults[key], |setting| &setting.value);
        format!("{} can't be used, expected {expected}", shown(key, value, defaults))
    };
    let to_problem =
        |(key, expected): (&'static str, String)| problem(key, settings, word(key, expected));
    complaints.0.into_iter().map(to_problem).collect()
}
