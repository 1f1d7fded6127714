//! The rules of who may do what, as tables.

use flowstead::core::access::{
    Permission, PermissionSet, Principal, Role, TaskFacts, Via, may_claim, may_complete,
    may_release, may_see_task,
};

fn principal(user_id: &str, groups: &[&str], role: Role) -> Principal {
    Principal {
        user_key: 1,
        user_id: user_id.into(),
        display_name: user_id.into(),
        groups: groups.iter().map(ToString::to_string).collect(),
        roles: [role].into(),
        permissions: role.permissions(),
        via: Via::Session,
    }
}

/// One letter for each permission of a role, in the order of the documentation.
fn letters(set: PermissionSet) -> String {
    Permission::ALL.into_iter().map(|it| if set.contains(it) { 'x' } else { '.' }).collect()
}

#[test]
fn roles_grant_what_the_table_says() {
    let table: Vec<(&str, String)> =
        Role::ALL.into_iter().map(|it| (it.id(), letters(it.permissions()))).collect();
    let expected = [
        ("administrator", "xxxxxxxxxxxxxxxxxx"),
        ("modeler", "xxxxxx.xx....xxxxx"),
        ("operator", "x.xxxxxxxx.x.xxxxx"),
        ("user", "x..x.x.xx........."),
    ];
    assert_eq!(table, expected.map(|(role, set)| (role, set.to_owned())));
}

#[test]
fn names_of_permissions_and_roles_lead_back_to_them() {
    for permission in Permission::ALL {
        assert_eq!(Permission::find(permission.name()), Some(permission));
    }
    for role in Role::ALL {
        assert_eq!(Role::find(role.id()), Some(role));
    }
    assert_eq!(Permission::find("tasks:undo"), None);
    assert_eq!(Role::find("Administrator"), None);
}

#[test]
fn user_tasks_are_for_assignee_candidates_everybody_or_those_who_manage() {
    // Columns: assignee, candidate users, candidate groups; what anna of sales may do: see, claim,
    // release, complete.
    type Row =
        (Option<&'static str>, &'static [&'static str], &'static [&'static str], &'static str);
    let table: [Row; 8] = [
        (None, &[], &[], "see claim complete"),
        (Some("anna"), &[], &[], "see claim release complete"),
        (Some("bert"), &[], &[], ""),
        (None, &["anna"], &[], "see claim complete"),
        (None, &["bert"], &[], ""),
        (None, &["bert"], &["sales"], "see claim complete"),
        (Some("bert"), &[], &["sales"], "see"),
        (None, &[], &["approvers"], ""),
    ];
    let anna = principal("anna", &["sales"], Role::User);
    let operator = principal("otto", &[], Role::Operator);
    for (assignee, users, groups, expected) in table {
        let users: Vec<String> = users.iter().map(ToString::to_string).collect();
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let task = TaskFacts { assignee, candidate_users: &users, candidate_groups: &groups };
        let may = [
            ("see", may_see_task(&anna, &task)),
            ("claim", may_claim(&anna, &task)),
            ("release", may_release(&anna, &task)),
            ("complete", may_complete(&anna, &task)),
        ];
        let allowed: Vec<&str> =
            may.iter().filter(|(_, may)| *may).map(|(word, _)| *word).collect();
        assert_eq!(allowed.join(" "), expected, "{task:?}");
        assert!(may_see_task(&operator, &task) && may_complete(&operator, &task), "{task:?}");
    }
}

#[test]
fn without_the_permission_to_work_an_assignee_may_nothing() {
    let mut anna = principal("anna", &[], Role::User);
    anna.permissions = [Permission::ProcessesRead].into_iter().collect();
    let task = TaskFacts { assignee: Some("anna"), candidate_users: &[], candidate_groups: &[] };
    assert!(!may_see_task(&anna, &task) && !may_complete(&anna, &task));
}
