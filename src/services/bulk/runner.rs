//! Carries operations out in the background, batch by batch.
//!
//! Must not know who made an operation or who looks at it.

use std::time::Duration;

use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::Bulk;
use super::rows::{self, Operation, OperationState};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::Origin;
use crate::services::execution::{self, Refusal};
use crate::services::instances::StartError;

/// Items between two looks at whether to go on: small enough to stop soon, large enough to share
/// the commits of the turn loop.
const ITEMS_AT_ONCE: usize = 50;
/// After a failure of the database it is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often an item is tried again while the server is too busy for it.
const BUSY_WAIT: Duration = Duration::from_millis(200);

/// Works until told to stop; sleeps while there is nothing to do.
pub(super) async fn run(bulk: Bulk, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let woken = bulk.wake.notified();
        match step(&bulk).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = woken => {}
                () = stop.cancelled() => return,
            },
            Err(error) => {
                tracing::error!(%error, "an operation on many instances could not go on");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// One batch of the oldest operation; false when there is nothing to do.
async fn step(bulk: &Bulk) -> Result<bool, StoreError> {
    let Some(operation) = bulk.execution.database().read(rows::find_next).await? else {
        return Ok(false);
    };
    let is_stopping = match operation.state {
        OperationState::Checking => check(bulk, &operation).await?,
        _ => carry_out(bulk, &operation).await?,
    };
    let changed = [execution::Change::Operation(operation.key)];
    bulk.execution.changes().publish(changed.into());
    Ok(!is_stopping)
}

async fn check(bulk: &Bulk, operation: &Operation) -> Result<bool, StoreError> {
    let key = operation.key;
    let read = move |sql: &mut dyn Sql| rows::unchecked(sql, key, ITEMS_AT_ONCE);
    let keys = bulk.execution.database().read(read).await?;
    let next =
        if operation.starts_itself { OperationState::Running } else { OperationState::Ready };
    if keys.is_empty() {
        leave(bulk, operation, next).await?;
        return Ok(false);
    }
    let tried = bulk.instances.try_each(keys, operation.action.clone()).await?;
    let reason = |tried: Result<(), StartError>| tried.err().map(|error| words(&error));
    let verdicts: Vec<(i64, Option<String>)> =
        tried.into_iter().map(|(key, tried)| (key, reason(tried))).collect();
    let write = move |sql: &mut dyn Sql| rows::set_verdicts(sql, key, &verdicts);
    bulk.execution.database().write(write).await?;
    Ok(false)
}

/// Carries out some items; true when the server is stopping.
async fn carry_out(bulk: &Bulk, operation: &Operation) -> Result<bool, StoreError> {
    let key = operation.key;
    let read = move |sql: &mut dyn Sql| rows::pending(sql, key, ITEMS_AT_ONCE);
    let keys = bulk.execution.database().read(read).await?;
    if keys.is_empty() {
        leave(bulk, operation, OperationState::Done).await?;
        return Ok(false);
    }
    let each = keys.iter().map(|instance_key| item(bulk, operation, *instance_key));
    let results: Vec<_> = keys.iter().copied().zip(join_all(each).await).collect();
    let is_stopping = results.iter().any(|(_, result)| result.is_none());
    let results: Vec<(i64, Result<Option<i64>, String>)> =
        results.into_iter().filter_map(|(key, result)| Some((key, result?))).collect();
    let write = move |sql: &mut dyn Sql| rows::set_results(sql, key, &results);
    bulk.execution.database().write(write).await?;
    Ok(is_stopping)
}

/// Carries out one item; `None` when the server is stopping and it is left for the next start.
async fn item(
    bulk: &Bulk,
    operation: &Operation,
    instance_key: i64,
) -> Option<Result<Option<i64>, String>> {
    let origin = Origin {
        actor: operation.actor.clone(),
        request_id: Some(format!("operation-{}", operation.key).into()),
        address: None,
        once: Some(name_of(operation.key, instance_key)),
    };
    loop {
        let done = bulk.instances.perform(instance_key, &operation.action, origin.clone()).await;
        match done {
            Err(StartError::Refused(Refusal::Busy)) => tokio::time::sleep(BUSY_WAIT).await,
            Err(StartError::Refused(Refusal::Stopping)) => return None,
            other => return Some(other.map_err(|error| words(&error))),
        }
    }
}

/// Names an item among all requests, so that it is done once.
fn name_of(operation_key: i64, instance_key: i64) -> [u8; 32] {
    let named = Sha256::new().chain_update("operation").chain_update(operation_key.to_be_bytes());
    named.chain_update(instance_key.to_be_bytes()).finalize().into()
}

/// Leaves a state, unless somebody has changed it meanwhile.
async fn leave(bulk: &Bulk, operation: &Operation, next: OperationState) -> Result<(), StoreError> {
    let (key, before) = (operation.key, operation.state);
    let now_ms = bulk.execution.foundation().clock.now_ms();
    let write = move |sql: &mut dyn Sql| -> Result<(), StoreError> {
        match rows::find(sql, key)? {
            Some(now) if now.state == before => rows::set_state(sql, key, next, now_ms),
            _ => Ok(()),
        }
    };
    bulk.execution.database().write(write).await
}

fn words(error: &StartError) -> String {
    match error {
        StartError::Invalid(problems) => {
            let first = problems.first().map(|it| format!("{}: {}", it.path, it.message));
            format!("{error}: {}", first.unwrap_or_default())
        }
        StartError::Refused(refusal) => refusal.to_string(),
    }
}
