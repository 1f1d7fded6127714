//! The first administrator.

use flowstead::core::access::Role;
use flowstead::services::identity::{IdentityError, NewUser};

use super::{Bench, PASSWORD, for_each_database, origin};

fn administrator(email: &str) -> NewUser {
    NewUser {
        email: Some(email.into()),
        display_name: "First".into(),
        password: Some(PASSWORD.into()),
        ..NewUser::default()
    }
}

#[test]
fn the_newest_token_makes_one_administrator_once() {
    for_each_database(async |bench: Bench| {
        let identity = &bench.identity;
        assert!(!identity.is_set_up().await.expect("users can be read"));
        let token = async || identity.new_setup_token().await.expect("it can be written");
        let replaced = token().await.expect("there is nobody yet");
        let present = token().await.expect("there is nobody yet");
        for wrong in [replaced.as_str(), "", "guess"] {
            let refused = identity.set_up(&origin(), wrong, administrator("a@example.org")).await;
            assert!(matches!(refused, Err(IdentityError::TokenRefused)), "{wrong}");
        }
        let weak = NewUser { password: Some("weak".into()), ..administrator("a@example.org") };
        let refused = identity.set_up(&origin(), &present, weak).await;
        assert!(matches!(refused, Err(IdentityError::Invalid { field: "password", .. })));
        assert!(identity.is_setup_token(&present).await.expect("settings"), "a slip costs nothing");
        let user = identity.set_up(&origin(), &present, administrator("a@example.org")).await;
        let user = user.expect("token and values are right");
        assert_eq!(
            (user.user_id.as_str(), &user.roles[..]),
            ("a@example.org", &[Role::Administrator][..])
        );
        let again = identity.set_up(&origin(), &present, administrator("b@example.org")).await;
        assert!(matches!(again, Err(IdentityError::SetupDone)));
        assert_eq!(token().await, None);
        assert!(identity.is_set_up().await.expect("users can be read"));
    });
}

#[test]
fn of_two_who_set_up_at_once_one_becomes_administrator() {
    for_each_database(async |bench: Bench| {
        let token = bench.identity.new_setup_token().await.expect("written").expect("nobody yet");
        let set_up = async |email: &str| {
            bench.identity.set_up(&origin(), &token, administrator(email)).await.is_ok()
        };
        let (one, two) = tokio::join!(set_up("a@example.org"), set_up("b@example.org"));
        assert!(one ^ two);
    });
}
