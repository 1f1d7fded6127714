//! Results as JUnit XML, which build servers read.
//!
//! Must not know how scenarios are played.
//!
//! **Invariant:** every text is escaped; the output is well-formed XML.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cli::lint;
use crate::cli::test::loading::Suite;
use crate::cli::test::playing::Played;
use crate::cli::test::report;

/// All results: a suite for each file, a case for each scenario.
pub(super) fn render(suites: &[Suite], results: &[Played], elapsed: Duration) -> String {
    let failed = results.iter().filter(|it| !it.verdict.failures.is_empty()).count();
    let broken = suites.iter().filter(|it| !it.problems.is_empty()).count();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let (all, time) = (results.len() + broken, elapsed.as_secs_f64());
    line(
        &mut out,
        &format!(
            "<testsuites tests=\"{all}\" failures=\"{failed}\" errors=\"{broken}\" \
             time=\"{time:.3}\">"
        ),
    );
    for (index, suite) in suites.iter().enumerate() {
        let played: Vec<&Played> = results.iter().filter(|it| it.suite == index).collect();
        render_suite(&mut out, suite, &played);
    }
    line(&mut out, "</testsuites>");
    out
}

fn render_suite(out: &mut String, suite: &Suite, played: &[&Played]) {
    let failed = played.iter().filter(|it| !it.verdict.failures.is_empty()).count();
    let errors = usize::from(!suite.problems.is_empty());
    let all = played.len() + errors;
    let name = escape(&suite.file);
    let time: f64 = played.iter().map(|it| it.elapsed.as_secs_f64()).sum();
    line(
        out,
        &format!(
            "  <testsuite name=\"{name}\" tests=\"{all}\" failures=\"{failed}\" \
             errors=\"{errors}\" time=\"{time:.3}\">"
        ),
    );
    if errors > 0 {
        let told: Vec<String> = suite.problems.iter().map(lint::line).collect();
        line(out, &format!("    <testcase classname=\"{name}\" name=\"the file\">"));
        let text = escape(&told.join("\n"));
        line(out, &format!("      <error message=\"the file can't be played\">{text}</error>"));
        line(out, "    </testcase>");
    }
    for one in played {
        render_case(out, &name, one);
    }
    line(out, "  </testsuite>");
}

fn render_case(out: &mut String, class: &str, played: &Played) {
    let (name, time) = (escape(&played.name), played.elapsed.as_secs_f64());
    let head = format!("    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time:.3}\"");
    let Some(first) = played.verdict.failures.first() else {
        return line(out, &format!("{head}/>"));
    };
    line(out, &format!("{head}>"));
    let message = format!("{}: expected {}, found {}", first.path, first.expected, first.found);
    let told = played.verdict.failures.iter().map(|it| {
        format!(
            "line {}: {}\n  expected  {}\n  found     {}",
            it.line, it.path, it.expected, it.found
        )
    });
    let mut told: Vec<String> = told.collect();
    told.push(format!("path  {}", report::path(&played.verdict.path)));
    let (message, text) = (escape(&message), escape(&told.join("\n")));
    line(out, &format!("      <failure message=\"{message}\">{text}</failure>"));
    line(out, "    </testcase>");
}

fn line(out: &mut String, text: &str) {
    // Writing to a text can't fail.
    let _ = writeln!(out, "{text}");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no way to write the other control characters.
            it if it.is_control() && !matches!(it, '\n' | '\t') => escaped.push('\u{fffd}'),
            it => escaped.push(it),
        }
    }
    escaped
}
