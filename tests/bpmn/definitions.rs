//! What fixtures become: the process graph, told in lines.

use flowstead::core::bpmn::{JAVASCRIPT_JOB_TYPE, Limits, parse};
use flowstead::core::feel::Expression;
use flowstead::core::model::{
    BoundaryEvent, CallActivity, Dynamic, Element, ElementIndex, ElementKind, EndEvent,
    EventTrigger, FormReference, IoMapping, JobDefinition, LoopCharacteristics, LoopItems, Mapping,
    MessageDefinition, ProcessDefinition, ScriptDefinition, StandardLoop, StartEvent,
    TimerDefinition, UserTaskDefinition,
};

use super::{fixture, line};

fn definition(name: &str) -> ProcessDefinition {
    let model = parse(&fixture(name), &Limits::default()).unwrap_or_else(|problems| {
        panic!("{name}: {:#?}", problems.iter().map(line).collect::<Vec<_>>())
    });
    model.processes.into_iter().next().expect("a model has a process")
}

/// Compares a fixture with what `definitions.txt` says.
fn check(name: &str) {
    let definition = definition(name);
    let mut actual = String::new();
    for element in &definition.elements {
        actual.push_str(&described(&definition, element));
        actual.push('\n');
    }
    for flow in &definition.flows {
        let end = |index| &*definition.element(index).id;
        if let Some(condition) = &flow.condition {
            let (source, target) = (end(flow.source), end(flow.target));
            actual.extend([source, " -> ", target, " if ", &feel(condition), "\n"]);
        }
    }
    let table = include_str!("definitions.txt");
    let cases = table.split("\n== ").filter_map(|case| case.split_once('\n'));
    let expected = cases.into_iter().find(|(case, _)| *case == name).expect("the table has it").1;
    assert_eq!(actual.trim(), expected.trim(), "{name} became:\n{actual}");
}

fn described(definition: &ProcessDefinition, element: &Element) -> String {
    let parent = element.parent.map(|it| format!("{}/", definition.element(it).id));
    let kind = match element.kind.name() {
        name if definition.element(ProcessDefinition::ROOT).id == element.id => name.to_owned(),
        name => format!("{name}{}", details(definition, &element.kind)),
    };
    let mut text = format!("{}{} {kind}", parent.unwrap_or_default(), element.id);
    text.push_str(&mappings(&element.io));
    text.push_str(&element.multi_instance.as_ref().map_or(String::new(), repetition));
    let targets: Vec<_> = element
        .outgoing
        .iter()
        .map(|it| {
            let mark = if element.default_flow == Some(*it) { "*" } else { "" };
            format!("{}{mark}", definition.element(definition.flow(*it).target).id)
        })
        .collect();
    if !targets.is_empty() {
        text.extend([" -> ", &targets.join(" ")]);
    }
    text
}

fn details(definition: &ProcessDefinition, kind: &ElementKind) -> String {
    match kind {
        ElementKind::StartEvent(StartEvent { trigger, is_interrupting, form }) => {
            let trigger = trigger.as_ref().map_or(String::new(), self::trigger);
            let form = form.as_ref().map_or(String::new(), self::form);
            let mild = if *is_interrupting { "" } else { " non-interrupting" };
            format!("{trigger}{form}{mild}")
        }
        ElementKind::IntermediateCatchEvent(trigger) => self::trigger(trigger),
        ElementKind::BoundaryEvent(BoundaryEvent {
            attached_to,
            trigger: EventTrigger::Compensation { handler: Some(handler) },
            ..
        }) => {
            let id = |index: &ElementIndex| definition.element(*index).id.clone();
            format!(" undone by {} at {}", id(handler), id(attached_to))
        }
        ElementKind::BoundaryEvent(BoundaryEvent { attached_to, is_interrupting, trigger }) => {
            let mild = if *is_interrupting { "" } else { " non-interrupting" };
            format!("{} at {}{mild}", self::trigger(trigger), definition.element(*attached_to).id)
        }
        ElementKind::EndEvent(EndEvent::Error { code }) => format!(" error {}", dynamic(code)),
        ElementKind::EndEvent(EndEvent::Terminate) => " terminate".to_owned(),
        ElementKind::EndEvent(EndEvent::Escalation { code })
        | ElementKind::EscalationThrowEvent { code } => format!(" escalation {}", dynamic(code)),
        ElementKind::EndEvent(EndEvent::Signal { name })
        | ElementKind::SignalThrowEvent { name } => format!(" signal {}", dynamic(name)),
        ElementKind::EndEvent(EndEvent::Compensation { activity })
        | ElementKind::CompensationThrowEvent { activity } => {
            let what = activity.map(|it| &*definition.element(it).id);
            format!(" compensates {}", what.unwrap_or("everything"))
        }
        ElementKind::EndEvent(EndEvent::Cancel) => " cancels".to_owned(),
        ElementKind::AdHocSubProcess(it) => {
            let text = |it: &Option<Expression>| it.as_ref().map_or(String::new(), feel);
            let (begins, done) = (text(&it.active_elements), text(&it.completion_condition));
            format!(" begins `{begins}` until `{done}` cancels {}", it.cancels_remaining)
        }
        ElementKind::LinkThrowEvent { target } => {
            format!(" to {}", definition.element(*target).id)
        }
        ElementKind::EndEvent(EndEvent::Message(it))
        | ElementKind::MessageThrowEvent(it)
        | ElementKind::ServiceTask(it)
        | ElementKind::SendTask(it)
        | ElementKind::ScriptTask(ScriptDefinition::Job(it)) => job(it),
        ElementKind::ScriptTask(ScriptDefinition::Feel { expression, result_variable }) => {
            format!(" {result_variable} {}", feel(expression))
        }
        ElementKind::UserTask(task) => user_task(task),
        ElementKind::ReceiveTask(message) => self::message(message),
        ElementKind::EventSubProcess { start } => {
            format!(" start {}", definition.element(*start).id)
        }
        ElementKind::CallActivity(CallActivity {
            process_id,
            propagates_all_parent_variables,
            propagates_all_child_variables,
        }) => format!(
            " {} down {propagates_all_parent_variables} up {propagates_all_child_variables}",
            dynamic(process_id)
        ),
        other => more_details(definition, other),
    }
}

fn more_details(definition: &ProcessDefinition, kind: &ElementKind) -> String {
    match kind {
        ElementKind::EndEvent(EndEvent::Multiple(results))
        | ElementKind::MultipleThrowEvent(results) => {
            let one = |it: &EndEvent| details(definition, &ElementKind::EndEvent(it.clone()));
            results.iter().map(one).collect()
        }
        ElementKind::InstantiatingReceiveTask(message) => {
            format!("{} starts the process", self::message(message))
        }
        ElementKind::EventBasedGateway(it) if it.is_instantiating => {
            let what = if it.needs_all { "all of them" } else { "the first" };
            format!(" starts the process with {what}")
        }
        ElementKind::ComplexGateway { activation_condition } => {
            let condition = activation_condition.as_ref().map(feel);
            format!(" opens when `{}`", condition.unwrap_or_default())
        }
        _ => String::new(),
    }
}

fn feel(expression: &Expression) -> String {
    format!("= {}", expression.source())
}

fn dynamic(value: &Dynamic) -> String {
    match value {
        Dynamic::Literal(text) => format!("`{text}`"),
        Dynamic::Expression(expression) => format!("`{}`", feel(expression)),
    }
}

fn trigger(trigger: &EventTrigger) -> String {
    match trigger {
        EventTrigger::Message(message) => self::message(message),
        EventTrigger::Timer(TimerDefinition::Date(it)) => format!(" date {}", dynamic(it)),
        EventTrigger::Timer(TimerDefinition::Duration(it)) => format!(" duration {}", dynamic(it)),
        EventTrigger::Timer(TimerDefinition::Cycle(it)) => format!(" cycle {}", dynamic(it)),
        EventTrigger::Error { code: Some(code) } => format!(" error `{code}`"),
        EventTrigger::Error { code: None } => " any error".to_owned(),
        EventTrigger::Escalation { code: Some(code) } => format!(" escalation `{code}`"),
        EventTrigger::Condition(it) => {
            let names = it.variable_names.as_ref().map(|names| format!(" of {}", names.join(",")));
            let (new, changed) = (it.sees_new, it.sees_changed);
            let seen = if new && changed {
                ""
            } else if new {
                " when new"
            } else {
                " when changed"
            };
            format!(" if `{}`{}{seen}", feel(&it.condition), names.unwrap_or_default())
        }
        EventTrigger::Compensation { .. } => " compensation".to_owned(),
        EventTrigger::Cancel => " cancel".to_owned(),
        EventTrigger::Signal { name } => format!(" signal {}", dynamic(name)),
        EventTrigger::Escalation { code: None } => " any escalation".to_owned(),
        EventTrigger::Multiple { triggers, needs_all } => {
            let parts: Vec<String> = triggers.iter().map(self::trigger).collect();
            parts.join(if *needs_all { " and" } else { " or" })
        }
    }
}

fn message(message: &MessageDefinition) -> String {
    let key =
        message.correlation_key.as_ref().map_or(String::new(), |it| format!(" key `{}`", feel(it)));
    format!(" message {}{key}", dynamic(&message.name))
}

fn job(job: &JobDefinition) -> String {
    let priority =
        job.priority.as_ref().map_or(String::new(), |it| format!(" priority {}", dynamic(it)));
    let headers: Vec<String> =
        job.headers.iter().map(|(key, value)| format!(" [{key}: {value}]")).collect();
    let (job_type, retries) = (dynamic(&job.job_type), dynamic(&job.retries));
    format!(" {job_type} retries {retries}{priority}{}", headers.concat())
}

fn form(form: &FormReference) -> String {
    match form {
        FormReference::Id(id) => format!(" form {id}"),
        FormReference::Embedded(schema) => format!(" embedded form {schema}"),
        FormReference::External(at) => format!(" form at {}", dynamic(at)),
    }
}

fn user_task(task: &UserTaskDefinition) -> String {
    let mut text = task.form.as_ref().map_or(String::new(), form);
    for (name, value) in [
        ("assignee", &task.assignee),
        ("groups", &task.candidate_groups),
        ("users", &task.candidate_users),
        ("due", &task.due_date),
        ("follow-up", &task.follow_up_date),
        ("priority", &task.priority),
    ] {
        text.push_str(
            &value.as_ref().map_or(String::new(), |it| format!(" {name} {}", dynamic(it))),
        );
    }
    text.extend(task.headers.iter().map(|(key, value)| format!(" [{key}: {value}]")));
    text
}

fn mappings(io: &IoMapping) -> String {
    let one = |mapping: &Mapping| {
        format!("{} := {}", mapping.target.0.join("."), dynamic(&mapping.source))
    };
    let inputs = io.inputs.iter().map(|it| format!(" | in {}", one(it)));
    inputs.chain(io.outputs.iter().map(|it| format!(" | out {}", one(it)))).collect()
}

fn repetition(marker: &LoopCharacteristics) -> String {
    let order = if marker.is_sequential { "sequential" } else { "parallel" };
    let mut text = match &marker.items {
        LoopItems::Collection(list) => format!(" | {order} over `{}`", feel(list)),
        LoopItems::Cardinality(number) => format!(" | {order} `{}` times", feel(number)),
        LoopItems::While(StandardLoop { condition, tests_before, maximum }) => {
            let condition = condition.as_ref().map_or(String::new(), feel);
            format!(" | while `{condition}` before {tests_before} at most {maximum:?}")
        }
    };
    for (name, value) in [
        ("as", marker.input_element.clone()),
        ("into", marker.output_collection.clone()),
        ("of", marker.output_element.as_ref().map(feel)),
        ("until", marker.completion_condition.as_ref().map(feel)),
    ] {
        text.push_str(&value.map_or(String::new(), |it| format!(" {name} `{it}`")));
    }
    text
}

#[test]
fn tasks_become_jobs_and_scripts() {
    check("tasks.bpmn");
    let definition = definition("tasks.bpmn");
    assert_eq!(definition.name.as_deref(), Some("All tasks"));
    assert_eq!(definition.version_tag.as_deref(), Some("1.2"));
    assert_eq!(JAVASCRIPT_JOB_TYPE, "io.flowstead:javascript:1");
}

#[test]
fn user_tasks_keep_form_people_dates_and_priority() {
    check("user-tasks.bpmn");
    let model = parse(&fixture("user-tasks.bpmn"), &Limits::default()).expect("it is right");
    let [form] = model.forms.as_slice() else { panic!("there is one embedded form") };
    assert_eq!((&*form.process_id, form.id.as_str()), ("user-tasks", "inner"));
    assert_eq!(&*form.schema, r#"{"type":"default","components":[]}"#);
}

#[test]
fn events_keep_their_triggers() {
    check("events.bpmn");
}

#[test]
fn escalations_and_links_keep_their_codes_and_targets() {
    check("escalations.bpmn");
}

#[test]
fn signals_keep_their_names() {
    check("signals.bpmn");
}

#[test]
fn compensation_and_transactions_keep_who_undoes_what() {
    check("compensation.bpmn");
}

#[test]
fn several_triggers_and_what_instantiates_are_kept() {
    check("multiple.bpmn");
}

#[test]
fn conditions_keep_their_filters() {
    check("conditions.bpmn");
}

#[test]
fn loops_and_ad_hoc_sub_processes_keep_their_conditions() {
    check("loops.bpmn");
}

#[test]
fn gateways_keep_conditions_and_defaults() {
    check("gateways.bpmn");
}

#[test]
fn scopes_nest_and_repeat() {
    check("scopes.bpmn");
}

#[test]
fn camunda_7_is_translated() {
    check("camunda7.bpmn");
}

#[test]
fn pools_lanes_data_and_notes_are_no_obstacle() {
    check("collaboration.bpmn");
}

#[test]
fn what_others_put_into_a_file_is_no_obstacle() {
    check("foreign.bpmn");
}

#[test]
fn only_executable_processes_are_taken() {
    let source = fixture("foreign.bpmn");
    let two = source.replace(
        "</b:definitions  >",
        "<b:process id=\"drawn\"><b:startEvent id=\"s\"/></b:process></b:definitions>",
    );
    let model = parse(&two, &Limits::default()).expect("it is right");
    let ids: Vec<&str> = model.processes.iter().map(|it| &*it.id).collect();
    assert_eq!(ids, ["foreign"]);
}
