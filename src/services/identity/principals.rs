//! From a session or a token to the principal, with a short memory.
//!
//! Must not know how the proof was checked.
//!
//! **Invariant:** what was loaded before a change is never used after it: each entry carries the
//! epoch in which its loading began, and a change begins a new epoch after its commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use crate::core::access::{PermissionSet, Principal, Via};
use crate::platform::store::{Sql, StoreError};
use crate::services::identity::secrets::TokenHash;
use crate::services::identity::{User, rows_users};

/// How long a change made by another node stays unseen at most.
const REMEMBER: Duration = Duration::from_millis(REMEMBER_MS.unsigned_abs());
/// The same by the clock that lifetimes are counted with.
const REMEMBER_MS: i64 = 5_000;
/// Bounds memory to a few megabytes.
const PRINCIPALS_MAX: u64 = 10_000;

/// What proves who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Proof {
    Session(TokenHash),
    ApiToken(TokenHash),
    /// The user and the security revision an access token was made for.
    AccessToken(i64, i64),
}

#[derive(Debug, Clone)]
struct Remembered {
    epoch: u64,
    valid_until_ms: i64,
    principal: Arc<Principal>,
}

/// Remembers principals for some seconds.
pub(super) struct PrincipalCache {
    epoch: AtomicU64,
    entries: Cache<Proof, Remembered>,
}

impl PrincipalCache {
    pub(super) fn new() -> Self {
        let entries = Cache::builder().max_capacity(PRINCIPALS_MAX).time_to_live(REMEMBER).build();
        Self { epoch: AtomicU64::new(0), entries }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(super) fn find(&self, proof: &Proof, now_ms: i64) -> Option<Arc<Principal>> {
        let found = self.entries.get(proof)?;
        let is_valid = found.epoch == self.epoch() && now_ms < found.valid_until_ms;
        is_valid.then_some(found.principal)
    }

    pub(super) fn remember(
        &self,
        proof: Proof,
        epoch: u64,
        now_ms: i64,
        principal: &Arc<Principal>,
    ) {
        let valid_until_ms = now_ms + REMEMBER_MS;
        let principal = Arc::clone(principal);
        self.entries.insert(proof, Remembered { epoch, valid_until_ms, principal });
    }

    pub(super) fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.entries.invalidate_all();
    }
}

/// The principal of an enabled user, at a security revision if one is named.
pub(super) fn load_principal(
    sql: &mut dyn Sql,
    user_key: i64,
    security_rev: Option<i64>,
    via: Via,
    scopes: Option<PermissionSet>,
) -> Result<Option<Arc<Principal>>, StoreError> {
    let Some(found) = rows_users::find_by_key(sql, user_key)? else { return Ok(None) };
    let is_current = security_rev.is_none_or(|it| it == found.security_rev);
    if found.user.is_disabled || !is_current {
        return Ok(None);
    }
    Ok(Some(Arc::new(principal_of(found.user, via, scopes))))
}

fn principal_of(user: User, via: Via, scopes: Option<PermissionSet>) -> Principal {
    let none = PermissionSet::default();
    let granted = user.roles.iter().fold(none, |set, role| set.union(role.permissions()));
    Principal {
        user_key: user.key,
        user_id: user.user_id.into(),
        display_name: user.display_name.into(),
        groups: user.groups.into(),
        roles: user.roles.into(),
        permissions: scopes.map_or(granted, |scopes| granted.intersection(scopes)),
        via,
    }
}
