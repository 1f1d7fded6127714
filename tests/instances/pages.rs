//! The pages over instances in a browser without scripts: they show, filter, and repair.

use std::time::Duration;

use axum::http::StatusCode;
use flowstead::core::access::Role;
use flowstead::services::execution::LeaseJobs;
use flowstead::services::jobs::{self, FailedAttempt, Lease};
use flowstead::services::processes::{Resource, deploy};
use jiff::tz::TimeZone;

use crate::http::{Browser, Server, send_json};
use crate::support::engine::origin;
use crate::support::models;

/// A server with a review that is stuck, its key, and a schedule.
async fn stuck() -> (Server, String) {
    let server = Server::start().await;
    let files = [("review.bpmn", models::review()), ("daily.bpmn", models::daily())];
    let resource = |(name, content): (&str, String)| Resource { name: name.to_owned(), content };
    let files = files.into_iter().map(resource).collect();
    let execution = &server.app.execution;
    let zone = TimeZone::UTC;
    deploy(execution, &zone, files, origin("modeler")).await.expect("no problems");
    let token = server.token(Role::Administrator).await;
    let body = r#"{"process_id":"review","variables":{"amount":7,"city":"Bern"}}"#;
    let started = send_json("POST", "/api/v1/process-instances", &token, body);
    let started = server.send(started).await.json();
    let key = started["data"]["key"].as_str().expect("a key").to_owned();
    let wanted = LeaseJobs {
        job_types: vec!["review".to_owned()],
        worker: "worker".to_owned(),
        limit: 1,
        lease_ms: 10_000,
        variable_names: None,
    };
    let taken = jobs::activate(execution, wanted, Duration::ZERO, origin("worker")).await;
    let job = taken.expect("workers may ask").remove(0);
    let lease = Lease { job_key: job.key, token: job.lease_token };
    let attempt = FailedAttempt {
        retries: Some(0),
        message: "no paper in the tray".to_owned(),
        ..FailedAttempt::default()
    };
    jobs::fail(execution, lease, attempt, origin("worker")).await.expect("a valid lease");
    server.app.search.catch_up().await.expect("it follows");
    (server, key)
}

/// Each page with words that must stand on it; `KEY` is the instance's.
const SHOWN: &str = "
/ | Waiting for me | Stuck | Latest activity
/instances | KEY | Review it | Incident
/instances?state=stuck&process=review | KEY | 1 of 1
/instances?state=completed | No instances found
/instances?search=bern | KEY
/instances?search=KEY | KEY
/instances?search=nowhere | No instances found
/instances?process=review&variable=size&op=eq&value=1 | Process review has no business variables
/instances/KEY | no paper in the tray | is stuck | <svg
/instances/KEY?tab=variables | &#34;Bern&#34; | Process instance
/instances/KEY?tab=jobs | Given up | no paper in the tray
/instances/KEY?tab=incidents | Job without retries | Retry
/instances/KEY?tab=called | No called instances
/incidents | no paper in the tray | Retry all 1
/incidents?search=paper&kind=job_no_retries | no paper in the tray
/incidents?search=water | No incidents found
/schedules | Every morning | 0 0 6 * * * | Pause
/audit | Job failed | Instance started
/audit?search=paper&action=job.failed | <mark>paper</mark> | Clear
/audit?search=nothing+of+the+kind | No events found
/system | Dead letters | no paper in the tray | Requeue
";

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_what_they_are_for() {
    let (server, key) = stuck().await;
    server.user("olga", &[Role::Administrator]).await;
    let mut browser = server.browser("olga").await;
    for line in SHOWN.trim().lines() {
        let line = line.replace("KEY", &key);
        let mut parts = line.split(" | ");
        let path = parts.next().expect("a path");
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        for words in parts {
            assert!(answer.body.contains(words), "{path} lacks {words}: {}", answer.body);
        }
    }
}

async fn post(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)], goes_to: &str) {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
    assert_eq!(answer.header("location"), goes_to, "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_repairs_pauses_and_cancels() {
    let (server, key) = stuck().await;
    server.user("olga", &[Role::Operator]).await;
    let mut browser = server.browser("olga").await;
    let fields = [("scope", "all"), ("next", "/incidents?kind=job_no_retries")];
    post(&mut browser, "/incidents/resolve", &fields, "/incidents?kind=job_no_retries").await;
    let answer = browser.get("/incidents").await;
    assert!(answer.body.contains("1 tried again."), "{}", answer.body);
    assert!(answer.body.contains("Nothing is stuck"), "{}", answer.body);

    let schedules = browser.get("/schedules").await.body;
    let (_, rest) = schedules.split_once("action=\"/schedules/").expect("a button");
    let (schedule, _) = rest.split_once('/').expect("a key");
    let path = format!("/schedules/{schedule}/pause");
    post(&mut browser, &path, &[], "/schedules").await;
    assert!(browser.get("/schedules").await.body.contains("Resume"));

    let path = format!("/instances/{key}");
    post(&mut browser, &format!("{path}/cancel"), &[], &path).await;
    assert!(browser.get(&path).await.body.contains("Terminated"));
    post(&mut browser, &format!("{path}/cancel"), &[], &path).await;
    let answer = browser.get(&path).await;
    assert!(answer.body.contains("Expected an active process instance"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sets_variables_and_reads_where_a_value_is_wrong() {
    let (server, key) = stuck().await;
    server.user("olga", &[Role::Operator]).await;
    let mut browser = server.browser("olga").await;
    let path = format!("/instances/{key}/variables");
    let here = format!("/instances/{key}?tab=variables");
    let form = browser.get(&format!("{here}&scope={key}&name=city")).await;
    assert!(form.body.contains("&#34;Bern&#34;</textarea>"), "it begins with the present value");
    for (name, value, problem) in [
        ("", "1", "Expected the name of a variable."),
        ("city", " ", "Expected JSON, found nothing."),
        ("city", "Bern", "expected value (line 1 column 1)"),
        ("city", "[1,\n 2", "EOF while parsing a list (line 2 column 2)"),
        ("city", "1 2", "trailing characters (line 1 column 3)"),
    ] {
        let fields = [("scope", key.as_str()), ("name", name), ("value", value)];
        let refused = browser.post(&path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        assert!(refused.body.contains(problem), "{value} lacks {problem}: {}", refused.body);
        assert!(refused.body.contains(&format!("{value}</textarea>")), "what was entered stays");
    }
    let elsewhere = [("scope", "1"), ("name", "city"), ("value", "1")];
    let refused = browser.post(&path, &elsewhere).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(browser.get(&here).await.body.contains("&#34;Bern&#34;"), "nothing was changed");

    let fields = [("scope", key.as_str()), ("name", "city"), ("value", "\"Basel\"")];
    post(&mut browser, &path, &fields, &here).await;
    let changed = browser.get(&here).await.body;
    assert!(changed.contains("The variable city was set."), "{changed}");
    assert!(changed.contains("&#34;Basel&#34;") && !changed.contains("Bern&#34;"), "{changed}");
    let told = browser.get(&format!("/instances/{key}")).await.body;
    assert!(told.contains("got new values of city by The olga"), "{told}");

    server.user("uwe", &[Role::User]).await;
    let mut other = server.browser("uwe").await;
    assert_eq!(other.post(&path, &fields).await.status, StatusCode::FORBIDDEN);
    post(&mut browser, &format!("/instances/{key}/cancel"), &[], &format!("/instances/{key}"))
        .await;
    assert!(
        !browser.get(&here).await.body.contains("set-variable"),
        "what has ended stays as it is"
    );
}
