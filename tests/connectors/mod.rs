//! The connectors against real servers: HTTP on this machine, a mail server, the sandbox.

mod http;
mod inputs;
mod mail;
mod script;
mod target;

use std::sync::Arc;

use flowstead::core::engine::JobKind;
use flowstead::platform::clock::SystemClock;
use flowstead::platform::config::{MailConfig, OutboundConfig, ScriptsConfig};
use flowstead::platform::mail::Mailer;
use flowstead::platform::outbound::OutboundClient;
use flowstead::services::connectors::{Connections, handlers};
use flowstead::services::execution::{Handlers, JobOutcome, LeasedJob};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

/// The key of every job here.
const JOB_KEY: i64 = 4711;

/// The connectors with these settings.
fn connectors(outbound: &OutboundConfig, mail: &MailConfig) -> Handlers {
    handlers(Connections {
        outbound: OutboundClient::new(outbound).expect("a client"),
        mailer: Mailer::new(mail).expect("a mailer"),
        scripts: (&ScriptsConfig::default()).into(),
        clock: Arc::new(SystemClock),
        zone: TimeZone::UTC,
    })
}

/// The connectors, which may reach this machine.
fn local() -> Handlers {
    let allowed = "127.0.0.1".parse().expect("an address");
    let outbound =
        OutboundConfig { allow_private_networks: vec![allowed], ..OutboundConfig::default() };
    connectors(&outbound, &MailConfig::default())
}

/// Makes one attempt at a job with these headers and variables.
async fn attempt(
    handlers: &Handlers,
    job_type: &str,
    headers: Json,
    variables: Json,
) -> JobOutcome {
    let object = |value: Json| match value {
        Json::Object(object) => object,
        other => panic!("no object: {other}"),
    };
    let job = LeasedJob {
        key: JOB_KEY,
        instance_key: 1,
        element_instance_key: 2,
        element_id: "task".to_owned(),
        process_id: "process".to_owned(),
        definition_key: 3,
        version: 1,
        job_type: job_type.to_owned(),
        kind: JobKind::Element,
        retries: 3,
        attempts: 0,
        headers: object(headers),
        variables: object(variables),
        lease_token: 5,
        lease_until: i64::MAX,
        worker: "test".to_owned(),
    };
    handlers.find(job_type).expect("there is such a connector").run(job).await
}

/// The message of an attempt that failed, and whether another can help.
fn failure(outcome: JobOutcome) -> (String, bool) {
    match outcome {
        JobOutcome::Failed { message, is_retryable } => (message, is_retryable),
        other => panic!("it did not fail: {other:?}"),
    }
}

/// The variables of an attempt that succeeded.
fn completed(outcome: JobOutcome) -> Map<String, Json> {
    match outcome {
        JobOutcome::Completed(variables) => variables,
        other => panic!("it did not succeed: {other:?}"),
    }
}
