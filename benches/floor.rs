//! What the machine can do at all: bare syncs, and the bare rows of an instance in SQLite.
//!
//! Must not use the product: these are the numbers it is held against.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::machine::{cpu_time, micros_each, millis, per_second, percentile};

/// How long each floor is measured.
const TIME: Duration = Duration::from_secs(2);
/// Instances that share a commit.
const BATCH: u64 = 100;
/// Events of the first and of the second turn, as long as those of the measured process.
const STARTED_BYTES: usize = 1_100;
const ENDED_BYTES: usize = 1_300;

/// Measures and prints the table.
pub(crate) fn measure(folder: &Path) {
    println!("| floor | per second | CPU each | p50 | p99 |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    syncs(folder);
    rows(folder);
}

/// Repeats a step, which does `each` things at once, and prints its line.
fn timed(name: &str, each: u64, mut step: impl FnMut()) {
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut latencies = Vec::new();
    while began.elapsed() < TIME {
        let before = Instant::now();
        step();
        latencies.push(before.elapsed());
    }
    let count = each * latencies.len() as u64;
    let (time, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    latencies.sort_unstable();
    println!(
        "| {name} | {:.0} | {:.1} µs | {} | {} |",
        per_second(count, time),
        micros_each(count, cpu),
        millis(percentile(&latencies, 0.5)),
        millis(percentile(&latencies, 0.99)),
    );
}

fn syncs(folder: &Path) {
    let mut file = File::create(folder.join("sync")).expect("the folder can be written");
    timed("append 4 KiB and fdatasync", 1, || {
        file.write_all(&[7; 4096]).expect("the disk takes a page");
        file.sync_data().expect("the disk syncs");
    });
}

/// Tables and indexes as the product has them, without anything that reads them.
const TABLES: &str = "
    CREATE TABLE instances (key INTEGER PRIMARY KEY, process_id TEXT NOT NULL,
        definition_key INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
        turn INTEGER NOT NULL, parent_key INTEGER, parent_element_key INTEGER,
        incidents INTEGER NOT NULL, started_by TEXT NOT NULL, started_at INTEGER NOT NULL,
        ended_at INTEGER) STRICT;
    CREATE INDEX instances_by_process ON instances (process_id, key);
    CREATE INDEX instances_by_state ON instances (state, key);
    CREATE INDEX instances_active ON instances (process_id, key) WHERE state = 'active';
    CREATE TABLE data (key INTEGER PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL,
        started_at INTEGER NOT NULL, ended_at INTEGER, variables TEXT NOT NULL) STRICT;
    CREATE TABLE journal (instance_key INTEGER NOT NULL, turn INTEGER NOT NULL,
        at INTEGER NOT NULL, actor TEXT NOT NULL, cause TEXT NOT NULL, events TEXT NOT NULL,
        PRIMARY KEY (instance_key, turn)) STRICT, WITHOUT ROWID;
    CREATE TABLE jobs (key INTEGER PRIMARY KEY, instance_key INTEGER NOT NULL,
        element_instance_key INTEGER NOT NULL, element_id TEXT NOT NULL, process_id TEXT NOT NULL,
        definition_key INTEGER NOT NULL, version INTEGER NOT NULL, job_type TEXT NOT NULL,
        state TEXT NOT NULL, priority INTEGER NOT NULL, retries INTEGER NOT NULL,
        attempts INTEGER NOT NULL, headers TEXT NOT NULL, due_at INTEGER NOT NULL, worker TEXT,
        lease_token INTEGER, message TEXT, created_at INTEGER NOT NULL) STRICT;
    CREATE INDEX jobs_to_lease ON jobs (job_type, priority DESC, key) WHERE state <> 'dead';
    CREATE INDEX jobs_by_instance ON jobs (instance_key);
    CREATE TABLE audit (event_key INTEGER PRIMARY KEY, at INTEGER NOT NULL,
        actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL, action TEXT NOT NULL,
        subject_kind TEXT NOT NULL, subject_key INTEGER, subject_id TEXT, process_id TEXT,
        instance_key INTEGER, summary TEXT NOT NULL, details TEXT, request_id TEXT, address TEXT)
        STRICT;
    CREATE INDEX audit_of_instance ON audit (instance_key, event_key)
        WHERE instance_key IS NOT NULL;";

/// The first turn: ?1 is the instance, ?2 the events.
const STARTED: [&str; 5] = [
    "INSERT INTO instances VALUES (?1, 'throughput', 1, 1, 'active', 1, NULL, NULL, 0, 'bench',
         1763738000000, NULL)",
    "INSERT INTO data VALUES (?1, 1, 'active', 1763738000000, NULL,
         '{\"amount\":150,\"customer\":\"c-17\"}')",
    "INSERT INTO journal VALUES (?1, 1, 1763738000000, 'bench', 'instance.started', ?2)",
    "INSERT INTO jobs VALUES (?1 + 1024, ?1, ?1 + 2048, 'work', 'throughput', 1, 1, 'bench.noop',
         'leased', 50, 3, 1, '{}', 1763738060000, 'flowstead', ?1 + 3072, NULL, 1763738000000)",
    "INSERT INTO audit VALUES (?1 + 4096, 1763738000000, 'system', 'bench', 'instance.started',
         'process_instance', ?1, NULL, 'throughput', ?1, 'started Throughput, version 1', NULL,
         NULL, NULL)",
];

/// The second turn, with the same parameters.
const ENDED: [&str; 5] = [
    "UPDATE instances SET state = 'completed', turn = 2, incidents = 0, ended_at = 1763738000010
         WHERE key = ?1",
    "UPDATE data SET state = 'completed', ended_at = 1763738000010,
         variables = '{\"amount\":150,\"customer\":\"c-17\"}' WHERE key = ?1",
    "INSERT INTO journal VALUES (?1, 2, 1763738000010, 'engine', 'job.completed', ?2)",
    "DELETE FROM jobs WHERE key = ?1 + 1024",
    "INSERT INTO audit VALUES (?1 + 5120, 1763738000010, 'engine', 'engine', 'job.completed',
         'job', ?1 + 1024, NULL, 'throughput', ?1, 'the job of \"Work\" completed', NULL, NULL,
         NULL)",
];

/// The rows that an instance of the measured process writes in its two turns, with the same
/// indexes, prepared, in batches, durable; its two turns are a batch apart, as they are in life.
fn rows(folder: &Path) {
    let mut db = Connection::open(folder.join("floor.db")).expect("SQLite opens a file");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
         PRAGMA cache_size = -16384;",
    )
    .and_then(|()| db.execute_batch(TABLES))
    .expect("the tables are made");
    let (started, ended) = ("e".repeat(STARTED_BYTES), "e".repeat(ENDED_BYTES));
    let mut batch = 0;
    timed("rows of an instance, 100 to a commit", BATCH, move || {
        let tx = db.transaction().expect("a transaction begins");
        let run = |sql: &str, key: i64, events: &str| {
            let mut statement = tx.prepare_cached(sql).expect("the statement is SQL");
            let has_events = statement.parameter_count() == 2;
            let done = if has_events {
                statement.execute((key, events))
            } else {
                statement.execute((key,))
            };
            done.expect("a row is written");
        };
        for sql in STARTED {
            keys(batch).for_each(|key| run(sql, key, &started));
        }
        for sql in ENDED {
            keys(batch - 1).for_each(|key| run(sql, key, &ended));
        }
        tx.commit().expect("the batch commits");
        batch += 1;
    });
}

/// The keys of a batch lie as far apart as those of the product.
fn keys(batch: i64) -> impl Iterator<Item = i64> {
    let first = batch * 100;
    (first..first + 100).filter(|number| *number >= 0).map(|number| (number + 1) * 10 * 1024)
}
