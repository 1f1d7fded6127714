//! Sessions: signing in and out, lifetimes, throttling, immediate effect of changes.

use flowstead::core::access::{Permission, Role};
use flowstead::services::identity::{IdentityError, UserChanges};
use jiff::SignedDuration;

use super::{Bench, PASSWORD, client, for_each_database, login, origin};

async fn is_in(bench: &Bench, token: &str) -> bool {
    let found = bench.identity.authenticate_session(token).await;
    found.expect("sessions can be read").is_some()
}

#[test]
fn a_session_lasts_from_sign_in_to_sign_out() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let token = bench.sign_in("anna@example.org").await;
        let principal = bench.identity.authenticate_session(&token).await.expect("sessions");
        let principal = principal.expect("it was just made");
        assert_eq!(&*principal.user_id, "anna");
        assert!(principal.may(Permission::TasksWork) && !principal.may(Permission::UsersManage));
        assert!(!is_in(&bench, "another token").await);
        bench.identity.sign_out(&origin(), &token).await.expect("it can end");
        assert!(!is_in(&bench, &token).await);
        let expected = ["user.created", "user.signed_in", "user.signed_out"];
        assert_eq!(bench.actions().await, expected);
    });
}

#[test]
fn a_session_ends_when_it_is_not_used_and_at_last_anyway() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let idle = bench.sign_in("anna").await;
        bench.pass(SignedDuration::from_hours(11));
        assert!(is_in(&bench, &idle).await, "it is used before twelve hours have passed");
        bench.pass(SignedDuration::from_hours(11));
        assert!(is_in(&bench, &idle).await, "the use counted");
        bench.pass(SignedDuration::from_hours(12));
        assert!(!is_in(&bench, &idle).await);
        let busy = bench.sign_in("anna").await;
        for _ in 0..(30 * 24 / 6 - 1) {
            bench.pass(SignedDuration::from_hours(6));
            assert!(is_in(&bench, &busy).await);
        }
        bench.pass(SignedDuration::from_hours(6));
        assert!(!is_in(&bench, &busy).await, "thirty days have passed");
    });
}

#[test]
fn wrong_names_and_wrong_passwords_are_told_alike_and_written_down() {
    for_each_database(async |bench: Bench| {
        let user = bench.user("anna", &[Role::User]).await;
        bench.user("boss", &[Role::Administrator]).await;
        bench.identity.set_user_disabled(&origin(), user.key, true).await.expect("it is there");
        for (name, password) in
            [("nobody", PASSWORD), ("boss", "wrong"), ("anna", PASSWORD), ("", ""), ("a\0", "b\0")]
        {
            let refused = bench.identity.sign_in(&origin(), login(name, password), client()).await;
            let message = refused.expect_err("it must be refused").to_string();
            assert_eq!(message, "the name or the password is wrong", "{name}");
        }
        let events = bench.identity.list_audit_events(i64::MAX, 5).await.expect("events");
        let summaries: Vec<&str> = events.iter().rev().map(|it| it.summary.as_str()).collect();
        let unknown = "a sign-in with an unknown name was refused";
        let expected = [
            unknown,
            "a sign-in as boss was refused",
            "a sign-in as anna was refused",
            unknown,
            unknown,
        ];
        assert_eq!(summaries, expected);
    });
}

#[test]
fn guessing_becomes_slower_and_time_forgives() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let attempt = async |password: &str| {
            bench.identity.sign_in(&origin(), login("Anna", password), client()).await
        };
        for _ in 0..6 {
            let refused = attempt("wrong").await;
            assert!(matches!(refused, Err(IdentityError::WrongCredentials)));
        }
        let blocked = attempt(PASSWORD).await.map(|_| ());
        assert!(
            matches!(blocked, Err(IdentityError::Throttled { retry_after_s: 1 })),
            "{blocked:?}"
        );
        bench.pass(SignedDuration::from_secs(1));
        assert!(matches!(attempt("wrong").await, Err(IdentityError::WrongCredentials)));
        let blocked = attempt(PASSWORD).await.map(|_| ());
        assert!(
            matches!(blocked, Err(IdentityError::Throttled { retry_after_s: 2 })),
            "{blocked:?}"
        );
        bench.pass(SignedDuration::from_secs(2));
        attempt(PASSWORD).await.expect("it waited, and the password fits");
        assert!(matches!(attempt("wrong").await, Err(IdentityError::WrongCredentials)));
        attempt(PASSWORD).await.expect("the count began anew");
    });
}

#[test]
fn what_administrators_change_counts_from_the_next_call_on() {
    for_each_database(async |bench: Bench| {
        let user = bench.user("anna", &[Role::User]).await;
        bench.user("boss", &[Role::Administrator]).await;
        let token = bench.sign_in("anna").await;
        assert!(is_in(&bench, &token).await);
        let changes = UserChanges {
            expected_rev: 1,
            email: None,
            display_name: "Anna".into(),
            roles: vec![Role::Operator],
            groups: Vec::new(),
        };
        let identity = &bench.identity;
        identity.update_user(&origin(), user.key, changes).await.expect("the revision is right");
        let principal = identity.authenticate_session(&token).await.expect("sessions");
        assert!(principal.expect("it still counts").may(Permission::AuditRead));
        identity.set_user_disabled(&origin(), user.key, true).await.expect("it is there");
        assert!(!is_in(&bench, &token).await);
        identity.set_user_disabled(&origin(), user.key, false).await.expect("it is there");
        assert!(!is_in(&bench, &token).await, "what was ended stays ended");
    });
}

#[test]
fn people_see_their_sessions_and_end_single_ones() {
    for_each_database(async |bench: Bench| {
        let anna = bench.user("anna", &[Role::User]).await;
        let bert = bench.user("bert", &[Role::User]).await;
        let (one, two) = (bench.sign_in("anna").await, bench.sign_in("anna").await);
        let sessions = bench.identity.list_sessions(anna.key).await.expect("sessions");
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions[0].user_agent.as_deref(), Some("Browser/1"));
        let other = sessions.iter().find(|it| it.is_of(&two)).expect("the second is listed");
        let foreign = bench.identity.end_session(&origin(), bert.key, other.key).await;
        assert!(matches!(foreign, Err(IdentityError::NotFound { what: "session" })));
        bench.identity.end_session(&origin(), anna.key, other.key).await.expect("it is hers");
        assert!(is_in(&bench, &one).await && !is_in(&bench, &two).await);
    });
}
