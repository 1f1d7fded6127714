//! What a commit changed, told to whoever shows or indexes it.
//!
//! A notice is a hint to look again, never the truth: one that is lost costs freshness only.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::broadcast;

/// Something that looks different after a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// One process instance, by key.
    Instance(i64),
    /// Some process instance started or ended.
    Instances,
    /// One bulk operation, by key.
    Operation(i64),
    /// Some user task appeared, changed or went.
    UserTasks,
    /// Some incident appeared or went.
    Incidents,
    /// Something was deployed.
    Processes,
    /// A timer start event fired or changed.
    Schedules,
    /// A file came or went.
    Files,
    /// A person or group changed.
    Identity,
}

/// The notices of one commit.
pub type Notice = Arc<BTreeSet<Change>>;

/// How many commits a slow listener may lag behind before it is told that it missed some.
const BACKLOG: usize = 1024;

/// Hands notices to listeners; cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    sender: broadcast::Sender<Notice>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG) }
    }
}

impl Changes {
    /// Tells every listener. Call it only after the commit.
    pub fn publish(&self, changes: BTreeSet<Change>) {
        if !changes.is_empty() {
            // An error means that nobody listens, which is fine.
            let _ = self.sender.send(Arc::new(changes));
        }
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Notice> {
        self.sender.subscribe()
    }
}
