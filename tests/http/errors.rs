//! Errors that belong to no resource: unknown addresses, wrong methods, panics, timeouts; headers.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;
use flowstead::http::error::HttpError;
use flowstead::http::route::Route;
use flowstead::platform::config::Config;

use super::{Server, get};

fn page(path: &str) -> Request<Body> {
    let request = Request::get(path).header("accept", "text/html,application/xhtml+xml");
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_told_in_the_envelope() {
    let server = Server::start().await;
    let cases = [
        ("GET", "/api/v1/nothing", 404, "not_found", "there is no such address", ""),
        (
            "PATCH",
            "/api/v1/users",
            405,
            "method_not_allowed",
            "this address does not answer PATCH",
            "GET,HEAD,POST",
        ),
        ("GET", "/nowhere", 404, "not_found", "there is no such address", ""),
    ];
    for (method, path, status, code, message, allow) in cases {
        let request = Request::builder().method(method).uri(path).body(Body::empty());
        let answer = server.send(request.expect("a request")).await;
        assert_eq!(answer.status.as_u16(), status);
        let error = answer.json()["error"].clone();
        assert_eq!(error["code"], code);
        assert_eq!(error["message"], message);
        assert_eq!(error["request_id"], answer.header("x-request-id"));
        assert_eq!(answer.header("allow"), allow);
    }
}

#[tokio::test]
async fn people_get_pages_instead() {
    let server = Server::start().await;
    let answer = server.send(page("/nowhere")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.body.contains("There is no such address, or you may not see it."));
    let api = server.send(page("/api/v1/users")).await;
    assert_eq!(api.header("content-type"), "application/json", "the API never answers with pages");
    assert_eq!(api.status, StatusCode::UNAUTHORIZED);
    assert_eq!(api.header("www-authenticate"), "Bearer");
}

async fn panics() -> StatusCode {
    panic!("a secret from inside")
}

async fn waits() -> StatusCode {
    std::future::pending().await
}

async fn fails() -> HttpError {
    HttpError::internal("a secret from inside")
}

#[tokio::test]
async fn panics_failures_and_timeouts_keep_their_secrets() {
    let mut config = Config::default();
    config.server.timeout_ms = 50;
    let server = Server::start_with(config).await.with_routes(vec![
        Route::get("/panics", panics).public(),
        Route::get("/waits", waits).public(),
        Route::get("/fails", fails).public(),
        Route::get("/api/v1/panics", panics).public(),
    ]);
    let internal = "an internal error occurred, the request id refers to its log entry";
    let busy = "the server is busy, try again shortly";
    for (path, status, message) in
        [("/panics", 500, internal), ("/fails", 500, internal), ("/waits", 503, busy)]
    {
        let answer = server.send(get(path, "")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.json()["error"]["message"], message);
        let shown = server.send(page(path)).await;
        assert_eq!(shown.status.as_u16(), status);
        assert!(shown.body.contains(shown.header("x-request-id")), "the page has a reference");
        for body in [answer.body, shown.body] {
            assert!(!body.contains("secret"), "{body}");
        }
    }
    assert_eq!(server.send(get("/waits", "")).await.header("retry-after"), "5");
    assert_eq!(server.send(get("/api/v1/panics", "")).await.status.as_u16(), 500);
}

#[tokio::test]
async fn a_long_wait_is_granted_where_the_route_asks_for_it() {
    let mut config = Config::default();
    config.server.timeout_ms = 50;
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(100)).await;
        StatusCode::NO_CONTENT
    };
    let longer = Duration::from_secs(30);
    let server = Server::start_with(config)
        .await
        .with_routes(vec![Route::get("/api/v1/slow", slow).public().waits(longer)]);
    assert_eq!(server.send(get("/api/v1/slow", "")).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn every_answer_carries_the_protections_of_browsers() {
    let server = Server::start().await;
    for path in ["/sign-in", "/nowhere", "/api/v1/openapi.json", "/health"] {
        let answer = server.send(page(path)).await;
        let policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        assert_eq!(answer.header("content-security-policy"), policy, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!(answer.header("strict-transport-security"), "", "only with HTTPS");
    }
}

#[tokio::test]
async fn request_ids_that_do_not_fit_are_replaced() {
    let server = Server::start().await;
    for (given, is_kept) in [("abc-1.2_3", true), ("a b", false), ("", false), ("a\"b", false)] {
        let request = Request::get("/health").header("x-request-id", given).body(Body::empty());
        let answer = server.send(request.expect("a request")).await;
        assert_eq!(answer.header("x-request-id") == given, is_kept, "{given}");
    }
}

#[tokio::test]
async fn large_answers_are_compressed_and_known_ones_not_sent_again() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let compressed = Request::get("/api/v1/openapi.json").header("accept-encoding", "br, gzip");
    let response = server.open(compressed.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.headers()["content-encoding"], "br");
    let first = server.send(get("/api/v1/roles", &token)).await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");
    let mut again = get("/api/v1/roles", &token);
    again.headers_mut().insert("if-none-match", etag.parse().expect("a header"));
    let second = server.send(again).await;
    assert_eq!((second.status, second.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(second.header("etag"), etag);
    let mut changed = get("/api/v1/roles", &token);
    changed.headers_mut().insert("if-none-match", "W/\"other\"".parse().expect("a header"));
    assert_eq!(server.send(changed).await.status, StatusCode::OK);
}
