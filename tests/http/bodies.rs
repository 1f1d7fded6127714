//! Malformed bodies, queries and paths, each with the exact answer it gets.

use axum::body::Body;
use axum::http::Request;
use flowstead::core::access::Role;
use flowstead::http::routes::routes;
use serde_json::json;

use super::{Server, send_json};

const NEW: &str = "/api/v1/users";
const GROUP: &str = "/api/v1/groups";
const TOKENS: &str = "/api/v1/me/tokens";
const LOGIN: &str = "/api/v1/auth/login";

/// Method, address, body; status, code, message.
type Case = (&'static str, &'static str, &'static str, u16, &'static str, &'static str);

const CASES: [Case; 34] = [
    ("POST", NEW, "", 400, "malformed_json", "expected a JSON body, found none"),
    ("POST", NEW, "{", 400, "malformed_json", "EOF while parsing an object (line 1 column 1)"),
    ("POST", NEW, "{\n  \"email\" 1}", 400, "malformed_json", "expected `:` (line 2 column 11)"),
    ("POST", NEW, "{'a': 1}", 400, "malformed_json", "key must be a string (line 1 column 2)"),
    ("POST", NEW, "nul", 400, "malformed_json", "EOF while parsing a value (line 1 column 3)"),
    ("POST", NEW, "{} {}", 422, "invalid_body", "missing field `display_name` (line 1 column 2)"),
    (
        "POST",
        NEW,
        r#"{"display_name":"A"} x"#,
        400,
        "malformed_json",
        "trailing characters (line 1 column 22)",
    ),
    ("POST", NEW, "[]", 422, "invalid_body", "invalid type: sequence, expected an object"),
    (
        "POST",
        NEW,
        "7",
        422,
        "invalid_body",
        "invalid type: integer `7`, expected an object (line 1 column 1)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name": 7}"#,
        422,
        "invalid_body",
        "display_name: invalid type: integer `7`, expected a string (line 1 column 18)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","name":"B"}"#,
        422,
        "invalid_body",
        "name: unknown field `name`, expected one of `user_id`, `email`, `display_name`, \
         `password`, `roles`, `groups` (line 1 column 26)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","display_name":"B"}"#,
        422,
        "invalid_body",
        "duplicate field `display_name` (line 1 column 34)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","roles":"user"}"#,
        422,
        "invalid_body",
        "roles: invalid type: string \"user\", expected a list (line 1 column 34)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","roles":["user", null]}"#,
        422,
        "invalid_body",
        "roles[1]: invalid type: null, expected a string (line 1 column 41)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","user_id":"a","roles":["king"]}"#,
        422,
        "invalid_value",
        "roles: expected one of administrator, modeler, operator, user, found `king`",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A\u0000"}"#,
        400,
        "invalid_text",
        "text must not hold the character U+0000",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"\ud800"}"#,
        400,
        "malformed_json",
        "display_name: unexpected end of hex escape (line 1 column 24)",
    ),
    (
        "POST",
        NEW,
        "{\"display_name\":\"a\tb\"}",
        400,
        "malformed_json",
        "display_name: control character (\\u0000-\\u001F) found while parsing a string \
         (line 1 column 19)",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A"}"#,
        422,
        "invalid_value",
        "user_id: expected 1 to 64 letters, digits or . _ @ + -, beginning with a letter or \
         digit, found ``",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","user_id":"a","groups":["x"]}"#,
        422,
        "invalid_value",
        "groups: there is no group `x`",
    ),
    (
        "POST",
        NEW,
        r#"{"display_name":"A","user_id":"a","password":"short"}"#,
        422,
        "invalid_value",
        "password: expected 12 to 256 characters, found 5",
    ),
    (
        "PUT",
        "/api/v1/users/1",
        r#"{"rev":1.5}"#,
        422,
        "invalid_body",
        "rev: invalid type: floating point `1.5`, expected a whole number (line 1 column 10)",
    ),
    (
        "PUT",
        "/api/v1/users/1",
        r#"{"rev":99999999999999999999}"#,
        422,
        "invalid_body",
        "rev: invalid type: floating point `1e+20`, expected a whole number (line 1 column 27)",
    ),
    (
        "PUT",
        "/api/v1/users/1",
        r#"{"rev":1,"display_name":"A","roles":[],"groups":[]}"#,
        404,
        "not_found",
        "there is no such user",
    ),
    (
        "PUT",
        "/api/v1/users/abc",
        r#"{"rev":1,"display_name":"A","roles":[],"groups":[]}"#,
        400,
        "invalid_path",
        "expected a key of at most 19 digits, found `abc`",
    ),
    (
        "PUT",
        "/api/v1/users/99999999999999999999",
        r#"{"rev":1,"display_name":"A","roles":[],"groups":[]}"#,
        400,
        "invalid_path",
        "expected a key of at most 19 digits, found `99999999999999999999`",
    ),
    (
        "GET",
        "/api/v1/users/1%00",
        "",
        400,
        "invalid_text",
        "text must not hold the character U+0000",
    ),
    ("GET", "/api/v1/users?limit=0", "", 400, "invalid_query", "limit: expected 1 to 500, found 0"),
    (
        "GET",
        "/api/v1/users?limit=ten",
        "",
        400,
        "invalid_query",
        "limit: invalid digit found in string",
    ),
    (
        "GET",
        "/api/v1/users?cursor=zzz",
        "",
        400,
        "invalid_cursor",
        "cursor: expected the next_cursor of an earlier answer of the same list",
    ),
    (
        "GET",
        "/api/v1/users?colour=red",
        "",
        400,
        "invalid_query",
        "colour: unknown field `colour`, expected one of `limit`, `cursor`, `search`, `role`, \
         `group`, `disabled`",
    ),
    (
        "POST",
        GROUP,
        r#"{"group_id":"a b","name":"A"}"#,
        422,
        "invalid_value",
        "group_id: expected 1 to 64 letters, digits or . _ @ + -, beginning with a letter or \
         digit, found `a b`",
    ),
    (
        "POST",
        TOKENS,
        r#"{"name":"a","scopes":["tasks:undo"]}"#,
        403,
        "forbidden",
        "an API token can't change API tokens, sign in instead",
    ),
    (
        "POST",
        LOGIN,
        r#"{"name":"nobody","password":"x"}"#,
        401,
        "wrong_credentials",
        "the name or the password is wrong",
    ),
];

#[tokio::test]
async fn bad_input_is_refused_with_its_place_and_what_was_expected() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let events = async || {
        let events = server.app.identity.list_audit_events(i64::MAX, 500).await;
        let events = events.expect("events can be read");
        events.into_iter().filter(|it| it.action != "user.sign_in_refused").count()
    };
    let before = events().await;
    let mut findings = Vec::new();
    for (method, path, body, status, code, message) in CASES {
        let answer = server.send(send_json(method, path, &token, body)).await;
        let error = &answer.json()["error"];
        let found = (answer.status.as_u16(), error["code"].as_str(), error["message"].as_str());
        if found != (status, Some(code), Some(message)) {
            findings.push(format!("{method} {path} {body}\n  {found:?}"));
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    assert_eq!(events().await, before, "nothing was changed");
}

#[tokio::test]
async fn an_error_has_exactly_this_shape() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let mut request = send_json("POST", NEW, &token, "{\"display_name\": 7}");
    request.headers_mut().insert("x-request-id", "trace-1".parse().expect("a header"));
    let answer = server.send(request).await;
    assert_eq!(
        answer.json(),
        json!({
            "status": "error",
            "error": {
                "code": "invalid_body",
                "message": "display_name: invalid type: integer `7`, expected a string \
                            (line 1 column 18)",
                "details": { "path": "display_name", "line": 1, "column": 18 },
                "request_id": "trace-1",
            }
        })
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-request-id"), "trace-1");
}

#[tokio::test]
async fn other_content_types_and_large_bodies_are_refused() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let send = async |content_type: Option<&str>, body: Vec<u8>| {
        let mut request = Request::post(NEW).header("authorization", format!("Bearer {token}"));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = server.send(request.body(Body::from(body)).expect("a request")).await;
        let error = answer.json()["error"].clone();
        (answer.status.as_u16(), error["message"].as_str().unwrap_or_default().to_owned())
    };
    let expected =
        |found: &str| (415, format!("expected the content type application/json, found {found}"));
    assert_eq!(send(None, b"{}".to_vec()).await, expected("none"));
    assert_eq!(send(Some("text/plain"), b"{}".to_vec()).await, expected("`text/plain`"));
    let large = vec![b' '; 2 * 1024 * 1024 + 1];
    let too_large = (413, "the body is larger than this address accepts".to_owned());
    assert_eq!(send(Some("application/json"), large).await, too_large);
    let with_parameter = send(Some("application/json; charset=utf-8"), b"{}".to_vec()).await;
    assert_eq!(with_parameter.0, 422, "the content type itself is right");
    let not_text = send(Some("application/json"), b"{\"display_name\":\"\xff\"}".to_vec()).await;
    let message = "display_name: invalid unicode code point (line 1 column 18)";
    assert_eq!(not_text, (400, message.to_owned()));
}

#[tokio::test]
async fn deep_nesting_is_refused_and_not_followed() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let body = format!("{{\"roles\":{}", "[".repeat(100_000));
    let answer = server.send(send_json("POST", NEW, &token, &body)).await;
    assert_eq!(answer.status.as_u16(), 422);
}

#[test]
fn no_route_takes_a_field_it_does_not_know() {
    let mut bodies = 0;
    for route in routes() {
        let Some(read) = route.reads_body else { continue };
        bodies += 1;
        for body in [&br#"{"no such field": 1}"#[..], b"[]", b"\"\"", b"{"] {
            let refusal = read(body).expect_err(route.path);
            assert!(matches!(refusal.status.as_u16(), 400 | 422), "{}: {refusal:?}", route.path);
        }
    }
    assert!(bodies > 20, "{bodies}");
    for route in routes() {
        let Some(read) = route.reads_query else { continue };
        let refusal = read(b"no_such_parameter=1").expect_err(route.path);
        assert_eq!(refusal.code, "invalid_query", "{}", route.path);
    }
}
