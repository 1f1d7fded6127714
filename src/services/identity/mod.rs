//! Who there is: users, groups, passwords, sessions and tokens, in the system database.
//!
//! Every change is recorded as an audit event in its own transaction. Must not know HTTP, cookies
//! or pages, nor what permissions are used for.
//!
//! **Invariant:** a disabled user, a changed role and a changed password count from the next call
//! on: what is remembered of principals is forgotten with every change.

mod access_tokens;
mod api_tokens;
mod error;
mod groups;
mod idempotency;
mod passwords;
mod principals;
mod recorder;
mod rows_groups;
mod rows_tokens;
mod rows_users;
mod secrets;
mod sessions;
mod setup;
mod throttle;
mod users;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::platform::clock::{Clock, KeyGenerator};
use crate::platform::config::IdentityConfig;
use crate::platform::store::{Database, Sql};
use crate::services::audit::{self, AuditEvent, Origin};

use self::access_tokens::AccessTokens;
use self::passwords::Passwords;
use self::principals::PrincipalCache;
use self::recorder::Recorder;
use self::throttle::Throttle;

pub use self::access_tokens::TokenPair;
pub use self::api_tokens::{ApiToken, NewApiToken};
pub use self::error::IdentityError;
pub use self::groups::{Group, GroupChanges, GroupFilter, NewGroup};
pub use self::idempotency::{IdempotencyKey, KeptAnswer, Reservation};
pub use self::secrets::random_token;
pub use self::sessions::{Client, Login, NewSession, Session};
pub use self::users::{NewUser, User, UserChanges, UserFilter};

/// The identity service; cloning it is cheap.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Arc<dyn Clock>,
    keys: Arc<KeyGenerator>,
    /// Names this run of the program.
    run_key: i64,
    config: IdentityConfig,
    passwords: Passwords,
    throttle: Throttle,
    access_tokens: AccessTokens,
    principals: PrincipalCache,
    /// Once there is a user there always is one.
    has_users: AtomicBool,
}

impl Identity {
    /// The service over a migrated system database.
    ///
    /// The key that signs access tokens is made at the first start and kept in the database.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open(
        database: Database,
        clock: Arc<dyn Clock>,
        keys: Arc<KeyGenerator>,
        config: IdentityConfig,
    ) -> Result<Self, IdentityError> {
        let access_tokens = AccessTokens::open(&database).await?;
        let run_key = keys.next(clock.now_ms());
        let inner = Inner {
            database,
            clock,
            keys,
            run_key,
            config,
            passwords: Passwords::new().await?,
            throttle: Throttle::new(),
            access_tokens,
            principals: PrincipalCache::new(),
            has_users: AtomicBool::new(false),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The audit events of the system database before a position, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_audit_events(
        &self,
        before: i64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, IdentityError> {
        self.read(move |sql| Ok(audit::list_before(sql, before, limit)?)).await
    }

    /// Makes sure that the database answers.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn check_database(&self) -> Result<(), IdentityError> {
        self.read(|sql| Ok(sql.query("SELECT 1", &[]).map(|_| ())?)).await
    }

    fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        self.0.database.read(work).await
    }

    /// Runs a transaction that changes nothing about who may do what.
    async fn write<T: Send + 'static>(
        &self,
        origin: &Origin,
        work: impl FnOnce(&mut dyn Sql, &Recorder) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let recorder = self.recorder(origin);
        self.0.database.write(move |sql| work(sql, &recorder)).await
    }

    /// Runs a transaction after which principals may be others, and forgets what was remembered.
    async fn change<T: Send + 'static>(
        &self,
        origin: &Origin,
        work: impl FnOnce(&mut dyn Sql, &Recorder) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let recorder = self.recorder(origin);
        let identity = self.clone();
        // A task of its own: a client that hangs up must not keep us from forgetting.
        let task = tokio::spawn(async move {
            let result = identity.0.database.write(move |sql| work(sql, &recorder)).await;
            identity.0.principals.forget_all();
            result
        });
        task.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(IdentityError::Overloaded),
        })
    }

    fn recorder(&self, origin: &Origin) -> Recorder {
        let (clock, keys) = (Arc::clone(&self.0.clock), Arc::clone(&self.0.keys));
        Recorder { clock, keys, origin: origin.clone() }
    }
}
