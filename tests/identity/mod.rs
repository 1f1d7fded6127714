//! Promises of the identity service and the audit rows, on SQLite and on a real PostgreSQL.

mod access;
mod api_tokens;
mod audit;
mod groups;
mod idempotency;
mod sessions;
mod setup;
mod tokens;
mod users;

use std::path::PathBuf;
use std::sync::Arc;

use flowstead::core::access::Role;
use flowstead::platform::clock::{Clock, KeyGenerator, SettableClock};
use flowstead::platform::config::IdentityConfig;
use flowstead::platform::store::{Database, Options, PostgresOptions, Set};
use flowstead::services::audit::{ActorKind, Origin};
use flowstead::services::identity::{Client, Identity, Login, NewUser, User};
use jiff::{SignedDuration, Timestamp};

use crate::support::postgres::fresh_database;

/// A password that is strong enough.
const PASSWORD: &str = "a long enough password";

/// One identity service over a fresh system database, with a clock that stands still.
struct Bench {
    identity: Identity,
    clock: Arc<SettableClock>,
    database: Database,
}

impl Bench {
    async fn over(database: Database) -> Self {
        let start: Timestamp = "2030-01-01T08:00:00Z".parse().expect("a time");
        Self::run(database, Arc::new(SettableClock::new(start))).await
    }

    /// As the next run of the program finds it, whatever became of this one.
    async fn restarted(&self) -> Self {
        self.pass(SignedDuration::from_millis(1));
        Self::run(self.database.clone(), Arc::clone(&self.clock)).await
    }

    async fn run(database: Database, clock: Arc<SettableClock>) -> Self {
        let keys = Arc::new(KeyGenerator::new(1, None).expect("a small node number"));
        let dyn_clock: Arc<dyn Clock> = clock.clone();
        let config = IdentityConfig::default();
        let identity = Identity::open(database.clone(), dyn_clock, keys, config).await;
        Self { identity: identity.expect("the database opens"), clock, database }
    }

    fn pass(&self, span: SignedDuration) {
        self.clock.advance(span);
    }

    async fn user(&self, user_id: &str, roles: &[Role]) -> User {
        let new = NewUser {
            user_id: Some(user_id.into()),
            email: Some(format!("{user_id}@example.org")),
            display_name: format!("The {user_id}"),
            password: Some(PASSWORD.into()),
            roles: roles.to_vec(),
            groups: Vec::new(),
        };
        self.identity.create_user(&origin(), new).await.expect("the user is new")
    }

    async fn sign_in(&self, name: &str) -> String {
        let session = self.identity.sign_in(&origin(), login(name, PASSWORD), client()).await;
        session.expect("name and password fit").token
    }

    /// Actions of all audit events, oldest first.
    async fn actions(&self) -> Vec<String> {
        let events = self.identity.list_audit_events(i64::MAX, 500).await;
        let events = events.expect("events can be read");
        events.into_iter().rev().map(|it| it.action).collect()
    }
}

fn origin() -> Origin {
    Origin {
        request_id: Some("request-1".into()),
        address: Some("192.0.2.1".into()),
        ..Origin::of(ActorKind::User, "administrator")
    }
}

fn login(name: &str, password: &str) -> Login {
    Login { name: name.into(), password: password.into() }
}

fn client() -> Client {
    let address = Some("192.0.2.1".parse().expect("an address"));
    Client { address, user_agent: Some("Browser/1".into()) }
}

/// Runs a check on both databases, each fresh and migrated.
fn for_each_database(check: impl AsyncFn(Bench)) {
    let folder = Folder::new();
    let path = folder.0.join("system.db");
    let sqlite = Database::open_sqlite(&path, &Options::default()).expect("a fresh file opens");
    let postgres = Database::open_postgres(&PostgresOptions::new(fresh_database()));
    for database in [sqlite, postgres.expect("the test server answers")] {
        database.migrate(Set::System, 0).expect("the migrations are right");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime.block_on(async { check(Bench::over(database).await).await });
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("flowstead-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
