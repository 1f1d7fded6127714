//! Why an upload was refused: every problem of every file at once.
//! Must not know how problems are found.

use super::layout::{Layout, Section};
use askama::Template;

/// The refused upload; nothing of it was deployed.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/deploy_problems.html")]
pub struct DeployProblemsPage {
    pub layout: Layout,
    /// For example `3 problems in 2 files`.
    pub summary: String,
    pub files: Vec<ProblemFile>,
}

/// An uploaded file with its problems; none when only others were refused.
#[derive(Clone, Debug)]
pub struct ProblemFile {
    pub name: String,
    pub problems: Vec<ProblemRow>,
}

/// One thing that is wrong with a model.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    /// Empty when the problem has no place in the file.
    pub line: String,
    /// Empty when it belongs to no element.
    pub element_id: String,
    /// What is wrong.
    pub message: String,
    /// What would be right; empty when the message says it.
    pub remedy: String,
}

impl DeployProblemsPage {
    #[must_use]
    pub fn sample() -> Self {
        let problem = |line: &str, element_id: &str, message: &str, remedy: &str| ProblemRow {
            line: line.into(),
            element_id: element_id.into(),
            message: message.into(),
            remedy: remedy.into(),
        };
        Self {
            layout: Layout::sample("Deployment refused", Section::Processes, "/processes"),
            summary: "3 problems in 2 files".into(),
            files: vec![
                ProblemFile {
                    name: "expense-approval.bpmn".into(),
                    problems: vec![
                        problem(
                            "42",
                            "flow_yes",
                            "the condition `=amount >` ends too early",
                            "expected a value after `>`, for example `=amount > 500`",
                        ),
                        problem(
                            "57",
                            "task_pay",
                            "the service task has no task definition",
                            "expected a `zeebe:taskDefinition` with a type",
                        ),
                    ],
                },
                ProblemFile {
                    name: "expense.form".into(),
                    problems: vec![problem(
                        "9",
                        "",
                        "the field type `signature` is not known",
                        "expected one of the form-js field types",
                    )],
                },
                ProblemFile { name: "expense.schema.json".into(), problems: Vec::new() },
            ],
        }
    }
}
