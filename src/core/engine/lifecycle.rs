//! The states of an element instance and the moves between them.
//!
//! Must not know what happens in a state.

use serde::{Deserialize, Serialize};

/// Where an element instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Being prepared: inputs, subscriptions.
    Activating,
    /// At work, or waiting.
    Activated,
    /// Its work is done, but it can't leave yet.
    Completing,
    /// Done.
    Completed,
    /// Being ended from outside.
    Terminating,
    /// Ended from outside.
    Terminated,
}

impl Lifecycle {
    /// Whether an element instance may go from here to there.
    ///
    /// Elements that pass at once skip `Activated`; only elements that are held up show
    /// `Completing`; only scopes with something in them show `Terminating`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use Lifecycle::{Activated, Activating, Completed, Completing, Terminated, Terminating};
        match self {
            Activating => next != Activating,
            Activated => !matches!(next, Activating | Activated),
            Completing => matches!(next, Completed | Terminating | Terminated),
            Terminating => next == Terminated,
            Completed | Terminated => false,
        }
    }

    /// Whether it has left the instance.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Terminated)
    }
}
