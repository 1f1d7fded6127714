//! Calling functions: closures and built-ins, with arguments by position or by name.
//! It knows nothing of what any built-in does.

use std::sync::Arc;

use super::{Evaluation, Evaluator, Outcome, null};
use crate::core::feel::ast::{Arguments, Node};
use crate::core::feel::builtins::{self, Builtin, Given};
use crate::core::feel::evaluation::Span;
use crate::core::feel::value::{Closure, Frame, Function, Value};

impl Evaluator<'_> {
    pub(super) fn call(&mut self, callee: &Value, arguments: &Arguments, span: Span) -> Evaluation {
        let Value::Function(function) = callee else {
            let found = callee.type_name();
            self.warn(span, format!("expected a function to call, found {found}"));
            return Ok(Value::Null);
        };
        let warnings = self.warnings.len();
        let given = self.given(arguments)?;
        if let Function::Builtin(builtin) = &**function
            && builtin.accepts_missing
        {
            // Asking whether something is there is no reason for a warning that it is not.
            self.warnings.truncate(warnings);
        }
        self.span = span;
        let outcome = self.invoke(function, given);
        self.settle(outcome, span)
    }

    fn given(&mut self, arguments: &Arguments) -> Evaluation<Given> {
        match arguments {
            Arguments::Positional(nodes) => Ok(Given::Positional(self.values(nodes)?)),
            Arguments::Named(nodes) => {
                let mut named = Vec::with_capacity(nodes.len());
                for (name, node) in nodes {
                    named.push((Arc::clone(name), self.evaluate(node)?));
                }
                Ok(Given::Named(named))
            }
        }
    }

    fn values(&mut self, nodes: &[Node]) -> Evaluation<Vec<Value>> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.evaluate(node)?);
        }
        Ok(values)
    }

    /// Calls a function with arguments already evaluated.
    pub(crate) fn invoke(&mut self, function: &Arc<Function>, given: Given) -> Outcome {
        match &**function {
            Function::Builtin(builtin) => self.invoke_builtin(builtin, given),
            Function::Closure(closure) => self.invoke_closure(function, closure, given),
        }
    }

    fn invoke_builtin(&mut self, builtin: &Builtin, given: Given) -> Outcome {
        let arguments = builtins::bind(builtin, given)?;
        (builtin.function)(self, &arguments)
    }

    fn invoke_closure(
        &mut self,
        function: &Arc<Function>,
        closure: &Closure,
        given: Given,
    ) -> Outcome {
        let arguments = bind_parameters(closure, given)?;
        self.charge(closure.captured.len() + arguments.len())?;
        let mut frames = closure.captured.clone();
        if let Some(name) = &closure.own_name {
            frames.push(Frame::Local(Arc::clone(name), Value::Function(Arc::clone(function))));
        }
        for ((name, declared), argument) in closure.lambda.parameters.iter().zip(arguments) {
            let Some(argument) = self.conform(argument, declared)? else {
                return null(format!("expected an argument of another type for `{name}`"));
            };
            frames.push(Frame::Local(Arc::clone(name), argument));
        }
        self.enter()?;
        let outer = std::mem::replace(&mut self.frames, frames);
        let result = self.evaluate(&closure.lambda.body);
        self.frames = outer;
        self.depth -= 1;
        Ok(result?)
    }
}

fn bind_parameters(closure: &Closure, given: Given) -> Outcome<Vec<Value>> {
    let parameters = &closure.lambda.parameters;
    match given {
        Given::Positional(values) if values.len() == parameters.len() => Ok(values),
        Given::Positional(values) => {
            let (expected, found) = (parameters.len(), values.len());
            null(format!("expected {expected} arguments, found {found}"))
        }
        Given::Named(named) => {
            let find = |name: &str| named.iter().position(|(given, _)| **given == *name);
            let positions: Vec<_> = parameters.iter().map(|(name, _)| find(name)).collect();
            if named.len() != parameters.len() || positions.iter().any(Option::is_none) {
                return null("expected the arguments to be named like the parameters");
            }
            Ok(positions.into_iter().flatten().map(|index| named[index].1.clone()).collect())
        }
    }
}
