//! Item definitions (DMN 1.5, 7.3.2) as FEEL types.
//!
//! Must not know which values belong to a type: FEEL does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::library::{Library, normalized};
use super::xml::{self, Node};
use crate::core::feel::{Scope, Tests, Type};
use crate::core::xml::report::{Place, Report};

/// Types within types. People write five; deeper ones would cost stack when values are checked.
const NESTING_MAX: usize = 60;

/// The types of all files: those a file can name, by file.
pub(super) struct Types {
    by_file: Vec<Arc<BTreeMap<Arc<str>, Type>>>,
    /// What functions of a type give, by file and name.
    results: HashMap<(usize, Arc<str>), Type>,
}

impl Types {
    /// The types a file can name in FEEL.
    pub(super) fn of_file(&self, file: usize) -> Arc<BTreeMap<Arc<str>, Type>> {
        Arc::clone(&self.by_file[file])
    }

    /// The type an element says its value has; any if it says nothing.
    pub(super) fn of_node(
        &self,
        library: &Library<'_>,
        file: usize,
        node: Node<'_>,
        report: &mut Report<'_>,
    ) -> Type {
        let Some(reference) = xml::attribute(node, "typeRef") else { return Type::Any };
        let found = builtin(local_name(node, reference)).or_else(|| {
            let (target, name) = qualified(library, file, node, reference);
            self.by_file[target].get(&*name).cloned()
        });
        found.unwrap_or_else(|| {
            let at = xml::attribute_at(node, "typeRef");
            warn_unknown(Place { at, ..xml::place(node) }, reference, report)
        })
    }
}

impl Types {
    /// What functions of the type an element declares give, if it is such a type.
    pub(super) fn result_of(
        &self,
        library: &Library<'_>,
        file: usize,
        node: Node<'_>,
    ) -> Option<Type> {
        let reference = xml::attribute(node, "typeRef")?;
        self.results.get(&qualified(library, file, node, reference)).cloned()
    }
}

fn warn_unknown(place: Place<'_>, reference: &str, report: &mut Report<'_>) -> Type {
    let message = format!("the type `{reference}` does not exist, so any value is taken");
    report.warning(place, message, "a type of FEEL or an item definition");
    Type::Unknown(Arc::from(reference))
}

/// Compiles the item definitions of all files.
pub(super) fn compile(library: &Library<'_>, reports: &mut [Report<'_>]) -> Types {
    let mut reading = Reading::new(library);
    for file in 0..library.files.len() {
        let names: Vec<_> = reading.definitions[file].keys().cloned().collect();
        for name in names {
            reading.named(file, &name, reports);
        }
    }
    let own = std::mem::take(&mut reading.finished);
    let by_file = (0..library.files.len()).map(|file| {
        let mut types: BTreeMap<Arc<str>, Type> = own[file].clone().into_iter().collect();
        for (prefix, target) in library.imported(file) {
            for (name, imported) in &own[target] {
                let name = match &prefix {
                    Some(prefix) => Arc::from(format!("{prefix}.{name}")),
                    None => Arc::clone(name),
                };
                types.entry(name).or_insert_with(|| imported.clone());
            }
        }
        Arc::new(types)
    });
    Types { by_file: by_file.collect(), results: reading.results }
}

struct Reading<'l, 'a> {
    library: &'l Library<'a>,
    definitions: Vec<BTreeMap<Arc<str>, Node<'a>>>,
    finished: Vec<HashMap<Arc<str>, Type>>,
    /// The definitions being compiled, one within the other.
    open: Vec<(usize, Arc<str>)>,
    results: HashMap<(usize, Arc<str>), Type>,
}

impl<'l, 'a> Reading<'l, 'a> {
    fn new(library: &'l Library<'a>) -> Self {
        let named = |node| Some((normalized(xml::attribute(node, "name")?), node));
        let of_file = |root| xml::children(root, "itemDefinition").filter_map(named).collect();
        let definitions: Vec<_> = library.files.iter().map(|file| of_file(file.root)).collect();
        let finished = vec![HashMap::new(); library.files.len()];
        Self { library, definitions, finished, open: Vec::new(), results: HashMap::new() }
    }

    fn named(&mut self, file: usize, name: &Arc<str>, reports: &mut [Report<'_>]) -> Option<Type> {
        if let Some(finished) = self.finished[file].get(name) {
            return Some(finished.clone());
        }
        let node = *self.definitions[file].get(name)?;
        let key = (file, Arc::clone(name));
        if self.open.contains(&key) || self.open.len() >= NESTING_MAX {
            let message = format!("the type `{name}` contains itself or too many others");
            let expected = format!("at most {NESTING_MAX} types within each other");
            reports[file].error(xml::place(node), message, expected);
            return Some(Type::Any);
        }
        if let Some(function) = xml::child(node, "functionItem")
            && let Some(reference) = xml::attribute(function, "outputTypeRef")
        {
            let result = self.reference_to(file, function, reference, reports);
            self.results.insert(key.clone(), result.unwrap_or(Type::Any));
        }
        self.open.push(key);
        let compiled = Type::Shared(Arc::new(self.definition(file, node, reports)));
        self.open.pop();
        self.finished[file].insert(Arc::clone(name), compiled.clone());
        Some(compiled)
    }

    /// An item definition or a component of one; nesting is bounded by that of the file.
    fn definition(&mut self, file: usize, node: Node<'a>, reports: &mut [Report<'_>]) -> Type {
        let mut found = self.base(file, node, reports);
        if let Some(tests) = tests(node, "allowedValues", &mut reports[file]) {
            found = tests.constrain(found);
        }
        if xml::attribute(node, "isCollection") == Some("true") {
            found = Type::List(Box::new(found));
        }
        match tests(node, "typeConstraint", &mut reports[file]) {
            Some(tests) => tests.constrain(found),
            None => found,
        }
    }

    fn base(&mut self, file: usize, node: Node<'a>, reports: &mut [Report<'_>]) -> Type {
        if let Some(reference) = xml::child(node, "typeRef") {
            return self.reference(file, reference, reports);
        }
        if let Some(function) = xml::child(node, "functionItem") {
            return Type::Function(Some(xml::children(function, "parameters").count()));
        }
        let components: Vec<_> = xml::children(node, "itemComponent").collect();
        if components.is_empty() {
            return Type::Any;
        }
        let mut entries = Vec::with_capacity(components.len());
        for component in components {
            let Some(name) = xml::attribute(component, "name") else { continue };
            entries.push((normalized(name), self.definition(file, component, reports)));
        }
        Type::Context(entries)
    }

    fn reference(&mut self, file: usize, node: Node<'a>, reports: &mut [Report<'_>]) -> Type {
        let Some(reference) = xml::content(node) else { return Type::Any };
        let name = reference.value.trim();
        self.reference_to(file, node, name, reports).unwrap_or_else(|| {
            let place = Place { at: reference.at, ..xml::place(node) };
            warn_unknown(place, name, &mut reports[file])
        })
    }

    fn reference_to(
        &mut self,
        file: usize,
        node: Node<'a>,
        name: &str,
        reports: &mut [Report<'_>],
    ) -> Option<Type> {
        if let Some(found) = builtin(local_name(node, name)) {
            return Some(found);
        }
        let (target, own_name) = qualified(self.library, file, node, name);
        if let Some(found) = self.named(target, &own_name, reports) {
            return Some(found);
        }
        for (prefix, target) in self.library.imported(file) {
            let inner = match &prefix {
                Some(prefix) => {
                    name.strip_prefix(&**prefix).and_then(|rest| rest.strip_prefix('.'))
                }
                None => Some(name),
            };
            let found = inner.and_then(|it| self.named(target, &normalized(it), reports));
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// The unary tests of a child element, if it has some that can be read.
pub(super) fn tests(node: Node<'_>, name: &'static str, report: &mut Report<'_>) -> Option<Tests> {
    let holder = xml::child(node, name)?;
    let text = xml::text(holder)?;
    let label = Arc::from(xml::attribute(node, "name").unwrap_or(name));
    match Tests::parse(&text.value, &Scope::default(), &label) {
        Ok(tests) => Some(tests),
        Err(error) => {
            let place = Place { at: text.offset(error.span.start), ..xml::place(holder) };
            report.error(place, error.message, "unary tests in FEEL");
            None
        }
    }
}

/// The name after the prefix of FEEL's own namespace, as DMN 1.1 writes it.
fn local_name<'n>(node: Node<'_>, reference: &'n str) -> &'n str {
    match reference.split_once(':') {
        Some((prefix, local)) => {
            let uri = node.lookup_namespace_uri(Some(prefix)).unwrap_or(prefix);
            if uri.to_ascii_lowercase().contains("feel") { local } else { reference }
        }
        None => reference,
    }
}

/// The file and the name a type reference means; `prefix:name` names a namespace.
fn qualified(
    library: &Library<'_>,
    file: usize,
    node: Node<'_>,
    reference: &str,
) -> (usize, Arc<str>) {
    if let Some((prefix, local)) = reference.split_once(':')
        && let Some(uri) = node.lookup_namespace_uri(Some(prefix))
        && let Some(target) = library.file_of(uri)
    {
        return (target, normalized(local));
    }
    (file, normalized(reference))
}

/// The types of FEEL, with the names of earlier versions and of Camunda 7.
fn builtin(name: &str) -> Option<Type> {
    Some(match name {
        "Any" => Type::Any,
        "Null" => Type::Null,
        "boolean" => Type::Boolean,
        "number" | "integer" | "long" | "double" => Type::Number,
        "string" => Type::Text,
        "date" => Type::Date,
        "time" => Type::Time,
        "date and time" | "dateTime" => Type::DateTime,
        "days and time duration" | "dayTimeDuration" => Type::DaysTimeDuration,
        "years and months duration" | "yearMonthDuration" => Type::YearsMonthsDuration,
        "list" => Type::List(Box::new(Type::Any)),
        "context" => Type::Context(Vec::new()),
        "range" => Type::Range(Box::new(Type::Any)),
        "function" => Type::Function(None),
        _ => return None,
    })
}
