//! What can be enforced about the source itself is enforced here.
//!
//! The table of imports is read out of `ARCHITECTURE.md`, so that the document can't lie.

mod imports;
mod scanner;

use scanner::{Source, read_sources, root};

/// A file has one idea; beyond this it has two.
const FILE_LINES_MAX: usize = 600;
/// A function longer than a screen can't be read in one go.
const FUNCTION_LINES_MAX: usize = 70;

/// Panics with all findings at once, so that one run shows everything there is to mend.
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn check(rule: impl Fn(&Source) -> Vec<String>) {
    let findings: Vec<String> = read_sources().iter().flat_map(rule).collect();
    assert_none(&findings);
}

#[test]
fn files_open_with_their_role_and_stay_short() {
    check(|source| {
        let mut findings = Vec::new();
        if !source.text.starts_with("//! ") {
            findings.push(format!("{}: open with `//!` and the file's role", source.path));
        }
        let lines = source.lines().count();
        if lines > FILE_LINES_MAX {
            findings.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}", source.path));
        }
        findings
    });
}

#[test]
fn functions_fit_on_a_screen() {
    check(|source| {
        let long = source.functions().into_iter().filter(|f| f.lines > FUNCTION_LINES_MAX);
        long.map(|f| {
            format!(
                "{}:{}: {} has {} lines, at most {FUNCTION_LINES_MAX}",
                source.path, f.line, f.name, f.lines
            )
        })
        .collect()
    });
}

#[test]
fn the_core_has_no_clock_no_randomness_no_io() {
    const BANNED: [&str; 13] = [
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "getrandom",
        "rand::",
        "Uuid::now",
        "std::fs",
        "std::net",
        "std::thread",
        "std::env",
        "async fn",
        "tokio::",
    ];
    banned_in("src/core/", &BANNED, "the core gets time, keys and data as arguments");
}

#[test]
fn sql_stands_only_beside_its_rules() {
    const STATEMENTS: [&str; 5] =
        ["\"SELECT ", "\"INSERT INTO", "\"UPDATE ", "\"DELETE FROM", "\"CREATE TABLE"];
    check(|source| {
        let may = source.path.starts_with("src/services/")
            || source.path.starts_with("src/platform/store/")
            || !source.path.starts_with("src/");
        if may { Vec::new() } else { source.mentions(&STATEMENTS, "SQL belongs into a service") }
    });
}

#[test]
fn nothing_is_left_for_later() {
    // Written apart, so that this file does not find itself.
    let words =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), "unimplemented!("];
    check(|source| {
        if source.path.starts_with("tests/tidy/") {
            return Vec::new();
        }
        source.mentions(&words, "finish it, or leave it out")
    });
}

#[test]
fn neighbours_are_named_from_the_root() {
    check(|source| {
        if !source.path.starts_with("src/") {
            return Vec::new();
        }
        source.mentions(&["super::super", "use crate::{"], "write the path from `crate::` in full")
    });
}

#[test]
fn every_template_is_used() {
    let sources = read_sources();
    let mut findings = Vec::new();
    for template in scanner::files_under("templates", "") {
        let name = template.strip_prefix("templates/").unwrap_or(&template);
        let in_code = sources.iter().any(|source| source.text.contains(name));
        let in_templates = scanner::files_under("templates", "")
            .iter()
            .any(|other| *other != template && scanner::read(other).contains(name));
        if !in_code && !in_templates {
            findings.push(format!("{template}: no page uses it"));
        }
    }
    assert_none(&findings);
}

#[test]
fn every_setting_has_an_effect() {
    let sources = read_sources();
    let is_outside = |source: &&Source| {
        source.path.starts_with("src/") && !source.path.starts_with("src/platform/config/")
    };
    let code: String = sources.iter().filter(is_outside).map(|it| it.text.as_str()).collect();
    let example = scanner::read("config.example.toml");
    let names = example.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = names.filter_map(|line| line.split_once(" = ")).map(|it| it.0).collect();
    assert!(names.len() > 30, "the example is written in another way: {names:?}");
    // The file's text stands in for the setting of the same name without the ending.
    let is_idle = |name: &&&str| {
        let name = name.strip_suffix("_file").unwrap_or(name);
        !code.contains(&format!(".{name}"))
    };
    let findings = names.iter().filter(is_idle);
    assert_none(&findings.map(|name| format!("{name}: nothing reads it")).collect::<Vec<_>>());
}

#[test]
fn every_test_file_is_reached() {
    let mut findings = Vec::new();
    for path in scanner::files_under("tests", ".rs") {
        let file = root().join(&path);
        let (Some(stem), Some(folder)) = (file.file_stem(), file.parent()) else { continue };
        let stem = stem.to_string_lossy();
        let (module, parent) = if stem == "mod" {
            let name = folder.file_name().expect("a folder has a name").to_string_lossy();
            (name.into_owned(), folder.parent().expect("below tests"))
        } else {
            (stem.into_owned(), folder)
        };
        if module == "main" {
            continue;
        }
        let declares = |name: &str| {
            std::fs::read_to_string(parent.join(name))
                .is_ok_and(|text| text.contains(&format!("mod {module};")))
        };
        if !declares("main.rs") && !declares("mod.rs") {
            findings.push(format!("{path}: no `mod {module};` reaches it"));
        }
    }
    assert_none(&findings);
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let words = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tmp", "/fs")];
    check(|source| source.mentions(&words, "no path of one machine"));
}

fn banned_in(folder: &str, words: &[&str], reason: &str) {
    check(|source| {
        if source.path.starts_with(folder) { source.mentions(words, reason) } else { Vec::new() }
    });
}
