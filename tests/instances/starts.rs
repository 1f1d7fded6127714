//! What starts instances by itself: conditions, several triggers, and events behind a gateway.

use flowstead::core::access::Role;
use flowstead::core::engine::VariableMap;
use flowstead::platform::store::Sql;
use flowstead::services::execution::{
    BroadcastSignal, Definitions, EvaluateConditions, PublishMessage, Receipt, Refusal, Work,
    find_instance,
};
use serde_json::{Value as Json, json};

use super::api::{call, deploy_files, deployed};
use crate::support::engine::{Engine, for_each_engine};
use crate::support::models;

fn map(variables: Json) -> VariableMap {
    let Json::Object(variables) = variables else { panic!("variables are an object") };
    variables
}

fn evaluate(process_id: Option<&str>, variables: Json) -> Work {
    let process_id = process_id.map(str::to_owned);
    Work::EvaluateConditions(EvaluateConditions { process_id, variables: map(variables) })
}

fn message(name: &str, correlation_key: &str, variables: Json) -> Work {
    Work::Publish(PublishMessage {
        name: name.to_owned(),
        correlation_key: correlation_key.to_owned(),
        message_id: None,
        time_to_live_ms: 0,
        variables: map(variables),
    })
}

fn signal(name: &str, variables: Json) -> Work {
    Work::Broadcast(BroadcastSignal { name: name.to_owned(), variables: map(variables) })
}

/// The instances that a request reached or started.
async fn reached(engine: &Engine, work: Work) -> Vec<i64> {
    match engine.submit(work, "anna").await.expect("it is taken") {
        Receipt::Message { instance_keys, .. } | Receipt::Signal { instance_keys, .. } => {
            instance_keys
        }
        Receipt::Instances(started) => started.into_iter().map(|it| it.key).collect(),
        other => panic!("expected instances, not {other:?}"),
    }
}

async fn variables(engine: &Engine, key: i64) -> Json {
    let read = move |sql: &mut dyn Sql| find_instance(sql, &Definitions::default(), key);
    let found = engine.database().read(read).await.expect("a read");
    let (instance, _) = found.expect("the instance exists");
    Json::Object(instance.variables().cloned().unwrap_or_default())
}

async fn deploy(engine: &Engine) {
    engine.deploy(&[("started-by.bpmn", &models::started_by())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_condition_that_is_met_starts_an_instance() {
    for_each_engine(async |engine: Engine| {
        deploy(&engine).await;
        let none = reached(&engine, evaluate(None, json!({ "amount": 5 }))).await;
        assert!(none.is_empty(), "no condition is met");
        let none = reached(&engine, evaluate(None, json!({ "amount": "much" }))).await;
        assert!(none.is_empty(), "what gives no truth value is not met");
        let one = reached(&engine, evaluate(None, json!({ "amount": 500, "id": "C" }))).await;
        let [key] = one[..] else { panic!("one condition is met, not {one:?}") };
        assert_eq!(variables(&engine, key).await, json!({ "amount": 500, "id": "C" }));
        let both =
            reached(&engine, evaluate(Some("by_conditions"), json!({ "amount": 5000, "id": "D" })))
                .await;
        assert_eq!(both.len(), 2, "both conditions are met");
        let other =
            reached(&engine, evaluate(Some("by_any"), json!({ "amount": 5000, "id": "D" }))).await;
        assert!(other.is_empty(), "that process waits for no condition");
        let unknown = engine.submit(evaluate(Some("nobody"), json!({})), "anna").await;
        assert_eq!(unknown.err(), Some(Refusal::NoProcess("\"nobody\"".to_owned())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_of_several_triggers_starts_an_instance() {
    for_each_engine(async |engine: Engine| {
        deploy(&engine).await;
        let by_message = reached(&engine, message("order", "", json!({ "item": "book" }))).await;
        let by_signal = reached(&engine, signal("alarm", json!({ "item": "bell" }))).await;
        assert_eq!((by_message.len(), by_signal.len()), (1, 1));
        assert_eq!(variables(&engine, by_signal[0]).await, json!({ "item": "bell" }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_several_triggers_start_one_instance_by_their_correlation_key() {
    for_each_engine(async |mut engine: Engine| {
        deploy(&engine).await;
        let first = reached(&engine, message("parcel", "A", json!({ "parcel": 1 }))).await;
        let again = reached(&engine, message("parcel", "A", json!({ "parcel": 9 }))).await;
        let opened = reached(&engine, signal("open", json!({ "open": true }))).await;
        let other = reached(&engine, message("letter", "B", json!({ "letter": "b" }))).await;
        assert!([first, again, opened, other].concat().is_empty(), "not all have come");
        engine.restart().await;
        let started = reached(&engine, message("letter", "A", json!({ "letter": "a" }))).await;
        let [key] = started[..] else { panic!("all have come: {started:?}") };
        let all = json!({ "parcel": 1, "open": true, "letter": "a" });
        assert_eq!(variables(&engine, key).await, all, "what came first counts");
        let rest = reached(&engine, message("parcel", "B", json!({ "parcel": 2 }))).await;
        assert!(rest.is_empty(), "the signal has been used");
        assert_eq!(reached(&engine, signal("open", json!({}))).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_forgets_what_came_of_a_start() {
    for_each_engine(async |engine: Engine| {
        deploy(&engine).await;
        reached(&engine, message("parcel", "A", json!({}))).await;
        reached(&engine, signal("open", json!({}))).await;
        let changed = models::started_by().replace("By all", "By all of them");
        engine.deploy(&[("started-by.bpmn", &changed)]).await;
        let none = reached(&engine, message("letter", "A", json!({}))).await;
        assert!(none.is_empty(), "the new version waits for all of them");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn later_messages_of_a_parallel_gateway_find_the_instance_that_the_first_started() {
    for_each_engine(async |engine: Engine| {
        deploy(&engine).await;
        let one = reached(&engine, message("payment", "A", json!({ "id": "A" }))).await;
        let two = reached(&engine, message("receipt", "B", json!({ "id": "B" }))).await;
        assert_eq!((one.len(), two.len()), (1, 1));
        assert_ne!(one, two, "another key is another instance");
        let second = reached(&engine, message("receipt", "A", json!({ "sent": true }))).await;
        assert_eq!(second, one, "the key leads to the first");
        assert_eq!(variables(&engine, one[0]).await, json!({ "id": "A", "sent": true }));
        let third = reached(&engine, message("payment", "B", json!({}))).await;
        assert_eq!(third, two);
        let anew = reached(&engine, message("payment", "A", json!({ "id": "A" }))).await;
        assert_eq!(anew.len(), 1, "the first has ended, so the key is free");
        assert_ne!(anew, one);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_evaluated_by_programs_that_may_start_instances() {
    let server = deployed().await;
    deploy_files(&server, vec![("started-by.bpmn", models::started_by())]).await;
    let token = server.token(Role::Operator).await;
    let path = "/api/v1/conditions/evaluate";
    let body = json!({ "process_id": "by_conditions", "variables": { "amount": 500, "id": "E" } });
    let (status, done) = call(&server, "POST", path, &token, &body).await;
    assert_eq!(status, 200, "{done}");
    let instances = done["data"]["instances"].as_array().expect("a list");
    assert_eq!(instances.len(), 1);
    assert_eq!(
        (&instances[0]["process_id"], &instances[0]["version"]),
        (&json!("by_conditions"), &json!(1))
    );
    let (status, refused) =
        call(&server, "POST", path, &token, &json!({ "process_id": "nobody" })).await;
    assert_eq!(status, 404, "{refused}");
    let (status, _) = call(&server, "POST", path, &token, &json!({ "process_id": "" })).await;
    assert_eq!(status, 422);
}
