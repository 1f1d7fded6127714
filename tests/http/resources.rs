//! The API's own resources, as a program uses them: sign-in, users, groups, roles, tokens, audit.

use axum::http::StatusCode;
use flowstead::core::access::Role;
use flowstead::services::audit::Origin;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::{PASSWORD, Server, get, send_json};

async fn call(server: &Server, method: &str, path: &str, token: &str, body: &Json) -> (u16, Json) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = server.send(send_json(method, path, token, &body)).await;
    let json = if answer.body.is_empty() { Json::Null } else { answer.json() };
    (answer.status.as_u16(), json)
}

#[tokio::test]
async fn a_program_signs_in_refreshes_and_signs_out() {
    let server = Server::start().await;
    let key = server.user("anna", &[Role::User]).await;
    let login = json!({ "name": "anna", "password": PASSWORD });
    let (status, first) = call(&server, "POST", "/api/v1/auth/login", "", &login).await;
    assert_eq!(status, 200);
    let tokens = &first["data"];
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
    let access = tokens["access_token"].as_str().expect("a token").to_owned();
    let (_, me) = call(&server, "GET", "/api/v1/me", &access, &Json::Null).await;
    assert_eq!(me["data"]["user"]["key"], key.to_string());
    let may = ["processes:read", "instances:start", "tasks:work", "files:read", "files:write"];
    assert_eq!(me["data"]["permissions"], json!(may));
    server.clock.advance(SignedDuration::from_mins(15));
    let (status, error) = call(&server, "GET", "/api/v1/me", &access, &Json::Null).await;
    let message = "the token is not valid: expired, revoked or unknown";
    assert_eq!((status, &error["error"]["message"]), (401, &json!(message)));
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let (status, second) = call(&server, "POST", "/api/v1/auth/refresh", "", &refresh).await;
    assert_eq!(status, 200);
    let (status, error) = call(&server, "POST", "/api/v1/auth/refresh", "", &refresh).await;
    assert_eq!((status, &error["error"]["code"]), (401, &json!("token_refused")));
    let last = json!({ "refresh_token": second["data"]["refresh_token"] });
    let (status, _) = call(&server, "POST", "/api/v1/auth/refresh", "", &last).await;
    assert_eq!(status, 401, "reuse ended the family");
    let (status, _) = call(&server, "POST", "/api/v1/auth/logout", "", &last).await;
    assert_eq!(status, 204);
}

#[tokio::test]
async fn the_first_administrator_is_made_by_program_too() {
    let server = Server::start().await;
    let token = server.app.identity.new_setup_token().await.expect("written").expect("nobody yet");
    let body = |token: &str| {
        json!({
            "token": token, "email": "first@example.org", "display_name": "First",
            "password": PASSWORD,
        })
    };
    let (status, error) = call(&server, "POST", "/api/v1/setup", "", &body("guess")).await;
    assert_eq!((status, &error["error"]["code"]), (401, &json!("token_refused")));
    let (status, made) = call(&server, "POST", "/api/v1/setup", "", &body(&token)).await;
    assert_eq!((status, &made["data"]["roles"]), (201, &json!(["administrator"])));
    let (status, error) = call(&server, "POST", "/api/v1/setup", "", &body(&token)).await;
    assert_eq!((status, &error["error"]["code"]), (409, &json!("setup_done")));
}

#[tokio::test]
async fn users_are_made_changed_disabled_and_removed() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let new = json!({ "user_id": "anna", "display_name": "Anna", "roles": ["user"] });
    let (status, made) = call(&server, "POST", "/api/v1/users", &token, &new).await;
    assert_eq!(status, 201);
    let key = made["data"]["key"].as_str().expect("keys are strings").to_owned();
    let expected = json!({
        "key": key, "user_id": "anna", "email": null, "display_name": "Anna", "roles": ["user"],
        "groups": [], "disabled": false, "rev": 1, "created_at": "2030-01-01T08:00:00.000Z",
        "updated_at": "2030-01-01T08:00:00.000Z", "signed_in_at": null,
    });
    assert_eq!(made, json!({ "status": "ok", "data": expected }));
    let path = format!("/api/v1/users/{key}");
    let changes = json!({
        "rev": 1, "email": "a@example.org", "display_name": "Anna B", "roles": [], "groups": [],
    });
    let (status, answer) = call(&server, "PUT", &path, &token, &changes).await;
    assert_eq!((status, &answer["data"]["rev"]), (200, &json!(2)));
    let (status, late) = call(&server, "PUT", &path, &token, &changes).await;
    assert_eq!(status, 409);
    assert_eq!(late["error"]["code"], "revision_conflict");
    assert_eq!(late["error"]["details"], json!({ "expected_rev": 1, "found_rev": 2 }));
    let password = json!({ "password": PASSWORD });
    let (status, _) = call(&server, "PUT", &format!("{path}/password"), &token, &password).await;
    assert_eq!(status, 204);
    let (_, disabled) =
        call(&server, "POST", &format!("{path}/disable"), &token, &Json::Null).await;
    assert_eq!(disabled["data"]["disabled"], true);
    let (status, _) = call(&server, "DELETE", &path, &token, &Json::Null).await;
    assert_eq!(status, 204);
    let (status, _) = call(&server, "GET", &path, &token, &Json::Null).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn lists_come_in_pages_to_their_end() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    for number in 0..5 {
        let body = json!({ "group_id": format!("g{number}"), "name": "G" });
        call(&server, "POST", "/api/v1/groups", &token, &body).await;
    }
    let mut found = Vec::new();
    let mut path = "/api/v1/groups?limit=2".to_owned();
    loop {
        let page = server.send(get(&path, &token)).await.json();
        let items = page["data"].as_array().expect("a list").clone();
        found.push(items.len());
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        path = format!("/api/v1/groups?limit=2&cursor={cursor}");
    }
    assert_eq!(found, [2, 2, 1]);
}

#[tokio::test]
async fn what_was_done_can_be_read_with_its_request() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let body = r#"{"group_id":"sales","name":"Sales"}"#;
    let mut request = send_json("POST", "/api/v1/groups", &token, body);
    request.headers_mut().insert("x-request-id", "trace-7".parse().expect("a header"));
    server.send(request).await;
    let (_, events) =
        call(&server, "GET", "/api/v1/audit-events?limit=1", &token, &Json::Null).await;
    let event = &events["data"][0];
    assert_eq!(event["action"], "group.created");
    assert_eq!(event["summary"], "made the group sales");
    assert_eq!((&event["actor_kind"], &event["subject_id"]), (&json!("client"), &json!("sales")));
    assert_eq!((&event["request_id"], &event["address"]), (&json!("trace-7"), &json!("127.0.0.1")));
    assert!(events["page"]["next_cursor"].is_string());
}

#[tokio::test]
async fn people_make_tokens_for_their_programs() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let login = json!({ "name": "anna", "password": PASSWORD });
    let (_, signed_in) = call(&server, "POST", "/api/v1/auth/login", "", &login).await;
    let access = signed_in["data"]["access_token"].as_str().expect("a token").to_owned();
    let new = json!({
        "name": "worker", "scopes": ["tasks:work"], "expires_at": "2030-02-01T00:00:00Z",
    });
    let (status, made) = call(&server, "POST", "/api/v1/me/tokens", &access, &new).await;
    assert_eq!(status, 201);
    let text = made["data"]["token"].as_str().expect("the token is shown once").to_owned();
    let (_, me) = call(&server, "GET", "/api/v1/me", &text, &Json::Null).await;
    assert_eq!(me["data"]["permissions"], json!(["tasks:work"]));
    let (_, list) = call(&server, "GET", "/api/v1/me/tokens", &access, &Json::Null).await;
    assert_eq!(list["data"][0]["name"], "worker");
    assert!(!list.to_string().contains(&text), "the token is never shown again");
    let key = list["data"][0]["key"].as_str().expect("keys are strings");
    let path = format!("/api/v1/me/tokens/{key}");
    let (status, _) = call(&server, "DELETE", &path, &access, &Json::Null).await;
    assert_eq!(status, 204);
    let (status, _) = call(&server, "GET", "/api/v1/me", &text, &Json::Null).await;
    assert_eq!(status, 401);
    let bad = json!({ "name": "b", "expires_at": "tomorrow" });
    let (status, error) = call(&server, "POST", "/api/v1/me/tokens", &access, &bad).await;
    let message = "expires_at: expected a time such as 2030-01-31T12:00:00Z, found `tomorrow`";
    assert_eq!((status, &error["error"]["message"]), (422, &json!(message)));
}

#[tokio::test]
async fn machines_learn_that_it_lives_and_works() {
    let server = Server::start().await;
    for path in ["/health", "/live", "/ready"] {
        let answer = server.send(get(path, "")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, r#"{"status":"ok","data":{"alive":true}}"#);
    }
    let token = server.token(Role::Operator).await;
    let (status, system) = call(&server, "GET", "/api/v1/system", &token, &Json::Null).await;
    assert_eq!((status, &system["data"]["store"]), (200, &json!("sqlite")));
    let (status, roles) = {
        let token = server.token(Role::Administrator).await;
        call(&server, "GET", "/api/v1/roles", &token, &Json::Null).await
    };
    assert_eq!((status, &roles["data"][0]["role_id"]), (200, &json!("administrator")));
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_with_every_token() {
    let server = Server::start().await;
    let key = server.user("anna", &[Role::User]).await;
    let login = json!({ "name": "anna", "password": PASSWORD });
    let (_, signed_in) = call(&server, "POST", "/api/v1/auth/login", "", &login).await;
    let access = signed_in["data"]["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(call(&server, "GET", "/api/v1/me", &access, &Json::Null).await.0, 200);
    let identity = &server.app.identity;
    identity.set_user_disabled(&Origin::system("test"), key, true).await.expect("it is there");
    assert_eq!(call(&server, "GET", "/api/v1/me", &access, &Json::Null).await.0, 401);
}
