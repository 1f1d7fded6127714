//! Random changes of running instances: modifications, next versions, suspension.

use flowstead::core::engine::{
    Activation, Command, Instruction, Mapping, MigrateInstance, MoveSource, ProcessInstance,
    RepairIncident, ScopeVariables, propose_migration,
};
use flowstead::core::model::ProcessDefinition;
use serde_json::json;

use super::random::Random;

/// A modification with one to three instructions, many of which can't be carried out.
pub(crate) fn modify(
    random: &mut Random,
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
) -> Command {
    let count = 1 + random.below(3);
    let one = |_| instruction(random, definition, instance);
    Command::ModifyInstance { instructions: (0..count).map(one).collect() }
}

fn instruction(
    random: &mut Random,
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
) -> Instruction {
    let open = open_key(random, instance);
    match random.below(6) {
        0 => Instruction::Terminate { element_instance_key: open },
        1 => Instruction::TerminateAll { element_id: element_of(instance, open) },
        2 => Instruction::Move {
            from: MoveSource::Element(element_of(instance, open)),
            to: activation(random, definition, instance),
        },
        3 => Instruction::Move {
            from: MoveSource::Instance(open),
            to: activation(random, definition, instance),
        },
        _ => Instruction::Activate(activation(random, definition, instance)),
    }
}

fn activation(
    random: &mut Random,
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
) -> Activation {
    let element_id = random.pick(&definition.elements).id.to_string();
    let ancestor_key = random.once_in(4).then(|| open_key(random, instance));
    let scope_id = random.once_in(2).then(|| element_id.clone());
    let json = json!({ "a": random.below(4) });
    let variables = json.as_object().cloned().unwrap_or_default();
    let variables = vec![ScopeVariables { scope_id, variables }];
    Activation { element_id, ancestor_key, variables }
}

fn open_key(random: &mut Random, instance: &ProcessInstance) -> i64 {
    let at = random.below(instance.elements.len().max(1));
    instance.elements.keys().nth(at).copied().unwrap_or(99)
}

fn element_of(instance: &ProcessInstance, key: i64) -> String {
    instance.elements.get(&key).map_or_else(String::new, |it| it.element_id.to_string())
}

/// An incident repaired with changed variables.
pub(crate) fn repair(random: &mut Random, instance: &ProcessInstance) -> Command {
    let at = random.below(instance.incidents.len().max(1));
    let incident_key = instance.incidents.keys().nth(at).copied().unwrap_or(99);
    let job_key = instance.incidents.get(&incident_key).and_then(|incident| incident.job_key);
    let json = json!({ "a": 1, "b": 2, "c": 3, "unknown": random.below(3), "items": [1] });
    Command::RepairIncident(Box::new(RepairIncident {
        incident_key,
        retries: job_key.map(|_| 1),
        variables: json.as_object().cloned().unwrap_or_default(),
        scope_key: random.once_in(2).then_some(instance.key),
        is_local: random.once_in(2),
    }))
}

/// A migration to a next version: as proposed, or with some of it left out or made up.
pub(crate) fn migrate(
    random: &mut Random,
    old: &ProcessDefinition,
    new: &ProcessDefinition,
    renamed: &Mapping,
    instance: &ProcessInstance,
) -> Command {
    let mut mapping = propose_migration(old, new).mapping;
    mapping.extend(renamed.clone());
    if random.once_in(3) {
        let gone = random.pick(&old.elements).id.clone();
        mapping.remove(&gone);
    }
    if random.once_in(6) {
        let (source, target) = (random.pick(&old.elements), random.pick(&new.elements));
        mapping.insert(source.id.clone(), target.id.clone());
    }
    let definition_key = instance.definition_key + i64::from(!random.once_in(20));
    let version = instance.version + 1;
    Command::MigrateInstance(Box::new(MigrateInstance { definition_key, version, mapping }))
}

/// A next version of a model, and what got another name in it.
pub(crate) fn next_version(random: &mut Random, text: &str) -> (String, Mapping) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut renamed = Mapping::new();
    for _ in 0..=random.below(3) {
        match random.below(5) {
            0 => rename(random, &mut lines, &mut renamed),
            1 => attach(random, &mut lines),
            2 => detach(random, &mut lines),
            3 => retype(random, &mut lines),
            _ => renumber(random, &mut lines),
        }
    }
    (lines.join("\n") + "\n", renamed)
}

/// The ids that are declared on lines of their own, with their kinds.
fn declared(lines: &[String]) -> Vec<(String, String)> {
    let of = |line: &String| {
        let (kind, id) = line.split_once(':')?;
        let is_plain = |text: &str| text.chars().all(|it| it.is_ascii_alphanumeric());
        (is_plain(kind) && is_plain(id)).then(|| (kind.to_owned(), id.to_owned()))
    };
    lines.iter().filter_map(of).collect()
}

fn rename(random: &mut Random, lines: &mut [String], renamed: &mut Mapping) {
    let ids = declared(lines);
    if ids.is_empty() {
        return;
    }
    let (_, id) = random.pick(&ids).clone();
    let new = format!("{id}x");
    for line in lines.iter_mut() {
        *line = with_word(line, &id, &new);
    }
    // What was renamed before has its name of the version before.
    let first = renamed.iter().find(|(_, now)| ***now == *id).map(|(first, _)| first.clone());
    renamed.insert(first.unwrap_or_else(|| id.into()), new.into());
}

/// A line with a word in the place of another.
fn with_word(line: &str, word: &str, other: &str) -> String {
    let is_end = |it: char| !it.is_ascii_alphanumeric();
    line.split_inclusive(is_end)
        .map(|part| {
            let bare = part.trim_end_matches(is_end);
            if bare == word { format!("{other}{}", &part[bare.len()..]) } else { part.to_owned() }
        })
        .collect()
}

/// A boundary event more.
fn attach(random: &mut Random, lines: &mut Vec<String>) {
    let hosts: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].starts_with("service:") || lines[*at].starts_with("user:"))
        .filter(|at| declared(&lines[*at..=*at]).len() == 1 && !undoes(lines, *at))
        .collect();
    if hosts.is_empty() {
        return;
    }
    let at = *random.pick(&hosts);
    let host = lines[at].split_once(':').map(|(_, id)| id.to_owned()).unwrap_or_default();
    let id = format!("{host}more");
    if lines.iter().any(|line| line.starts_with(&format!("boundary:{id}"))) {
        return;
    }
    let settings = ["duration PT1H", "message more by 1", "signal alarm", "error *"];
    lines.insert(at + 1, format!("boundary:{id} on {host}"));
    lines.insert(at + 2, format!("@{id} {}", random.pick(&settings)));
}

/// A compensation handler has no boundary events (BPMN 2.0, 10.7.1).
fn undoes(lines: &[String], at: usize) -> bool {
    let id = lines[at].split_once(':').map_or("", |(_, id)| id);
    lines.iter().any(|line| line.ends_with(&format!(" compensation {id}")))
}

/// A boundary event less, where it was added by a version before.
fn detach(random: &mut Random, lines: &mut Vec<String>) {
    let added: Vec<String> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("boundary:")?.split_once("more on "))
        .map(|(id, _)| format!("{id}more"))
        .collect();
    if added.is_empty() {
        return;
    }
    let id = random.pick(&added).clone();
    lines.retain(|line| {
        !line.starts_with(&format!("boundary:{id} ")) && !line.starts_with(&format!("@{id} "))
    });
}

/// Another kind of task.
fn retype(random: &mut Random, lines: &mut [String]) {
    let ids = declared(lines);
    let plain: Vec<&(String, String)> = ids
        .iter()
        .filter(|(kind, id)| {
            kind == "service" && !lines.iter().any(|it| it.starts_with(&format!("@{id} ")))
        })
        .collect();
    if plain.is_empty() {
        return;
    }
    let (_, id) = (*random.pick(&plain)).clone();
    for line in lines.iter_mut().filter(|line| **line == format!("service:{id}")) {
        *line = format!("user:{id}");
    }
}

/// Other conditions.
fn renumber(random: &mut Random, lines: &mut [String]) {
    let number = random.below(3);
    for line in lines.iter_mut().filter(|_| random.once_in(2)) {
        *line = line.replace("> 1]", &format!("> {number}]"));
    }
}
