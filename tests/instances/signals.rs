//! Signals among instances: everybody who waits is reached, once, however many they are.

use std::time::Duration;

use flowstead::core::engine::VariableMap;
use flowstead::services::execution::{BroadcastSignal, Receipt, Work};
use serde_json::{Value as Json, json};

use crate::support::engine::{Engine, for_each_engine};
use crate::support::models;

/// More than one transaction reaches.
const MANY: usize = 1_200;

fn signal(name: &str, variables: Json) -> Work {
    let Json::Object(variables) = variables else { panic!("variables are an object") };
    Work::Broadcast(BroadcastSignal { name: name.to_owned(), variables })
}

async fn broadcast(engine: &Engine, name: &str, variables: Json) -> Vec<i64> {
    match engine.submit(signal(name, variables), "anna").await.expect("a signal is taken") {
        Receipt::Signal { instance_keys, .. } => instance_keys,
        other => panic!("a signal answers with those it reached, not {other:?}"),
    }
}

/// One number of the database.
async fn count(engine: &Engine, statement: &'static str) -> i64 {
    let read = move |sql: &mut dyn flowstead::platform::store::Sql| {
        sql.query(statement, &[])?[0].integer(0)
    };
    engine.database().read(read).await.expect("a number")
}

async fn count_becomes(engine: &Engine, statement: &'static str, wanted: i64) {
    for _ in 0..500 {
        if count(engine, statement).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("expected {wanted} of {statement}, found {}", count(engine, statement).await);
}

const WAITING: &str = "SELECT COUNT(*) FROM work__signal_subscriptions";
const ACTIVE: &str = "SELECT COUNT(*) FROM work__instances WHERE state = 'active'";
const COMPLETED: &str = "SELECT COUNT(*) FROM work__instances WHERE state = 'completed'";
const LEFT: &str = "SELECT COUNT(*) FROM work__signals";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_waits_is_reached_and_the_latest_version_is_started() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("alarm.bpmn", &models::alarm("old"))]).await;
        engine.deploy(&[("alarm.bpmn", &models::alarm("fire"))]).await;
        let first = engine.start("alarm", json!({}), "anna").await;
        let second = engine.start("alarm", json!({}), "anna").await;
        let reached = broadcast(&engine, "old", json!({})).await;
        assert!(reached.is_empty(), "nobody waits for the old name");
        let reached = broadcast(&engine, "fire", json!({ "where": "roof" })).await;
        assert_eq!(reached[..2], [first.key, second.key]);
        assert_eq!(reached.len(), 3, "one instance was started");
        assert_eq!(count(&engine, COMPLETED).await, 2);
        assert_eq!(count(&engine, WAITING).await, 1, "the new one waits for the next signal");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thrown_signal_reaches_others_in_the_same_transaction_but_not_who_waits_afterwards() {
    for_each_engine(async |engine: Engine| {
        let files = [("alarm.bpmn", models::alarm("other")), ("shout.bpmn", models::shout())];
        let files: Vec<(&str, &str)> = files.iter().map(|(n, text)| (*n, text.as_str())).collect();
        engine.deploy(&files).await;
        let waiting = engine.start("alarm", json!({}), "anna").await;
        let thrower = engine.start("shout", json!({}), "anna").await;
        assert_eq!(count(&engine, COMPLETED).await, 0, "nobody threw `other`");
        broadcast(&engine, "begin", json!({})).await;
        assert_eq!(count(&engine, COMPLETED).await, 1, "{waiting:?} was reached by {thrower:?}");
        assert_eq!(count(&engine, WAITING).await, 2, "its own later wait and a started one");
        broadcast(&engine, "other", json!({})).await;
        assert_eq!(count(&engine, COMPLETED).await, 3, "both were reached by the next one");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_are_reached_by_several_transactions() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("many.bpmn", &models::many_alarms())]).await;
        let items: Vec<usize> = (0..MANY).collect();
        engine.start("many", json!({ "items": items }), "anna").await;
        assert_eq!(count(&engine, WAITING).await, i64::try_from(MANY).expect("a small number"));
        let reached = broadcast(&engine, "fire", json!({})).await;
        assert!(reached.len() < MANY, "one transaction does not do it all");
        count_becomes(&engine, COMPLETED, 1).await;
        assert_eq!(count(&engine, WAITING).await + count(&engine, LEFT).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_on_its_way_goes_on_after_a_restart() {
    for_each_engine(async |mut engine: Engine| {
        engine.deploy(&[("alarm.bpmn", &models::alarm("fire"))]).await;
        let instance = engine.start("alarm", json!({}), "anna").await;
        let left = move |sql: &mut dyn flowstead::platform::store::Sql| {
            sql.execute(
                "INSERT INTO work__signals (key, name, variables, subscription_key, process_id,
                     due_at) VALUES (?1, 'fire', '{}', 0, 'zzz', 1)",
                &[i64::MAX.into()],
            )
        };
        engine.database().write(left).await.expect("a row");
        engine.restart().await;
        count_becomes(&engine, COMPLETED, 1).await;
        assert_eq!(count(&engine, LEFT).await, 0, "it reached {} and is done", instance.key);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_leads_to_itself_holds_up_nobody() {
    for_each_engine(async |engine: Engine| {
        let (circle, review) = (models::circle(), models::review());
        engine.deploy(&[("circle.bpmn", &circle), ("review.bpmn", &review)]).await;
        let started = broadcast(&engine, "again", json!({})).await;
        assert_eq!(started.len(), 1);
        let other = engine.start("review", json!({ "amount": 1 }), "anna").await;
        assert_eq!(count(&engine, ACTIVE).await, 1, "{other:?} is there although the circle turns");
        let before = count(&engine, COMPLETED).await;
        count_grows(&engine, before).await;
    })
    .await;
}

async fn count_grows(engine: &Engine, before: i64) {
    for _ in 0..500 {
        if count(engine, COMPLETED).await > before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the signal should have gone on after its first transaction");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_and_nothing_happens() {
    for_each_engine(async |engine: Engine| {
        let work = Work::Broadcast(BroadcastSignal {
            name: "unheard".to_owned(),
            variables: VariableMap::new(),
        });
        let receipt = engine.submit(work, "anna").await.expect("a signal is taken");
        let is_empty =
            matches!(receipt, Receipt::Signal { instance_keys, .. } if instance_keys.is_empty());
        assert!(is_empty);
        assert_eq!(count(&engine, LEFT).await, 0);
    })
    .await;
}
