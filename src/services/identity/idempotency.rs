//! Answers that are kept, so that a request that is sent again gets the same one.
//!
//! Must not know what the requests do.

use crate::platform::clock::node_of;
use crate::platform::store::Sql;
use crate::services::identity::{Identity, IdentityError, rows_tokens};

/// How long answers are kept.
const KEPT_MS: i64 = 24 * 3_600_000;
/// A request that never came to its end (a timeout, a crash of another node) may be sent again
/// after so long; one that an earlier run of this node left may come again at once.
const RUNNING_MS_MAX: i64 = 120_000;

/// Which request it is: keys of different users or routes have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who sends it.
    pub user_key: i64,
    /// The route's path, with the names of its parameters.
    pub route: String,
    /// The key the client chose.
    pub key: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// The address of what was made.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// It is new: answer it, then keep or forget the answer.
    Reserved,
    /// It was answered before.
    Answered(KeptAnswer),
    /// It is being answered at this moment.
    Running,
    /// The key was used for another request.
    OtherRequest,
}

/// A key, as stored.
pub(super) struct StoredKey {
    pub(super) request_hash: Vec<u8>,
    pub(super) created_at_ms: i64,
    /// The run of the program that answers it.
    pub(super) run_key: i64,
    pub(super) answer: Option<KeptAnswer>,
}

impl Identity {
    /// Reserves a key for a request, or says what became of the earlier one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reserve_answer(
        &self,
        key: IdempotencyKey,
        request_hash: [u8; 32],
    ) -> Result<Reservation, IdentityError> {
        let (now_ms, run_key) = (self.now_ms(), self.0.run_key);
        let reserve = move |sql: &mut dyn Sql| {
            rows_tokens::delete_old_keys(sql, now_ms - KEPT_MS)?;
            if rows_tokens::insert_key(sql, &key, &request_hash, run_key, now_ms)? {
                return Ok(Reservation::Reserved);
            }
            let Some(found) = rows_tokens::find_key(sql, &key)? else {
                return Ok(Reservation::Running);
            };
            if found.request_hash != request_hash {
                return Ok(Reservation::OtherRequest);
            }
            if let Some(answer) = found.answer {
                return Ok(Reservation::Answered(answer));
            }
            let is_abandoned = now_ms - found.created_at_ms >= RUNNING_MS_MAX
                || is_earlier_run(found.run_key, run_key);
            let since_ms = found.created_at_ms;
            let is_ours =
                is_abandoned && rows_tokens::take_over_key(sql, &key, since_ms, run_key, now_ms)?;
            Ok(if is_ours { Reservation::Reserved } else { Reservation::Running })
        };
        self.0.database.write(reserve).await
    }

    /// Keeps the answer to a reserved key.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep_answer(
        &self,
        key: IdempotencyKey,
        answer: KeptAnswer,
    ) -> Result<(), IdentityError> {
        let keep = move |sql: &mut dyn Sql| Ok(rows_tokens::set_answer(sql, &key, &answer)?);
        self.0.database.write(keep).await
    }

    /// Gives a reserved key back: the request failed and may be sent again.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget_answer(&self, key: IdempotencyKey) -> Result<(), IdentityError> {
        let forget = move |sql: &mut dyn Sql| Ok(rows_tokens::delete_key(sql, &key)?);
        self.0.database.write(forget).await
    }
}

/// Whether nobody can be at it any more: a node runs one program at a time.
fn is_earlier_run(run_key: i64, present: i64) -> bool {
    run_key != present && node_of(run_key) == node_of(present)
}
