//! Signals: brought to every instance that waits for one, and to every process that one starts.
//!
//! Must not know where a signal comes from.
//!
//! **Invariant:** a signal reaches who waited when it was broadcast, each once. What is more than
//! one transaction should do is noted in that transaction and goes on in later ones, so that
//! nothing is lost however many wait, and a signal that leads to itself never holds up the loop.

use super::alarms::Alarm;
use super::batch::{Answer, Batch};
use super::request::{BroadcastSignal, Receipt};
use super::starts::StartTriggered;
use crate::core::engine::{Command, VariableMap};
use crate::platform::store::{StoreError, Value};
use crate::services::audit::Origin;

/// Instances that signals reach or start by one request; the rest follows in later transactions.
pub(crate) const DELIVERIES_MAX: usize = 500;

/// A signal on its way.
struct Broadcast {
    key: i64,
    name: String,
    variables: VariableMap,
    /// The last subscription it was brought to.
    subscription_key: i64,
    /// The last process it started; empty before the first.
    process_id: String,
    instance_keys: Vec<i64>,
}

impl Broadcast {
    /// A signal that has reached nobody. Who began to wait after its key was made is not meant.
    fn new(key: i64, name: String, variables: VariableMap) -> Self {
        Self {
            key,
            name,
            variables,
            subscription_key: 0,
            process_id: String::new(),
            instance_keys: Vec::new(),
        }
    }
}

impl Batch<'_> {
    /// Broadcasts a signal. The answer names the instances reached in this transaction.
    pub(crate) fn broadcast(
        &mut self,
        signal: &BroadcastSignal,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let (name, variables) = (signal.name.clone(), signal.variables.clone());
        let broadcast = Broadcast::new(self.next_key(), name, variables);
        self.spread(broadcast, origin)
    }

    /// Broadcasts the signal that an instance threw.
    pub(crate) fn broadcast_thrown(
        &mut self,
        key: i64,
        name: String,
        variables: VariableMap,
    ) -> Result<(), StoreError> {
        self.spread(Broadcast::new(key, name, variables), &Origin::engine()).map(|_| ())
    }

    /// Goes on with a signal that an earlier transaction left.
    pub(crate) fn go_on_with_signal(&mut self, key: i64) -> Answer<Receipt> {
        let rows = self.sql.query(
            "DELETE FROM work__signals WHERE key = ?1
             RETURNING name, variables, subscription_key, process_id",
            &[key.into()],
        )?;
        let Some(row) = rows.first() else { return Ok(Ok(Receipt::Nothing)) };
        let variables = serde_json::from_str(row.text(1)?)
            .map_err(|_| StoreError::Corrupt(format!("variables of signal {key}")))?;
        let broadcast = Broadcast {
            key,
            name: row.text(0)?.to_owned(),
            variables,
            subscription_key: row.integer(2)?,
            process_id: row.text(3)?.to_owned(),
            instance_keys: Vec::new(),
        };
        self.spread(broadcast, &Origin::engine())
    }

    fn spread(&mut self, mut broadcast: Broadcast, origin: &Origin) -> Answer<Receipt> {
        self.flush()?;
        let is_done = self.reach_waiting(&mut broadcast, origin)?
            && self.start_by_signal(&mut broadcast, origin)?;
        if !is_done {
            self.leave_rest(&broadcast)?;
        }
        let Broadcast { key, instance_keys, .. } = broadcast;
        Ok(Ok(Receipt::Signal { key, instance_keys }))
    }

    /// Brings it to who waits; whether it reached all of them. What its arrival makes wait again
    /// has a younger key, and is not meant.
    fn reach_waiting(
        &mut self,
        broadcast: &mut Broadcast,
        origin: &Origin,
    ) -> Result<bool, StoreError> {
        let rows = self.sql.query(
            "SELECT key, instance_key FROM work__signal_subscriptions
             WHERE signal_name = ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4",
            &[
                (&broadcast.name).into(),
                broadcast.subscription_key.into(),
                broadcast.key.into(),
                limit(self.deliveries_left),
            ],
        )?;
        for row in rows {
            if self.deliveries_left == 0 {
                return Ok(false);
            }
            self.deliveries_left -= 1;
            let (subscription_key, instance_key) = (row.integer(0)?, row.integer(1)?);
            let command = Command::CatchSignal {
                subscription_key,
                signal_key: broadcast.key,
                variables: broadcast.variables.clone(),
            };
            broadcast.subscription_key = subscription_key;
            // An instance that refuses has stopped waiting because of the same signal.
            if self.turn(instance_key, &command, origin)?.is_ok() {
                broadcast.instance_keys.push(instance_key);
            }
        }
        Ok(true)
    }

    /// Starts the processes that it starts; whether it started all of them.
    fn start_by_signal(
        &mut self,
        broadcast: &mut Broadcast,
        origin: &Origin,
    ) -> Result<bool, StoreError> {
        let rows = self.sql.query(
            "SELECT process_id, definition_key, element_id, part FROM work__starts
             WHERE kind = 'signal' AND name = ?1 AND process_id > ?2
             ORDER BY process_id LIMIT ?3",
            &[
                (&broadcast.name).into(),
                (&broadcast.process_id).into(),
                limit(self.deliveries_left),
            ],
        )?;
        for row in rows {
            if self.deliveries_left == 0 {
                return Ok(false);
            }
            self.deliveries_left -= 1;
            row.text(0)?.clone_into(&mut broadcast.process_id);
            let deployed = self.around.definitions.load(self.sql, row.integer(1)?)?;
            let came = StartTriggered {
                deployed,
                element_id: row.text(2)?.into(),
                part: row.integer(3)?,
                correlation_key: "",
                variables: &broadcast.variables,
            };
            if let Ok(Receipt::Instance(receipt)) = self.start_by_trigger(came, origin)? {
                broadcast.instance_keys.push(receipt.key);
            }
        }
        Ok(true)
    }

    fn leave_rest(&mut self, broadcast: &Broadcast) -> Result<(), StoreError> {
        let variables = serde_json::to_string(&broadcast.variables).unwrap_or_default();
        let now_ms = self.now_ms();
        self.sql.execute(
            "INSERT INTO work__signals (key, name, variables, subscription_key, process_id, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                broadcast.key.into(),
                (&broadcast.name).into(),
                variables.into(),
                broadcast.subscription_key.into(),
                (&broadcast.process_id).into(),
                now_ms.into(),
            ],
        )?;
        self.follow_up.alarms.push((now_ms, Alarm::Signal(broadcast.key)));
        Ok(())
    }
}

/// One more than may be delivered, so that it is seen whether something is left.
fn limit(deliveries_left: usize) -> Value {
    Value::Integer(i64::try_from(deliveries_left + 1).unwrap_or(i64::MAX))
}
