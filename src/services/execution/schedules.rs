//! What begins instances by itself: timers, messages, signals and conditions.
//!
//! Must not know deployments; one tells it which definition is the latest.
//!
//! **Invariant:** only the latest version of a process has rows here; a timer that was due while
//! the program was down fires once, and then goes on from now.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alarms::Alarm;
use super::batch::{Answer, Batch};
use super::changes::Change;
use super::request::Receipt;
use super::starts::StartTriggered;
use crate::core::engine::{Due, Repetition, VariableMap, first_due, next_due, timer_expression};
use crate::core::feel::{EvaluationContext, Limits};
use crate::core::model::{Dynamic, ProcessDefinition, ProcessStart, StartTrigger, TimerDefinition};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::Origin;

/// The start events of a process that do not wait for a person.
#[derive(Debug, Default)]
pub struct Starts {
    timers: Vec<StartTimer>,
    others: Vec<StartOther>,
}

#[derive(Debug)]
struct StartTimer {
    element_id: Arc<str>,
    part: u32,
    rule: String,
    due: Due,
}

#[derive(Debug)]
struct StartOther {
    element_id: Arc<str>,
    part: u32,
    kind: &'static str,
    name: String,
}

/// A start event that can't be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartProblem {
    /// The start event.
    pub element_id: Arc<str>,
    /// What was expected.
    pub message: String,
}

/// Reads the start events of a process. Their expressions see no variables.
///
/// # Errors
/// Every start event whose expression gives no time or no name.
pub fn plan_starts(
    graph: &ProcessDefinition,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Starts, Vec<StartProblem>> {
    let (mut starts, mut problems) = (Starts::default(), Vec::new());
    for start in graph.starts() {
        let element_id = graph.element(start.element).id.clone();
        if let Err(message) = plan(&mut starts, &element_id, start, now, zone) {
            problems.push(StartProblem { element_id, message });
        }
    }
    if problems.is_empty() { Ok(starts) } else { Err(problems) }
}

fn plan(
    starts: &mut Starts,
    element_id: &Arc<str>,
    ProcessStart { part, trigger, .. }: ProcessStart<'_>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(), String> {
    let element_id = element_id.clone();
    let (kind, name) = match trigger {
        StartTrigger::Timer(timer) => {
            let rule = evaluate(timer_expression(timer), now, zone)?;
            let mut due = first_due(timer, &rule, now, zone)?;
            if let TimerDefinition::Date(_) = timer {
                // A date that is over starts nothing, neither now nor at the next deployment.
                if due.at < now.as_millisecond() {
                    due.at = i64::MAX;
                }
            }
            starts.timers.push(StartTimer { element_id, part, rule, due });
            return Ok(());
        }
        StartTrigger::Message(message) => ("message", evaluate(&message.name, now, zone)?),
        StartTrigger::Signal(name) => ("signal", evaluate(name, now, zone)?),
        StartTrigger::Condition(_) => ("condition", String::new()),
    };
    starts.others.push(StartOther { element_id, part, kind, name });
    Ok(())
}

fn evaluate(dynamic: &Dynamic, now: Timestamp, zone: &TimeZone) -> Result<String, String> {
    let expression = match dynamic {
        Dynamic::Literal(text) => return Ok(text.to_string()),
        Dynamic::Expression(expression) => expression,
    };
    let context = EvaluationContext { now, zone: zone.clone(), limits: Limits::default() };
    let done = expression.evaluate(&(), &context).map_err(|error| error.to_string())?;
    match done.value.to_json() {
        serde_json::Value::String(text) => Ok(text),
        other => Err(format!("expected a text without using variables, but got {other}")),
    }
}

/// Makes these the start events of a process, in place of those of earlier versions, and gives the
/// times at which its timers are due, as (milliseconds UTC, key of the schedule).
///
/// # Errors
/// Those of the database.
pub fn put_starts(
    sql: &mut dyn Sql,
    process_id: &str,
    definition_key: i64,
    starts: &Starts,
    mut next_key: impl FnMut() -> i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    sql.execute("DELETE FROM work__schedules WHERE process_id = ?1", &[process_id.into()])?;
    for statement in [
        "DELETE FROM work__starts WHERE process_id = ?1",
        "DELETE FROM work__start_triggers WHERE process_id = ?1",
    ] {
        sql.execute(statement, &[process_id.into()])?;
    }
    let mut due = Vec::new();
    for timer in &starts.timers {
        let key = next_key();
        let due_at = (timer.due.at != i64::MAX).then_some(timer.due.at);
        sql.execute(
            "INSERT INTO work__schedules (key, definition_key, process_id, element_id, rule,
                 due_at, repetition, is_paused, part)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            &[
                key.into(),
                definition_key.into(),
                process_id.into(),
                (&*timer.element_id).into(),
                (&timer.rule).into(),
                due_at.into(),
                write_repetition(timer.due.repetition.as_ref()).into(),
                false.into(),
                i64::from(timer.part).into(),
            ],
        )?;
        due.extend(due_at.map(|due_at| (due_at, key)));
    }
    for StartOther { element_id, part, kind, name } in &starts.others {
        sql.execute(
            "INSERT INTO work__starts (definition_key, process_id, element_id, part, kind, name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                definition_key.into(),
                process_id.into(),
                (&**element_id).into(),
                i64::from(*part).into(),
                (*kind).into(),
                name.into(),
            ],
        )?;
    }
    Ok(due)
}

fn write_repetition(repetition: Option<&Repetition>) -> Option<String> {
    repetition.and_then(|repetition| serde_json::to_string(repetition).ok())
}

impl Batch<'_> {
    /// Starts an instance by a timer start event, and plans the next time, in one transaction.
    pub(crate) fn fire_schedule(&mut self, key: i64) -> Answer<Receipt> {
        let rows = self.sql.query(
            "SELECT definition_key, element_id, due_at, repetition, part FROM work__schedules
             WHERE key = ?1 AND due_at <= ?2 AND is_paused = 0 /*postgres FOR UPDATE */",
            &[key.into(), self.now_ms().into()],
        )?;
        // Fired by another node, paused, or replaced by a newer version.
        let Some(row) = rows.first() else { return Ok(Ok(Receipt::Nothing)) };
        let deployed = self.around.definitions.load(self.sql, row.integer(0)?)?;
        let part = row.optional_integer(4)?.unwrap_or(0);
        let repetition = row.optional_text(3)?.and_then(|text| serde_json::from_str(text).ok());
        self.plan_next(key, row.integer(2)?, repetition.as_ref())?;
        let came = StartTriggered {
            deployed,
            element_id: row.text(1)?.into(),
            part,
            correlation_key: "",
            variables: &VariableMap::new(),
        };
        self.start_by_trigger(came, &Origin::engine())
    }

    fn plan_next(
        &mut self,
        key: i64,
        due_at: i64,
        repetition: Option<&Repetition>,
    ) -> Result<(), StoreError> {
        let next = repetition.and_then(|it| {
            let next = next_due(it, due_at, self.now, &self.around.zone);
            next.inspect_err(|error| tracing::error!(key, error, "a schedule has ended")).ok()
        });
        let repetition = next.as_ref().and_then(|next| next.repetition.as_ref());
        self.sql.execute(
            "UPDATE work__schedules SET due_at = ?2, repetition = ?3, last_fired_at = ?4
             WHERE key = ?1",
            &[
                key.into(),
                next.as_ref().map(|next| next.at).into(),
                write_repetition(repetition).into(),
                self.now_ms().into(),
            ],
        )?;
        self.follow_up.alarms.extend(next.map(|next| (next.at, Alarm::Schedule(key))));
        self.follow_up.changes.insert(Change::Schedules);
        Ok(())
    }
}
