//! What instances wait for, and how they go on: timers, messages, calls, a restart.

use std::time::Duration;

use flowstead::core::engine::VariableMap;
use flowstead::services::execution::ProcessReference;
use flowstead::services::execution::{PublishMessage, Receipt, Refusal, StartInstance, Work};
use flowstead::services::instances::{Ids, InstanceFilter, Instances, StartError};
use jiff::SignedDuration;
use serde_json::json;

use super::looking::{ended, inspect};
use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

fn message(order: &str, id: Option<&str>, time_to_live_ms: i64) -> Work {
    Work::Publish(PublishMessage {
        name: "paid".to_owned(),
        correlation_key: order.to_owned(),
        message_id: id.map(str::to_owned),
        time_to_live_ms,
        variables: VariableMap::new(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_when_its_time_has_come_and_not_before() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("pause.bpmn", &models::pause())]).await;
        let started = engine.start("pause", json!({}), "anna").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(inspect(&engine, started.key).await.row.state, "active", "time stands still");
        engine.clock.advance(SignedDuration::from_millis(60));
        let found = ended(&engine, started.key).await;
        assert_eq!(found.row.state, "completed");
        let fired = found.turns.iter().filter(|turn| turn.cause == "timer.fired").count();
        assert_eq!(fired, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_was_due_while_the_engine_was_down_fires_after_its_start() {
    for_each_engine(async |mut engine: Engine| {
        engine.deploy(&[("pause.bpmn", &models::pause())]).await;
        let started = engine.start("pause", json!({}), "anna").await;
        let (old, clock) = (engine.execution.clone(), engine.clock.clone());
        let stopping = tokio::task::spawn_blocking(move || old.stop());
        stopping.await.expect("stopping does not panic");
        clock.advance(SignedDuration::from_mins(5));
        engine.restart().await;
        assert_eq!(ended(&engine, started.key).await.row.state, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_who_waits_and_who_begins_to_wait_later() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        let waiting = engine.start("payment", json!({ "order": "A" }), "anna").await;
        let receipt = engine.submit(message("A", None, 0), "shop").await.expect("it is taken");
        let Receipt::Message { instance_keys, .. } = receipt else { panic!("{receipt:?}") };
        assert_eq!(instance_keys, [waiting.key]);
        assert_eq!(inspect(&engine, waiting.key).await.row.state, "completed");

        engine.submit(message("B", None, 60_000), "shop").await.expect("it is kept");
        let later = engine.start("payment", json!({ "order": "B" }), "anna").await;
        assert_eq!(inspect(&engine, later.key).await.row.state, "completed");
        let second = engine.start("payment", json!({ "order": "B" }), "anna").await;
        let state = inspect(&engine, second.key).await.row.state;
        assert_eq!(state, "active", "a message reaches a process once");

        engine.submit(message("C", None, 60_000), "shop").await.expect("it is kept");
        engine.clock.advance(SignedDuration::from_secs(61));
        let late = engine.start("payment", json!({ "order": "C" }), "anna").await;
        assert_eq!(inspect(&engine, late.key).await.row.state, "active", "the message is over");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_published_once() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        engine.submit(message("A", Some("m-1"), 60_000), "shop").await.expect("it is new");
        let refusal = engine.submit(message("A", Some("m-1"), 60_000), "shop").await;
        assert_eq!(refusal.expect_err("it is kept"), Refusal::DuplicateMessage("m-1".to_owned()));
        engine.clock.advance(SignedDuration::from_secs(61));
        engine.submit(message("A", Some("m-1"), 60_000), "shop").await.expect("it was forgotten");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_instance_ends_with_its_caller() {
    for_each_engine(async |engine: Engine| {
        let files = [("review.bpmn", models::review()), ("caller.bpmn", models::caller())];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, it)| (*name, &**it)).collect();
        engine.deploy(&files).await;
        let started = engine.start("caller", json!({ "amount": 3 }), "anna").await;
        let found = inspect(&engine, started.key).await;
        assert_eq!(found.called.len(), 1);
        let child = inspect(&engine, found.called[0].key).await;
        assert_eq!(child.parent.as_ref().map(|parent| parent.key), Some(started.key));
        assert_eq!(child.instance.variables(), found.instance.variables());
        let instances = Instances::new(engine.execution.clone());
        let all = instances.list(InstanceFilter::default(), None, 10).await.expect("a read");
        assert_eq!(all.places[&started.key], ["in Review"]);
        assert_eq!(all.places[&child.row.key], ["Review it"]);
        instances.cancel(started.key, origin("operator")).await.expect("it is active");
        for key in [started.key, child.row.key] {
            assert_eq!(inspect(&engine, key).await.row.state, "terminated");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_a_start_fit_the_data_schema_or_nothing_starts() {
    for_each_engine(async |engine: Engine| {
        let model = models::review();
        let schema = models::REVIEW_SCHEMA;
        engine.deploy(&[("review.bpmn", &model), ("review.schema.json", schema)]).await;
        let instances = Instances::new(engine.execution.clone());
        let start = |variables: serde_json::Value| StartInstance {
            after: None,
            process: ProcessReference::Latest("review".to_owned()),
            variables: serde_json::from_value(variables).expect("an object"),
        };
        let wrong = start(json!({ "amount": -1, "city": 7 }));
        let refusal = instances.start(wrong, origin("anna")).await;
        let Err(StartError::Invalid(problems)) = refusal else { panic!("{refusal:?}") };
        let mut paths: Vec<&str> = problems.iter().map(|it| it.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["/amount", "/city"]);
        let all = instances.list(InstanceFilter::default(), None, 10).await.expect("a read");
        assert!(all.rows.is_empty(), "nothing was started");
        let right = start(json!({ "amount": 1, "city": "Bern" }));
        instances.start(right, origin("anna")).await.expect("it fits");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_and_the_diagram_tell_what_happened() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        let started = engine.start("payment", json!({ "order": "A" }), "anna").await;
        let waiting = inspect(&engine, started.key).await;
        assert!(waiting.diagram().contains("is-active"));
        engine.submit(message("A", None, 0), "shop").await.expect("it is taken");
        let found = inspect(&engine, started.key).await;
        let told: Vec<String> = found
            .timeline(&Ids)
            .into_iter()
            .map(|entry| format!("{} {}", entry.element, entry.text))
            .collect();
        assert_eq!(
            told,
            [
                "Payment was started by anna",
                "start was completed",
                "Paid waits for the message paid",
                "Paid got its message",
                "Paid was completed",
                "end was completed",
                "Payment completed",
            ]
        );
        let drawn = found.diagram();
        assert!(drawn.contains("is-taken") && !drawn.contains("is-active"), "{drawn}");
    })
    .await;
}
