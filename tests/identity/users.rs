//! Users: making, changing, disabling, removing, listing.

use flowstead::core::access::Role;
use flowstead::services::identity::{IdentityError, NewUser, User, UserChanges, UserFilter};

use super::{Bench, PASSWORD, for_each_database, login, origin};

fn changes(user: &User) -> UserChanges {
    UserChanges {
        expected_rev: user.rev,
        email: user.email.clone(),
        display_name: user.display_name.clone(),
        roles: user.roles.clone(),
        groups: user.groups.clone(),
    }
}

#[test]
fn a_user_is_found_again_as_it_was_made() {
    for_each_database(async |bench: Bench| {
        let made = bench.user("anna", &[Role::User, Role::Modeler, Role::User]).await;
        assert_eq!(made.roles, [Role::Modeler, Role::User]);
        let found = bench.identity.load_user(made.key).await.expect("it is there");
        assert_eq!(found, made);
        for name in ["anna", "ANNA", "anna@example.org", "Anna@Example.org"] {
            let found = bench.identity.find_user(name).await.expect("users can be read");
            assert_eq!(found.map(|it| it.key), Some(made.key), "{name}");
        }
        assert_eq!(bench.actions().await, ["user.created"]);
    });
}

#[test]
fn values_that_are_not_acceptable_change_nothing() {
    let new = |user_id: &str, email: &str, name: &str, password: &str| NewUser {
        user_id: Some(user_id.into()),
        email: Some(email.into()),
        display_name: name.into(),
        password: Some(password.into()),
        ..NewUser::default()
    };
    let id = "expected 1 to 64 letters, digits or . _ @ + -, beginning with a letter or digit, \
              found";
    let table = [
        (new("", "a@b", "A", PASSWORD), format!("user_id: {id} ``")),
        (new("a b", "a@b", "A", PASSWORD), format!("user_id: {id} `a b`")),
        (new(".a", "a@b", "A", PASSWORD), format!("user_id: {id} `.a`")),
        (
            new("a", "nowhere", "A", PASSWORD),
            "email: expected an address such as name@example.org".into(),
        ),
        (
            new("a", "a@b@c", "A", PASSWORD),
            "email: expected an address such as name@example.org".into(),
        ),
        (
            new("a", "a@b", " \t", PASSWORD),
            "display_name: expected 1 to 120 characters on one line".into(),
        ),
        (new("a", "a@b", "A", "short"), "password: expected 12 to 256 characters, found 5".into()),
        (
            new("abcdefghijkl", "a@b", "A", "ABCDEFGHIJKL"),
            "password: expected something else than the login name".into(),
        ),
        (new("ANNA", "a@b", "A", PASSWORD), "user_id: `ANNA` is taken".into()),
        (new("a", "Anna@example.org", "A", PASSWORD), "email: `Anna@example.org` is taken".into()),
        (
            NewUser { groups: vec!["sales".into()], ..new("a", "a@b", "A", PASSWORD) },
            "groups: there is no group `sales`".into(),
        ),
    ];
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[]).await;
        for (new, expected) in &table {
            let refused = bench.identity.create_user(&origin(), new.clone()).await;
            assert_eq!(refused.expect_err("it is not acceptable").to_string(), *expected);
        }
        assert_eq!(bench.actions().await, ["user.created"]);
    });
}

#[test]
fn a_change_names_the_revision_it_saw() {
    for_each_database(async |bench: Bench| {
        let user = bench.user("anna", &[Role::User]).await;
        let first = UserChanges { display_name: "Anna B".into(), ..changes(&user) };
        let changed = bench.identity.update_user(&origin(), user.key, first).await;
        let changed = changed.expect("the revision is the present one");
        assert_eq!((changed.rev, changed.display_name.as_str()), (2, "Anna B"));
        let late = bench.identity.update_user(&origin(), user.key, changes(&user)).await;
        assert!(matches!(late, Err(IdentityError::Changed { expected_rev: 1, found_rev: 2 })));
        let events = bench.identity.list_audit_events(i64::MAX, 1).await.expect("events");
        assert_eq!(
            events[0].details.as_ref().map(ToString::to_string).as_deref(),
            Some(r#"{"display_name":{"from":"The anna","to":"Anna B"}}"#)
        );
    });
}

#[test]
fn an_administrator_always_remains() {
    for_each_database(async |bench: Bench| {
        let boss = bench.user("boss", &[Role::Administrator]).await;
        let demoted = UserChanges { roles: vec![Role::User], ..changes(&boss) };
        let identity = &bench.identity;
        for refused in [
            identity.update_user(&origin(), boss.key, demoted.clone()).await.map(|_| ()),
            identity.set_user_disabled(&origin(), boss.key, true).await.map(|_| ()),
            identity.delete_user(&origin(), boss.key).await,
        ] {
            assert!(matches!(refused, Err(IdentityError::LastAdministrator)));
        }
        bench.user("deputy", &[Role::Administrator]).await;
        identity.update_user(&origin(), boss.key, demoted).await.expect("another one is there");
    });
}

#[test]
fn two_administrators_who_demote_each_other_leave_one() {
    for_each_database(async |bench: Bench| {
        let one = bench.user("one", &[Role::Administrator]).await;
        let two = bench.user("two", &[Role::Administrator]).await;
        let demote = |user: &User| {
            let (identity, key) = (bench.identity.clone(), user.key);
            let changes = UserChanges { roles: Vec::new(), ..changes(user) };
            async move { identity.update_user(&origin(), key, changes).await.is_ok() }
        };
        let (first, second) = tokio::join!(demote(&one), demote(&two));
        assert!(first ^ second, "exactly one is demoted: {first} {second}");
    });
}

#[test]
fn a_removed_user_is_gone_with_its_sessions() {
    for_each_database(async |bench: Bench| {
        let user = bench.user("anna", &[Role::User]).await;
        let token = bench.sign_in("anna").await;
        bench.identity.delete_user(&origin(), user.key).await.expect("it is there");
        let gone = bench.identity.load_user(user.key).await;
        assert!(matches!(gone, Err(IdentityError::NotFound { what: "user" })));
        let session = bench.identity.authenticate_session(&token).await;
        assert_eq!(session.expect("sessions can be read"), None);
    });
}

#[test]
fn lists_filter_and_go_on_where_they_ended() {
    for_each_database(async |bench: Bench| {
        for user_id in ["anna", "Bert", "carl", "10_0", "1000"] {
            bench.user(user_id, &[Role::User]).await;
        }
        let boss = bench.user("boss", &[Role::Administrator]).await;
        bench.user("deputy", &[Role::Administrator]).await;
        bench.identity.set_user_disabled(&origin(), boss.key, true).await.expect("it is there");
        let list = async |filter: UserFilter, after: Option<&str>, limit| {
            let after = after.map(ToOwned::to_owned);
            let users = bench.identity.list_users(filter, after, limit).await.expect("users");
            users.into_iter().map(|it| it.user_id).collect::<Vec<_>>().join(" ")
        };
        let all = UserFilter::default;
        assert_eq!(list(all(), None, 3).await, "1000 10_0 anna");
        assert_eq!(list(all(), Some("anna"), 3).await, "Bert boss carl");
        let search = |it: &str| UserFilter { search: Some(it.into()), ..all() };
        assert_eq!(list(search("the BERT"), None, 9).await, "Bert");
        assert_eq!(list(search("0_0"), None, 9).await, "10_0");
        let role = Some(Role::Administrator);
        assert_eq!(list(UserFilter { role, ..all() }, None, 9).await, "boss deputy");
        let disabled = UserFilter { is_disabled: Some(true), ..all() };
        assert_eq!(list(disabled, None, 9).await, "boss");
        let counts = bench.identity.count_users_by_role().await.expect("users can be counted");
        let counts: Vec<i64> = counts.into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 0, 0, 5]);
    });
}

#[test]
fn a_new_password_replaces_the_old_one_and_ends_other_sessions() {
    for_each_database(async |bench: Bench| {
        let user = bench.user("anna", &[Role::User]).await;
        let (kept, ended) = (bench.sign_in("anna").await, bench.sign_in("anna").await);
        let change = async |present: &str, new: &str| {
            let (present, new) = (present.to_owned(), new.to_owned());
            let identity = &bench.identity;
            identity.change_password(&origin(), user.key, present, new, Some(&kept)).await
        };
        let wrong = change("wrong", "another long password").await.expect_err("it is wrong");
        assert_eq!(wrong.to_string(), "current: the current password is wrong");
        change(PASSWORD, "another long password").await.expect("the present one is right");
        let is_in = async |token: &str| {
            let found = bench.identity.authenticate_session(token).await;
            found.expect("sessions can be read").is_some()
        };
        assert!(is_in(&kept).await);
        assert!(!is_in(&ended).await);
        let old = bench.identity.sign_in(&origin(), login("anna", PASSWORD), super::client()).await;
        assert!(matches!(old, Err(IdentityError::WrongCredentials)));
        let new = login("anna", "another long password");
        bench.identity.sign_in(&origin(), new, super::client()).await.expect("the new one fits");
    });
}
