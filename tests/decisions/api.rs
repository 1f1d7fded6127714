//! Decisions over the API and on pages: deployed, listed, evaluated, shown.

use axum::http::StatusCode;
use flowstead::core::access::Role;
use serde_json::{Value as Json, json};

use super::{process, table};
use crate::http::{Server, get, send_json};

async fn deployed() -> (Server, String) {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let files = json!({ "resources": [
        { "name": "size.dmn", "content": table("size", "urn:size", 10) },
        { "name": "p.bpmn", "content": process("decisionId=\"size\"") },
    ]});
    let request = send_json("POST", "/api/v1/deployments", &token, &files.to_string());
    let answer = server.send(request).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let decisions = &answer.json()["data"]["decisions"];
    assert_eq!(
        (&decisions[0]["decision_id"], &decisions[0]["version"]),
        (&json!("size"), &json!(1))
    );
    (server, token)
}

async fn data(server: &Server, token: &str, path: &str) -> Json {
    let answer = server.send(get(path, token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.json()["data"].clone()
}

async fn evaluate(server: &Server, token: &str, id: &str, body: &Json) -> (StatusCode, Json) {
    let path = format!("/api/v1/decisions/{id}/evaluate");
    let answer = server.send(send_json("POST", &path, token, &body.to_string())).await;
    (answer.status, answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_list_evaluate_and_look_up() {
    let (server, token) = deployed().await;
    let listed = data(&server, &token, "/api/v1/decisions?search=level").await;
    assert_eq!(listed[0]["decision_id"], "size");
    let none = data(&server, &token, "/api/v1/decisions?search=nothing").await;
    assert_eq!(none, json!([]));
    let shown = data(&server, &token, "/api/v1/decisions/size?version=1").await;
    assert_eq!((&shown["kind"], &shown["model_name"]), (&json!("decision"), &json!("size rules")));
    let xml = server.send(get("/api/v1/decisions/size/xml", &token)).await;
    assert_eq!(xml.body, table("size", "urn:size", 10));

    let body = json!({ "variables": { "amount": 3 } });
    let (status, answer) = evaluate(&server, &token, "size", &body).await;
    assert_eq!((status, &answer["data"]["output"]), (StatusCode::OK, &json!("low")));
    let key = answer["data"]["key"].as_str().expect("a key").to_owned();
    let kept = data(&server, &token, &format!("/api/v1/decision-evaluations/{key}")).await;
    assert_eq!(kept, answer["data"]);
    let by = kept["evaluated_by"].as_str().expect("somebody");
    assert!(by.starts_with("administrator"), "{by}");

    let (status, answer) = evaluate(&server, &token, "size", &json!({ "version": 7 })).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    let clash = json!({ "variables": { "amount": 9_999 } });
    let (status, answer) = evaluate(&server, &token, "size", &clash).await;
    assert_eq!(status, StatusCode::OK);
    let failure = answer["data"]["failure"].as_str().expect("a failure");
    assert!(failure.contains("found 2"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluations_are_found_by_instance_and_decision_and_audited() {
    let (server, token) = deployed().await;
    let body = r#"{"process_id":"deciding","variables":{"amount":70}}"#;
    let started = server.send(send_json("POST", "/api/v1/process-instances", &token, body)).await;
    let instance = started.json()["data"]["key"].as_str().expect("a key").to_owned();
    evaluate(&server, &token, "size", &json!({ "variables": { "amount": 1 } })).await;
    let of_instance = format!("/api/v1/decision-evaluations?instance={instance}");
    let found = data(&server, &token, &of_instance).await;
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!((&found[0]["output"], &found[0]["element_id"]), (&json!("high"), &json!("decide")));
    let all = "/api/v1/decision-evaluations?decision=size&limit=1";
    let first = server.send(get(all, &token)).await.json();
    assert_eq!(first["data"][0]["output"], "low", "the newest first");
    let cursor = first["page"]["next_cursor"].as_str().expect("there is more");
    let second = data(&server, &token, &format!("{all}&cursor={cursor}")).await;
    assert_eq!(second[0]["instance_key"], instance);
    server.app.search.catch_up().await.expect("it follows");
    let audited = data(&server, &token, "/api/v1/audit?action=decision.evaluated").await;
    assert_eq!(audited.as_array().map(Vec::len), Some(1), "{audited}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_tables_and_which_rules_matched() {
    let (server, token) = deployed().await;
    let body = r#"{"process_id":"deciding","variables":{"amount":70}}"#;
    let started = server.send(send_json("POST", "/api/v1/process-instances", &token, body)).await;
    let instance = started.json()["data"]["key"].as_str().expect("a key").to_owned();
    server.user("olga", &[Role::Operator]).await;
    let mut browser = server.browser("olga").await;
    let list = browser.get("/decisions").await.body;
    assert!(list.contains("Level of size") && list.contains("href=\"/decisions/size\""), "{list}");
    let page = browser.get("/decisions/size").await.body;
    for words in ["UNIQUE", "&#62;= 10", "<svg", "Decided lately", "Evaluate"] {
        assert!(page.contains(words), "lacks {words}: {page}");
    }
    let timeline = browser.get(&format!("/instances/{instance}")).await.body;
    let (_, rest) = timeline.split_once("href=\"/decision-evaluations/").expect("a link");
    let key = rest.split('"').next().expect("a key").to_owned();
    let evaluation = browser.get(&format!("/decision-evaluations/{key}")).await.body;
    for words in ["is-matched", "70 fits", "&#34;high&#34;", "amount"] {
        assert!(evaluation.contains(words), "lacks {words}: {evaluation}");
    }
    let fields = [("variables", "{\"amount\": 4}")];
    let answer = browser.post("/decisions/size/evaluate", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let shown = answer.header("location").to_owned();
    assert!(browser.get(&shown).await.body.contains("4 fits"));
    let answer = browser.post("/decisions/size/evaluate", &[("variables", "4")]).await;
    assert_eq!(answer.header("location"), "/decisions/size");
    assert!(browser.get("/decisions/size").await.body.contains("Expected the inputs as a JSON"));
    let model = browser.get("/decisions/size/model").await;
    assert_eq!(model.body, table("size", "urn:size", 10));
}
