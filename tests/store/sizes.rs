//! What the embedded database leaves on disk: a log that empties and a file that shrinks.

use std::fs;
use std::thread;
use std::time::Duration;

use flowstead::platform::store::{Database, StoreError, Value};

use super::{Folder, Place, make_items, query};

/// Looks again every 20 ms, for at most 60 s.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let is_seen = (0..3_000).any(|_| {
        let is_seen = is_so();
        if !is_seen {
            thread::sleep(Duration::from_millis(20));
        }
        is_seen
    });
    assert!(is_seen, "{what}");
}

#[test]
fn a_quiet_database_empties_its_log_and_gives_back_free_pages() {
    let place = Place::Sqlite(Folder::new());
    let Place::Sqlite(folder) = &place else { unreachable!("it was made just now") };
    let length = |name: &str| fs::metadata(folder.path().join(name)).map_or(0, |file| file.len());
    let database = place.open();
    make_items(&database);
    let body = Value::from("x".repeat(8_000));
    let rows: Vec<Vec<Value>> = (0..2_000).map(|key| vec![key.into(), body.clone()]).collect();
    let insert = "INSERT INTO item (key, body) VALUES (?1, ?2)";
    database.write_blocking(move |sql| sql.execute_each(insert, &rows)).expect("the keys are free");
    eventually("the log is empty and the rows are in the file", || {
        length("test.db-wal") == 0 && length("test.db") > 16_000_000
    });
    let delete = "DELETE FROM item WHERE key > 0";
    database.write_blocking(move |sql| sql.execute(delete, &[])).expect("rows can be deleted");
    eventually("the file has shrunk", || length("test.db") < 6_000_000);
    let left = query(&database, "SELECT key, length(body) FROM item", &[]);
    assert_eq!(left[0].integer(1), Ok(8_000));
}

#[test]
fn a_long_log_starts_anew_while_transactions_go_on() {
    let place = Place::Sqlite(Folder::new());
    let Place::Sqlite(folder) = &place else { unreachable!("it was made just now") };
    let database = place.open();
    make_items(&database);
    // Together four times the length at which the log is due to start anew; from several threads,
    // so that the writer has no pause in which a checkpoint beside it could catch up.
    thread::scope(|scope| {
        for key in 0..8 {
            let database = &database;
            scope
                .spawn(move || (0..64).for_each(|turn| write_half_a_megabyte(database, key, turn)));
        }
    });
    let log = fs::metadata(folder.path().join("test.db-wal")).expect("the log is there").len();
    assert!(log < 130_000_000, "the log has grown to {log} bytes");
}

fn write_half_a_megabyte(database: &Database, key: i64, turn: usize) {
    // Pages that stay the same would not be written again.
    let body = ["a", "b", "c"][turn % 3].repeat(500_000).into();
    let insert = "INSERT INTO item (key, body) VALUES (?1, ?2)
                  ON CONFLICT (key) DO UPDATE SET body = excluded.body";
    let done: Result<u64, StoreError> =
        database.write_blocking(move |sql| sql.execute(insert, &[key.into(), body]));
    assert_eq!(done, Ok(1));
}
