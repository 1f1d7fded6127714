//! Finding scenario files, and reading them with the models and forms they deploy.
//!
//! Must not know how scenarios are played.
//!
//! **Invariant:** a model is read once, however many scenarios deploy it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::files::read_text;
use crate::cli::outcome::{Failure, UNREADABLE};
use crate::core::bpmn::diagram::Diagram;
use crate::core::bpmn::{self, Limits};
use crate::core::dmn::DecisionModel;
use crate::core::forms::Form;
use crate::core::model::{Problem, ProcessDefinition, Severity};
use crate::core::scenario::{Deployed, ScenarioFile};
use crate::core::world::Library;
use crate::services::processes::{FileProblem, Resource, read_decisions};

/// The endings of scenario files.
const ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];
/// Folders within folders: a link that leads back must not be followed for ever.
const DEPTH_MAX: usize = 16;

/// A scenario file, ready to be played.
pub(super) struct Suite {
    /// Its path, as it was named or found.
    pub(super) file: String,
    /// Empty when there are problems.
    pub(super) scenarios: Option<ScenarioFile>,
    pub(super) library: Arc<Library>,
    /// The models it deploys.
    pub(super) models: Vec<Arc<LoadedModel>>,
    /// Why it can't be played.
    pub(super) problems: Vec<FileProblem>,
}

/// A model that was read.
pub(super) struct LoadedModel {
    pub(super) path: PathBuf,
    pub(super) processes: Vec<Arc<ProcessDefinition>>,
    pub(super) diagram: Diagram,
}

#[derive(Clone)]
enum Loaded {
    Model(Arc<LoadedModel>),
    Form(Arc<Form>),
    /// Read together with the others, which it may import.
    Decisions(Resource),
    /// Data schemas say nothing about how a process runs.
    Aside,
    Broken(Vec<Problem>),
}

/// Reads all scenario files that paths lead to.
pub(super) fn load(paths: &[PathBuf]) -> Result<Vec<Suite>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            find_files(path, 0, &mut files).map_err(|error| Failure::new(UNREADABLE, error))?;
        } else {
            files.push(path.clone());
        }
    }
    let mut loader = Loader { known: BTreeMap::new(), decided: BTreeMap::new() };
    files.iter().map(|file| loader.suite(file)).collect()
}

fn find_files(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("can't read the folder {}", folder.display()))?;
    let mut paths = entries.map(|it| it.map(|it| it.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            let is_hidden = name.starts_with('.') || name == "node_modules" || name == "target";
            if !is_hidden && depth < DEPTH_MAX {
                find_files(&path, depth + 1, found)?;
            }
        } else if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            found.push(path.strip_prefix(".").map_or(path.clone(), Path::to_path_buf));
        }
    }
    Ok(())
}

struct Loader {
    known: BTreeMap<PathBuf, Loaded>,
    decided: BTreeMap<Vec<String>, Vec<DecisionModel>>,
}

impl Loader {
    fn suite(&mut self, path: &Path) -> Result<Suite, Failure> {
        let source = read_text(path)?;
        let file = path.display().to_string();
        let stem = stem(path);
        let mut suite = Suite {
            file: file.clone(),
            scenarios: None,
            library: Arc::new(Library::default()),
            models: Vec::new(),
            problems: Vec::new(),
        };
        match ScenarioFile::parse(&source, &stem) {
            Err(problem) => suite.problems.push(FileProblem { file, problem }),
            Ok(scenarios) => {
                self.deploy(path, &scenarios, &mut suite);
                suite.scenarios = suite.problems.is_empty().then_some(scenarios);
            }
        }
        Ok(suite)
    }

    fn deploy(&mut self, path: &Path, scenarios: &ScenarioFile, suite: &mut Suite) {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut named = scenarios.deploy.clone();
        if named.is_empty() {
            named.push(Deployed { path: format!("{}.bpmn", stem(path)), line: 1, column: 1 });
        }
        let (mut forms, mut decisions) = (Vec::new(), Vec::new());
        for deployed in named {
            let place = folder.join(&deployed.path);
            let loaded = self.load(&place);
            match loaded {
                Err(message) => {
                    let problem = missing(&deployed, &message);
                    suite.problems.push(FileProblem { file: suite.file.clone(), problem });
                }
                Ok(Loaded::Model(model)) => suite.models.push(model),
                Ok(Loaded::Form(form)) => forms.push(form),
                Ok(Loaded::Decisions(resource)) => decisions.push(resource),
                Ok(Loaded::Aside) => {}
                Ok(Loaded::Broken(problems)) => {
                    let file = place.display().to_string();
                    let problems = problems.into_iter();
                    suite.problems.extend(
                        problems.map(|problem| FileProblem { file: file.clone(), problem }),
                    );
                }
            }
        }
        let definitions = suite.models.iter().flat_map(|it| it.processes.iter().cloned());
        let library = Library::new(definitions, forms);
        let decided = self.decisions(&decisions);
        let decided = decided.map_err(|problems| suite.problems.extend(problems));
        suite.library = Arc::new(library.with_decisions(decided.unwrap_or_default()));
    }

    /// The decisions of some files; the same files are read once.
    fn decisions(&mut self, files: &[Resource]) -> Result<Vec<DecisionModel>, Vec<FileProblem>> {
        let names: Vec<String> = files.iter().map(|it| it.name.clone()).collect();
        if !names.is_empty() && !self.decided.contains_key(&names) {
            self.decided.insert(names.clone(), read_decisions(files)?);
        }
        Ok(self.decided.get(&names).cloned().unwrap_or_default())
    }

    fn load(&mut self, path: &Path) -> Result<Loaded, String> {
        if let Some(known) = self.known.get(path) {
            return Ok(known.clone());
        }
        let source = read_text(path).map_err(|failure| format!("{:#}", failure.error))?;
        let loaded = read(path, &source)?;
        self.known.insert(path.to_owned(), loaded.clone());
        Ok(loaded)
    }
}

fn read(path: &Path, source: &str) -> Result<Loaded, String> {
    let name = path.to_string_lossy();
    let read = if name.ends_with(".form") {
        Form::parse(source).map(|form| Loaded::Form(Arc::new(form)))
    } else if name.ends_with(".dmn") {
        let (name, content) = (name.into_owned(), source.to_owned());
        Ok(Loaded::Decisions(Resource { name, content }))
    } else if name.ends_with(".schema.json") {
        Ok(Loaded::Aside)
    } else if name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml") {
        bpmn::parse(source, &Limits::default()).map(|model| {
            Loaded::Model(Arc::new(LoadedModel {
                path: path.to_owned(),
                processes: model.processes.into_iter().map(Arc::new).collect(),
                diagram: model.diagram,
            }))
        })
    } else {
        return Err(format!("{name} can't be deployed"));
    };
    Ok(read.unwrap_or_else(|mut problems| {
        problems.retain(|it| it.severity == Severity::Error);
        Loaded::Broken(problems)
    }))
}

fn missing(deployed: &Deployed, message: &str) -> Problem {
    Problem {
        severity: Severity::Error,
        line: deployed.line,
        column: deployed.column,
        element_id: None,
        message: format!("deploy: {message}"),
        expected: Some("a .bpmn, .dmn, .form or .schema.json file beside this one".to_owned()),
    }
}

/// The name of a scenario file without its ending.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    stem.unwrap_or(&name).to_owned()
}
