//! Users for programs: list, make, change, disable, set passwords, remove.
//!
//! Must not know how users are stored.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::{Permission, Role};
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{NewUser, User, UserChanges, UserFilter};

const TAG: &str = "Users";
const NEEDED: Permission = Permission::UsersManage;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/users", list)
            .needs(NEEDED)
            .query::<UsersQuery>()
            .answers_page::<UserView>()
            .about(TAG, "List users by login name"),
        Route::post("/api/v1/users", create)
            .needs(NEEDED)
            .takes::<NewUserBody>()
            .answers::<UserView>()
            .success(201)
            .about(TAG, "Make a user"),
        Route::get("/api/v1/users/{key}", show)
            .needs(NEEDED)
            .answers::<UserView>()
            .about(TAG, "Show a user"),
        Route::put("/api/v1/users/{key}", update)
            .needs(NEEDED)
            .takes::<UserChangesBody>()
            .answers::<UserView>()
            .about(TAG, "Replace what may be changed of a user"),
        Route::delete("/api/v1/users/{key}", delete)
            .needs(NEEDED)
            .success(204)
            .about(TAG, "Remove a user for good"),
        Route::post("/api/v1/users/{key}/disable", disable)
            .needs(NEEDED)
            .answers::<UserView>()
            .about(TAG, "Disable a user and sign it out everywhere"),
        Route::post("/api/v1/users/{key}/enable", enable)
            .needs(NEEDED)
            .answers::<UserView>()
            .about(TAG, "Let a disabled user sign in again"),
        Route::put("/api/v1/users/{key}/password", set_password)
            .needs(NEEDED)
            .takes::<PasswordBody>()
            .success(204)
            .about(TAG, "Set a user's password and sign the user out everywhere"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsersQuery {
    /// How many users at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Words in the login name, the name or the address.
    search: Option<String>,
    /// Only users with this role.
    role: Option<String>,
    /// Only members of this group.
    group: Option<String>,
    /// Only disabled (`true`) or only enabled (`false`) users.
    disabled: Option<bool>,
}

/// A user, as the API shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub(crate) struct UserView {
    key: Key,
    /// The login name, as models name assignees.
    user_id: String,
    email: Option<String>,
    display_name: String,
    /// Ids of roles.
    roles: Vec<&'static str>,
    /// Ids of groups.
    groups: Vec<String>,
    disabled: bool,
    /// Rises with every change; changes name the revision they saw.
    rev: i64,
    created_at: String,
    updated_at: String,
    signed_in_at: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewUser")]
struct NewUserBody {
    /// The login name; without one, the e-mail address is the login name.
    user_id: Option<String>,
    email: Option<String>,
    display_name: String,
    /// 12 to 256 characters; without one nobody can sign in as this user until one is set.
    password: Option<String>,
    /// Ids of roles.
    #[serde(default)]
    roles: Vec<String>,
    /// Ids of groups that exist.
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserChanges")]
struct UserChangesBody {
    /// The revision that was seen.
    rev: i64,
    email: Option<String>,
    display_name: String,
    /// Ids of roles.
    roles: Vec<String>,
    /// Ids of groups that exist.
    groups: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPassword")]
struct PasswordBody {
    /// 12 to 256 characters.
    password: String,
}

async fn list(State(app): State<App>, Query(query): Query<UsersQuery>) -> ApiResult<Vec<UserView>> {
    let limit = page_limit(query.limit)?;
    let after = decode_cursor::<String>(query.cursor.as_deref())?;
    let filter = UserFilter {
        search: query.search,
        is_disabled: query.disabled,
        role: query.role.as_deref().map(role).transpose()?,
        group_id: query.group,
    };
    let users = app.identity.list_users(filter, after, limit + 1).await?;
    let (users, next) = next_page(users, limit, |last| encode_cursor(&last.user_id));
    Ok(Answer::page(users.into_iter().map(Into::into).collect(), next))
}

async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<NewUserBody>,
) -> ApiResult<UserView> {
    let new = NewUser {
        user_id: body.user_id,
        email: body.email,
        display_name: body.display_name,
        password: body.password,
        roles: roles(&body.roles)?,
        groups: body.groups,
    };
    let user = app.identity.create_user(&signed_in.origin(), new).await?;
    Ok(Answer::created(format!("/api/v1/users/{}", user.key), user.into()))
}

async fn show(State(app): State<App>, Path(key): Path<Key>) -> ApiResult<UserView> {
    Ok(Answer::ok(app.identity.load_user(key.0).await?.into()))
}

async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<UserChangesBody>,
) -> ApiResult<UserView> {
    let changes = UserChanges {
        expected_rev: body.rev,
        email: body.email,
        display_name: body.display_name,
        roles: roles(&body.roles)?,
        groups: body.groups,
    };
    let user = app.identity.update_user(&signed_in.origin(), key.0, changes).await?;
    Ok(Answer::ok(user.into()))
}

async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.identity.delete_user(&signed_in.origin(), key.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn disable(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<UserView> {
    let user = app.identity.set_user_disabled(&signed_in.origin(), key.0, true).await?;
    Ok(Answer::ok(user.into()))
}

async fn enable(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<UserView> {
    let user = app.identity.set_user_disabled(&signed_in.origin(), key.0, false).await?;
    Ok(Answer::ok(user.into()))
}

async fn set_password(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<PasswordBody>,
) -> Result<StatusCode, HttpError> {
    app.identity.reset_password(&signed_in.origin(), key.0, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn roles(ids: &[String]) -> Result<Vec<Role>, HttpError> {
    ids.iter().map(|it| role(it)).collect()
}

fn role(id: &str) -> Result<Role, HttpError> {
    Role::find(id).ok_or_else(|| {
        let known = Role::ALL.map(Role::id).join(", ");
        let message = format!("roles: expected one of {known}, found `{}`", id.escape_debug());
        HttpError::unprocessable("invalid_value", message)
    })
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            key: Key(user.key),
            user_id: user.user_id,
            email: user.email,
            display_name: user.display_name,
            roles: user.roles.into_iter().map(Role::id).collect(),
            groups: user.groups,
            disabled: user.is_disabled,
            rev: user.rev,
            created_at: instant(user.created_at_ms),
            updated_at: instant(user.updated_at_ms),
            signed_in_at: user.signed_in_at_ms.map(instant),
        }
    }
}
