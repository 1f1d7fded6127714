//! Groups for programs: list, make, change, remove.
//!
//! Must not know how groups are stored.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{Group, GroupChanges, GroupFilter, NewGroup};

const TAG: &str = "Groups";
const NEEDED: Permission = Permission::UsersManage;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/groups", list)
            .needs(NEEDED)
            .query::<GroupsQuery>()
            .answers_page::<GroupView>()
            .about(TAG, "List groups by id"),
        Route::post("/api/v1/groups", create)
            .needs(NEEDED)
            .takes::<NewGroupBody>()
            .answers::<GroupView>()
            .success(201)
            .about(TAG, "Make a group"),
        Route::get("/api/v1/groups/{key}", show)
            .needs(NEEDED)
            .answers::<GroupView>()
            .about(TAG, "Show a group"),
        Route::put("/api/v1/groups/{key}", update)
            .needs(NEEDED)
            .takes::<GroupChangesBody>()
            .answers::<GroupView>()
            .about(TAG, "Replace a group's name and description"),
        Route::delete("/api/v1/groups/{key}", delete)
            .needs(NEEDED)
            .success(204)
            .about(TAG, "Remove a group; its members stay"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupsQuery {
    /// How many groups at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Words in the id or the name.
    search: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group")]
struct GroupView {
    key: Key,
    /// The id, as models name candidate groups.
    group_id: String,
    name: String,
    description: String,
    member_count: i64,
    /// Rises with every change; changes name the revision they saw.
    rev: i64,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewGroup")]
struct NewGroupBody {
    /// The id, as models name candidate groups.
    group_id: String,
    name: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupChanges")]
struct GroupChangesBody {
    /// The revision that was seen.
    rev: i64,
    name: String,
    description: String,
}

async fn list(
    State(app): State<App>,
    Query(query): Query<GroupsQuery>,
) -> ApiResult<Vec<GroupView>> {
    let limit = page_limit(query.limit)?;
    let after = decode_cursor::<String>(query.cursor.as_deref())?;
    let filter = GroupFilter { search: query.search };
    let groups = app.identity.list_groups(filter, after, limit + 1).await?;
    let (groups, next) = next_page(groups, limit, |last| encode_cursor(&last.group_id));
    Ok(Answer::page(groups.into_iter().map(Into::into).collect(), next))
}

async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<NewGroupBody>,
) -> ApiResult<GroupView> {
    let NewGroupBody { group_id, name, description } = body;
    let new = NewGroup { group_id, name, description };
    let group = app.identity.create_group(&signed_in.origin(), new).await?;
    Ok(Answer::created(format!("/api/v1/groups/{}", group.key), group.into()))
}

async fn show(State(app): State<App>, Path(key): Path<Key>) -> ApiResult<GroupView> {
    Ok(Answer::ok(app.identity.load_group(key.0).await?.into()))
}

async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<GroupChangesBody>,
) -> ApiResult<GroupView> {
    let GroupChangesBody { rev, name, description } = body;
    let changes = GroupChanges { expected_rev: rev, name, description };
    let group = app.identity.update_group(&signed_in.origin(), key.0, changes).await?;
    Ok(Answer::ok(group.into()))
}

async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.identity.delete_group(&signed_in.origin(), key.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Group> for GroupView {
    fn from(group: Group) -> Self {
        Self {
            key: Key(group.key),
            group_id: group.group_id,
            name: group.name,
            description: group.description,
            member_count: group.member_count,
            rev: group.rev,
            created_at: instant(group.created_at_ms),
            updated_at: instant(group.updated_at_ms),
        }
    }
}
