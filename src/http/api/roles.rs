//! Roles for programs: what there is and what each may do.
//!
//! Must not know who has which role.

use schemars::JsonSchema;
use serde::Serialize;

use crate::core::access::{Permission, Role};
use crate::http::envelope::{Answer, ApiResult};
use crate::http::route::Route;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/roles", list)
            .needs(Permission::UsersManage)
            .answers::<Vec<RoleView>>()
            .about("Roles", "List the roles and what each may do"),
    ]
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Role")]
struct RoleView {
    /// The id.
    role_id: &'static str,
    /// What it is for.
    description: &'static str,
    /// What it may do.
    permissions: Vec<PermissionView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Permission")]
struct PermissionView {
    /// The name, as in scopes of API tokens.
    name: &'static str,
    /// What it allows.
    description: &'static str,
}

async fn list() -> ApiResult<Vec<RoleView>> {
    let permission =
        |it: Permission| PermissionView { name: it.name(), description: it.description() };
    let role = |it: Role| RoleView {
        role_id: it.id(),
        description: it.description(),
        permissions: it.permissions().iter().map(permission).collect(),
    };
    Ok(Answer::ok(Role::ALL.into_iter().map(role).collect()))
}
