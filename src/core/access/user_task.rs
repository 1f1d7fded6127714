//! Who may see, claim, assign, release and complete a user task.
//!
//! Must not know how tasks are stored or what state they are in; a closed task is refused elsewhere.
//!
//! **Invariant:** whoever may complete a task may also see it.

use crate::core::access::{Permission, Principal};

/// What the rules need to know of a user task.
#[derive(Debug, Clone, Copy)]
pub struct TaskFacts<'a> {
    /// Login name of the assignee.
    pub assignee: Option<&'a str>,
    /// Login names of candidate users.
    pub candidate_users: &'a [String],
    /// Ids of candidate groups.
    pub candidate_groups: &'a [String],
}

impl TaskFacts<'_> {
    /// Whether the task names nobody, so that everybody who works on tasks may take it.
    fn is_open_to_all(&self) -> bool {
        self.assignee.is_none()
            && self.candidate_users.is_empty()
            && self.candidate_groups.is_empty()
    }

    fn is_candidate(&self, principal: &Principal) -> bool {
        self.candidate_users.iter().any(|it| **it == *principal.user_id)
            || self.candidate_groups.iter().any(|it| principal.is_member_of(it))
    }

    fn is_assigned_to(&self, principal: &Principal) -> bool {
        self.assignee == Some(&*principal.user_id)
    }
}

/// Whether the principal may see the task: assignee, candidate, nobody named, or a manager.
#[must_use]
pub fn may_see_task(principal: &Principal, task: &TaskFacts<'_>) -> bool {
    principal.may(Permission::TasksManage)
        || principal.may(Permission::TasksWork)
            && (task.is_assigned_to(principal)
                || task.is_candidate(principal)
                || task.is_open_to_all())
}

/// Whether the principal may take the task for itself: it is nobody's yet, or its own.
#[must_use]
pub fn may_claim(principal: &Principal, task: &TaskFacts<'_>) -> bool {
    let is_free = task.assignee.is_none() || task.is_assigned_to(principal);
    is_free && principal.may(Permission::TasksWork) && may_see_task(principal, task)
}

/// Whether the principal may give the task back: it is its own, or it manages tasks.
#[must_use]
pub fn may_release(principal: &Principal, task: &TaskFacts<'_>) -> bool {
    principal.may(Permission::TasksManage)
        || principal.may(Permission::TasksWork) && task.is_assigned_to(principal)
}

/// Whether the principal may assign the task to anybody.
#[must_use]
pub fn may_assign(principal: &Principal) -> bool {
    principal.may(Permission::TasksManage)
}

/// Whether the principal may complete the task.
///
/// An assigned task is for its assignee; an unassigned one for its candidates, or for everybody
/// who works on tasks when it names none. Whoever manages tasks may complete any.
#[must_use]
pub fn may_complete(principal: &Principal, task: &TaskFacts<'_>) -> bool {
    if principal.may(Permission::TasksManage) {
        return true;
    }
    principal.may(Permission::TasksWork)
        && match task.assignee {
            Some(_) => task.is_assigned_to(principal),
            None => task.is_open_to_all() || task.is_candidate(principal),
        }
}

/// Whether the principal may see the process instance that it started itself or all of them.
#[must_use]
pub fn may_see_instance_of(principal: &Principal, started_by: Option<&str>) -> bool {
    principal.may(Permission::InstancesRead) || started_by == Some(&*principal.user_id)
}
