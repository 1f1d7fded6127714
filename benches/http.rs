//! The turn loop over HTTP: the same process, started by programs over connections kept open.
//!
//! CPU is the server's alone, until everything is done and can be found by search.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::machine::{micros_each, millis, per_second, percentile};
use crate::server::{Connection, Server};
use crate::turns;

/// Instances of one measurement.
const INSTANCES: u32 = 20_000;
/// With one connection each instance waits for the disk alone.
const INSTANCES_ALONE: u32 = 500;
const START: &str = "/api/v1/process-instances";

/// Measures and prints the table.
pub(crate) fn measure(folder: &Path) {
    println!(
        "\n| over HTTP | connections | load | instances/s | server CPU per instance | p50 | p99 |"
    );
    println!("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
    let folder = folder.join("http");
    turns::prepare(&folder, &[turns::THROUGHPUT], async |_| {});
    let server = Server::start(&folder);
    let authorization = server.set_up();
    let load = Load { server: &server, authorization };
    load.run(1, 100, None);
    for connections in [1, 32, 256] {
        let count = if connections == 1 { INSTANCES_ALONE } else { INSTANCES };
        let pace = load.measure(connections, count, None) / 2.0;
        load.measure(connections, count / 2, Some(pace));
    }
}

struct Load<'s> {
    server: &'s Server,
    authorization: String,
}

impl Load<'_> {
    /// Starts instances, prints the line, gives how many ended in a second.
    fn measure(&self, connections: u32, count: u32, pace: Option<f64>) -> f64 {
        self.server.wait_until_idle();
        let cpu = self.server.cpu_time();
        let (latencies, time) = self.run(connections, count, pace);
        self.server.wait_until_idle();
        let cpu = self.server.cpu_time().saturating_sub(cpu);
        let done = latencies.len() as u64;
        println!(
            "| SQLite | {connections} | {} | {:.0} | {:.0} µs | {} | {} |",
            if pace.is_some() { "half" } else { "full" },
            per_second(done, time),
            micros_each(done, cpu),
            millis(percentile(&latencies, 0.5)),
            millis(percentile(&latencies, 0.99)),
        );
        per_second(done, time)
    }

    /// Gives the sorted latencies of the starts, and the time until everything had ended.
    fn run(&self, connections: u32, count: u32, pace: Option<f64>) -> (Vec<Duration>, Duration) {
        let interval = pace.map(|pace| Duration::from_secs_f64(f64::from(connections) / pace));
        let began = Instant::now();
        let mut latencies: Vec<Duration> = thread::scope(|scope| {
            let clients: Vec<_> = (0..connections)
                .map(|_| scope.spawn(|| self.client(count / connections, interval)))
                .collect();
            let ended = clients.into_iter().map(|client| client.join().expect("a client ends"));
            ended.flatten().collect()
        });
        self.wait_for_the_end();
        latencies.sort_unstable();
        (latencies, began.elapsed())
    }

    fn client(&self, count: u32, interval: Option<Duration>) -> Vec<Duration> {
        let mut connection = Connection::open(self.server.address);
        let body = json!({
            "process_id": "throughput",
            "variables": { "amount": 150, "customer": "c-17" },
        });
        let body = body.to_string();
        let headers = format!("{}Content-Type: application/json\r\n", self.authorization);
        let mut latencies = Vec::new();
        let began = Instant::now();
        for number in 0..count {
            if let Some(interval) = interval {
                thread::sleep((interval * number).saturating_sub(began.elapsed()));
            }
            let before = Instant::now();
            let answer = connection.call("POST", START, &headers, &body);
            latencies.push(before.elapsed());
            assert_eq!(answer.status(), 201, "{}", answer.body);
        }
        latencies
    }

    fn wait_for_the_end(&self) {
        let mut connection = Connection::open(self.server.address);
        let path = format!("{START}?state=active&limit=1");
        loop {
            let answer = connection.call("GET", &path, &self.authorization, "");
            if answer.body.contains("\"data\":[]") {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}
