//! How often one client may call: a general limit and a strict one where guessing must be slow.
//!
//! In memory, per node. Must not know routes beyond their pace.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::http::error::HttpError;
use crate::http::route::Pace;
use crate::platform::config::ServerConfig;

/// After so many calls, clients that were quiet are forgotten, which bounds memory.
const CALLS_BETWEEN_SWEEPS: u32 = 8192;

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// A signed-in user, wherever it calls from.
    User(i64),
    /// An address; an IPv6 host has a whole /64, so these count as one.
    Address(IpAddr),
}

impl Client {
    /// The client at an address.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        const NETWORK: u128 = !0 << 64;
        match address.to_canonical() {
            IpAddr::V4(it) => Self::Address(IpAddr::V4(it)),
            IpAddr::V6(it) => Self::Address(IpAddr::V6((it.to_bits() & NETWORK).into())),
        }
    }
}

/// The limits of one server.
pub struct Limits {
    normal: Limiter,
    sign_in: Limiter,
}

impl Limits {
    /// The limits as configured; numbers below one count as one.
    #[must_use]
    pub fn new(config: &ServerConfig) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let normal = Quota::per_second(at_least_one(config.rate_per_second))
            .allow_burst(at_least_one(config.rate_burst));
        let sign_in = Quota::per_minute(at_least_one(config.sign_in_per_minute));
        Self { normal: Limiter::new(normal), sign_in: Limiter::new(sign_in) }
    }

    /// Counts one call.
    ///
    /// # Errors
    /// 429 with the seconds to wait when the client calls too often.
    pub fn check(&self, pace: Pace, client: Client) -> Result<(), HttpError> {
        match pace {
            Pace::Normal => self.normal.check(client),
            Pace::SignIn => self.sign_in.check(client),
        }
    }
}

struct Limiter {
    counts: DefaultKeyedRateLimiter<Client>,
    clock: DefaultClock,
    calls: AtomicU32,
}

impl Limiter {
    fn new(quota: Quota) -> Self {
        let clock = DefaultClock::default();
        Self { counts: RateLimiter::keyed(quota), clock, calls: AtomicU32::new(0) }
    }

    fn check(&self, client: Client) -> Result<(), HttpError> {
        if self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(CALLS_BETWEEN_SWEEPS) {
            self.counts.retain_recent();
        }
        self.counts.check_key(&client).map_err(|refusal| {
            let wait = refusal.wait_time_from(self.clock.now());
            HttpError::too_many(wait.as_secs() + 1)
        })
    }
}
