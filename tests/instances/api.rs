//! The API of instances, jobs, incidents, messages, schedules and search: status by status.

use flowstead::core::access::{Principal, Role};
use flowstead::services::processes::{Resource, deploy};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use crate::http::{Server, get, send_json};
use crate::support::engine::origin;
use crate::support::models;

pub(super) async fn call(
    server: &Server,
    method: &str,
    path: &str,
    token: &str,
    body: &Json,
) -> (u16, Json) {
    let request = match body {
        Json::Null if method == "GET" => get(path, token),
        Json::Null => send_json(method, path, token, ""),
        body => send_json(method, path, token, &body.to_string()),
    };
    let answer = server.send(request).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap_or(Json::Null))
}

pub(super) async fn deployed() -> Server {
    let server = Server::start().await;
    deploy_files(
        &server,
        vec![
            ("review.bpmn", models::review()),
            ("review.schema.json", models::REVIEW_SCHEMA.to_owned()),
            ("payment.bpmn", models::payment()),
        ],
    )
    .await;
    server
}

pub(super) async fn deploy_files(server: &Server, files: Vec<(&str, String)>) {
    let resource = |(name, content): (&str, String)| Resource { name: name.to_owned(), content };
    let files = files.into_iter().map(resource).collect();
    let zone = TimeZone::UTC;
    let deployed = deploy(&server.app.execution, &zone, files, origin("modeler")).await;
    deployed.expect("the files have no problems");
}

async fn start(server: &Server, token: &str, amount: i64) -> String {
    let body = json!({ "process_id": "review", "variables": { "amount": amount } });
    let (status, answer) = call(server, "POST", "/api/v1/process-instances", token, &body).await;
    assert_eq!(status, 201, "{answer}");
    answer["data"]["key"].as_str().expect("a key").to_owned()
}

/// Method, path, body, status and code; `INSTANCE` is the key of one that exists.
const REFUSED: &str = r#"
POST | process-instances | {} | 422 invalid_value
POST | process-instances | {"process_id":"nothing"} | 404 not_found
POST | process-instances | {"process_id":"review","variables":{"amount":-1}} | 422 invalid_variables
POST | process-instances | {"process":"review"} | 422 invalid_body
GET | process-instances?state=lost | | 400 invalid_query
GET | process-instances?variable=amount&value=1 | | 400 invalid_query
GET | process-instances/1 | | 404 not_found
GET | process-instances/x | | 400 invalid_path
GET | process-instances/1/journal | | 404 not_found
POST | process-instances/1/cancel | | 404 not_found
POST | process-instances/INSTANCE/variables | {"variables":{},"scope_key":"1"} | 404 not_found
POST | process-instances/INSTANCE/activate | {"element_instance_key":"1","element_ids":[]} | 422 invalid_value
POST | process-instances/INSTANCE/activate | {"element_instance_key":"1","element_ids":["x"]} | 404 not_found
POST | process-instances/INSTANCE/modify | {"instructions":[]} | 409 cannot_modify
POST | process-instances/INSTANCE/modify | {"instructions":[{"kind":"move","element_id":"x"}]} | 422 invalid_value
POST | process-instances/INSTANCE/modify | {"instructions":[{"kind":"jump"}]} | 422 invalid_body
POST | process-instances/INSTANCE/migrate | {"version":1} | 409 cannot_migrate
POST | process-instances/INSTANCE/migrate | {"version":9} | 404 not_found
POST | process-instances/INSTANCE/resume | | 409 not_possible_now
POST | process-instances/INSTANCE/retry | | 404 not_found
POST | process-instances/INSTANCE/restart | {"variables":{"amount":-1}} | 422 invalid_variables
POST | process-instances/1/suspend | | 404 not_found
GET | process-instances/1/migration | | 404 not_found
POST | bulk-operations | {"action":{"kind":"suspend"}} | 422 invalid_value
POST | bulk-operations | {"action":{"kind":"suspend"},"keys":[]} | 422 invalid_selection
POST | bulk-operations | {"action":{"kind":"explode"},"keys":["1"]} | 422 invalid_body
POST | bulk-operations/1/start | | 404 not_found
GET | bulk-operations/1/items | | 404 not_found
POST | signals | {"name":""} | 422 invalid_value
POST | signals | {"signal":"fire"} | 422 invalid_body
POST | jobs/activate | {"types":[],"worker":"w"} | 422 invalid_value
POST | jobs/activate | {"types":["review"],"worker":"w","max_jobs":0} | 422 invalid_value
POST | jobs/1/complete | {} | 422 invalid_body
POST | jobs/1/complete | {"lease_token":"1"} | 404 not_found
POST | dead-letters/1/requeue | | 404 not_found
POST | incidents/1/resolve | | 404 not_found
POST | incidents/resolve | {"keys":[]} | 422 invalid_value
GET | incidents?kind=bad | | 400 invalid_query
POST | messages | {"name":""} | 422 invalid_value
POST | messages | {"name":"paid","time_to_live_ms":-1} | 422 invalid_value
POST | schedules/1/pause | | 404 not_found
GET | search | | 400 invalid_query
GET | search?q=x&kind=y | | 400 invalid_query
GET | audit?from=yesterday | | 422 invalid_value
"#;

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_the_status_and_code_that_say_what_to_do() {
    let server = deployed().await;
    let token = server.token(Role::Administrator).await;
    let instance = start(&server, &token, 1).await;
    for case in REFUSED.trim().lines() {
        let parts: Vec<&str> = case.split('|').map(str::trim).collect();
        let [method, path, body, expected] = parts[..] else { panic!("{case}") };
        let path = format!("/api/v1/{}", path.replace("INSTANCE", &instance));
        let body = serde_json::from_str(body).unwrap_or(Json::Null);
        let (status, answer) = call(&server, method, &path, &token, &body).await;
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        assert_eq!(format!("{status} {code}"), expected, "{case}: {answer}");
    }
    let (_, list) = call(&server, "GET", "/api/v1/process-instances", &token, &Json::Null).await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "nothing was changed: {list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_an_operator_bring_an_instance_to_its_end() {
    let server = deployed().await;
    let token = server.token(Role::Administrator).await;
    let instance = start(&server, &token, 500).await;
    let activate = json!({ "types": ["review"], "worker": "w", "wait_ms": 100 });
    let (status, jobs) = call(&server, "POST", "/api/v1/jobs/activate", &token, &activate).await;
    assert_eq!(status, 200);
    let job = &jobs["data"][0];
    assert_eq!((&job["type"], &job["variables"]), (&json!("review"), &json!({ "amount": 500 })));
    let path = format!("/api/v1/jobs/{}/fail", job["key"].as_str().expect("a key"));
    let failure = json!({ "lease_token": job["lease_token"], "message": "no paper", "retries": 0 });
    assert_eq!(call(&server, "POST", &path, &token, &failure).await.0, 204);

    let (_, incidents) = call(&server, "GET", "/api/v1/incidents", &token, &Json::Null).await;
    let incident = &incidents["data"][0];
    assert_eq!(incident["message"], "no paper");
    assert_eq!(incident["instance_key"], json!(instance));
    let path = format!("/api/v1/incidents/{}/resolve", incident["key"].as_str().expect("a key"));
    assert_eq!(call(&server, "POST", &path, &token, &json!({ "retries": 1 })).await.0, 204);

    let (_, jobs) = call(&server, "POST", "/api/v1/jobs/activate", &token, &activate).await;
    let job = &jobs["data"][0];
    let path = format!("/api/v1/jobs/{}/complete", job["key"].as_str().expect("a key"));
    let done = json!({ "lease_token": job["lease_token"] });
    assert_eq!(call(&server, "POST", &path, &token, &done).await.0, 204);

    let path = format!("/api/v1/process-instances/{instance}");
    let (_, shown) = call(&server, "GET", &path, &token, &Json::Null).await;
    assert_eq!(shown["data"]["state"], "completed");
    let (_, journal) = call(&server, "GET", &format!("{path}/journal"), &token, &Json::Null).await;
    let causes: Vec<&str> = journal["data"]
        .as_array()
        .expect("turns")
        .iter()
        .filter_map(|it| it["cause"].as_str())
        .collect();
    assert_eq!(causes, ["instance.started", "job.failed", "incident.resolved", "job.completed"]);
    server.app.search.catch_up().await.expect("it follows");
    let (_, found) = call(&server, "GET", "/api/v1/audit?q=paper", &token, &Json::Null).await;
    assert!(found["data"].as_array().is_some_and(|it| !it.is_empty()), "{found}");
    let (status, found) = call(&server, "GET", "/api/v1/search?q=500", &token, &Json::Null).await;
    assert_eq!((status, &found["data"][0]["key"]), (200, &json!(instance)), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_finds_nothing_of_others() {
    let server = deployed().await;
    let administrator = server.token(Role::Administrator).await;
    let instance = start(&server, &administrator, 500).await;
    server.app.search.catch_up().await.expect("it follows");
    let user = server.token(Role::User).await;
    let path = format!("/api/v1/process-instances/{instance}");
    for path in [path.clone(), format!("{path}/variables"), format!("{path}/diagram.svg")] {
        let (status, _) = call(&server, "GET", &path, &user, &Json::Null).await;
        assert_eq!(status, 404, "{path}");
    }
    for path in ["/api/v1/process-instances", "/api/v1/search?q=500"] {
        let (status, found) = call(&server, "GET", path, &user, &Json::Null).await;
        assert_eq!((status, &found["data"]), (200, &json!([])), "{path}");
    }
    let (status, _) = call(&server, "GET", "/api/v1/audit", &user, &Json::Null).await;
    assert_eq!(status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_starts_and_reaches_instances() {
    let server = deployed().await;
    deploy_files(&server, vec![("alarm.bpmn", models::alarm("fire"))]).await;
    let token = server.token(Role::Operator).await;
    let signal = json!({ "name": "fire", "variables": { "where": "roof" } });
    let (status, first) = call(&server, "POST", "/api/v1/signals", &token, &signal).await;
    assert_eq!(status, 200, "{first}");
    let (_, second) = call(&server, "POST", "/api/v1/signals", &token, &signal).await;
    let (first, second) = (&first["data"], &second["data"]);
    assert_eq!(first["instance_keys"].as_array().map(Vec::len), Some(1), "one was started");
    assert_eq!(second["instance_keys"].as_array().map(Vec::len), Some(2), "and one was waiting");
    assert_eq!(second["instance_keys"][0], first["instance_keys"][0]);
    assert_ne!(second["key"], first["key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn elements_of_an_ad_hoc_sub_process_begin_when_they_are_asked_for() {
    let server = deployed().await;
    deploy_files(&server, vec![("tools.bpmn", models::tools())]).await;
    let token = server.token(Role::Operator).await;
    let body = json!({ "process_id": "tools", "variables": { "isDone": false } });
    let (_, started) = call(&server, "POST", "/api/v1/process-instances", &token, &body).await;
    let key: i64 = started["data"]["key"].as_str().and_then(|it| it.parse().ok()).expect("a key");
    let found = server.app.instances.inspect(&Principal::system(), key).await.expect("a read");
    let elements = found.expect("the instance exists").instance.elements;
    let (sub_process, _) =
        elements.iter().find(|(_, it)| &*it.element_id == "choose").expect("it is at work");
    let path = format!("/api/v1/process-instances/{key}/activate");
    let begin = |ids: &[&str]| json!({ "element_instance_key": sub_process.to_string(), "element_ids": ids });
    let (status, _) = call(&server, "POST", &path, &token, &begin(&["search", "search"])).await;
    assert_eq!(status, 204);
    let (status, refused) = call(&server, "POST", &path, &token, &begin(&["unknown"])).await;
    assert_eq!((status, &refused["error"]["code"]), (422, &json!("invalid_value")));
    let activate = json!({ "types": ["search"], "worker": "w", "max_jobs": 5 });
    let (_, jobs) = call(&server, "POST", "/api/v1/jobs/activate", &token, &activate).await;
    assert_eq!(jobs["data"].as_array().map(Vec::len), Some(2), "{jobs}");
    let path = format!("/api/v1/jobs/{}/complete", jobs["data"][0]["key"].as_str().expect("a key"));
    let done = json!({
        "lease_token": jobs["data"][0]["lease_token"], "variables": { "isDone": true }
    });
    assert_eq!(call(&server, "POST", &path, &token, &done).await.0, 204);
    let path = format!("/api/v1/process-instances/{key}");
    let (_, instance) = call(&server, "GET", &path, &token, &Json::Null).await;
    assert_eq!(instance["data"]["state"], "completed", "{instance}");
}
