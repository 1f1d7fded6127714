//! The files of one model: the file itself and those it imports, and what their references mean.
//!
//! Must not know what elements mean beyond their place in the requirement graph.

use std::collections::HashMap;
use std::sync::Arc;

use roxmltree::Document;

use super::Outline;
use super::model::{DecisionModel, ElementKind};
use super::xml::{self, Node};
use crate::core::model::{Problem, Severity};
use crate::core::xml::limits::Limits;
use crate::core::xml::report::{Place, Report};

/// A file.
pub(super) struct File<'a> {
    /// Its `definitions`.
    pub(super) root: Node<'a>,
    /// The namespace its elements live in.
    pub(super) namespace: &'a str,
    /// What it imports.
    pub(super) imports: Vec<Import<'a>>,
}

/// An import of another model.
pub(super) struct Import<'a> {
    /// The name before the dot; `None` if the elements are used as if they were the file's own.
    pub(super) name: Option<Arc<str>>,
    namespace: &'a str,
}

/// An element of the requirement graph, not compiled yet.
pub(super) struct Draft<'a> {
    /// The file it stands in.
    pub(super) file: usize,
    /// Where.
    pub(super) node: Node<'a>,
    /// What it is.
    pub(super) kind: ElementKind,
    /// The name people see.
    pub(super) name: Arc<str>,
    /// The name expressions use.
    pub(super) variable: Arc<str>,
}

/// All files, the first being the model and the others what it imports.
pub(super) struct Library<'a> {
    /// The files.
    pub(super) files: Vec<File<'a>>,
    /// The elements of all of them; an element's number is its index.
    pub(super) drafts: Vec<Draft<'a>>,
    by_id: HashMap<(usize, &'a str), usize>,
}

/// The compiler of a whole library; `None` if the structure can't be understood.
pub(super) type Compile = for<'a, 's> fn(&Library<'a>, &mut [Report<'s>]) -> Option<DecisionModel>;

/// Reads all files and compiles them.
pub(super) fn read(
    source: &str,
    imports: &[&str],
    limits: &Limits,
    compile: Compile,
) -> Result<DecisionModel, Vec<Problem>> {
    let sources = std::iter::once(source).chain(imports.iter().copied());
    let mut read: Vec<(Option<Document<'_>>, Report<'_>)> = sources
        .map(|source| {
            let mut report = Report::new(source);
            (document(source, limits, &mut report), report)
        })
        .collect();
    let own = read.swap_remove(0);
    let (Some(own), report) = own else { return Err(own.1.into_problems()) };
    let (documents, mut reports) = with_needed((own, report), read);
    let roots: Vec<Node<'_>> = documents.iter().map(Document::root_element).collect();
    let library = Library::new(&roots, &mut reports);
    let model = compile(&library, &mut reports);
    let problems = all_problems(reports);
    match model {
        Some(model) => Ok(DecisionModel { problems, ..model }),
        None => Err(problems),
    }
}

/// The namespace of a file and of those it imports.
pub(super) fn outline(source: &str, limits: &Limits) -> Option<Outline> {
    let mut report = Report::new(source);
    let document = document(source, limits, &mut report)?;
    let root = document.root_element();
    let imports = xml::children(root, "import").filter(|it| is_of_dmn(*it));
    Some(Outline {
        namespace: xml::attribute(root, "namespace").unwrap_or_default().to_owned(),
        imports: imports
            .map(|it| xml::attribute(it, "namespace").unwrap_or_default().to_owned())
            .collect(),
    })
}

/// Whether an import is of a decision model, and not of types or of Java or PMML functions.
pub(super) fn is_of_dmn(import: Node<'_>) -> bool {
    xml::attribute(import, "importType").is_none_or(|it| it.contains("DMN"))
}

/// A model and those of the others that it imports, or that these import, and could be read.
fn with_needed<'a>(
    own: (Document<'a>, Report<'a>),
    others: Vec<(Option<Document<'a>>, Report<'a>)>,
) -> (Vec<Document<'a>>, Vec<Report<'a>>) {
    let mut needed = vec![own];
    let mut others: Vec<_> =
        others.into_iter().filter_map(|(document, report)| Some((document?, report))).collect();
    let mut done = 0;
    while let Some((document, _)) = needed.get(done) {
        done += 1;
        let wanted: Vec<String> = xml::children(document.root_element(), "import")
            .filter_map(|import| xml::attribute(import, "namespace").map(str::to_owned))
            .collect();
        let is_wanted = |(document, _): &(Document<'_>, Report<'_>)| {
            let namespace = xml::attribute(document.root_element(), "namespace");
            namespace.is_some_and(|it| wanted.iter().any(|wanted| wanted == it))
        };
        let (found, rest) = others.into_iter().partition(is_wanted);
        others = rest;
        let found: Vec<_> = found;
        needed.extend(found);
    }
    needed.into_iter().unzip()
}

/// The document of a file, if it is one of DMN.
pub(super) fn document<'a>(
    source: &'a str,
    limits: &Limits,
    report: &mut Report<'_>,
) -> Option<Document<'a>> {
    let document = crate::core::xml::read(source, "DMN", limits, report)?;
    let root = document.root_element();
    if xml::is_dmn(&root) && root.tag_name().name() == "definitions" {
        return Some(document);
    }
    let message = format!("the outermost element is `{}`", root.tag_name().name());
    let expected = "`definitions` in a namespace of DMN 1.1 to 1.5";
    report.error(Place { at: root.range().start, id: None }, message, expected);
    None
}

/// The model's own problems, and one for each imported model that has errors.
fn all_problems(reports: Vec<Report<'_>>) -> Vec<Problem> {
    let mut reports = reports.into_iter().map(Report::into_problems);
    let mut problems = reports.next().unwrap_or_default();
    for imported in reports {
        let errors = imported.into_iter().filter(|it| it.severity == Severity::Error);
        problems.extend(errors.map(|it| {
            let message = format!(
                "an imported model has a problem at its line {}, column {}: {}",
                it.line, it.column, it.message
            );
            Problem { line: 1, column: 1, message, ..it }
        }));
    }
    problems
}

impl<'a> Library<'a> {
    fn new(roots: &[Node<'a>], reports: &mut [Report<'_>]) -> Self {
        let files: Vec<File<'a>> = roots.iter().map(|root| file(*root)).collect();
        let mut library = Self { files, drafts: Vec::new(), by_id: HashMap::new() };
        for (index, (root, report)) in roots.iter().zip(reports).enumerate() {
            for node in xml::elements(*root) {
                library.add(index, node, report);
            }
        }
        library
    }

    fn add(&mut self, file: usize, node: Node<'a>, report: &mut Report<'_>) {
        let kind = match node.tag_name().name() {
            "inputData" => ElementKind::Input,
            "decision" => ElementKind::Decision,
            "businessKnowledgeModel" => ElementKind::Knowledge,
            "decisionService" => ElementKind::Service,
            _ => return,
        };
        let id = xml::attribute(node, "id");
        let Some(name) = xml::attribute(node, "name").or(id) else {
            report.error(xml::place(node), "the element has no name", "a `name`");
            return;
        };
        if let Some(id) = id
            && self.by_id.insert((file, id), self.drafts.len()).is_some()
        {
            let message = format!("the id `{id}` is used already");
            report.error(xml::place(node), message, "an id of its own");
        }
        let variable = xml::child(node, "variable").and_then(|it| xml::attribute(it, "name"));
        let variable = normalized(variable.unwrap_or(name));
        self.drafts.push(Draft { file, node, kind, name: normalized(name), variable });
    }

    /// The element a reference in a file leads to.
    pub(super) fn resolve(&self, file: usize, href: &str) -> Option<usize> {
        let (namespace, id) = href.rsplit_once('#').unwrap_or(("", href));
        let target = if namespace.is_empty() { file } else { self.file_of(namespace)? };
        self.by_id.get(&(target, id)).copied()
    }

    /// The file of a namespace.
    pub(super) fn file_of(&self, namespace: &str) -> Option<usize> {
        self.files.iter().position(|file| file.namespace == namespace)
    }

    /// The name under which a file imports another.
    pub(super) fn import_name(&self, file: usize, target: usize) -> Option<Arc<str>> {
        let namespace = self.files[target].namespace;
        let found = self.files[file].imports.iter().find(|it| it.namespace == namespace);
        found.and_then(|import| import.name.clone()).filter(|_| file != target)
    }

    /// The files a file imports, each with the name before the dot.
    pub(super) fn imported(&self, file: usize) -> Vec<(Option<Arc<str>>, usize)> {
        let imports = self.files[file].imports.iter();
        let known = imports.map(|it| Some((it.name.clone(), self.file_of(it.namespace)?)));
        known.flatten().filter(|(_, target)| *target != file).collect()
    }
}

fn file(root: Node<'_>) -> File<'_> {
    let imports = xml::children(root, "import").map(|node| Import {
        name: xml::attribute(node, "name").map(normalized),
        namespace: xml::attribute(node, "namespace").unwrap_or_default(),
    });
    let namespace = xml::attribute(root, "namespace").unwrap_or_default();
    File { root, namespace, imports: imports.collect() }
}

/// A name with one blank between its words, as FEEL reads it.
pub(super) fn normalized(name: &str) -> Arc<str> {
    Arc::from(name.split_whitespace().collect::<Vec<_>>().join(" "))
}
