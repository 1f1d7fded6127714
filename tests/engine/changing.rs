//! Commands of scenarios that change a running instance, and what the core says about them.
//!
//! ```text
//! > modify activate x in SCOPE with s {"k":1}; terminate a; all b; move a to c; move all a to c
//! > migrate a=b c=nothing        the proposal with changes; `migrate only a=b` without it
//! > repair a retries 2 at SCOPE {"k":1}
//! > suspend    > resume    > propose    > start-of
//! ```

use std::sync::Arc;

use flowstead::core::engine::{
    Activation, Command, Instruction, Mapping, MigrateInstance, MoveSource, RepairIncident,
    ScopeVariables, VariableMap, propose_migration, start_of,
};

use super::scenario::Stage;

impl Stage {
    /// A command that changes the instance; `None` when the verb is of another one.
    pub(super) fn changing(&self, verb: &str, rest: &str) -> Option<Command> {
        Some(match verb {
            "suspend" => Command::Suspend,
            "resume" => Command::Resume,
            "modify" => {
                let instructions = rest.split("; ").filter(|it| !it.is_empty());
                Command::ModifyInstance {
                    instructions: instructions.map(|text| self.instruction(text)).collect(),
                }
            }
            "migrate" => Command::MigrateInstance(Box::new(MigrateInstance {
                definition_key: if rest == "same" { 3 } else { 4 },
                version: 2,
                mapping: self.mapping(rest),
            })),
            "repair" => Command::RepairIncident(Box::new(self.repair(rest))),
            _ => return None,
        })
    }

    fn instruction(&self, text: &str) -> Instruction {
        let (words, variables) = split(text);
        match words.as_slice() {
            ["activate", ..] => Instruction::Activate(self.activation(&words[1..], variables)),
            ["terminate", name] => Instruction::Terminate { element_instance_key: self.key(name) },
            ["all", id] => Instruction::TerminateAll { element_id: (*id).to_owned() },
            ["move", "all", id, "to", ..] => Instruction::Move {
                from: MoveSource::Element((*id).to_owned()),
                to: self.activation(&words[4..], variables),
            },
            ["move", name, "to", ..] => Instruction::Move {
                from: MoveSource::Instance(self.key(name)),
                to: self.activation(&words[3..], variables),
            },
            _ => panic!("no instruction: {text}"),
        }
    }

    fn activation(&self, words: &[&str], variables: VariableMap) -> Activation {
        let ancestor_key = after(words, "in").map(|name| self.key(name));
        let scope_id = after(words, "with").map(str::to_owned);
        let given = (!variables.is_empty()).then_some(ScopeVariables { scope_id, variables });
        Activation {
            element_id: words[0].to_owned(),
            ancestor_key,
            variables: given.into_iter().collect(),
        }
    }

    fn mapping(&self, text: &str) -> Mapping {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let mut mapping = Mapping::new();
        if words.first() == Some(&"only") {
            words.remove(0);
        } else if let Some(next) = &self.next_version {
            mapping = propose_migration(&self.definition, next).mapping;
        }
        for (source, target) in words.iter().filter_map(|word| word.split_once('=')) {
            if target == "nothing" {
                mapping.remove(source);
            } else {
                mapping.insert(Arc::from(source), Arc::from(target));
            }
        }
        mapping
    }

    fn repair(&self, text: &str) -> RepairIncident {
        let (words, variables) = split(text);
        RepairIncident {
            incident_key: self.key(&format!("incident:{}", words[0])),
            retries: after(&words, "retries").map(|it| it.parse().expect("a number")),
            variables,
            scope_key: after(&words, "at").map(|name| self.key(name)),
            is_local: words.contains(&"local"),
        }
    }

    /// The proposal for the next version: what gets another id, and what is left out.
    pub(super) fn proposal(&self) -> Vec<String> {
        let next = self.next_version.as_ref().expect("a next version");
        let proposal = propose_migration(&self.definition, next);
        let renamed = proposal.mapping.iter().filter(|(source, target)| source != target);
        let mut words: Vec<String> =
            renamed.map(|(source, target)| format!("{source}={target}")).collect();
        let kept = proposal.mapping.len() - words.len();
        words.insert(0, format!("{kept} as they are;"));
        let left_out = proposal.left_out.iter();
        words.extend(left_out.map(|(id, reason)| format!("'{id}': {reason};")));
        words
    }

    /// What the first turn says the instance was started with.
    pub(super) fn start(&self) -> Vec<String> {
        let start = self
            .turns
            .first()
            .and_then(|(_, events)| start_of(events))
            .expect("the turn that created the instance");
        let at = start.start_element_id.as_deref().unwrap_or("the none start event");
        let variables = serde_json::to_string(&start.variables).expect("variables are JSON");
        vec![format!("{at} {variables}")]
    }
}

/// Words, and the variables behind them.
fn split(text: &str) -> (Vec<&str>, VariableMap) {
    let (words, variables) = match text.find('{') {
        Some(at) => (&text[..at], serde_json::from_str(&text[at..]).expect("variables")),
        None => (text, VariableMap::new()),
    };
    (words.split_whitespace().collect(), variables)
}

fn after<'w>(words: &[&'w str], word: &str) -> Option<&'w str> {
    let at = words.iter().position(|it| *it == word)?;
    words.get(at + 1).copied()
}
