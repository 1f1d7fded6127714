//! Boxed expressions, and what their owners may ask of the evaluator.
//! It knows nothing of decisions and tables.

use std::any::Any;
use std::sync::{Arc, LazyLock};

use super::{Evaluation, Evaluator};
use crate::core::feel::ast::{Kind, Lambda, Node};
use crate::core::feel::boxed::{Body, Tests};
use crate::core::feel::evaluation::Span;
use crate::core::feel::value::{Frame, Value};

/// The name of the tested input, made once.
static INPUT: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("?"));

impl<'a> Evaluator<'a> {
    /// Keeps something of the caller's for `Custom` expressions.
    pub(crate) fn set_host(&mut self, host: &'a dyn Any) {
        self.host = Some(host);
    }

    /// What the caller kept, if it is of this type.
    pub(crate) fn host<T: 'static>(&self) -> Option<&'a T> {
        self.host.and_then(|host| host.downcast_ref())
    }

    /// Evaluates a boxed expression in the present scope.
    pub(crate) fn body(&mut self, body: &Body) -> Evaluation {
        self.evaluate(&body.0)
    }

    /// Evaluates a boxed expression in a scope of these names and no others.
    pub(crate) fn body_alone(&mut self, names: Vec<(Arc<str>, Value)>, body: &Body) -> Evaluation {
        self.charge(names.len())?;
        let frames = names.into_iter().map(|(name, value)| Frame::Local(name, value)).collect();
        self.enter()?;
        let outer = std::mem::replace(&mut self.frames, frames);
        let result = self.evaluate(&body.0);
        self.frames = outer;
        self.depth -= 1;
        result
    }

    /// The value of a name in scope, null if there is none.
    pub(crate) fn argument(&mut self, name: &str) -> Evaluation {
        Ok(self.local(name)?.unwrap_or_default())
    }

    /// Warns of something that no part of a source stands for.
    pub(crate) fn note(&mut self, origin: &Arc<str>, message: String) {
        let outer = self.origin.replace(Arc::clone(origin));
        self.warn(Span::default(), message);
        self.origin = outer;
    }

    /// Whether an input fits tests; what has no answer does not.
    pub(crate) fn fits_tests(&mut self, input: &Value, tests: &Tests) -> Evaluation<bool> {
        let outer = self.origin.replace(Arc::clone(&tests.origin));
        let result = self.passes(input, &tests.node);
        self.origin = outer;
        result
    }

    pub(super) fn passes(&mut self, input: &Value, tests: &Node) -> Evaluation<bool> {
        let Kind::UnaryTests(tests) = &tests.kind else { return Ok(false) };
        self.charge(1)?;
        if tests.tests.is_empty() {
            return Ok(true);
        }
        let needs_input = tests.tests.iter().any(|test| test.uses_input);
        if needs_input {
            self.frames.push(Frame::Local(Arc::clone(&INPUT), input.clone()));
        }
        let fits = self.any_fits(input, &tests.tests);
        if needs_input {
            self.frames.pop();
        }
        Ok(fits?.is_some_and(|fits| fits != tests.negated))
    }

    pub(super) fn scoped(&mut self, entries: &[(Arc<str>, Node)], result: &Node) -> Evaluation {
        let frames = self.frames.len();
        for (name, node) in entries {
            let value = match function_of(node) {
                Some(lambda) => self.closure(lambda, Some(name))?,
                None => self.evaluate(node)?,
            };
            self.frames.push(Frame::Local(Arc::clone(name), value));
        }
        let result = self.evaluate(result);
        self.frames.truncate(frames);
        result
    }

    pub(super) fn within(&mut self, origin: &Arc<str>, node: &Node) -> Evaluation {
        let outer = self.origin.replace(Arc::clone(origin));
        let result = self.evaluate(node);
        self.origin = outer;
        result
    }
}

/// The function an entry is, which may call itself by the entry's name.
pub(super) fn function_of(node: &Node) -> Option<&Arc<Lambda>> {
    match &node.kind {
        Kind::Function(lambda) => Some(lambda),
        Kind::Within(_, inner) => function_of(inner),
        _ => None,
    }
}
