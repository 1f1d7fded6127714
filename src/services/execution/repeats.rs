//! Receipts of requests that may be sent again, in the transaction that did what they ask for.
//!
//! Must not know where a request comes from or how it is named.

use super::request::Receipt;
use crate::platform::store::{Sql, StoreError};

/// Whoever sends a request again does so within two days.
const KEPT_MS: i64 = 2 * 24 * 3_600_000;

/// The receipt of a request that was carried out before.
pub(super) fn find(sql: &mut dyn Sql, digest: &[u8]) -> Result<Option<Receipt>, StoreError> {
    let text = "SELECT receipt FROM work__requests WHERE digest = ?1";
    let rows = sql.query(text, &[digest.into()])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let receipt = serde_json::from_str(row.text(0)?)
        .map_err(|error| StoreError::Corrupt(format!("a stored receipt: {error}")))?;
    Ok(Some(receipt))
}

/// Keeps the receipt of a request that is done once.
pub(super) fn insert(
    sql: &mut dyn Sql,
    digest: &[u8],
    receipt: &Receipt,
    now_ms: i64,
) -> Result<(), StoreError> {
    let receipt = serde_json::to_string(receipt)
        .map_err(|error| StoreError::Corrupt(format!("a receipt: {error}")))?;
    let text = "INSERT INTO work__requests (digest, receipt, done_at) VALUES (?1, ?2, ?3)";
    sql.execute(text, &[digest.into(), receipt.into(), now_ms.into()]).map(drop)
}

/// Forgets receipts nobody will ask for any more.
pub(super) fn delete_old(sql: &mut dyn Sql, now_ms: i64) -> Result<(), StoreError> {
    let text = "DELETE FROM work__requests WHERE done_at < ?1";
    sql.execute(text, &[(now_ms - KEPT_MS).into()]).map(drop)
}
