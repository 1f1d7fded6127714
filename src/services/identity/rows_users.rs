//! The rows of users, their roles and their groups.
//!
//! Must not know rules or passwords beyond their hashes.

use std::collections::BTreeMap;

use crate::core::access::Role;
use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::identity::{User, UserFilter};

const COLUMNS: &str = "user_key, user_id, email, display_name, is_disabled, rev, created_at, \
     updated_at, signed_in_at, password_hash, security_rev";

/// A user with what only this service may see.
pub(super) struct StoredUser {
    pub(super) user: User,
    pub(super) password_hash: Option<String>,
    pub(super) security_rev: i64,
}

pub(super) fn insert(sql: &mut dyn Sql, stored: &StoredUser) -> Result<(), StoreError> {
    let user = &stored.user;
    sql.execute(
        "INSERT INTO identity__users (user_key, user_id, email, display_name, password_hash,
             is_disabled, security_rev, rev, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[
            user.key.into(),
            user.user_id.as_str().into(),
            user.email.as_ref().into(),
            user.display_name.as_str().into(),
            stored.password_hash.as_ref().into(),
            user.is_disabled.into(),
            stored.security_rev.into(),
            user.rev.into(),
            user.created_at_ms.into(),
            user.updated_at_ms.into(),
        ],
    )?;
    insert_roles(sql, user.key, &user.roles)?;
    insert_memberships(sql, user.key, &user.groups)
}

/// Replaces what administrators may edit, if the revision is still the expected one.
pub(super) fn update(
    sql: &mut dyn Sql,
    user: &User,
    expected_rev: i64,
) -> Result<bool, StoreError> {
    let count = sql.execute(
        "UPDATE identity__users SET email = ?3, display_name = ?4, updated_at = ?5, rev = rev + 1
         WHERE user_key = ?1 AND rev = ?2",
        &[
            user.key.into(),
            expected_rev.into(),
            user.email.as_ref().into(),
            user.display_name.as_str().into(),
            user.updated_at_ms.into(),
        ],
    )?;
    if count == 0 {
        return Ok(false);
    }
    for table in ["identity__user_roles", "identity__memberships"] {
        let text = format!("DELETE FROM {table} WHERE user_key = ?1");
        sql.execute(&text, &[user.key.into()])?;
    }
    insert_roles(sql, user.key, &user.roles)?;
    insert_memberships(sql, user.key, &user.groups)?;
    Ok(true)
}

fn insert_roles(sql: &mut dyn Sql, user_key: i64, roles: &[Role]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> =
        roles.iter().map(|it| vec![user_key.into(), it.id().into()]).collect();
    let text = "INSERT INTO identity__user_roles (user_key, role_id) VALUES (?1, ?2)";
    sql.execute_each(text, &rows).map(|_| ())
}

fn insert_memberships(
    sql: &mut dyn Sql,
    user_key: i64,
    group_ids: &[String],
) -> Result<(), StoreError> {
    for group_id in group_ids {
        sql.execute(
            "INSERT INTO identity__memberships (user_key, group_key)
             SELECT ?1, group_key FROM identity__groups WHERE group_id = ?2",
            &[user_key.into(), group_id.as_str().into()],
        )?;
    }
    Ok(())
}

/// Disables or enables; disabling ends sessions and tokens by raising the security revision.
pub(super) fn set_disabled(
    sql: &mut dyn Sql,
    user_key: i64,
    is_disabled: bool,
    now_ms: i64,
) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE identity__users SET is_disabled = ?2, updated_at = ?3, rev = rev + 1,
             security_rev = security_rev + 1 WHERE user_key = ?1",
        &[user_key.into(), is_disabled.into(), now_ms.into()],
    )?;
    Ok(())
}

/// Sets the password and ends sessions and tokens made with the former one.
pub(super) fn set_password(
    sql: &mut dyn Sql,
    user_key: i64,
    hash: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE identity__users SET password_hash = ?2, updated_at = ?3, rev = rev + 1,
             security_rev = security_rev + 1 WHERE user_key = ?1",
        &[user_key.into(), hash.into(), now_ms.into()],
    )?;
    Ok(())
}

pub(super) fn set_signed_in(
    sql: &mut dyn Sql,
    user_key: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    sql.execute(
        "UPDATE identity__users SET signed_in_at = ?2 WHERE user_key = ?1",
        &[user_key.into(), now_ms.into()],
    )?;
    Ok(())
}

pub(super) fn delete(sql: &mut dyn Sql, user_key: i64) -> Result<(), StoreError> {
    sql.execute("DELETE FROM identity__users WHERE user_key = ?1", &[user_key.into()])?;
    Ok(())
}

pub(super) fn any_exists(sql: &mut dyn Sql) -> Result<bool, StoreError> {
    Ok(!sql.query("SELECT 1 FROM identity__users LIMIT 1", &[])?.is_empty())
}

pub(super) fn count_by_role(sql: &mut dyn Sql) -> Result<Vec<(Role, i64)>, StoreError> {
    let rows = sql.query(
        "SELECT r.role_id, COUNT(*) FROM identity__user_roles r
         JOIN identity__users u ON u.user_key = r.user_key
         WHERE u.is_disabled = 0 GROUP BY r.role_id",
        &[],
    )?;
    let mut counts = Role::ALL.map(|it| (it, 0)).to_vec();
    for row in rows {
        let (role_id, count) = (row.text(0)?, row.integer(1)?);
        let found = counts.iter_mut().find(|(role, _)| role.id() == role_id);
        if let Some((_, known)) = found {
            *known = count;
        }
    }
    Ok(counts)
}

/// The enabled administrators, locked until the end of the transaction.
pub(super) fn lock_administrators(sql: &mut dyn Sql) -> Result<Vec<i64>, StoreError> {
    let rows = sql.query(
        "SELECT u.user_key FROM identity__users u
         JOIN identity__user_roles r ON r.user_key = u.user_key
         WHERE r.role_id = ?1 AND u.is_disabled = 0
         ORDER BY u.user_key /*postgres FOR UPDATE */",
        &[Role::Administrator.id().into()],
    )?;
    rows.iter().map(|row| row.integer(0)).collect()
}

pub(super) fn find_by_key(
    sql: &mut dyn Sql,
    user_key: i64,
) -> Result<Option<StoredUser>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM identity__users WHERE user_key = ?1");
    let rows = sql.query(&text, &[user_key.into()])?;
    Ok(complete(sql, &rows)?.pop())
}

/// The user with this login name or, failing that, this e-mail address.
pub(super) fn find_by_login(
    sql: &mut dyn Sql,
    login: &str,
) -> Result<Option<StoredUser>, StoreError> {
    // Nothing stored contains it, and PostgreSQL refuses it even in a question.
    if login.contains('\0') {
        return Ok(None);
    }
    let login = Value::from(login.to_ascii_lowercase());
    for column in ["user_id", "email"] {
        let text = format!("SELECT {COLUMNS} FROM identity__users WHERE lower({column}) = ?1");
        let rows = sql.query(&text, std::slice::from_ref(&login))?;
        if let Some(found) = complete(sql, &rows)?.pop() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Users in the order of their names, after the one the last page ended with.
pub(super) fn list(
    sql: &mut dyn Sql,
    filter: &UserFilter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<User>, StoreError> {
    let pattern = filter.search.as_deref().map(contains_pattern);
    let text = format!(
        "SELECT {COLUMNS} FROM identity__users u
         WHERE lower(user_id) > ?1
           AND (CAST(?2 AS TEXT) IS NULL OR lower(user_id) LIKE ?2 ESCAPE '\\'
                OR lower(email) LIKE ?2 ESCAPE '\\' OR lower(display_name) LIKE ?2 ESCAPE '\\')
           AND (CAST(?3 AS INTEGER) IS NULL OR is_disabled = ?3)
           AND (CAST(?4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM identity__user_roles r
                WHERE r.user_key = u.user_key AND r.role_id = ?4))
           AND (CAST(?5 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM identity__memberships m
                JOIN identity__groups g ON g.group_key = m.group_key
                WHERE m.user_key = u.user_key AND g.group_id = ?5))
         ORDER BY lower(user_id) LIMIT ?6"
    );
    let rows = sql.query(
        &text,
        &[
            after.unwrap_or_default().to_ascii_lowercase().into(),
            pattern.into(),
            filter.is_disabled.into(),
            filter.role.map(Role::id).into(),
            filter.group_id.as_ref().into(),
            limit.into(),
        ],
    )?;
    Ok(complete(sql, &rows)?.into_iter().map(|it| it.user).collect())
}

/// A LIKE pattern for texts that contain the words as they stand; in lower case.
pub(super) fn contains_pattern(words: &str) -> String {
    let escaped = words.to_ascii_lowercase().replace('\0', "").replace('\\', "\\\\");
    format!("%{}%", escaped.replace('%', "\\%").replace('_', "\\_"))
}

/// Reads rows and adds roles and groups, with two queries for all of them.
fn complete(sql: &mut dyn Sql, rows: &[Row]) -> Result<Vec<StoredUser>, StoreError> {
    let mut users = rows.iter().map(stored_user).collect::<Result<Vec<_>, _>>()?;
    let keys = Value::integers(users.iter().map(|it| it.user.key));
    let roles = lists_by_user(
        sql,
        "SELECT user_key, role_id FROM identity__user_roles
         WHERE user_key IN (SELECT value FROM json_each(?1)) ORDER BY role_id",
        &keys,
    )?;
    let groups = lists_by_user(
        sql,
        "SELECT m.user_key, g.group_id FROM identity__memberships m
         JOIN identity__groups g ON g.group_key = m.group_key
         WHERE m.user_key IN (SELECT value FROM json_each(?1)) ORDER BY g.group_id",
        &keys,
    )?;
    for StoredUser { user, .. } in &mut users {
        let role_ids = roles.get(&user.key).into_iter().flatten();
        user.roles = role_ids.filter_map(|it| Role::find(it)).collect();
        user.roles.sort();
        user.groups = groups.get(&user.key).cloned().unwrap_or_default();
    }
    Ok(users)
}

fn lists_by_user(
    sql: &mut dyn Sql,
    text: &str,
    keys: &Value,
) -> Result<BTreeMap<i64, Vec<String>>, StoreError> {
    let mut lists: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in sql.query(text, std::slice::from_ref(keys))? {
        lists.entry(row.integer(0)?).or_default().push(row.text(1)?.to_owned());
    }
    Ok(lists)
}

fn stored_user(row: &Row) -> Result<StoredUser, StoreError> {
    let user = User {
        key: row.integer(0)?,
        user_id: row.text(1)?.to_owned(),
        email: row.optional_text(2)?.map(ToOwned::to_owned),
        display_name: row.text(3)?.to_owned(),
        is_disabled: row.boolean(4)?,
        rev: row.integer(5)?,
        created_at_ms: row.integer(6)?,
        updated_at_ms: row.integer(7)?,
        signed_in_at_ms: row.optional_integer(8)?,
        roles: Vec::new(),
        groups: Vec::new(),
    };
    let password_hash = row.optional_text(9)?.map(ToOwned::to_owned);
    Ok(StoredUser { user, password_hash, security_rev: row.integer(10)? })
}
