//! Decision models among files that are checked: what is wrong with them.
//!
//! Must not know what a decision is made of.

use super::check::{FileProblem, Resource};
use crate::core::dmn::{self, Limits};

/// Whether a file is a decision model, by its name.
pub(super) fn is_decision_model(resource: &Resource) -> bool {
    resource.name.ends_with(".dmn")
}

/// All problems of decision models, each of which may import the others.
pub(super) fn lint(models: &[Resource]) -> Vec<FileProblem> {
    let mut found = Vec::new();
    for (index, model) in models.iter().enumerate() {
        let others = models.iter().enumerate().filter(|(other, _)| *other != index);
        let imports: Vec<_> = others.map(|(_, it)| it.content.as_str()).collect();
        let problems = dmn::lint(&model.content, &imports, &Limits::of_tables());
        let in_file = |problem| FileProblem { file: model.name.clone(), problem };
        found.extend(problems.into_iter().map(in_file));
    }
    found
}
