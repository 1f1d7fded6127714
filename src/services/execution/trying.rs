//! What a command would come to, tried on a copy that nobody sees.
//!
//! Must not change anything.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::definitions::Definitions;
use super::request::Refusal;
use super::snapshots;
use crate::core::engine::{self, Command, Keys, TurnContext};
use crate::platform::store::{Sql, StoreError};

/// Tries a command on an instance as it is now: `Ok` when it would be taken.
///
/// # Errors
/// `Corrupt` when the instance can't be read; `Driver` from the database.
pub fn try_command(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    (key, command): (i64, &Command),
    (now, zone): (Timestamp, &TimeZone),
) -> Result<Result<(), Refusal>, StoreError> {
    let Some(mut hot) = snapshots::find(sql, definitions, key)? else {
        return Ok(Err(Refusal::NotFound { kind: "process instance", key }));
    };
    // Keys of what would be made stay in the copy; they only have to differ from those in it.
    let keys = Keys { next: i64::MAX / 2 };
    let mut context = TurnContext::new(now, zone.clone(), keys);
    if let Command::MigrateInstance(plan) = command {
        let target = definitions.find(sql, plan.definition_key)?;
        let Some(target) = target else {
            let (kind, key) = ("process definition", plan.definition_key);
            return Ok(Err(Refusal::NotFound { kind, key }));
        };
        context.target = Some(target.graph.clone());
    }
    let tried = engine::decide(&hot.deployed.graph, &mut hot.instance, command, &mut context);
    Ok(tried.map(drop).map_err(Refusal::from))
}
