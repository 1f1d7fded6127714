//! The examples are models that people copy: without a warning, complete and drawn well.

use std::collections::HashSet;

use flowstead::core::bpmn::diagram::{Diagram, Shape, ShapeKind};
use flowstead::core::bpmn::{Limits, lint, parse};
use flowstead::core::model::{Dynamic, ElementKind, FormReference};

use super::{folder, line, models};

#[test]
fn examples_have_no_problem() {
    let models = models(&folder("examples"));
    assert!(models.len() >= 5);
    for (name, source) in models {
        let problems: Vec<String> = lint(&source, &Limits::default()).iter().map(line).collect();
        assert_eq!(problems, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn everything_examples_refer_to_is_there() {
    let (mut processes, mut called, mut forms) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (_, source) in models(&folder("examples")) {
        let model = parse(&source, &Limits::default()).expect("examples are right");
        for process in model.processes {
            processes.insert(process.id.to_string());
            for element in &process.elements {
                match &element.kind {
                    ElementKind::CallActivity(call) => match &call.process_id {
                        Dynamic::Literal(id) => called.insert(id.to_string()),
                        Dynamic::Expression(_) => panic!("{} is computed", element.id),
                    },
                    ElementKind::UserTask(task) => forms.insert(form_id(task.form.as_ref())),
                    ElementKind::StartEvent(start) if start.form.is_some() => {
                        forms.insert(form_id(start.form.as_ref()))
                    }
                    _ => continue,
                };
            }
        }
    }
    assert!(called.is_subset(&processes), "{called:?}");
    assert_eq!(forms, written_forms());
}

fn form_id(form: Option<&FormReference>) -> String {
    match form {
        Some(FormReference::Id(id)) => id.clone(),
        other => panic!("examples name deployed forms, not {other:?}"),
    }
}

/// Ids of the form files, which are also the names of the files.
fn written_forms() -> HashSet<String> {
    let mut ids = HashSet::new();
    for entry in std::fs::read_dir(folder("examples")).expect("there are examples") {
        let example = entry.expect("the folder can be read").path();
        assert!(example.join("README.md").is_file(), "{} has no page", example.display());
        for file in std::fs::read_dir(&example).expect("examples are folders") {
            let path = file.expect("the folder can be read").path();
            if path.extension().is_none_or(|it| it != "form") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            let form: serde_json::Value = serde_json::from_str(&text).expect("forms are JSON");
            let id = form["id"].as_str().expect("a form has an id").to_owned();
            assert_eq!(path.file_stem().and_then(|it| it.to_str()), Some(id.as_str()));
            ids.insert(id);
        }
    }
    ids
}

#[test]
fn examples_are_drawn_without_overlap() {
    for (name, source) in models(&folder("examples")) {
        let model = parse(&source, &Limits::default()).expect("examples are right");
        let process = &model.processes[0];
        assert_eq!(model.diagram.shapes.len(), process.elements.len() - 1, "{name}");
        assert_eq!(model.diagram.edges.len(), process.flows.len(), "{name}");
        check_overlap(&name, &model.diagram);
    }
}

/// Only boundary events touch what they are attached to, and sub-processes what is inside.
fn check_overlap(name: &str, diagram: &Diagram) {
    let is_solid = |it: &&Shape| {
        use flowstead::core::bpmn::diagram::EventPosition::Boundary;
        let is_boundary = matches!(it.kind, ShapeKind::Event(event) if event.position == Boundary);
        !it.kind.is_container() && !is_boundary
    };
    let solid: Vec<&Shape> = diagram.shapes.iter().filter(is_solid).collect();
    for (at, a) in solid.iter().enumerate() {
        for b in &solid[at + 1..] {
            let apart = a.bounds.right() < b.bounds.x
                || b.bounds.right() < a.bounds.x
                || a.bounds.bottom() < b.bounds.y
                || b.bounds.bottom() < a.bounds.y;
            assert!(apart, "{name}: {} and {} overlap", a.element_id, b.element_id);
        }
    }
}
