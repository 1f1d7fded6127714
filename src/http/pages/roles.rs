//! What each role may do, as a table.
//! Must not know how permissions are checked.

use super::layout::{Layout, Section};
use super::words::capitalised;
use askama::Template;
use axum::extract::State;

use crate::core::access::{Permission, Role};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;

/// The fixed roles side by side.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/roles.html")]
pub struct RolesPage {
    pub layout: Layout,
    pub roles: Vec<RoleHead>,
    pub groups: Vec<PermissionGroup>,
}

/// A role as a column.
#[derive(Clone, Debug)]
pub struct RoleHead {
    pub name: String,
    pub users: String,
}

/// Permissions on one kind of thing.
#[derive(Clone, Debug)]
pub struct PermissionGroup {
    pub name: String,
    pub rows: Vec<PermissionRow>,
}

/// One permission; `allowed` has a value for each role, in the order of the columns.
#[derive(Clone, Debug)]
pub struct PermissionRow {
    pub name: String,
    pub allowed: Vec<bool>,
}

impl RolesPage {
    #[must_use]
    pub fn sample() -> Self {
        let role = |name: &str, users: &str| RoleHead { name: name.into(), users: users.into() };
        let row = |name: &str, allowed: [bool; 4]| PermissionRow {
            name: name.into(),
            allowed: allowed.into(),
        };
        Self {
            layout: Layout::sample("Roles", Section::Roles, "/roles"),
            roles: vec![
                role("User", "12 users"),
                role("Operator", "2 users"),
                role("Modeler", "3 users"),
                role("Administrator", "1 user"),
            ],
            groups: vec![
                PermissionGroup {
                    name: "Processes".into(),
                    rows: vec![row("Start", [true; 4]), row("Deploy", [false, false, true, true])],
                },
                PermissionGroup {
                    name: "Instances".into(),
                    rows: vec![
                        row("See all", [false, true, true, true]),
                        row("Retry incidents", [false, true, false, true]),
                        row("Cancel", [false, true, false, true]),
                    ],
                },
                PermissionGroup {
                    name: "People".into(),
                    rows: vec![row("Add and change", [false, false, false, true])],
                },
            ],
        }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/roles", show).needs(Permission::UsersManage)]
}

async fn show(State(app): State<App>, frame: Frame) -> Result<Page<RolesPage>, HttpError> {
    let counts = app.identity.count_users_by_role().await?;
    // The least powerful role comes first, as each column adds to the one before.
    let columns: Vec<(Role, i64)> = counts.into_iter().rev().collect();
    let head = |(role, count): &(Role, i64)| RoleHead {
        name: role_name(*role),
        users: if *count == 1 { "1 user".into() } else { format!("{count} users") },
    };
    let roles: Vec<Role> = columns.iter().map(|(role, _)| *role).collect();
    Ok(Page(RolesPage {
        layout: frame.layout("Roles", Section::Roles),
        roles: columns.iter().map(head).collect(),
        groups: permission_groups(&roles),
    }))
}

/// Permissions under the kind of thing that their names begin with.
fn permission_groups(roles: &[Role]) -> Vec<PermissionGroup> {
    let mut groups: Vec<PermissionGroup> = Vec::new();
    for permission in Permission::ALL {
        let kind = permission.name().split(':').next().unwrap_or_default();
        let name = capitalised(kind);
        let row = PermissionRow {
            name: permission.description().into(),
            allowed: roles.iter().map(|it| it.permissions().contains(permission)).collect(),
        };
        match groups.iter_mut().find(|it| it.name == name) {
            Some(group) => group.rows.push(row),
            None => groups.push(PermissionGroup { name, rows: vec![row] }),
        }
    }
    groups
}

/// A role's name for people.
pub(super) fn role_name(role: Role) -> String {
    capitalised(role.id())
}
