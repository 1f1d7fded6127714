//! The application as handlers see it: every service they may call, in one cheap handle.
//!
//! Put together by the composition root. Must not know any route.

use std::ops::Deref;
use std::sync::Arc;

use crate::http::live::LiveBus;
use crate::platform::clock::Clock;
use crate::platform::config::Config;
use crate::platform::telemetry::Metrics;
use crate::services::bulk::Bulk;
use crate::services::execution::Execution;
use crate::services::files::Files;
use crate::services::identity::Identity;
use crate::services::instances::Instances;
use crate::services::operations::Operations;
use crate::services::search::Search;

/// The state of every handler; cloning it is cheap.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Users, groups, sessions and tokens.
    pub identity: Identity,
    /// The running engine of the domain.
    pub execution: Execution,
    /// Process instances.
    pub instances: Instances,
    /// Operations on many instances.
    pub bulk: Bulk,
    /// What can be found.
    pub search: Search,
    /// The installation at a glance.
    pub operations: Operations,
    /// Uploaded files.
    pub files: Files,
    /// Tells open pages what has changed.
    pub live: LiveBus,
    /// The counters of this process; `None` where nobody collects them.
    pub metrics: Option<Metrics>,
}

impl App {
    /// The application of these parts, ready to serve.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
