//! Running instances changed by people: what the tables, the workers and the clock make of it.

use std::time::Duration;

use flowstead::core::engine::{Activation, Instruction, MoveSource, VariableMap};
use flowstead::platform::store::Sql;
use flowstead::services::execution::{PublishMessage, Receipt, Refusal, Target, Work};
use flowstead::services::instances::{
    Action, InstanceFilter, Instances, Overrides, StartError, StateFilter, VersionWanted,
};
use flowstead::services::jobs;
use flowstead::services::processes;
use jiff::SignedDuration;
use serde_json::json;

use super::looking::{ended, inspect, lease};
use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

async fn perform(engine: &Engine, key: i64, action: Action) -> Result<Option<i64>, StartError> {
    let instances = Instances::new(engine.execution.clone());
    instances.perform(key, &action, origin("olga")).await
}

/// The model of reviews with another id for its task, and perhaps another name for its job.
fn next_review() -> String {
    models::review().replace("review_it", "check_it")
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_the_jobs_of_a_suspended_instance() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let free = engine.start("review", json!({ "amount": 1 }), "anna").await.key;
        let taken = lease(&engine, "review").await;
        assert_eq!(taken.len(), 1, "the job is there");
        let waiting = engine.start("review", json!({ "amount": 1 }), "anna").await.key;
        for key in [free, waiting] {
            perform(&engine, key, Action::Suspend).await.expect("it is active");
        }
        assert!(lease(&engine, "review").await.is_empty(), "what rests hands out nothing");
        let filter = InstanceFilter { state: Some(StateFilter::Suspended), ..Default::default() };
        let instances = Instances::new(engine.execution.clone());
        let list = instances.list(filter, None, 10).await.expect("a list");
        assert_eq!(list.rows.len(), 2);
        let job = &taken[0];
        let lease_of = jobs::Lease { job_key: job.key, token: job.lease_token };
        let done = || jobs::complete(&engine.execution, lease_of, VariableMap::new(), origin("w"));
        assert!(matches!(done().await, Err(Refusal::Rejected(_))), "nothing is completed");
        for key in [free, waiting] {
            perform(&engine, key, Action::Resume).await.expect("it rests");
        }
        assert_eq!(lease(&engine, "review").await.len(), 1, "the leased one is still leased");
        done().await.expect("the lease is the worker's still");
        assert_eq!(inspect(&engine, free).await.row.state, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_or_was_due_meanwhile_comes_on_resumption() {
    for_each_engine(async |engine: Engine| {
        let files = [("pause.bpmn", models::pause()), ("payment.bpmn", models::payment())];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, it)| (*name, &**it)).collect();
        engine.deploy(&files).await;
        let paused = engine.start("pause", json!({}), "anna").await.key;
        let unpaid = engine.start("payment", json!({ "order": "A" }), "anna").await.key;
        for key in [paused, unpaid] {
            perform(&engine, key, Action::Suspend).await.expect("it is active");
        }
        engine.clock.advance(SignedDuration::from_mins(1));
        let message = Work::Publish(PublishMessage {
            name: "paid".to_owned(),
            correlation_key: "A".to_owned(),
            message_id: None,
            time_to_live_ms: 3_600_000,
            variables: VariableMap::new(),
        });
        let receipt = engine.submit(message, "shop").await.expect("it is kept");
        assert!(
            matches!(receipt, Receipt::Message { instance_keys, .. } if instance_keys.is_empty())
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
        for key in [paused, unpaid] {
            assert_eq!(inspect(&engine, key).await.row.state, "suspended");
            perform(&engine, key, Action::Resume).await.expect("it rests");
            assert_eq!(ended(&engine, key).await.row.state, "completed");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_instance_rests_and_goes_on_with_its_caller() {
    for_each_engine(async |engine: Engine| {
        let files = [("review.bpmn", models::review()), ("caller.bpmn", models::caller())];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, it)| (*name, &**it)).collect();
        engine.deploy(&files).await;
        let caller = engine.start("caller", json!({ "amount": 1 }), "anna").await.key;
        let called = inspect(&engine, caller).await.called[0].key;
        perform(&engine, caller, Action::Suspend).await.expect("it is active");
        assert_eq!(inspect(&engine, called).await.row.state, "suspended");
        perform(&engine, caller, Action::Resume).await.expect("it rests");
        assert_eq!(inspect(&engine, called).await.row.state, "active");
        assert_eq!(lease(&engine, "review").await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrated_instance_is_counted_worked_on_and_shown_in_its_new_version() {
    for_each_engine(async |mut engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 500 }), "anna").await.key;
        engine.deploy(&[("review.bpmn", &next_review())]).await;
        let instances = Instances::new(engine.execution.clone());
        let target = instances.find_version(key, VersionWanted::Latest).await.expect("version 2");
        let plan = instances.plan_migration(key, target, Overrides::new(), false).await;
        let plan = plan.expect("a plan");
        let task = plan.elements.iter().find(|it| it.element_id == "review_it");
        assert_eq!(task.and_then(|it| it.target_id.as_deref()), Some("check_it"), "by its name");
        assert_eq!(plan.problems, [], "it can go on as proposed");
        let lost = Overrides::from([("review_it".to_owned(), None)]);
        let migrate =
            |mapping| Action::Migrate { definition_key: target, mapping, is_exact: false };
        let refused = perform(&engine, key, migrate(lost)).await.expect_err("it is at work there");
        assert!(refused.to_string().contains("'review_it': it is at work"), "{refused}");
        perform(&engine, key, migrate(Overrides::new())).await.expect("it fits");
        let counts = move |sql: &mut dyn Sql| processes::count_active(sql, "review");
        let counts = engine.database().read(counts).await.expect("a count");
        assert_eq!(counts.get(&2), Some(&1), "{counts:?}");
        assert_eq!(counts.get(&1), None, "{counts:?}");
        engine.restart().await;
        let found = inspect(&engine, key).await;
        assert_eq!((found.row.version, found.jobs[0].element_id.as_str()), (2, "check_it"));
        let job = &lease(&engine, "review").await[0];
        assert_eq!((job.version, job.element_id.as_str()), (2, "check_it"));
        let lease = jobs::Lease { job_key: job.key, token: job.lease_token };
        let done = jobs::complete(&engine.execution, lease, VariableMap::new(), origin("w")).await;
        done.expect("the lease is valid");
        assert_eq!(inspect(&engine, key).await.row.state, "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_moved_and_the_audit_says_so() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 5 }), "anna").await.key;
        let to = Activation { element_id: "choice".to_owned(), ..Activation::default() };
        let from = MoveSource::Element("review_it".to_owned());
        let action = Action::Modify { instructions: vec![Instruction::Move { from, to }] };
        let instances = Instances::new(engine.execution.clone());
        let tried = instances.try_each(vec![key], action.clone()).await.expect("a try");
        assert!(tried[0].1.is_ok());
        assert_eq!(inspect(&engine, key).await.row.state, "active", "a try changes nothing");
        perform(&engine, key, action.clone()).await.expect("it fits");
        let found = inspect(&engine, key).await;
        assert_eq!(found.row.state, "completed");
        assert_eq!(found.turns.last().map(|turn| turn.cause.as_str()), Some("instance.modified"));
        let again = perform(&engine, key, action).await.expect_err("it has ended");
        assert!(again.to_string().contains("is completed"), "{again}");
        let read = move |sql: &mut dyn Sql| {
            sql.query("SELECT summary FROM audit__events WHERE action = 'instance.modified'", &[])
        };
        let rows = engine.database().read(read).await.expect("a read");
        let summary = rows[0].text(0).expect("a text");
        assert_eq!(
            summary,
            "modified an instance of Review: moved all \"Review it\" to \"Large?\""
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_has_the_start_variables_and_names_its_original() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 5, "city": "Bern" }), "anna").await.key;
        perform(&engine, key, Action::Cancel).await.expect("it is active");
        engine.deploy(&[("review.bpmn", &next_review())]).await;
        let variables = json!({ "amount": 7 }).as_object().cloned().expect("an object");
        let restart = |takes_latest| Action::Restart { takes_latest, variables: variables.clone() };
        let made = perform(&engine, key, restart(true)).await.expect("it was started once");
        let found = inspect(&engine, made.expect("a key")).await;
        assert_eq!((found.row.version, found.row.origin_key), (2, Some(key)));
        let held = found.instance.variables().expect("the outermost scope");
        assert_eq!(json!(held), json!({ "amount": 7, "city": "Bern" }));
        let made = perform(&engine, key, restart(false)).await.expect("it was started once");
        assert_eq!(inspect(&engine, made.expect("a key")).await.row.version, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_migrated_and_suspended_instance_is_like_it() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        let key = engine.start("review", json!({ "amount": 5 }), "anna").await.key;
        engine.deploy(&[("review.bpmn", &next_review())]).await;
        let instances = Instances::new(engine.execution.clone());
        let target = instances.find_version(key, VersionWanted::Latest).await.expect("version 2");
        let (definition_key, mapping) = (target, Overrides::new());
        let migrate = Action::Migrate { definition_key, mapping, is_exact: false };
        perform(&engine, key, migrate).await.expect("it fits");
        perform(&engine, key, Action::Suspend).await.expect("it is active");
        let turn = inspect(&engine, key).await.row.turn;
        let wanted = flowstead::services::execution::RewindInstance {
            instance_key: key,
            turn,
            variables: std::collections::BTreeMap::new(),
        };
        let copy = instances.rewind(wanted, origin("olga")).await.expect("a copy").key;
        let found = inspect(&engine, copy).await;
        assert_eq!((found.row.state.as_str(), found.row.version), ("suspended", 2));
        assert_eq!(found.jobs[0].element_id, "check_it");
        assert!(lease(&engine, "review").await.is_empty(), "both rest");
        perform(&engine, copy, Action::Resume).await.expect("it rests");
        assert_eq!(lease(&engine, "review").await.len(), 1, "only the copy goes on");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_tasks_of_a_suspended_instance_are_not_completed() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("approval.bpmn", &models::approval())]).await;
        let key = engine.start("approval", json!({}), "anna").await.key;
        perform(&engine, key, Action::Suspend).await.expect("it is active");
        let instance = inspect(&engine, key).await.instance;
        let user_task_key = *instance.user_tasks.keys().next().expect("a user task");
        let command = flowstead::core::engine::Command::CompleteUserTask {
            user_task_key,
            variables: VariableMap::new(),
            by: Some("anna".to_owned()),
        };
        let target = Target::UserTask { key: user_task_key, rev: None };
        let refused = engine.submit(Work::Command { target, command }, "anna").await;
        let refused = refused.expect_err("it rests").to_string();
        assert!(refused.contains("is suspended"), "{refused}");
    })
    .await;
}
