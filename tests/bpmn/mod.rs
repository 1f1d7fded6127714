//! The BPMN front end: what is read, what is refused, what survives, and how it is drawn.

mod definitions;
mod drawing;
mod examples;
mod interchange;
mod malformed;
mod mutation;
mod round_trip;

use std::path::{Path, PathBuf};

use flowstead::core::model::{Problem, Severity};

/// A folder of the package.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A file of `tests/fixtures`.
fn fixture(name: &str) -> String {
    let path = folder("tests/fixtures").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All BPMN files of a folder and its folders, with their text, in the order of their names.
fn models(folder: &Path) -> Vec<(String, String)> {
    let mut models = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            models.extend(self::models(&path));
        } else if path.extension().is_some_and(|it| it == "bpmn") {
            let bytes = std::fs::read(&path).expect("the file can be read");
            let text = String::from_utf8(bytes).expect("the models are UTF-8");
            models.push((path.display().to_string(), text));
        }
    }
    models.sort();
    models
}

/// A problem on one line.
fn line(problem: &Problem) -> String {
    let Problem { severity, line, column, element_id, message, expected } = problem;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let element = element_id.as_deref().unwrap_or("-");
    let expected = expected.as_deref().map_or(String::new(), |it| format!(" ({it})"));
    format!("{line}:{column} {element} {severity}: {message}{expected}")
}
