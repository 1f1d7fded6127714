//! Time travel: replay turn by turn, rewinding to a turn, comparing, and why an instance waits.

use std::collections::BTreeMap;

use flowstead::core::access::Principal;
use flowstead::core::engine::{Command, InstanceState, VariableMap};
use flowstead::services::execution::{Refusal, RewindInstance, Target, Work};
use flowstead::services::instances::{Ids, InstanceFilter, Instances, compare, waiting};
use flowstead::services::jobs::{self, Lease};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::looking::{ended, inspect, lease};
use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

async fn rewind(engine: &Engine, key: i64, turn: i64, variables: Json) -> Result<i64, Refusal> {
    let variables: VariableMap = serde_json::from_value(variables).expect("an object");
    let variables = BTreeMap::from([(key, variables)]);
    let wanted = RewindInstance { instance_key: key, turn, variables };
    let instances = Instances::new(engine.execution.clone());
    instances.rewind(wanted, origin("anna")).await.map(|copy| copy.key)
}

/// Takes the job of an instance and completes it.
async fn work(engine: &Engine, job_type: &str, key: i64, variables: Json) {
    let taken = lease(engine, job_type).await;
    let job = taken.iter().find(|job| job.instance_key == key).expect("the instance has a job");
    let lease = Lease { job_key: job.key, token: job.lease_token };
    let variables = serde_json::from_value(variables).expect("an object");
    let done = jobs::complete(&engine.execution, lease, variables, origin("worker")).await;
    done.expect("the lease is valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_another_way_and_the_original_is_kept() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 5 }), "anna").await.key;
        work(&engine, "review", key, json!({ "ok": true })).await;
        let original = inspect(&engine, key).await;
        let copy = rewind(&engine, key, 1, json!({ "amount": 7 })).await.expect("turn 1 is open");
        let kept = inspect(&engine, key).await;
        assert_eq!(kept.instance, original.instance, "the original stays what it is");
        assert_eq!(kept.turns.len(), original.turns.len());
        let copied = inspect(&engine, copy).await;
        assert_eq!(copied.row.state, "active");
        assert_eq!(copied.instance.variables().and_then(|it| it.get("amount")), Some(&json!(7)));
        let causes: Vec<&str> = copied.turns.iter().map(|turn| turn.cause.as_str()).collect();
        assert_eq!(causes, ["instance.started", "instance.copied"]);
        work(&engine, "review", copy, json!({ "ok": true })).await;
        let ended = inspect(&engine, copy).await;
        let found = compare(&kept, &ended);
        assert_eq!(found.elements, [], "both took the same way");
        let differing: Vec<&str> = found.variables.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(differing, ["amount"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_waits_for_what_was_left_of_its_duration() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("pause.bpmn", &models::pause())]).await;
        let key = engine.start("pause", json!({}), "anna").await.key;
        engine.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(ended(&engine, key).await.row.state, "completed");
        let copy = rewind(&engine, key, 1, json!({})).await.expect("turn 1 is open");
        let left = inspect(&engine, copy).await;
        let due = left.instance.timers.values().next().expect("it waits again").due_at;
        let first = left.turns[0].at;
        assert!(due > first + 3_600_000, "the wait began anew: {due} after {first}");
        engine.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(ended(&engine, copy).await.row.state, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_called_is_copied_as_it_was_and_answers_the_copy() {
    for_each_engine(async |engine: Engine| {
        let files = [("caller.bpmn", models::caller()), ("review.bpmn", models::review())];
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, it)| (*name, it.as_str())).collect();
        engine.deploy(&files).await;
        let key = engine.start("caller", json!({ "amount": 5 }), "anna").await.key;
        let called = inspect(&engine, key).await.called;
        assert_eq!(called.len(), 1);
        work(&engine, "review", called[0].key, json!({ "ok": true })).await;
        assert_eq!(inspect(&engine, key).await.row.state, "completed");
        let copy = rewind(&engine, key, 1, json!({})).await.expect("turn 1 is open");
        let copied = inspect(&engine, copy).await;
        assert_eq!(copied.called.len(), 1, "the called instance is copied too");
        assert_ne!(copied.called[0].key, called[0].key);
        assert_eq!(copied.called[0].state, "active");
        work(&engine, "review", copied.called[0].key, json!({ "ok": true })).await;
        assert_eq!(inspect(&engine, copy).await.row.state, "completed");
        assert_eq!(inspect(&engine, copied.called[0].key).await.row.state, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_user_task_is_found_and_completed() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("approval.bpmn", &models::approval())]).await;
        let key = engine.start("approval", json!({}), "anna").await.key;
        let complete = async |of: i64| {
            let open = inspect(&engine, of).await.instance.user_tasks;
            let user_task_key = *open.keys().next().expect("a user task is open");
            let variables = VariableMap::new();
            let command = Command::CompleteUserTask { user_task_key, variables, by: None };
            let target = Target::UserTask { key: user_task_key, rev: None };
            let done = engine.submit(Work::Command { target, command }, "anna").await;
            done.expect("the user task is found");
            user_task_key
        };
        let first = complete(key).await;
        let copy = rewind(&engine, key, 1, json!({})).await.expect("turn 1 is open");
        let second = complete(copy).await;
        assert_ne!(first, second);
        assert_eq!(inspect(&engine, copy).await.row.state, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewind_that_cannot_be_right_is_refused_and_changes_nothing() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 5 }), "anna").await.key;
        work(&engine, "review", key, json!({ "ok": true })).await;
        for (turn, why) in [
            (0, "expected one of its turns, which count from 1"),
            (3, "expected one of its turns, which count from 1"),
            (2, "expected a turn after which it went on, but it ended with that"),
        ] {
            let refused = rewind(&engine, key, turn, json!({})).await.expect_err("no such turn");
            let text = format!("process instance {key} can't be rewound to turn {turn}: {why}");
            assert_eq!(refused.to_string(), text);
        }
        let instances = Instances::new(engine.execution.clone());
        let variables = BTreeMap::from([(12, VariableMap::new())]);
        let wanted = RewindInstance { instance_key: key, turn: 1, variables };
        let refused = instances.rewind(wanted, origin("anna")).await.expect_err("no such scope");
        assert!(
            refused.to_string().ends_with("expected scopes that were open then, but 12 was not")
        );
        let refused = rewind(&engine, 12, 1, json!({})).await.expect_err("no such instance");
        assert_eq!(refused, Refusal::NotFound { kind: "process instance", key: 12 });
        let all = instances.list(InstanceFilter::default(), None, 10).await.expect("a read");
        assert_eq!(all.rows.len(), 1, "nothing was made");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_turn_can_be_seen_with_what_it_changed() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 5 }), "anna").await.key;
        work(&engine, "review", key, json!({ "ok": true, "amount": 6 })).await;
        let instances = Instances::new(engine.execution.clone());
        let principal = Principal::system();
        let replay = async |turn| instances.replay(&principal, key, turn).await.expect("a read");
        let first = replay(Some(1)).await.expect("turn 1 exists");
        assert_eq!(first.instance.state, InstanceState::Active);
        assert_eq!(first.row.turn, 2);
        let last = replay(None).await.expect("the last turn");
        assert_eq!(last.turn().turn, 2);
        assert_eq!(last.instance.state, InstanceState::Completed);
        let change = last.changed.iter().find(|it| it.name == "amount").expect("it was changed");
        assert_eq!((&change.before, &change.after), (&Some(json!(5)), &json!(6)));
        assert_eq!(change.scope_key, key);
        assert!(last.told(&Ids).iter().all(|entry| entry.turn == 2));
        assert!(replay(Some(3)).await.is_none() && replay(Some(0)).await.is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_waits_says_for_what_and_what_would_release_it() {
    for_each_engine(async |engine: Engine| {
        let files = [
            ("review.bpmn", models::review()),
            ("payment.bpmn", models::payment()),
            ("pause.bpmn", models::pause()),
            ("caller.bpmn", models::caller()),
            ("approval.bpmn", models::approval()),
        ];
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, it)| (*name, it.as_str())).collect();
        engine.deploy(&files).await;
        let told = async |process: &str, variables: Json| {
            let key = engine.start(process, variables, "anna").await.key;
            let found = inspect(&engine, key).await;
            let now = engine.execution.foundation().clock.now_ms();
            let waits = waiting(&found, &Ids, now);
            let lines = waits.iter().map(|it| {
                assert_eq!(it.since, Some(found.row.started_at), "of {}", it.element_id);
                format!("{} {}: {}", it.kind, it.element_id, it.waits_for)
            });
            (lines.collect::<Vec<_>>(), waits)
        };
        let (lines, _) = told("review", json!({ "amount": 5 })).await;
        assert_eq!(lines, ["job review_it: a worker of type review"]);
        let (lines, _) = told("payment", json!({ "order": "A" })).await;
        assert_eq!(lines, ["message wait: the message paid with the correlation key A"]);
        let (lines, waits) = told("pause", json!({})).await;
        assert_eq!(lines, ["timer wait: a point in time"]);
        assert!(waits[0].until > waits[0].since, "it ends by itself");
        let (_, waits) = told("caller", json!({ "amount": 5 })).await;
        assert_eq!(waits[0].kind, "called_instance");
        assert_eq!(waits[0].released_by, "the called instance ends; look there what it waits for");
        let (_, waits) = told("approval", json!({})).await;
        assert_eq!(waits[0].kind, "user_task");
        let (lines, _) = told("payment", json!({})).await;
        assert!(lines[0].starts_with("incident wait: a person's repair: "), "{lines:?}");
    })
    .await;
}
