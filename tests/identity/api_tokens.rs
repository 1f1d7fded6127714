//! API tokens: scopes, expiry, listing, ending.

use flowstead::core::access::{Permission, Role};
use flowstead::services::identity::{IdentityError, NewApiToken};
use jiff::SignedDuration;

use super::{Bench, for_each_database, origin};

fn named(name: &str) -> NewApiToken {
    NewApiToken { name: name.into(), ..NewApiToken::default() }
}

#[test]
fn a_token_may_what_its_user_may_within_its_scopes() {
    for_each_database(async |bench: Bench| {
        let identity = &bench.identity;
        let user = bench.user("anna", &[Role::User]).await;
        let scopes = Some(vec![Permission::TasksWork, Permission::UsersManage]);
        let new = NewApiToken { scopes, ..named("worker") };
        let (token, text) =
            identity.create_api_token(&origin(), user.key, new).await.expect("it is new");
        assert!(text.starts_with("fst_") && text.starts_with(&token.prefix));
        assert_eq!(token.prefix.len(), 8);
        let principal = identity.authenticate_bearer(&text).await.expect("tokens");
        let principal = principal.expect("it counts");
        let may: Vec<&str> = principal.permissions.iter().map(Permission::name).collect();
        assert_eq!(may, ["tasks:work"], "neither more than the user nor more than the scopes");
        let (_, all) =
            identity.create_api_token(&origin(), user.key, named("all")).await.expect("");
        let principal = identity.authenticate_bearer(&all).await.expect("tokens").expect("counts");
        assert_eq!(principal.permissions, Role::User.permissions());
    });
}

#[test]
fn tokens_end_by_time_by_their_user_and_with_their_user() {
    for_each_database(async |bench: Bench| {
        let identity = &bench.identity;
        let user = bench.user("anna", &[Role::User]).await;
        let other = bench.user("bert", &[Role::User]).await;
        let counts = async |text: &str| {
            identity.authenticate_bearer(text).await.expect("tokens can be read").is_some()
        };
        let expires_at_ms = Some(1_893_484_800_000 + 60_000);
        let new = NewApiToken { expires_at_ms, ..named("short") };
        let (_, short) = identity.create_api_token(&origin(), user.key, new).await.expect("new");
        assert!(counts(&short).await);
        bench.pass(SignedDuration::from_mins(1));
        assert!(!counts(&short).await);
        let (token, text) =
            identity.create_api_token(&origin(), user.key, named("long")).await.expect("new");
        assert!(counts(&text).await);
        let foreign = identity.delete_api_token(&origin(), other.key, token.key).await;
        assert!(matches!(foreign, Err(IdentityError::NotFound { what: "API token" })));
        identity.delete_api_token(&origin(), user.key, token.key).await.expect("it is hers");
        assert!(!counts(&text).await);
        let (_, text) =
            identity.create_api_token(&origin(), user.key, named("last")).await.expect("new");
        identity.set_user_disabled(&origin(), user.key, true).await.expect("it is there");
        assert!(!counts(&text).await);
    });
}

#[test]
fn names_are_unique_and_ends_lie_ahead() {
    for_each_database(async |bench: Bench| {
        let identity = &bench.identity;
        let user = bench.user("anna", &[Role::User]).await;
        identity.create_api_token(&origin(), user.key, named("one")).await.expect("it is new");
        let table = [
            (named("one"), "name: `one` is taken"),
            (named(" "), "name: expected 1 to 120 characters on one line"),
            (
                NewApiToken { expires_at_ms: Some(1), ..named("two") },
                "expires_at: expected a time in the future",
            ),
        ];
        for (new, expected) in table {
            let refused = identity.create_api_token(&origin(), user.key, new).await;
            assert_eq!(refused.expect_err("it is not acceptable").to_string(), expected);
        }
        let tokens = identity.list_api_tokens(user.key).await.expect("tokens");
        let names: Vec<&str> = tokens.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["one"]);
    });
}
