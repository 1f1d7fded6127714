//! Why an upload was refused: every problem of every file at once.
//! Must not know how problems are found.

use super::layout::{Layout, Section};
use super::parts::Snippet;
use super::words::with_code;
use crate::core::model::Severity;
use crate::http::api::deployments::summary;
use crate::services::processes::FileProblem;
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
    /// It alone would not refuse the deployment.
    pub is_warning: bool,
    /// What is wrong, with what stands in the file as hits.
    pub message: Vec<Snippet>,
    /// What would be right; empty when the message says it.
    pub remedy: Vec<Snippet>,
}

impl ProblemFile {
    /// How many problems must go before the file can be deployed.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|it| !it.is_warning).count()
    }
}

impl DeployProblemsPage {
    /// The page for an upload of files with these names.
    #[must_use]
    pub fn of(layout: Layout, names: Vec<String>, problems: Vec<FileProblem>) -> Self {
        let is_error = |it: &&FileProblem| it.problem.severity == Severity::Error;
        let summary = summary(problems.iter().filter(is_error));
        let mut files: Vec<ProblemFile> = Vec::new();
        for name in names {
            files.push(ProblemFile { name, problems: Vec::new() });
        }
        for FileProblem { file, problem } in problems {
            let row = ProblemRow {
                line: problem.line.to_string(),
                element_id: problem.element_id.unwrap_or_default(),
                is_warning: problem.severity == Severity::Warning,
                message: with_code(&problem.message),
                remedy: problem
                    .expected
                    .map_or_else(Vec::new, |it| with_code(&format!("expected {it}"))),
            };
            match files.iter_mut().find(|known| known.name == file) {
                Some(known) => known.problems.push(row),
                None => files.push(ProblemFile { name: file, problems: vec![row] }),
            }
        }
        Self { layout, summary, files }
    }

    #[must_use]
    pub fn sample() -> Self {
        let problem = |line: &str, element_id: &str, message: &str, remedy: &str| ProblemRow {
            line: line.into(),
            element_id: element_id.into(),
            is_warning: false,
            message: with_code(message),
            remedy: with_code(remedy),
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
