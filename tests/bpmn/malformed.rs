//! Models that are wrong give exactly the problems of a table.

use flowstead::core::bpmn::{Limits, lint, lint_dates, parse};

use super::{fixture, line};

const HEAD: &str = concat!(
    r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" "#,
    r#"xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" "#,
    r#"xmlns:camunda="http://camunda.org/schema/1.0/bpmn">"#,
    "\n<process id=\"p\" isExecutable=\"true\">\n",
);
const TAIL: &str = r#"<BPMNDiagram xmlns="http://www.omg.org/spec/BPMN/20100524/DI" id="diagram" />
</definitions>
"#;

struct Case<'t> {
    name: &'t str,
    source: String,
    problems: Vec<&'t str>,
}

fn cases(table: &str) -> Vec<Case<'_>> {
    table.split("\n== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case<'_> {
    let (name, rest) = text.split_once('\n').expect("a case has lines");
    let (model, problems) = match rest.split_once("\n--\n") {
        Some(parts) => parts,
        None => ("", rest.strip_prefix("--\n").expect("a case has problems behind `--`")),
    };
    let source = match name.strip_prefix("file: ") {
        Some(_) => model.to_owned(),
        None => wrapped(model),
    };
    Case { name, source, problems: problems.lines().filter(|it| !it.is_empty()).collect() }
}

fn wrapped(model: &str) -> String {
    let (behind, inside): (Vec<&str>, Vec<&str>) =
        model.lines().partition(|line| line.starts_with('^'));
    let mut source = HEAD.to_owned();
    for line in inside {
        source.push_str(line);
        source.push('\n');
    }
    source.push_str("</process>\n");
    for line in behind {
        source.push_str(&line[1..]);
        source.push('\n');
    }
    source + TAIL
}

#[test]
fn each_wrong_model_has_exactly_its_problems() {
    let table = include_str!("malformed.txt");
    let cases = cases(table);
    assert!(cases.len() >= 60, "the table has {} cases", cases.len());
    let mut differences = String::new();
    for case in &cases {
        let actual: Vec<String> = lint(&case.source, &Limits::default()).iter().map(line).collect();
        if actual != case.problems || actual.is_empty() {
            differences.extend(["== ", case.name, "\n", &actual.join("\n"), "\n\n"]);
        }
    }
    assert!(differences.is_empty(), "these cases give other problems:\n\n{differences}");
}

#[test]
fn a_model_with_an_error_is_not_given_out_and_warnings_come_with_it() {
    let source = wrapped("<startEvent id=\"start\" />\n<task id=\"island\" />");
    let model = parse(&source, &Limits::default()).expect("warnings don't refuse a model");
    assert_eq!(model.warnings.len(), 1);
    let source = source.replace("<task", "<serviceTask");
    let problems = parse(&source, &Limits::default()).expect_err("errors do");
    assert_eq!(
        problems.iter().map(line).collect::<Vec<_>>(),
        ["4:1 island error: the job has no type (a `zeebe:taskDefinition` with a `type`)"]
    );
}

#[test]
fn dates_of_timers_are_compared_with_a_time() {
    let timer = |id: &str, date: &str| {
        format!(
            "<intermediateCatchEvent id=\"{id}\"><timerEventDefinition><timeDate>{date}\
             </timeDate></timerEventDefinition></intermediateCatchEvent>\n"
        )
    };
    let source = wrapped(
        &[
            timer("over", "2026-01-31T09:00:00Z"),
            timer("zoned", "2026-02-01T00:30:00+01:00[Europe/Berlin]"),
            timer("to_come", "2026-02-01T00:00:01Z"),
            timer("computed", "= start"),
        ]
        .concat(),
    );
    let now = "2026-02-01T00:00:00Z".parse().expect("a time");
    let problems = lint_dates(&source, &Limits::default(), now);
    assert_eq!(
        problems.iter().map(line).collect::<Vec<_>>(),
        [
            "3:67 over warning: the timer's date `2026-01-31T09:00:00Z` is over (a date in the \
             future, or a FEEL expression)",
            "4:68 zoned warning: the timer's date `2026-02-01T00:30:00+01:00[Europe/Berlin]` is \
             over (a date in the future, or a FEEL expression)",
        ]
    );
}

#[test]
fn limits_are_named() {
    let source = fixture("gateways.bpmn");
    let first = |limits: Limits| {
        let problems = parse(&source, &limits).expect_err("it is over the limit");
        assert_eq!(problems.len(), 1);
        line(&problems[0])
    };
    let limits = Limits::default();
    let size = source.len();
    assert_eq!(
        first(Limits { bytes_max: 100, ..limits }),
        format!("1:1 - error: the file has {size} bytes (at most 100 bytes)")
    );
    assert_eq!(
        first(Limits { depth_max: 2, ..limits }),
        "4:5 - error: the elements are nested too deeply (at most 2 levels)"
    );
    assert_eq!(
        first(Limits { elements_max: 3, ..limits }),
        "5:7 - error: the file has too many elements (at most 3 elements)"
    );
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let source = "<a>".repeat(500_000);
    let problems = lint(&source, &Limits::default());
    assert_eq!(
        problems.iter().map(line).collect::<Vec<_>>(),
        ["1:193 - error: the elements are nested too deeply (at most 64 levels)"]
    );
}

#[test]
fn a_file_full_of_problems_ends_in_time_with_a_bounded_list() {
    let tasks: Vec<String> =
        (0..20_000).map(|at| format!("<serviceTask id=\"t{at}\" />")).collect();
    let problems = lint(&wrapped(&tasks.concat()), &Limits::default());
    assert_eq!(problems.len(), 500);
}
