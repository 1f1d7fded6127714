//! Who may see and delete which files.
//!
//! Must not know how files are stored. The condition is SQL, so that lists can be cut by the
//! database; a single file is found by the same condition.

use crate::core::access::{Permission, Principal};
use crate::platform::store::Value;
use crate::services::files::{File, Purpose};

/// A condition on `people__files f` that holds for the files that the principal may see. Its
/// values are added to those given.
///
/// Seen are one's own files, the library, and the files of instances that one started or has a
/// user task in; whoever sees all instances sees all files.
pub(super) fn visible(principal: &Principal, values: &mut Vec<Value>) -> String {
    if !principal.may(Permission::FilesRead) {
        return "1 = 0".to_owned();
    }
    if principal.may(Permission::InstancesRead) || principal.may(Permission::TasksManage) {
        return "1 = 1".to_owned();
    }
    values.push((&*principal.user_id).into());
    let me = format!("?{}", values.len());
    values.push(Value::texts(principal.groups.iter().map(String::as_str)));
    let groups = format!("?{}", values.len());
    format!(
        "(f.created_by = {me} OR f.purpose = 'library'
          OR EXISTS (SELECT 1 FROM work__instances i
              WHERE i.key = f.instance_key AND i.started_by = {me})
          OR EXISTS (SELECT 1 FROM work__user_tasks t
              WHERE t.instance_key = f.instance_key
                  AND (t.assignee = {me} OR t.ended_by = {me}
                      OR (t.state = 'open' AND t.assignee IS NULL
                          AND t.candidate_groups = '[]' AND t.candidate_users = '[]')
                      OR EXISTS (SELECT 1 FROM work__candidates c
                          WHERE c.user_task_key = t.key
                              AND ((c.kind = 'user' AND c.id = {me})
                                  OR (c.kind = 'group'
                                      AND c.id IN (SELECT value FROM json_each({groups}))))))))"
    )
}

/// Whether the principal may delete a file that it sees: its own one, or it operates instances.
/// What has become part of an instance is kept for those who look at it later.
pub(super) fn may_delete(principal: &Principal, file: &File) -> bool {
    let is_part = file.purpose == Purpose::Form && file.instance_key.is_some();
    principal.may(Permission::FilesWrite)
        && (principal.may(Permission::InstancesOperate)
            || !is_part && file.created_by == *principal.user_id)
}
