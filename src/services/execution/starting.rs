//! New instances in a batch: started by a request, an event or a call.
//!
//! Must not know what an instance does once it has begun.

use std::sync::Arc;

use super::batch::{Answer, Batch};
use super::calling;
use super::definitions::Deployed;
use super::request::{Receipt, StartInstance};
use super::snapshots::Hot;
use crate::core::engine::{Command, CreateInstance, Parent, VariableMap};
use crate::core::model::Binding;
use crate::platform::store::StoreError;
use crate::services::audit::Origin;

/// How deep calls may be nested: a process that calls itself without end stops here.
const CALL_DEPTH_MAX: usize = 50;

/// What an instance is made of, beside its definition.
struct NewInstance {
    variables: VariableMap,
    start_element_id: Option<Arc<str>>,
    parent: Option<Parent>,
    /// The instance it is made after.
    origin_key: Option<i64>,
}

fn called(parent: Parent, variables: VariableMap) -> NewInstance {
    NewInstance { variables, start_element_id: None, parent: Some(parent), origin_key: None }
}

impl Batch<'_> {
    /// Starts an instance, at a triggered start event where one is named.
    pub(crate) fn start(
        &mut self,
        deployed: Arc<Deployed>,
        variables: VariableMap,
        start_element_id: Option<Arc<str>>,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let key = self.next_key();
        let new = NewInstance { variables, start_element_id, parent: None, origin_key: None };
        self.create(key, deployed, new, origin)
    }

    /// Starts an instance as a request asks for it.
    pub(crate) fn start_as(
        &mut self,
        deployed: Arc<Deployed>,
        start: &StartInstance,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let after = start.after.as_ref();
        let new = NewInstance {
            variables: start.variables.clone(),
            start_element_id: after.and_then(|it| it.start_element_id.clone()),
            parent: None,
            origin_key: after.map(|it| it.instance_key),
        };
        let key = self.next_key();
        self.create(key, deployed, new, origin)
    }

    fn create(
        &mut self,
        key: i64,
        deployed: Arc<Deployed>,
        new: NewInstance,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let command = Command::CreateInstance(Box::new(CreateInstance {
            key,
            definition_key: deployed.key,
            process_id: deployed.process_id.clone(),
            version: i32::try_from(deployed.version).unwrap_or(i32::MAX),
            variables: new.variables,
            start_element_id: new.start_element_id,
            parent: new.parent,
            started_by: Some(origin.actor.id.to_string()),
            origin_key: new.origin_key,
        }));
        let mut hot = Hot::empty(deployed, origin.actor.id.clone(), self.now_ms());
        hot.origin_key = new.origin_key;
        self.decide(key, Box::new(hot), &command, origin)
    }

    /// Starts a called process, or tells the caller why that can't be.
    pub(crate) fn call(
        &mut self,
        parent: Parent,
        child_key: i64,
        meant: (&str, &Binding),
        variables: VariableMap,
    ) -> Result<(), StoreError> {
        let origin = Origin::engine();
        let (process_id, binding) = meant;
        let refused = match self.find_called(parent.instance_key, process_id, binding)? {
            None => Some(calling::missing(process_id, binding)),
            Some(_) if self.depth(parent.instance_key)? >= CALL_DEPTH_MAX => {
                Some(format!("expected calls to be nested at most {CALL_DEPTH_MAX} deep"))
            }
            Some(deployed) => self
                .create(child_key, deployed, called(parent, variables), &origin)?
                .err()
                .map(|refusal| refusal.to_string()),
        };
        if let Some(message) = refused {
            let element_instance_key = parent.element_instance_key;
            let command =
                Command::CalledInstanceRefused { element_instance_key, child_key, message };
            // The caller emitted the effect in this transaction, so it still waits.
            let _ = self.turn(parent.instance_key, &command, &origin)?;
        }
        Ok(())
    }

    fn depth(&mut self, key: i64) -> Result<usize, StoreError> {
        let mut depth = 0;
        let mut next = Some(key);
        while let Some(key) = next
            && depth < CALL_DEPTH_MAX
        {
            depth += 1;
            let Some(hot) = self.take(key)? else { break };
            next = hot.instance.parent.map(|parent| parent.instance_key);
            self.put_back(key, hot);
        }
        Ok(depth)
    }
}
