//! Business rule tasks on a server: which version is meant, what is kept, and how it is mended.

use flowstead::core::engine::{Command, RepairIncident, VariableMap};
use flowstead::platform::store::Sql;
use flowstead::services::decisions::{EvaluationFilter, EvaluationRow, list_evaluations};
use flowstead::services::execution::{Target, Work, find_instance};
use flowstead::services::incidents::{self, IncidentFilter, IncidentRow};
use serde_json::{Value as Json, json};

use super::{process, table};
use crate::support::engine::{Engine, for_each_engine, origin};

async fn variables(engine: &Engine, key: i64) -> VariableMap {
    let definitions = engine.execution.definitions().clone();
    let read = move |sql: &mut dyn Sql| find_instance(sql, &definitions, key);
    let found = engine.database().read(read).await.expect("it can be read").expect("it is there");
    found.0.variables().cloned().unwrap_or_default()
}

async fn evaluations(engine: &Engine, instance_key: i64) -> Vec<EvaluationRow> {
    let filter = EvaluationFilter { instance_key: Some(instance_key), decision_id: None };
    let read = move |sql: &mut dyn Sql| list_evaluations(sql, &filter, i64::MAX, 100);
    engine.database().read(read).await.expect("rows")
}

async fn stuck(engine: &Engine) -> Vec<IncidentRow> {
    incidents::list(&engine.execution, IncidentFilter::default(), None, 10).await.expect("rows")
}

async fn level(engine: &Engine, amount: i32) -> Json {
    let started = engine.start("deciding", json!({ "amount": amount }), "anna").await;
    variables(engine, started.key).await["level"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_is_kept_with_what_matched() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("size.dmn", &table("size", "urn:size", 10))]).await;
        engine.deploy(&[("p.bpmn", &process("decisionId=\"size\""))]).await;
        let started = engine.start("deciding", json!({ "amount": 50, "other": 1 }), "anna").await;
        assert_eq!(variables(&engine, started.key).await["level"], "high");
        let kept = evaluations(&engine, started.key).await;
        assert_eq!(kept.len(), 1);
        let kept = &kept[0];
        assert_eq!(kept.inputs, json!({ "amount": 50 }));
        assert_eq!((&kept.output, kept.failure.as_deref()), (&json!("high"), None));
        assert_eq!((kept.version, &*kept.decision_id), (1, "size"));
        assert_eq!(kept.element_id.as_deref(), Some("decide"));
        let matched = &kept.trace["tables"][0]["rules"][0];
        assert_eq!((&matched["number"], &matched["id"]), (&json!(2), &json!("high")));
        assert_eq!(matched["tests"], json!([">= 10"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_binding_says_which_version_is_meant() {
    for_each_engine(async |engine: Engine| {
        let tagged = table("size", "urn:size", 10).replace(
            "<decisionTable",
            "<extensionElements><z:versionTag xmlns:z=\"http://camunda.org/schema/zeebe/1.0\" \
             value=\"stable\"/></extensionElements><decisionTable",
        );
        let bound = process("decisionId=\"size\" bindingType=\"deployment\"");
        engine.deploy(&[("p.bpmn", &bound), ("size.dmn", &tagged)]).await;
        assert_eq!(level(&engine, 15).await, "high");
        engine.deploy(&[("size.dmn", &table("size", "urn:size", 20))]).await;
        assert_eq!(level(&engine, 15).await, "high", "it stays with its deployment");

        // The same process beside a changed decision means the changed one.
        let both = [("p.bpmn", &*bound), ("size.dmn", &table("size", "urn:size", 20))];
        let again = engine.deploy(&both).await;
        assert!(again.processes[0].is_new && !again.decisions[0].is_new, "{again:?}");
        assert_eq!(level(&engine, 15).await, "low");
        let same = engine.deploy(&both).await;
        assert!(!same.processes[0].is_new, "nothing has changed");

        engine.deploy(&[("p.bpmn", &process("decisionId=\"size\""))]).await;
        assert_eq!(level(&engine, 15).await, "low", "the latest");
        let by_tag =
            process("decisionId=\"size\" bindingType=\"versionTag\" versionTag=\"stable\"");
        engine.deploy(&[("p.bpmn", &by_tag)]).await;
        assert_eq!(level(&engine, 15).await, "high", "the tagged one");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computed_id_is_found_when_it_is_known() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("size.dmn", &table("size", "urn:size", 10))]).await;
        engine.deploy(&[("cost.dmn", &table("cost", "urn:cost", 100))]).await;
        engine.deploy(&[("p.bpmn", &process("decisionId=\"=wanted\""))]).await;
        for (wanted, expected) in [("size", "high"), ("cost", "low"), ("size", "high")] {
            let given = json!({ "amount": 50, "wanted": wanted });
            let started = engine.start("deciding", given, "anna").await;
            assert_eq!(variables(&engine, started.key).await["level"], expected, "{wanted}");
            assert_eq!(evaluations(&engine, started.key).await.len(), 1);
        }
        let given = json!({ "amount": 50, "wanted": "nothing" });
        engine.start("deciding", given, "anna").await;
        assert_eq!(stuck(&engine).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_wrong_is_an_incident_until_it_is_mended() {
    for_each_engine(async |mut engine: Engine| {
        engine.deploy(&[("p.bpmn", &process("decisionId=\"size\""))]).await;
        let started = engine.start("deciding", json!({ "amount": 9_500 }), "anna").await;
        let found = stuck(&engine).await;
        assert_eq!((found.len(), &*found[0].kind), (1, "called_decision"));
        engine.deploy(&[("size.dmn", &table("size", "urn:size", 10))]).await;
        let resolve = |incident_key| {
            let repair = RepairIncident { incident_key, ..RepairIncident::default() };
            incidents::repair(&engine.execution, repair, origin("anna"))
        };
        resolve(found[0].key).await.expect("it is open");

        let found = stuck(&engine).await;
        assert_eq!((found.len(), &*found[0].kind), (1, "decision_evaluation"));
        assert!(found[0].message.contains("at most one matching rule, found 2"), "{found:?}");
        let failed = &evaluations(&engine, started.key).await[0];
        assert_eq!(failed.trace["tables"][0]["rules"].as_array().map(Vec::len), Some(2));
        assert!(failed.failure.is_some() && failed.output.is_null());

        engine.restart().await;
        let target = Target::Instance(started.key);
        let Json::Object(variables) = json!({ "amount": 5 }) else { panic!("an object") };
        let scope_key = started.key;
        let command = Command::SetVariables { scope_key, variables, is_local: false };
        engine.submit(Work::Command { target, command }, "anna").await.expect("it waits");
        let key = found[0].key;
        let repair = RepairIncident { incident_key: key, ..RepairIncident::default() };
        incidents::repair(&engine.execution, repair, origin("anna")).await.expect("open");
        assert_eq!(super::calling::variables(&engine, started.key).await["level"], "low");
        assert!(stuck(&engine).await.is_empty());
    })
    .await;
}
