//! `Idempotency-Key` through the real routes.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;
use flowstead::http::route::Route;
use flowstead::services::identity::IdempotencyKey;
use tokio::sync::Notify;

use super::{Answer, Server, get, send_json};

fn keyed(token: &str, key: &str, body: &str) -> Request<Body> {
    let mut request = send_json("POST", "/api/v1/groups", token, body);
    request.headers_mut().insert("idempotency-key", key.parse().expect("a header"));
    request
}

fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_first_answer_is_given_again_and_nothing_done_twice() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let body = r#"{"group_id":"sales","name":"Sales"}"#;
    let first = server.send(keyed(&token, "k-1", body)).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (StatusCode::CREATED, ""));
    let again = server.send(keyed(&token, "k-1", body)).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (first.status, "true"));
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("content-type"), "application/json");
    let other = r#"{"group_id":"it","name":"IT"}"#;
    let mismatch = server.send(keyed(&token, "k-1", other)).await;
    assert_eq!(mismatch.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(code(&mismatch), "idempotency_mismatch");
    let stranger = server.token(Role::Administrator).await;
    let theirs = server.send(keyed(&stranger, "k-1", body)).await;
    assert_eq!(code(&theirs), "taken", "another user's key is another key");
}

#[tokio::test]
async fn a_refused_request_may_be_mended_under_the_same_key() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let refused = server.send(keyed(&token, "k-1", r#"{"group_id":"","name":"Sales"}"#)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mended = server.send(keyed(&token, "k-1", r#"{"group_id":"s","name":"Sales"}"#)).await;
    assert_eq!(mended.status, StatusCode::CREATED);
}

#[tokio::test]
async fn keys_have_a_length_and_uploads_have_none() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let body = r#"{"group_id":"s","name":"S"}"#;
    for key in ["", &"k".repeat(256)] {
        let answer = server.send(keyed(&token, key, body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(code(&answer), "invalid_idempotency_key");
    }
    let upload = async || StatusCode::NO_CONTENT;
    let server = server.with_routes(vec![Route::post("/api/v1/groups", upload).large_body()]);
    assert_eq!(code(&server.send(keyed(&token, "k", body)).await), "idempotency_unsupported");
}

#[tokio::test]
async fn while_a_request_runs_the_same_key_waits_outside() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enters, leaves) = (Arc::clone(&entered), Arc::clone(&leave));
    let handler = move || {
        let (enters, leaves) = (Arc::clone(&enters), Arc::clone(&leaves));
        async move {
            enters.notify_one();
            leaves.notified().await;
            StatusCode::NO_CONTENT
        }
    };
    let server = server.with_routes(vec![Route::post("/api/v1/groups", handler)]);
    let first = server.send(keyed(&token, "k", "{}"));
    let second = async {
        entered.notified().await;
        let second = server.send(keyed(&token, "k", "{}")).await;
        leave.notify_one();
        second
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(
        (second.status, code(&second).as_str()),
        (StatusCode::CONFLICT, "idempotency_running")
    );
    assert_eq!(first.status, StatusCode::NO_CONTENT);
    let third = server.send(keyed(&token, "k", "{}")).await;
    assert_eq!(third.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn what_was_done_before_a_crash_is_answered_again_and_not_done_again() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let examples = r#"{"examples":["expense-approval"]}"#;
    let deploy = send_json("POST", "/api/v1/deployments/examples", &token, examples);
    assert_eq!(server.send(deploy).await.status, StatusCode::CREATED);
    let variables = r#"{"amount":500,"purpose":"Desk","email":"ada@example.org"}"#;
    let body = format!(r#"{{"process_id":"expense-approval","variables":{variables}}}"#);
    let start = async || {
        let mut request = send_json("POST", "/api/v1/process-instances", &token, &body);
        request.headers_mut().insert("idempotency-key", "k-1".parse().expect("a header"));
        server.send(request).await
    };
    let first = start().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    // The crash came after the start was committed and before its answer was kept.
    let principal = server.app.identity.authenticate_bearer(&token).await.expect("it can be read");
    let key = IdempotencyKey {
        user_key: principal.expect("the token is valid").user_key,
        route: "/api/v1/process-instances".into(),
        key: "k-1".into(),
    };
    server.app.identity.forget_answer(key).await.expect("it can be written");
    let again = start().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (first.status, ""));
    assert_eq!(again.json()["data"]["key"], first.json()["data"]["key"]);
    let list = server.send(get("/api/v1/process-instances", &token)).await;
    assert_eq!(list.json()["data"].as_array().map(Vec::len), Some(1));
}
