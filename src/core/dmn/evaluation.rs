//! Evaluates decisions, business knowledge models and decision services.
//!
//! Must not know XML, nor where inputs come from.
//!
//! **Invariant:** one evaluator serves a whole evaluation, so its limits bound all of it; what an
//! element requires is evaluated before it, without recursion.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::model::{DecisionModel, Element, ElementKind, Graph, Logic, Requirement, Service};
use super::trace::{DecisionTrace, Trace, Tracer};
use crate::core::feel::{
    Body, Custom, EvaluationContext, EvaluationError, Evaluator, Span, Value, Variables, Warning,
};

/// What an evaluation gave.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The value; for a decision service with several decisions a context of theirs.
    pub value: Value,
    /// The values of the decisions a service gives, by name; else the one value by its name.
    pub outputs: Vec<(Arc<str>, Value)>,
    /// Why parts became null, each naming its place in the model.
    pub warnings: Vec<Warning>,
    /// How it came about, if that was asked for.
    pub trace: Option<Trace>,
    /// The first table that could not be used as it is written: an input that isn't among the
    /// allowed values, or rules that contradict its hit policy. Its value is null.
    pub misuse: Option<String>,
}

/// Why there is no value at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// There is no such element.
    #[error("expected the id or name of a {kind} of the model, found `{name}`")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// The id or name it was looked for by.
        name: String,
    },
    /// A limit was exceeded.
    #[error(transparent)]
    Limit(#[from] EvaluationError),
}

/// What `Custom` expressions of the model need while an evaluation runs.
pub(super) struct Host {
    graph: Arc<Graph>,
    pub(super) tracer: Option<Tracer>,
    misuse: OnceCell<String>,
}

/// Notes that a table could not be used as it is written.
pub(super) fn note_misuse(evaluator: &mut Evaluator<'_>, table: &Arc<str>, message: String) {
    if let Some(host) = evaluator.host::<Host>() {
        host.misuse.get_or_init(|| format!("{table}: {message}"));
    }
    evaluator.note(table, message);
}

/// The values of elements so far, by number.
type Known = HashMap<usize, Value>;

type Outcome<T = Value> = Result<T, EvaluationError>;

/// A value, and the values it is made of by name.
type Named = (Value, Vec<(Arc<str>, Value)>);

/// The inputs as outer variables: what the model knows as an element is seen by those only that
/// require it, and anything else by all, as in Camunda 8.
struct Outer<'i> {
    inputs: &'i dyn Variables,
    graph: &'i Graph,
}

impl Variables for Outer<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if self.graph.names.contains(name) { None } else { self.inputs.get(name) }
    }

    fn get_path(&self, name: &str, path: &[Arc<str>]) -> Option<(Value, usize)> {
        if self.graph.names.contains(name) { None } else { self.inputs.get_path(name, path) }
    }
}

impl DecisionModel {
    /// Evaluates a decision, found by id or name, with everything it requires.
    ///
    /// Inputs are read by name; what is missing or of another type is null.
    ///
    /// # Errors
    /// If there is no such decision, or a limit of the context is exceeded.
    pub fn decide(
        &self,
        decision: &str,
        inputs: &dyn Variables,
        ctx: &EvaluationContext,
        is_traced: bool,
    ) -> Result<Decided, DecisionError> {
        let number = self.load(ElementKind::Decision, decision)?;
        self.run(inputs, ctx, is_traced, |evaluator, graph| {
            let value = value_of(graph, evaluator, Some(inputs), number, &mut Known::new())?;
            let name = Arc::clone(&graph.elements[number].info.name);
            Ok((value.clone(), vec![(name, value)]))
        })
    }

    /// Evaluates a decision service, found by id or name; its parameters are read by name.
    ///
    /// # Errors
    /// If there is no such service, or a limit of the context is exceeded.
    pub fn decide_service(
        &self,
        service: &str,
        inputs: &dyn Variables,
        ctx: &EvaluationContext,
        is_traced: bool,
    ) -> Result<Decided, DecisionError> {
        let number = self.load(ElementKind::Service, service)?;
        self.run(inputs, ctx, is_traced, |evaluator, graph| {
            let Logic::Service(service) = &graph.elements[number].logic else {
                return Ok((Value::Null, Vec::new()));
            };
            let mut known = Known::new();
            for (parameter, declared) in &service.parameters {
                let value = input(&graph.elements[parameter.number], inputs);
                let value = evaluator.imported(value)?;
                let value = evaluator.conform_or_null(value, declared, Span::default())?;
                known.insert(parameter.number, value);
            }
            outputs(graph, evaluator, service, known)
        })
    }

    /// Evaluates a decision, or the decision service of that id or name where there is none.
    ///
    /// # Errors
    /// As for [`DecisionModel::decide`].
    pub fn decide_any(
        &self,
        name: &str,
        inputs: &dyn Variables,
        ctx: &EvaluationContext,
        is_traced: bool,
    ) -> Result<Decided, DecisionError> {
        let is_service = self.find(ElementKind::Decision, name).is_none()
            && self.find(ElementKind::Service, name).is_some();
        if is_service {
            return self.decide_service(name, inputs, ctx, is_traced);
        }
        self.decide(name, inputs, ctx, is_traced)
    }

    /// Calls a business knowledge model, found by id or name; its parameters are read by name.
    ///
    /// # Errors
    /// If there is no such model, or a limit of the context is exceeded.
    pub fn call_knowledge(
        &self,
        knowledge: &str,
        inputs: &IndexMap<Arc<str>, Value>,
        ctx: &EvaluationContext,
        is_traced: bool,
    ) -> Result<Decided, DecisionError> {
        let number = self.load(ElementKind::Knowledge, knowledge)?;
        self.run(&(), ctx, is_traced, |evaluator, graph| {
            let function = value_of(graph, evaluator, None, number, &mut Known::new())?;
            let name = Arc::clone(&graph.elements[number].info.name);
            let arguments = inputs
                .iter()
                .map(|(name, value)| (Arc::clone(name), Body::constant(value.clone())));
            let call = Body::invocation(Body::constant(function), arguments.collect());
            let value = evaluator.body_alone(Vec::new(), &call.within(&name))?;
            Ok((value.clone(), vec![(name, value)]))
        })
    }

    fn load(&self, kind: ElementKind, name: &str) -> Result<usize, DecisionError> {
        self.find(kind, name).ok_or_else(|| DecisionError::NotFound {
            kind: match kind {
                ElementKind::Input => "input",
                ElementKind::Decision => "decision",
                ElementKind::Knowledge => "business knowledge model",
                ElementKind::Service => "decision service",
            },
            name: name.to_owned(),
        })
    }

    fn run(
        &self,
        inputs: &dyn Variables,
        ctx: &EvaluationContext,
        is_traced: bool,
        evaluate: impl FnOnce(&mut Evaluator<'_>, &Graph) -> Outcome<Named>,
    ) -> Result<Decided, DecisionError> {
        let tracer = is_traced.then(Tracer::default);
        let host = Host { graph: Arc::clone(&self.graph), tracer, misuse: OnceCell::new() };
        let outer = Outer { inputs, graph: &self.graph };
        let mut evaluator = Evaluator::new(&outer, ctx);
        evaluator.set_host(&host);
        let (value, outputs) = evaluate(&mut evaluator, &self.graph)?;
        let warnings = evaluator.into_warnings();
        let trace = host.tracer.map(Tracer::into_trace);
        Ok(Decided { value, outputs, warnings, trace, misuse: host.misuse.into_inner() })
    }
}

/// The value of an element, after those of everything it requires.
fn value_of(
    graph: &Graph,
    evaluator: &mut Evaluator<'_>,
    inputs: Option<&dyn Variables>,
    number: usize,
    known: &mut Known,
) -> Outcome {
    let mut open = vec![number];
    while let Some(next) = open.last().copied() {
        evaluator.charge(1)?;
        if known.contains_key(&next) {
            open.pop();
            continue;
        }
        let requirements = graph.elements[next].requirements.iter().map(|it| it.number);
        let count = open.len();
        open.extend(requirements.filter(|it| !known.contains_key(it)));
        if open.len() == count {
            let value = evaluate(graph, evaluator, inputs, next, known)?;
            known.insert(next, value);
        }
    }
    Ok(known.get(&number).cloned().unwrap_or_default())
}

/// The value of an element whose requirements are known.
fn evaluate(
    graph: &Graph,
    evaluator: &mut Evaluator<'_>,
    inputs: Option<&dyn Variables>,
    number: usize,
    known: &Known,
) -> Outcome {
    let element = &graph.elements[number];
    match &element.logic {
        Logic::Input(declared) => {
            let value = inputs.map_or(Value::Null, |inputs| input(element, inputs));
            let value = evaluator.imported(value)?;
            let expected = evaluator.conform(value, declared)?;
            if expected.is_none() {
                let message = "expected an input of the declared type".to_owned();
                evaluator.note(&element.info.name, message);
            }
            Ok(expected.unwrap_or_default())
        }
        Logic::Decision(body) => {
            let names = names(&element.requirements, known);
            let value = evaluator.body_alone(names, body)?;
            if let Some(tracer) = evaluator.host::<Host>().and_then(|it| it.tracer.as_ref()) {
                let (id, name) = (element.info.id.clone(), Arc::clone(&element.info.name));
                tracer.add_decision(DecisionTrace { id, name, value: value.clone() });
            }
            Ok(value)
        }
        Logic::Knowledge(body) => evaluator.body_alone(names(&element.requirements, known), body),
        Logic::Service(service) => evaluator.body_alone(Vec::new(), &service.function),
    }
}

/// The value of an input from outside; what is imported may stand under the import's name.
fn input(element: &Element, inputs: &dyn Variables) -> Value {
    let imported = element.import.as_ref().and_then(|import| match inputs.get(import)? {
        Value::Context(context) => context.get(&element.variable).cloned(),
        _ => None,
    });
    let by_name = || inputs.get(&element.variable).or_else(|| inputs.get(&element.info.name));
    imported.or_else(by_name).unwrap_or_default()
}

/// The scope of an element's logic; what is imported stands in a context of the import's name.
fn names(requirements: &[Requirement], known: &Known) -> Vec<(Arc<str>, Value)> {
    let mut names = Vec::with_capacity(requirements.len());
    let mut imported: IndexMap<Arc<str>, IndexMap<Arc<str>, Value>> = IndexMap::new();
    for requirement in requirements {
        let value = known.get(&requirement.number).cloned().unwrap_or_default();
        let name = Arc::clone(&requirement.name);
        match &requirement.import {
            Some(import) => {
                imported.entry(Arc::clone(import)).or_default().insert(name, value);
            }
            None => names.push((name, value)),
        }
    }
    names.extend(imported.into_iter().map(|(name, values)| (name, Value::from(values))));
    names
}

/// What a service gives when its parameters are known.
fn outputs(
    graph: &Graph,
    evaluator: &mut Evaluator<'_>,
    service: &Service,
    mut known: Known,
) -> Outcome<Named> {
    let mut values = Vec::with_capacity(service.outputs.len());
    for output in &service.outputs {
        let value = value_of(graph, evaluator, None, output.number, &mut known)?;
        values.push((Arc::clone(&output.name), value));
    }
    if let [(_, only)] = &mut values[..] {
        let value = evaluator.conform_or_null(only.clone(), &service.result, Span::default())?;
        *only = value.clone();
        return Ok((value, values));
    }
    let context = evaluator.context(values.iter().cloned().collect())?;
    let context = evaluator.conform_or_null(context, &service.result, Span::default())?;
    Ok((context, values))
}

/// The body of a decision service's function: its parameters are the names in scope.
pub(super) struct ServiceCall {
    pub(super) number: usize,
}

impl Custom for ServiceCall {
    fn evaluate(&self, evaluator: &mut Evaluator<'_>) -> Outcome {
        let Some(host) = evaluator.host::<Host>() else { return Ok(Value::Null) };
        let graph = &host.graph;
        let Logic::Service(service) = &graph.elements[self.number].logic else {
            return Ok(Value::Null);
        };
        let mut known = Known::new();
        for (parameter, _) in &service.parameters {
            let value = evaluator.argument(&parameter.name)?;
            known.insert(parameter.number, value);
        }
        Ok(outputs(graph, evaluator, service, known)?.0)
    }
}
