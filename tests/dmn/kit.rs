//! Reads the test cases of the DMN Technology Compatibility Kit.
//!
//! The kit lies where `FLOWSTEAD_CONFORMANCE` says; it is read from there and never copied.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowstead::core::feel::Value;
use indexmap::IndexMap;
use roxmltree::{Document, Node};

/// What a case calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invoke {
    Decision,
    Service,
    Knowledge,
}

/// A case, with everything it needs.
pub(super) struct Case {
    /// Folder, file and id.
    pub(super) name: String,
    pub(super) model: PathBuf,
    pub(super) invoke: Invoke,
    /// The service or business knowledge model called.
    pub(super) invocable: Option<String>,
    pub(super) inputs: IndexMap<Arc<str>, Value>,
    pub(super) results: Vec<Expected>,
}

/// An expected value of a case.
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) value: Value,
}

/// The folder of a compliance level, where the kit is at hand.
pub(super) fn level(number: u8) -> Option<PathBuf> {
    let root = std::env::var_os("FLOWSTEAD_CONFORMANCE")?;
    let folder = Path::new(&root).join(format!("dmn-tck/compliance-level-{number}"));
    folder.is_dir().then_some(folder)
}

/// All cases of a level, in the order of their names.
pub(super) fn cases(level: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for folder in sorted(level) {
        let files = sorted(&folder);
        let is_test = |path: &&PathBuf| path.extension().is_some_and(|it| it == "xml");
        for file in files.iter().filter(is_test) {
            let source = fs::read_to_string(file).expect("a test file is text");
            let document = Document::parse(&source).expect("a test file is XML");
            let root = document.root_element();
            let model = text_of(child(root, "modelName").expect("a test file names its model"));
            let file = file.file_stem().expect("a file has a name").to_string_lossy();
            for node in root.children().filter(|it| it.has_tag_name_of("testCase")) {
                cases.push(case(node, &file, folder.join(&model)));
            }
        }
    }
    cases
}

/// The other models beside a model, which it may import.
pub(super) fn beside(model: &Path) -> Vec<String> {
    let folder = model.parent().expect("a model lies in a folder");
    let others = sorted(folder).into_iter().filter(|path| {
        path != model && path.extension().is_some_and(|extension| extension == "dmn")
    });
    others.map(|path| fs::read_to_string(path).expect("a model is text")).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the kit's folders can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

trait Tagged {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl Tagged for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|it| it.has_tag_name_of(name))
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter_map(|it| if it.is_text() { it.text() } else { None }).collect()
}

fn case(node: Node<'_, '_>, file: &str, model: PathBuf) -> Case {
    let id = node.attribute("id").or_else(|| node.attribute("name")).unwrap_or("?");
    let inputs = node.children().filter(|it| it.has_tag_name_of("inputNode"));
    let results = node.children().filter(|it| it.has_tag_name_of("resultNode"));
    Case {
        name: format!("{file} {id}"),
        model,
        invoke: match node.attribute("type") {
            Some("decisionService") => Invoke::Service,
            Some("bkm") => Invoke::Knowledge,
            _ => Invoke::Decision,
        },
        invocable: node.attribute("invocableName").map(str::to_owned),
        inputs: inputs
            .map(|it| (Arc::from(it.attribute("name").expect("an input has a name")), value(it)))
            .collect(),
        results: results
            .map(|it| Expected {
                name: it.attribute("name").expect("a result has a name").to_owned(),
                value: child(it, "expected").map_or(Value::Null, value),
            })
            .collect(),
    }
}

/// The value in an `inputNode`, an `expected`, a `component` or an `item`.
fn value(node: Node<'_, '_>) -> Value {
    if let Some(inner) = child(node, "value") {
        return simple(inner);
    }
    if let Some(list) = child(node, "list") {
        let items = list.children().filter(|it| it.has_tag_name_of("item"));
        return if is_nil(list) {
            Value::Null
        } else {
            Value::from(items.map(value).collect::<Vec<_>>())
        };
    }
    let components: Vec<_> = node.children().filter(|it| it.has_tag_name_of("component")).collect();
    if components.is_empty() || is_nil(node) {
        return Value::Null;
    }
    let entries = components
        .into_iter()
        .map(|it| (Arc::from(it.attribute("name").unwrap_or_default()), value(it)));
    Value::from(entries.collect::<IndexMap<_, _>>())
}

fn is_nil(node: Node<'_, '_>) -> bool {
    let nil = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "nil"));
    nil == Some("true")
}

fn simple(node: Node<'_, '_>) -> Value {
    if is_nil(node) {
        return Value::Null;
    }
    let text = text_of(node);
    let kind = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "type"));
    match kind.unwrap_or("xsd:string").rsplit(':').next() {
        Some("boolean") => Value::Boolean(text.trim() == "true"),
        Some("decimal" | "double" | "integer" | "float" | "int") => {
            Value::Number(text.trim().parse().expect("a number"))
        }
        Some("date" | "time" | "dateTime" | "duration") => {
            Value::from_temporal_text(text.trim()).expect("a date, a time or a duration")
        }
        _ => Value::text(&text),
    }
}
