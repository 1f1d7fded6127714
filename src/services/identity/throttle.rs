//! Slows down guessing: after some failures an account and an address must wait, longer each time.
//!
//! In memory, per node: a restart forgives. Must not know users.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use crate::services::identity::IdentityError;

/// Failures that cost nothing: people mistype.
const FREE_FAILURES_OF_ACCOUNT: u32 = 5;
/// An address may be that of a whole office.
const FREE_FAILURES_OF_ADDRESS: u32 = 20;
/// The longest wait; no longer, as anybody can lock an account by guessing.
const WAIT_MS_MAX: i64 = 60_000;
/// Failures are forgotten when nothing was tried for so long.
const FORGET_AFTER: Duration = Duration::from_hours(1);
/// Bounds memory to a few megabytes.
const SUSPECTS_MAX: u64 = 50_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Suspect {
    Account(String),
    Address(IpAddr),
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    blocked_until_ms: i64,
}

/// Counts failures.
#[derive(Debug, Clone)]
pub(super) struct Throttle {
    suspects: Cache<Suspect, Arc<Mutex<Failures>>>,
}

impl Throttle {
    pub(super) fn new() -> Self {
        let suspects =
            Cache::builder().max_capacity(SUSPECTS_MAX).time_to_idle(FORGET_AFTER).build();
        Self { suspects }
    }

    /// Refuses while the account or the address has to wait.
    pub(super) fn check(
        &self,
        login: &str,
        address: Option<IpAddr>,
        now_ms: i64,
    ) -> Result<(), IdentityError> {
        let blocked_until_ms = suspects(login, address)
            .filter_map(|(suspect, _)| self.suspects.get(&suspect))
            .map(|failures| lock(&failures).blocked_until_ms)
            .max()
            .unwrap_or_default();
        let wait_ms = u64::try_from(blocked_until_ms - now_ms).unwrap_or_default();
        if wait_ms == 0 {
            return Ok(());
        }
        Err(IdentityError::Throttled { retry_after_s: wait_ms.div_ceil(1000) })
    }

    /// Counts a failure of the account and of the address.
    pub(super) fn failed(&self, login: &str, address: Option<IpAddr>, now_ms: i64) {
        for (suspect, free) in suspects(login, address) {
            let failures = self.suspects.get_with(suspect, Arc::default);
            let mut failures = lock(&failures);
            failures.count = failures.count.saturating_add(1);
            if failures.count > free {
                let doublings = (failures.count - free - 1).min(16);
                failures.blocked_until_ms = now_ms + (1000_i64 << doublings).min(WAIT_MS_MAX);
            }
        }
    }

    /// Forgives the account; its address may still be guessing other accounts.
    pub(super) fn succeeded(&self, login: &str) {
        self.suspects.invalidate(&Suspect::Account(login.to_ascii_lowercase()));
    }
}

fn suspects(login: &str, address: Option<IpAddr>) -> impl Iterator<Item = (Suspect, u32)> {
    let account = (Suspect::Account(login.to_ascii_lowercase()), FREE_FAILURES_OF_ACCOUNT);
    let address = address.map(|it| (Suspect::Address(it), FREE_FAILURES_OF_ADDRESS));
    std::iter::once(account).chain(address)
}

fn lock(failures: &Mutex<Failures>) -> std::sync::MutexGuard<'_, Failures> {
    // Two numbers are whole whatever their holder did, so a poisoned lock changes nothing.
    failures.lock().unwrap_or_else(PoisonError::into_inner)
}
