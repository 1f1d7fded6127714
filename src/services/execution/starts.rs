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
use crate::core::engine::{
    CameTrigger, VariableMap, matching_triggers, met_starts, needed_triggers,
};
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

impl Batch<'_> {
    /// Starts an instance, or keeps the trigger where others must come too; then there is nothing
    /// to tell.
    pub(super) fn start_by_trigger(
        &mut self,
        came: StartTriggered<'_>,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let Some(needed) = needed_triggers(&came.deployed.graph, &came.element_id) else {
            let StartTriggered { deployed, element_id, variables, .. } = came;
            return self.start(deployed, variables.clone(), Some(element_id), origin);
        };
        self.keep_trigger(&came)?;
        let Some(all) = self.take_triggers(&came, needed)? else {
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

    /// Takes the triggers that start one instance, when there is one of each.
    fn take_triggers(
        &mut self,
        came: &StartTriggered<'_>,
        needed: usize,
    ) -> Result<Option<Vec<CameTrigger>>, StoreError> {
        let owner = [(&*came.deployed.process_id).into(), (&*came.element_id).into()];
        let rows = self.sql.query(
            "SELECT part, correlation_key, variables FROM work__start_triggers
             WHERE process_id = ?1 AND element_id = ?2 ORDER BY came_at, part, correlation_key",
            &owner,
        )?;
        let kept = rows.iter().map(read).collect::<Result<Vec<CameTrigger>, StoreError>>()?;
        let Some(together) = matching_triggers(&kept, needed) else { return Ok(None) };
        let all: Vec<CameTrigger> = together.into_iter().map(|at| kept[at].clone()).collect();
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

fn read(row: &Row) -> Result<CameTrigger, StoreError> {
    let corrupt = || StoreError::Corrupt("a trigger that starts a process".to_owned());
    Ok(CameTrigger {
        part: u32::try_from(row.integer(0)?).map_err(|_| corrupt())?,
        correlation_key: row.text(1)?.to_owned(),
        variables: serde_json::from_str(row.text(2)?).map_err(|_| corrupt())?,
    })
}
