//! What each role may do, as a table.
//! Must not know how permissions are checked.

use super::layout::{Layout, Section};
use askama::Template;

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
