//! How often one client may call.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;
use flowstead::platform::config::Config;

use super::{Server, get, send_json};

const LOGIN: &str = r#"{"name":"nobody","password":"x"}"#;

fn tight() -> Config {
    let mut config = Config::default();
    config.server.rate_per_second = 1;
    config.server.rate_burst = 3;
    config.server.sign_in_per_minute = 2;
    config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
    config
}

fn from_address(mut request: Request<Body>, address: &str) -> Request<Body> {
    request.headers_mut().insert("x-forwarded-for", address.parse().expect("a header"));
    request
}

#[tokio::test]
async fn a_user_who_calls_too_often_waits_and_others_do_not() {
    let server = Server::start_with(tight()).await;
    let (one, two) = (server.token(Role::User).await, server.token(Role::User).await);
    for _ in 0..3 {
        assert_eq!(server.send(get("/api/v1/me", &one)).await.status, StatusCode::OK);
    }
    let refused = server.send(get("/api/v1/me", &one)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "1");
    let error = refused.json()["error"].clone();
    assert_eq!(error["code"], "too_many_requests");
    assert_eq!(error["message"], "too many requests, try again in 1 s");
    assert_eq!(server.send(get("/api/v1/me", &two)).await.status, StatusCode::OK);
    assert_eq!(server.send(get("/health", &one)).await.status, StatusCode::OK, "never limited");
}

#[tokio::test]
async fn sign_in_is_slow_for_each_address() {
    let server = Server::start_with(tight()).await;
    let attempt = async |address: &str| {
        let request = send_json("POST", "/api/v1/auth/login", "", LOGIN);
        server.send(from_address(request, address)).await.status
    };
    for _ in 0..2 {
        assert_eq!(attempt("192.0.2.1").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(attempt("192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(attempt("192.0.2.2").await, StatusCode::UNAUTHORIZED);
    let liar = "192.0.2.99, 192.0.2.1";
    assert_eq!(attempt(liar).await, StatusCode::TOO_MANY_REQUESTS, "only the last hop is believed");
    for host in ["2001:db8::1", "2001:db8::2"] {
        assert_eq!(attempt(host).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        attempt("2001:db8::3").await,
        StatusCode::TOO_MANY_REQUESTS,
        "one network, one host"
    );
}

#[tokio::test]
async fn who_is_not_behind_a_proxy_is_not_believed() {
    let mut config = tight();
    config.server.trusted_proxies.clear();
    let server = Server::start_with(config).await;
    let mut last = StatusCode::OK;
    for number in 1..=3 {
        let request = send_json("POST", "/api/v1/auth/login", "", LOGIN);
        last = server.send(from_address(request, &format!("192.0.2.{number}"))).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn guessing_tokens_is_limited_like_everything_else() {
    let server = Server::start_with(tight()).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(server.send(get("/api/v1/me", "fst_guess")).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}
