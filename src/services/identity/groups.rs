//! Groups: whom models name as candidates for user tasks.
//!
//! Must not know user tasks.

use std::collections::BTreeMap;

use serde_json::json;

use crate::platform::store::Sql;
use crate::services::audit::{Change, Origin};
use crate::services::identity::users::{changed, checked_id, checked_name};
use crate::services::identity::{Identity, IdentityError, rows_groups, users};

const NO_GROUP: IdentityError = IdentityError::NotFound { what: "group" };
/// Longest description, in characters.
const DESCRIPTION_LENGTH_MAX: usize = 500;

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its key.
    pub key: i64,
    /// The id models name.
    pub group_id: String,
    /// The name shown to people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How many members it has.
    pub member_count: i64,
    /// Rises with every change.
    pub rev: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// When it was changed.
    pub updated_at_ms: i64,
}

/// A group to be made.
#[derive(Debug, Clone, Default)]
pub struct NewGroup {
    /// The id models name.
    pub group_id: String,
    /// The name shown to people.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// What administrators may edit.
#[derive(Debug, Clone)]
pub struct GroupChanges {
    /// The revision that was seen.
    pub expected_rev: i64,
    /// The name shown to people.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// Which groups a list has.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    /// Words in the id or the name.
    pub search: Option<String>,
}

impl Identity {
    /// A page of groups by id, after the given one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_groups(
        &self,
        filter: GroupFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<Group>, IdentityError> {
        self.read(move |sql| Ok(rows_groups::list(sql, &filter, after.as_deref(), limit)?)).await
    }

    /// The group with a key.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub async fn load_group(&self, group_key: i64) -> Result<Group, IdentityError> {
        self.read(move |sql| load(sql, group_key)).await
    }

    /// The group with an id.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub async fn load_group_by_id(&self, group_id: &str) -> Result<Group, IdentityError> {
        let group_id = group_id.to_owned();
        let find = move |sql: &mut dyn Sql| Ok(rows_groups::find_by_id(sql, &group_id)?);
        self.read(find).await?.ok_or(NO_GROUP)
    }

    /// The names of the first members of each group, by login name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_first_members(
        &self,
        group_keys: Vec<i64>,
        limit: u32,
    ) -> Result<BTreeMap<i64, Vec<String>>, IdentityError> {
        self.read(move |sql| Ok(rows_groups::list_first_members(sql, &group_keys, limit)?)).await
    }

    /// Makes a user a member of a group, or ends that.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub async fn set_member(
        &self,
        origin: &Origin,
        group_key: i64,
        user_key: i64,
        is_member: bool,
    ) -> Result<(), IdentityError> {
        self.change(origin, move |sql, recorder| {
            let group = load(sql, group_key)?;
            let user = users::load(sql, user_key)?.user;
            if !rows_groups::set_member(sql, group_key, user_key, is_member, recorder.now_ms())? {
                return Ok(());
            }
            let (action, summary) = if is_member {
                ("group.member_added", format!("added {} to {}", user.user_id, group.group_id))
            } else {
                ("group.member_removed", format!("took {} out of {}", user.user_id, group.group_id))
            };
            let details = json!({ "user_id": user.user_id });
            let change = Change::of(action, "group", group_key, &group.group_id, summary);
            Ok(recorder.record(sql, change.with_details(details))?)
        })
        .await
    }

    /// Makes a group.
    ///
    /// # Errors
    /// `Invalid`, `Taken`; those of the database.
    pub async fn create_group(
        &self,
        origin: &Origin,
        new: NewGroup,
    ) -> Result<Group, IdentityError> {
        let group_id = checked_id("group_id", &new.group_id)?;
        let name = checked_name("name", &new.name)?;
        let description = checked_description(&new.description)?;
        self.change(origin, move |sql, recorder| {
            if rows_groups::find_by_id(sql, &group_id)?.is_some() {
                return Err(IdentityError::Taken { field: "group_id", value: group_id });
            }
            let now_ms = recorder.now_ms();
            let group = Group {
                key: recorder.next_key(),
                group_id,
                name,
                description,
                member_count: 0,
                rev: 1,
                created_at_ms: now_ms,
                updated_at_ms: now_ms,
            };
            rows_groups::insert(sql, &group)?;
            let summary = format!("made the group {}", group.group_id);
            let change = Change::of("group.created", "group", group.key, &group.group_id, summary);
            recorder.record(sql, change)?;
            Ok(group)
        })
        .await
    }

    /// Changes a group's name and description.
    ///
    /// # Errors
    /// `NotFound`, `Changed`, `Invalid`; those of the database.
    pub async fn update_group(
        &self,
        origin: &Origin,
        group_key: i64,
        changes: GroupChanges,
    ) -> Result<Group, IdentityError> {
        let name = checked_name("name", &changes.name)?;
        let description = checked_description(&changes.description)?;
        self.change(origin, move |sql, recorder| {
            let before = load(sql, group_key)?;
            let updated_at_ms = recorder.now_ms();
            let after = Group { name, description, updated_at_ms, ..before };
            if !rows_groups::update(sql, &after, changes.expected_rev)? {
                return Err(changed(changes.expected_rev, load(sql, group_key)?.rev));
            }
            let summary = format!("changed the group {}", after.group_id);
            let change = Change::of("group.updated", "group", group_key, &after.group_id, summary);
            recorder.record(sql, change)?;
            load(sql, group_key)
        })
        .await
    }

    /// Removes a group; its members stay.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub async fn delete_group(&self, origin: &Origin, group_key: i64) -> Result<(), IdentityError> {
        self.change(origin, move |sql, recorder| {
            let group = load(sql, group_key)?;
            rows_groups::delete(sql, group_key)?;
            let summary = format!("removed the group {}", group.group_id);
            let change = Change::of("group.deleted", "group", group_key, &group.group_id, summary);
            Ok(recorder.record(sql, change)?)
        })
        .await
    }
}

fn load(sql: &mut dyn Sql, group_key: i64) -> Result<Group, IdentityError> {
    let found = rows_groups::find_by_key(sql, group_key)?;
    found.ok_or(NO_GROUP)
}

fn checked_description(description: &str) -> Result<String, IdentityError> {
    let description = description.trim();
    let is_fit = description.chars().count() <= DESCRIPTION_LENGTH_MAX
        && !description.contains(|it: char| it.is_control() && it != '\n' && it != '\r');
    if is_fit {
        return Ok(description.to_owned());
    }
    let expected = format!("expected at most {DESCRIPTION_LENGTH_MAX} characters");
    Err(IdentityError::invalid("description", expected))
}
