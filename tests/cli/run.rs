//! `flowstead run`: what a run prints and how it ends.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use super::{Folder, example};
use crate::support::server::{PROGRAM, run_program};

const AT: [&str; 2] = ["--at", "2030-01-31T12:00:00Z"];

#[test]
fn the_trace_is_indented_with_virtual_times() {
    let model = example("expense-approval/expense-approval.bpmn");
    let variables = ["--var", "amount=50", "--var", "purpose=Taxi", "--var", "email=a@example.org"];
    let arguments = [&["run", &model][..], &variables, &AT].concat();
    let (code, output, errors) = run_program(&arguments, &[]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let expected = r#"> process expense-approval "Expense approval"
  amount = 50
  purpose = "Taxi"
  email = "a@example.org"
  > start event expense_requested "Expense requested"
  > exclusive gateway amount_checked "Up to 100?"
  > script task approve_automatically "Approve automatically"
  approved = true
  < script task approve_automatically "Approve automatically"
  > service task notify_approved "Tell: approved"
    to = "a@example.org"
    subject = "Approved: Taxi"
    body = "Your expense of 50 for Taxi was approved."
    job io.camunda:email:1
    mail to a@example.org: Approved: Taxi
  > end event expense_approved "Expense approved"
< process expense-approval "Expense approval"
"#;
    let timed = expected.lines().map(|line| format!("2030-01-31T12:00:00Z {line}\n"));
    let timed = timed.collect::<Vec<_>>().concat();
    let ending = "\ncompleted\n  amount = 50\n  purpose = \"Taxi\"\n  email = \"a@example.org\"\n  \
                  approved = true\n";
    assert_eq!(output, format!("{timed}{ending}"));
}

#[test]
fn time_passes_timers_before_a_late_answer() {
    let folder = Folder::new();
    let late = json!({ "approve_expense": { "$after": "PT30H", "approved": false } });
    let answers = folder.write("answers.json", &late.to_string());
    let model = example("expense-approval/expense-approval.bpmn");
    let variables =
        ["--var", "amount=500", "--var", "purpose=Desk", "--var", "email=a@example.org"];
    let arguments = [&["run", &model, "--answers", &answers][..], &variables, &AT].concat();
    let (code, output, errors) = run_program(&arguments, &[]);
    assert_eq!((code, errors.as_str()), (0, ""), "{output}");
    let place = |text: &str| output.find(text).unwrap_or_else(|| panic!("no {text} in {output}"));
    let reminded = place("2030-02-01T12:00:00Z     mail to approvers@example.com");
    let rejected = place("2030-02-01T18:00:00Z     mail to a@example.org: Rejected: Desk");
    assert!(reminded < rejected);
}

#[test]
fn json_has_state_variables_and_every_event() {
    let model = example("daily-report/daily-report.bpmn");
    let (code, output, _) = run_program(&[&["run", &model, "--json"][..], &AT].concat(), &[]);
    assert_eq!(code, 0);
    let run: Json = serde_json::from_str(&output).expect("JSON");
    assert_eq!(run["state"], "completed");
    assert_eq!(run["variables"]["report"]["best"], "West");
    let trace = run["trace"].as_array().expect("a list");
    assert_eq!(trace[0]["event"]["instance_created"]["process_id"], "daily-report");
    assert!(trace.iter().all(|line| line["at"] == "2030-01-31T12:00:00Z"));
}

#[test]
fn a_missing_answer_stops_the_run() {
    let folder = Folder::new();
    let answers = folder.write("answers.json", "{}");
    let model = example("expense-approval/expense-approval.bpmn");
    let arguments = ["run", &model, "--answers", &answers, "--var", "amount=500"];
    let (code, _, errors) = run_program(&arguments, &[]);
    let expected = "error: the run stopped: user task approve_expense \"Approve expense\" has no \
                    answer\n";
    assert_eq!((code, errors.as_str()), (1, expected));
}

#[test]
fn an_incident_ends_the_run_with_exit_code_1() {
    let model = example("expense-approval/expense-approval.bpmn");
    let (code, output, _) = run_program(&["run", &model, "--var", "amount=true"], &[]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("it can't go on:\n  exclusive gateway amount_checked"), "{output}");
}

#[test]
fn wrong_answers_are_told() {
    let rows = [
        (
            "[]",
            "expected a JSON object with an answer for each element id: invalid type: \
                sequence, expected a map at line 1 column 0",
        ),
        (r#"{"a": 5}"#, "a: expected an object of variables, or a list of such"),
        (r#"{"a": [{}, 5]}"#, "a[2]: expected an object of variables, or a list of such"),
        (r#"{"a": {"$error": 5}}"#, "a.$error: expected an error code, found 5"),
        (r#"{"a": {"$fail": true}}"#, "a.$fail: expected a text that says why, found true"),
        (r#"{"a": {"$never": "x"}}"#, "a.$never: expected true or false, found \"x\""),
        (
            r#"{"a": {"$after": "soon"}}"#,
            "a.$after: expected a duration such as PT30H, found \"soon\"",
        ),
        (
            r#"{"a": {"$sometimes": 1}}"#,
            "a.$sometimes: expected a variable, $error, $message, $fail, $after or $never",
        ),
    ];
    let folder = Folder::new();
    let model = example("daily-report/daily-report.bpmn");
    for (content, expected) in rows {
        let answers = folder.write("answers.json", content);
        let (code, output, errors) = run_program(&["run", &model, "--answers", &answers], &[]);
        assert_eq!(errors, format!("error: {answers}: {expected}\n"));
        assert_eq!((code, output.as_str()), (1, ""));
    }
}

#[test]
fn a_form_is_asked_field_by_field() {
    let model = example("expense-approval/expense-approval.bpmn");
    let mut process = Command::new(PROGRAM)
        .args(["run", &model, "--json", "--var", "amount=500", "--var", "purpose=Desk"])
        .args(["--var", "email=a@example.org"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = process.stdin.take().expect("a pipe");
    input.write_all(b"yes\nlooks right\n\n\n\n").expect("it is read");
    drop(input);
    let output = process.wait_with_output().expect("the program ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let run: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(run["variables"]["approved"], true, "{errors}");
}

#[test]
fn a_run_without_input_does_not_hang() {
    let model = example("expense-approval/expense-approval.bpmn");
    let (code, _, errors) = run_program(&["run", &model, "--var", "amount=500"], &[]);
    assert_eq!(code, 1);
    let expected = "error: the input ended; answer at the prompt, or by a file with --answers\n";
    assert!(errors.ends_with(expected), "{errors}");
}
