//! Starting instances by what a process waits for: a message, a signal, a time or a condition.
//!
//! Must not know where a trigger comes from.
//!
//! **Invariant:** what came of a start event that needs several triggers is kept until all have
//! come, each once, and gone in the transaction that starts the instance.

use std::sync::Arc;

use super::batch::{Answer, Batch};
use super::definitions::Deployed;
use super::request::{EvaluateConditions, ProcessReference, Receipt, no_process};
use crate::core::engine::{VariableMap, met_starts};
use crate::core::model::{ElementKind, EventTrigger, StartEvent};
use crate::platform::store::{Row, StoreError};
use crate::services::audit::Origin;

/// A trigger of an element that starts a process.
pub(super) struct StartTriggered<'v> {
    pub(super) deployed: Arc<Deployed>,
    pub(super) element_id: Arc<str>,
    /// Which of the element's triggers, from 0.
    pub(super) part: i64,
    /// The message's; empty for what has none.
    pub(super) correlation_key: &'v str,
    pub(super) variables: &'v VariableMap,
}

/// A trigger that came and waits for others.
struct Kept {
    part: i64,
    correlation_key: String,
    variables: VariableMap,
}

impl Batch<'_> {
    /// Starts an instance, or keeps the trigger where others must come too; then there is nothing
    /// to tell.
    pub(super) fn start_by_trigger(
        &mut self,
        came: StartTriggered<'_>,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let Some(parts) = needed_parts(&came.deployed, &came.element_id) else {
            let StartTriggered { deployed, element_id, variables, .. } = came;
            return self.start(deployed, variables.clone(), Some(element_id), origin);
        };
        self.keep_trigger(&came)?;
        let Some(all) = self.take_triggers(&came, parts)? else {
            return Ok(Ok(Receipt::Nothing));
        };
        let variables = all.into_iter().flat_map(|it| it.variables).collect();
        self.start(came.deployed, variables, Some(came.element_id), origin)
    }

    /// One that comes again before the others says nothing new.
    fn keep_trigger(&mut self, came: &StartTriggered<'_>) -> Result<(), StoreError> {
        let variables = serde_json::to_string(came.variables).unwrap_or_default();
        let now_ms = self.now_ms();
        self.sql.execute(
            "INSERT INTO work__start_triggers (process_id, element_id, part, correlation_key,
                 variables, came_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (process_id, element_id, part, correlation_key) DO NOTHING",
            &[
                (&*came.deployed.process_id).into(),
                (&*came.element_id).into(),
                came.part.into(),
                came.correlation_key.into(),
                variables.into(),
                now_ms.into(),
            ],
        )?;
        Ok(())
    }

    /// Takes one trigger of each kind, oldest first, when there is one of each. Messages belong
    /// together by their correlation key; what has none belongs to any.
    fn take_triggers(
        &mut self,
        came: &StartTriggered<'_>,
        parts: usize,
    ) -> Result<Option<Vec<Kept>>, StoreError> {
        let owner = [(&*came.deployed.process_id).into(), (&*came.element_id).into()];
        let rows = self.sql.query(
            "SELECT part, correlation_key, variables FROM work__start_triggers
             WHERE process_id = ?1 AND element_id = ?2 ORDER BY came_at, part, correlation_key",
            &owner,
        )?;
        let kept = rows.iter().map(read).collect::<Result<Vec<Kept>, StoreError>>()?;
        let keys = kept.iter().map(|it| it.correlation_key.clone());
        let Some(all) = keys.into_iter().find_map(|key| matching(&kept, &key, parts)) else {
            return Ok(None);
        };
        for it in &all {
            self.sql.execute(
                "DELETE FROM work__start_triggers WHERE process_id = ?1 AND element_id = ?2
                 AND part = ?3 AND correlation_key = ?4",
                &[owner[0].clone(), owner[1].clone(), it.part.into(), (&it.correlation_key).into()],
            )?;
        }
        Ok(Some(all))
    }

    /// Looks at the conditional start events of the latest versions, with the variables given, and
    /// starts an instance for each whose condition is met.
    pub(crate) fn evaluate_conditions(
        &mut self,
        wanted: &EvaluateConditions,
        origin: &Origin,
    ) -> Answer<Receipt> {
        if let Some(process_id) = &wanted.process_id {
            let process = ProcessReference::Latest(process_id.clone());
            if self.find_definition(&process)?.is_none() {
                return Ok(Err(no_process(&process)));
            }
        }
        let rows = self.sql.query(
            "SELECT DISTINCT process_id, definition_key FROM work__starts
             WHERE kind = 'condition' AND (?1 = '' OR process_id = ?1) ORDER BY process_id",
            &[wanted.process_id.as_deref().unwrap_or_default().into()],
        )?;
        let mut started = Vec::new();
        for row in rows {
            let deployed = self.around.definitions.load(self.sql, row.integer(1)?)?;
            let variables = &wanted.variables;
            let zone = &self.around.zone;
            for (element_id, part) in met_starts(&deployed.graph, variables, self.now, zone) {
                let came = StartTriggered {
                    deployed: Arc::clone(&deployed),
                    element_id,
                    part: i64::from(part),
                    correlation_key: "",
                    variables,
                };
                if let Ok(Receipt::Instance(receipt)) = self.start_by_trigger(came, origin)? {
                    started.push(receipt);
                }
            }
        }
        Ok(Ok(Receipt::Instances(started)))
    }
}

/// How many triggers an element needs before it starts an instance; `None` when any will do.
fn needed_parts(deployed: &Deployed, element_id: &str) -> Option<usize> {
    let element = deployed.graph.element(deployed.graph.find(element_id)?);
    match &element.kind {
        ElementKind::StartEvent(StartEvent { trigger: Some(trigger), .. }) => {
            trigger.needs_all().then(|| EventTrigger::parts(trigger).len())
        }
        _ => None,
    }
}

fn read(row: &Row) -> Result<Kept, StoreError> {
    let corrupt = |_| StoreError::Corrupt("variables of a trigger that starts".to_owned());
    Ok(Kept {
        part: row.integer(0)?,
        correlation_key: row.text(1)?.to_owned(),
        variables: serde_json::from_str(row.text(2)?).map_err(corrupt)?,
    })
}

/// The oldest trigger of each part that has this correlation key or none; `None` when one lacks.
fn matching(kept: &[Kept], correlation_key: &str, parts: usize) -> Option<Vec<Kept>> {
    let fits = |it: &&Kept| it.correlation_key.is_empty() || it.correlation_key == correlation_key;
    let mut all: Vec<Kept> = Vec::with_capacity(parts);
    for it in kept.iter().filter(fits) {
        if all.iter().all(|other| other.part != it.part) {
            all.push(Kept {
                part: it.part,
                correlation_key: it.correlation_key.clone(),
                variables: it.variables.clone(),
            });
        }
    }
    (all.len() == parts).then_some(all)
}
