//! Boxed expressions of all kinds (DMN 1.5, 10.2) as FEEL's trees.
//!
//! Must not know the requirement graph, nor how tables choose their rules.

use std::sync::Arc;

use super::compiler::expression_in;
use super::library::{Library, normalized};
use super::table;
use super::types::{self, Types};
use super::xml::{self, Located, Node};
use crate::core::feel::{Body, ParseError, Quantifier, Scope, Tests, Type, Value};
use crate::core::xml::report::{Place, Report};

/// The elements that are expressions.
pub(super) fn is_expression(name: &str) -> bool {
    matches!(
        name,
        "literalExpression"
            | "invocation"
            | "decisionTable"
            | "context"
            | "functionDefinition"
            | "relation"
            | "list"
            | "conditional"
            | "for"
            | "some"
            | "every"
            | "filter"
    )
}

/// Compiles the expressions of one element.
///
/// An expression that can't be read is reported and compiled to null with a warning.
pub(super) struct Expressions<'e, 'a, 's> {
    pub(super) library: &'e Library<'a>,
    pub(super) types: &'e Types,
    pub(super) file: usize,
    /// The element's name, for warnings.
    pub(super) label: Arc<str>,
    pub(super) scope: Scope,
    pub(super) report: &'e mut Report<'s>,
}

impl<'a> Expressions<'_, 'a, '_> {
    /// The expression among an element's children.
    pub(super) fn child_of(&mut self, node: Node<'a>) -> Option<Body> {
        expression_in(node).map(|it| self.expression(it))
    }

    /// The expression among an element's children; its absence is a problem.
    fn needed(&mut self, node: Node<'a>) -> Body {
        self.child_of(node).unwrap_or_else(|| {
            let name = node.tag_name().name();
            let message = format!("`{name}` has no expression");
            self.report.error(xml::place(node), message, "a boxed expression");
            Body::constant(Value::Null)
        })
    }

    /// The expression in a part of a boxed expression, such as the `then` of a conditional.
    fn part(&mut self, node: Node<'a>, name: &'static str) -> Body {
        if let Some(part) = xml::child(node, name) {
            return self.needed(part);
        }
        let message = format!("`{}` has no `{name}`", node.tag_name().name());
        self.report.error(xml::place(node), message, format!("`{name}` with an expression"));
        Body::constant(Value::Null)
    }

    /// Nesting is bounded by that of the file's elements.
    fn expression(&mut self, node: Node<'a>) -> Body {
        let declared = self.declared(node);
        let body = match node.tag_name().name() {
            "literalExpression" => self.literal(node),
            "invocation" => self.invocation(node),
            "decisionTable" => Body::custom(Arc::new(table::read(self, node))),
            "context" => self.context(node),
            "functionDefinition" => return self.function(node, None),
            "relation" => self.relation(node),
            "list" => {
                let items: Vec<_> = expressions_in(node);
                Body::list(items.into_iter().map(|it| self.expression(it)).collect())
            }
            "conditional" => {
                let (condition, then) = (self.part(node, "if"), self.part(node, "then"));
                Body::conditional(condition, then, self.part(node, "else"))
            }
            "filter" => self.filter(node),
            _ => self.iterator(node),
        };
        body.conforming(declared)
    }

    /// The type an element declares.
    pub(super) fn declared(&mut self, node: Node<'a>) -> Type {
        self.types.of_node(self.library, self.file, node, self.report)
    }

    fn literal(&mut self, node: Node<'a>) -> Body {
        if let Some(language) = xml::attribute(node, "expressionLanguage")
            && !language.to_ascii_lowercase().contains("feel")
        {
            let at = xml::attribute_at(node, "expressionLanguage");
            let message = format!("the expression language `{language}` is not understood");
            self.report.error(Place { at, ..xml::place(node) }, message, "FEEL");
            return Body::constant(Value::Null);
        }
        if xml::child(node, "importedValues").is_some() {
            let message = "imported values are not read";
            self.report.error(xml::place(node), message, "an expression in FEEL");
        }
        xml::text(node).map_or_else(|| Body::constant(Value::Null), |text| self.feel(node, &text))
    }

    /// FEEL text, located in warnings and problems.
    pub(super) fn feel(&mut self, node: Node<'a>, text: &Located) -> Body {
        let origin = self.origin(text);
        match Body::parse(&text.value, &self.scope, &origin) {
            Ok(body) => body,
            Err(error) => {
                self.refuse(node, text, &error);
                table::unreadable(&origin, &error)
            }
        }
    }

    /// Unary tests, located in warnings and problems; `None` if they can't be read.
    pub(super) fn tests(&mut self, node: Node<'a>, text: &Located) -> Option<Tests> {
        let origin = self.origin(text);
        match Tests::parse(&text.value, &self.scope, &origin) {
            Ok(tests) => Some(tests),
            Err(error) => {
                self.refuse(node, text, &error);
                None
            }
        }
    }

    /// The tests of an empty cell, which every input fits.
    pub(super) fn any_value(&self) -> Option<Tests> {
        Tests::parse("-", &Scope::default(), &self.label).ok()
    }

    fn origin(&self, text: &Located) -> Arc<str> {
        Arc::from(format!("`{}` at line {}", self.label, self.report.line(text.at)))
    }

    fn refuse(&mut self, node: Node<'a>, text: &Located, error: &ParseError) {
        let place = Place { at: text.offset(error.span.start), ..xml::place(node) };
        self.report.error(place, error.message.clone(), "an expression in FEEL");
    }

    /// The unary tests of a child element, in no scope of its own.
    pub(super) fn values(&mut self, node: Node<'a>, name: &'static str) -> Option<Tests> {
        types::tests(node, name, self.report)
    }

    fn invocation(&mut self, node: Node<'a>) -> Body {
        let callee = self.needed(node);
        let mut arguments = Vec::new();
        for binding in xml::children(node, "binding") {
            let parameter = xml::child(binding, "parameter");
            let Some(name) = parameter.and_then(|it| xml::attribute(it, "name")) else {
                let message = "a binding has no parameter";
                self.report.error(xml::place(binding), message, "a `parameter` with a name");
                continue;
            };
            let value = self.child_of(binding).unwrap_or_else(|| Body::constant(Value::Null));
            arguments.push((normalized(name), value));
        }
        Body::invocation(callee, arguments)
    }

    fn context(&mut self, node: Node<'a>) -> Body {
        let outer = self.scope.len();
        let (mut entries, mut result) = (Vec::new(), None);
        for entry in xml::children(node, "contextEntry") {
            let variable = xml::child(entry, "variable");
            let Some(name) = variable.and_then(|it| xml::attribute(it, "name")) else {
                result = Some(self.needed(entry));
                continue;
            };
            let name = normalized(name);
            let is_function =
                expression_in(entry).is_some_and(|it| it.tag_name().name() == "functionDefinition");
            if is_function {
                self.scope.push(Arc::clone(&name));
            }
            let declared = variable.map_or(Type::Any, |it| self.declared(it));
            let value = self.needed(entry).conforming(declared);
            if !is_function {
                self.scope.push(Arc::clone(&name));
            }
            entries.push((name, value));
        }
        self.scope.truncate(outer);
        match result {
            Some(result) => Body::scoped(entries, result),
            None => Body::context(entries),
        }
    }

    /// A function, its value of the type `result` if that is known from elsewhere.
    pub(super) fn function(&mut self, node: Node<'a>, result: Option<Type>) -> Body {
        let outer = self.scope.len();
        let mut parameters = Vec::new();
        for parameter in xml::children(node, "formalParameter") {
            let Some(name) = xml::attribute(parameter, "name") else { continue };
            let name = normalized(name);
            self.scope.push(Arc::clone(&name));
            parameters.push((name, self.declared(parameter)));
        }
        let is_feel = xml::attribute(node, "kind").is_none_or(|it| it == "FEEL");
        let body = if is_feel {
            self.needed(node)
        } else {
            let kind = xml::attribute(node, "kind").unwrap_or_default();
            let message = format!("the function is of the kind `{kind}`, which is not run");
            self.report.error(xml::place(node), message, "a function of the kind FEEL");
            Body::constant(Value::Null)
        };
        self.scope.truncate(outer);
        let declared = self.declared(node);
        let body = if is_checkable(&declared) { body.conforming(declared) } else { body };
        Body::function(parameters, body.conforming(result.unwrap_or(Type::Any)))
    }

    fn relation(&mut self, node: Node<'a>) -> Body {
        let mut columns = Vec::new();
        for column in xml::children(node, "column") {
            let name = normalized(xml::attribute(column, "name").unwrap_or_default());
            columns.push((name, self.declared(column)));
        }
        let mut rows = Vec::new();
        for row in xml::children(node, "row") {
            let cells = expressions_in(row);
            if cells.len() != columns.len() {
                let message = format!("the row has {} cells", cells.len());
                self.report.error(xml::place(row), message, format!("{} cells", columns.len()));
            }
            let mut entries = Vec::with_capacity(cells.len());
            for ((name, declared), cell) in columns.iter().zip(cells) {
                let value = self.expression(cell).conforming(declared.clone());
                entries.push((Arc::clone(name), value));
            }
            rows.push(Body::context(entries));
        }
        Body::list(rows)
    }

    fn filter(&mut self, node: Node<'a>) -> Body {
        let source = self.part(node, "in");
        let outer = self.scope.len();
        self.scope.push(Arc::from("item"));
        let was_filter = self.scope.set_filter(true);
        let condition = self.part(node, "match");
        self.scope.set_filter(was_filter);
        self.scope.truncate(outer);
        Body::filter(source, condition)
    }

    fn iterator(&mut self, node: Node<'a>) -> Body {
        let source = self.part(node, "in");
        let name = normalized(xml::attribute(node, "iteratorVariable").unwrap_or("item"));
        let outer = self.scope.len();
        self.scope.push(Arc::clone(&name));
        self.scope.push(Arc::from("partial"));
        let body = match node.tag_name().name() {
            "for" => Body::for_each(name, source, self.part(node, "return")),
            "some" => {
                Body::quantified(Quantifier::Some, name, source, self.part(node, "satisfies"))
            }
            _ => Body::quantified(Quantifier::Every, name, source, self.part(node, "satisfies")),
        };
        self.scope.truncate(outer);
        body
    }
}

/// A function's declared type is its value's, unless it is the type of the function.
pub(super) fn is_checkable(declared: &Type) -> bool {
    match declared {
        Type::Shared(shared) => is_checkable(shared),
        Type::Function(_) => false,
        _ => true,
    }
}

/// The expressions among an element's children.
fn expressions_in(node: Node<'_>) -> Vec<Node<'_>> {
    xml::elements(node).filter(|it| is_expression(it.tag_name().name())).collect()
}
