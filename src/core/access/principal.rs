//! The one who acts: a signed-in person, a program with a token, or the system itself.
//!
//! Must not know passwords, cookies or token formats.

use std::sync::Arc;

use crate::core::access::{Permission, PermissionSet, Role};

/// How the principal proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// A browser session.
    Session,
    /// A short-lived access token.
    AccessToken,
    /// A user's API token.
    ApiToken,
    /// Nobody: the program acts by itself.
    System,
}

/// The one who acts, with everything that decides what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user's key; 0 for the system.
    pub user_key: i64,
    /// The user's login name.
    pub user_id: Arc<str>,
    /// The name shown to people.
    pub display_name: Arc<str>,
    /// Ids of the groups the user is a member of, sorted.
    pub groups: Arc<[String]>,
    /// Roles of the user and of the groups, sorted.
    pub roles: Arc<[Role]>,
    /// What the principal may do: what its roles allow, within the scopes of its token.
    pub permissions: PermissionSet,
    /// How the principal proved who it is.
    pub via: Via,
}

impl Principal {
    /// The program itself: it may do everything.
    #[must_use]
    pub fn system() -> Self {
        Self {
            user_key: 0,
            user_id: "system".into(),
            display_name: "Flowstead".into(),
            groups: Arc::default(),
            roles: Arc::default(),
            permissions: PermissionSet::all(),
            via: Via::System,
        }
    }

    /// Whether the principal has the permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// Whether the principal is a member of the group.
    #[must_use]
    pub fn is_member_of(&self, group_id: &str) -> bool {
        self.groups.iter().any(|it| it == group_id)
    }
}
