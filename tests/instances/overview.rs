//! The installation at a glance: numbers of the home page, the state of the program, schedules.

use flowstead::core::access::{Permission, Principal};
use flowstead::platform::store::Sql;
use flowstead::services::operations::{Operations, set_schedule_paused};
use flowstead::services::{audit, processes};
use jiff::SignedDuration;
use serde_json::json;

use crate::search::{open, system_database};
use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

async fn operations(engine: &Engine) -> Operations {
    let system = system_database(&engine.folder).await;
    Operations::new(engine.execution.clone(), open(engine, &system).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_the_numbers_that_are_theirs() {
    for_each_engine(async |engine: Engine| {
        let files = [("approval.bpmn", models::approval()), ("payment.bpmn", models::payment())];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, it)| (*name, &**it)).collect();
        engine.deploy(&files).await;
        engine.start("approval", json!({}), "anna").await;
        engine.start("payment", json!({}), "bert").await;
        let operations = operations(&engine).await;

        let all = operations.home_numbers(&Principal::system()).await.expect("a read");
        assert_eq!((all.waiting, all.running, all.stuck), (0, 2, 1));
        let clerk = Principal {
            user_id: "cleo".into(),
            groups: ["clerks".to_owned()].into(),
            permissions: [Permission::TasksWork, Permission::InstancesStart].into_iter().collect(),
            ..Principal::system()
        };
        let hers = operations.home_numbers(&clerk).await.expect("a read");
        assert_eq!((hers.waiting, hers.overdue, hers.running, hers.stuck), (1, 0, 0, 0));
        let tasks = operations.urgent_tasks(&clerk, 6).await.expect("a read");
        assert_eq!(tasks.len(), 1);
        assert_eq!(
            (tasks[0].name.as_str(), tasks[0].process_name.as_str()),
            ("Approve the request", "Approval")
        );
        let starter = Principal { user_id: "anna".into(), ..clerk };
        let hers = operations.home_numbers(&starter).await.expect("a read");
        assert_eq!(hers.running, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_count_what_began_and_ended_on_them() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("payment.bpmn", &models::payment())]).await;
        let operations = operations(&engine).await;
        let instances = flowstead::services::instances::Instances::new(engine.execution.clone());
        let first = engine.start("payment", json!({ "order": "A" }), "anna").await;
        engine.clock.advance(SignedDuration::from_hours(24));
        engine.start("payment", json!({ "order": "B" }), "anna").await;
        instances.cancel(first.key, origin("anna")).await.expect("it is active");
        let counts = async || {
            let days = operations.days(3).await.expect("a read");
            days.iter().map(|day| (day.started, day.ended)).collect::<Vec<_>>()
        };
        assert_eq!(counts().await, [(0, 0), (1, 0), (1, 1)]);
        engine.start("payment", json!({ "order": "C" }), "anna").await;
        assert_eq!(counts().await, [(0, 0), (1, 0), (2, 1)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_program_is_told() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("review.bpmn", &models::review())]).await;
        engine.start("review", json!({ "amount": 1 }), "anna").await;
        let state = operations(&engine).await.system_state().await.expect("a read");
        assert_eq!((state.open_jobs, state.dead_letters, state.timers), (1, 0, 0));
        assert_eq!((state.turns, state.queue_depth), (1, 0));
        assert!(state.database_bytes > 0 && state.index.waiting > 0, "{state:?}");
        assert_eq!(state.dialect, engine.database().dialect());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_paused_and_resumed_by_a_person() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("daily.bpmn", &models::daily())]).await;
        let schedules = async || {
            let rows = engine.database().read(processes::list_schedules).await;
            rows.expect("a read")
        };
        let key = schedules().await[0].key;
        for is_paused in [true, false] {
            let set = set_schedule_paused(&engine.execution, key, is_paused, origin("operator"));
            assert_eq!(set.await, Ok(true));
            assert_eq!(schedules().await[0].is_paused, is_paused);
        }
        let missing = set_schedule_paused(&engine.execution, 1, true, origin("operator")).await;
        assert_eq!(missing, Ok(false));
        let read = |sql: &mut dyn Sql| audit::list_before(sql, i64::MAX, 2);
        let events = engine.database().read(read).await.expect("a read");
        let told: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
        assert_eq!(told, ["schedule.resumed", "schedule.paused"]);
    })
    .await;
}
