//! Incidents: raised where an instance can't go on, resolved singly, in bulk and with variables.

use std::time::Duration;

use flowstead::core::engine::VariableMap;
use flowstead::services::execution::{LeaseJobs, Refusal};
use flowstead::services::incidents::{self, IncidentFilter};
use flowstead::services::instances::{InstanceFilter, Instances, StateFilter};
use flowstead::services::jobs::{self, FailedAttempt, Lease};
use serde_json::json;

use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

async fn open(engine: &Engine, filter: IncidentFilter) -> Vec<i64> {
    let found = incidents::list(&engine.execution, filter.clone(), None, 100).await;
    let found = found.expect("a read");
    let count = incidents::count(&engine.execution, filter).await.expect("a read");
    assert_eq!(count, i64::try_from(found.len()).expect("few"));
    found.iter().map(|it| it.key).collect()
}

/// So many reviews whose job has failed for good.
async fn stuck(engine: &Engine, count: u32) -> Vec<i64> {
    engine.deploy(&[("review.bpmn", &models::review())]).await;
    for number in 0..count {
        engine.start("review", json!({ "amount": number }), "anna").await;
    }
    let wanted = LeaseJobs {
        job_types: vec!["review".to_owned()],
        worker: "worker".to_owned(),
        limit: count,
        lease_ms: 10_000,
        variable_names: None,
    };
    let taken = jobs::activate(&engine.execution, wanted, Duration::ZERO, origin("worker")).await;
    let mut keys = Vec::new();
    for job in taken.expect("workers may ask") {
        let lease = Lease { job_key: job.key, token: job.lease_token };
        let attempt = FailedAttempt {
            retries: Some(0),
            message: format!("no paper in tray {}", keys.len()),
            ..FailedAttempt::default()
        };
        let failed = jobs::fail(&engine.execution, lease, attempt, origin("worker")).await;
        failed.expect("the lease is valid");
        keys.push(job.instance_key);
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_variable_is_set_and_the_instance_goes_on() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        let started = engine.start("payment", json!({}), "anna").await;
        let keys = open(&engine, IncidentFilter::default()).await;
        assert_eq!(keys.len(), 1);
        let instances = Instances::new(engine.execution.clone());
        let variables: VariableMap =
            serde_json::from_value(json!({ "order": "A" })).expect("an object");
        let set = instances.set_variables(started.key, None, variables, false, origin("operator"));
        set.await.expect("it is active");
        let resolved = incidents::resolve(&engine.execution, keys[0], None, origin("operator"));
        resolved.await.expect("it is open");
        assert!(open(&engine, IncidentFilter::default()).await.is_empty());
        let again = incidents::resolve(&engine.execution, keys[0], None, origin("operator")).await;
        assert!(matches!(again, Err(Refusal::NotFound { kind: "open incident", .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_resolved_at_once_and_each_says_how_it_went() {
    for_each_engine(async |engine: Engine| {
        let stuck = stuck(&engine, 4).await;
        let all = open(&engine, IncidentFilter::default()).await;
        assert_eq!(all.len(), 4);
        let text = |text: &str| IncidentFilter {
            search: Some(text.to_owned()),
            ..IncidentFilter::default()
        };
        assert_eq!(open(&engine, text("TRAY 2")).await.len(), 1);
        assert!(open(&engine, text("tray%")).await.is_empty());
        let of_one = IncidentFilter { instance_key: Some(stuck[0]), ..IncidentFilter::default() };
        let first = open(&engine, of_one).await[0];
        let outcomes = incidents::resolve_each(
            &engine.execution,
            vec![first, 1],
            Some(2),
            &origin("operator"),
        )
        .await;
        assert_eq!(outcomes[0], (first, Ok(())));
        assert!(matches!(outcomes[1], (1, Err(Refusal::NotFound { .. }))));
        let operator = origin("operator");
        let everything = IncidentFilter::default();
        let rest = incidents::resolve_matching(&engine.execution, everything, &operator).await;
        assert_eq!(rest, Ok((3, 0)));
        assert!(open(&engine, IncidentFilter::default()).await.is_empty());
        let instances = Instances::new(engine.execution.clone());
        let filter =
            InstanceFilter { state: Some(StateFilter::Stuck), ..InstanceFilter::default() };
        assert_eq!(instances.counts(vec![filter]).await.expect("a read"), [0]);
    })
    .await;
}
