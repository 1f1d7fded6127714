//! Compiles the elements of the requirement graph, each after what it requires.
//!
//! Must not know boxed expressions: `expressions` compiles those.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::evaluation::ServiceCall;
use super::expressions::Expressions;
use super::library::{Draft, Library, is_of_dmn, normalized};
use super::model::{
    DecisionModel, Element, ElementInfo, ElementKind, Graph, Logic, Requirement, Service,
};
use super::types::{self, Types};
use super::xml::{self, Node};
use super::{expressions, ordering};
use crate::core::feel::{Body, Entries, Scope, Type, Value};
use crate::core::xml::report::Report;

/// Compiles a library; `None` and problems if its structure can't be understood.
pub(super) fn compile(library: &Library<'_>, reports: &mut [Report<'_>]) -> Option<DecisionModel> {
    let types = types::compile(library, reports);
    ordering::order(library, reports)?;
    check_imports(library, reports);
    let entries = entry_names(library);
    let mut elements = Vec::with_capacity(library.drafts.len());
    for number in 0..library.drafts.len() {
        let draft = &library.drafts[number];
        let report = &mut reports[draft.file];
        let compiler = Compiler { library, types: &types, entries: &entries, number, draft };
        elements.push(compiler.element(report));
    }
    let names = library.drafts.iter().map(|draft| Arc::clone(&draft.variable)).collect();
    let root = library.files[0].root;
    Some(DecisionModel {
        name: xml::attribute(root, "name").map(str::to_owned),
        id: xml::attribute(root, "id").map(str::to_owned),
        namespace: library.files[0].namespace.to_owned(),
        problems: Vec::new(),
        graph: Arc::new(Graph { elements, names }),
    })
}

fn check_imports(library: &Library<'_>, reports: &mut [Report<'_>]) {
    for (file, report) in library.files.iter().zip(reports) {
        for node in xml::children(file.root, "import") {
            let namespace = xml::attribute(node, "namespace").unwrap_or_default();
            if !is_of_dmn(node) {
                let kind = xml::attribute(node, "importType").unwrap_or_default();
                let message = format!("imports of the type `{kind}` are not read");
                report.error(xml::place(node), message, "an import of a DMN model");
            } else if library.file_of(namespace).is_none() {
                let message = format!("the imported model `{namespace}` is not at hand");
                report.error(xml::place(node), message, "the imported file beside this one");
            }
        }
    }
}

/// The names of entries anywhere in the files, which may stand after a dot.
fn entry_names(library: &Library<'_>) -> Entries {
    let mut names = BTreeSet::new();
    for file in &library.files {
        for node in file.root.descendants().filter(xml::is_dmn) {
            let is_entry = matches!(
                node.tag_name().name(),
                "itemComponent" | "variable" | "output" | "column" | "formalParameter"
            );
            if let (true, Some(name)) = (is_entry, xml::attribute(node, "name"))
                && name.contains(|it: char| !it.is_alphanumeric() && it != '_')
            {
                names.insert(normalized(name));
            }
        }
    }
    Entries::new(names.iter())
}

struct Compiler<'c, 'a> {
    library: &'c Library<'a>,
    types: &'c Types,
    entries: &'c Entries,
    number: usize,
    draft: &'c Draft<'a>,
}

impl<'a> Compiler<'_, 'a> {
    fn element(&self, report: &mut Report<'_>) -> Element {
        let draft = self.draft;
        let required = ordering::requirements(self.library, self.number, report);
        let requirements: Vec<_> = required.into_iter().map(|it| self.requirement(it)).collect();
        let declared = self.declared(draft, report);
        let logic = match draft.kind {
            ElementKind::Input => Logic::Input(declared),
            ElementKind::Decision => {
                let body = self.expressions(&requirements, report).child_of(draft.node);
                let body = body.unwrap_or_else(|| {
                    let message = format!("the decision `{}` has no logic", draft.name);
                    report.warning(xml::place(draft.node), message, "an expression");
                    Body::constant(Value::Null)
                });
                Logic::Decision(body.conforming(declared).within(&draft.name))
            }
            ElementKind::Knowledge => Logic::Knowledge(self.knowledge(&requirements, report)),
            ElementKind::Service => Logic::Service(self.service(report)),
        };
        Element {
            info: ElementInfo {
                kind: draft.kind,
                id: xml::attribute(draft.node, "id").map(Arc::from),
                name: Arc::clone(&draft.name),
                version_tag: xml::zeebe(draft.node, "versionTag")
                    .and_then(|it| xml::attribute(it, "value"))
                    .map(Arc::from),
            },
            variable: Arc::clone(&draft.variable),
            is_own: draft.file == 0,
            import: self.library.import_name(0, draft.file),
            requirements,
            logic,
        }
    }

    fn requirement(&self, number: usize) -> Requirement {
        let required = &self.library.drafts[number];
        let import = self.library.import_name(self.draft.file, required.file);
        Requirement { import, name: Arc::clone(&required.variable), number }
    }

    /// The type of an element's variable.
    fn declared(&self, draft: &Draft<'a>, report: &mut Report<'_>) -> Type {
        let variable = xml::child(draft.node, "variable");
        variable.map_or(Type::Any, |it| self.types.of_node(self.library, draft.file, it, report))
    }

    fn expressions<'e, 's>(
        &'e self,
        requirements: &[Requirement],
        report: &'e mut Report<'s>,
    ) -> Expressions<'e, 'a, 's> {
        let names = requirements.iter().map(|it| it.import.as_ref().unwrap_or(&it.name).clone());
        let types = self.types.of_file(self.draft.file);
        let scope = Scope::new(self.entries.clone(), types).naming(names);
        Expressions {
            library: self.library,
            types: self.types,
            file: self.draft.file,
            label: Arc::clone(&self.draft.name),
            scope,
            report,
        }
    }

    /// A function that may call itself by its name.
    fn knowledge(&self, requirements: &[Requirement], report: &mut Report<'_>) -> Body {
        let name = &self.draft.variable;
        let Some(node) = xml::child(self.draft.node, "encapsulatedLogic") else {
            let message = format!("the business knowledge model `{name}` has no logic");
            report.warning(xml::place(self.draft.node), message, "`encapsulatedLogic`");
            return Body::constant(Value::Null);
        };
        let declared = self.declared(self.draft, report);
        let mut expressions = self.expressions(requirements, report);
        expressions.scope.push(Arc::clone(name));
        // The variable's type may be that of the function or, as many files have it, of its value.
        let result = if matches!(declared, Type::Function(_)) { Type::Any } else { declared };
        let function =
            expressions.function(node, expressions::is_checkable(&result).then_some(result));
        Body::scoped(vec![(Arc::clone(name), function)], Body::name(name))
    }

    fn service(&self, report: &mut Report<'_>) -> Service {
        let mut part = |name| {
            let numbers = ordering::service_part(self.library, self.number, name, report);
            numbers.into_iter().map(|it| self.requirement(it)).collect::<Vec<_>>()
        };
        let mut parameters = part("inputData");
        parameters.extend(part("inputDecision"));
        let outputs = part("outputDecision");
        if outputs.is_empty() {
            let message = format!("the decision service `{}` gives no decision", self.draft.name);
            report.error(xml::place(self.draft.node), message, "an `outputDecision`");
        }
        let parameters: Vec<_> = parameters
            .into_iter()
            .map(|parameter| {
                let declared = self.declared(&self.library.drafts[parameter.number], report);
                (parameter, declared)
            })
            .collect();
        let typed =
            parameters.iter().map(|(it, declared)| (Arc::clone(&it.name), declared.clone()));
        let call = Body::custom(Arc::new(ServiceCall { number: self.number }));
        let result = xml::child(self.draft.node, "variable")
            .and_then(|it| self.types.result_of(self.library, self.draft.file, it));
        let function = Body::function(typed.collect(), call.within(&self.draft.name));
        Service { function, parameters, result: result.unwrap_or(Type::Any), outputs }
    }
}

/// The element a node's children hold an expression in, if one does.
pub(super) fn expression_in(node: Node<'_>) -> Option<Node<'_>> {
    xml::elements(node).find(|it| expressions::is_expression(it.tag_name().name()))
}
