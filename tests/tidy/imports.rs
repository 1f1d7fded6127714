//! Who may import whom, read from the table in `ARCHITECTURE.md`.
//!
//! A row reads `| module | may import |`; a module may always import itself, and naming a room
//! (`core`) allows everything in it.

use super::scanner::{self, Source};

/// One row of the table.
struct Rule {
    module: String,
    allowed: Vec<String>,
}

fn read_rules() -> Vec<Rule> {
    let text = scanner::read("ARCHITECTURE.md");
    let (_, table) = text.split_once("| module | may import |").expect("the table of imports");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = cells[1].split(',').map(|name| name.trim().trim_matches('`').to_owned());
        Rule {
            module: cells[0].trim_matches('`').to_owned(),
            allowed: names.filter(|name| !name.is_empty() && name != "nothing").collect(),
        }
    })
    .collect()
}

/// `src/core/engine/turn.rs` is `core::engine::turn`.
fn module_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner.trim_end_matches("/mod").replace('/', "::")
}

fn covers(wide: &str, narrow: &str) -> bool {
    narrow == wide || narrow.starts_with(&format!("{wide}::"))
}

/// The longest row that covers a module speaks for it.
fn rule_for<'a>(rules: &'a [Rule], module: &str) -> Option<&'a Rule> {
    let covering = rules.iter().filter(|rule| covers(&rule.module, module));
    covering.max_by_key(|rule| rule.module.len())
}

/// Every path that starts with `crate::`, as far as it consists of module names.
fn imports_of(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for rest in line.split("crate::").skip(1) {
            let path: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
            found.push((number, path.trim_end_matches(':').to_owned()));
        }
    }
    found
}

#[test]
fn arrows_point_one_way() {
    let rules = read_rules();
    let mut findings = Vec::new();
    for source in scanner::read_sources() {
        if !source.path.starts_with("src/")
            || source.path == "src/lib.rs"
            || source.path == "src/main.rs"
        {
            continue;
        }
        let module = module_of(&source.path);
        let Some(rule) = rule_for(&rules, &module) else {
            findings.push(format!("{}: no row in ARCHITECTURE.md speaks of {module}", source.path));
            continue;
        };
        for (number, import) in imports_of(&source) {
            let own = covers(&rule.module, &import);
            if !own && !rule.allowed.iter().any(|allowed| covers(allowed, &import)) {
                findings.push(format!(
                    "{}:{number}: {} may not import {import}",
                    source.path, rule.module
                ));
            }
        }
    }
    super::assert_none(&findings);
}

#[test]
fn every_row_speaks_of_something() {
    let sources = scanner::read_sources();
    let modules: Vec<String> = sources.iter().map(|source| module_of(&source.path)).collect();
    let rules = read_rules();
    let dead = rules.iter().filter(|rule| !modules.iter().any(|m| covers(&rule.module, m)));
    super::assert_none(
        &dead.map(|rule| format!("{}: no such module", rule.module)).collect::<Vec<_>>(),
    );
}
