//! Decision models among the files of a deployment: reading them together with what they import.
//!
//! An import means the file of that namespace in the same deployment, else the latest deployed one.
//! Must not know what a decision is made of.

use std::collections::BTreeMap;

use super::check::{FileProblem, Resource, whole};
use crate::core::dmn::{self, DecisionModel, ElementKind, Limits, Outline};
use crate::core::model::{Problem, Severity};
use crate::platform::store::{Sql, StoreError};

/// Models that were deployed earlier and are imported now, by their keys.
pub(super) type Earlier = BTreeMap<i64, EarlierModel>;

/// A model that was deployed earlier.
pub(super) struct EarlierModel {
    outline: Outline,
    pub(super) content: String,
}

/// Where an imported model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Imported {
    /// In the same deployment.
    File(usize),
    /// Deployed earlier, under this key.
    Earlier(i64),
}

/// A decision model of a deployment, understood.
pub(super) struct CheckedModel {
    pub(super) file: usize,
    pub(super) model: DecisionModel,
    /// All it was compiled with.
    pub(super) imports: Vec<Imported>,
}

impl CheckedModel {
    /// What can be called in it, as (id, name, kind, version tag).
    pub(super) fn callable(
        &self,
    ) -> impl Iterator<Item = (&str, &str, &'static str, Option<&str>)> {
        self.model.elements().filter_map(|it| {
            let kind = match it.kind {
                ElementKind::Decision => "decision",
                ElementKind::Service => "decision_service",
                ElementKind::Input | ElementKind::Knowledge => return None,
            };
            Some((it.id_or_name(), &*it.name, kind, it.version_tag.as_deref()))
        })
    }
}

/// Whether a file is a decision model, by its name.
pub(super) fn is_decision_model(name: &str) -> bool {
    name.ends_with(".dmn")
}

/// Reads the decision models among files together, where nothing was deployed earlier.
///
/// # Errors
/// All their problems, warnings among them, when at least one is an error.
pub fn read_decisions(resources: &[Resource]) -> Result<Vec<DecisionModel>, Vec<FileProblem>> {
    let (models, problems) = check(resources, &Earlier::new());
    if problems.iter().any(|it| it.problem.severity == Severity::Error) {
        return Err(problems);
    }
    Ok(models.into_iter().map(|it| it.model).collect())
}

/// Finds the models deployed earlier that files of a deployment import, directly or through others.
pub(super) fn find_earlier(
    sql: &mut dyn Sql,
    resources: &[Resource],
) -> Result<Earlier, StoreError> {
    let outlines: Vec<Outline> = outlines(resources).into_iter().flatten().collect();
    let mut wanted: Vec<String> = outlines.iter().flat_map(|it| it.imports.clone()).collect();
    let mut earlier = Earlier::new();
    let mut asked: Vec<String> = outlines.into_iter().map(|it| it.namespace).collect();
    while let Some(namespace) = wanted.pop() {
        if asked.contains(&namespace) {
            continue;
        }
        let rows = sql.query(
            "SELECT m.key, r.content FROM sys_flows__decision_models m
             JOIN sys_flows__resources r ON r.key = m.resource_key
             WHERE m.namespace = ?1 ORDER BY m.key DESC LIMIT 1",
            &[(&namespace).into()],
        )?;
        asked.push(namespace);
        let Some(row) = rows.first() else { continue };
        let (key, content) = (row.integer(0)?, row.text(1)?.to_owned());
        let corrupt = || StoreError::Corrupt(format!("decision model {key}"));
        let outline = dmn::outline(&content, &Limits::of_tables()).ok_or_else(corrupt)?;
        wanted.extend(outline.imports.iter().cloned());
        earlier.insert(key, EarlierModel { outline, content });
    }
    Ok(earlier)
}

/// The outlines of the files that are decision models and can be read.
fn outlines(resources: &[Resource]) -> Vec<Option<Outline>> {
    let outline = |it: &Resource| {
        is_decision_model(&it.name).then(|| dmn::outline(&it.content, &Limits::of_tables()))?
    };
    resources.iter().map(outline).collect()
}

/// Reads all decision models among the files; all their problems, warnings among them.
pub(super) fn check(
    resources: &[Resource],
    earlier: &Earlier,
) -> (Vec<CheckedModel>, Vec<FileProblem>) {
    let outlines = outlines(resources);
    let (mut checked, mut problems) = (Vec::new(), Vec::new());
    for (file, resource) in resources.iter().enumerate() {
        if !is_decision_model(&resource.name) {
            continue;
        }
        let in_file = |problem| FileProblem { file: resource.name.clone(), problem };
        let imports = resolve(file, &outlines, earlier);
        problems.extend(ambiguous(file, &outlines, resources).map(in_file));
        let sources: Vec<&str> = imports
            .iter()
            .map(|it| match it {
                Imported::File(file) => resources[*file].content.as_str(),
                Imported::Earlier(key) => earlier[key].content.as_str(),
            })
            .collect();
        match dmn::parse(&resource.content, &sources, &Limits::of_tables()) {
            Ok(model) => {
                problems.extend(model.problems.iter().cloned().map(in_file));
                problems.extend(nothing_to_call(&model).map(in_file));
                checked.push(CheckedModel { file, model, imports });
            }
            Err(found) => problems.extend(found.into_iter().map(in_file)),
        }
    }
    (checked, problems)
}

/// A model of types or functions only is there to be imported.
fn nothing_to_call(model: &DecisionModel) -> Option<Problem> {
    if model.elements().next().is_some() || !model.namespace.is_empty() {
        return None;
    }
    let message = "the model has no decision, and no namespace by which it could be imported";
    Some(Problem {
        expected: Some("a `decision`, or a `namespace`".to_owned()),
        ..whole(message.to_owned())
    })
}

/// Everything a file imports, directly or through others, each once.
fn resolve(file: usize, outlines: &[Option<Outline>], earlier: &Earlier) -> Vec<Imported> {
    let find = |namespace: &String| {
        let is_it = |it: &Outline| it.namespace == *namespace;
        let in_files = outlines.iter().position(|it| it.as_ref().is_some_and(is_it));
        in_files.map(Imported::File).or_else(|| {
            let found = earlier.iter().find(|(_, it)| is_it(&it.outline));
            found.map(|(key, _)| Imported::Earlier(*key))
        })
    };
    let mut found: Vec<Imported> = Vec::new();
    let mut open = vec![Imported::File(file)];
    while let Some(next) = open.pop() {
        let outline = match next {
            Imported::File(file) => outlines[file].as_ref(),
            Imported::Earlier(key) => earlier.get(&key).map(|it| &it.outline),
        };
        for import in outline.iter().flat_map(|it| &it.imports).filter_map(find) {
            if import != Imported::File(file) && !found.contains(&import) {
                found.push(import);
                open.push(import);
            }
        }
    }
    found
}

/// Imported namespaces that are those of several files of the deployment.
fn ambiguous(
    file: usize,
    outlines: &[Option<Outline>],
    resources: &[Resource],
) -> impl Iterator<Item = Problem> {
    let imports = outlines[file].iter().flat_map(|it| &it.imports);
    imports.filter_map(move |namespace| {
        let is_it = |outline: &Option<Outline>| {
            outline.as_ref().is_some_and(|it| it.namespace == *namespace)
        };
        let same = outlines.iter().zip(resources).filter(|(outline, _)| is_it(outline));
        let names: Vec<&str> = same.map(|(_, resource)| resource.name.as_str()).collect();
        (names.len() > 1).then(|| Problem {
            severity: Severity::Error,
            expected: Some("a namespace of its own for each imported model".to_owned()),
            ..whole(format!("the imported namespace `{namespace}` is that of {}", names.join(", ")))
        })
    })
}
