//! Jobs in the hands of outside workers, on both databases.

use std::time::Duration;

use flowstead::core::engine::VariableMap;
use flowstead::platform::store::Value;
use flowstead::services::execution::{LeaseJobs, LeasedJob, Refusal};
use flowstead::services::instances::{InstanceFilter, Instances, StateFilter};
use flowstead::services::jobs::{
    self, FailedAttempt, Lease, count_dead_letters, list_dead_letters, requeue,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

fn wanted(types: &[&str], lease_ms: i64) -> LeaseJobs {
    LeaseJobs {
        job_types: types.iter().map(|it| (*it).to_owned()).collect(),
        worker: "worker".to_owned(),
        limit: 10,
        lease_ms,
        variable_names: None,
    }
}

async fn take(engine: &Engine, lease_ms: i64) -> Vec<LeasedJob> {
    let wanted = wanted(&["other", "review"], lease_ms);
    let taken = jobs::activate(&engine.execution, wanted, Duration::ZERO, origin("worker")).await;
    taken.expect("workers may ask")
}

fn lease(job: &LeasedJob) -> Lease {
    Lease { job_key: job.key, token: job.lease_token }
}

fn variables(json: serde_json::Value) -> VariableMap {
    serde_json::from_value(json).expect("an object")
}

async fn state_of(engine: &Engine, key: i64) -> String {
    let instances = Instances::new(engine.execution.clone());
    let filter = InstanceFilter { keys: Some(vec![key]), ..InstanceFilter::default() };
    let list = instances.list(filter, None, 10).await.expect("a filter that can be met");
    list.rows[0].state.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_does_a_job_and_the_instance_goes_on() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let started = engine.start("review", json!({ "amount": 7 }), "anna").await;
        let taken = take(&engine, 10_000).await;
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].variables, variables(json!({ "amount": 7 })));
        assert!(take(&engine, 10_000).await.is_empty(), "a leased job is nobody else's");
        let result = variables(json!({ "amount": 500 }));
        let done = jobs::complete(&engine.execution, lease(&taken[0]), result, origin("worker"));
        done.await.expect("the lease is valid");
        assert_eq!(state_of(&engine, started.key).await, "completed");
        let again = jobs::complete(
            &engine.execution,
            lease(&taken[0]),
            VariableMap::new(),
            origin("worker"),
        );
        let refusal = again.await.expect_err("a job is done once");
        assert!(matches!(refusal, Refusal::NotFound { kind: "job", .. }), "{refusal}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_free_again_when_its_lease_ends() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let started = engine.start("review", json!({ "amount": 7 }), "anna").await;
        let first = take(&engine, 1_000).await;
        engine.clock.advance(SignedDuration::from_millis(1_001));
        let second = take(&engine, 1_000).await;
        assert_eq!(second[0].key, first[0].key);
        let late = jobs::complete(
            &engine.execution,
            lease(&first[0]),
            VariableMap::new(),
            origin("worker"),
        );
        let refusal = late.await.expect_err("somebody else has the job now");
        assert_eq!(refusal, Refusal::LeaseEnded(first[0].key));
        assert_eq!(state_of(&engine, started.key).await, "active");
        let late = jobs::extend(&engine.execution, lease(&first[0]), 1_000, origin("worker")).await;
        assert_eq!(late.expect_err("so does its extension"), Refusal::LeaseEnded(first[0].key));
        let extended = jobs::extend(&engine.execution, lease(&second[0]), 9_000, origin("worker"));
        extended.await.expect("the lease is valid");
        engine.clock.advance(SignedDuration::from_millis(5_000));
        assert!(take(&engine, 1_000).await.is_empty(), "the lease was extended");
        let done = jobs::complete(
            &engine.execution,
            lease(&second[0]),
            VariableMap::new(),
            origin("worker"),
        );
        done.await.expect("the lease is valid");
        assert_eq!(state_of(&engine, started.key).await, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_waits_gets_the_job_as_soon_as_there_is_one() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let execution = engine.execution.clone();
        let waiting = tokio::spawn(async move {
            let wanted = wanted(&["other", "review"], 10_000);
            jobs::activate(&execution, wanted, Duration::from_secs(30), origin("worker")).await
        });
        engine.start("review", json!({ "amount": 7 }), "anna").await;
        let taken = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        let taken = taken.expect("long before its time is over").expect("no panic");
        assert_eq!(taken.expect("workers may wait").len(), 1);
    })
    .await;
}

async fn fail(engine: &Engine, job: &LeasedJob) {
    let attempt = FailedAttempt { message: "no paper".to_owned(), ..FailedAttempt::default() };
    let failed = jobs::fail(&engine.execution, lease(job), attempt, origin("worker")).await;
    failed.expect("the lease is valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_lead_to_a_dead_letter_that_can_be_put_back() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let started = engine.start("review", json!({ "amount": 7 }), "anna").await;
        let first = take(&engine, 10_000).await;
        assert_eq!(first[0].retries, 2);
        fail(&engine, &first[0]).await;
        assert!(take(&engine, 10_000).await.is_empty(), "it waits before it is tried again");
        engine.clock.advance(SignedDuration::from_secs(2));
        let second = take(&engine, 10_000).await;
        assert_eq!((second[0].retries, second[0].attempts), (1, 1));
        fail(&engine, &second[0]).await;

        let letters = list_dead_letters(&engine.execution, None, 10).await.expect("a read");
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].job_key, letters[0].message.as_str()), (first[0].key, "no paper"));
        assert_eq!((letters[0].instance_key, letters[0].attempts), (started.key, 2));
        let instances = Instances::new(engine.execution.clone());
        let stuck = InstanceFilter { state: Some(StateFilter::Stuck), ..InstanceFilter::default() };
        let found = instances.list(stuck.clone(), None, 10).await.expect("a read");
        assert_eq!(found.rows.len(), 1);

        requeue(&engine.execution, first[0].key, 3, origin("operator")).await.expect("it is dead");
        assert_eq!(count_dead_letters(&engine.execution, 10).await, Ok(0));
        let refusal = requeue(&engine.execution, first[0].key, 3, origin("operator")).await;
        assert!(matches!(refusal, Err(Refusal::NotFound { kind: "dead letter", .. })));
        let third = take(&engine, 10_000).await;
        assert_eq!(third[0].retries, 3);
        let done = jobs::complete(
            &engine.execution,
            lease(&third[0]),
            VariableMap::new(),
            origin("worker"),
        );
        done.await.expect("the lease is valid");
        assert_eq!(state_of(&engine, started.key).await, "completed");
        assert!(instances.list(stuck, None, 10).await.expect("a read").rows.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_outlive_the_engine() {
    for_each_engine(async |mut engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let started = engine.start("review", json!({ "amount": 7 }), "anna").await;
        let taken = take(&engine, 10_000).await;
        engine.restart().await;
        assert!(take(&engine, 10_000).await.is_empty(), "the lease goes on");
        let done = jobs::complete(
            &engine.execution,
            lease(&taken[0]),
            variables(json!({ "amount": 101 })),
            origin("worker"),
        );
        done.await.expect("the lease is valid");
        assert_eq!(state_of(&engine, started.key).await, "completed");
        let read = |sql: &mut dyn flowstead::platform::store::Sql| {
            sql.query("SELECT COUNT(*) FROM work__jobs WHERE key > ?1", &[Value::Integer(0)])
        };
        let left = engine.database().read(read).await.expect("a read");
        assert_eq!(left[0].integer(0), Ok(0));
    })
    .await;
}
