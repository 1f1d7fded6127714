//! Reads the project's source as text: files, lines, functions.
//!
//! Relies on rustfmt: a function ends at the first closing brace of its own indentation.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust file below `src`, `tests`, `benches` or `fuzz`.
pub(crate) struct Source {
    /// Path from the project's root, with forward slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// A function as it stands in a file.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn lines(&self) -> std::str::Lines<'_> {
        self.text.lines()
    }

    /// Every line that contains one of the words, as a finding; comments do not count.
    pub(crate) fn mentions(&self, words: &[&str], reason: &str) -> Vec<String> {
        let lines = (1..).zip(self.lines());
        let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.flat_map(|(number, line)| {
            let hits = words.iter().filter(move |word| line.contains(**word));
            hits.map(move |word| format!("{}:{number}: `{word}`: {reason}", self.path))
        })
        .collect()
    }

    /// All functions with their lengths.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let lines: Vec<&str> = self.lines().collect();
        let starts =
            lines.iter().enumerate().filter_map(|(i, line)| Some((i, function_name(line)?)));
        starts.map(|(i, name)| Function { name, line: i + 1, lines: length(&lines[i..]) }).collect()
    }
}

fn function_name(line: &str) -> Option<String> {
    let code = line.trim_start();
    let (before, after) = code.split_once("fn ")?;
    let is_declaration = before.split_whitespace().all(|word| {
        matches!(word, "pub" | "const" | "async" | "pub(crate)" | "pub(super)" | "extern")
    });
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (is_declaration && !name.is_empty()).then_some(name)
}

fn length(lines: &[&str]) -> usize {
    let indent = lines[0].len() - lines[0].trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    if lines[0].ends_with('}') || lines[0].ends_with(';') {
        return 1;
    }
    let end =
        lines.iter().position(|line| *line == end || line.ends_with(';') && same(line, indent));
    end.map_or(lines.len(), |i| i + 1)
}

fn same(line: &str, indent: usize) -> bool {
    line.len() - line.trim_start().len() == indent
}

/// The project's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads one file of the project.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder of the project whose names end so, as paths from the root.
pub(crate) fn files_under(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["node_modules", "target", "output", "dist", "corpus"].contains(&name.as_str())
                {
                    waiting.push(path);
                }
            } else if name.ends_with(ending) {
                let relative = path.strip_prefix(root()).expect("below the root");
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// All Rust files of the project.
pub(crate) fn read_sources() -> Vec<Source> {
    let folders = ["src", "tests", "benches", "fuzz"];
    let paths = folders.iter().flat_map(|folder| files_under(folder, ".rs"));
    paths.map(|path| Source { text: read(&path), path }).collect()
}
