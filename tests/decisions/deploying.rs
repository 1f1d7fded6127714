//! Deploying decision models: versions, imports, and what is refused.

use flowstead::core::model::Severity;
use flowstead::services::decisions::{list_decisions, list_versions};
use flowstead::services::processes::{DeployError, FileProblem, Resource, deploy};
use jiff::tz::TimeZone;

use super::{process, table};
use crate::support::engine::{Engine, for_each_engine, origin};

async fn refused(engine: &Engine, files: &[(&str, String)]) -> Vec<FileProblem> {
    let resource = |(name, content): &(&str, String)| Resource {
        name: (*name).to_owned(),
        content: content.clone(),
    };
    let files = files.iter().map(resource).collect();
    match deploy(&engine.execution, &TimeZone::UTC, files, origin("anna")).await {
        Err(DeployError::Refused(problems)) => problems,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

/// A model that uses the decision of [`table`] in another namespace under the name `rules`.
fn importing(imported: &str) -> String {
    format!(
        r#"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="outer"
    name="Outer" namespace="urn:outer">
  <import name="rules" namespace="{imported}"
    importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>
  <decision id="shout" name="Shout">
    <informationRequirement><requiredDecision href="{imported}#size"/></informationRequirement>
    <literalExpression><text>upper case(rules.Level of size)</text></literalExpression>
  </decision>
</definitions>"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_a_new_version_and_the_same_one_is_not() {
    for_each_engine(async |engine: Engine| {
        let first = engine.deploy(&[("size.dmn", &table("size", "urn:size", 10))]).await;
        let same = engine.deploy(&[("size.dmn", &table("size", "urn:size", 10))]).await;
        let other = engine.deploy(&[("size.dmn", &table("size", "urn:size", 20))]).await;
        let versions = [&first, &same, &other].map(|it| {
            let decision = &it.decisions[0];
            (decision.decision_id.clone(), decision.version, decision.is_new)
        });
        let size = || "size".to_owned();
        assert_eq!(versions, [(size(), 1, true), (size(), 1, false), (size(), 2, true)]);
        let read = |sql: &mut dyn flowstead::platform::store::Sql| {
            Ok::<_, flowstead::platform::store::StoreError>((
                list_decisions(sql)?,
                list_versions(sql, "size")?,
            ))
        };
        let (all, versions) = engine.database().read(read).await.expect("rows");
        assert_eq!((all.len(), all[0].version, &*all[0].name), (1, 2, "Level of size"));
        assert_eq!((&*all[0].model_name, &*all[0].file_name), ("size rules", "size.dmn"));
        assert_eq!(versions.iter().map(|it| it.version).collect::<Vec<_>>(), [2, 1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_mean_the_same_deployment_and_else_the_latest() {
    for_each_engine(async |engine: Engine| {
        let problems = refused(&engine, &[("outer.dmn", importing("urn:size"))]).await;
        assert!(
            problems.iter().any(|it| it.problem.message.contains("urn:size")
                && it.file == "outer.dmn"
                && it.problem.line == 3),
            "{problems:?}"
        );
        engine.deploy(&[("size.dmn", &table("size", "urn:size", 10))]).await;
        engine.deploy(&[("outer.dmn", &importing("urn:size"))]).await;
        engine.deploy(&[("p.bpmn", &process("decisionId=\"shout\""))]).await;
        assert_eq!(decided(&engine, 15).await, "\"HIGH\"");

        // A new version of what is imported changes nothing until the importing file is deployed.
        engine.deploy(&[("size.dmn", &table("size", "urn:size", 20))]).await;
        assert_eq!(decided(&engine, 15).await, "\"HIGH\"");
        let again = engine.deploy(&[("outer.dmn", &importing("urn:size"))]).await;
        assert!(again.decisions[0].is_new, "what it imports is new");
        assert_eq!(decided(&engine, 15).await, "\"LOW\"");

        let both =
            [("size.dmn", table("size", "urn:size", 10)), ("outer.dmn", importing("urn:size"))];
        let both: Vec<(&str, &str)> = both.iter().map(|(name, text)| (*name, &**text)).collect();
        engine.deploy(&both).await;
        assert_eq!(decided(&engine, 15).await, "\"HIGH\"");
    })
    .await;
}

/// The variable that an instance of `deciding` ends with.
async fn decided(engine: &Engine, amount: i32) -> String {
    let started = engine.start("deciding", serde_json::json!({ "amount": amount }), "anna").await;
    let definitions = engine.execution.definitions().clone();
    let read = move |sql: &mut dyn flowstead::platform::store::Sql| {
        flowstead::services::execution::find_instance(sql, &definitions, started.key)
    };
    let found = engine.database().read(read).await.expect("it can be read").expect("it is there");
    found.0.variables().and_then(|it| it.get("level")).expect("a level").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_is_said_at_its_place_and_nothing_is_deployed() {
    for_each_engine(async |engine: Engine| {
        let broken = table("size", "urn:size", 10).replace("&lt; 10", "&lt; (");
        let files = [("size.dmn", broken), ("p.bpmn", process("bindingType=\"latest\""))];
        let found: Vec<(String, u32)> = refused(&engine, &files)
            .await
            .into_iter()
            .filter(|it| it.problem.severity == Severity::Error)
            .map(|it| (it.file, it.problem.line))
            .collect();
        assert_eq!(found, [("p.bpmn".to_owned(), 8), ("size.dmn".to_owned(), 7)]);

        let twice = [("a.dmn", table("size", "urn:a", 1)), ("b.dmn", table("size", "urn:b", 2))];
        let messages: Vec<String> =
            refused(&engine, &twice).await.into_iter().map(|it| it.problem.message).collect();
        assert!(
            messages.contains(&"the decision \"size\" is in the deployment twice".to_owned()),
            "{messages:?}"
        );
        let same = [
            ("a.dmn", table("a", "urn:size", 1)),
            ("b.dmn", table("b", "urn:size", 2)),
            ("outer.dmn", importing("urn:size")),
        ];
        let messages: Vec<String> =
            refused(&engine, &same).await.into_iter().map(|it| it.problem.message).collect();
        let expected = "the imported namespace `urn:size` is that of a.dmn, b.dmn";
        assert!(messages.iter().any(|it| it == expected), "{messages:?}");

        let bound = process("decisionId=\"size\" bindingType=\"deployment\"");
        let problems = refused(&engine, &[("p.bpmn", bound)]).await;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].problem.element_id.as_deref(), Some("decide"));
        assert_eq!(problems[0].problem.message, "the decision \"size\" is not in the deployment");
        let read = |sql: &mut dyn flowstead::platform::store::Sql| list_decisions(sql);
        assert!(engine.database().read(read).await.expect("rows").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_not_deployed_is_a_warning() {
    for_each_engine(async |engine: Engine| {
        let deployed = engine.deploy(&[("p.bpmn", &process("decisionId=\"size\""))]).await;
        let told: Vec<_> =
            deployed.warnings.iter().filter(|it| it.problem.message.contains("size")).collect();
        assert_eq!(told.len(), 1, "{:?}", deployed.warnings);
        assert_eq!(told[0].problem.severity, Severity::Warning);
    })
    .await;
}
