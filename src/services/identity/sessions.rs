//! Browser sessions: signing in with a password, and out.
//!
//! Must not know cookies.
//!
//! **Invariant:** a session counts only while its user is enabled and its security revision is the
//! one it was made with.

use std::net::IpAddr;
use std::sync::Arc;

use crate::core::access::{Principal, Via};
use crate::platform::store::Sql;
use crate::services::audit::{Actor, ActorKind, Change, Origin, Subject};
use crate::services::identity::principals::{Proof, load_principal};
use crate::services::identity::rows_users::StoredUser;
use crate::services::identity::secrets::{self, TokenHash};
use crate::services::identity::{Identity, IdentityError, random_token, rows_tokens, rows_users};

/// A session ends after so long, however busy it was.
const LIFETIME_MS: i64 = 30 * 24 * 3_600_000;
/// How exactly it is known when a session was last used; each note is a write.
const SEEN_EVERY_MS: i64 = 60_000;
/// Longer texts of browsers are cut.
const USER_AGENT_LENGTH_MAX: usize = 200;

/// Name and password of somebody who wants in.
#[derive(Clone)]
pub struct Login {
    /// Login name or e-mail address.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Where somebody signs in from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The network address.
    pub address: Option<IpAddr>,
    /// What the browser says it is.
    pub user_agent: Option<String>,
}

/// A session that was just made.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The secret for the cookie; stored nowhere.
    pub token: String,
    /// Who signed in.
    pub principal: Arc<Principal>,
}

/// A browser session, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its key.
    pub key: i64,
    pub(super) token_hash: TokenHash,
    pub(super) user_key: i64,
    pub(super) security_rev: i64,
    /// When it began, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// When it was last used, to the minute.
    pub seen_at_ms: i64,
    /// When it ends at the latest.
    pub expires_at_ms: i64,
    /// The network address it began from.
    pub address: Option<String>,
    /// What the browser said it is.
    pub user_agent: Option<String>,
}

impl Session {
    /// Whether it is the session of this token.
    #[must_use]
    pub fn is_of(&self, token: &str) -> bool {
        self.token_hash == secrets::hash(token)
    }
}

impl Identity {
    /// Signs in with a password and begins a session.
    ///
    /// # Errors
    /// `WrongCredentials`, `Throttled`, `Overloaded`; those of the database.
    pub async fn sign_in(
        &self,
        origin: &Origin,
        login: Login,
        client: Client,
    ) -> Result<NewSession, IdentityError> {
        let stored = self.check_password(origin, login, client.address).await?;
        let token = random_token();
        let token_hash = secrets::hash(&token);
        let origin = acting(origin, &stored);
        let idle_ms = self.idle_ms();
        let principal = self.write(&origin, move |sql, recorder| {
            let now_ms = recorder.now_ms();
            rows_tokens::delete_expired_sessions(sql, now_ms, now_ms - idle_ms)?;
            let session = Session {
                key: recorder.next_key(),
                token_hash,
                user_key: stored.user.key,
                security_rev: stored.security_rev,
                created_at_ms: now_ms,
                seen_at_ms: now_ms,
                expires_at_ms: now_ms + LIFETIME_MS,
                address: client.address.map(|it| it.to_string()),
                user_agent: client.user_agent.as_deref().map(shortened),
            };
            rows_tokens::insert_session(sql, &session)?;
            rows_users::set_signed_in(sql, stored.user.key, now_ms)?;
            recorder.record(sql, signed_in(&stored, "in a browser"))?;
            let rev = Some(stored.security_rev);
            let principal = load_principal(sql, stored.user.key, rev, Via::Session, None)?;
            principal.ok_or(IdentityError::WrongCredentials)
        });
        Ok(NewSession { token, principal: principal.await? })
    }

    /// Ends the session of a token; an unknown one is ended already.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sign_out(&self, origin: &Origin, token: &str) -> Result<(), IdentityError> {
        let token_hash = secrets::hash(token);
        self.change(origin, move |sql, recorder| {
            let Some(session) = rows_tokens::find_session(sql, &token_hash)? else {
                return Ok(());
            };
            rows_tokens::delete_session(sql, &token_hash)?;
            let Some(found) = rows_users::find_by_key(sql, session.user_key)? else {
                return Ok(());
            };
            let user = found.user;
            let summary = "signed out".to_owned();
            let change = Change::of("user.signed_out", "user", user.key, &user.user_id, summary);
            Ok(recorder.record(sql, change)?)
        })
        .await
    }

    /// Ends one of a user's own sessions by its key.
    ///
    /// # Errors
    /// `NotFound`, also for another user's session; those of the database.
    pub async fn end_session(
        &self,
        origin: &Origin,
        user_key: i64,
        session_key: i64,
    ) -> Result<(), IdentityError> {
        let now_ms = self.now_ms();
        let idle_since_ms = now_ms - self.idle_ms();
        self.change(origin, move |sql, recorder| {
            let sessions = rows_tokens::list_sessions(sql, user_key, now_ms, idle_since_ms)?;
            let session = sessions.into_iter().find(|it| it.key == session_key);
            let session = session.ok_or(IdentityError::NotFound { what: "session" })?;
            rows_tokens::delete_session(sql, &session.token_hash)?;
            let user_id = recorder.origin.actor.id.to_string();
            let summary = "ended a session".to_owned();
            let change = Change::of("user.signed_out", "user", user_key, &user_id, summary);
            Ok(recorder.record(sql, change)?)
        })
        .await
    }

    /// The sessions of a user that still count, the latest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_sessions(&self, user_key: i64) -> Result<Vec<Session>, IdentityError> {
        let now_ms = self.now_ms();
        let idle_since_ms = now_ms - self.idle_ms();
        self.read(move |sql| Ok(rows_tokens::list_sessions(sql, user_key, now_ms, idle_since_ms)?))
            .await
    }

    /// The principal of a session, `None` when it has ended.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn authenticate_session(
        &self,
        token: &str,
    ) -> Result<Option<Arc<Principal>>, IdentityError> {
        let token_hash = secrets::hash(token);
        let (proof, now_ms) = (Proof::Session(token_hash), self.now_ms());
        if let Some(known) = self.0.principals.find(&proof, now_ms) {
            return Ok(Some(known));
        }
        let epoch = self.0.principals.epoch();
        let idle_ms = self.idle_ms();
        let loaded = self.read(move |sql| current_session(sql, &token_hash, now_ms, idle_ms));
        let Some((session, principal)) = loaded.await? else { return Ok(None) };
        if now_ms - session.seen_at_ms >= SEEN_EVERY_MS {
            let seen = move |sql: &mut dyn Sql| {
                Ok::<_, IdentityError>(rows_tokens::set_session_seen(sql, &token_hash, now_ms)?)
            };
            self.0.database.write(seen).await?;
        }
        self.0.principals.remember(proof, epoch, now_ms, &principal);
        Ok(Some(principal))
    }

    /// Checks name and password; both a wrong name and a wrong password take as long.
    pub(super) async fn check_password(
        &self,
        origin: &Origin,
        login: Login,
        address: Option<IpAddr>,
    ) -> Result<StoredUser, IdentityError> {
        self.0.throttle.check(&login.name, address, self.now_ms())?;
        let name = login.name.clone();
        let stored = self.read(move |sql| Ok(rows_users::find_by_login(sql, &name)?)).await?;
        let hash = stored.as_ref().and_then(|it| it.password_hash.clone());
        let fits = self.0.passwords.verify(login.password, hash).await?;
        match stored {
            Some(stored) if fits && !stored.user.is_disabled => {
                self.0.throttle.succeeded(&login.name);
                Ok(stored)
            }
            stored => {
                self.0.throttle.failed(&login.name, address, self.now_ms());
                self.record_refusal(origin, stored).await?;
                Err(IdentityError::WrongCredentials)
            }
        }
    }

    async fn record_refusal(
        &self,
        origin: &Origin,
        stored: Option<StoredUser>,
    ) -> Result<(), IdentityError> {
        // People type passwords into the wrong field, so an unknown name is not written down.
        let known = stored.as_ref().map(|it| it.user.user_id.as_str());
        let summary = match known {
            Some(user_id) => format!("a sign-in as {user_id} was refused"),
            None => "a sign-in with an unknown name was refused".to_owned(),
        };
        let change = Change {
            action: "user.sign_in_refused",
            subject: Subject {
                kind: "user",
                key: stored.as_ref().map(|it| it.user.key),
                id: known.map(ToOwned::to_owned),
            },
            process_id: None,
            instance_key: None,
            summary,
            details: None,
        };
        self.write(origin, move |sql, recorder| Ok(recorder.record(sql, change)?)).await
    }

    fn idle_ms(&self) -> i64 {
        i64::from(self.0.config.session_hours) * 3_600_000
    }
}

fn current_session(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
    now_ms: i64,
    idle_ms: i64,
) -> Result<Option<(Session, Arc<Principal>)>, IdentityError> {
    let Some(session) = rows_tokens::find_session(sql, token_hash)? else { return Ok(None) };
    if now_ms >= session.expires_at_ms || now_ms >= session.seen_at_ms + idle_ms {
        return Ok(None);
    }
    let rev = Some(session.security_rev);
    let principal = load_principal(sql, session.user_key, rev, Via::Session, None)?;
    Ok(principal.map(|principal| (session, principal)))
}

/// From here on the one who signed in acts.
pub(super) fn acting(origin: &Origin, stored: &StoredUser) -> Origin {
    let actor = Actor { kind: ActorKind::User, id: stored.user.user_id.as_str().into() };
    Origin { actor, ..origin.clone() }
}

pub(super) fn signed_in(stored: &StoredUser, how: &str) -> Change {
    let user = &stored.user;
    let summary = format!("signed in {how}");
    Change::of("user.signed_in", "user", user.key, &user.user_id, summary)
}

fn shortened(text: &str) -> String {
    let fit = text.chars().filter(|it| !it.is_control());
    fit.take(USER_AGENT_LENGTH_MAX).collect()
}
