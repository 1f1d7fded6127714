//! The inbox and the start form as a browser without JavaScript uses them.

use flowstead::core::access::Role;

use super::api::expense;
use crate::http::{Answer, Browser, Server};

/// Posts a form as `multipart/form-data`; a file is named `name` and sent with its contents.
async fn post_with_file(
    browser: &mut Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
    file: (&str, &str, &str),
) -> Answer {
    let csrf = [("csrf", browser.csrf.as_str())];
    let parts = csrf.iter().chain(fields).map(|(name, value)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let (control, name, contents) = file;
    let file = format!(
        "--x\r\nContent-Disposition: form-data; name=\"{control}\"; filename=\"{name}\"\r\n\
         Content-Type: text/plain\r\n\r\n{contents}\r\n--x--\r\n"
    );
    let body = parts.collect::<Vec<_>>().concat() + &file;
    browser.post_body(path, "multipart/form-data; boundary=x", body).await
}

#[tokio::test]
async fn a_task_is_claimed_and_completed_with_a_comment_and_files_in_one_go() {
    let server = Server::start().await;
    server.user("ann", &[Role::User]).await;
    let key = expense(&server).await;
    let mut ann = server.browser("ann").await;
    let inbox = ann.get("/inbox?filter=unassigned").await;
    assert!(inbox.body.contains(&format!("/inbox/{key}?filter=unassigned")), "{}", inbox.body);
    let opened = ann.get(&format!("/inbox?filter=unassigned&task={key}")).await;
    assert!(opened.body.contains("name=\"data.reason\""), "{}", opened.body);
    let claimed = ann.post(&format!("/user-tasks/{key}/claim"), &[]).await;
    assert_eq!(
        (claimed.status.as_u16(), claimed.header("location")),
        (303, &*format!("/inbox/{key}"))
    );
    let shown = ann.get(&format!("/inbox/{key}")).await;
    assert!(shown.body.contains("The task is yours now."), "{}", shown.body);

    let complete = format!("/user-tasks/{key}/complete");
    let fields = [("data.approved", "true"), ("comment", "The wombat is approved.")];
    let refused = post_with_file(&mut ann, &complete, &fields, ("files", "note.txt", "n")).await;
    assert_eq!(refused.status.as_u16(), 422);
    for kept in ["expected a text", "The wombat is approved.", "note.txt", "name=\"attached\""] {
        assert!(refused.body.contains(kept), "{kept} in {}", refused.body);
    }
    let (_, rest) = refused.body.split_once("name=\"attached\" value=\"").expect("it is kept");
    let attached = rest.split('"').next().expect("a key").to_owned();

    let fields = [
        ("data.approved", "true"),
        ("data.reason", "fine"),
        ("comment", "The wombat is approved."),
        ("attached", attached.as_str()),
    ];
    let receipt = ("data.receipt", "bill.txt", "b");
    let done = post_with_file(&mut ann, &complete, &fields, receipt).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/inbox"), "{}", done.body);
    let shown = ann.get(&format!("/inbox/{key}")).await;
    for text in ["The ann completed this task.", "The wombat is approved.", "note.txt", "bill.txt"]
    {
        assert!(shown.body.contains(text), "{text} in {}", shown.body);
    }
}

#[tokio::test]
async fn a_claim_that_came_late_says_who_was_faster() {
    let server = Server::start().await;
    server.user("ann", &[Role::User]).await;
    server.user("bob", &[Role::User]).await;
    let key = expense(&server).await;
    let (mut ann, mut bob) = (server.browser("ann").await, server.browser("bob").await);
    ann.post(&format!("/user-tasks/{key}/claim"), &[]).await;
    let late = bob.post(&format!("/user-tasks/{key}/claim"), &[]).await;
    assert_eq!(late.status.as_u16(), 303);
    let shown = bob.get(late.header("location")).await;
    assert!(shown.body.contains("Ann has claimed the user task."), "{}", shown.body);
    assert!(shown.body.contains("The ann works on this task."), "{}", shown.body);
    assert!(!shown.body.contains("Complete task"), "bob can't complete it");
    let forged = bob.post(&format!("/user-tasks/{key}/complete"), &[("data.reason", "x")]).await;
    assert_eq!(forged.status.as_u16(), 303);
    let shown = bob.get(forged.header("location")).await;
    assert!(shown.body.contains("Ann has claimed the user task."), "{}", shown.body);
}

#[tokio::test]
async fn a_preview_shows_conditions_anew_and_stores_nothing() {
    let server = Server::start().await;
    server.user("ann", &[Role::User]).await;
    let key = expense(&server).await;
    let mut ann = server.browser("ann").await;
    ann.get(&format!("/inbox/{key}")).await;
    let preview = format!("/user-tasks/{key}/complete?preview");
    let fields = [("data.reason", "half a sen")];
    let shown = post_with_file(&mut ann, &preview, &fields, ("data.receipt", "b.txt", "b")).await;
    assert_eq!(shown.status.as_u16(), 200);
    assert!(shown.body.contains("id=\"form-fields\""), "{}", shown.body);
    assert!(shown.body.contains("half a sen"), "{}", shown.body);
    let files = ann.get("/files").await;
    assert!(files.body.contains("No files yet"), "{}", files.body);
}

#[tokio::test]
async fn a_start_form_shows_errors_in_place_and_starts_what_fits() {
    use flowstead::services::audit::Origin;
    use flowstead::services::processes::{Resource, deploy};
    let server = Server::start().await;
    server.user("ann", &[Role::User]).await;
    let model = super::one_task("trip", "").replace(
        "<bpmn:startEvent id=\"begin\">",
        "<bpmn:startEvent id=\"begin\"><bpmn:extensionElements>\
         <zeebe:formDefinition formId=\"expense\" /></bpmn:extensionElements>",
    );
    let file = |name: &str, content: &str| Resource { name: name.into(), content: content.into() };
    let resources = vec![file("trip.bpmn", &model), file("e.form", super::api::EXPENSE)];
    let execution = &server.app.execution;
    let origin = Origin::system("test");
    deploy(execution, &jiff::tz::TimeZone::UTC, resources, origin).await.expect("it is right");

    let mut ann = server.browser("ann").await;
    let shown = ann.get("/processes/trip/start").await;
    assert!(shown.body.contains("enctype=\"multipart/form-data\""), "{}", shown.body);
    let receipt = ("data.receipt", "bill.txt", "b");
    let refused = post_with_file(&mut ann, "/processes/trip/start", &[], receipt).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.body.contains("expected a text"), "{}", refused.body);
    let (_, rest) = refused.body.split_once("name=\"data.receipt\" value=\"").expect("it is kept");
    let kept = rest.split('"').next().expect("a key").to_owned();
    let fields = [("data.reason", "rain"), ("data.receipt", kept.as_str())];
    let started = ann.post("/processes/trip/start", &fields).await;
    assert_eq!(started.status.as_u16(), 303, "{}", started.body);
    assert!(
        started.header("location").starts_with("/instances/"),
        "{}",
        started.header("location")
    );
    assert_eq!(ann.get("/processes/nowhere/start").await.status.as_u16(), 404);
    let files = ann.get("/files").await;
    assert!(files.body.contains("bill.txt"), "{}", files.body);
}
