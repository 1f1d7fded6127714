//! Access tokens and refresh tokens.

use flowstead::core::access::Role;
use flowstead::services::identity::{IdentityError, TokenPair};
use jiff::SignedDuration;

use super::{Bench, PASSWORD, client, for_each_database, login, origin};

async fn issue(bench: &Bench) -> TokenPair {
    let issued = bench.identity.issue_tokens(&origin(), login("anna", PASSWORD), client()).await;
    issued.expect("name and password fit")
}

async fn counts(bench: &Bench, token: &str) -> bool {
    let found = bench.identity.authenticate_bearer(token).await;
    found.expect("users can be read").is_some()
}

async fn refresh(bench: &Bench, token: &str) -> Result<TokenPair, IdentityError> {
    bench.identity.refresh_tokens(&origin(), token).await
}

#[test]
fn an_access_token_counts_for_fifteen_minutes() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let pair = issue(&bench).await;
        assert_eq!((pair.expires_in_s, pair.refresh_expires_in_s), (900, 7 * 24 * 3600));
        assert!(counts(&bench, &pair.access_token).await);
        bench.pass(SignedDuration::from_secs(899));
        assert!(counts(&bench, &pair.access_token).await);
        bench.pass(SignedDuration::from_secs(1));
        assert!(!counts(&bench, &pair.access_token).await);
    });
}

#[test]
fn tokens_that_were_tampered_with_count_for_nothing() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let token = issue(&bench).await.access_token;
        let parts: Vec<&str> = token.split('.').collect();
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
        let shortened = &token[..token.len() - 2];
        let swapped = format!("{}.{}.{}", parts[0], parts[1], "A".repeat(parts[2].len()));
        for forged in [unsigned.as_str(), shortened, &swapped, "", ".", "a.b.c", "fst_unknown"] {
            assert!(!counts(&bench, forged).await, "{forged}");
        }
    });
}

#[test]
fn a_refresh_token_works_once_and_its_reuse_ends_the_family() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let first = issue(&bench).await;
        let other_family = issue(&bench).await;
        let second = refresh(&bench, &first.refresh_token).await.expect("it is new");
        let third = refresh(&bench, &second.refresh_token).await.expect("it is new");
        let reused = refresh(&bench, &first.refresh_token).await;
        assert!(matches!(reused, Err(IdentityError::TokenRefused)));
        let ended = refresh(&bench, &third.refresh_token).await;
        assert!(matches!(ended, Err(IdentityError::TokenRefused)), "the whole family is ended");
        refresh(&bench, &other_family.refresh_token).await.expect("another family goes on");
        let actions = bench.actions().await;
        assert!(actions.contains(&"user.refresh_token_reused".to_owned()), "{actions:?}");
    });
}

#[test]
fn of_two_who_use_a_refresh_token_at_once_one_gets_tokens() {
    for_each_database(async |bench: Bench| {
        bench.user("anna", &[Role::User]).await;
        let pair = issue(&bench).await;
        let (one, two) = tokio::join!(
            refresh(&bench, &pair.refresh_token),
            refresh(&bench, &pair.refresh_token)
        );
        assert!(one.is_ok() ^ two.is_ok(), "{one:?} {two:?}");
    });
}

#[test]
fn refresh_tokens_end_by_time_by_logout_and_with_the_user() {
    for_each_database(async |bench: Bench| {
        let user = bench.user("anna", &[Role::User]).await;
        bench.user("boss", &[Role::Administrator]).await;
        let old = issue(&bench).await;
        bench.pass(SignedDuration::from_hours(7 * 24));
        let refused = refresh(&bench, &old.refresh_token).await;
        assert!(matches!(refused, Err(IdentityError::TokenRefused)));
        let left = issue(&bench).await;
        bench.identity.revoke_tokens(&origin(), &left.refresh_token).await.expect("it is known");
        assert!(refresh(&bench, &left.refresh_token).await.is_err());
        let pair = issue(&bench).await;
        bench.identity.set_user_disabled(&origin(), user.key, true).await.expect("it is there");
        assert!(!counts(&bench, &pair.access_token).await, "disabling counts at once");
        assert!(refresh(&bench, &pair.refresh_token).await.is_err());
    });
}
