//! Users: making, changing, disabling and removing them.
//!
//! Must not know sessions; ending them is the security revision's work.
//!
//! **Invariant:** there is always an enabled administrator, once there was one.

use serde_json::json;

use crate::core::access::Role;
use crate::platform::store::Sql;
use crate::services::audit::{Change, Origin};
use crate::services::identity::passwords::check_strength;
use crate::services::identity::recorder::Recorder;
use crate::services::identity::rows_users::StoredUser;
use crate::services::identity::secrets::{self, TokenHash};
use crate::services::identity::{Identity, IdentityError, rows_groups, rows_tokens, rows_users};

/// Longest login name and group id.
const ID_LENGTH_MAX: usize = 64;
/// Longest display name, in characters.
const NAME_LENGTH_MAX: usize = 120;
/// Longest e-mail address (RFC 5321, 4.5.3.1).
const EMAIL_LENGTH_MAX: usize = 254;

/// A person, or a program that signs in like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its key.
    pub key: i64,
    /// The login name, as models name assignees; unique whatever its case.
    pub user_id: String,
    /// The e-mail address; unique whatever its case; also signs in.
    pub email: Option<String>,
    /// The name shown to people.
    pub display_name: String,
    /// Roles, sorted.
    pub roles: Vec<Role>,
    /// Ids of groups, sorted.
    pub groups: Vec<String>,
    /// A disabled user can't sign in, and its sessions and tokens don't count.
    pub is_disabled: bool,
    /// Rises with every change.
    pub rev: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// When it was changed.
    pub updated_at_ms: i64,
    /// When it signed in last.
    pub signed_in_at_ms: Option<i64>,
}

/// A user to be made.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// The login name; without one, the e-mail address is the login name.
    pub user_id: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name shown to people.
    pub display_name: String,
    /// The password; without one nobody can sign in as this user until one is set.
    pub password: Option<String>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Ids of groups that exist.
    pub groups: Vec<String>,
}

/// What administrators may edit, all of it.
#[derive(Debug, Clone)]
pub struct UserChanges {
    /// The revision that was seen.
    pub expected_rev: i64,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name shown to people.
    pub display_name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Ids of groups that exist.
    pub groups: Vec<String>,
}

/// Which users a list has; all of what is given must fit.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Words in the login name, the name or the address.
    pub search: Option<String>,
    /// Only disabled or only enabled users.
    pub is_disabled: Option<bool>,
    /// Only users with this role.
    pub role: Option<Role>,
    /// Only members of this group.
    pub group_id: Option<String>,
}

impl Identity {
    /// A page of users by login name, after the given one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_users(
        &self,
        filter: UserFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<User>, IdentityError> {
        self.read(move |sql| Ok(rows_users::list(sql, &filter, after.as_deref(), limit)?)).await
    }

    /// The user with a key.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub async fn load_user(&self, user_key: i64) -> Result<User, IdentityError> {
        self.read(move |sql| Ok(load(sql, user_key)?.user)).await
    }

    /// The user with this login name or e-mail address.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find_user(&self, login: &str) -> Result<Option<User>, IdentityError> {
        let login = login.to_owned();
        let found = move |sql: &mut dyn Sql| Ok(rows_users::find_by_login(sql, &login)?);
        Ok(self.read(found).await?.map(|it| it.user))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// `Invalid` or `Taken` values; those of the database.
    pub async fn create_user(&self, origin: &Origin, new: NewUser) -> Result<User, IdentityError> {
        let (new, hash) = self.prepare(new).await?;
        self.change(origin, move |sql, recorder| insert_user(sql, recorder, new, hash)).await
    }

    /// Replaces what administrators may edit.
    ///
    /// # Errors
    /// `NotFound`, `Changed`, `Invalid`, `Taken`, `LastAdministrator`; those of the database.
    pub async fn update_user(
        &self,
        origin: &Origin,
        user_key: i64,
        changes: UserChanges,
    ) -> Result<User, IdentityError> {
        let display_name = checked_name("display_name", &changes.display_name)?;
        let email = changes.email.as_deref().map(checked_email).transpose()?;
        self.change(origin, move |sql, recorder| {
            let before = load(sql, user_key)?.user;
            if before.rev != changes.expected_rev {
                return Err(changed(changes.expected_rev, before.rev));
            }
            if !changes.roles.contains(&Role::Administrator) {
                keep_an_administrator(sql, user_key)?;
            }
            check_unique(sql, None, email.as_deref(), Some(user_key))?;
            rows_groups::check_all_exist(sql, &changes.groups)?;
            let after = User {
                email,
                display_name,
                roles: sorted(changes.roles),
                groups: sorted(changes.groups),
                updated_at_ms: recorder.now_ms(),
                ..before.clone()
            };
            if !rows_users::update(sql, &after, changes.expected_rev)? {
                return Err(changed(changes.expected_rev, load(sql, user_key)?.user.rev));
            }
            let summary = format!("changed the user {}", after.user_id);
            let change = Change::of("user.updated", "user", user_key, &after.user_id, summary);
            recorder.record(sql, change.with_details(differences(&before, &after)))?;
            Ok(load(sql, user_key)?.user)
        })
        .await
    }

    /// Disables or enables a user; a disabled one is signed out everywhere at once.
    ///
    /// # Errors
    /// `NotFound`, `LastAdministrator`; those of the database.
    pub async fn set_user_disabled(
        &self,
        origin: &Origin,
        user_key: i64,
        is_disabled: bool,
    ) -> Result<User, IdentityError> {
        self.change(origin, move |sql, recorder| {
            let user = load(sql, user_key)?.user;
            if user.is_disabled == is_disabled {
                return Ok(user);
            }
            if is_disabled {
                keep_an_administrator(sql, user_key)?;
            }
            rows_users::set_disabled(sql, user_key, is_disabled, recorder.now_ms())?;
            let (action, verb) = if is_disabled {
                ("user.disabled", "disabled")
            } else {
                ("user.enabled", "enabled")
            };
            let summary = format!("{verb} the user {}", user.user_id);
            recorder.record(sql, Change::of(action, "user", user_key, &user.user_id, summary))?;
            Ok(load(sql, user_key)?.user)
        })
        .await
    }

    /// Sets a user's password, as administrators do; signs the user out everywhere.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`; those of the database.
    pub async fn reset_password(
        &self,
        origin: &Origin,
        user_key: i64,
        password: String,
    ) -> Result<(), IdentityError> {
        let user = self.load_user(user_key).await?;
        check_strength(&password, &user.user_id)?;
        let hash = self.0.passwords.hash(password).await?;
        self.set_password(origin, user_key, hash, None, "user.password_reset").await
    }

    /// Changes one's own password, given the present one; ends all sessions and tokens but the
    /// session of the token that is named.
    ///
    /// # Errors
    /// `WrongCredentials`, `Throttled`, `Invalid`; those of the database.
    pub async fn change_password(
        &self,
        origin: &Origin,
        user_key: i64,
        present: String,
        new: String,
        kept_session: Option<&str>,
    ) -> Result<(), IdentityError> {
        let stored = self.read(move |sql| load(sql, user_key)).await?;
        let user_id = stored.user.user_id;
        self.0.throttle.check(&user_id, None, self.now_ms())?;
        if !self.0.passwords.verify(present, stored.password_hash).await? {
            self.0.throttle.failed(&user_id, None, self.now_ms());
            return Err(IdentityError::invalid("current", "the current password is wrong"));
        }
        check_strength(&new, &user_id)?;
        let hash = self.0.passwords.hash(new).await?;
        let kept = kept_session.map(secrets::hash);
        self.set_password(origin, user_key, hash, kept, "user.password_changed").await
    }

    async fn set_password(
        &self,
        origin: &Origin,
        user_key: i64,
        hash: String,
        kept_session: Option<TokenHash>,
        action: &'static str,
    ) -> Result<(), IdentityError> {
        self.change(origin, move |sql, recorder| {
            let user = load(sql, user_key)?.user;
            rows_users::set_password(sql, user_key, &hash, recorder.now_ms())?;
            if let Some(token_hash) = kept_session {
                rows_tokens::keep_session(sql, &token_hash)?;
            }
            let summary = format!("set the password of {}", user.user_id);
            recorder.record(sql, Change::of(action, "user", user_key, &user.user_id, summary))?;
            Ok(())
        })
        .await
    }

    /// How many enabled users each role has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_users_by_role(&self) -> Result<Vec<(Role, i64)>, IdentityError> {
        self.read(|sql| Ok(rows_users::count_by_role(sql)?)).await
    }

    /// Removes a user for good; what it did stays in the audit events under its name.
    ///
    /// # Errors
    /// `NotFound`, `LastAdministrator`; those of the database.
    pub async fn delete_user(&self, origin: &Origin, user_key: i64) -> Result<(), IdentityError> {
        self.change(origin, move |sql, recorder| {
            let user = load(sql, user_key)?.user;
            keep_an_administrator(sql, user_key)?;
            rows_users::delete(sql, user_key)?;
            let summary = format!("removed the user {}", user.user_id);
            let change = Change::of("user.deleted", "user", user_key, &user.user_id, summary);
            Ok(recorder.record(sql, change)?)
        })
        .await
    }

    /// Checks a new user's values and hashes the password, before any transaction.
    pub(super) async fn prepare(
        &self,
        mut new: NewUser,
    ) -> Result<(NewUser, Option<String>), IdentityError> {
        new.email = new.email.as_deref().map(checked_email).transpose()?;
        new.display_name = checked_name("display_name", &new.display_name)?;
        let user_id = new.user_id.clone().or_else(|| new.email.clone()).unwrap_or_default();
        new.user_id = Some(checked_id("user_id", &user_id)?);
        let Some(password) = new.password.take() else { return Ok((new, None)) };
        check_strength(&password, &user_id)?;
        let hash = self.0.passwords.hash(password).await?;
        Ok((new, Some(hash)))
    }
}

/// Writes a user whose values were checked.
pub(super) fn insert_user(
    sql: &mut dyn Sql,
    recorder: &Recorder,
    new: NewUser,
    password_hash: Option<String>,
) -> Result<User, IdentityError> {
    let now_ms = recorder.now_ms();
    let user = User {
        key: recorder.next_key(),
        user_id: new.user_id.unwrap_or_default(),
        email: new.email,
        display_name: new.display_name,
        roles: sorted(new.roles),
        groups: sorted(new.groups),
        is_disabled: false,
        rev: 1,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
        signed_in_at_ms: None,
    };
    check_unique(sql, Some(&user.user_id), user.email.as_deref(), None)?;
    rows_groups::check_all_exist(sql, &user.groups)?;
    let stored = StoredUser { user, password_hash, security_rev: 1 };
    rows_users::insert(sql, &stored)?;
    let user = stored.user;
    let summary = format!("made the user {}", user.user_id);
    let roles: Vec<&str> = user.roles.iter().map(|it| it.id()).collect();
    let change = Change::of("user.created", "user", user.key, &user.user_id, summary)
        .with_details(json!({ "roles": roles, "groups": user.groups }));
    recorder.record(sql, change)?;
    Ok(user)
}

pub(super) fn load(sql: &mut dyn Sql, user_key: i64) -> Result<StoredUser, IdentityError> {
    let found = rows_users::find_by_key(sql, user_key)?;
    found.ok_or(IdentityError::NotFound { what: "user" })
}

pub(super) fn changed(expected_rev: i64, found_rev: i64) -> IdentityError {
    IdentityError::Changed { expected_rev, found_rev }
}

fn keep_an_administrator(sql: &mut dyn Sql, without: i64) -> Result<(), IdentityError> {
    let administrators = rows_users::lock_administrators(sql)?;
    let is_last = administrators == [without];
    if is_last { Err(IdentityError::LastAdministrator) } else { Ok(()) }
}

/// A login name must not be somebody else's address, nor the other way round: both sign in.
fn check_unique(
    sql: &mut dyn Sql,
    user_id: Option<&str>,
    email: Option<&str>,
    own_key: Option<i64>,
) -> Result<(), IdentityError> {
    for (field, value) in [("user_id", user_id), ("email", email)] {
        let Some(value) = value else { continue };
        let holder = rows_users::find_by_login(sql, value)?;
        if holder.is_some_and(|it| Some(it.user.key) != own_key) {
            return Err(IdentityError::Taken { field, value: value.to_owned() });
        }
    }
    Ok(())
}

fn differences(before: &User, after: &User) -> serde_json::Value {
    let ids = |roles: &[Role]| roles.iter().map(|it| it.id()).collect::<Vec<_>>();
    let mut changes = serde_json::Map::new();
    let mut note = |name: &str, was: serde_json::Value, is: serde_json::Value| {
        if was != is {
            changes.insert(name.to_owned(), json!({ "from": was, "to": is }));
        }
    };
    note("email", json!(before.email), json!(after.email));
    note("display_name", json!(before.display_name), json!(after.display_name));
    note("roles", json!(ids(&before.roles)), json!(ids(&after.roles)));
    note("groups", json!(before.groups), json!(after.groups));
    changes.into()
}

pub(super) fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

/// An id people choose: it stands in models, addresses and tables.
pub(super) fn checked_id(field: &'static str, id: &str) -> Result<String, IdentityError> {
    let is_fit = (1..=ID_LENGTH_MAX).contains(&id.len())
        && id.starts_with(|it: char| it.is_ascii_alphanumeric())
        && id.bytes().all(|it| it.is_ascii_alphanumeric() || b"._@+-".contains(&it));
    if is_fit {
        return Ok(id.to_owned());
    }
    let expected = format!(
        "expected 1 to {ID_LENGTH_MAX} letters, digits or . _ @ + -, beginning with a letter or \
         digit, found `{}`",
        id.escape_debug()
    );
    Err(IdentityError::invalid(field, expected))
}

pub(super) fn checked_name(field: &'static str, name: &str) -> Result<String, IdentityError> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=NAME_LENGTH_MAX).contains(&length) && !name.contains(char::is_control) {
        return Ok(name.to_owned());
    }
    let expected = format!("expected 1 to {NAME_LENGTH_MAX} characters on one line");
    Err(IdentityError::invalid(field, expected))
}

fn checked_email(email: &str) -> Result<String, IdentityError> {
    let email = email.trim();
    let is_fit = email.len() <= EMAIL_LENGTH_MAX
        && !email.contains(|it: char| it.is_whitespace() || it.is_control())
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        });
    if is_fit {
        return Ok(email.to_owned());
    }
    Err(IdentityError::invalid("email", "expected an address such as name@example.org"))
}
