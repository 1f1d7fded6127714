//! The screens of setup, sign-in, account and people, as a browser without scripts uses them.

use axum::http::StatusCode;
use flowstead::core::access::Role;

use super::{Browser, PASSWORD, Server};

fn stranger(server: &Server) -> Browser<'_> {
    Browser { server, cookies: Vec::new(), csrf: String::new() }
}

/// The key in the first address that begins like this and goes on with a key.
fn key_after(body: &str, start: &str) -> String {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let mut keys = body.split(start).skip(1).map(digits);
    keys.find(|it| !it.is_empty()).expect("the page has such a link")
}

#[tokio::test]
async fn the_setup_link_makes_the_first_administrator_once() {
    let server = Server::start().await;
    let mut browser = stranger(&server);
    let page = browser.get("/sign-in").await;
    assert!(page.body.contains("Open the setup link that the server printed"));
    assert_eq!(browser.get("/setup?token=guess").await.status, StatusCode::FORBIDDEN);
    let token = server.app.identity.new_setup_token().await.expect("written").expect("nobody yet");
    let link = format!("/setup?token={token}");
    assert_eq!(browser.get(&link).await.status, StatusCode::OK);
    let form = |password| {
        [
            ("token", token.as_str()),
            ("name", "First"),
            ("email", "first@example.org"),
            ("password", password),
        ]
    };
    let weak = browser.post("/setup", &form("weak")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains("Password: expected 12 to 256 characters, found 4."));
    assert!(weak.body.contains("first@example.org"), "what was entered stays");
    let done = browser.post("/setup", &form(PASSWORD)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(done.header("location"), "/setup/examples");
    assert_eq!(browser.get("/users").await.status, StatusCode::OK, "signed in right away");
    assert_eq!(stranger(&server).get(&link).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn a_wrong_password_leaves_the_form_with_the_name() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let mut browser = stranger(&server);
    browser.get("/sign-in?next=/inbox").await;
    let form = [("email", "anna"), ("password", "wrong"), ("next", "/inbox")];
    let page = browser.post("/sign-in", &form).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("E-mail or password is wrong."));
    assert!(page.body.contains("value=\"anna\"") && page.body.contains("value=\"/inbox\""));
}

#[tokio::test]
async fn administrators_make_change_and_disable_people() {
    let server = Server::start().await;
    server.user("boss", &[Role::Administrator]).await;
    let mut boss = server.browser("boss").await;
    let form = boss.get("/users/new").await;
    assert!(form.body.contains("value=\"user\" checked"), "new people are users");
    let fields = |name| {
        [("name", name), ("email", "anna@example.org"), ("password", PASSWORD), ("role", "user")]
    };
    let refused = boss.post("/users", &fields("")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Name: expected 1 to 120 characters on one line."));
    let made = boss.post("/users", &fields("Anna")).await;
    assert_eq!(made.header("location"), "/users");
    let list = boss.get("/users?search=anna").await;
    assert!(list.body.contains("Anna can sign in now."), "the message crosses the redirect");
    assert!(!boss.get("/users").await.body.contains("can sign in now"), "and is shown once");
    let here = format!("/users/{}", key_after(&list.body, "href=\"/users/"));
    let edit = boss.get(&here).await;
    assert!(edit.body.contains("name=\"rev\" value=\"1\""), "{}", edit.body);
    let changes = |rev| {
        [
            ("rev", rev),
            ("name", "Anna B"),
            ("email", "anna@example.org"),
            ("password", ""),
            ("role", "modeler"),
            ("role", "operator"),
        ]
    };
    assert_eq!(boss.post(&here, &changes("1")).await.status, StatusCode::SEE_OTHER);
    let late = boss.post(&here, &changes("1")).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("Somebody else changed this account meanwhile"));
    boss.get(&here).await;
    let disabled = boss.post(&format!("{here}/disable"), &[]).await;
    assert_eq!(disabled.header("location"), here);
    assert!(boss.get(&here).await.body.contains("The account was disabled."));
    let own = server.app.identity.find_user("boss").await.expect("users").expect("it is there");
    let own = format!("/users/{}", own.key);
    boss.post(&format!("{own}/disable"), &[]).await;
    assert!(boss.get(&own).await.body.contains("Nobody can disable their own account."));
}

#[tokio::test]
async fn groups_get_members_and_lose_them() {
    let server = Server::start().await;
    server.user("boss", &[Role::Administrator]).await;
    let anna = server.user("anna", &[Role::User]).await.to_string();
    let mut boss = server.browser("boss").await;
    assert!(boss.get("/groups").await.body.contains("No groups yet"));
    let refused = boss.post("/groups", &[("id", "a b"), ("name", "Sales")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"a b\""), "what was entered stays");
    let made = boss.post("/groups", &[("id", "sales"), ("name", "Sales")]).await;
    assert_eq!(made.header("location"), "/groups/sales");
    assert!(boss.get("/groups/sales").await.body.contains("No members yet"));
    boss.post("/groups/sales/members", &[("user", &anna)]).await;
    let page = boss.get("/groups/sales").await;
    assert!(page.body.contains(&format!("/groups/sales/members/{anna}/remove")));
    assert!(boss.get("/groups").await.body.contains("The anna"), "the list names members");
    boss.post(&format!("/groups/sales/members/{anna}/remove"), &[]).await;
    assert!(boss.get("/groups/sales").await.body.contains("No members yet"));
    assert_eq!(boss.post("/groups/sales/delete", &[]).await.header("location"), "/groups");
    assert_eq!(boss.get("/groups/sales").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_keep_their_own_account() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let mut other = server.browser("anna").await;
    let mut anna = server.browser("anna").await;
    let made = anna.post("/account/tokens", &[("name", "Worker"), ("days", "30")]).await;
    assert_eq!(made.status, StatusCode::OK);
    assert!(made.body.contains("value=\"fst_"), "the token is shown this once");
    let again = anna.post("/account/tokens", &[("name", "Worker"), ("days", "30")]).await;
    assert!(again.body.contains("Name: Worker is taken."));
    let page = anna.get("/account").await;
    assert!(!page.body.contains("value=\"fst_"));
    let token = key_after(&page.body, "/account/tokens/");
    let revoked = anna.post(&format!("/account/tokens/{token}/revoke"), &[]).await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER);
    let session = key_after(&page.body, "/account/sessions/");
    anna.post(&format!("/account/sessions/{session}/end"), &[]).await;
    assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER, "it was signed out");
    let wrong = [("current", "wrong"), ("new", "another long password")];
    let refused = anna.post("/account/password", &wrong).await;
    assert!(refused.body.contains("The current password is wrong."));
    let right = [("current", PASSWORD), ("new", "another long password")];
    let changed = anna.post("/account/password", &right).await;
    assert_eq!(changed.header("location"), "/account");
    assert_eq!(anna.get("/account").await.status, StatusCode::OK, "this session goes on");
}

#[tokio::test]
async fn roles_and_themes_are_shown_as_they_are() {
    let server = Server::start().await;
    server.user("boss", &[Role::Administrator]).await;
    let mut boss = server.browser("boss").await;
    let page = boss.get("/roles").await;
    assert!(page.body.contains("1 user") && page.body.contains("Manage users and groups"));
    boss.post("/theme", &[("theme", "dark"), ("next", "/roles")]).await;
    assert!(boss.get("/roles").await.body.contains("data-theme=\"dark\""));
    boss.post("/theme", &[("theme", "system"), ("next", "/roles")]).await;
    assert!(!boss.get("/roles").await.body.contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn errors_keep_the_frame_of_whoever_is_signed_in() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let mut anna = server.browser("anna").await;
    for (path, status, words) in [
        ("/users", StatusCode::FORBIDDEN, "Your roles do not allow: Manage users and groups."),
        ("/instances/1", StatusCode::NOT_FOUND, "There is no such process instance"),
        ("/instances/one", StatusCode::BAD_REQUEST, "That can&#39;t be understood"),
        ("/nowhere", StatusCode::NOT_FOUND, "There is no such address"),
    ] {
        let answer = anna.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains(words), "{path}: {}", answer.body);
        assert!(answer.body.contains("id=\"side-nav\""), "{path} keeps the navigation");
        assert!(answer.body.contains("The anna"), "{path} says who is signed in");
    }
    let posted = anna.post("/users", &[("name", "x")]).await;
    assert_eq!(posted.status, StatusCode::FORBIDDEN);
    assert!(posted.body.contains("id=\"side-nav\""), "{}", posted.body);
    let outside = stranger(&server).get("/nowhere").await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
    assert!(!outside.body.contains("id=\"side-nav\""), "a stranger sees no navigation");
}
