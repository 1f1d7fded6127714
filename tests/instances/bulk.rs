//! Operations on many instances: tried dry, begun, paused, ended, taken up after a restart.

use std::time::Duration;

use flowstead::platform::store::{Sql, Value};
use flowstead::services::bulk::{
    Bulk, BulkError, ITEMS_MAX, Item, ItemState, Operation, OperationState, Selection,
};
use flowstead::services::instances::{Action, InstanceFilter, Instances, Overrides, VersionWanted};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::looking;
use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

/// The service with its runner, which ends with the test.
fn bulk(engine: &Engine) -> (Bulk, CancellationToken) {
    let bulk = Bulk::new(engine.execution.clone(), Instances::new(engine.execution.clone()));
    let stop = CancellationToken::new();
    bulk.spawn(stop.clone());
    (bulk, stop)
}

async fn until(bulk: &Bulk, key: i64, state: OperationState) -> Operation {
    for _ in 0..500 {
        let found = bulk.find(key).await.expect("a read").expect("the operation exists");
        if found.state == state {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("operation {key} should be {state} within ten seconds");
}

async fn items(bulk: &Bulk, key: i64) -> Vec<Item> {
    bulk.items(key, false, None, 100).await.expect("a read")
}

async fn reviews(engine: &Engine, count: i64) -> Vec<i64> {
    engine.deploy(&[("review.bpmn", &models::review())]).await;
    let mut keys = Vec::new();
    for amount in 0..count {
        keys.push(engine.start("review", json!({ "amount": amount }), "anna").await.key);
    }
    keys
}

async fn create(bulk: &Bulk, keys: &[i64], action: Action, starts_itself: bool) -> i64 {
    let selection = Selection::Keys(keys.to_vec());
    let made = bulk.create(selection, action, starts_itself, origin("olga")).await;
    made.expect("something was chosen")
}

async fn state_of(engine: &Engine, key: i64) -> String {
    let read = move |sql: &mut dyn Sql| {
        sql.query("SELECT state FROM work__instances WHERE key = ?1", &[key.into()])
    };
    let rows = engine.database().read(read).await.expect("a read");
    rows[0].text(0).expect("a text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_tried_first_and_each_item_says_what_became_of_it() {
    for_each_engine(async |engine: Engine| {
        let keys = reviews(&engine, 3).await;
        let (bulk, stop) = bulk(&engine);
        let instances = Instances::new(engine.execution.clone());
        instances.cancel(keys[1], origin("olga")).await.expect("it is active");
        let next = models::review().replace("review_it", "check_it");
        engine.deploy(&[("review.bpmn", &next)]).await;
        let target = instances.find_version(keys[0], VersionWanted::Latest).await;
        let definition_key = target.expect("version 2");
        let mapping = Overrides::new();
        let action = Action::Migrate { definition_key, mapping, is_exact: false };
        let key = create(&bulk, &keys, action, false).await;
        let found = until(&bulk, key, OperationState::Ready).await;
        assert_eq!((found.progress.total, found.progress.unfit), (3, 1));
        let tried = items(&bulk, key).await;
        let fits: Vec<Option<bool>> = tried.iter().map(|it| it.fits).collect();
        assert_eq!(fits, [Some(true), Some(false), Some(true)]);
        let reason = tried[1].reason.as_deref().expect("a reason");
        assert!(reason.contains("is terminated"), "{reason}");
        assert!(tried.iter().all(|it| it.version == Some(1)), "a try changes nothing");
        bulk.start(key, origin("olga")).await.expect("it is ready");
        let found = until(&bulk, key, OperationState::Done).await;
        assert_eq!((found.progress.done, found.progress.refused), (2, 1));
        let done = items(&bulk, key).await;
        let versions: Vec<Option<i64>> = done.iter().map(|it| it.version).collect();
        assert_eq!(versions, [Some(2), Some(1), Some(2)]);
        assert_eq!(done[1].state, ItemState::Refused);
        let over = bulk.pause(key, origin("olga")).await;
        assert!(matches!(over, Err(BulkError::NotNow(OperationState::Done))));
        stop.cancel();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_a_restart_interrupted_goes_on_and_does_nothing_twice() {
    for_each_engine(async |mut engine: Engine| {
        let keys = reviews(&engine, 4).await;
        let (first, stop) = bulk(&engine);
        let variables = json!({ "amount": 9 }).as_object().cloned().expect("an object");
        let action = Action::Restart { takes_latest: false, variables };
        let key = create(&first, &keys, action, true).await;
        until(&first, key, OperationState::Done).await;
        stop.cancel();
        // As a crash leaves it: what was done is in the engine's tables, not in the item's.
        let forget = move |sql: &mut dyn Sql| {
            sql.execute(
                "UPDATE work__operations SET state = 'running' WHERE key = ?1",
                &[key.into()],
            )?;
            let text = "UPDATE work__operation_items SET state = 'pending', result_key = NULL
                 WHERE operation_key = ?1";
            sql.execute(text, &[Value::from(key)])
        };
        engine.database().write(forget).await.expect("a write");
        engine.restart().await;
        let (second, stop) = bulk(&engine);
        let found = until(&second, key, OperationState::Done).await;
        assert_eq!(found.progress.done, 4);
        let made = items(&second, key).await;
        assert!(made.iter().all(|it| it.result_key.is_some()), "the first answers come again");
        let count = |sql: &mut dyn Sql| sql.query("SELECT COUNT(*) FROM work__instances", &[]);
        let rows = engine.database().read(count).await.expect("a count");
        assert_eq!(rows[0].integer(0).expect("a number"), 8, "one restart for each");
        stop.cancel();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_operation_rests_and_a_canceled_one_never_goes_on() {
    for_each_engine(async |engine: Engine| {
        let keys = reviews(&engine, 3).await;
        let (bulk, stop) = bulk(&engine);
        let key = create(&bulk, &keys, Action::Suspend, false).await;
        until(&bulk, key, OperationState::Ready).await;
        // Rests before its first item: nobody carries it out while it is paused.
        let pause = move |sql: &mut dyn Sql| {
            sql.execute(
                "UPDATE work__operations SET state = 'paused' WHERE key = ?1",
                &[key.into()],
            )
        };
        engine.database().write(pause).await.expect("a write");
        assert_eq!(state_of(&engine, keys[0]).await, "active");
        bulk.start(key, origin("olga")).await.expect("it is paused");
        until(&bulk, key, OperationState::Done).await;
        assert_eq!(state_of(&engine, keys[2]).await, "suspended");
        let key = create(&bulk, &keys, Action::Cancel, false).await;
        until(&bulk, key, OperationState::Ready).await;
        bulk.cancel(key, origin("olga")).await.expect("it is ready");
        let refused = bulk.start(key, origin("olga")).await;
        assert!(matches!(refused, Err(BulkError::NotNow(OperationState::Canceled))));
        assert_eq!(state_of(&engine, keys[0]).await, "suspended", "nothing was canceled");
        stop.cancel();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_chooses_what_matches_when_the_operation_is_made() {
    for_each_engine(async |engine: Engine| {
        reviews(&engine, 3).await;
        let (bulk, stop) = bulk(&engine);
        let filter =
            InstanceFilter { process_id: Some("review".to_owned()), ..InstanceFilter::default() };
        let selection = Selection::Matching(Box::new(filter));
        let made = bulk.create(selection, Action::Suspend, true, origin("olga")).await;
        let found = until(&bulk, made.expect("some match"), OperationState::Done).await;
        assert_eq!((found.progress.total, found.progress.done), (3, 3));
        let none = InstanceFilter { process_id: Some("other".to_owned()), ..Default::default() };
        let selection = Selection::Matching(Box::new(none));
        let nothing = bulk.create(selection, Action::Suspend, true, origin("olga")).await;
        assert!(matches!(nothing, Err(BulkError::Nothing)));
        let many = Selection::Keys((1..).take(ITEMS_MAX + 1).collect());
        let refused = bulk.create(many, Action::Suspend, true, origin("olga")).await;
        assert!(matches!(refused, Err(BulkError::TooMany)));
        stop.cancel();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_without_an_incident_have_nothing_to_retry() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        let stuck = engine.start("payment", json!({}), "anna").await.key;
        let waiting = engine.start("payment", json!({ "order": "A" }), "anna").await.key;
        let (bulk, stop) = bulk(&engine);
        let variables = json!({ "order": "B" }).as_object().cloned().expect("an object");
        let action = Action::Retry { retries: None, variables };
        let key = create(&bulk, &[stuck, waiting], action, true).await;
        let found = until(&bulk, key, OperationState::Done).await;
        assert_eq!((found.progress.done, found.progress.refused), (1, 1));
        let refused = bulk.items(key, true, None, 10).await.expect("a read");
        assert_eq!(refused[0].instance_key, waiting);
        let read = move |sql: &mut dyn Sql| {
            let text = "SELECT incidents FROM work__instances WHERE key = ?1";
            sql.query(text, &[stuck.into()])
        };
        let rows = engine.database().read(read).await.expect("a read");
        assert_eq!(rows[0].integer(0).expect("a number"), 0, "it goes on");
        stop.cancel();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_variables_are_set_in_all_that_are_open() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        let keys = [
            engine.start("payment", json!({ "order": "A" }), "anna").await.key,
            engine.start("payment", json!({ "order": "B" }), "anna").await.key,
        ];
        let (bulk, stop) = bulk(&engine);
        create(&bulk, &keys[..1], Action::Cancel, true).await;
        let variables = json!({ "rate": 7 }).as_object().cloned().expect("an object");
        looking::ended(&engine, keys[0]).await;
        let key = create(&bulk, &keys, Action::SetVariables { variables }, true).await;
        let found = until(&bulk, key, OperationState::Done).await;
        assert_eq!((found.progress.done, found.progress.refused), (1, 1));
        let refused = bulk.items(key, true, None, 10).await.expect("a read");
        assert_eq!(refused[0].instance_key, keys[0], "it has ended");
        let open = looking::inspect(&engine, keys[1]).await.instance;
        assert_eq!(open.variables().and_then(|it| it.get("rate")), Some(&json!(7)));
        stop.cancel();
    })
    .await;
}
