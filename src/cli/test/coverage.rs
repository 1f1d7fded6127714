//! How much of the models scenarios have reached, as numbers and as a page with diagrams.
//!
//! Must not know which scenario reached what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use serde_json::{Value as Json, json};

use crate::cli::test::loading::{LoadedModel, Suite};
use crate::cli::test::playing::Played;
use crate::core::bpmn::svg::{ElementOverlay, Overlays, render};
use crate::core::model::ProcessDefinition;
use crate::core::scenario::ReachedProcess;

/// What was reached of every model that scenarios deploy.
pub(super) struct Coverage {
    models: Vec<ModelCoverage>,
}

struct ModelCoverage {
    file: String,
    svg: String,
    processes: Vec<ProcessCoverage>,
}

struct ProcessCoverage {
    id: Arc<str>,
    elements: Share,
    flows: Share,
}

/// How many of how many, and which are missing.
#[derive(Clone, Default)]
struct Share {
    reached: usize,
    all: usize,
    missing: Vec<String>,
}

impl Coverage {
    /// Adds up what scenarios have reached.
    pub(super) fn measure(suites: &[Suite], results: &[Played]) -> Self {
        let mut models: BTreeMap<&Path, (&Arc<LoadedModel>, BTreeSet<usize>)> = BTreeMap::new();
        for (index, suite) in suites.iter().enumerate() {
            for model in &suite.models {
                models.entry(&model.path).or_insert((model, BTreeSet::new())).1.insert(index);
            }
        }
        let models = models.into_values().map(|(model, suites)| {
            let meant = results.iter().filter(|it| suites.contains(&it.suite));
            measure_model(model, &meant.collect::<Vec<_>>())
        });
        Self { models: models.collect() }
    }

    /// The sum, and what was never reached, for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let (elements, flows) = self.sums();
        if elements.all == 0 {
            return Vec::new();
        }
        let sum = format!("reached: elements {}, flows {}", elements.tell(), flows.tell());
        let missing = self.models.iter().flat_map(|model| {
            model.processes.iter().filter_map(|process| {
                let ids = [&process.elements.missing[..], &process.flows.missing[..]].concat();
                let is_missing = !ids.is_empty();
                is_missing.then(|| format!("  never in {}: {}", model.file, ids.join(", ")))
            })
        });
        [sum].into_iter().chain(missing).collect()
    }

    /// Everything, for programs.
    pub(super) fn json(&self) -> Json {
        let share =
            |it: &Share| json!({ "reached": it.reached, "all": it.all, "never": it.missing });
        let processes = self.models.iter().flat_map(|model| {
            model.processes.iter().map(move |process| {
                json!({
                    "file": model.file,
                    "process_id": process.id,
                    "elements": share(&process.elements),
                    "flows": share(&process.flows),
                })
            })
        });
        processes.collect()
    }

    /// Writes a page into a folder, which is made if it is missing.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let (elements, flows) = self.sums();
        let page = CoveragePage {
            elements: elements.tell(),
            flows: flows.tell(),
            models: self.models.iter().map(ModelView::of).collect(),
        };
        let path = folder.join("index.html");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, page.render().unwrap_or_default()))
            .with_context(|| format!("can't write {}", path.display()))
    }

    fn sums(&self) -> (Share, Share) {
        let processes = self.models.iter().flat_map(|it| &it.processes);
        processes.fold((Share::default(), Share::default()), |(elements, flows), it| {
            (elements.plus(&it.elements), flows.plus(&it.flows))
        })
    }
}

fn measure_model(model: &LoadedModel, results: &[&Played]) -> ModelCoverage {
    let mut overlays = Overlays::default();
    let processes = model.processes.iter().map(|process| {
        let mut sum = ReachedProcess::default();
        for reached in results.iter().filter_map(|it| it.verdict.reached.get(&process.id)) {
            sum.elements.extend(reached.elements.iter().cloned());
            sum.flows.extend(reached.flows.iter().cloned());
        }
        for id in &sum.elements {
            let overlay = ElementOverlay { is_completed: true, ..ElementOverlay::default() };
            overlays.elements.insert(id.to_string(), overlay);
        }
        overlays.taken_flows.extend(sum.flows.iter().map(ToString::to_string));
        measure_process(process, &sum)
    });
    let processes = processes.collect();
    let file = model.path.display().to_string();
    ModelCoverage { file, svg: render(&model.diagram, &overlays), processes }
}

fn measure_process(process: &ProcessDefinition, reached: &ReachedProcess) -> ProcessCoverage {
    // The process itself is no part of itself.
    let elements = process.elements.iter().skip(1).map(|it| &it.id);
    let flows = process.flows.iter().map(|it| &it.id);
    ProcessCoverage {
        id: process.id.clone(),
        elements: Share::of(elements, &reached.elements),
        flows: Share::of(flows, &reached.flows),
    }
}

impl Share {
    fn of<'a>(all: impl Iterator<Item = &'a Arc<str>>, reached: &BTreeSet<Arc<str>>) -> Self {
        let mut share = Self::default();
        for id in all {
            share.all += 1;
            if reached.contains(id) {
                share.reached += 1;
            } else {
                share.missing.push(id.to_string());
            }
        }
        share
    }

    fn plus(mut self, other: &Self) -> Self {
        self.reached += other.reached;
        self.all += other.all;
        self
    }

    /// Never rounded up: 100 % is all.
    fn percent(&self) -> usize {
        (self.reached * 100).checked_div(self.all).unwrap_or(100)
    }

    fn tell(&self) -> String {
        format!("{} of {} ({} %)", self.reached, self.all, self.percent())
    }
}

/// The page with the diagrams.
#[derive(Template)]
#[template(path = "reports/coverage.html")]
struct CoveragePage {
    elements: String,
    flows: String,
    models: Vec<ModelView>,
}

struct ModelView {
    file: String,
    svg: String,
    processes: Vec<ProcessView>,
}

struct ProcessView {
    id: String,
    elements: String,
    flows: String,
    missing: String,
}

impl ModelView {
    fn of(model: &ModelCoverage) -> Self {
        let processes = model.processes.iter().map(|it| ProcessView {
            id: it.id.to_string(),
            elements: it.elements.tell(),
            flows: it.flows.tell(),
            missing: [&it.elements.missing[..], &it.flows.missing[..]].concat().join(", "),
        });
        let (file, svg) = (model.file.clone(), model.svg.clone());
        Self { file, svg, processes: processes.collect() }
    }
}
