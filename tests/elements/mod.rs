//! The tables of what is executed where: each cell is compiled, and each that compiles is shown by
//! a scenario of the engine that ran it.
//!
//! With `FLOWSTEAD_BLESS=1` the tables in README.md and the rules beside this file are written anew.

mod cells;
mod models;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowstead::core::bpmn::{Limits, lint, parse};
use flowstead::core::model::{
    ElementIndex, ElementKind, EventTrigger, ProcessDefinition, Severity,
};

use crate::engine::scenario;
use cells::Cell;
use models::{TABLES, Table, compiled_row};

const BEGIN: &str = "<!-- elements: begin -->\n";
const END: &str = "<!-- elements: end -->\n";
const NOT_EXECUTED: &str = "can't be executed yet: ";

/// What a cell says.
enum Outcome {
    /// It is executed, which the compiled model shows to be this cell.
    Executed,
    /// Legal, but not executed.
    Refused(String),
    /// What is wrong with it.
    Forbidden(Vec<String>),
}

#[test]
fn the_tables_say_what_is_executed_and_which_scenario_shows_it() {
    let shown = shown_cells();
    let (mut tables, mut rules, mut missing) = (String::new(), String::new(), Vec::new());
    for table in &TABLES {
        tables += &header(table);
        for (row, xml) in table.rows {
            let cells = table.columns.iter().map(|column| {
                let outcome = outcome(row, &(table.model)(row, xml, column), column);
                rules += &rule(table.title, row, column, &outcome);
                text(&outcome, shown.get(&(compiled_row(row), *column)), || {
                    missing.push((*row, *column));
                })
            });
            let cells: Vec<String> = cells.collect();
            tables.extend(["| ", row, " | ", &cells.join(" | "), " |\n"]);
        }
        tables += "\n";
    }
    assert!(missing.is_empty(), "these are executed, but no scenario shows them: {missing:?}");
    compare(&tables, &rules);
}

fn header(table: &Table) -> String {
    let lines = " --- |".repeat(table.columns.len() + 1);
    format!("| {} | {} |\n|{lines}\n", table.title, table.columns.join(" | "))
}

fn text(outcome: &Outcome, shown: Option<&String>, mut is_missing: impl FnMut()) -> String {
    match (outcome, shown) {
        (Outcome::Executed, Some(scenario)) => scenario.clone(),
        (Outcome::Executed, None) => {
            is_missing();
            String::new()
        }
        (Outcome::Refused(reason), _) => format!("refused: {reason}"),
        (Outcome::Forbidden(_), _) => "–".to_owned(),
    }
}

fn rule(table: &str, row: &str, column: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Executed => String::new(),
        Outcome::Refused(reason) => format!("{table} | {row} | {column}: refused: {reason}\n"),
        Outcome::Forbidden(rules) => {
            format!("{table} | {row} | {column}: {}\n", rules.join("; "))
        }
    }
}

/// Compiles the model of a cell and makes sure that it is one of that cell.
fn outcome(row: &'static str, model: &str, column: &'static str) -> Outcome {
    let problems = lint(model, &Limits::default());
    let errors = problems.iter().filter(|it| it.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|it| it.message.clone()).collect();
    if let Some(reason) = errors.iter().find_map(|it| it.strip_prefix(NOT_EXECUTED)) {
        return Outcome::Refused(reason.to_owned());
    }
    if !errors.is_empty() {
        return Outcome::Forbidden(errors);
    }
    let compiled = parse(model, &Limits::default()).expect("it has no error");
    let definition = &compiled.processes[0];
    let cells = cells::of(definition, definition.find("x").expect("the element of the cell"));
    assert!(
        cells.contains(&(compiled_row(row), column)),
        "{row}, {column} is compiled to {cells:?}"
    );
    Outcome::Executed
}

/// Every cell that a scenario ran, with the smallest such scenario: its file and its number in it.
fn shown_cells() -> BTreeMap<Cell, String> {
    let mut shown: BTreeMap<Cell, (usize, String)> = BTreeMap::new();
    for path in files() {
        let text = fs::read_to_string(&path).expect("a scenario file can be read");
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        for (number, ran) in scenario::runs(&text).iter().enumerate() {
            let size = ran.definition.elements.len();
            for cell in ran_cells(&ran.definition, &ran.elements) {
                if shown.get(&cell).is_none_or(|(known, _)| size < *known) {
                    shown.insert(cell, (size, format!("{name} {}", number + 1)));
                }
            }
        }
    }
    shown.into_iter().map(|(cell, (_, scenario))| (cell, scenario)).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/scenarios");
    let entries = fs::read_dir(folder).expect("the scenarios are there");
    let mut files: Vec<PathBuf> = entries.map(|it| it.expect("a file").path()).collect();
    files.sort();
    files
}

fn ran_cells(definition: &ProcessDefinition, elements: &BTreeSet<Arc<str>>) -> Vec<Cell> {
    let indexes = (0u32..).zip(&definition.elements).map(|(index, _)| ElementIndex(index));
    let ran = indexes.filter(|index| {
        let element = definition.element(*index);
        match &element.kind {
            // It is no step of its own: what it leads to undoes.
            ElementKind::BoundaryEvent(it) => match it.trigger {
                EventTrigger::Compensation { handler: Some(handler) } => {
                    elements.contains(&definition.element(handler).id)
                }
                _ => elements.contains(&element.id),
            },
            _ => elements.contains(&element.id),
        }
    });
    ran.flat_map(|index| cells::of(definition, index)).collect()
}

fn compare(tables: &str, rules: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (readme, list) = (root.join("README.md"), root.join("tests/elements/rules.txt"));
    let text = fs::read_to_string(&readme).expect("README.md can be read");
    let (before, rest) = text.split_once(BEGIN).expect("README.md has a place for the tables");
    let (is, after) = rest.split_once(END).expect("the place has an end");
    let known = fs::read_to_string(&list).unwrap_or_default();
    if std::env::var_os("FLOWSTEAD_BLESS").is_some() {
        let blessed = [before, BEGIN, "\n", tables, END, after].concat();
        fs::write(&readme, blessed).expect("README.md can be written");
        return fs::write(&list, rules).expect("the rules can be written");
    }
    assert_eq!(
        is.trim(),
        tables.trim(),
        "README.md has other tables; FLOWSTEAD_BLESS=1 writes them"
    );
    assert_eq!(known, rules, "rules.txt differs; FLOWSTEAD_BLESS=1 writes it");
}
