//! The time, and the keys made from it; the one place where the machine's clock is read.
//!
//! Knows nothing of who asks.

mod keys;

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

pub use keys::{KEY_STEP, KeyError, KeyGenerator, KeyLease, NODE_MAX, lowest_key_at, node_of};

/// Gives the time in UTC. Two calls may give the same time, or an earlier one if the machine's
/// clock was set back; whoever needs order uses keys.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// The time now, in milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved: virtual time for tests and dry runs.
#[derive(Debug)]
pub struct SettableClock(Mutex<Timestamp>);

impl SettableClock {
    /// A clock standing at the given time.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Puts the clock to a time, which may lie in its past.
    pub fn set(&self, now: Timestamp) {
        *self.hand() = now;
    }

    /// Moves the clock by a span; a time beyond what can be written stays where it is.
    pub fn advance(&self, span: SignedDuration) {
        let mut hand = self.hand();
        *hand = hand.checked_add(span).unwrap_or(*hand);
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, Timestamp> {
        // A timestamp is whole whatever its holder did, so a poisoned lock changes nothing.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        *self.hand()
    }
}
