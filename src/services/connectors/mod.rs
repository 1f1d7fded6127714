//! Jobs that this process does itself: HTTP requests, e-mail and JavaScript.
//!
//! Must not know who asked for a job, nor decide how often it is tried.
//!
//! **Invariant:** whatever a connector does outside carries the job's key, so that a repeat after
//! a crash can be recognized.

mod expressions;
mod http;
mod http_request;
mod http_response;
mod inputs;
mod mail;
mod script;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::platform::clock::Clock;
use crate::platform::mail::Mailer;
use crate::platform::outbound::OutboundClient;
use crate::platform::scripts;
use crate::services::execution::{Handlers, JobOutcome};

pub use script::{outcome as script_outcome, source as script_source};

/// The job type of HTTP requests, as Camunda's REST connector has it.
pub const HTTP: &str = "io.camunda:http-json:1";
/// The job type of e-mail.
pub const MAIL: &str = "io.camunda:email:1";
/// The job type of JavaScript.
pub const SCRIPT: &str = "io.flowstead:javascript:1";

/// What connectors stand on.
pub struct Connections {
    /// Sends requests to other systems.
    pub outbound: OutboundClient,
    /// Sends mail.
    pub mailer: Mailer,
    /// What one script may use.
    pub scripts: scripts::Limits,
    /// The time that expressions see.
    pub clock: Arc<dyn Clock>,
    /// Where local times are.
    pub zone: TimeZone,
}

/// The handlers of all connectors.
#[must_use]
pub fn handlers(connections: Connections) -> Handlers {
    let Connections { outbound, mailer, scripts, clock, zone } = connections;
    let expressions = expressions::Expressions::new(clock, zone);
    let http = http::HttpConnector { client: Arc::new(outbound), expressions };
    Handlers::default()
        .with(HTTP, Arc::new(http))
        .with(MAIL, Arc::new(mail::MailConnector { mailer: Arc::new(mailer) }))
        .with(SCRIPT, Arc::new(script::ScriptConnector { limits: scripts }))
}

/// Why an attempt failed, for people.
#[derive(Debug)]
struct Trouble {
    message: String,
    is_retryable: bool,
}

impl Trouble {
    /// What stays wrong however often it is tried.
    fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_retryable: false }
    }
}

impl From<Trouble> for JobOutcome {
    fn from(trouble: Trouble) -> Self {
        Self::Failed { message: trouble.message, is_retryable: trouble.is_retryable }
    }
}
