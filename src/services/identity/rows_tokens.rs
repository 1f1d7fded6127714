//! The rows of sessions, refresh tokens, API tokens, settings and kept answers.
//!
//! Must not know what a token opens.

use crate::core::access::Permission;
use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::identity::access_tokens::RefreshToken;
use crate::services::identity::idempotency::StoredKey;
use crate::services::identity::secrets::TokenHash;
use crate::services::identity::{ApiToken, IdempotencyKey, KeptAnswer, Session};

const SESSION_COLUMNS: &str = "token_hash, user_key, security_rev, created_at, seen_at, \
     expires_at, address, user_agent, session_key";
const API_TOKEN_COLUMNS: &str =
    "token_key, user_key, name, scopes, created_at, expires_at, used_at, prefix";

pub(super) fn insert_session(sql: &mut dyn Sql, session: &Session) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO identity__sessions (token_hash, user_key, security_rev, created_at, seen_at,
             expires_at, address, user_agent, session_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[
            hash_value(&session.token_hash),
            session.user_key.into(),
            session.security_rev.into(),
            session.created_at_ms.into(),
            session.seen_at_ms.into(),
            session.expires_at_ms.into(),
            session.address.as_ref().into(),
            session.user_agent.as_ref().into(),
            session.key.into(),
        ],
    )?;
    Ok(())
}

pub(super) fn find_session(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
) -> Result<Option<Session>, StoreError> {
    let text = format!("SELECT {SESSION_COLUMNS} FROM identity__sessions WHERE token_hash = ?1");
    sql.query(&text, &[hash_value(token_hash)])?.first().map(session).transpose()
}

/// The sessions of a user that have neither run out nor been idle for too long.
pub(super) fn list_sessions(
    sql: &mut dyn Sql,
    user_key: i64,
    now_ms: i64,
    idle_since_ms: i64,
) -> Result<Vec<Session>, StoreError> {
    let text = format!(
        "SELECT {SESSION_COLUMNS} FROM identity__sessions s
         WHERE user_key = ?1 AND expires_at > ?2 AND seen_at > ?3
           AND security_rev = (SELECT security_rev FROM identity__users u
                               WHERE u.user_key = s.user_key)
         ORDER BY seen_at DESC"
    );
    let parameters = [user_key.into(), now_ms.into(), idle_since_ms.into()];
    sql.query(&text, &parameters)?.iter().map(session).collect()
}

pub(super) fn set_session_seen(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
    now_ms: i64,
) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE identity__sessions SET seen_at = ?2 WHERE token_hash = ?1",
        &[hash_value(token_hash), now_ms.into()],
    )?;
    Ok(())
}

pub(super) fn delete_session(sql: &mut dyn Sql, token_hash: &TokenHash) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__sessions WHERE token_hash = ?1";
    sql.execute(text, &[hash_value(token_hash)]).map(|_| ())
}

/// Keeps one session of a user whose other sessions have just been ended.
pub(super) fn keep_session(sql: &mut dyn Sql, token_hash: &TokenHash) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE identity__sessions SET security_rev = (SELECT security_rev FROM identity__users u
             WHERE u.user_key = identity__sessions.user_key)
         WHERE token_hash = ?1",
        &[hash_value(token_hash)],
    )?;
    Ok(())
}

pub(super) fn delete_expired_sessions(
    sql: &mut dyn Sql,
    now_ms: i64,
    idle_since_ms: i64,
) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__sessions WHERE expires_at <= ?1 OR seen_at <= ?2";
    sql.execute(text, &[now_ms.into(), idle_since_ms.into()]).map(|_| ())
}

fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        token_hash: hash(row, 0)?,
        user_key: row.integer(1)?,
        security_rev: row.integer(2)?,
        created_at_ms: row.integer(3)?,
        seen_at_ms: row.integer(4)?,
        expires_at_ms: row.integer(5)?,
        address: row.optional_text(6)?.map(ToOwned::to_owned),
        user_agent: row.optional_text(7)?.map(ToOwned::to_owned),
        key: row.integer(8)?,
    })
}

pub(super) fn insert_refresh_token(
    sql: &mut dyn Sql,
    token: &RefreshToken,
) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO identity__refresh_tokens (token_hash, family_key, user_key, security_rev,
             created_at, expires_at, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            hash_value(&token.token_hash),
            token.family_key.into(),
            token.user_key.into(),
            token.security_rev.into(),
            token.created_at_ms.into(),
            token.expires_at_ms.into(),
            token.used_at_ms.into(),
        ],
    )?;
    Ok(())
}

pub(super) fn find_refresh_token(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
) -> Result<Option<RefreshToken>, StoreError> {
    let rows = sql.query(
        "SELECT token_hash, family_key, user_key, security_rev, created_at, expires_at, used_at
         FROM identity__refresh_tokens WHERE token_hash = ?1",
        &[hash_value(token_hash)],
    )?;
    let token = |row: &Row| {
        Ok(RefreshToken {
            token_hash: hash(row, 0)?,
            family_key: row.integer(1)?,
            user_key: row.integer(2)?,
            security_rev: row.integer(3)?,
            created_at_ms: row.integer(4)?,
            expires_at_ms: row.integer(5)?,
            used_at_ms: row.optional_integer(6)?,
        })
    };
    rows.first().map(token).transpose()
}

/// Marks a token as used; false when somebody else was faster.
pub(super) fn use_refresh_token(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let count = sql.execute(
        "UPDATE identity__refresh_tokens SET used_at = ?2
         WHERE token_hash = ?1 AND used_at IS NULL",
        &[hash_value(token_hash), now_ms.into()],
    )?;
    Ok(count == 1)
}

pub(super) fn delete_family(sql: &mut dyn Sql, family_key: i64) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__refresh_tokens WHERE family_key = ?1";
    sql.execute(text, &[family_key.into()]).map(|_| ())
}

pub(super) fn delete_expired_refresh_tokens(
    sql: &mut dyn Sql,
    now_ms: i64,
) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__refresh_tokens WHERE expires_at <= ?1";
    sql.execute(text, &[now_ms.into()]).map(|_| ())
}

pub(super) fn insert_api_token(
    sql: &mut dyn Sql,
    token: &ApiToken,
    token_hash: &TokenHash,
) -> Result<(), StoreError> {
    let scopes = token.scopes.as_ref().map(|scopes| {
        let names: Vec<&str> = scopes.iter().map(|it| it.name()).collect();
        serde_json::Value::from(names).to_string()
    });
    sql.execute(
        "INSERT INTO identity__api_tokens (token_key, user_key, name, token_hash, scopes,
             created_at, expires_at, prefix)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &[
            token.key.into(),
            token.user_key.into(),
            token.name.as_str().into(),
            hash_value(token_hash),
            scopes.into(),
            token.created_at_ms.into(),
            token.expires_at_ms.into(),
            token.prefix.as_str().into(),
        ],
    )?;
    Ok(())
}

pub(super) fn find_api_token(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
) -> Result<Option<ApiToken>, StoreError> {
    let text =
        format!("SELECT {API_TOKEN_COLUMNS} FROM identity__api_tokens WHERE token_hash = ?1");
    sql.query(&text, &[hash_value(token_hash)])?.first().map(api_token).transpose()
}

pub(super) fn list_api_tokens(
    sql: &mut dyn Sql,
    user_key: i64,
) -> Result<Vec<ApiToken>, StoreError> {
    let text = format!(
        "SELECT {API_TOKEN_COLUMNS} FROM identity__api_tokens WHERE user_key = ?1
         ORDER BY token_key DESC"
    );
    sql.query(&text, &[user_key.into()])?.iter().map(api_token).collect()
}

pub(super) fn set_api_token_used(
    sql: &mut dyn Sql,
    token_key: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let text = "UPDATE identity__api_tokens SET used_at = ?2 WHERE token_key = ?1";
    sql.execute(text, &[token_key.into(), now_ms.into()]).map(|_| ())
}

pub(super) fn delete_api_token(sql: &mut dyn Sql, token_key: i64) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__api_tokens WHERE token_key = ?1";
    sql.execute(text, &[token_key.into()]).map(|_| ())
}

fn api_token(row: &Row) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        key: row.integer(0)?,
        user_key: row.integer(1)?,
        name: row.text(2)?.to_owned(),
        scopes: row.optional_text(3)?.map(scopes).transpose()?,
        created_at_ms: row.integer(4)?,
        expires_at_ms: row.optional_integer(5)?,
        used_at_ms: row.optional_integer(6)?,
        prefix: row.text(7)?.to_owned(),
    })
}

/// A permission that a later version knew and this one does not grants nothing.
fn scopes(text: &str) -> Result<Vec<Permission>, StoreError> {
    let names: Vec<String> = serde_json::from_str(text)
        .map_err(|it| StoreError::Corrupt(format!("scopes of an API token: {it}")))?;
    Ok(names.iter().filter_map(|it| Permission::find(it)).collect())
}

/// Writes a setting unless it is there.
pub(super) fn insert_setting(
    sql: &mut dyn Sql,
    name: &str,
    value: &[u8],
) -> Result<(), StoreError> {
    let text = "INSERT INTO identity__settings (name, value) VALUES (?1, ?2)
                ON CONFLICT (name) DO NOTHING";
    sql.execute(text, &[name.into(), value.into()]).map(|_| ())
}

/// Writes a setting, in the place of the former one.
pub(super) fn put_setting(sql: &mut dyn Sql, name: &str, value: &[u8]) -> Result<(), StoreError> {
    let text = "INSERT INTO identity__settings (name, value) VALUES (?1, ?2)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sql.execute(text, &[name.into(), value.into()]).map(|_| ())
}

pub(super) fn find_setting(sql: &mut dyn Sql, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let rows = sql.query("SELECT value FROM identity__settings WHERE name = ?1", &[name.into()])?;
    rows.first().map(|row| row.blob(0).map(<[u8]>::to_vec)).transpose()
}

/// Removes a setting that has this value; false when it has not.
pub(super) fn delete_setting(
    sql: &mut dyn Sql,
    name: &str,
    value: &[u8],
) -> Result<bool, StoreError> {
    let text = "DELETE FROM identity__settings WHERE name = ?1 AND value = ?2";
    Ok(sql.execute(text, &[name.into(), value.into()])? == 1)
}

/// Reserves a key; false when it is there already.
pub(super) fn insert_key(
    sql: &mut dyn Sql,
    key: &IdempotencyKey,
    request_hash: &[u8],
    run_key: i64,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let [user_key, route, text] = key_values(key);
    let count = sql.execute(
        "INSERT INTO identity__idempotency_keys (user_key, route, idempotency_key, request_hash,
             created_at, run_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (user_key, route, idempotency_key) DO NOTHING",
        &[user_key, route, text, request_hash.into(), now_ms.into(), run_key.into()],
    )?;
    Ok(count == 1)
}

pub(super) fn find_key(
    sql: &mut dyn Sql,
    key: &IdempotencyKey,
) -> Result<Option<StoredKey>, StoreError> {
    let rows = sql.query(
        "SELECT request_hash, created_at, status, content_type, location, answer, run_key
         FROM identity__idempotency_keys
         WHERE user_key = ?1 AND route = ?2 AND idempotency_key = ?3",
        &key_values(key),
    )?;
    rows.first().map(stored_key).transpose()
}

fn stored_key(row: &Row) -> Result<StoredKey, StoreError> {
    let answer = match row.optional_integer(2)? {
        None => None,
        Some(status) => Some(KeptAnswer {
            status: u16::try_from(status)
                .map_err(|_| StoreError::Corrupt(format!("status {status} of a kept answer")))?,
            content_type: row.optional_text(3)?.map(ToOwned::to_owned),
            location: row.optional_text(4)?.map(ToOwned::to_owned),
            body: row.optional_blob(5)?.unwrap_or_default().to_vec(),
        }),
    };
    let request_hash = row.blob(0)?.to_vec();
    let (created_at_ms, run_key) = (row.integer(1)?, row.integer(6)?);
    Ok(StoredKey { request_hash, created_at_ms, run_key, answer })
}

/// Takes a key over from a request that never ended; false when somebody else was faster.
pub(super) fn take_over_key(
    sql: &mut dyn Sql,
    key: &IdempotencyKey,
    created_at_ms: i64,
    run_key: i64,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let [user_key, route, text] = key_values(key);
    let count = sql.execute(
        "UPDATE identity__idempotency_keys SET created_at = ?5, run_key = ?6
         WHERE user_key = ?1 AND route = ?2 AND idempotency_key = ?3 AND created_at = ?4
           AND status IS NULL",
        &[user_key, route, text, created_at_ms.into(), now_ms.into(), run_key.into()],
    )?;
    Ok(count == 1)
}

pub(super) fn set_answer(
    sql: &mut dyn Sql,
    key: &IdempotencyKey,
    answer: &KeptAnswer,
) -> Result<(), StoreError> {
    let [user_key, route, text] = key_values(key);
    sql.execute(
        "UPDATE identity__idempotency_keys
         SET status = ?4, content_type = ?5, location = ?6, answer = ?7
         WHERE user_key = ?1 AND route = ?2 AND idempotency_key = ?3",
        &[
            user_key,
            route,
            text,
            i64::from(answer.status).into(),
            answer.content_type.as_ref().into(),
            answer.location.as_ref().into(),
            answer.body.as_slice().into(),
        ],
    )?;
    Ok(())
}

pub(super) fn delete_key(sql: &mut dyn Sql, key: &IdempotencyKey) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__idempotency_keys
                WHERE user_key = ?1 AND route = ?2 AND idempotency_key = ?3";
    sql.execute(text, &key_values(key)).map(|_| ())
}

pub(super) fn delete_old_keys(sql: &mut dyn Sql, before_ms: i64) -> Result<(), StoreError> {
    let text = "DELETE FROM identity__idempotency_keys WHERE created_at < ?1";
    sql.execute(text, &[before_ms.into()]).map(|_| ())
}

fn key_values(key: &IdempotencyKey) -> [Value; 3] {
    [key.user_key.into(), key.route.as_str().into(), key.key.as_str().into()]
}

fn hash_value(token_hash: &TokenHash) -> Value {
    Value::from(token_hash.as_slice())
}

fn hash(row: &Row, column: usize) -> Result<TokenHash, StoreError> {
    row.blob(column)?
        .try_into()
        .map_err(|_| StoreError::Corrupt(format!("column {column}: expected a digest of 32 bytes")))
}
