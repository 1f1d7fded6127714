//! What the machine can do at all: bare syncs, and the bare rows of an instance in SQLite.
//!
//! Must not use the product: these are the numbers it is held against.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::machine::{cpu_time, micros_each, per_second};

/// How long each floor is measured.
const TIME: Duration = Duration::from_secs(2);
/// Instances that share a commit.
const BATCH: u64 = 100;

/// One line of the table.
pub(crate) struct Floor {
    pub(crate) name: &'static str,
    pub(crate) per_second: f64,
    pub(crate) cpu_us: f64,
}

pub(crate) fn measure(folder: &Path) -> Vec<Floor> {
    vec![syncs(folder), rows(folder)]
}

fn timed(name: &'static str, each: u64, mut step: impl FnMut()) -> Floor {
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut count = 0;
    while began.elapsed() < TIME {
        step();
        count += each;
    }
    let (time, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    Floor { name, per_second: per_second(count, time), cpu_us: micros_each(count, cpu) }
}

fn syncs(folder: &Path) -> Floor {
    let mut file = File::create(folder.join("sync")).expect("the folder can be written");
    timed("append 4 KiB and fdatasync", 1, || {
        file.write_all(&[7; 4096]).expect("the disk takes a page");
        file.sync_data().expect("the disk syncs");
    })
}

/// The same rows that an instance of the measured process writes in its two turns, prepared, in
/// batches, durable.
fn rows(folder: &Path) -> Floor {
    let mut db = Connection::open(folder.join("floor.db")).expect("SQLite opens a file");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
         CREATE TABLE instances (key INTEGER PRIMARY KEY, process TEXT, state TEXT, turn INTEGER);
         CREATE INDEX by_process ON instances (process, key);
         CREATE INDEX by_state ON instances (state, key);
         CREATE TABLE data (key INTEGER PRIMARY KEY, state TEXT, variables TEXT);
         CREATE TABLE journal (key INTEGER, turn INTEGER, events TEXT, PRIMARY KEY (key, turn))
             WITHOUT ROWID;
         CREATE TABLE jobs (key INTEGER PRIMARY KEY, type TEXT, headers TEXT);
         CREATE INDEX by_type ON jobs (type, key);
         CREATE TABLE audit (key INTEGER PRIMARY KEY, action TEXT, summary TEXT);",
    )
    .expect("the tables are made");
    let events = "e".repeat(700);
    let mut key = 0;
    timed("rows of an instance, 100 to a commit", BATCH, move || {
        let tx = db.transaction().expect("a transaction begins");
        for number in key..key + 100 {
            let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
                tx.prepare_cached(sql).and_then(|mut it| it.execute(values)).expect("a row");
            };
            run("INSERT INTO instances VALUES (?1, 'bench', 'active', 1)", &[&number]);
            run("INSERT INTO data VALUES (?1, 'active', '{\"amount\":150}')", &[&number]);
            run("INSERT INTO journal VALUES (?1, 1, ?2)", &[&number, &events]);
            run("INSERT INTO jobs VALUES (?1, 'bench.noop', '{}')", &[&number]);
            run("INSERT INTO audit VALUES (?1, 'started', 'started Bench')", &[&(2 * number)]);
            run("UPDATE instances SET state = 'completed', turn = 2 WHERE key = ?1", &[&number]);
            run("UPDATE data SET state = 'completed' WHERE key = ?1", &[&number]);
            run("INSERT INTO journal VALUES (?1, 2, ?2)", &[&number, &events]);
            run("DELETE FROM jobs WHERE key = ?1", &[&number]);
            run("INSERT INTO audit VALUES (?1, 'done', 'completed Work')", &[&(2 * number + 1)]);
        }
        tx.commit().expect("the batch commits");
        key += 100;
    })
}
