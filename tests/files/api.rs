//! Files over the API and in the browser: uploads of both kinds, safe downloads, refusals.

use axum::body::Body;
use axum::http::Request;
use flowstead::core::access::Role;
use flowstead::platform::config::Config;
use serde_json::json;

use crate::http::{Server, get, send_json};
use crate::tasks::api_token as token;

fn upload(path: &str, token: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", content_type)
        .body(body.into())
        .expect("a request")
}

#[tokio::test]
async fn a_file_goes_in_and_comes_out_safely() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    let mut browser = server.browser("ann").await;
    let cases = [
        ("page.html", "text/html", "<script>alert(1)</script>", "attachment", "text/html"),
        (
            "page.png",
            "image/png",
            "<script>alert(1)</script>",
            "attachment",
            "application/octet-stream",
        ),
        ("plan.pdf", "text/html", "%PDF-1.7 plan", "inline", "application/pdf"),
        ("..%2F..%2Fetc%2Fpasswd", "text/plain", "root", "attachment", "text/plain"),
    ];
    for (name, claimed, contents, kind, content_type) in cases {
        let path = format!("/api/v1/files?name={name}");
        let answer = server.send(upload(&path, &ann, claimed, contents)).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        let file = &answer.json()["data"][0];
        let key = file["key"].as_str().expect("a key is a text");
        assert_eq!(answer.header("location"), format!("/api/v1/files/{key}"));
        assert!(!file["name"].as_str().expect("a name").contains('/'), "{file}");
        let page = browser.get(&format!("/files/{key}")).await;
        let content = format!("/api/v1/files/{key}/content");
        for shown in [page, server.send(get(&content, &ann)).await] {
            assert_eq!((shown.status.as_u16(), shown.body.as_str()), (200, contents));
            assert_eq!(shown.header("content-type"), content_type);
            let disposition = shown.header("content-disposition");
            assert!(disposition.starts_with(&format!("{kind}; filename=\"")), "{disposition}");
            assert_eq!(shown.header("x-content-type-options"), "nosniff");
        }
    }
}

#[tokio::test]
async fn names_of_all_languages_survive_the_download() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    let path = "/api/v1/files?name=%C3%9Cbergabe%20%22neu%22.txt";
    let answer = server.send(upload(path, &ann, "text/plain", "x")).await.json();
    let key = answer["data"][0]["key"].as_str().expect("a key").to_owned();
    let shown = server.send(get(&format!("/api/v1/files/{key}/content"), &ann)).await;
    let expected = "attachment; filename=\"_bergabe _neu_.txt\"; \
                    filename*=UTF-8''%C3%9Cbergabe%20%22neu%22.txt";
    assert_eq!(shown.header("content-disposition"), expected);
}

#[tokio::test]
async fn several_files_come_in_one_form() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    let part = |name: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n\
             {name}\r\n"
        )
    };
    let body = format!("{}{}--x--\r\n", part("a.txt"), part("b.txt"));
    let form = "multipart/form-data; boundary=x";
    let answer = server.send(upload("/api/v1/files", &ann, form, body)).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let listed = server.send(get("/api/v1/files?limit=1", &ann)).await.json();
    assert_eq!(listed["data"][0]["name"], "b.txt");
    let cursor = listed["page"]["next_cursor"].as_str().expect("there is more");
    let path = format!("/api/v1/files?limit=1&cursor={cursor}");
    let listed = server.send(get(&path, &ann)).await.json();
    assert_eq!(
        (&listed["data"][0]["name"], &listed["page"]),
        (&json!("a.txt"), &json!({ "next_cursor": null }))
    );
}

#[tokio::test]
async fn what_can_not_be_taken_is_refused_with_a_reason() {
    let mut config = Config::default();
    config.server.rate_burst = 1_000_000;
    config.server.body_bytes = 2048;
    let server = Server::start_with(config).await;
    let ann = token(&server, "ann", Role::User).await;
    let large = "x".repeat(4096);
    let in_form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n\
         {large}\r\n--x--\r\n"
    );
    let form = "multipart/form-data; boundary=x";
    let cases = [
        ("/api/v1/files?name=a", "text/plain", large.as_str(), 413, "file_too_large"),
        ("/api/v1/files", form, in_form.as_str(), 413, "body_too_large"),
        ("/api/v1/files", "text/plain", "x", 400, "invalid_query"),
        ("/api/v1/files?name=a&purpose=secret", "text/plain", "x", 400, "invalid_query"),
        ("/api/v1/files", form, "--x--\r\n", 422, "no_file"),
        ("/api/v1/files", "multipart/form-data", "x", 400, "malformed_form"),
        ("/api/v1/files", form, "--x\r\nbroken", 400, "malformed_form"),
    ];
    for (path, content_type, body, status, code) in cases {
        let answer = server.send(upload(path, &ann, content_type, body.to_owned())).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {content_type}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], code, "{path} {content_type}");
    }
    let listed = server.send(get("/api/v1/files", &ann)).await.json();
    assert_eq!(listed["data"], json!([]), "nothing was stored");
}

#[tokio::test]
async fn only_the_owner_or_an_operator_deletes() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    let bob = token(&server, "bob", Role::User).await;
    let answer = server.send(upload("/api/v1/files?name=a", &ann, "text/plain", "x")).await.json();
    let path = format!("/api/v1/files/{}", answer["data"][0]["key"].as_str().expect("a key"));
    for (who, status) in [(&bob, 403), (&ann, 204), (&ann, 404)] {
        let answer = server.send(send_json("DELETE", &path, who, "")).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    }
    assert_eq!(server.send(get(&path, &ann)).await.status.as_u16(), 404);
}
