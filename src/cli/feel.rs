//! `flowstead feel eval`: the value of a FEEL expression, in the program itself.
//!
//! Must not know FEEL's grammar.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::cli::files::read_text;
use crate::cli::json_lines::answer_lines;
use crate::cli::outcome::{Failure, Outcome, REFUSED, UNREADABLE};
use crate::cli::output::print_json;
use crate::core::feel::{EvaluationContext, Expression, ParseError, Value};
use crate::platform::clock::{Clock, SystemClock};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Feel {
    /// Print the value of an expression as JSON
    Eval(Eval),
}

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// The expression, without a leading `=`
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", value_name = "EXPR")]
    expression: Option<String>,
    /// A file with a JSON object of variables
    #[arg(long, value_name = "FILE", conflicts_with = "jsonl")]
    context: Option<PathBuf>,
    /// Answer cases from standard input, a JSON object a line
    #[arg(long)]
    jsonl: bool,
}

impl Feel {
    pub(crate) fn run(self) -> Outcome {
        let Self::Eval(eval) = self;
        if eval.jsonl {
            return answer_lines(|case| answer(&case));
        }
        eval.run()
    }
}

impl Eval {
    fn run(self) -> Outcome {
        let variables = read_context(self.context.as_deref())?;
        let source = self.expression.unwrap_or_default();
        let refused = |message: String| Failure::of(REFUSED, message);
        let expression = Expression::parse_naming(&source, variables.keys().cloned())
            .map_err(|error| refused(pointed_at(&source, &error)))?;
        let evaluated = expression
            .evaluate(&Inputs(&variables), &evaluation())
            .map_err(|error| refused(error.to_string()))?;
        for warning in &evaluated.warnings {
            eprintln!("warning: {warning}");
        }
        print_json(&evaluated.value.to_tagged_json());
        Ok(ExitCode::SUCCESS)
    }
}

/// The error, the line it is in and a mark below the character.
fn pointed_at(source: &str, error: &ParseError) -> String {
    let line = source.lines().nth(error.line - 1).unwrap_or_default();
    format!("{error}\n  {line}\n  {}^", " ".repeat(error.column - 1))
}

/// Variables by name.
pub(crate) type Context = IndexMap<Arc<str>, Value>;

/// Variables as FEEL reads them.
pub(crate) struct Inputs<'c>(pub(crate) &'c Context);

impl crate::core::feel::Variables for Inputs<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// The present moment, told in UTC.
pub(crate) fn evaluation() -> EvaluationContext {
    EvaluationContext::at(SystemClock.now())
}

/// The variables of a JSON object, `null` being none.
pub(crate) fn context(json: &Json) -> Result<Context, String> {
    match json {
        Json::Null => Ok(Context::new()),
        Json::Object(object) => object
            .iter()
            .map(|(name, value)| Ok((Arc::from(name.as_str()), Value::from_tagged_json(value)?)))
            .collect(),
        _ => Err("expected the variables to be a JSON object".to_owned()),
    }
}

/// The variables in a file.
pub(crate) fn read_context(path: Option<&Path>) -> Result<Context, Failure> {
    let Some(path) = path else { return Ok(Context::new()) };
    let read = |text: String| {
        let json =
            serde_json::from_str(&text).map_err(|error| format!("expected JSON: {error}"))?;
        context(&json)
    };
    read(read_text(path)?).map_err(|error| {
        Failure::new(UNREADABLE, anyhow!("can't read {}: {error}", path.display()))
    })
}

/// A case of many.
#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    kind: Kind,
    expression: String,
    #[serde(default)]
    context: Json,
    #[serde(default)]
    input: Json,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Expression,
    UnaryTests,
}

fn answer(case: &Case) -> Result<Map<String, Json>, String> {
    let variables = context(&case.context)?;
    let names = variables.keys().cloned();
    let evaluated = match case.kind {
        Kind::Expression => {
            let expression = Expression::parse_naming(&case.expression, names);
            let expression = expression.map_err(|error| error.to_string())?;
            expression.evaluate(&Inputs(&variables), &evaluation())
        }
        Kind::UnaryTests => {
            let tests = Expression::parse_unary_tests_naming(&case.expression, names);
            let tests = tests.map_err(|error| error.to_string())?;
            let input = Value::from_tagged_json(&case.input)?;
            tests.evaluate_unary(&input, &Inputs(&variables), &evaluation())
        }
    };
    let value = evaluated.map_err(|error| error.to_string())?.value;
    Ok(Map::from_iter([("value".to_owned(), value.to_tagged_json())]))
}
