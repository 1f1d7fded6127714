//! `flowstead lint`: exact output and exit codes.

use serde_json::Value as Json;

use super::{Folder, example};
use crate::support::server::run_program;

const MODEL: &str = r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    targetNamespace="t">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:serviceTask id="work" />
    <bpmn:sequenceFlow id="f" sourceRef="start" targetRef="work" />
  </bpmn:process>
</bpmn:definitions>
"#;

#[test]
fn accepted_files_are_counted() {
    let (code, output, errors) = run_program(&["lint", &example("expense-approval")], &[]);
    assert_eq!((code, output.as_str(), errors.as_str()), (0, "4 files accepted\n", ""));
}

#[test]
fn problems_are_lines_with_file_line_column_and_element() {
    let folder = Folder::new();
    let model = folder.write("p.bpmn", MODEL);
    let form = folder.write("f.form", "{");
    let (code, output, errors) = run_program(&["lint", &model, &form], &[]);
    assert_eq!((code, errors.as_str()), (1, ""), "{output}");
    let lines: Vec<&str> = output.lines().collect();
    let wanted = format!(
        "{model}:5:5 work: the job has no type (expected a `zeebe:taskDefinition` with a `type`)"
    );
    assert!(lines.contains(&wanted.as_str()), "{output}");
    assert!(lines.iter().any(|line| line.starts_with(&format!("{form}:1:"))), "{output}");
    let problems = lines.iter().filter(|it| !it.contains("warning: ")).count() - 1;
    assert_eq!(lines.last(), Some(&format!("{problems} problems in 2 files").as_str()));
    // Not on a terminal, so without colours.
    assert!(!output.contains('\u{1b}'));
}

#[test]
fn problems_are_json_for_programs() {
    let folder = Folder::new();
    let model = folder.write("p.bpmn", MODEL);
    let (code, output, _) = run_program(&["lint", &model, "--json"], &[]);
    assert_eq!(code, 1);
    let report: Json = serde_json::from_str(&output).expect("JSON");
    assert_eq!(report["is_accepted"], false);
    let problems = report["problems"].as_array().expect("a list");
    let work = problems.iter().find(|it| it["element_id"] == "work").expect("it is there");
    assert_eq!((&work["line"], &work["column"]), (&5.into(), &5.into()));
    assert_eq!(work["severity"], "error");
    assert_eq!(work["file"], model.as_str());
}

#[test]
fn what_is_no_text_can_not_be_read() {
    let folder = Folder::new();
    let path = folder.at("p.bpmn");
    std::fs::write(&path, [0xff, 0xfe]).expect("the file can be written");
    let (code, _, errors) = run_program(&["lint", &path], &[]);
    assert_eq!((code, errors), (2, format!("error: can't read {path}: expected text in UTF-8\n")));
    let empty = Folder::new();
    let folder = empty.path().to_str().expect("UTF-8");
    let (code, _, errors) = run_program(&["lint", folder], &[]);
    let expected = format!(
        "error: there is nothing to deploy in {folder}: expected files ending in .bpmn, .dmn, .form \
         or .schema.json\n"
    );
    assert_eq!((code, errors), (2, expected));
}

#[test]
fn a_file_of_another_kind_is_a_problem() {
    let folder = Folder::new();
    let path = folder.write("notes.txt", "hello");
    let (code, output, _) = run_program(&["lint", &path], &[]);
    let expected = format!(
        "{path}:1:1: \"{path}\" is not a file that can be deployed (expected a name ending in \
         .bpmn, .dmn, .form or .schema.json)\n1 problem in 1 file\n"
    );
    assert_eq!((code, output), (1, expected));
}
