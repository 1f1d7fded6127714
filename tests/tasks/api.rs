//! User tasks over the API: statuses, codes and bodies, in one table for each kind of caller.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;
use flowstead::services::audit::Origin;
use flowstead::services::execution::{ProcessReference, Receipt, StartInstance, Work};
use flowstead::services::identity::NewApiToken;
use flowstead::services::processes::{Resource, deploy};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::one_task;
use crate::http::{Server, get, send_json};

pub(crate) const EXPENSE: &str = r#"{
  "type": "default", "id": "expense", "schemaVersion": 18,
  "components": [
    { "type": "checkbox", "id": "f1", "key": "approved", "label": "Approved" },
    { "type": "textfield", "id": "f2", "key": "reason", "label": "Reason",
      "validate": { "required": true } },
    { "type": "filepicker", "id": "f3", "key": "receipt", "label": "Receipt" }
  ]
}"#;

/// A server with a process whose user task is for ann, and the key of that user task.
pub(crate) async fn expense(server: &Server) -> String {
    let extensions = r#"<zeebe:formDefinition formId="expense" />
        <zeebe:assignmentDefinition candidateUsers="ann, bob" />"#;
    let file = |name: &str, content: String| Resource { name: name.into(), content };
    let resources = vec![
        file("expense.bpmn", one_task("expense", extensions)),
        file("expense.form", EXPENSE.into()),
    ];
    let execution = &server.app.execution;
    let deployed = deploy(execution, &TimeZone::UTC, resources, Origin::system("test")).await;
    deployed.expect("nothing is wrong with the files");
    let process = ProcessReference::Latest("expense".into());
    let work =
        Work::Start(StartInstance { process, after: None, variables: serde_json::Map::new() });
    let receipt = execution.submit(work, Origin::system("test")).await;
    assert!(matches!(receipt, Ok(Receipt::Instance(_))), "{receipt:?}");
    let token = token(server, "seeker", Role::Operator).await;
    let listed = server.send(get("/api/v1/user-tasks", &token)).await.json();
    listed["data"][0]["key"].as_str().expect("there is one").to_owned()
}

/// Makes a user and gives an API token of it.
pub(crate) async fn token(server: &Server, user_id: &str, role: Role) -> String {
    let key = server.user(user_id, &[role]).await;
    let token = NewApiToken { name: "test".into(), ..NewApiToken::default() };
    let made = server.app.identity.create_api_token(&Origin::system("test"), key, token).await;
    made.expect("it is new").1
}

/// Sends a request without a body, or with a JSON body for what is not null.
async fn call(
    server: &Server,
    method: &str,
    path: &str,
    token: &str,
    body: &Json,
) -> (StatusCode, Json) {
    let request = match body {
        Json::Null if method == "GET" => get(path, token),
        Json::Null => Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .expect("a request"),
        body => send_json(method, path, token, &body.to_string()),
    };
    let answer = server.send(request).await;
    (answer.status, if answer.body.is_empty() { Json::Null } else { answer.json() })
}

/// The tokens of those who meet at a task.
#[derive(Clone, Copy)]
struct People<'t> {
    ann: &'t str,
    bob: &'t str,
    cat: &'t str,
    max: &'t str,
}

/// Method, rest of the address, token, body, status, where to look in the answer, what is there.
type Step<'t> = (&'static str, &'static str, &'t str, Json, u16, &'static str, Json);

fn claiming(it: People<'_>) -> Vec<Step<'_>> {
    vec![
        ("GET", "", it.cat, Json::Null, 404, "/error/code", json!("not_found")),
        ("POST", "/claim", it.cat, Json::Null, 404, "/error/code", json!("not_found")),
        (
            "GET",
            "",
            it.ann,
            Json::Null,
            200,
            "/data/may",
            json!({
                "claim": true, "unclaim": false, "assign": false, "complete": true
            }),
        ),
        ("GET", "/form", it.ann, Json::Null, 200, "/data/id", json!("expense")),
        ("POST", "/claim", it.ann, Json::Null, 200, "/data/assignee", json!("ann")),
        ("POST", "/claim", it.bob, Json::Null, 409, "/error/code", json!("user_task_taken")),
        (
            "POST",
            "/claim",
            it.bob,
            Json::Null,
            409,
            "/error/details",
            json!({
                "assignee": "ann", "found_rev": 2
            }),
        ),
        ("POST", "/unclaim", it.ann, Json::Null, 200, "/data/assignee", Json::Null),
    ]
}

fn managing(it: People<'_>) -> Vec<Step<'_>> {
    vec![
        (
            "POST",
            "/assign",
            it.bob,
            json!({ "assignee": "bob" }),
            403,
            "/error/code",
            json!("forbidden"),
        ),
        (
            "POST",
            "/assign",
            it.max,
            json!({ "assignee": "nobody" }),
            422,
            "/error/details",
            json!({ "field": "assignee" }),
        ),
        (
            "POST",
            "/assign",
            it.max,
            json!({ "assignee": "bob", "rev": 1 }),
            409,
            "/error/details",
            json!({ "expected_rev": 1, "found_rev": 3 }),
        ),
        (
            "POST",
            "/assign",
            it.max,
            json!({ "assignee": "ann", "rev": 3 }),
            200,
            "/data/rev",
            json!(4),
        ),
        (
            "PATCH",
            "",
            it.max,
            json!({ "due_at": "tomorrow" }),
            422,
            "/error/code",
            json!("invalid_value"),
        ),
        (
            "PATCH",
            "",
            it.max,
            json!({ "due_at": "2031-01-01T00:00:00Z" }),
            200,
            "/data/due_at",
            json!("2031-01-01T00:00:00.000Z"),
        ),
        ("PATCH", "", it.max, json!({ "due_at": null }), 200, "/data/due_at", Json::Null),
        ("PATCH", "", it.ann, json!({ "priority": 1 }), 403, "/error/code", json!("forbidden")),
    ]
}

fn completing(it: People<'_>) -> Vec<Step<'_>> {
    let fits = json!({ "variables": { "approved": true, "reason": "fine" }, "comment": "Done." });
    vec![
        (
            "POST",
            "/complete",
            it.ann,
            json!({ "variables": { "receipt": ["12"] } }),
            422,
            "/error/details",
            json!({ "fields": [
                { "key": "reason", "label": "Reason", "message": "expected a text" },
                { "key": "receipt", "label": "Receipt", "message": "expected an attached file" },
            ] }),
        ),
        ("POST", "/complete", it.ann, fits.clone(), 200, "/data/state", json!("completed")),
        ("POST", "/complete", it.ann, fits, 409, "/error/code", json!("user_task_ended")),
        ("GET", "/comments", it.ann, Json::Null, 200, "/data/0/text", json!("Done.")),
    ]
}

#[tokio::test]
async fn a_task_goes_from_claim_to_completion() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    let bob = token(&server, "bob", Role::User).await;
    let cat = token(&server, "cat", Role::User).await;
    let max = token(&server, "max", Role::Operator).await;
    let key = expense(&server).await;
    let people = People { ann: &ann, bob: &bob, cat: &cat, max: &max };
    let steps = [claiming(people), managing(people), completing(people)].concat();
    for (number, (method, rest, token, body, status, pointer, expected)) in
        steps.into_iter().enumerate()
    {
        let path = format!("/api/v1/user-tasks/{key}{rest}");
        let (found, answer) = call(&server, method, &path, token, &body).await;
        assert_eq!(found.as_u16(), status, "step {number}, {method} {path}: {answer}");
        let value = answer.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(value, expected, "step {number}, {method} {path}");
    }
}

#[tokio::test]
async fn lists_and_counts_answer_what_is_asked() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    let key = expense(&server).await;
    let (_, counts) = call(&server, "GET", "/api/v1/user-tasks/counts", &ann, &Json::Null).await;
    assert_eq!(counts["data"], json!({ "mine": 0, "unassigned": 1, "all": 1, "done": 0 }));
    let cases = [
        ("", 200, json!([key])),
        ("?filter=mine", 200, json!([])),
        ("?filter=unassigned&sort=priority&search=EXP", 200, json!([key])),
        ("?process_id=other", 200, json!([])),
        ("?limit=1", 200, json!([key])),
    ];
    for (query, status, expected) in cases {
        let path = format!("/api/v1/user-tasks{query}");
        let (found, answer) = call(&server, "GET", &path, &ann, &Json::Null).await;
        assert_eq!(found.as_u16(), status, "{query}");
        let keys: Vec<&Json> =
            answer["data"].as_array().expect("a list").iter().map(|it| &it["key"]).collect();
        assert_eq!(json!(keys), expected, "{query}");
    }
    let refusals = [
        ("?filter=yours", "filter: expected one of mine, unassigned, all, done, found `yours`"),
        ("?sort=name", "sort: expected one of due, priority, created, found `name`"),
        ("?limit=0", "limit: expected 1 to 500, found 0"),
        ("?cursor=x", "cursor: expected the next_cursor of an earlier answer of the same list"),
    ];
    for (query, message) in refusals {
        let path = format!("/api/v1/user-tasks{query}");
        let (status, answer) = call(&server, "GET", &path, &ann, &Json::Null).await;
        assert_eq!((status.as_u16(), &answer["error"]["message"]), (400, &json!(message)));
    }
}

#[tokio::test]
async fn deployed_forms_are_shown_as_they_were_deployed() {
    let server = Server::start().await;
    let ann = token(&server, "ann", Role::User).await;
    expense(&server).await;
    let (status, answer) = call(&server, "GET", "/api/v1/forms/expense", &ann, &Json::Null).await;
    assert_eq!((status.as_u16(), &answer["data"]["version"]), (200, &json!(1)));
    let schema: Json = serde_json::from_str(EXPENSE).expect("it is JSON");
    assert_eq!(answer["data"]["schema"], schema);
    let (status, _) = call(&server, "GET", "/api/v1/forms/other", &ann, &Json::Null).await;
    assert_eq!(status.as_u16(), 404);
}
