//! The HTTP connector: what is sent, and what becomes of the response.

use flowstead::platform::config::{MailConfig, OutboundConfig};
use flowstead::services::connectors::HTTP;
use flowstead::services::execution::JobOutcome;
use serde_json::json;

use super::target::Target;
use super::{JOB_KEY, attempt, completed, connectors, failure, local};

#[tokio::test]
async fn method_headers_query_and_body_are_sent() {
    let target = Target::start().await;
    let variables = json!({
        "method": "post",
        "url": target.url("/echo?a=1"),
        "headers": { "X-Number": 7, "X-Nothing": null },
        "queryParameters": { "b": "two words", "c": true },
        "body": { "amount": 5 },
    });
    let headers = json!({ "resultVariable": "answer" });
    let result = completed(attempt(&local(), HTTP, headers, variables).await);
    let answer = &result["answer"];
    assert_eq!(answer["status"], 200);
    assert_eq!(answer["headers"]["content-type"], "application/json");
    let sent = &answer["body"];
    assert_eq!(sent["method"], "POST");
    assert_eq!(sent["query"], "a=1&b=two+words&c=true");
    assert_eq!(sent["body"], "{\"amount\":5}");
    assert_eq!(sent["headers"]["content-type"], "application/json");
    assert_eq!(sent["headers"]["x-number"], "7");
    assert_eq!(sent["headers"]["x-nothing"], serde_json::Value::Null);
    assert_eq!(sent["headers"]["idempotency-key"], JOB_KEY.to_string());
}

#[tokio::test]
async fn authentication_becomes_headers_or_query() {
    let target = Target::start().await;
    let rows = [
        (json!({ "type": "noAuth" }), "authorization", None),
        (
            json!({ "type": "basic", "username": "ann", "password": "pw" }),
            "authorization",
            Some("Basic YW5uOnB3"),
        ),
        (json!({ "type": "bearer", "token": "t0" }), "authorization", Some("Bearer t0")),
        (json!({ "type": "apiKey", "name": "X-Key", "value": "k" }), "x-key", Some("k")),
    ];
    for (authentication, header, expected) in rows {
        let variables = json!({ "url": target.url("/echo"), "authentication": authentication });
        let headers = json!({ "resultExpression": "= {sent: body.headers}" });
        let result = completed(attempt(&local(), HTTP, headers, variables).await);
        assert_eq!(result["sent"][header].as_str(), expected, "{authentication}");
    }
    let key = json!({ "type": "apiKey", "apiKeyLocation": "query", "name": "key", "value": "k v" });
    let variables = json!({ "url": target.url("/echo"), "authentication": key });
    let headers = json!({ "resultExpression": "{query: response.body.query}" });
    let result = completed(attempt(&local(), HTTP, headers, variables).await);
    assert_eq!(result["query"], "key=k+v");
}

#[tokio::test]
async fn bodies_are_text_json_or_form() {
    let target = Target::start().await;
    let form = json!({ "Content-Type": "application/x-www-form-urlencoded" });
    let rows = [
        (json!("words"), json!({}), "text/plain; charset=utf-8", "words"),
        (json!([1, 2]), json!({}), "application/json", "[1,2]"),
        (json!({"a": "b c"}), form, "application/x-www-form-urlencoded", "a=b+c"),
    ];
    for (body, given, content_type, expected) in rows {
        let url = target.url("/echo");
        let variables = json!({ "method": "PUT", "url": url, "headers": given, "body": body });
        let headers = json!({ "resultVariable": "answer" });
        let result = completed(attempt(&local(), HTTP, headers, variables).await);
        let sent = &result["answer"]["body"];
        assert_eq!(sent["body"], expected);
        assert_eq!(sent["headers"]["content-type"], content_type);
    }
}

#[tokio::test]
async fn a_response_that_is_no_json_is_text() {
    let target = Target::start().await;
    let variables = json!({ "url": target.url("/text") });
    let headers = json!({ "resultExpression": "= {words: response.body, all: status}" });
    let result = completed(attempt(&local(), HTTP, headers, variables).await);
    assert_eq!(result["words"], "plain words");
    assert_eq!(result["all"], 200);
}

#[tokio::test]
async fn another_try_helps_against_troubles_of_the_other_side_only() {
    let target = Target::start().await;
    for (code, is_retryable) in [
        (400, false),
        (401, false),
        (404, false),
        (408, true),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let url = target.url(&format!("/status/{code}?secret=1"));
        let outcome = attempt(&local(), HTTP, json!({}), json!({ "url": url })).await;
        let shown = target.url(&format!("/status/{code}"));
        let message = format!("GET {shown}: answered {code}: it is as it is");
        assert_eq!(failure(outcome), (message, is_retryable));
    }
}

#[tokio::test]
async fn an_error_expression_makes_business_errors_and_job_errors() {
    let target = Target::start().await;
    let expression = "= if error.code = \"404\" then bpmnError(\"GONE\", error.message)
        else if error.code = \"403\" then bpmnError(\"DENIED\", \"no\", {who: \"them\"})
        else if error.code = \"500\" then jobError(\"not again\", {}, 0) else null";
    let run = async |path: &str| {
        let headers = json!({ "errorExpression": expression });
        attempt(&local(), HTTP, headers, json!({ "url": target.url(path) })).await
    };
    let message = format!("GET {}: answered 404: it is as it is", target.url("/status/404"));
    let variables = serde_json::Map::new();
    let gone = JobOutcome::Error { code: "GONE".into(), message, variables };
    assert_eq!(run("/status/404").await, gone);
    let JobOutcome::Error { code, variables, .. } = run("/status/403").await else {
        panic!("no business error")
    };
    assert_eq!((code.as_str(), &variables["who"]), ("DENIED", &json!("them")));
    assert_eq!(failure(run("/status/500").await), ("not again".to_owned(), false));
    assert!(failure(run("/status/503").await).1);
    completed(run("/text").await);
}

#[tokio::test]
async fn an_error_expression_sees_successful_responses_too() {
    let target = Target::start().await;
    let expression = "= if response.body = \"plain words\" then bpmnError(\"PLAIN\") else null";
    let headers = json!({ "errorExpression": expression });
    let outcome = attempt(&local(), HTTP, headers, json!({ "url": target.url("/text") })).await;
    assert!(matches!(outcome, JobOutcome::Error { code, .. } if code == "PLAIN"));
}

#[tokio::test]
async fn wrong_expressions_are_told() {
    let target = Target::start().await;
    let rows = [
        ("resultExpression", "= 5", "resultExpression: expected a context, found a number"),
        (
            "errorExpression",
            "= 5",
            "errorExpression: expected bpmnError(code, message), jobError(message) or null",
        ),
    ];
    for (name, expression, expected) in rows {
        let headers = json!({ name: expression });
        let outcome = attempt(&local(), HTTP, headers, json!({ "url": target.url("/text") })).await;
        assert_eq!(failure(outcome), (expected.to_owned(), false));
    }
    let headers = json!({ "resultExpression": "= {a: }" });
    let outcome = attempt(&local(), HTTP, headers, json!({ "url": target.url("/text") })).await;
    let (message, is_retryable) = failure(outcome);
    assert!(message.starts_with("resultExpression: expected"), "{message}");
    assert!(!is_retryable);
}

#[tokio::test]
async fn this_machine_is_guarded() {
    let target = Target::start().await;
    let guarded = connectors(&OutboundConfig::default(), &MailConfig::default());
    let variables = json!({ "url": target.url("/echo") });
    let (message, is_retryable) = failure(attempt(&guarded, HTTP, json!({}), variables).await);
    assert!(message.contains("127.0.0.1") && !is_retryable, "{message}");
    assert_eq!(target.requests(), 0);
}

#[tokio::test]
async fn silence_ends_and_nobody_there_is_told() {
    let target = Target::start().await;
    let seconds = json!({
        "url": target.url("/never"),
        "connectionTimeoutInSeconds": 1,
        "readTimeoutInSeconds": "1",
    });
    let outcome = attempt(&local(), HTTP, json!({}), seconds).await;
    let expected = format!("GET {}: no response within 2000 ms", target.url("/never"));
    assert_eq!(failure(outcome), (expected, true));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let variables = json!({ "url": format!("http://{address}/x") });
    let (message, is_retryable) = failure(attempt(&local(), HTTP, json!({}), variables).await);
    let start = format!("GET http://{address}/x: can't connect to 127.0.0.1: ");
    assert!(message.starts_with(&start) && is_retryable, "{message}");
}

#[tokio::test]
async fn credentials_in_an_address_are_refused_and_not_repeated() {
    let target = Target::start().await;
    let url = target.url("/echo").replace("http://", "http://user:pw@");
    let outcome = attempt(&local(), HTTP, json!({}), json!({ "url": url })).await;
    let (message, is_retryable) = failure(outcome);
    let end = "credentials in the address are not sent, expected a header for them";
    assert!(message.ends_with(end) && !message.contains("pw") && !is_retryable, "{message}");
    assert_eq!(target.requests(), 0);
}
