//! The JavaScript connector: what a script's result becomes.

use flowstead::services::connectors::SCRIPT;
use serde_json::{Value as Json, json};

use super::{attempt, completed, failure, local};

async fn run(headers: Json) -> flowstead::services::execution::JobOutcome {
    attempt(&local(), SCRIPT, headers, json!({ "a": 2, "b": 3 })).await
}

#[tokio::test]
async fn a_result_goes_where_the_headers_say() {
    let named = completed(run(json!({ "script": "a * b", "resultVariable": "c" })).await);
    assert_eq!(Json::Object(named), json!({ "c": 6 }));
    let merged = completed(run(json!({ "script": "({ sum: a + b, more: [a] })" })).await);
    assert_eq!(Json::Object(merged), json!({ "sum": 5, "more": [2] }));
    let nothing = completed(run(json!({ "script": "null" })).await);
    assert_eq!(Json::Object(nothing), json!({}));
}

#[tokio::test]
async fn failures_say_what_is_wrong() {
    let rows = [
        (json!({}), "expected a task header `script` with the source, found none", false),
        (
            json!({ "script": "a * b" }),
            "expected a result that is an object, or a task header `resultVariable`; the script \
             gave a number",
            false,
        ),
        (
            json!({ "script": "while (true) {}" }),
            "the script took too long, expected at most 1000 ms",
            true,
        ),
    ];
    for (headers, expected, is_retryable) in rows {
        assert_eq!(failure(run(headers).await), (expected.to_owned(), is_retryable));
    }
    let (message, is_retryable) = failure(run(json!({ "script": "c.d" })).await);
    assert!(message.contains("in line 1") && message.contains('c'), "{message}");
    assert!(!is_retryable);
}
