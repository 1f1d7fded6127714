//! Groups and their members.

use flowstead::core::access::Role;
use flowstead::services::identity::{GroupChanges, GroupFilter, IdentityError, NewGroup};

use super::{Bench, for_each_database, origin};

fn new(group_id: &str, name: &str) -> NewGroup {
    NewGroup { group_id: group_id.into(), name: name.into(), description: String::new() }
}

#[test]
fn members_come_and_go_and_principals_know_at_once() {
    for_each_database(async |bench: Bench| {
        let identity = &bench.identity;
        let user = bench.user("anna", &[Role::User]).await;
        let token = bench.sign_in("anna").await;
        let group = identity.create_group(&origin(), new("sales", "Sales")).await.expect("new");
        let groups = async || {
            let principal = identity.authenticate_session(&token).await.expect("sessions");
            principal.expect("the session counts").groups.join(" ")
        };
        assert_eq!(groups().await, "");
        identity.set_member(&origin(), group.key, user.key, true).await.expect("both are there");
        identity.set_member(&origin(), group.key, user.key, true).await.expect("it is so already");
        assert_eq!(groups().await, "sales");
        let names = identity.list_first_members(vec![group.key], 3).await.expect("members");
        assert_eq!(names[&group.key], ["The anna"]);
        assert_eq!(identity.load_group(group.key).await.expect("group").member_count, 1);
        identity.set_member(&origin(), group.key, user.key, false).await.expect("it is one");
        assert_eq!(groups().await, "");
        let actions = bench.actions().await;
        assert_eq!(actions[2..], ["group.created", "group.member_added", "group.member_removed"]);
    });
}

#[test]
fn a_group_is_changed_listed_and_removed() {
    for_each_database(async |bench: Bench| {
        let identity = &bench.identity;
        for (id, name) in [("sales", "Sales"), ("approvers", "Approvers"), ("it", "Salespeople")] {
            identity.create_group(&origin(), new(id, name)).await.expect("it is new");
        }
        let taken = identity.create_group(&origin(), new("sales", "Again")).await;
        assert_eq!(taken.expect_err("it is there").to_string(), "group_id: `sales` is taken");
        let list = async |search: Option<&str>, after: Option<&str>| {
            let filter = GroupFilter { search: search.map(ToOwned::to_owned) };
            let after = after.map(ToOwned::to_owned);
            let groups = identity.list_groups(filter, after, 2).await.expect("groups");
            groups.into_iter().map(|it| it.group_id).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(list(None, None).await, "approvers it");
        assert_eq!(list(None, Some("it")).await, "sales");
        assert_eq!(list(Some("SALES"), None).await, "it sales");
        let group = identity.load_group_by_id("it").await.expect("it is there");
        let edit = || GroupChanges {
            expected_rev: 1,
            name: "Support".into(),
            description: "Helps".into(),
        };
        let changed = identity.update_group(&origin(), group.key, edit()).await.expect("rev 1");
        assert_eq!((changed.name.as_str(), changed.rev), ("Support", 2));
        let late = identity.update_group(&origin(), group.key, edit()).await;
        assert!(matches!(late, Err(IdentityError::Changed { expected_rev: 1, found_rev: 2 })));
        identity.delete_group(&origin(), group.key).await.expect("it is there");
        let gone = identity.load_group_by_id("it").await;
        assert!(matches!(gone, Err(IdentityError::NotFound { what: "group" })));
    });
}
