//! The roles and the one table of what each may do.
//!
//! Must not know users; a user has roles, a role has permissions.

use crate::core::access::{Permission, PermissionSet};

/// A role that an administrator gives to users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// May do everything.
    Administrator,
    /// Builds and deploys processes and looks after their instances.
    Modeler,
    /// Keeps running processes healthy.
    Operator,
    /// Starts processes and works on user tasks.
    User,
}

/// What everybody with a role may do; the other roles add to it.
const USER: &[Permission] = &[
    Permission::ProcessesRead,
    Permission::InstancesStart,
    Permission::TasksWork,
    Permission::FilesRead,
    Permission::FilesWrite,
];

/// What an operator may do besides.
const OPERATOR: &[Permission] = &[
    Permission::InstancesRead,
    Permission::InstancesOperate,
    Permission::TasksManage,
    Permission::AuditRead,
    Permission::SystemRead,
    Permission::JobsWork,
    Permission::MessagesPublish,
    Permission::DecisionsEvaluate,
    Permission::SchedulesRead,
    Permission::SchedulesOperate,
];

/// What a modeler may do besides: try out what was deployed, without touching others' tasks.
const MODELER: &[Permission] = &[
    Permission::ProcessesDeploy,
    Permission::InstancesRead,
    Permission::InstancesOperate,
    Permission::JobsWork,
    Permission::MessagesPublish,
    Permission::DecisionsEvaluate,
    Permission::SchedulesRead,
    Permission::SchedulesOperate,
];

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Role; 4] = [Self::Administrator, Self::Modeler, Self::Operator, Self::User];

    /// The role's id in tables, the API and on the command line.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Modeler => "modeler",
            Self::Operator => "operator",
            Self::User => "user",
        }
    }

    /// What the role is for, in one sentence for administrators.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Administrator => "May do everything, including users and settings",
            Self::Modeler => "Deploys processes and looks after their instances",
            Self::Operator => "Keeps running processes healthy and manages everybody's tasks",
            Self::User => "Starts processes and works on user tasks",
        }
    }

    /// The role with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|it| it.id() == id)
    }

    /// What the role may do.
    #[must_use]
    pub fn permissions(self) -> PermissionSet {
        match self {
            Self::Administrator => PermissionSet::all(),
            Self::Modeler => USER.iter().chain(MODELER).copied().collect(),
            Self::Operator => USER.iter().chain(OPERATOR).copied().collect(),
            Self::User => USER.iter().copied().collect(),
        }
    }
}
