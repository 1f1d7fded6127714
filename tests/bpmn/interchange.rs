//! The reference models of the BPMN Model Interchange Working Group: which can be deployed, and the
//! reasons why others can't.
//!
//! None of them is marked as executable, so each is read as it is and as if it were. What is found
//! stands in `interchange.txt`; `FLOWSTEAD_BLESS=1` writes it anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use flowstead::core::bpmn::{Limits, parse};

use super::{folder, models};

#[test]
fn reference_models_are_refused_for_what_they_lack_and_nothing_else() {
    let Some(conformance) = std::env::var_os("FLOWSTEAD_CONFORMANCE").map(PathBuf::from) else {
        eprintln!("skipped: no conformance data");
        return;
    };
    let mut told = String::new();
    for (path, source) in models(&conformance.join("bpmn-miwg")) {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let _ = writeln!(told, "== {name}");
        tell(&mut told, "as it is", &source);
        let executable = source.replace("isExecutable=\"false\"", "isExecutable=\"true\"");
        tell(&mut told, "as if executable", &executable);
    }
    let path = folder("tests/bpmn/interchange.txt");
    if std::env::var_os("FLOWSTEAD_BLESS").is_some() {
        std::fs::write(&path, &told).expect("the folder can be written to");
    }
    let expected = std::fs::read_to_string(path).expect("the file is there");
    assert_eq!(told, expected, "FLOWSTEAD_BLESS=1 writes it anew");
}

fn tell(told: &mut String, how: &str, source: &str) {
    let problems = match parse(source, &Limits::default()) {
        Ok(model) => {
            let ids: Vec<&str> = model.processes.iter().map(|it| &*it.id).collect();
            let _ = writeln!(told, "{how}: deploys {}", ids.join(", "));
            return;
        }
        Err(problems) => problems,
    };
    let _ = writeln!(told, "{how}: refused");
    for problem in problems {
        let element = problem.element_id.map(|id| format!(" {id}")).unwrap_or_default();
        let place = format!("{}:{}{element}", problem.line, problem.column);
        let _ = writeln!(told, "  {place}: {}", problem.message);
    }
}
