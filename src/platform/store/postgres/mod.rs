//! PostgreSQL: threads that each own a connection and run one transaction at a time.
//!
//! Knows nothing of SQLite, and nothing of tables.

mod batch;
mod ddl;
mod rewrite;
mod session;
mod tls;
mod tokens;
mod value;

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use self::session::{Connection, PostgresSession, chain, describe};
use self::tls::Connector;
use crate::platform::store::options::PostgresOptions;
use crate::platform::store::queue::Queue;
use crate::platform::store::sql::StoreError;
use crate::platform::store::threads::Threads;
use crate::platform::store::work::{Access, Verdict, Work, WorkQueue, perform};

/// Waits between attempts to reach a server that went away: a restart takes about this long.
const RECONNECT_WAITS_MS: [u64; 6] = [0, 50, 100, 200, 400, 800];

/// A pool of connections.
pub(super) struct PostgresDatabase {
    queue: Arc<WorkQueue>,
    threads: Threads,
}

impl PostgresDatabase {
    /// Checks that the server can be reached and starts the threads.
    pub(super) fn open(options: &PostgresOptions) -> Result<Self, StoreError> {
        Self::start(&Connector::new(options)?, options)
    }

    /// As [`PostgresDatabase::open`] for the database beside the one of the URL.
    pub(super) fn open_beside(options: &PostgresOptions, suffix: &str) -> Result<Self, StoreError> {
        Self::start(&Connector::new(options)?.beside(suffix)?, options)
    }

    fn start(connector: &Connector, options: &PostgresOptions) -> Result<Self, StoreError> {
        let queue = Arc::new(Queue::new(options.queue_length_max, options.queue_wait_max));
        let database = Self { queue, threads: Threads::default() };
        let (report, reports) = mpsc::channel();
        for number in 0..options.connections.max(1) {
            let queue = Arc::clone(&database.queue);
            let connector = connector.clone();
            // The first one proves the URL; the others connect when they are first needed.
            let report = (number == 0).then(|| report.clone());
            let worker = Worker { queue, connector, connection: None };
            database.threads.start("store-postgres", move || worker.run(report))?;
        }
        drop(report);
        let stopped = StoreError::Unusable("the thread of a connection stopped".to_owned());
        reports.recv().unwrap_or(Err(stopped))?;
        Ok(database)
    }

    /// The queue for reading and writing.
    pub(super) fn queue(&self) -> &Arc<WorkQueue> {
        &self.queue
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        self.queue.close();
        self.threads.join();
    }
}

type Report = mpsc::Sender<Result<(), StoreError>>;

struct Worker {
    queue: Arc<WorkQueue>,
    connector: Connector,
    connection: Option<Connection>,
}

impl Worker {
    fn run(mut self, report: Option<Report>) {
        if let Some(report) = report {
            let checked = self.check();
            // The opener waits for exactly this report.
            drop(report.send(checked));
        }
        while let Some(work) = self.queue.take() {
            self.serve(work);
        }
    }

    fn check(&mut self) -> Result<(), StoreError> {
        let unusable = |error: postgres::Error| {
            StoreError::Unusable(format!("cannot use PostgreSQL: {}", chain(&error)))
        };
        let mut client = self.connector.connect().map_err(unusable)?;
        let row = client.query_one(
            "SELECT current_setting('server_encoding'), \
             current_setting('server_version_num')::int",
            &[],
        );
        let row = row.map_err(unusable)?;
        let (encoding, version): (String, i32) = (row.get(0), row.get(1));
        if encoding != "UTF8" || version < 150_000 {
            return Err(StoreError::Unusable(format!(
                "expected PostgreSQL 15 or later and a database in UTF8, found version {} in \
                 {encoding}",
                version / 10_000
            )));
        }
        self.connection = Some(Connection::new(client));
        Ok(())
    }

    fn serve(&mut self, mut work: Box<dyn Work>) {
        let connection = match self.begin(work.access()) {
            Ok(connection) => connection,
            Err(error) => return work.answer(Err(error)),
        };
        let verdict = perform(work.as_mut(), &mut PostgresSession::new(connection));
        match verdict {
            Verdict::Keep => {
                let outcome = connection.step("COMMIT").map_err(|error| unconfirmed(&error));
                work.answer(outcome);
            }
            Verdict::Undo(outcome) => {
                if connection.step("ROLLBACK").is_err() {
                    // The server rolls back what a lost connection leaves behind.
                    self.connection = None;
                }
                work.answer(outcome);
            }
        }
    }

    /// Begins a transaction, connecting anew where the old connection turns out to be dead.
    fn begin(&mut self, access: Access) -> Result<&mut Connection, StoreError> {
        let begin = match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let mut failure = StoreError::Busy("PostgreSQL can't be reached".to_owned());
        for wait_ms in RECONNECT_WAITS_MS {
            thread::sleep(Duration::from_millis(wait_ms));
            match self.try_begin(begin) {
                Ok(connection) => {
                    self.connection = Some(connection);
                    return Ok(self.connection.as_mut().expect("it was put there just now"));
                }
                Err(error) => failure = StoreError::Busy(chain(&error)),
            }
        }
        Err(failure)
    }

    fn try_begin(&mut self, begin: &str) -> Result<Connection, postgres::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            _ => Connection::new(self.connector.connect()?),
        };
        connection.step(begin)?;
        Ok(connection)
    }
}

/// A connection lost during the commit leaves open whether it happened.
fn unconfirmed(error: &postgres::Error) -> StoreError {
    match describe(error) {
        StoreError::Busy(text) => {
            StoreError::Driver(format!("the commit was not confirmed: {text}"))
        }
        other => other,
    }
}
