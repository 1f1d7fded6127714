//! Messages: who waits for one, who is started by one, and which are kept for later.
//!
//! Must not know where a message comes from. As in Camunda 8 a message reaches each process at most
//! once, and of several waiting instances of a process the oldest one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::batch::{Answer, Batch};
use super::request::{PublishMessage, Receipt, Refusal};
use super::starts::StartTriggered;
use crate::core::engine::{Command, VariableMap};
use crate::platform::store::{StoreError, Value};
use crate::services::audit::Origin;

/// A message on its way to those who take it.
struct Delivery<'m> {
    key: i64,
    name: &'m str,
    correlation_key: &'m str,
    variables: &'m VariableMap,
    /// Processes it has reached.
    reached: BTreeSet<Arc<str>>,
    instance_keys: Vec<i64>,
}

impl Batch<'_> {
    /// Brings a message to all who wait for it, and keeps it if it is to be kept.
    pub(crate) fn publish(&mut self, message: &PublishMessage, origin: &Origin) -> Answer<Receipt> {
        self.flush()?;
        if let Some(refusal) = self.find_duplicate(message)? {
            return Ok(Err(refusal));
        }
        let mut delivery = Delivery {
            key: self.next_key(),
            name: &message.name,
            correlation_key: &message.correlation_key,
            variables: &message.variables,
            reached: BTreeSet::new(),
            instance_keys: Vec::new(),
        };
        self.deliver(&mut delivery, origin)?;
        self.start_by_message(&mut delivery, origin)?;
        if message.time_to_live_ms > 0 {
            self.keep(message, &delivery)?;
        }
        let Delivery { key, instance_keys, .. } = delivery;
        Ok(Ok(Receipt::Message { key, instance_keys }))
    }

    fn find_duplicate(&mut self, message: &PublishMessage) -> Result<Option<Refusal>, StoreError> {
        let Some(id) = &message.message_id else { return Ok(None) };
        let rows = self.sql.query(
            "SELECT key, expires_at FROM work__messages
             WHERE name = ?1 AND correlation_key = ?2 AND message_id = ?3",
            &[(&message.name).into(), (&message.correlation_key).into(), id.into()],
        )?;
        let Some(row) = rows.first() else { return Ok(None) };
        if row.integer(1)? > self.now_ms() {
            return Ok(Some(Refusal::DuplicateMessage(id.clone())));
        }
        self.forget_message(row.integer(0)?)?;
        Ok(None)
    }

    fn deliver(&mut self, delivery: &mut Delivery<'_>, origin: &Origin) -> Result<(), StoreError> {
        let rows = self.sql.query(
            "SELECT key, instance_key, process_id FROM work__subscriptions
             WHERE message_name = ?1 AND correlation_key = ?2 ORDER BY key",
            &[delivery.name.into(), delivery.correlation_key.into()],
        )?;
        for row in rows {
            let process_id = row.text(2)?;
            if delivery.reached.contains(process_id) {
                continue;
            }
            let instance_key = row.integer(1)?;
            let command = Command::CorrelateMessage {
                subscription_key: row.integer(0)?,
                message_key: delivery.key,
                variables: delivery.variables.clone(),
            };
            // An instance that refuses has just stopped waiting; the next one may take it.
            if self.turn(instance_key, &command, origin)?.is_ok() {
                delivery.reached.insert(process_id.into());
                delivery.instance_keys.push(instance_key);
            }
        }
        Ok(())
    }

    fn start_by_message(
        &mut self,
        delivery: &mut Delivery<'_>,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let rows = self.sql.query(
            "SELECT process_id, definition_key, element_id, part FROM work__starts
             WHERE kind = 'message' AND name = ?1 ORDER BY process_id",
            &[delivery.name.into()],
        )?;
        for row in rows {
            let process_id: Arc<str> = row.text(0)?.into();
            if delivery.reached.contains(&process_id)
                || self.has_message_start(&process_id, delivery.correlation_key)?
            {
                continue;
            }
            let deployed = self.around.definitions.load(self.sql, row.integer(1)?)?;
            let came = StartTriggered {
                deployed,
                element_id: row.text(2)?.into(),
                part: row.integer(3)?,
                correlation_key: delivery.correlation_key,
                variables: delivery.variables,
            };
            match self.start_by_trigger(came, origin)? {
                Ok(Receipt::Instance(receipt)) => {
                    self.note_message_start(&process_id, delivery.correlation_key, receipt.key)?;
                    delivery.reached.insert(process_id);
                    delivery.instance_keys.push(receipt.key);
                }
                // It is kept for a start that needs more than this message.
                Ok(_) => {
                    delivery.reached.insert(process_id);
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// With a correlation key a process has one instance at a time that a message started.
    fn has_message_start(
        &mut self,
        process_id: &str,
        correlation_key: &str,
    ) -> Result<bool, StoreError> {
        if correlation_key.is_empty() {
            return Ok(false);
        }
        let rows = self.sql.query(
            "SELECT instance_key FROM work__message_starts
             WHERE process_id = ?1 AND correlation_key = ?2",
            &[process_id.into(), correlation_key.into()],
        )?;
        Ok(!rows.is_empty())
    }

    fn note_message_start(
        &mut self,
        process_id: &str,
        correlation_key: &str,
        instance_key: i64,
    ) -> Result<(), StoreError> {
        if !correlation_key.is_empty() {
            self.sql.execute(
                "INSERT INTO work__message_starts (process_id, correlation_key, instance_key)
                 VALUES (?1, ?2, ?3)",
                &[process_id.into(), correlation_key.into(), instance_key.into()],
            )?;
        }
        Ok(())
    }

    fn keep(
        &mut self,
        message: &PublishMessage,
        delivery: &Delivery<'_>,
    ) -> Result<(), StoreError> {
        let variables = serde_json::to_string(&message.variables).unwrap_or_default();
        let now_ms = self.now_ms();
        self.sql.execute(
            "INSERT INTO work__messages (key, name, correlation_key, message_id, variables,
                 published_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            &[
                delivery.key.into(),
                (&message.name).into(),
                (&message.correlation_key).into(),
                message.message_id.clone().into(),
                variables.into(),
                now_ms.into(),
                now_ms.saturating_add(message.time_to_live_ms).into(),
            ],
        )?;
        for process_id in &delivery.reached {
            self.note_correlation(delivery.key, process_id)?;
        }
        Ok(())
    }

    fn note_correlation(&mut self, message_key: i64, process_id: &str) -> Result<(), StoreError> {
        self.sql.execute(
            "INSERT INTO work__message_correlations (message_key, process_id) VALUES (?1, ?2)",
            &[message_key.into(), process_id.into()],
        )?;
        Ok(())
    }

    fn forget_message(&mut self, key: i64) -> Result<(), StoreError> {
        let key = [Value::from(key)];
        self.sql.execute("DELETE FROM work__message_correlations WHERE message_key = ?1", &key)?;
        self.sql.execute("DELETE FROM work__messages WHERE key = ?1", &key)?;
        Ok(())
    }

    /// Brings the oldest kept message that fits to a subscription that was just opened.
    pub(crate) fn find_message(
        &mut self,
        instance_key: i64,
        subscription_key: i64,
        name: &str,
        correlation_key: &str,
    ) -> Result<(), StoreError> {
        let Some(hot) = self.take(instance_key)? else { return Ok(()) };
        let process_id = hot.deployed.process_id.clone();
        self.put_back(instance_key, hot);
        let Some((message_key, variables)) = self.oldest(name, correlation_key, &process_id)?
        else {
            return Ok(());
        };
        let command = Command::CorrelateMessage { subscription_key, message_key, variables };
        if self.turn(instance_key, &command, &Origin::engine())?.is_ok() {
            self.note_correlation(message_key, &process_id)?;
        }
        Ok(())
    }

    fn oldest(
        &mut self,
        name: &str,
        correlation_key: &str,
        process_id: &str,
    ) -> Result<Option<(i64, VariableMap)>, StoreError> {
        let rows = self.sql.query(
            "SELECT m.key, m.variables FROM work__messages m
             WHERE m.name = ?1 AND m.correlation_key = ?2 AND m.expires_at > ?3
               AND NOT EXISTS (SELECT 1 FROM work__message_correlations c
                               WHERE c.message_key = m.key AND c.process_id = ?4)
             ORDER BY m.key LIMIT 1",
            &[name.into(), correlation_key.into(), self.now_ms().into(), process_id.into()],
        )?;
        let Some(row) = rows.first() else { return Ok(None) };
        let key = row.integer(0)?;
        let variables = serde_json::from_str(row.text(1)?)
            .map_err(|_| StoreError::Corrupt(format!("variables of message {key}")))?;
        Ok(Some((key, variables)))
    }

    /// An instance that a message started has ended: a message kept meanwhile starts the next one.
    pub(crate) fn start_next_by_message(&mut self, instance_key: i64) -> Result<(), StoreError> {
        let ended = self.sql.query(
            "DELETE FROM work__message_starts WHERE instance_key = ?1
             RETURNING process_id, correlation_key",
            &[instance_key.into()],
        )?;
        let Some(row) = ended.first() else { return Ok(()) };
        let (process_id, correlation_key) = (row.text(0)?, row.text(1)?);
        let starts = self.sql.query(
            "SELECT definition_key, element_id, name, part FROM work__starts
             WHERE kind = 'message' AND process_id = ?1 ORDER BY element_id, part",
            &[process_id.into()],
        )?;
        for start in starts {
            let name = start.text(2)?;
            let Some((message_key, variables)) = self.oldest(name, correlation_key, process_id)?
            else {
                continue;
            };
            let deployed = self.around.definitions.load(self.sql, start.integer(0)?)?;
            let came = StartTriggered {
                deployed,
                element_id: start.text(1)?.into(),
                part: start.integer(3)?,
                correlation_key,
                variables: &variables,
            };
            match self.start_by_trigger(came, &Origin::engine())? {
                Ok(Receipt::Instance(receipt)) => {
                    self.note_message_start(process_id, correlation_key, receipt.key)?;
                    return self.note_correlation(message_key, process_id);
                }
                Ok(_) => self.note_correlation(message_key, process_id)?,
                Err(_) => {}
            }
        }
        Ok(())
    }
}
