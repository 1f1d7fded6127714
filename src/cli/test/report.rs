//! What a test run prints: for people what failed and why, for programs everything.
//!
//! Must not know how it came about.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::cli::lint;
use crate::cli::output::{Colour, coloured, plural, print_line};
use crate::cli::test::coverage::Coverage;
use crate::cli::test::loading::Suite;
use crate::cli::test::playing::Played;

/// More of a way than this says nothing to people.
const PATH_MAX: usize = 40;

/// Prints failures, a line for each file, and the sum.
///
/// What was never reached is told with `is_thorough` only: it may be long.
pub(super) fn print(
    suites: &[Suite],
    results: &[Played],
    elapsed: Duration,
    coverage: &Coverage,
    is_thorough: bool,
) {
    for (index, suite) in suites.iter().enumerate() {
        for problem in &suite.problems {
            print_line(&lint::line(problem));
        }
        let played: Vec<&Played> = results.iter().filter(|it| it.suite == index).collect();
        let failed = played.iter().filter(|it| !it.verdict.failures.is_empty());
        failed.clone().for_each(|it| print_failures(&suite.file, it));
        let (all, failed) = (played.len(), failed.count());
        let file = &suite.file;
        if !suite.problems.is_empty() {
            print_line(&coloured(&format!("{file}: can't be played"), Colour::Red));
        } else if failed > 0 {
            print_line(&coloured(&format!("{file}: {failed} of {all} failed"), Colour::Red));
        } else if all > 0 {
            print_line(&coloured(&format!("{file}: {all} passed"), Colour::Green));
        }
    }
    print_line(&summary(suites, results, elapsed));
    let lines = coverage.lines();
    let told = if is_thorough { lines.len() } else { 1 };
    lines.iter().take(told).for_each(|line| print_line(line));
}

fn summary(suites: &[Suite], results: &[Played], elapsed: Duration) -> String {
    let failed = results.iter().filter(|it| !it.verdict.failures.is_empty()).count();
    let broken = suites.iter().filter(|it| !it.problems.is_empty()).count();
    let (all, files) = (plural(results.len(), "scenario"), plural(suites.len(), "file"));
    let broken = match broken {
        0 => String::new(),
        count => format!(", {} can't be played", plural(count, "file")),
    };
    let passed = results.len() - failed;
    let seconds = elapsed.as_secs_f64();
    format!("{all} in {files}: {passed} passed, {failed} failed{broken} ({seconds:.2} s)")
}

fn print_failures(file: &str, played: &Played) {
    let head = format!("failed: {} ({file}:{})", played.name, played.line);
    print_line(&coloured(&head, Colour::Red));
    for failure in &played.verdict.failures {
        print_line(&format!("  {file}:{}: {}", failure.line, failure.path));
        print_line(&format!("    expected  {}", failure.expected));
        print_line(&format!("    found     {}", failure.found));
    }
    print_line(&coloured(&format!("  path  {}", path(&played.verdict.path)), Colour::Dim));
}

/// The way taken, its end when it is long.
pub(super) fn path(ids: &[String]) -> String {
    match ids.len().checked_sub(PATH_MAX) {
        None | Some(0) => ids.join(", "),
        Some(left_out) => format!("… {left_out} more, {}", ids[left_out..].join(", ")),
    }
}

/// Everything, for programs.
pub(super) fn json(suites: &[Suite], results: &[Played], coverage: &Coverage) -> Json {
    let problems: Vec<_> = suites.iter().flat_map(|suite| &suite.problems).collect();
    let scenarios: Vec<Json> = results
        .iter()
        .map(|played| {
            let failures = played.verdict.failures.iter().map(|it| {
                json!({
                    "line": it.line,
                    "path": it.path,
                    "expected": it.expected,
                    "found": it.found,
                })
            });
            json!({
                "file": suites[played.suite].file,
                "line": played.line,
                "name": played.name,
                "is_passed": played.verdict.failures.is_empty(),
                "failures": failures.collect::<Vec<_>>(),
                "path": played.verdict.path,
            })
        })
        .collect();
    json!({ "problems": problems, "scenarios": scenarios, "coverage": coverage.json() })
}
