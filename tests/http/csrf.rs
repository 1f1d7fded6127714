//! Forms from elsewhere are refused, whatever shape they come in.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;

use super::{Answer, Server};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=X";

async fn post(server: &Server, cookie: &str, kind: &str, header: &str, body: String) -> Answer {
    let request = Request::post("/theme").header("cookie", cookie).header("content-type", kind);
    let request = request.header("x-csrf-token", header);
    server.send(request.body(Body::from(body)).expect("a request")).await
}

/// Without the header, which would be checked first.
async fn post_form(server: &Server, cookie: &str, kind: &str, body: String) -> Answer {
    let request = Request::post("/theme").header("cookie", cookie).header("content-type", kind);
    server.send(request.body(Body::from(body)).expect("a request")).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN && answer.json()["error"]["code"] == "csrf_refused"
}

fn part(name: &str, value: &str) -> String {
    format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

#[tokio::test]
async fn only_the_token_of_the_own_session_passes() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    server.user("bert", &[Role::User]).await;
    let anna = server.browser("anna").await;
    let bert = server.browser("bert").await;
    let (cookie, csrf) = (anna.cookie_header(), anna.csrf.as_str());
    let field = |csrf: &str| format!("csrf={csrf}&theme=dark&next=/");
    let passed = post_form(&server, &cookie, FORM, field(csrf)).await;
    assert_eq!(passed.status, StatusCode::SEE_OTHER);
    assert_eq!(passed.cookie("theme").as_deref(), Some("dark"));
    for wrong in ["", "guess", &bert.csrf, &csrf[1..]] {
        assert!(is_refused(&post_form(&server, &cookie, FORM, field(wrong)).await), "{wrong}");
    }
    assert!(is_refused(&post_form(&server, &cookie, FORM, "theme=dark".into()).await));
    assert!(is_refused(&post_form(&server, "", FORM, field(csrf)).await), "without the cookie");
    assert!(is_refused(&post_form(&server, &cookie, "text/plain", field(csrf)).await));
    let by_header = post(&server, &cookie, FORM, csrf, "theme=dark".into()).await;
    assert_eq!(by_header.status, StatusCode::SEE_OTHER);
    assert!(is_refused(&post(&server, &cookie, FORM, "guess", field(csrf)).await));
}

#[tokio::test]
async fn uploads_carry_the_token_before_their_files() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let anna = server.browser("anna").await;
    let cookie = anna.cookie_header();
    let token = part("csrf", &anna.csrf);
    let file = part("file", &"x".repeat(100_000));
    // What passes the check reaches the handler, which here takes no uploads.
    let first = post_form(&server, &cookie, MULTIPART, format!("{token}{file}--X--\r\n")).await;
    assert_eq!(first.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for body in [
        format!("{file}{token}--X--\r\n"),
        part("csrf", "guess"),
        format!("--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}", anna.csrf),
        String::new(),
    ] {
        assert!(is_refused(&post_form(&server, &cookie, MULTIPART, body).await));
    }
}

#[tokio::test]
async fn the_api_by_cookie_needs_the_header_and_by_token_does_not() {
    let server = Server::start().await;
    server.user("boss", &[Role::Administrator]).await;
    let boss = server.browser("boss").await;
    let create = |csrf: &str| {
        Request::post("/api/v1/groups")
            .header("cookie", boss.cookie_header())
            .header("x-csrf-token", csrf)
            .header("content-type", "application/json")
            .body(Body::from(r#"{"group_id":"sales","name":"Sales"}"#))
            .expect("a request")
    };
    assert!(is_refused(&server.send(create("guess")).await));
    assert_eq!(server.send(create(&boss.csrf)).await.status, StatusCode::CREATED);
    let token = server.token(Role::Administrator).await;
    let body = r#"{"group_id":"it","name":"IT"}"#;
    let by_token = server.send(super::send_json("POST", "/api/v1/groups", &token, body)).await;
    assert_eq!(by_token.status, StatusCode::CREATED);
}
