//! The turn loop through its public seam: start, a job of this process, a gateway, an end.
//!
//! Every instance is two durable turns. Must not reach behind `services`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowstead::platform::clock::{Clock, KeyGenerator, SystemClock};
use flowstead::platform::store::{Database, Set};
use flowstead::services::audit::Origin;
use flowstead::services::execution::{
    Backoff, Execution, Foundation, Handlers, JobFuture, JobHandler, JobOutcome, LeasedJob,
    ProcessReference, Settings, StartInstance, Work,
};
use flowstead::services::processes::{Resource, deploy};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::machine::{Place, cpu_time, micros_each, millis, per_second, percentile};

/// Instances of one measurement.
const INSTANCES: u64 = 30_000;
/// With one submitter each instance waits for the disk alone.
const INSTANCES_ALONE: u64 = 1_000;

pub(crate) const HEADING: &str = "| turn loop | submitters | load | instances/s | turns/s | CPU per instance | p50 | p99 |\n| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |";

/// Start, a job that does nothing, a gateway, an end.
pub(crate) const THROUGHPUT: (&str, &str) =
    ("throughput.bpmn", include_str!("models/throughput.bpmn"));

/// A job that has nothing to do.
pub(crate) struct Noop;

impl JobHandler for Noop {
    fn run(&self, _: LeasedJob) -> JobFuture {
        Box::pin(async { JobOutcome::Completed(serde_json::Map::new()) })
    }
}

/// Measures the turn loop on one database and prints its lines.
pub(crate) fn measure(place: &Place) {
    let runtime = tokio::runtime::Runtime::new().expect("the runtime starts");
    runtime.block_on(async {
        let execution = start(place.open(), &[THROUGHPUT]).await;
        for submitters in [1, 32, 256] {
            let count = if submitters == 1 { INSTANCES_ALONE } else { INSTANCES };
            let full = run(&execution, submitters, count, None).await;
            full.print(place, submitters, "full");
            let pace = full.instances_per_second() / 2.0;
            run(&execution, submitters, count / 2, Some(pace))
                .await
                .print(place, submitters, "half");
        }
        execution.stop();
    });
}

/// Fills a server's folder before it starts: deploys models and lets instances run.
pub(crate) fn prepare(folder: &Path, models: &[(&str, &str)], run: impl AsyncFnOnce(&Execution)) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let runtime = tokio::runtime::Runtime::new().expect("the runtime starts");
    runtime.block_on(async {
        let database = Place::Sqlite(folder.join("main.db")).open();
        let execution = start(database, models).await;
        run(&execution).await;
        execution.stop();
    });
}

/// The engine on a database that is migrated first, with these models deployed.
pub(crate) async fn start(database: Database, models: &[(&str, &str)]) -> Execution {
    database.migrate(Set::Domain, SystemClock.now_ms()).expect("the database is migrated");
    let foundation = Foundation {
        database,
        clock: Arc::new(SystemClock),
        keys: Arc::new(KeyGenerator::new(0, None).expect("node 0 exists")),
        handlers: Handlers::default().with("bench.noop", Arc::new(Noop)),
    };
    let settings = Settings {
        batch_size: 100,
        queue_length: 4096,
        hot_instances: 4096,
        lease_ms: 60_000,
        backoff: Backoff { first_ms: 1000, max_ms: 60_000 },
        zone: TimeZone::UTC,
    };
    let execution = Execution::start(foundation, settings).await.expect("the execution starts");
    let resource = |(name, content): &(&str, &str)| Resource {
        name: (*name).to_owned(),
        content: (*content).to_owned(),
    };
    let models = models.iter().map(resource).collect();
    let deployed = deploy(&execution, &TimeZone::UTC, models, Origin::system("bench")).await;
    deployed.expect("the model is deployed");
    execution
}

/// One measurement.
struct Measured {
    instances: u64,
    turns: u64,
    time: Duration,
    cpu: Duration,
    latencies: Vec<Duration>,
}

impl Measured {
    fn instances_per_second(&self) -> f64 {
        per_second(self.instances, self.time)
    }

    fn print(&self, place: &Place, submitters: u64, load: &str) {
        println!(
            "| {} | {submitters} | {load} | {:.0} | {:.0} | {:.0} µs | {} | {} |",
            place.name(),
            self.instances_per_second(),
            per_second(self.turns, self.time),
            micros_each(self.instances, self.cpu),
            millis(percentile(&self.latencies, 0.5)),
            millis(percentile(&self.latencies, 0.99)),
        );
    }
}

/// Runs instances to their end; `pace` is how many are to be started a second, all together.
async fn run(execution: &Execution, submitters: u64, count: u64, pace: Option<f64>) -> Measured {
    let (began, cpu, turns) = (Instant::now(), cpu_time(), execution.turns());
    let each = count / submitters;
    let tasks: Vec<_> = (0..submitters)
        .map(|_| tokio::spawn(submit(execution.clone(), each, submitters, pace)))
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a submitter ends"));
    }
    let instances = each * submitters;
    while execution.turns() < turns + 2 * instances {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    latencies.sort_unstable();
    Measured {
        instances,
        turns: execution.turns() - turns,
        time: began.elapsed(),
        cpu: cpu_time().saturating_sub(cpu),
        latencies,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred submitters")]
async fn submit(
    execution: Execution,
    count: u64,
    submitters: u64,
    pace: Option<f64>,
) -> Vec<Duration> {
    let interval = pace.map(|pace| Duration::from_secs_f64(submitters as f64 / pace));
    let mut ticks = interval.map(tokio::time::interval);
    let mut latencies = Vec::new();
    for _ in 0..count {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let variables = json!({ "amount": 150, "customer": "c-17" });
        let work = Work::Start(StartInstance {
            process: ProcessReference::Latest("throughput".to_owned()),
            variables: variables.as_object().cloned().unwrap_or_default(),
            after: None,
        });
        let began = Instant::now();
        let receipt = execution.submit(work, Origin::system("bench")).await;
        receipt.expect("an instance starts");
        latencies.push(began.elapsed());
    }
    latencies
}
