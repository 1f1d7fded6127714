//! Called instances: which version is called, and how deep calls may go.
//!
//! Must not know what a called process does.

use std::sync::Arc;

use super::batch::Batch;
use super::definitions::Deployed;
use crate::core::engine::{Command, Parent, VariableMap};
use crate::core::model::Binding;
use crate::platform::store::StoreError;
use crate::services::audit::Origin;

/// How deep calls may be nested: a process that calls itself without end stops here.
const CALL_DEPTH_MAX: usize = 50;

impl Batch<'_> {
    /// Starts a called instance, or tells the caller why that can't be done.
    pub(crate) fn call(
        &mut self,
        parent: Parent,
        child_key: i64,
        called: (&str, &Binding),
        variables: VariableMap,
    ) -> Result<(), StoreError> {
        let origin = Origin::engine();
        let (process_id, binding) = called;
        let refused = match self.find_called(parent.instance_key, process_id, binding)? {
            None => Some(missing(process_id, binding)),
            Some(_) if self.depth(parent.instance_key)? >= CALL_DEPTH_MAX => {
                Some(format!("expected calls to be nested at most {CALL_DEPTH_MAX} deep"))
            }
            Some(deployed) => self
                .create(child_key, deployed, variables, None, Some(parent), &origin)?
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

    fn find_called(
        &mut self,
        caller: i64,
        process_id: &str,
        binding: &Binding,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        let around = self.around;
        match binding {
            Binding::Latest => self.find_latest(process_id),
            Binding::VersionTag(tag) => around.definitions.find_tagged(self.sql, process_id, tag),
            Binding::Deployment => {
                let Some(hot) = self.take(caller)? else { return Ok(None) };
                let deployment_key = hot.deployed.deployment_key;
                self.put_back(caller, hot);
                around.definitions.find_deployed_with(self.sql, process_id, deployment_key)
            }
        }
    }
}

fn missing(process_id: &str, binding: &Binding) -> String {
    let which = match binding {
        Binding::Latest => String::new(),
        Binding::Deployment => " in the caller's deployment or an earlier one".to_owned(),
        Binding::VersionTag(tag) => format!(" with the version tag '{tag}'"),
    };
    format!("expected a deployed process '{process_id}'{which}, but there is none")
}
