//! The permissions there are: a resource and an action, and sets of them.
//!
//! Must not know which role grants what; that table is in `role`.

/// One permission. Its name in tokens and in the API is `resource:action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Permission {
    /// See deployed processes, their versions and diagrams.
    ProcessesRead,
    /// Deploy models and remove deployments.
    ProcessesDeploy,
    /// See process instances, their variables, jobs and incidents.
    InstancesRead,
    /// Start process instances.
    InstancesStart,
    /// Cancel instances, change variables, retry jobs and resolve incidents.
    InstancesOperate,
    /// Work on user tasks one is assigned to or a candidate for.
    TasksWork,
    /// See and change every user task, and assign it to others.
    TasksManage,
    /// See files.
    FilesRead,
    /// Upload and delete files.
    FilesWrite,
    /// Search audit events.
    AuditRead,
    /// Create, change and disable users and groups.
    UsersManage,
    /// See the state of the system and its metrics.
    SystemRead,
    /// Change settings of the system.
    SystemManage,
    /// Activate, complete and fail jobs, as an outside worker does.
    JobsWork,
    /// Publish messages and broadcast signals.
    MessagesPublish,
    /// Evaluate decisions outside of any process.
    DecisionsEvaluate,
    /// See schedules.
    SchedulesRead,
    /// Pause, resume and trigger schedules.
    SchedulesOperate,
}

impl Permission {
    /// Every permission, in the order of the documentation.
    pub const ALL: [Permission; 18] = [
        Self::ProcessesRead,
        Self::ProcessesDeploy,
        Self::InstancesRead,
        Self::InstancesStart,
        Self::InstancesOperate,
        Self::TasksWork,
        Self::TasksManage,
        Self::FilesRead,
        Self::FilesWrite,
        Self::AuditRead,
        Self::UsersManage,
        Self::SystemRead,
        Self::SystemManage,
        Self::JobsWork,
        Self::MessagesPublish,
        Self::DecisionsEvaluate,
        Self::SchedulesRead,
        Self::SchedulesOperate,
    ];

    /// The name in tokens, the API and error messages: `resource:action`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ProcessesRead => "processes:read",
            Self::ProcessesDeploy => "processes:deploy",
            Self::InstancesRead => "instances:read",
            Self::InstancesStart => "instances:start",
            Self::InstancesOperate => "instances:operate",
            Self::TasksWork => "tasks:work",
            Self::TasksManage => "tasks:manage",
            Self::FilesRead => "files:read",
            Self::FilesWrite => "files:write",
            Self::AuditRead => "audit:read",
            Self::UsersManage => "users:manage",
            Self::SystemRead => "system:read",
            Self::SystemManage => "system:manage",
            Self::JobsWork => "jobs:work",
            Self::MessagesPublish => "messages:publish",
            Self::DecisionsEvaluate => "decisions:evaluate",
            Self::SchedulesRead => "schedules:read",
            Self::SchedulesOperate => "schedules:operate",
        }
    }

    /// What the permission allows, for people who hand out tokens.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::ProcessesRead => "See processes, their versions and diagrams",
            Self::ProcessesDeploy => "Deploy processes and remove deployments",
            Self::InstancesRead => "See process instances, variables, jobs and incidents",
            Self::InstancesStart => "Start process instances",
            Self::InstancesOperate => "Cancel instances, change variables, resolve incidents",
            Self::TasksWork => "Work on user tasks",
            Self::TasksManage => "See all user tasks and assign them to others",
            Self::FilesRead => "See files",
            Self::FilesWrite => "Upload and delete files",
            Self::AuditRead => "Search the audit log",
            Self::UsersManage => "Manage users and groups",
            Self::SystemRead => "See the state of the system and its metrics",
            Self::SystemManage => "Change settings of the system",
            Self::JobsWork => "Work on jobs as an outside worker",
            Self::MessagesPublish => "Publish messages and broadcast signals",
            Self::DecisionsEvaluate => "Evaluate decisions outside of any process",
            Self::SchedulesRead => "See schedules",
            Self::SchedulesOperate => "Pause, resume and trigger schedules",
        }
    }

    /// The permission of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Permission> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// The set with every permission.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// Whether the permission is in the set.
    #[must_use]
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }

    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions in the set, in the order of the documentation.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |it| self.contains(*it))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, it| set | 1 << it as u8))
    }
}
