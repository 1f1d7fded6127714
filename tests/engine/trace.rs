//! Turns as text: events and effects in one short word each, keys as names.
//!
//! ```text
//! +a activating   *a activated   ~a completing   -a completed   //a terminating   /a terminated
//! a>b flow taken  wait[a>b] at a join            open[a>b,c>b] into the gateway
//! ```

use std::collections::HashMap;

use flowstead::core::engine::{
    AdHocStep, CallResult, DecisionEvaluated, Effect, Event, IncidentRaised, JobCreated, JobKind,
    Role, TimerScheduled, TransitionStep, UserTaskCreated,
};
use flowstead::core::model::Binding;
use jiff::Timestamp;

/// Names for keys, given out as events come by.
#[derive(Default)]
pub(crate) struct Names {
    by_key: HashMap<i64, String>,
    by_name: HashMap<String, i64>,
    given: HashMap<String, u32>,
}

impl Names {
    /// The name of a key, `a`, then `a#2` and so on for what has the same base.
    fn give(&mut self, key: i64, base: &str) -> String {
        let count = self.given.entry(base.to_owned()).or_default();
        *count += 1;
        let name = if *count == 1 { base.to_owned() } else { format!("{base}#{count}") };
        self.by_key.insert(key, name.clone());
        self.by_name.insert(name.clone(), key);
        name
    }

    pub(crate) fn of(&self, key: i64) -> String {
        self.by_key.get(&key).cloned().unwrap_or_else(|| format!("?{key}"))
    }

    /// Gives a name to another key.
    pub(crate) fn rename(&mut self, from: i64, to: i64) {
        if let Some(name) = self.by_key.get(&from).cloned() {
            self.by_name.insert(name.clone(), to);
            self.by_key.insert(to, name);
        }
    }

    pub(crate) fn key(&self, name: &str) -> Option<i64> {
        self.by_name.get(name).copied()
    }

    /// Puts names in the place of keys in a message.
    pub(crate) fn translate(&self, message: &str) -> String {
        let word = |word: &str| {
            let digits = word.trim_matches(|it: char| !it.is_ascii_digit());
            let name = digits.parse().ok().and_then(|key: i64| self.by_key.get(&key));
            name.map_or_else(|| word.to_owned(), |name| word.replace(digits, name))
        };
        message.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// One event as text.
    pub(crate) fn event(&mut self, event: &Event) -> String {
        match event {
            Event::InstanceCreated(facts) => {
                let start = facts.start_element_id.as_ref().map(|id| format!(" at {id}"));
                let by = facts.started_by.as_ref().map(|by| format!(" by {by}"));
                let parent = facts.parent.map(|_| " as child");
                let parts = [start.as_deref(), by.as_deref(), parent];
                let parts: String = parts.into_iter().flatten().collect();
                format!("created({}{parts})", facts.process_id)
            }
            Event::InstanceCompleted => "=completed".to_owned(),
            Event::InstanceTerminated => "=terminated".to_owned(),
            Event::InstanceEnding { .. } => "=ending".to_owned(),
            Event::InstanceCopied { turn, .. } => format!("copied[{turn}]"),
            Event::ElementActivating(facts) => {
                let base = match facts.role {
                    Role::Body => format!("{}[]", facts.element_id),
                    _ => facts.element_id.to_string(),
                };
                format!("+{}", self.give(facts.key, &base))
            }
            Event::ElementActivated { key } => format!("*{}", self.of(*key)),
            Event::ElementCompleting { key } => format!("~{}", self.of(*key)),
            Event::ElementCompleted { key } => format!("-{}", self.of(*key)),
            Event::ElementTerminating { key } => format!("//{}", self.of(*key)),
            Event::ElementTerminated { key } => format!("/{}", self.of(*key)),
            Event::SequenceFlowTaken { flow_id, .. } => flow_id.to_string(),
            Event::JoinReached { flow_id, .. } => format!("wait[{flow_id}]"),
            Event::JoinReleased { flow_ids, .. } => format!("open[{}]", flow_ids.join(",")),
            Event::VariableSet { scope_key, name, value } => {
                format!("{}.{name}={value}", self.of(*scope_key))
            }
            Event::LoopStarted(facts) => format!("loop({} {})", self.of(facts.key), facts.total),
            Event::LoopResultCollected { key, loop_counter, value } => {
                format!("result({} {loop_counter} {value})", self.of(*key))
            }
            other => self.held(other),
        }
    }

    /// Events about what element instances hold.
    fn held(&mut self, event: &Event) -> String {
        match event {
            Event::JobCreated(facts) => self.job(facts),
            Event::JobFailed { key, retries, message, backoff_until } => {
                let until = backoff_until.map(|at| format!(" until {}", time(at)));
                format!(
                    "failed({} {retries} '{message}'{})",
                    self.of(*key),
                    until.unwrap_or_default()
                )
            }
            Event::JobErrorThrown { key, code, .. } => format!("error({} {code})", self.of(*key)),
            Event::JobRetriesUpdated { key, retries } => {
                format!("retries({} {retries})", self.of(*key))
            }
            Event::JobReopened { key } => format!("reopened({})", self.of(*key)),
            Event::UserTaskCreated(facts) => self.user_task(facts),
            Event::UserTaskAssigned { key, assignee } => {
                format!("assigned({} {})", self.of(*key), assignee.as_deref().unwrap_or("nobody"))
            }
            Event::UserTaskUpdated { key, changes } => {
                let changes = serde_json::to_string(changes).expect("changes are JSON");
                format!("updated({} {changes})", self.of(*key))
            }
            Event::UserTaskCompleted { key, by } => {
                let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                format!("done({}{by})", self.of(*key))
            }
            Event::JobCompleted { key } => format!("done({})", self.of(*key)),
            Event::TimerScheduled(facts) => self.timer(facts),
            Event::TimerFired { key } => format!("fired({})", self.of(*key)),
            Event::SubscriptionOpened(facts) => {
                let name = self.give(facts.key, &format!("message:{}", facts.element_id));
                format!("open({name} {} {})", facts.message_name, facts.correlation_key)
            }
            Event::SignalSubscribed(facts) => {
                let name = self.give(facts.key, &format!("signal:{}", facts.element_id));
                format!("open({name} {})", facts.signal_name)
            }
            Event::SignalCaught { key, .. } | Event::MessageCorrelated { key, .. } => {
                format!("came({})", self.of(*key))
            }
            Event::JobCanceled { key }
            | Event::UserTaskCanceled { key }
            | Event::TimerCanceled { key }
            | Event::SubscriptionClosed { key }
            | Event::SignalUnsubscribed { key }
            | Event::ConditionUnsubscribed { key } => format!("closed({})", self.of(*key)),
            Event::DecisionEvaluated(facts) => decision(facts),
            Event::IncidentRaised(facts) => self.incident(facts),
            Event::IncidentResolved { key } => format!("resolved({})", self.of(*key)),
            Event::ChildCalled { child_key, process_id, .. } => {
                format!("called({})", self.give(*child_key, &format!("child:{process_id}")))
            }
            Event::ChildReturned { child_key, .. } => format!("returned({})", self.of(*child_key)),
            Event::ErrorThrown { element_instance_key, code, caught_by, .. } => {
                let by = caught_by.as_deref().unwrap_or("nothing");
                format!("thrown({} {code} caught by {by})", self.of(*element_instance_key))
            }
            other => self.thrown(other),
        }
    }

    /// Events about what is told to others, and what is undone.
    fn thrown(&mut self, event: &Event) -> String {
        match event {
            Event::SignalThrown { element_instance_key, signal_key, signal_name } => {
                self.give(*signal_key, &format!("thrown:{signal_name}"));
                format!("signalled({} {signal_name})", self.of(*element_instance_key))
            }
            Event::EscalationThrown { element_instance_key, code, caught_by } => {
                let by = caught_by.as_deref().unwrap_or("nothing");
                format!("escalated({} {code} caught by {by})", self.of(*element_instance_key))
            }
            Event::ConditionSubscribed(facts) => {
                let name = self.give(facts.key, &format!("condition:{}", facts.element_id));
                format!("open({name})")
            }
            Event::ConditionMet { key } => format!("met({})", self.of(*key)),
            Event::CompensationRecorded { scope_key, record } => {
                format!("done({} {})", self.of(*scope_key), record.element_id)
            }
            Event::CompensationTaken { scope_key, .. } => format!("undo({})", self.of(*scope_key)),
            Event::CompensationThrown { element_instance_key, activity_id } => {
                let what = activity_id.as_deref().unwrap_or("everything");
                format!("compensate({} {what})", self.of(*element_instance_key))
            }
            Event::ComplexGatewayOpened { gateway_id, flow_ids, .. } => {
                format!("opened({gateway_id} {})", flow_ids.join(","))
            }
            Event::ComplexGatewayReset { gateway_id, .. } => format!("reset({gateway_id})"),
            Event::TriggerCollected(facts) => {
                let (of, part) = (self.of(facts.element_instance_key), facts.trigger.part);
                format!("collected({of} {} {part})", facts.element_id)
            }
            Event::TriggersReleased { element_instance_key, element_id } => {
                format!("released({} {element_id})", self.of(*element_instance_key))
            }
            other => self.listened(other),
        }
    }

    /// Events about what user tasks are about to become, and what is added to what is at work.
    fn listened(&mut self, event: &Event) -> String {
        let json = |it| serde_json::to_string(it).expect("corrections are JSON");
        match event {
            Event::UserTaskCreating(facts) => {
                let base = format!("task:{}", self.of(facts.element_instance_key));
                format!("creating({})", self.give(facts.key, &base))
            }
            Event::UserTaskTransition { key, step } => {
                let of = self.of(*key);
                match step {
                    TransitionStep::Begun(it) => format!("{}({of})", it.event().name()),
                    TransitionStep::Corrected(it) => format!("corrected({of} {})", json(it)),
                    TransitionStep::Accepted => format!("accepted({of})"),
                    TransitionStep::Denied(reason) => format!("denied({of} '{reason}')"),
                }
            }
            Event::TriggerHeldBack { key, event_id, .. } => {
                format!("waits({event_id} for {})", self.of(*key))
            }
            Event::LoopExtended(facts) => format!("more({} {})", self.of(facts.key), facts.added),
            Event::AdHocProgressed { key, step } => {
                let of = self.of(*key);
                match step {
                    AdHocStep::Queued(all) => {
                        let ids: Vec<&str> = all.iter().map(|it| it.element_id.as_str()).collect();
                        format!("queued({of} {})", ids.join(","))
                    }
                    AdHocStep::Dequeued => format!("next({of})"),
                    AdHocStep::Fulfilled => format!("fulfilled({of})"),
                }
            }
            other => self.changed(other),
        }
    }

    /// Events about the instance as a whole.
    fn changed(&mut self, event: &Event) -> String {
        match event {
            Event::InstanceSuspended => "=suspended".to_owned(),
            Event::InstanceResumed => "=resumed".to_owned(),
            Event::InstanceMigrated(facts) => {
                let renamed = facts.elements.iter().chain(&facts.flows);
                let mut words = vec![facts.version.to_string()];
                words.extend(renamed.map(|(old, new)| format!("{old}={new}")));
                format!("migrated({})", words.join(" "))
            }
            Event::StepPostponed { element_instance_key, step } => {
                format!("later({} {step:?})", self.of(*element_instance_key))
            }
            Event::SignalPostponed { key, .. } => format!("later({})", self.of(*key)),
            other => panic!("no text for {other:?}"),
        }
    }

    fn job(&mut self, facts: &JobCreated) -> String {
        let name = self.give(facts.key, &format!("job:{}", self.of(facts.element_instance_key)));
        let mut more = vec![name];
        match facts.kind {
            JobKind::Element => {}
            JobKind::TaskListener(event) => more.push(event.name().to_owned()),
            other => more.push(other.name().to_owned()),
        }
        if *facts.job_type != *facts.element_id {
            more.push(format!("type={}", facts.job_type));
        }
        if facts.retries != 3 {
            more.push(format!("retries={}", facts.retries));
        }
        if facts.priority != 0 {
            more.push(format!("priority={}", facts.priority));
        }
        more.extend(facts.headers.iter().filter_map(|(header, value)| header_of(header, value)));
        format!("new({})", more.join(" "))
    }

    fn user_task(&mut self, facts: &UserTaskCreated) -> String {
        let of = self.of(facts.element_instance_key);
        let known = self.by_key.get(&facts.key).cloned();
        let name = known.unwrap_or_else(|| self.give(facts.key, &format!("task:{of}")));
        let mut more = vec![name];
        if *facts.name != *facts.element_id {
            more.push(format!("'{}'", facts.name));
        }
        more.extend(facts.form.as_ref().map(|form| format!("{form:?}")));
        more.extend(facts.assignee.as_ref().map(|assignee| format!("assignee={assignee}")));
        if !facts.candidate_groups.is_empty() {
            more.push(format!("groups={}", facts.candidate_groups.join(",")));
        }
        if !facts.candidate_users.is_empty() {
            more.push(format!("users={}", facts.candidate_users.join(",")));
        }
        more.extend(facts.due_at.map(|at| format!("due={}", time(at))));
        more.extend(facts.follow_up_at.map(|at| format!("follow-up={}", time(at))));
        if facts.priority != 50 {
            more.push(format!("priority={}", facts.priority));
        }
        more.extend(facts.headers.iter().map(|(name, value)| format!("{name}={value}")));
        format!("new({})", more.join(" "))
    }

    fn timer(&mut self, facts: &TimerScheduled) -> String {
        let name = self.give(facts.key, &format!("timer:{}", facts.element_id));
        let again = facts.repetition.as_ref().map(|it| match it.remaining {
            Some(times) => format!(" then {times} x {}", it.interval),
            None => format!(" then {}", it.interval),
        });
        format!("open({name} {}{})", time(facts.due_at), again.unwrap_or_default())
    }

    fn incident(&mut self, facts: &IncidentRaised) -> String {
        let of = self.of(facts.element_instance_key);
        self.give(facts.key, &format!("incident:{of}"));
        let message = self.translate(&facts.message);
        format!("INCIDENT({of} {:?}/{:?}: {message})", facts.kind, facts.step)
    }

    /// One effect as text.
    pub(crate) fn effect(&mut self, effect: &Effect) -> String {
        let json = |it| serde_json::to_string(it).expect("variables are JSON");
        match effect {
            Effect::StartCalledInstance { child_key, variables, binding, .. } => {
                let bound = match binding {
                    Binding::Latest => String::new(),
                    Binding::Deployment => " of the same deployment".to_owned(),
                    Binding::VersionTag(tag) => format!(" tagged {tag}"),
                };
                format!("=> start {}{bound} {}", self.of(*child_key), json(variables))
            }
            Effect::CancelCalledInstance { child_key } => {
                format!("=> cancel {}", self.of(*child_key))
            }
            Effect::SuspendCalledInstance { child_key } => {
                format!("=> suspend {}", self.of(*child_key))
            }
            Effect::ResumeCalledInstance { child_key } => {
                format!("=> resume {}", self.of(*child_key))
            }
            Effect::BroadcastSignal { signal_name, variables, .. } => {
                format!("=> signal {signal_name} {}", json(variables))
            }
            Effect::EscalateToParent { code, .. } => format!("=> parent: escalated {code}"),
            Effect::NotifyParent { result, .. } => match result {
                CallResult::Completed { variables } => {
                    format!("=> parent: completed {}", json(variables))
                }
                CallResult::Failed { code, variables, .. } => {
                    format!("=> parent: failed {code} {}", json(variables))
                }
                CallResult::Terminated => "=> parent: terminated".to_owned(),
            },
        }
    }
}

/// A header of a job; what a listener is told has short names, and keys differ from run to run.
fn header_of(header: &str, value: &str) -> Option<String> {
    let header = header.strip_prefix("io.camunda.zeebe:").unwrap_or(header);
    (!matches!(header, "userTaskKey" | "action")).then(|| format!("{header}={value}"))
}

/// What was decided from what, by which rules.
fn decision(facts: &DecisionEvaluated) -> String {
    let tables = facts.trace["tables"].as_array().into_iter().flatten();
    let rules: Vec<_> = tables
        .flat_map(|table| table["rules"].as_array().into_iter().flatten())
        .map(|rule| rule["number"].to_string())
        .collect();
    let version = facts.decision_version;
    let (id, inputs, output) = (&facts.decision_id, &facts.inputs, &facts.output);
    let failed = if facts.failure.is_some() { " failed" } else { "" };
    format!("decided({id}.{version} {inputs} by {}: {output}{failed})", rules.join(","))
}

fn time(at: i64) -> String {
    Timestamp::from_millisecond(at).expect("a time in the calendar").to_string()
}
