//! Wrong inputs: what is said, and that no other attempt is made.

use flowstead::services::connectors::{HTTP, MAIL};
use serde_json::{Value as Json, json};

use super::{attempt, failure, local};

async fn check(job_type: &str, rows: Vec<(Json, &str)>) {
    for (variables, expected) in rows {
        let outcome = attempt(&local(), job_type, json!({}), variables.clone()).await;
        assert_eq!(failure(outcome), (expected.to_owned(), false), "{variables}");
    }
}

#[tokio::test]
async fn inputs_of_the_http_connector() {
    let with = |name: &str, value: Json| json!({ "url": "http://127.0.0.1:1", name: value });
    let rows = vec![
        (json!({}), "url: expected an address such as https://example.com, found nothing"),
        (
            json!({ "url": "" }),
            "url: expected an address such as https://example.com, found nothing",
        ),
        (json!({ "url": 5 }), "url: expected a text, found a number"),
        (
            with("method", json!("FETCH")),
            "method: expected one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, found \"FETCH\"",
        ),
        (with("method", json!(["GET"])), "method: expected a text, found a list"),
        (
            with("headers", json!("X: y")),
            "headers: expected a context of names and values, found a text",
        ),
        (with("headers", json!({ "a": [1] })), "headers.a: expected a text, found a list"),
        (
            with("queryParameters", json!(true)),
            "queryParameters: expected a context of names and values, found true or false",
        ),
        (
            with("authentication", json!("basic")),
            "authentication: expected a context, found a text",
        ),
        (with("authentication", json!({})), "authentication.type: expected a text, found nothing"),
        (
            with("authentication", json!({ "type": "magic" })),
            "authentication.type: expected noAuth, basic, bearer or apiKey, found \"magic\"",
        ),
        (
            with("authentication", json!({ "type": "basic", "username": "ann" })),
            "authentication.password: expected a text, found nothing",
        ),
        (
            with("authentication", json!({ "type": "bearer", "token": 5 })),
            "authentication.token: expected a text, found a number",
        ),
        (
            with(
                "authentication",
                json!({ "type": "apiKey", "apiKeyLocation": "body", "name": "k", "value": "v" }),
            ),
            "authentication.apiKeyLocation: expected headers or query, found \"body\"",
        ),
        (
            with("readTimeoutInSeconds", json!(0)),
            "readTimeoutInSeconds: expected a whole number of seconds from 1 to 3600, found a \
             number",
        ),
        (
            with("connectionTimeoutInSeconds", json!("soon")),
            "connectionTimeoutInSeconds: expected a whole number of seconds from 1 to 3600, found \
             a text",
        ),
    ];
    check(HTTP, rows).await;
}

#[tokio::test]
async fn inputs_of_the_mail_connector() {
    let with =
        |name: &str, value: Json| json!({ "to": "a@example.org", "subject": "s", name: value });
    let rows = vec![
        (json!({}), "to: expected a receiver such as name@example.com, found nothing"),
        (json!({ "to": 5 }), "to: expected a text, found a number"),
        (json!({ "to": [true] }), "to: expected a text, found true or false"),
        (json!({ "to": "a@example.org" }), "subject: expected a line of text, found nothing"),
        (with("body", json!({})), "body: expected a text, found a context"),
        (with("attachments", json!("x")), "attachments: expected a list, found a text"),
        (with("attachments", json!([5])), "attachments[1]: expected a context, found a number"),
        (
            with("attachments", json!([{}])),
            "attachments[1].name: expected a file name, found nothing",
        ),
        (
            with("attachments", json!([{ "name": "a.txt" }])),
            "attachments[1].content: expected a text, or base64, found nothing",
        ),
        (
            with("attachments", json!([{ "name": "a.txt", "base64": "%" }])),
            "attachments[1].base64: expected text in base64",
        ),
        (
            with("body", json!("hello")),
            "mail is off, expected mail.host and mail.from in the configuration",
        ),
    ];
    check(MAIL, rows).await;
}
