//! Which version of a process a call activity calls.

use flowstead::services::instances::{InstanceFilter, Instances};
use serde_json::json;

use crate::support::engine::{Engine, for_each_engine};

/// A process that calls `child` with a binding.
fn parent(binding: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="m" targetNamespace="urn:test">
  <process id="parent" isExecutable="true">
    <startEvent id="begin" />
    <callActivity id="call"><extensionElements>
      <zeebe:calledElement processId="child" {binding} />
    </extensionElements></callActivity>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="call" />
  </process>
</definitions>"#
    )
}

/// A process that waits for a job; every name makes another version.
fn child(name: &str, tag: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="m" targetNamespace="urn:test">
  <process id="child" name="{name}" isExecutable="true">
    <extensionElements><zeebe:versionTag value="{tag}" /></extensionElements>
    <startEvent id="begin" />
    <serviceTask id="work"><extensionElements><zeebe:taskDefinition type="other" />
    </extensionElements></serviceTask>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="work" />
  </process>
</definitions>"#
    )
}

/// The version of the child that a new parent calls.
async fn called(engine: &Engine) -> i64 {
    engine.start("parent", json!({}), "anna").await;
    let instances = Instances::new(engine.execution.clone());
    let filter =
        InstanceFilter { process_id: Some("child".to_owned()), ..InstanceFilter::default() };
    let list = instances.list(filter, None, 10).await.expect("a filter that can be met");
    let newest = list.rows.iter().max_by_key(|row| row.key).expect("the child was called");
    newest.version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_takes_the_latest_the_tagged_or_the_version_of_its_deployment() {
    for_each_engine(async |engine: Engine| {
        let (first, second) = (child("first", "old"), child("second", "new"));
        let bound = parent(r#"bindingType="deployment""#);
        engine.deploy(&[("parent.bpmn", &bound), ("child.bpmn", &first)]).await;
        engine.deploy(&[("child.bpmn", &second)]).await;
        assert_eq!(called(&engine).await, 1, "the version of its own deployment");
        engine.deploy(&[("parent.bpmn", &bound), ("child.bpmn", &second)]).await;
        assert_eq!(called(&engine).await, 2, "deployed together again");
        let tagged = parent(r#"bindingType="versionTag" versionTag="old""#);
        engine.deploy(&[("parent.bpmn", &tagged)]).await;
        assert_eq!(called(&engine).await, 1, "the version with the tag");
        engine.deploy(&[("parent.bpmn", &parent(""))]).await;
        assert_eq!(called(&engine).await, 2, "the latest");
    })
    .await;
}
