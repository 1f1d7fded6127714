//! Playing all scenarios, on as many threads as there are processors.
//!
//! Must not know what a verdict means.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json};

use crate::cli::test::loading::Suite;
use crate::core::engine::{JobCreated, VariableMap};
use crate::core::scenario::{Done, Scenario, Verdict, Worker};
use crate::platform::config::ScriptsConfig;
use crate::services::connectors::{MAIL, SCRIPT, script_outcome};
use crate::services::execution::JobOutcome;

/// A scenario that was played.
pub(super) struct Played {
    /// Which suite it is in.
    pub(super) suite: usize,
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) verdict: Verdict,
    pub(super) elapsed: Duration,
}

/// Does what belongs to the process itself: scripts run, mails go nowhere.
pub(super) struct WorkerOfTests;

impl Worker for WorkerOfTests {
    fn knows(&self, job_type: &str) -> bool {
        [SCRIPT, MAIL].contains(&job_type)
    }

    fn work(&self, job: &JobCreated, variables: &VariableMap) -> Done {
        if &*job.job_type == MAIL {
            return Done::Completed(VariableMap::new());
        }
        let headers = job.headers.iter().cloned();
        let headers: Map<String, Json> = headers.map(|(name, it)| (name, it.into())).collect();
        match script_outcome(&headers, variables, (&ScriptsConfig::default()).into()) {
            JobOutcome::Completed(variables) => Done::Completed(variables),
            JobOutcome::Failed { message, .. } => Done::Failed(message),
            JobOutcome::Error { code, message, variables } => {
                Done::Error { code, message, variables }
            }
        }
    }
}

/// Plays every scenario whose name holds `only`, in the order of the suites.
pub(super) fn play_all(suites: &[Suite], only: Option<&str>, worker: &dyn Worker) -> Vec<Played> {
    let scenarios: Vec<(usize, &Scenario)> = suites
        .iter()
        .enumerate()
        .flat_map(|(suite, it)| it.scenarios.iter().map(move |file| (suite, file)))
        .flat_map(|(suite, file)| file.scenarios.iter().map(move |it| (suite, it)))
        .filter(|(_, it)| only.is_none_or(|text| it.name.contains(text)))
        .collect();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(scenarios.len());
    let mut played: Vec<(usize, Played)> = thread::scope(|scope| {
        let players: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| play_some(suites, &scenarios, &next, worker)))
            .collect();
        players.into_iter().flat_map(|it| it.join().unwrap_or_default()).collect()
    });
    played.sort_by_key(|(index, _)| *index);
    played.into_iter().map(|(_, it)| it).collect()
}

fn play_some(
    suites: &[Suite],
    scenarios: &[(usize, &Scenario)],
    next: &AtomicUsize,
    worker: &dyn Worker,
) -> Vec<(usize, Played)> {
    let mut played = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some((suite, scenario)) = scenarios.get(index) else { return played };
        let began = Instant::now();
        let verdict = scenario.play(&suites[*suite].library, worker);
        let (name, line) = (scenario.name.clone(), scenario.line);
        let elapsed = began.elapsed();
        played.push((index, Played { suite: *suite, name, line, verdict, elapsed }));
    }
}
