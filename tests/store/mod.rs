//! Promises of the store, each checked on SQLite and on a real PostgreSQL.

mod data_folder;
mod migrations;
mod queues;
mod sizes;
mod statements;
mod transactions;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use flowstead::platform::store::{
    Database, Dialect, Options, PostgresOptions, Row, Sql, StoreError, Value,
};

use crate::support::postgres::fresh_database;

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("flowstead-store-{}-{number}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0)
            && !thread::panicking()
        {
            panic!("the test's folder can't be removed: {error}");
        }
    }
}

/// Where a test's database is, so that it can be opened again.
enum Place {
    Sqlite(Folder),
    Postgres(String),
}

impl Place {
    fn open(&self) -> Database {
        self.open_with(4096, 4)
    }

    /// Opens with room for so many waiting transactions and so many threads.
    fn open_with(&self, queue_length_max: usize, threads: usize) -> Database {
        let queue_wait_max = std::time::Duration::from_millis(50);
        let opened = match self {
            Self::Sqlite(folder) => {
                let limits = Options { queue_length_max, readers: threads, ..Options::default() };
                let options = Options { queue_wait_max, ..limits };
                Database::open_sqlite(&folder.path().join("test.db"), &options)
            }
            Self::Postgres(url) => {
                let options = PostgresOptions::new(url);
                Database::open_postgres(&PostgresOptions {
                    queue_length_max,
                    connections: threads,
                    queue_wait_max,
                    ..options
                })
            }
        };
        opened.expect("a fresh database opens")
    }
}

/// Runs a check on both databases, each fresh.
fn for_each_place(check: impl Fn(&Place)) {
    check(&Place::Sqlite(Folder::new()));
    check(&Place::Postgres(fresh_database()));
}

/// As [`for_each_place`], with the database open and one table `item (key, body)` in it.
fn for_each_database(check: impl Fn(&Database)) {
    for_each_place(|place| {
        let database = place.open();
        make_items(&database);
        check(&database);
    });
}

fn make_items(database: &Database) {
    script(database, "CREATE TABLE item (key INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;");
}

fn script(database: &Database, ddl: &'static str) {
    let made: Result<(), StoreError> = database.write_blocking(|sql| sql.execute_script(ddl));
    made.expect("the script is right");
}

fn insert_item(sql: &mut dyn Sql, key: i64) -> Result<u64, StoreError> {
    sql.execute("INSERT INTO item (key, body) VALUES (?1, ?2)", &[key.into(), "body".into()])
}

fn keys(database: &Database) -> Vec<i64> {
    let rows = query(database, "SELECT key FROM item ORDER BY key", &[]);
    rows.iter().map(|row| row.integer(0).expect("a key is an integer")).collect()
}

fn query(database: &Database, text: &'static str, parameters: &[Value]) -> Vec<Row> {
    let parameters = parameters.to_vec();
    let rows: Result<_, StoreError> =
        database.read_blocking(move |sql| sql.query(text, &parameters));
    rows.expect("the query is right")
}
