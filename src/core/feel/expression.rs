//! An expression: parsed once, evaluated often.
//! It knows nothing of who evaluates it and why.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::feel::ast::Node;
use crate::core::feel::error::ParseError;
use crate::core::feel::evaluation::{Evaluated, EvaluationContext, EvaluationError};
use crate::core::feel::evaluator::Evaluator;
use crate::core::feel::parser::{Candidate, Form, Scope, parse};
use crate::core::feel::value::Value;
use crate::core::feel::variables::Variables;

/// Readings of one source kept at a time; callers come with the same variables again and again.
const READINGS_MAX: usize = 8;

/// A parsed FEEL expression or the unary tests of a decision table's cell.
///
/// Cloning shares it; it may be used from several threads. Two are equal if their sources are.
#[derive(Clone)]
pub struct Expression(Arc<Parsed>);

struct Parsed {
    source: Box<str>,
    form: Form,
    /// Outer variables known to exist, whose names may hold symbols and keywords.
    known: Scope,
    root: Node,
    variables: BTreeSet<String>,
    candidates: Vec<Candidate>,
    /// The source read anew with some candidates taken for names.
    readings: Mutex<Vec<Reading>>,
}

struct Reading {
    names: Vec<String>,
    root: Arc<Node>,
}

impl Expression {
    /// Parses an expression; `source` comes without the leading `=` of Camunda's attributes.
    ///
    /// # Errors
    /// If the source is no expression: what was expected, and where.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_as(source, Form::Expression, Vec::new())
    }

    /// Parses an expression over variables of these names, which may hold symbols and keywords.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse_naming(
        source: &str,
        names: impl IntoIterator<Item = Arc<str>>,
    ) -> Result<Self, ParseError> {
        Self::parse_as(source, Form::Expression, names.into_iter().collect())
    }

    /// Parses the unary tests of a decision table's cell (DMN 1.5, 10.3.1.2, rule 15).
    ///
    /// # Errors
    /// If the source is no list of tests: what was expected, and where.
    pub fn parse_unary_tests(source: &str) -> Result<Self, ParseError> {
        Self::parse_as(source, Form::UnaryTests, Vec::new())
    }

    /// Parses unary tests over variables of these names, which may hold symbols and keywords.
    ///
    /// # Errors
    /// As [`Expression::parse_unary_tests`].
    pub fn parse_unary_tests_naming(
        source: &str,
        names: impl IntoIterator<Item = Arc<str>>,
    ) -> Result<Self, ParseError> {
        Self::parse_as(source, Form::UnaryTests, names.into_iter().collect())
    }

    fn parse_as(source: &str, form: Form, known: Vec<Arc<str>>) -> Result<Self, ParseError> {
        let scope = Scope::default().naming(known);
        let parsed = parse(source, form, &scope)?;
        let mut variables = parsed.reads;
        variables.extend(parsed.candidates.iter().map(|candidate| candidate.name.clone()));
        Ok(Self(Arc::new(Parsed {
            source: Box::from(source),
            form,
            known: scope,
            root: parsed.root,
            variables,
            candidates: parsed.candidates,
            readings: Mutex::new(Vec::new()),
        })))
    }

    /// The source it was parsed from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The outer variables it may read, by the first part of their paths. Names in a filter are
    /// among them, as they may be entries of the item or variables; so are both readings of `a-b`.
    #[must_use]
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.0.variables
    }

    /// Evaluates it. Whatever has no result is null, with a warning that says why.
    ///
    /// # Errors
    /// If the evaluation exceeds a limit of the context, and for no other reason.
    pub fn evaluate(
        &self,
        variables: &dyn Variables,
        ctx: &EvaluationContext,
    ) -> Result<Evaluated, EvaluationError> {
        self.run(Evaluator::new(variables, ctx), variables)
    }

    /// Evaluates it with `?` meaning `input`: true if the input fits the tests.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_unary(
        &self,
        input: &Value,
        variables: &dyn Variables,
        ctx: &EvaluationContext,
    ) -> Result<Evaluated, EvaluationError> {
        let mut evaluator = Evaluator::new(variables, ctx);
        evaluator.set_input(input);
        self.run(evaluator, variables)
    }

    fn run(
        &self,
        mut evaluator: Evaluator<'_>,
        variables: &dyn Variables,
    ) -> Result<Evaluated, EvaluationError> {
        let reading = self.reading(variables);
        let root = reading.as_deref().unwrap_or(&self.0.root);
        let value = evaluator.evaluate(root)?;
        Ok(Evaluated { value, warnings: evaluator.into_warnings() })
    }

    /// The source read with `a-b` as a name, where there is such a variable and no `a`.
    fn reading(&self, variables: &dyn Variables) -> Option<Arc<Node>> {
        let is_meant = |candidate: &&Candidate| {
            !variables.contains(&candidate.first) && variables.contains(&candidate.name)
        };
        let candidates = self.0.candidates.iter().filter(is_meant);
        let names: Vec<&str> = candidates.map(|candidate| candidate.name.as_str()).collect();
        if names.is_empty() {
            return None;
        }
        let mut readings = self.0.readings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = readings.iter().find(|reading| reading.names == names) {
            return Some(Arc::clone(&reading.root));
        }
        let meant = names.iter().map(|name| Arc::from(*name));
        let scope = self.0.known.clone().naming(meant);
        let root = Arc::new(parse(&self.0.source, self.0.form, &scope).ok()?.root);
        if readings.len() >= READINGS_MAX {
            readings.remove(0);
        }
        let names = names.into_iter().map(str::to_owned).collect();
        readings.push(Reading { names, root: Arc::clone(&root) });
        Some(root)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.form == other.0.form && self.0.source == other.0.source
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}
