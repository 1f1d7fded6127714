//! Which version of a process is called.
//!
//! Must not know what a called process does.

use std::sync::Arc;

use super::batch::Batch;
use super::definitions::Deployed;
use crate::core::model::Binding;
use crate::platform::store::StoreError;

impl Batch<'_> {
    /// The version of a process that a caller means.
    pub(super) fn find_called(
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

/// Why there is nothing to call.
pub(super) fn missing(process_id: &str, binding: &Binding) -> String {
    let which = match binding {
        Binding::Latest => String::new(),
        Binding::Deployment => " in the caller's deployment or an earlier one".to_owned(),
        Binding::VersionTag(tag) => format!(" with the version tag '{tag}'"),
    };
    format!("expected a deployed process '{process_id}'{which}, but there is none")
}
