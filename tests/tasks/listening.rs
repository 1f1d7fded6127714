//! Listeners of user tasks: whoever asks for a change is told what a worker says to it.

use std::time::Duration;

use flowstead::core::engine::{JobKind, JobResult, TaskCorrections};
use flowstead::core::model::TaskListenerEvent;
use flowstead::services::execution::{LeaseJobs, LeasedJob};
use flowstead::services::jobs::{self, Lease};
use flowstead::services::tasks::{self, Completion, Submitted, TaskError, TaskState, UserTask};
use serde_json::json;

use super::{files, start_one, task_of, user};
use crate::support::engine::{Engine, for_each_engine, origin};

const LISTENED: &str = r#"<zeebe:assignmentDefinition assignee="anna" />
    <zeebe:taskListeners><zeebe:taskListener eventType="completing" type="check" /></zeebe:taskListeners>"#;

/// The next job of a listener, waiting for it.
async fn listener(engine: &Engine) -> LeasedJob {
    let wanted = LeaseJobs {
        job_types: vec!["check".to_owned()],
        worker: "checker".to_owned(),
        limit: 1,
        lease_ms: 60_000,
        variable_names: None,
    };
    let wait = Duration::from_secs(20);
    let taken = jobs::activate(&engine.execution, wanted, wait, origin("checker")).await;
    taken.expect("workers may ask").pop().expect("the listener has a job")
}

async fn answer(engine: &Engine, job: &LeasedJob, result: JobResult) {
    let lease = Lease { job_key: job.key, token: job.lease_token };
    let variables = serde_json::Map::new();
    let done = jobs::complete_with(&engine.execution, lease, variables, result, origin("checker"));
    done.await.expect("the result fits");
}

async fn complete(engine: &Engine, key: i64, amount: i64) -> Result<UserTask, TaskError> {
    let files = files(engine, 1024).await;
    let values = json!({ "amount": amount }).as_object().cloned().unwrap_or_default();
    let completion = Completion { submitted: Submitted::Json(values), ..Completion::default() };
    let anna = user("anna");
    tasks::complete(&engine.execution, &files, &anna, key, completion, origin("anna")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_completion_is_answered_with_its_reason_and_can_be_tried_again() {
    for_each_engine(async |engine: Engine| {
        let task = start_one(&engine, "pay", LISTENED).await;
        let refuse = async {
            let job = listener(&engine).await;
            assert_eq!(job.kind, JobKind::TaskListener(TaskListenerEvent::Completing));
            assert_eq!(job.variables["amount"], json!(-1), "a listener sees what is handed in");
            let told = &job.headers["io.camunda.zeebe:userTaskKey"];
            assert_eq!(*told, json!(task.key.to_string()));
            let denied_reason = Some("the amount is negative".to_owned());
            let denied = JobResult { denied: true, denied_reason, ..JobResult::default() };
            answer(&engine, &job, denied).await;
        };
        let (refused, ()) = tokio::join!(complete(&engine, task.key, -1), refuse);
        match refused {
            Err(TaskError::Denied(reason)) => assert_eq!(reason, "the amount is negative"),
            other => panic!("expected a refusal, got {other:?}"),
        }
        assert_eq!(task_of(&engine, task.instance_key).await.state, TaskState::Open);
        let correct = async {
            let job = listener(&engine).await;
            let corrections =
                TaskCorrections { assignee: Some("bert".to_owned()), ..TaskCorrections::default() };
            answer(&engine, &job, JobResult { corrections, ..JobResult::default() }).await;
        };
        let (done, ()) = tokio::join!(complete(&engine, task.key, 5), correct);
        let done = done.expect("the listener agrees");
        assert_eq!(done.state, TaskState::Completed);
        assert_eq!(done.assignee.as_deref(), Some("bert"), "a listener may correct");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_task_at_its_listeners_takes_no_other_change() {
    for_each_engine(async |engine: Engine| {
        let task = start_one(&engine, "pay", LISTENED).await;
        let try_again = async {
            let job = listener(&engine).await;
            let second = complete(&engine, task.key, 2).await;
            assert!(matches!(second, Err(TaskError::Refused(_))), "{second:?}");
            answer(&engine, &job, JobResult::default()).await;
        };
        let (first, ()) = tokio::join!(complete(&engine, task.key, 1), try_again);
        assert_eq!(first.expect("the listener agrees").state, TaskState::Completed);
    })
    .await;
}
