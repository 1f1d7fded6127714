//! Lists and searches over a hundred thousand finished and ten thousand waiting instances.
//!
//! Times are those of whole answers over loopback, so they hold the server's time and a little more.

use std::path::Path;
use std::time::Instant;

use flowstead::services::audit::Origin;
use flowstead::services::execution::{Execution, ProcessReference, StartInstance, Work};
use serde_json::json;

use crate::machine::{millis, percentile};
use crate::server::{Connection, Server};
use crate::turns;

const FINISHED: u64 = 100_000;
const WAITING: u64 = 10_000;
/// Instances on their way at the same time.
const AT_ONCE: u64 = 256;
/// Answers of one kind.
const TIMES: usize = 60;

/// What people look at.
const PAGES: [(&str, &str); 16] = [
    ("instances, all", "/instances"),
    ("instances, active", "/instances?state=active"),
    ("instances, completed", "/instances?state=completed"),
    ("instances, stuck", "/instances?state=stuck"),
    ("instances of a process", "/instances?process=review&state=active"),
    ("instances, variable =", "/instances?process=review&variable=amount&op=eq&value=5000"),
    ("instances, variable >", "/instances?process=review&variable=amount&op=gt&value=9000"),
    ("instances, rare text", "/instances?process=review&variable=customer&op=eq&value=c-17"),
    (
        "instances, variable contains",
        "/instances?process=review&variable=customer&op=contains&value=-999",
    ),
    ("instances, words", "/instances?search=c-17"),
    ("inbox", "/inbox"),
    ("inbox, unassigned", "/inbox?filter=unassigned"),
    ("inbox, newest first", "/inbox?filter=all&sort=created"),
    ("audit, newest", "/audit"),
    ("audit, words", "/audit?search=review"),
    ("home", "/"),
];

/// Measures and prints the table.
pub(crate) fn measure(folder: &Path) {
    let folder = folder.join("pages");
    seed(&folder);
    let server = Server::start(&folder);
    server.set_up();
    let cookies = server.sign_in();
    server.wait_until_idle();
    println!("\n| page, with {FINISHED} finished and {WAITING} waiting | p50 | p99 | size |");
    println!("| --- | ---: | ---: | ---: |");
    let mut connection = Connection::open(server.address);
    for (name, path) in PAGES {
        let mut latencies = Vec::new();
        let mut size = 0;
        for _ in 0..TIMES {
            let before = Instant::now();
            let answer = connection.call("GET", path, &cookies, "");
            latencies.push(before.elapsed());
            assert_eq!(answer.status(), 200, "{path}: {}", answer.body);
            size = answer.body.len();
        }
        latencies.sort_unstable();
        let (p50, p99) = (percentile(&latencies, 0.5), percentile(&latencies, 0.99));
        println!("| {name} | {} | {} | {} KB |", millis(p50), millis(p99), size / 1024);
    }
}

/// Runs the instances through the engine, as they would have been.
fn seed(folder: &Path) {
    let models = [
        ("review.bpmn", include_str!("models/review.bpmn")),
        ("review.schema.json", include_str!("models/review.schema.json")),
    ];
    turns::prepare(folder, &models, async |execution| {
        let starters = (0..AT_ONCE).map(|first| tokio::spawn(start(execution.clone(), first)));
        for starter in starters.collect::<Vec<_>>() {
            starter.await.expect("a starter ends");
        }
        while execution.turns() < 2 * FINISHED + WAITING {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
}

/// Every eleventh instance waits for a person.
async fn start(execution: Execution, first: u64) {
    for number in (first..FINISHED + WAITING).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
        let amount = if number % 11 == 0 { 1_000 + number % 9_000 } else { number % 1_000 };
        let variables = json!({ "amount": amount, "customer": format!("c-{}", number % 20_000) });
        let work = Work::Start(StartInstance {
            process: ProcessReference::Latest("review".to_owned()),
            variables: variables.as_object().cloned().unwrap_or_default(),
            after: None,
        });
        let receipt = execution.submit(work, Origin::system("bench")).await;
        receipt.expect("an instance starts");
    }
}
