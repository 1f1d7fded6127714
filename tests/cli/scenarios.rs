//! `flowstead test`: what passes, what fails and how it is told, bad files, JUnit, coverage.

use serde_json::Value as Json;
use std::fmt::Write as _;

use super::{Folder, example};
use crate::support::server::run_program;

const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="m" targetNamespace="urn:test">
  <message id="paid" name="paid"><extensionElements><zeebe:subscription correlationKey="= order" /></extensionElements></message>
  <process id="order" isExecutable="true">
    <startEvent id="begun" />
    <serviceTask id="charge"><extensionElements><zeebe:taskDefinition type="charge-card" retries="2" /></extensionElements></serviceTask>
    <boundaryEvent id="refused" attachedToRef="charge"><errorEventDefinition errorRef="no" /></boundaryEvent>
    <boundaryEvent id="slow" attachedToRef="charge" cancelActivity="false"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
    <callActivity id="ship"><extensionElements><zeebe:calledElement processId="shipping" propagateAllChildVariables="true" /></extensionElements></callActivity>
    <intermediateCatchEvent id="wait"><messageEventDefinition messageRef="paid" /></intermediateCatchEvent>
    <endEvent id="done" />
    <endEvent id="given_up" />
    <endEvent id="told" />
    <sequenceFlow id="f1" sourceRef="begun" targetRef="charge" />
    <sequenceFlow id="f2" sourceRef="charge" targetRef="ship" />
    <sequenceFlow id="f3" sourceRef="ship" targetRef="wait" />
    <sequenceFlow id="f4" sourceRef="wait" targetRef="done" />
    <sequenceFlow id="f5" sourceRef="refused" targetRef="given_up" />
    <sequenceFlow id="f6" sourceRef="slow" targetRef="told" />
  </process>
  <error id="no" errorCode="REFUSED" />
</definitions>"#;

/// Plays one scenario of the model.
fn play(scenario: &str) -> (i32, Json) {
    let folder = Folder::new();
    folder.write("order.bpmn", MODEL);
    let file = folder.write("order.test.yaml", scenario);
    let (code, output, errors) = run_program(&["test", &file, "--json"], &[]);
    assert_eq!(errors, "");
    (code, serde_json::from_str(&output).expect("JSON"))
}

/// The failures of the only scenario, as `path: expected / found`.
fn failures(scenario: &str) -> Vec<String> {
    let (_, report) = play(scenario);
    let failures = report["scenarios"][0]["failures"].as_array().expect("it was played").iter();
    let text = |it: &Json| it.as_str().expect("a text").to_owned();
    failures
        .map(|it| {
            format!("{}: {} / {}", text(&it["path"]), text(&it["expected"]), text(&it["found"]))
        })
        .collect()
}

/// The only problem of a file that can't be played.
fn problem(scenario: &str) -> String {
    let folder = Folder::new();
    folder.write("order.bpmn", MODEL);
    let file = folder.write("order.test.yaml", scenario);
    let (code, output, _) = run_program(&["test", &file], &[]);
    assert_eq!(code, 1, "{output}");
    let line = output.lines().next().expect("a line");
    line.strip_prefix(&format!("{file}:")).unwrap_or(line).to_owned()
}

#[test]
fn all_examples_and_all_patterns_pass() {
    let (code, output, errors) = run_program(&["test", &example(""), "--json"], &[]);
    let report: Json = serde_json::from_str(&output).expect("JSON");
    assert_eq!((code, errors.as_str()), (0, ""), "{output}");
    assert_eq!(report["problems"], Json::Array(Vec::new()));
    let scenarios = report["scenarios"].as_array().expect("a list");
    let files: std::collections::BTreeSet<&str> =
        scenarios.iter().filter_map(|it| it["file"].as_str()).collect();
    let patterns = files.iter().filter(|file| file.contains("/patterns/")).count();
    assert_eq!((patterns, files.len()), (43, 48));
    let coverage = report["coverage"].as_array().expect("a list").iter();
    for process in coverage.filter(|it| !it["file"].to_string().contains("/patterns/")) {
        assert_eq!(process["elements"]["never"], Json::Array(Vec::new()), "{process}");
        assert_eq!(process["flows"]["never"], Json::Array(Vec::new()), "{process}");
    }
}

#[test]
fn answers_come_in_sequence_after_their_time_and_by_feel() {
    let (code, report) = play(
        "jobs:
  charge-card:
    - { fail: no connection, with: { order: 7 } }
    - { complete: { total: '= order * 3' }, after: PT2H }
calls: { shipping: { complete: { parcel: '= string(total)' }, with: { total: 21 } } }
start: { process: order, variables: { order: 7 } }
steps:
  - expect: { active: [charge] }
  - wait: PT90M
  - expect: { active: [charge], completed: { told: 1 } }
  - wait: PT30M
  - expect: { active: [wait] }
  - message: paid
    key: 7
expect: { state: completed, path: [told, charge, ship, wait, done], variables: { parcel: '21' } }
",
    );
    assert_eq!(code, 0, "{report}");
    let path = &report["scenarios"][0]["path"];
    assert_eq!(path.as_array().map(Vec::len), Some(7), "{path}");
}

#[test]
fn errors_incidents_and_repairs_are_played() {
    let (code, report) = play(
        "scenarios:
  - name: a business error
    jobs: { charge: { error: REFUSED } }
    start: { process: order, variables: { order: 1 } }
    expect: { state: completed, completed: [given_up], terminated: { charge: 1 } }
  - name: an incident
    jobs: { charge: [ { fail: broken, retries: 0 }, { complete: } ] }
    calls: { shipping: { never: true } }
    start: { process: order, variables: { order: 1 } }
    steps:
      - expect: { incidents: [ { element: charge, message: broken } ] }
      - set: { order: 2 }
      - resolve: charge
      - expect: { active: [ship], variables: { order: 2 }, incidents: [] }
      - call: shipping
        error: LOST
    expect: { incidents: [ship] }
  - name: the end by hand
    start: { process: order, variables: { order: 1 } }
    steps: [ { cancel: true } ]
    expect: { state: terminated, terminated: [charge] }
",
    );
    assert_eq!(code, 0, "{report}");
}

#[test]
fn what_is_not_as_expected_is_told_with_its_place() {
    let scenario = "jobs: { charge: { complete: { total: 5 }, with: { order: '= > 3' } } }
calls: { shipping: { complete: } }
start: { process: order, variables: { order: 1 } }
expect:
  state: completed
  active: [charge]
  completed: { charge: 2 }
  never: [ship]
  path: [ship, charge]
  variables: { total: 6, order: '= > 1' }
  conditions: ['= total = order']
  instances: { order: 2 }
";
    let expected = [
        "jobs.charge.with.order: > 3 / 1",
        "expect.instances.order: 2 / 1",
        "expect.state: completed / active",
        "expect.completed: charge 2 times / 1 times, of begun, charge, ship",
        "expect.active: charge / wait",
        "expect.never: ship was never begun / begun 1 times",
        "expect.path: ship, charge (stopped at charge) / begun, charge, ship",
        "expect.variables.total: 6 / 5",
        "expect.variables.order: > 1 / 1",
        "expect.conditions:  total = order / false",
    ];
    assert_eq!(failures(scenario), expected);
}

#[test]
fn a_step_that_can_not_be_done_ends_the_scenario() {
    let scenario = "start: { process: order, variables: { order: 1 } }
steps:
  - complete: charge
  - wait: PT1H
expect: { state: completed }
";
    let found = "steps[0]: an open user task at charge / job charge, timer slow";
    assert_eq!(failures(scenario), [found]);
    let scenario = "start: { process: order, variables: { order: 1 } }
steps:
  - job: charge-card
    complete:
    refused: true
";
    assert_eq!(failures(scenario), ["steps[0]: refused:  / done"]);
}

#[test]
fn an_incident_nobody_expected_fails_the_scenario() {
    let scenario = "jobs: { charge: { fail: broken } }
start: { process: order, variables: { order: 1 } }
expect: { active: [charge] }
";
    assert_eq!(failures(scenario), ["expect.incidents: no incident / charge: broken"]);
}

#[test]
fn bad_files_are_told_with_line_path_and_what_was_expected() {
    let cases = [
        (
            "start: order\nsteps: {",
            "3:1: no YAML: while parsing a node, did not find expected node content",
        ),
        ("deploy: [order.bpmn]\n", "1:1: nothing happens (expected start or steps)"),
        (
            "start: order\nsteps:\n  - wait: soon\n",
            "3:11: steps[0].wait: found `soon` (expected a duration such as PT30M)",
        ),
        (
            "start: order\nsteps:\n  - { wait: PT1H, key: 3 }\n",
            "3:19: steps[0]: `key` has no place here (expected one thing that happens in a step, with what belongs to it)",
        ),
        (
            "start: order\njobs: { charge: { complete: 3 } }\n",
            "2:29: jobs.charge.complete: found 3 (expected variables by name, or a FEEL context such as `= {total: 3}`)",
        ),
        (
            "start: order\nexpect: { state: over }\n",
            "2:18: expect.state: found `over` (expected active, completed or terminated)",
        ),
        ("start: order\nstart: order\n", "2:1: `start` is there twice (expected it once)"),
        ("deploy: [missing.form]\nstart: order\n", "1:10: deploy: can't read"),
        (
            "start: { process: order, variables: { a: '= 1 +' } }\n",
            "1:42: start.variables.a: found `= 1 +` (expected FEEL:",
        ),
        (
            "scenarios:\n  - { name: a, start: order }\n  - { name: a, start: order }\n",
            "3:5: scenarios[1]: found a map (expected a name that no other scenario of the file has)",
        ),
        ("start: &a [*a]\n", "1:12: the alias stands inside what it repeats"),
    ];
    for (scenario, expected) in cases {
        let found = problem(scenario);
        assert!(found.starts_with(expected), "{scenario}\n{found}\n{expected}");
    }
}

#[test]
fn a_model_with_problems_is_told_and_the_others_are_played() {
    let folder = Folder::new();
    folder.write("broken.bpmn", "<definitions/>");
    folder.write("broken.test.yaml", "start: broken\n");
    folder.write("order.bpmn", MODEL);
    folder.write("order.test.yaml", "start: { process: order, variables: { order: 1 } }\n");
    let path = folder.path().to_str().expect("UTF-8");
    let (code, output, _) = run_program(&["test", path], &[]);
    assert_eq!(code, 1);
    assert!(output.contains("broken.bpmn:1:1"), "{output}");
    assert!(output.contains("1 scenario in 2 files: 1 passed, 0 failed, 1 file can't be played"));
    let (code, _, errors) = run_program(&["test", &folder.at("nowhere")], &[]);
    assert_eq!(code, 2, "{errors}");
    let empty = Folder::new();
    let (code, _, errors) = run_program(&["test", empty.path().to_str().expect("UTF-8")], &[]);
    assert_eq!(code, 1);
    assert!(errors.contains("expected files ending in .test.yaml"), "{errors}");
}

#[test]
fn junit_and_coverage_are_written() {
    let folder = Folder::new();
    folder.write("order.bpmn", MODEL);
    let scenarios = "scenarios:
  - { name: good, start: { process: order, variables: { order: 1 } }, expect: { active: [charge] } }
  - { name: 'bad <&> \"it\"', start: { process: order, variables: { order: 1 } }, expect: { active: [ship] } }
";
    let file = folder.write("order.test.yaml", scenarios);
    let (junit, coverage) = (folder.at("junit.xml"), folder.at("coverage"));
    let arguments = ["test", &file, "--junit", &junit, "--coverage", &coverage];
    let (code, output, _) = run_program(&arguments, &[]);
    assert_eq!(code, 1);
    assert!(output.contains("2 scenarios in 1 file: 1 passed, 1 failed"), "{output}");
    assert!(output.contains("reached: elements 2 of 9 (22 %), flows 1 of 6 (16 %)"), "{output}");
    assert!(output.contains("path  begun"), "{output}");
    let xml = std::fs::read_to_string(junit).expect("it was written");
    let xml = roxmltree::Document::parse(&xml).expect("well-formed");
    let cases: Vec<_> = xml.descendants().filter(|it| it.has_tag_name("testcase")).collect();
    let names: Vec<_> = cases.iter().filter_map(|it| it.attribute("name")).collect();
    assert_eq!(names, ["good", "bad <&> \"it\""]);
    assert_eq!(cases[0].children().count(), 0);
    assert!(cases[1].children().any(|it| it.has_tag_name("failure")));
    assert_eq!(xml.root_element().attribute("failures"), Some("1"));
    let page = std::fs::read_to_string(format!("{coverage}/index.html")).expect("written");
    assert!(page.contains("<svg") && page.contains("given_up"), "it shows what was not reached");
    let (code, _, _) = run_program(&["test", &file, "--only", "good"], &[]);
    assert_eq!(code, 0);
}

#[test]
fn a_thousand_scenarios_are_played_in_seconds() {
    let folder = Folder::new();
    folder.write("order.bpmn", MODEL);
    for number in 0..100 {
        let mut text =
            "jobs: { charge: { complete: } }\ncalls: { shipping: { complete: } }\nscenarios:\n"
                .to_owned();
        for inner in 0..10 {
            let _ = writeln!(
                text,
                "  - {{ name: s{inner}, start: {{ process: order, variables: {{ order: {number} }} }}, \
                 steps: [ {{ message: paid, key: {number} }} ], expect: {{ state: completed }} }}"
            );
        }
        folder.write(
            &format!("s{number}.test.yaml"),
            &text.replace("jobs:", "deploy: order.bpmn\njobs:"),
        );
    }
    let began = std::time::Instant::now();
    let path = folder.path().to_str().expect("UTF-8");
    let (code, output, _) = run_program(&["test", path], &[]);
    let elapsed = began.elapsed();
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("1000 scenarios in 100 files: 1000 passed"), "{output}");
    assert!(elapsed.as_secs() < 10, "{elapsed:?}");
}
