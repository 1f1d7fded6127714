//! `flowstead test record`: an instance that a server ran becomes a scenario that passes.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::Folder;
use super::server_commands::operator;
use crate::support::server::{Server, run_program};

const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="m" targetNamespace="urn:test">
  <message id="paid" name="paid"><extensionElements><zeebe:subscription correlationKey="= order" /></extensionElements></message>
  <process id="recorded" isExecutable="true">
    <startEvent id="begun" />
    <serviceTask id="pick">
      <extensionElements><zeebe:taskDefinition type="pick" /><zeebe:ioMapping><zeebe:output source="= shelf" target="last" /></zeebe:ioMapping></extensionElements>
      <multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="= lines" inputElement="line" outputCollection="shelves" outputElement="= shelf" /></extensionElements></multiInstanceLoopCharacteristics>
    </serviceTask>
    <scriptTask id="count" scriptFormat="javascript"><extensionElements><zeebe:taskHeaders><zeebe:header key="resultVariable" value="picked" /></zeebe:taskHeaders></extensionElements><script>shelves.length</script></scriptTask>
    <callActivity id="ship"><extensionElements><zeebe:calledElement processId="shipping" propagateAllChildVariables="true" /></extensionElements></callActivity>
    <eventBasedGateway id="until" />
    <intermediateCatchEvent id="payment"><messageEventDefinition messageRef="paid" /></intermediateCatchEvent>
    <intermediateCatchEvent id="late"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <intermediateCatchEvent id="pause"><timerEventDefinition><timeDuration>PT0.3S</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <userTask id="check"><extensionElements><zeebe:userTask /></extensionElements></userTask>
    <endEvent id="done" />
    <endEvent id="given_up" />
    <sequenceFlow id="f1" sourceRef="begun" targetRef="pick" />
    <sequenceFlow id="f2" sourceRef="pick" targetRef="count" />
    <sequenceFlow id="f3" sourceRef="count" targetRef="ship" />
    <sequenceFlow id="f4" sourceRef="ship" targetRef="until" />
    <sequenceFlow id="f5" sourceRef="until" targetRef="payment" />
    <sequenceFlow id="f6" sourceRef="until" targetRef="late" />
    <sequenceFlow id="f7" sourceRef="payment" targetRef="pause" />
    <sequenceFlow id="f8" sourceRef="pause" targetRef="check" />
    <sequenceFlow id="f9" sourceRef="check" targetRef="done" />
    <sequenceFlow id="f10" sourceRef="late" targetRef="given_up" />
  </process>
  <process id="shipping" isExecutable="true">
    <startEvent id="sent" />
    <serviceTask id="drive"><extensionElements><zeebe:taskDefinition type="drive" /></extensionElements></serviceTask>
    <endEvent id="arrived" />
    <sequenceFlow id="s1" sourceRef="sent" targetRef="drive" />
    <sequenceFlow id="s2" sourceRef="drive" targetRef="arrived" />
  </process>
</definitions>"#;

/// Takes jobs of a type.
fn take(server: &Server, job_type: &str, count: usize) -> Vec<Json> {
    let wanted =
        json!({ "types": [job_type], "worker": "test", "max_jobs": count, "wait_ms": 20_000 });
    let jobs = server.post("/api/v1/jobs/activate", &wanted);
    jobs.as_array().expect("jobs").clone()
}

fn answer(server: &Server, job: &Json, verb: &str, mut body: Json) {
    body["lease_token"] = job["lease_token"].clone();
    let path = format!("/api/v1/jobs/{}/{verb}", job["key"].as_str().expect("a key"));
    let (status, answer) = server.call(Method::POST, &path, Some(&body));
    assert!(status < 300, "{answer}");
}

#[test]
fn a_finished_instance_becomes_a_scenario_that_passes() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.path().join("data"));
    server.set_up();
    let operator = operator(&server);
    let model = folder.write("recorded.bpmn", MODEL);
    operator.ok(&["deploy", &model]);
    let start = ["start", "recorded", "--var", "order==7", "--var", r#"lines=["a","b"]"#];
    let key = operator.json(&start)["key"].as_str().expect("a key").to_owned();
    let path = format!("/api/v1/process-instances/{key}");
    let (code, _, errors) =
        operator.run(&["test", "record", &key, "--to", &folder.at("early")], "");
    assert_eq!(
        (code, errors.as_str()),
        (1, "error: expected a finished instance, but it is active\n")
    );

    let jobs = take(&server, "pick", 2);
    answer(&server, &jobs[1], "complete", json!({ "variables": { "shelf": "= 2" } }));
    answer(&server, &jobs[0], "fail", json!({ "message": "locked: \"A\"", "retries": 0 }));
    let incidents = server.get(&format!("/api/v1/incidents?instance={key}"));
    let set = json!({ "variables": { "note": "opened" } });
    server.call(Method::POST, &format!("{path}/variables"), Some(&set));
    let incident = incidents[0]["key"].as_str().expect("an incident");
    let resolve = format!("/api/v1/incidents/{incident}/resolve");
    let (status, answered) = server.call(Method::POST, &resolve, Some(&json!({ "retries": 2 })));
    assert!(status < 300, "{answered}");
    answer(
        &server,
        &take(&server, "pick", 1)[0],
        "complete",
        json!({ "variables": { "shelf": 1 } }),
    );
    answer(
        &server,
        &take(&server, "drive", 1)[0],
        "complete",
        json!({ "variables": { "parcel": [1, {}] } }),
    );
    let message =
        json!({ "name": "paid", "correlation_key": "=7", "variables": { "amount": 12.5 } });
    server.post("/api/v1/messages", &message);
    let tasks = server.wait_for("/api/v1/user-tasks", |it| it[0]["element_id"] == "check");
    let task = tasks[0]["key"].as_str().expect("a task").to_owned();
    operator.ok(&["tasks", "claim", &task]);
    operator.ok(&["tasks", "complete", &task, "--var", "is_right=true"]);
    server.wait_for(&path, |it| it["state"] == "completed");

    let to = folder.at("scenarios");
    let told = operator.ok(&["test", "record", &key, "--to", &to]);
    assert!(told.ends_with(&format!("recorded-{key}.test.yaml, which passes\n")), "{told}");
    let (code, output, _) = run_program(&["test", &to], &[]);
    assert_eq!(code, 0, "{output}");
    let file = format!("{to}/recorded-{key}.test.yaml");
    let text = std::fs::read_to_string(&file).expect("it was written");
    for part in
        ["loopCounter = 2", "job: count", "call: shipping", "message: paid", "complete: check"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What is recorded is what happened: anything else does not pass.
    let changed = text.replace("amount: 12.5", "amount: 13");
    std::fs::write(&file, changed.replacen("amount: 13", "amount: 12.5", 1)).expect("written");
    let (code, output, _) = run_program(&["test", &to], &[]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("expect.variables.amount"), "{output}");
}
