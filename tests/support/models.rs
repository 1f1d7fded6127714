//! Small models for tests: each in a few lines, without a drawing.
//!
//! Knows nothing of engines.

/// A file with processes.
fn file(processes: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions"
    targetNamespace="http://example.org">{processes}</bpmn:definitions>"#
    )
}

fn flow(id: &str, source: &str, target: &str) -> String {
    format!(r#"<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}"/>"#)
}

/// Start, a job of type `review`, then by `amount` to one of two ends.
pub(crate) fn review() -> String {
    let flows = [
        flow("to_review", "start", "review_it"),
        flow("to_choice", "review_it", "choice"),
        flow("small", "choice", "end_small"),
    ];
    file(&format!(
        r#"<bpmn:process id="review" name="Review" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:serviceTask id="review_it" name="Review it"><bpmn:extensionElements>
        <zeebe:taskDefinition type="review" retries="2"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:exclusiveGateway id="choice" name="Large?" default="small"/>
    <bpmn:sequenceFlow id="large" sourceRef="choice" targetRef="end_large">
        <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression"
            >= amount &gt; 100</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:endEvent id="end_large"/><bpmn:endEvent id="end_small"/>
    {}
</bpmn:process>"#,
        flows.join("")
    ))
}

/// Start, a business rule task with these attributes of `zeebe:calledDecision`, end.
pub(crate) fn with_decision(called: &str) -> String {
    let flows = [flow("to_decide", "start", "decide"), flow("to_end", "decide", "end")];
    file(&format!(
        r#"<bpmn:process id="deciding" name="Deciding" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:businessRuleTask id="decide" name="Decide"><bpmn:extensionElements>
        <zeebe:calledDecision {called} resultVariable="level"/></bpmn:extensionElements>
    </bpmn:businessRuleTask>
    <bpmn:endEvent id="end"/>
    {}
</bpmn:process>"#,
        flows.join("")
    ))
}

/// The data schema of [`review`].
pub(crate) const REVIEW_SCHEMA: &str = r#"{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "amount": { "type": "integer", "minimum": 0 },
        "city": { "type": "string", "maxLength": 50 }
    },
    "required": ["amount"]
}"#;

/// Start, wait for the message `paid` of the order, end.
pub(crate) fn payment() -> String {
    file(&format!(
        r#"<bpmn:message id="paid" name="paid"><bpmn:extensionElements>
        <zeebe:subscription correlationKey="= order"/></bpmn:extensionElements></bpmn:message>
<bpmn:process id="payment" name="Payment" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:intermediateCatchEvent id="wait" name="Paid">
        <bpmn:messageEventDefinition messageRef="paid"/></bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end"/>{}{}
</bpmn:process>"#,
        flow("a", "start", "wait"),
        flow("b", "wait", "end")
    ))
}

/// Start, wait for 50 ms, end.
pub(crate) fn pause() -> String {
    file(&format!(
        r#"<bpmn:process id="pause" name="Pause" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:intermediateCatchEvent id="wait" name="A moment"><bpmn:timerEventDefinition>
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT0.05S</bpmn:timeDuration>
    </bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end"/>{}{}
</bpmn:process>"#,
        flow("a", "start", "wait"),
        flow("b", "wait", "end")
    ))
}

/// Start, call [`review`], end.
pub(crate) fn caller() -> String {
    file(&format!(
        r#"<bpmn:process id="caller" name="Caller" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:callActivity id="call" name="Have it reviewed"><bpmn:extensionElements>
        <zeebe:calledElement processId="review"/></bpmn:extensionElements></bpmn:callActivity>
    <bpmn:endEvent id="end"/>{}{}
</bpmn:process>"#,
        flow("a", "start", "call"),
        flow("b", "call", "end")
    ))
}

/// Start, a user task for the group `clerks`, end.
pub(crate) fn approval() -> String {
    file(&format!(
        r#"<bpmn:process id="approval" name="Approval" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:userTask id="approve" name="Approve the request"><bpmn:extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="clerks"/>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:endEvent id="end"/>{}{}
</bpmn:process>"#,
        flow("a", "start", "approve"),
        flow("b", "approve", "end")
    ))
}

/// Starts every day at six, waits for nobody, ends.
pub(crate) fn daily() -> String {
    file(&format!(
        r#"<bpmn:process id="daily" name="Daily" isExecutable="true">
    <bpmn:startEvent id="start" name="Every morning"><bpmn:timerEventDefinition>
        <bpmn:timeCycle xsi:type="bpmn:tFormalExpression">0 0 6 * * *</bpmn:timeCycle>
    </bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:endEvent id="end"/>{}
</bpmn:process>"#,
        flow("a", "start", "end")
    ))
}

/// Waits for a signal; the signal starts it too.
pub(crate) fn alarm(signal: &str) -> String {
    file(&format!(
        r#"<bpmn:signal id="fire" name="{signal}"/>
<bpmn:process id="alarm" name="Alarm" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:startEvent id="heard"><bpmn:signalEventDefinition signalRef="fire"/></bpmn:startEvent>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:signalEventDefinition signalRef="fire"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end"/>{}{}{}
</bpmn:process>"#,
        flow("a", "start", "wait"),
        flow("b", "heard", "wait"),
        flow("c", "wait", "end")
    ))
}

/// Waits for the signal `begin`, throws `other`, and waits for `other` itself.
pub(crate) fn shout() -> String {
    file(&format!(
        r#"<bpmn:signal id="begin" name="begin"/><bpmn:signal id="other" name="other"/>
<bpmn:process id="shout" name="Shout" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:intermediateCatchEvent id="ready"><bpmn:signalEventDefinition signalRef="begin"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:intermediateThrowEvent id="throw"><bpmn:signalEventDefinition signalRef="other"/>
    </bpmn:intermediateThrowEvent>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:signalEventDefinition signalRef="other"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end"/>{}{}{}{}
</bpmn:process>"#,
        flow("a", "start", "ready"),
        flow("b", "ready", "throw"),
        flow("c", "throw", "wait"),
        flow("d", "wait", "end")
    ))
}

/// Waits for the signal `fire` once for each of `items`.
pub(crate) fn many_alarms() -> String {
    file(&format!(
        r#"<bpmn:signal id="fire" name="fire"/>
<bpmn:process id="many" name="Many" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:subProcess id="each">
        <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
            <zeebe:loopCharacteristics inputCollection="= items"/></bpmn:extensionElements>
        </bpmn:multiInstanceLoopCharacteristics>
        <bpmn:startEvent id="begin"/>
        <bpmn:intermediateCatchEvent id="wait"><bpmn:signalEventDefinition signalRef="fire"/>
        </bpmn:intermediateCatchEvent>{}
    </bpmn:subProcess>
    <bpmn:endEvent id="end"/>{}{}
</bpmn:process>"#,
        flow("a", "begin", "wait"),
        flow("b", "start", "each"),
        flow("c", "each", "end")
    ))
}

/// Started by the signal `again`, which it throws at its end.
pub(crate) fn circle() -> String {
    file(&format!(
        r#"<bpmn:signal id="again" name="again"/>
<bpmn:process id="circle" name="Circle" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:signalEventDefinition signalRef="again"/></bpmn:startEvent>
    <bpmn:endEvent id="end"><bpmn:signalEventDefinition signalRef="again"/></bpmn:endEvent>{}
</bpmn:process>"#,
        flow("a", "start", "end")
    ))
}

/// An ad-hoc sub-process in which nothing begins by itself, done when `isDone` is true.
pub(crate) fn tools() -> String {
    file(&format!(
        r#"<bpmn:process id="tools" name="Tools" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:adHocSubProcess id="choose">
        <bpmn:serviceTask id="search"><bpmn:extensionElements>
            <zeebe:taskDefinition type="search"/></bpmn:extensionElements></bpmn:serviceTask>
        <bpmn:completionCondition>= isDone</bpmn:completionCondition>
    </bpmn:adHocSubProcess>
    <bpmn:endEvent id="end"/>{}{}
</bpmn:process>"#,
        flow("a", "start", "choose"),
        flow("b", "choose", "end")
    ))
}

/// Four processes that begin by conditions, by a message or a signal, by all of three triggers, and
/// by two messages behind a parallel event-based gateway.
pub(crate) fn started_by() -> String {
    let message = |id: &str| {
        format!(
            r#"<bpmn:message id="{id}" name="{id}"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="= id"/></bpmn:extensionElements></bpmn:message>"#
        )
    };
    let messages = ["order", "payment", "parcel", "letter", "receipt"].map(message).concat();
    file(&format!("{messages}{STARTED_BY}"))
}

const STARTED_BY: &str = r#"<bpmn:signal id="alarm" name="alarm"/><bpmn:signal id="open" name="open"/>
<bpmn:process id="by_conditions" name="By conditions" isExecutable="true">
  <bpmn:startEvent id="large"><bpmn:conditionalEventDefinition>
    <bpmn:condition>= amount > 100</bpmn:condition></bpmn:conditionalEventDefinition>
  </bpmn:startEvent>
  <bpmn:startEvent id="huge"><bpmn:conditionalEventDefinition>
    <bpmn:condition>= amount > 1000</bpmn:condition></bpmn:conditionalEventDefinition>
  </bpmn:startEvent>
  <bpmn:receiveTask id="checked" messageRef="receipt"/>
  <bpmn:sequenceFlow id="a1" sourceRef="large" targetRef="checked"/>
  <bpmn:sequenceFlow id="a2" sourceRef="huge" targetRef="checked"/>
</bpmn:process>
<bpmn:process id="by_any" name="By any" isExecutable="true">
  <bpmn:startEvent id="any"><bpmn:messageEventDefinition messageRef="order"/>
    <bpmn:signalEventDefinition signalRef="alarm"/></bpmn:startEvent>
  <bpmn:manualTask id="any_work"/>
  <bpmn:sequenceFlow id="b1" sourceRef="any" targetRef="any_work"/>
</bpmn:process>
<bpmn:process id="by_all" name="By all" isExecutable="true">
  <bpmn:startEvent id="all" parallelMultiple="true">
    <bpmn:messageEventDefinition messageRef="parcel"/>
    <bpmn:messageEventDefinition messageRef="letter"/>
    <bpmn:signalEventDefinition signalRef="open"/></bpmn:startEvent>
  <bpmn:manualTask id="all_work"/>
  <bpmn:sequenceFlow id="c1" sourceRef="all" targetRef="all_work"/>
</bpmn:process>
<bpmn:process id="by_both" name="By two messages" isExecutable="true">
  <bpmn:eventBasedGateway id="both" instantiate="true" eventGatewayType="Parallel"/>
  <bpmn:intermediateCatchEvent id="paid"><bpmn:messageEventDefinition messageRef="payment"/>
  </bpmn:intermediateCatchEvent>
  <bpmn:intermediateCatchEvent id="sent"><bpmn:messageEventDefinition messageRef="receipt"/>
  </bpmn:intermediateCatchEvent>
  <bpmn:parallelGateway id="join"/><bpmn:endEvent id="end"/>
  <bpmn:sequenceFlow id="d1" sourceRef="both" targetRef="paid"/>
  <bpmn:sequenceFlow id="d2" sourceRef="both" targetRef="sent"/>
  <bpmn:sequenceFlow id="d3" sourceRef="paid" targetRef="join"/>
  <bpmn:sequenceFlow id="d4" sourceRef="sent" targetRef="join"/>
  <bpmn:sequenceFlow id="d5" sourceRef="join" targetRef="end"/>
</bpmn:process>"#;
