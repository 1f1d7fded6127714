//! Completing user tasks: forms are checked by the server, whatever the sender claims.

use flowstead::core::access::Principal;
use flowstead::platform::store::Sql;
use flowstead::services::execution::{find_instance, list_turns};
use flowstead::services::tasks::{self, Completion, Submitted, TaskError, TaskState, UserTask};
use serde_json::{Value as Json, json};

use super::{audit_of, files, manager, one_task, start_one, task_of, user};
use crate::support::engine::{Engine, for_each_engine, origin};

const REVIEW: &str = r#"{
  "type": "default", "id": "review", "schemaVersion": 18,
  "components": [
    { "type": "textfield", "id": "f1", "key": "requester", "label": "Requester", "readonly": true },
    { "type": "number", "id": "f2", "key": "amount", "label": "Amount", "disabled": true },
    { "type": "checkbox", "id": "f3", "key": "approved", "label": "Approved" },
    { "type": "textfield", "id": "f4", "key": "reason", "label": "Reason",
      "validate": { "required": true, "maxLength": 20 },
      "conditional": { "hide": "=approved" } }
  ]
}"#;

async fn review(engine: &Engine) -> UserTask {
    let extensions = r#"<zeebe:formDefinition formId="review" />"#;
    let model = one_task("review", extensions);
    engine.deploy(&[("review.bpmn", &model), ("review.form", REVIEW)]).await;
    let variables = json!({ "requester": "rita", "amount": 100 });
    let started = engine.start("review", variables, "rita").await;
    task_of(engine, started.key).await
}

fn pairs(fields: &[(&str, &str)]) -> Submitted {
    let owned = fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Submitted::Pairs(owned.collect())
}

fn variables(value: Json) -> Submitted {
    let Json::Object(map) = value else { panic!("variables are an object") };
    Submitted::Json(map)
}

async fn complete(
    engine: &Engine,
    who: &Principal,
    key: i64,
    submitted: Submitted,
) -> Result<UserTask, TaskError> {
    let files = files(engine, 1024).await;
    let completion = Completion { submitted, ..Completion::default() };
    tasks::complete(&engine.execution, &files, who, key, completion, origin(&who.user_id)).await
}

/// The events of the last turn of an instance, as text.
async fn last_turn(engine: &Engine, key: i64) -> String {
    let definitions = engine.execution.definitions().clone();
    let read = move |sql: &mut dyn Sql| {
        let (_, deployed) = find_instance(sql, &definitions, key)?.expect("the instance is there");
        list_turns(sql, &deployed, key)
    };
    let turns = engine.database().read(read).await.expect("the journal can be read");
    format!("{:?}", turns.last().expect("there was a turn").events)
}

#[tokio::test]
async fn hidden_readonly_and_disabled_fields_keep_their_values() {
    for_each_engine(async |engine| {
        let task = review(&engine).await;
        let forged = pairs(&[
            ("requester", "mallory"),
            ("amount", "1"),
            ("approved", "true"),
            ("reason", "hidden by the condition"),
        ]);
        let done = complete(&engine, &user("ann"), task.key, forged).await.expect("it fits");
        assert_eq!(done.state, TaskState::Completed);
        let events = last_turn(&engine, task.instance_key).await;
        assert!(events.contains("approved"), "{events}");
        for forged in ["mallory", "hidden by the condition", "Number(1)"] {
            assert!(!events.contains(forged), "{forged} in {events}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_field_by_field_and_changes_nothing() {
    for_each_engine(async |engine| {
        let task = review(&engine).await;
        let cases: [(Submitted, &[(&str, &str)]); 4] = [
            (pairs(&[]), &[("reason", "expected a text")]),
            (
                pairs(&[("reason", "far too long to be a reason")]),
                &[("reason", "expected at most 20 characters")],
            ),
            (
                variables(json!({ "approved": "yes" })),
                &[("approved", "expected true or false"), ("reason", "expected a text")],
            ),
            (
                variables(json!({ "approved": true, "intruder": 1 })),
                &[(
                    "intruder",
                    "unknown field `intruder`, expected one of `requester`, `amount`, `approved`, \
                 `reason`",
                )],
            ),
        ];
        for (submitted, expected) in cases {
            let refused = complete(&engine, &user("ann"), task.key, submitted).await;
            let Err(TaskError::Invalid(errors)) = refused else { panic!("{refused:?}") };
            let errors: Vec<_> =
                errors.iter().map(|it| (it.key.as_str(), it.message.as_str())).collect();
            assert_eq!(errors, expected);
        }
        assert_eq!(task_of(&engine, task.instance_key).await, task);
        assert!(audit_of(&engine, "user_task").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_task_is_completed_once_and_only_by_whoever_may() {
    for_each_engine(async |engine| {
        let extensions = r#"<zeebe:assignmentDefinition assignee="ann" candidateUsers="bob" />"#;
        let task = start_one(&engine, "once", extensions).await;
        let by = async |who: Principal| {
            complete(&engine, &who, task.key, variables(json!({ "done": true }))).await
        };
        assert!(matches!(by(user("cat")).await, Err(TaskError::NotFound)));
        let late = by(user("bob")).await;
        assert!(matches!(late, Err(TaskError::Taken { assignee, .. }) if assignee == "ann"));
        assert_eq!(by(user("ann")).await.expect("it is hers").ended_by.as_deref(), Some("ann"));
        assert!(matches!(by(user("ann")).await, Err(TaskError::Ended)));
        assert!(matches!(by(manager()).await, Err(TaskError::Ended)));
        let claimed = tasks::claim(&engine.execution, &user("ann"), task.key, origin("ann")).await;
        assert!(matches!(claimed, Err(TaskError::Ended)));
    })
    .await;
}

#[tokio::test]
async fn a_comment_goes_with_what_fits_and_stays_away_with_what_does_not() {
    for_each_engine(async |engine| {
        let task = review(&engine).await;
        let files = files(&engine, 1024).await;
        let hand_in = async |approved: bool| {
            let completion = Completion {
                submitted: variables(json!({ "approved": approved })),
                comment: Some("Fine with me.".into()),
                ..Completion::default()
            };
            let (ann, origin) = (user("ann"), origin("ann"));
            tasks::complete(&engine.execution, &files, &ann, task.key, completion, origin).await
        };
        assert!(matches!(hand_in(false).await, Err(TaskError::Invalid(_))));
        hand_in(true).await.expect("it fits");
        let (instance_key, key) = (task.instance_key, task.key);
        let read = move |sql: &mut dyn Sql| tasks::list_comments(sql, instance_key, key);
        let kept = engine.database().read(read).await.expect("they can be read");
        assert_eq!(kept.len(), 1, "{kept:?}");
        let actions: Vec<_> =
            audit_of(&engine, "user_task").await.into_iter().map(|it| it.0).collect();
        assert_eq!(actions, ["user_task.commented", "user_task.completed"]);
    })
    .await;
}
