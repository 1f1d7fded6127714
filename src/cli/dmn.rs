//! `flowstead dmn eval`: what a decision of a DMN model decides, in the program itself.
//!
//! Must not know what a decision is made of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::cli::feel::{Inputs, context, evaluation, read_context};
use crate::cli::files::read_text;
use crate::cli::json_lines::answer_lines;
use crate::cli::lint::line;
use crate::cli::outcome::{Failure, Outcome, REFUSED};
use crate::cli::output::print_json;
use crate::core::dmn::{self, Decided, DecisionModel, Limits};
use crate::core::model::Problem;
use crate::services::processes::FileProblem;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Dmn {
    /// Print the value of a decision as JSON
    Eval(Eval),
}

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// The DMN file
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Id or name of the decision, or of a decision service
    #[arg(long, required_unless_present = "jsonl", conflicts_with = "jsonl", value_name = "ID")]
    decision: Option<String>,
    /// A file with a JSON object of inputs
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    context: Option<PathBuf>,
    /// A model that the model imports
    #[arg(long = "import", value_name = "MODEL", conflicts_with = "jsonl")]
    imports: Vec<PathBuf>,
    /// Print the decisions made and the rules that matched as well
    #[arg(long, conflicts_with = "jsonl")]
    trace: bool,
    /// Answer cases from standard input, a JSON object a line
    #[arg(long)]
    jsonl: bool,
}

impl Dmn {
    pub(crate) fn run(self) -> Outcome {
        let Self::Eval(eval) = self;
        if eval.jsonl {
            let mut models = Models::default();
            return answer_lines(|case| models.answer(case));
        }
        eval.run()
    }
}

impl Eval {
    fn run(self) -> Outcome {
        let path = self.model.unwrap_or_default();
        let in_file = |problem: &Problem| {
            line(&FileProblem { file: path.display().to_string(), problem: problem.clone() })
        };
        let model = read_model(&path, &self.imports)?.map_err(|problems| {
            let lines: Vec<_> = problems.iter().map(in_file).collect();
            Failure::of(REFUSED, format!("the model can't be read\n{}", lines.join("\n")))
        })?;
        model.problems.iter().for_each(|problem| eprintln!("{}", in_file(problem)));
        let inputs = read_context(self.context.as_deref())?;
        let name = self.decision.unwrap_or_default();
        let decided = model
            .decide_any(&name, &Inputs(&inputs), &evaluation(), self.trace)
            .map_err(|error| Failure::of(REFUSED, error))?;
        decided.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
        let value = decided.value.to_tagged_json();
        match decided.trace {
            Some(trace) => print_json(&json!({ "value": value, "trace": trace.to_json() })),
            None => print_json(&value),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A case of many.
#[derive(Deserialize)]
struct Case {
    model: PathBuf,
    #[serde(default)]
    imports: Vec<PathBuf>,
    #[serde(default)]
    invoke: Invoke,
    /// The service or business knowledge model.
    invocable: Option<String>,
    #[serde(default)]
    decisions: Vec<String>,
    #[serde(default)]
    inputs: Json,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Invoke {
    #[default]
    Decision,
    DecisionService,
    Bkm,
}

/// The models that cases named, each read once with its imports.
#[derive(Default)]
struct Models(HashMap<(PathBuf, Vec<PathBuf>), Result<DecisionModel, String>>);

impl Models {
    fn answer(&mut self, case: Case) -> Result<Map<String, Json>, String> {
        let key = (case.model, case.imports);
        if !self.0.contains_key(&key) {
            let model = read_model_or_why(&key.0, &key.1);
            self.0.insert(key.clone(), model);
        }
        let model = self.0[&key].as_ref().map_err(Clone::clone)?;
        let inputs = context(&case.inputs)?;
        let values = match case.invoke {
            Invoke::Decision => {
                let mut values = Map::new();
                for name in case.decisions.into_iter().chain(case.invocable) {
                    let decided = model.decide(&name, &Inputs(&inputs), &evaluation(), false);
                    let decided = decided.map_err(|error| error.to_string())?;
                    values.insert(name, decided.value.to_tagged_json());
                }
                values
            }
            Invoke::DecisionService => {
                let name = case.invocable.ok_or("expected `invocable` to name a service")?;
                let decided = model.decide_service(&name, &Inputs(&inputs), &evaluation(), false);
                named(&decided.map_err(|error| error.to_string())?, case.decisions)
            }
            Invoke::Bkm => {
                let name = case.invocable.ok_or("expected `invocable` to name a model")?;
                let decided = model.call_knowledge(&name, &inputs, &evaluation(), false);
                named(&decided.map_err(|error| error.to_string())?, case.decisions)
            }
        };
        Ok(Map::from_iter([("values".to_owned(), Json::Object(values))]))
    }
}

/// The values asked for by name, the whole value for a name that is no output; else all outputs.
fn named(decided: &Decided, names: Vec<String>) -> Map<String, Json> {
    let output = |name: &str| decided.outputs.iter().find(|(output, _)| **output == *name);
    if names.is_empty() {
        let all = decided.outputs.iter();
        return all.map(|(name, value)| (name.to_string(), value.to_tagged_json())).collect();
    }
    let value = |name: &str| output(name).map_or(&decided.value, |(_, value)| value);
    names.into_iter().map(|name| (name.clone(), value(&name).to_tagged_json())).collect()
}

/// A model with those it imports, or what is wrong with it.
fn read_model(
    path: &Path,
    imports: &[PathBuf],
) -> Result<Result<DecisionModel, Vec<Problem>>, Failure> {
    let source = read_text(path)?;
    let imports = imports.iter().map(|it| read_text(it)).collect::<Result<Vec<_>, _>>()?;
    let imports: Vec<_> = imports.iter().map(String::as_str).collect();
    Ok(dmn::parse_leniently(&source, &imports, &Limits::of_tables()))
}

/// As [`read_model`], with everything that went wrong in one line.
fn read_model_or_why(path: &Path, imports: &[PathBuf]) -> Result<DecisionModel, String> {
    let model = read_model(path, imports).map_err(|it| format!("{:#}", it.error))?;
    model.map_err(|problems| {
        let first = problems.first().map_or("expected a DMN model", |it| &it.message);
        let line = problems.first().map_or(1, |it| it.line);
        format!("{} at line {line}: {first}", path.display())
    })
}
