//! Cookies and what they are worth.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;
use flowstead::platform::config::Config;

use super::{PASSWORD, Server, get};

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    for (public_url, name, ending) in
        [("", "flowstead", ""), ("https://flow.example.org", "__Host-flowstead", "; Secure")]
    {
        let mut config = Config::default();
        config.server.public_url = public_url.into();
        let server = Server::start_with(config).await;
        server.user("anna", &[Role::User]).await;
        let mut browser =
            super::Browser { server: &server, cookies: Vec::new(), csrf: String::new() };
        let page = browser.get("/sign-in").await;
        let expected = format!("; Path=/; HttpOnly; SameSite=Lax{ending}");
        assert!(page.header("set-cookie").starts_with(&format!("{name}-visitor=")));
        assert!(page.header("set-cookie").ends_with(&expected));
        let form = [("email", "anna@example.org"), ("password", PASSWORD), ("next", "/inbox")];
        let answer = browser.post("/sign-in", &form).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/inbox"));
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(&format!("{name}=")) && cookie.ends_with(&expected), "{cookie}");
    }
}

#[tokio::test]
async fn pages_take_no_tokens_and_the_api_takes_the_session() {
    let server = Server::start().await;
    let token = server.token(Role::Administrator).await;
    let mut with_token = get("/users", &token);
    with_token.headers_mut().insert("accept", "text/html".parse().expect("a header"));
    assert_eq!(server.send(with_token).await.status, StatusCode::SEE_OTHER, "sign in first");
    server.user("anna", &[Role::User]).await;
    let browser = server.browser("anna").await;
    let request = Request::get("/api/v1/me").header("cookie", browser.cookie_header());
    let answer = server.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.json()["data"]["user"]["user_id"], "anna");
}

#[tokio::test]
async fn a_session_that_ended_is_no_session() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let mut browser = server.browser("anna").await;
    let cookies = browser.cookies.clone();
    let out = browser.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    browser.cookies = cookies;
    let answer = browser.get("/account").await;
    assert_eq!(answer.header("location"), "/sign-in?next=%2Faccount");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let own = ["/inbox?x=1", "https://evil.example", "//evil.example", "/\\evil.example", ""];
    for (next, expected) in own.into_iter().zip(["/inbox?x=1", "/", "/", "/", "/"]) {
        let mut browser =
            super::Browser { server: &server, cookies: Vec::new(), csrf: String::new() };
        browser.get("/sign-in").await;
        let form = [("email", "anna"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/sign-in", &form).await;
        assert_eq!(answer.header("location"), expected, "{next}");
    }
}
