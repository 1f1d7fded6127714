//! The smallest model for a cell of the tables: element `x` of a kind, at a place.

/// A table: its title, its rows as names with XML, its columns, and how a model is made.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [(&'static str, &'static str)],
    pub(crate) columns: &'static [&'static str],
    pub(crate) model: fn(row: &str, xml: &str, column: &str) -> String,
}

/// The row of what a row's elements are compiled to, where it is another.
pub(crate) fn compiled_row(row: &'static str) -> &'static str {
    if row == "business rule task, job" { "service task" } else { row }
}

/// All tables.
pub(crate) const TABLES: [Table; 4] = [
    Table { title: "event", rows: &EVENTS, columns: &EVENT_PLACES, model: event },
    Table { title: "activity", rows: &ACTIVITIES, columns: &ACTIVITY_PLACES, model: activity },
    Table { title: "multi-instance", rows: &BEHAVIORS, columns: &ORDERS, model: behavior },
    Table { title: "gateway", rows: &GATEWAYS, columns: &SCOPES, model: gateway },
];

/// Event definitions; `parallel multiple` has an attribute too.
const EVENTS: [(&str, &str); 17] = [
    ("none", ""),
    ("message", MESSAGE),
    ("timer, date", TIMER_DATE),
    ("timer, duration", TIMER_DURATION),
    ("timer, cycle", TIMER_CYCLE),
    ("signal", SIGNAL),
    ("conditional", CONDITION),
    ("error", r#"<errorEventDefinition errorRef="e"/>"#),
    ("error, any", "<errorEventDefinition/>"),
    ("escalation", r#"<escalationEventDefinition escalationRef="c"/>"#),
    ("escalation, any", "<escalationEventDefinition/>"),
    ("link", r#"<linkEventDefinition name="l"/>"#),
    ("compensation", "<compensateEventDefinition/>"),
    ("cancel", "<cancelEventDefinition/>"),
    ("terminate", "<terminateEventDefinition/>"),
    ("multiple", MULTIPLE),
    ("parallel multiple", MULTIPLE),
];

const MESSAGE: &str = r#"<messageEventDefinition messageRef="m"><extensionElements><zeebe:taskDefinition type="j"/></extensionElements></messageEventDefinition>"#;
const TIMER_DATE: &str =
    "<timerEventDefinition><timeDate>2030-01-01T00:00:00Z</timeDate></timerEventDefinition>";
const TIMER_DURATION: &str =
    "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
const TIMER_CYCLE: &str =
    "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>";
const SIGNAL: &str = r#"<signalEventDefinition signalRef="s"/>"#;
const CONDITION: &str =
    "<conditionalEventDefinition><condition>= a</condition></conditionalEventDefinition>";
const MULTIPLE: &str = r#"<messageEventDefinition messageRef="m"><extensionElements><zeebe:taskDefinition type="j"/></extensionElements></messageEventDefinition><signalEventDefinition signalRef="s"/>"#;

const EVENT_PLACES: [&str; 10] = [
    "process start",
    "sub-process start",
    "event sub-process start",
    "event sub-process start, not interrupting",
    "catch",
    "behind a gateway",
    "throw",
    "boundary",
    "boundary, not interrupting",
    "end",
];

/// Elements without their end; `{}` is where attributes go.
const ACTIVITIES: [(&str, &str); 18] = [
    (
        "service task",
        r#"<serviceTask id="x"{}><extensionElements><zeebe:taskDefinition type="j"/></extensionElements>|</serviceTask>"#,
    ),
    (
        "send task",
        r#"<sendTask id="x"{}><extensionElements><zeebe:taskDefinition type="j"/></extensionElements>|</sendTask>"#,
    ),
    (
        "script task, FEEL",
        r#"<scriptTask id="x"{}><extensionElements><zeebe:script expression="= 1" resultVariable="r"/></extensionElements>|</scriptTask>"#,
    ),
    (
        "script task, job",
        r#"<scriptTask id="x"{}><extensionElements><zeebe:taskDefinition type="j"/></extensionElements>|</scriptTask>"#,
    ),
    (
        "business rule task, decision",
        r#"<businessRuleTask id="x"{}><extensionElements><zeebe:calledDecision decisionId="d" resultVariable="r"/></extensionElements>|</businessRuleTask>"#,
    ),
    (
        "business rule task, job",
        r#"<businessRuleTask id="x"{}><extensionElements><zeebe:taskDefinition type="j"/></extensionElements>|</businessRuleTask>"#,
    ),
    ("user task", r#"<userTask id="x"{}>|</userTask>"#),
    ("receive task", r#"<receiveTask id="x"{} messageRef="m">|</receiveTask>"#),
    (
        "receive task, instantiating",
        r#"<receiveTask id="x"{} instantiate="true" messageRef="m">|</receiveTask>"#,
    ),
    ("manual task", r#"<manualTask id="x"{}>|</manualTask>"#),
    ("task", r#"<task id="x"{}>|</task>"#),
    (
        "call activity",
        r#"<callActivity id="x"{}><extensionElements><zeebe:calledElement processId="q"/></extensionElements>|</callActivity>"#,
    ),
    (
        "sub-process",
        r#"<subProcess id="x"{}>|<startEvent id="xs"/><task id="xt"/><sequenceFlow id="xf" sourceRef="xs" targetRef="xt"/></subProcess>"#,
    ),
    (
        "transaction",
        r#"<transaction id="x"{}>|<startEvent id="xs"/><task id="xt"/><sequenceFlow id="xf" sourceRef="xs" targetRef="xt"/></transaction>"#,
    ),
    (
        "ad-hoc sub-process",
        r#"<adHocSubProcess id="x"{}><extensionElements><zeebe:adHoc activeElementsCollection="= a"/></extensionElements>|<task id="xt"/></adHocSubProcess>"#,
    ),
    (
        "ad-hoc sub-process, in order",
        r#"<adHocSubProcess id="x"{} ordering="Sequential"><extensionElements><zeebe:adHoc activeElementsCollection="= a"/></extensionElements>|<task id="xt"/></adHocSubProcess>"#,
    ),
    (
        "ad-hoc sub-process, by a worker",
        r#"<adHocSubProcess id="x"{}><extensionElements><zeebe:taskDefinition type="j"/></extensionElements>|<task id="xt"/></adHocSubProcess>"#,
    ),
    (
        "event sub-process",
        r#"<subProcess id="x"{} triggeredByEvent="true">|<startEvent id="xs"><signalEventDefinition signalRef="s"/></startEvent><task id="xt"/><sequenceFlow id="xf" sourceRef="xs" targetRef="xt"/></subProcess>"#,
    ),
];

const ACTIVITY_PLACES: [&str; 9] = [
    "process",
    "sub-process",
    "event sub-process",
    "transaction",
    "ad-hoc sub-process",
    "standard loop",
    "multi-instance, parallel",
    "multi-instance, sequential",
    "undoing",
];

/// Which events a multi-instance throws; `{}` is where its order goes.
const BEHAVIORS: [(&str, &str); 3] = [
    (
        "an event for each",
        r#"<multiInstanceLoopCharacteristics{} behavior="None" noneBehaviorEventRef="shared"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"#,
    ),
    (
        "an event for the first",
        r#"<multiInstanceLoopCharacteristics{} behavior="One" oneBehaviorEventRef="shared"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"#,
    ),
    (
        "events under conditions",
        r#"<multiInstanceLoopCharacteristics{} behavior="Complex"><loopCardinality>2</loopCardinality><complexBehaviorDefinition><condition>= loopCounter = 2</condition><event id="implicit"><signalEventDefinition signalRef="s"/></event></complexBehaviorDefinition></multiInstanceLoopCharacteristics>"#,
    ),
];

const ORDERS: [&str; 2] = ["parallel", "sequential"];

/// The element, and the events behind it or nothing.
const GATEWAYS: [(&str, &str); 8] = [
    ("exclusive", r#"<exclusiveGateway id="x" default="x2"/>"#),
    ("parallel", r#"<parallelGateway id="x"/>"#),
    ("inclusive", r#"<inclusiveGateway id="x" default="x2"/>"#),
    ("complex", r#"<complexGateway id="x" default="x2"/>"#),
    (
        "complex, with a condition",
        r#"<complexGateway id="x" default="x2"><activationCondition>= activationCount > 1</activationCondition></complexGateway>"#,
    ),
    ("event-based", r#"<eventBasedGateway id="x"/>"#),
    ("event-based, instantiating", r#"<eventBasedGateway id="x" instantiate="true"/>"#),
    (
        "event-based, instantiating, parallel",
        r#"<eventBasedGateway id="x" instantiate="true" eventGatewayType="Parallel"/>"#,
    ),
];

const SCOPES: [&str; 5] =
    ["process", "sub-process", "event sub-process", "transaction", "ad-hoc sub-process"];

const HEAD: &str = concat!(
    r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" "#,
    r#"xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">"#,
    r#"<message id="m" name="m"><extensionElements>"#,
    r#"<zeebe:subscription correlationKey="= k"/></extensionElements></message>"#,
    r#"<message id="n" name="n"><extensionElements>"#,
    r#"<zeebe:subscription correlationKey="= k"/></extensionElements></message>"#,
    r#"<signal id="s" name="s"/><error id="e" errorCode="E"/>"#,
    r#"<escalation id="c" escalationCode="C"/>"#,
    r#"<signalEventDefinition id="shared" signalRef="s"/><process id="p" isExecutable="true">"#,
);

fn file(inside: &str) -> String {
    format!("{HEAD}{inside}</process></definitions>")
}

fn flow(source: &str, target: &str) -> String {
    format!(r#"<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>"#)
}

const START: &str = r#"<startEvent id="start"/>"#;
const TASK: &str = r#"<task id="after"/>"#;

fn event(row: &str, definitions: &str, place: &str) -> String {
    let all = if row == "parallel multiple" { r#" parallelMultiple="true""# } else { "" };
    let element = |name: &str, attributes: &str| {
        format!(r#"<{name} id="x"{all}{attributes}>{definitions}</{name}>"#)
    };
    let between = |element: &str| {
        file(&[START, element, TASK, &flow("start", "x"), &flow("x", "after")].concat())
    };
    let link =
        |name: &str| format!(r#"<{name} id="other"><linkEventDefinition name="l"/></{name}>"#);
    match place {
        "process start" => file(&[&element("startEvent", ""), TASK, &flow("x", "after")].concat()),
        "sub-process start" => {
            let inside = [&element("startEvent", ""), TASK, &flow("x", "after")].concat();
            within(r#"<subProcess id="scope">"#, &inside, "</subProcess>")
        }
        "event sub-process start" | "event sub-process start, not interrupting" => {
            let is_mild = place.ends_with("not interrupting");
            let mild = if is_mild { r#" isInterrupting="false""# } else { "" };
            let inside = [
                r#"<startEvent id="s1"/><userTask id="t1"/>"#,
                &flow("s1", "t1"),
                r#"<subProcess id="handler" triggeredByEvent="true">"#,
                &element("startEvent", mild),
                TASK,
                &flow("x", "after"),
                "</subProcess>",
            ];
            within(r#"<subProcess id="scope">"#, &inside.concat(), "</subProcess>")
        }
        "catch" if row == "link" => {
            let other = link("intermediateThrowEvent");
            let catch = element("intermediateCatchEvent", "");
            file(
                &[START, &other, &catch, TASK, &flow("start", "other"), &flow("x", "after")]
                    .concat(),
            )
        }
        "throw" if row == "link" => {
            let other = link("intermediateCatchEvent");
            let throw = element("intermediateThrowEvent", "");
            file(
                &[START, &other, &throw, TASK, &flow("start", "x"), &flow("other", "after")]
                    .concat(),
            )
        }
        "catch" => between(&element("intermediateCatchEvent", "")),
        "throw" => between(&element("intermediateThrowEvent", "")),
        "behind a gateway" => file(
            &[
                START,
                r#"<eventBasedGateway id="g"/><intermediateCatchEvent id="other">"#,
                TIMER_DURATION,
                "</intermediateCatchEvent>",
                &element("intermediateCatchEvent", ""),
                TASK,
                &flow("start", "g"),
                &flow("g", "x"),
                &flow("g", "other"),
                &flow("x", "after"),
                &flow("other", "after"),
            ]
            .concat(),
        ),
        "boundary" | "boundary, not interrupting" => boundary(row, place, &element),
        _ => end(row, &element("endEvent", "")),
    }
}

/// At a transaction, where every kind of event may be caught.
fn boundary(row: &str, place: &str, element: &dyn Fn(&str, &str) -> String) -> String {
    let is_mild = place.ends_with("not interrupting");
    let mild = if is_mild { r#" cancelActivity="false""# } else { "" };
    let event = element("boundaryEvent", &format!(r#" attachedToRef="host"{mild}"#));
    let way_on = if row == "compensation" {
        concat!(
            r#"<task id="undo" isForCompensation="true"/>"#,
            r#"<association id="a" sourceRef="x" targetRef="undo"/>"#
        )
        .to_owned()
    } else {
        flow("x", "after")
    };
    let inside = [
        START,
        r#"<transaction id="host"><startEvent id="s1"/><userTask id="t1"/>"#,
        &flow("s1", "t1"),
        "</transaction>",
        &event,
        TASK,
        &flow("start", "host"),
        &flow("host", "after"),
        &way_on,
    ];
    file(&inside.concat())
}

/// Only a transaction that is cancelled somewhere can end so.
fn end(row: &str, event: &str) -> String {
    if row != "cancel" {
        return file(&[START, event, &flow("start", "x")].concat());
    }
    let inside = [
        START,
        r#"<transaction id="host"><startEvent id="s1"/>"#,
        event,
        &flow("s1", "x"),
        r#"</transaction><boundaryEvent id="b" attachedToRef="host"><cancelEventDefinition/>"#,
        "</boundaryEvent>",
        TASK,
        &flow("start", "host"),
        &flow("b", "after"),
    ];
    file(&inside.concat())
}

/// Something inside a scope that a process leads to.
fn within(open: &str, inside: &str, close: &str) -> String {
    file(&[START, open, inside, close, &flow("start", "scope")].concat())
}

fn in_scope(place: &str, inside: &str, entry: Option<&str>, listed: &str) -> String {
    let begin = |start: &str, id: &str| {
        let lead = entry.map_or_else(String::new, |entry| flow(id, entry));
        format!("{start}{inside}{lead}")
    };
    match place {
        "process" => file(&begin(if entry.is_some() { START } else { "" }, "start")),
        "sub-process" => {
            let inside = begin(r#"<startEvent id="s1"/>"#, "s1");
            within(r#"<subProcess id="scope">"#, &inside, "</subProcess>")
        }
        "transaction" => {
            let inside = begin(r#"<startEvent id="s1"/>"#, "s1");
            within(r#"<transaction id="scope">"#, &inside, "</transaction>")
        }
        "event sub-process" => {
            let start = format!(r#"<startEvent id="s1">{SIGNAL}</startEvent>"#);
            let handler = begin(&start, "s1");
            let inside = r#"<subProcess id="scope" triggeredByEvent="true">"#;
            file(
                &[
                    START,
                    r#"<task id="outer"/>"#,
                    &flow("start", "outer"),
                    inside,
                    &handler,
                    "</subProcess>",
                ]
                .concat(),
            )
        }
        _ => {
            let listed = format!(
                r#"<extensionElements><zeebe:adHoc activeElementsCollection="= [&quot;{listed}&quot;]"/></extensionElements>"#
            );
            let inside = [&listed, inside].concat();
            within(r#"<adHocSubProcess id="scope">"#, &inside, "</adHocSubProcess>")
        }
    }
}

fn activity(row: &str, xml: &str, place: &str) -> String {
    let fill = |attributes: &str, marker: &str| xml.replace("{}", attributes).replace('|', marker);
    let starts_itself = matches!(row, "event sub-process" | "receive task, instantiating");
    let plain = |marker: &str| {
        let entry = (!starts_itself).then_some("x");
        let inside = fill("", marker);
        let rest = if row == "event sub-process" {
            [TASK, &flow("start", "after"), START].concat()
        } else {
            String::new()
        };
        in_scope("process", &[&inside, &*rest].concat(), entry, "")
    };
    match place {
        "standard loop" => plain(
            "<standardLoopCharacteristics><loopCondition>= a</loopCondition>\
             </standardLoopCharacteristics>",
        ),
        "multi-instance, parallel" => plain(
            "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>\
             </multiInstanceLoopCharacteristics>",
        ),
        "multi-instance, sequential" => plain(
            "<multiInstanceLoopCharacteristics isSequential=\"true\"><loopCardinality>2\
             </loopCardinality></multiInstanceLoopCharacteristics>",
        ),
        "undoing" => file(
            &[
                START,
                r#"<userTask id="host"/><boundaryEvent id="b" attachedToRef="host">"#,
                "<compensateEventDefinition/></boundaryEvent>",
                r#"<association id="a" sourceRef="b" targetRef="x"/>"#,
                &fill(r#" isForCompensation="true""#, ""),
                &flow("start", "host"),
            ]
            .concat(),
        ),
        "process" => plain(""),
        _ if row == "event sub-process" => {
            let inside = [&fill("", ""), TASK].concat();
            in_scope(place, &inside, Some("after"), "after")
        }
        _ => in_scope(place, &fill("", ""), (!starts_itself).then_some("x"), "x"),
    }
}

fn behavior(_: &str, xml: &str, order: &str) -> String {
    let attributes = if order == "sequential" { r#" isSequential="true""# } else { "" };
    let task = [r#"<task id="x">"#, &xml.replace("{}", attributes), "</task>"].concat();
    file(&[START, &*task, &flow("start", "x")].concat())
}

fn gateway(row: &str, xml: &str, place: &str) -> String {
    let is_event_based = row.starts_with("event-based");
    let target = |id: &str, message: &str| {
        if is_event_based {
            format!(
                r#"<intermediateCatchEvent id="{id}"><messageEventDefinition messageRef="{message}"/></intermediateCatchEvent>"#
            )
        } else {
            format!(r#"<task id="{id}"/>"#)
        }
    };
    let chooses = !is_event_based && row != "parallel";
    let condition = if chooses { "<conditionExpression>= a</conditionExpression>" } else { "" };
    let inside = [
        xml,
        &target("t1", "m"),
        &target("t2", "n"),
        r#"<sequenceFlow id="x1" sourceRef="x" targetRef="t1">"#,
        condition,
        r#"</sequenceFlow><sequenceFlow id="x2" sourceRef="x" targetRef="t2"/>"#,
    ]
    .concat();
    let entry = (!row.contains("instantiating")).then_some("x");
    if place != "ad-hoc sub-process" {
        return in_scope(place, &inside, entry, "x");
    }
    let lead = if entry.is_some() { flow("first", "x") } else { String::new() };
    let inside = [&inside, r#"<task id="first"/>"#, &*lead].concat();
    in_scope(place, &inside, None, "first")
}
