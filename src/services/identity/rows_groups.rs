//! The rows of groups.
//!
//! Must not know rules.

use std::collections::BTreeMap;

use crate::platform::store::{Row, Sql, StoreError, Value};
use crate::services::identity::rows_users::contains_pattern;
use crate::services::identity::{Group, GroupFilter, IdentityError};

const SELECT: &str = "SELECT group_key, group_id, name, description, rev, created_at, updated_at,
         (SELECT COUNT(*) FROM identity__memberships m WHERE m.group_key = g.group_key)
     FROM identity__groups g";

pub(super) fn insert(sql: &mut dyn Sql, group: &Group) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO identity__groups (group_key, group_id, name, description, rev, created_at,
             updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            group.key.into(),
            group.group_id.as_str().into(),
            group.name.as_str().into(),
            group.description.as_str().into(),
            group.rev.into(),
            group.created_at_ms.into(),
            group.updated_at_ms.into(),
        ],
    )?;
    Ok(())
}

/// Changes name and description, if the revision is still the expected one.
pub(super) fn update(
    sql: &mut dyn Sql,
    group: &Group,
    expected_rev: i64,
) -> Result<bool, StoreError> {
    let count = sql.execute(
        "UPDATE identity__groups SET name = ?3, description = ?4, updated_at = ?5, rev = rev + 1
         WHERE group_key = ?1 AND rev = ?2",
        &[
            group.key.into(),
            expected_rev.into(),
            group.name.as_str().into(),
            group.description.as_str().into(),
            group.updated_at_ms.into(),
        ],
    )?;
    Ok(count > 0)
}

pub(super) fn delete(sql: &mut dyn Sql, group_key: i64) -> Result<(), StoreError> {
    sql.execute("DELETE FROM identity__groups WHERE group_key = ?1", &[group_key.into()])?;
    Ok(())
}

pub(super) fn find_by_key(sql: &mut dyn Sql, group_key: i64) -> Result<Option<Group>, StoreError> {
    find(sql, &format!("{SELECT} WHERE group_key = ?1"), group_key.into())
}

pub(super) fn find_by_id(sql: &mut dyn Sql, group_id: &str) -> Result<Option<Group>, StoreError> {
    find(sql, &format!("{SELECT} WHERE group_id = ?1"), group_id.into())
}

fn find(sql: &mut dyn Sql, text: &str, value: Value) -> Result<Option<Group>, StoreError> {
    sql.query(text, &[value])?.first().map(group).transpose()
}

/// Groups in the order of their ids, after the one the last page ended with.
pub(super) fn list(
    sql: &mut dyn Sql,
    filter: &GroupFilter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Group>, StoreError> {
    let text = format!(
        "{SELECT} WHERE group_id > ?1
           AND (CAST(?2 AS TEXT) IS NULL OR lower(group_id) LIKE ?2 ESCAPE '\\'
                OR lower(name) LIKE ?2 ESCAPE '\\')
         ORDER BY group_id LIMIT ?3"
    );
    let pattern = filter.search.as_deref().map(contains_pattern);
    let parameters = [after.unwrap_or_default().into(), pattern.into(), limit.into()];
    sql.query(&text, &parameters)?.iter().map(group).collect()
}

/// Adds or removes a membership and raises the user's revision; false when it was so already.
pub(super) fn set_member(
    sql: &mut dyn Sql,
    group_key: i64,
    user_key: i64,
    is_member: bool,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let text = if is_member {
        "INSERT INTO identity__memberships (user_key, group_key) VALUES (?1, ?2)
         ON CONFLICT (user_key, group_key) DO NOTHING"
    } else {
        "DELETE FROM identity__memberships WHERE user_key = ?1 AND group_key = ?2"
    };
    if sql.execute(text, &[user_key.into(), group_key.into()])? == 0 {
        return Ok(false);
    }
    sql.execute(
        "UPDATE identity__users SET rev = rev + 1, updated_at = ?2 WHERE user_key = ?1",
        &[user_key.into(), now_ms.into()],
    )?;
    Ok(true)
}

/// The names of the first members of each group, by login name.
pub(super) fn list_first_members(
    sql: &mut dyn Sql,
    group_keys: &[i64],
    limit: u32,
) -> Result<BTreeMap<i64, Vec<String>>, StoreError> {
    let rows = sql.query(
        "SELECT group_key, display_name FROM (
             SELECT m.group_key, u.display_name, u.user_id,
                 ROW_NUMBER() OVER (PARTITION BY m.group_key ORDER BY lower(u.user_id)) AS place
             FROM identity__memberships m JOIN identity__users u ON u.user_key = m.user_key
             WHERE m.group_key IN (SELECT value FROM json_each(?1))
         ) AS members WHERE place <= ?2 ORDER BY group_key, place",
        &[Value::integers(group_keys.iter().copied()), limit.into()],
    )?;
    let mut names: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows {
        names.entry(row.integer(0)?).or_default().push(row.text(1)?.to_owned());
    }
    Ok(names)
}

/// Refuses ids of groups that don't exist.
pub(super) fn check_all_exist(
    sql: &mut dyn Sql,
    group_ids: &[String],
) -> Result<(), IdentityError> {
    for group_id in group_ids {
        let is_known = !group_id.contains('\0') && find_by_id(sql, group_id)?.is_some();
        if !is_known {
            let expected = format!("there is no group `{}`", group_id.escape_debug());
            return Err(IdentityError::invalid("groups", expected));
        }
    }
    Ok(())
}

fn group(row: &Row) -> Result<Group, StoreError> {
    Ok(Group {
        key: row.integer(0)?,
        group_id: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        description: row.text(3)?.to_owned(),
        rev: row.integer(4)?,
        created_at_ms: row.integer(5)?,
        updated_at_ms: row.integer(6)?,
        member_count: row.integer(7)?,
    })
}
