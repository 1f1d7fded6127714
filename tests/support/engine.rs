//! A running engine over a fresh, migrated domain database of either kind.
//!
//! Knows nothing of what a test deploys. The time stands still until a test moves it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowstead::platform::clock::{Clock, KeyGenerator, SettableClock};
use flowstead::platform::store::{Database, Dialect, Options, PostgresOptions, Set};
use flowstead::services::audit::{ActorKind, Origin};
use flowstead::services::execution::{
    Backoff, Execution, Foundation, Handlers, InstanceReceipt, ProcessReference, Receipt, Refusal,
    Settings, StartInstance, Work,
};
use flowstead::services::processes::{Deployment, Resource, deploy};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::postgres::fresh_database;

/// When every test begins: 2026-11-21T12:00:00Z.
pub(crate) const START: &str = "2026-11-21T12:00:00Z";

/// A running engine; it stops when dropped.
pub(crate) struct Engine {
    /// The engine.
    pub(crate) execution: Execution,
    /// Its time.
    pub(crate) clock: Arc<SettableClock>,
    /// A folder of its own, for whatever else a test stores.
    pub(crate) folder: PathBuf,
}

impl Engine {
    /// Starts an engine without handlers over a fresh database.
    pub(crate) async fn open(dialect: Dialect) -> Self {
        Self::open_with(dialect, Handlers::default()).await
    }

    /// Starts an engine with handlers over a fresh database.
    pub(crate) async fn open_with(dialect: Dialect, handlers: Handlers) -> Self {
        let folder = fresh_folder();
        let start: Timestamp = START.parse().expect("a constant time");
        let clock = Arc::new(SettableClock::new(start));
        let database = open_domain(dialect, &folder, clock.now_ms()).await;
        let keys = KeyGenerator::new(0, None).expect("node 0 is allowed");
        let foundation =
            Foundation { database, clock: clock.clone(), keys: Arc::new(keys), handlers };
        let execution = Execution::start(foundation, settings()).await.expect("the engine starts");
        Self { execution, clock, folder }
    }

    /// Stops the engine and starts another one on the same database.
    pub(crate) async fn restart(&mut self) {
        let (old, foundation) = (self.execution.clone(), self.execution.foundation().clone());
        tokio::task::spawn_blocking(move || old.stop()).await.expect("stopping does not panic");
        self.execution =
            Execution::start(foundation, settings()).await.expect("the engine starts again");
    }

    /// Deploys files, given as name and text, that have no problems.
    pub(crate) async fn deploy(&self, files: &[(&str, &str)]) -> Deployment {
        let resource = |(name, content): &(&str, &str)| Resource {
            name: (*name).to_owned(),
            content: (*content).to_owned(),
        };
        let resources = files.iter().map(resource).collect();
        let zone = TimeZone::UTC;
        let deployed = deploy(&self.execution, &zone, resources, origin("deployer"));
        deployed.await.unwrap_or_else(|error| panic!("nothing is wrong with the files: {error:?}"))
    }

    /// Starts an instance as `user_id`; variables are a JSON object.
    pub(crate) async fn start(
        &self,
        process_id: &str,
        variables: Json,
        user_id: &str,
    ) -> InstanceReceipt {
        let Json::Object(variables) = variables else { panic!("variables are an object") };
        let process = ProcessReference::Latest(process_id.to_owned());
        let work = Work::Start(StartInstance { process, after: None, variables });
        match self.submit(work, user_id).await.expect("the start is taken") {
            Receipt::Instance(receipt) => receipt,
            other => panic!("a start answers with an instance, not {other:?}"),
        }
    }

    /// Hands a request to the engine as `user_id`.
    pub(crate) async fn submit(&self, work: Work, user_id: &str) -> Result<Receipt, Refusal> {
        self.execution.submit(work, origin(user_id)).await
    }

    /// The domain's database.
    pub(crate) fn database(&self) -> &Database {
        self.execution.database()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.execution.stop();
        // What stays behind in the temporary folder does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A signed-in person as the source of a request.
pub(crate) fn origin(user_id: &str) -> Origin {
    Origin::of(ActorKind::User, user_id)
}

/// Runs a check with an engine over each kind of database.
pub(crate) async fn for_each_engine(check: impl AsyncFn(Engine)) {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        check(Engine::open(dialect).await).await;
    }
}

/// A fresh domain database with all its tables.
pub(crate) async fn open_domain(dialect: Dialect, folder: &std::path::Path, now: i64) -> Database {
    let path = folder.join("domain.db");
    let open = move || {
        let database = match dialect {
            Dialect::Sqlite => Database::open_sqlite(&path, &Options::default()),
            Dialect::Postgres => Database::open_postgres(&PostgresOptions::new(fresh_database())),
        };
        let database = database.expect("a fresh database opens");
        database.migrate(Set::Domain, now).expect("the migrations are right");
        database
    };
    tokio::task::spawn_blocking(open).await.expect("opening does not panic")
}

fn settings() -> Settings {
    Settings {
        batch_size: 64,
        queue_length: 1024,
        hot_instances: 64,
        lease_ms: 60_000,
        backoff: Backoff { first_ms: 1000, max_ms: 60_000 },
        zone: TimeZone::UTC,
    }
}

fn fresh_folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("flowstead-engine-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&path).expect("the temporary folder can be written");
    path
}
