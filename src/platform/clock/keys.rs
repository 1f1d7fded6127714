//! 64-bit keys: ordered by time, unique across nodes, never repeated after a restart.
//!
//! Knows no database: the largest key that was ever stored is an argument.
//!
//! A key is `[0][41 bits: ms since 2024-01-01 UTC][12 bits: sequence][10 bits: node]`, which lasts
//! until 2093. The sequence is not bounded by its millisecond: a run that overflows it simply
//! counts on into the following milliseconds, and the clock catches up later.
//!
//! **Invariant:** the keys of one generator rise strictly, whatever the clock does; two generators
//! with different node numbers never give the same key.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The distance between two keys of one node that follow each other without a gap.
pub const KEY_STEP: i64 = 1 << NODE_BITS;

/// The largest node number.
pub const NODE_MAX: u16 = (1 << NODE_BITS) - 1;

const NODE_BITS: u32 = 10;
const TIME_SHIFT: u32 = 22;
/// 2024-01-01T00:00:00Z in milliseconds since 1970.
const EPOCH_MS: i64 = 1_704_067_200_000;
const AGE_MS_MAX: i64 = (1 << 41) - 1;

/// Why a generator can't be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// The node number does not fit into its ten bits.
    #[error("node number {0} is too large, expected 0 to {NODE_MAX}")]
    NodeTooLarge(u16),
}

/// The lowest key that any node makes at a time; times outside the 41 bits count as the nearest
/// end. Rows with time-ordered keys are found by time with it.
#[must_use]
pub fn lowest_key_at(at_ms: i64) -> i64 {
    let age_ms = at_ms.saturating_sub(EPOCH_MS).clamp(0, AGE_MS_MAX);
    age_ms << TIME_SHIFT
}

/// The node that made a key.
#[must_use]
pub fn node_of(key: i64) -> i64 {
    key & i64::from(NODE_MAX)
}

/// Makes the keys of one node; shared by all threads.
#[derive(Debug)]
pub struct KeyGenerator {
    node: i64,
    last: Mutex<i64>,
}

impl KeyGenerator {
    /// A generator whose keys all lie above `largest_stored`, whichever node made that one.
    ///
    /// # Errors
    /// `NodeTooLarge` when the node number is above [`NODE_MAX`].
    pub fn new(node: u16, largest_stored: Option<i64>) -> Result<Self, KeyError> {
        if node > NODE_MAX {
            return Err(KeyError::NodeTooLarge(node));
        }
        Ok(Self { node: i64::from(node), last: Mutex::new(largest_stored.unwrap_or(0).max(0)) })
    }

    /// One key, above all earlier ones.
    pub fn next(&self, now_ms: i64) -> i64 {
        let mut lease = self.lease(now_ms);
        lease.take()
    }

    /// Holds the generator for a run of keys whose length is not known beforehand.
    ///
    /// Other threads wait while the lease lives, so it should live as long as a computation and
    /// never as long as a disk access. A thread that holds a lease takes keys from it: asking the
    /// generator again on the same thread would wait for itself.
    pub fn lease(&self, now_ms: i64) -> KeyLease<'_> {
        // The number is whole whatever its holder did, so a poisoned lock changes nothing.
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let first = self.floor(now_ms).max(self.above(*last));
        KeyLease { first, last }
    }

    /// The lowest key of this node at a time.
    fn floor(&self, now_ms: i64) -> i64 {
        lowest_key_at(now_ms) | self.node
    }

    /// The lowest key of this node above any key, also one of another node.
    fn above(&self, key: i64) -> i64 {
        (((key >> NODE_BITS) + 1) << NODE_BITS) | self.node
    }
}

/// The exclusive right to take keys, until dropped. What was not taken is not lost.
#[derive(Debug)]
pub struct KeyLease<'a> {
    first: i64,
    last: MutexGuard<'a, i64>,
}

impl KeyLease<'_> {
    /// The next key that may be used; the ones after it follow in distances of [`KEY_STEP`].
    ///
    /// Nothing is taken by looking: say [`KeyLease::advance`] once it is known how far it went.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.first
    }

    /// Takes all keys up to and including `to`; a key below the next one takes nothing.
    pub fn advance(&mut self, to: i64) {
        if to >= self.first {
            *self.last = to;
            self.first += ((to - self.first) / KEY_STEP + 1) * KEY_STEP;
        }
    }

    /// Takes one key.
    pub fn take(&mut self) -> i64 {
        let key = self.first;
        self.advance(key);
        key
    }
}
