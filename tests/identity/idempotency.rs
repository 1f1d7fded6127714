//! Answers that are kept for requests that come again.

use flowstead::services::identity::{IdempotencyKey, KeptAnswer, Reservation};
use jiff::SignedDuration;

use super::{Bench, for_each_database};

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey { user_key: 1, route: "/api/v1/users".into(), key: text.into() }
}

fn answer() -> KeptAnswer {
    KeptAnswer {
        status: 201,
        content_type: Some("application/json".into()),
        location: None,
        body: b"{}".to_vec(),
    }
}

#[test]
fn a_key_is_reserved_answered_and_forgotten_after_a_day() {
    for_each_database(async |bench: Bench| {
        let reserve = async |key: IdempotencyKey, hash: u8| {
            bench.identity.reserve_answer(key, [hash; 32]).await.expect("keys can be written")
        };
        assert_eq!(reserve(key("a"), 1).await, Reservation::Reserved);
        assert_eq!(reserve(key("a"), 1).await, Reservation::Running);
        assert_eq!(reserve(key("a"), 2).await, Reservation::OtherRequest);
        assert_eq!(reserve(key("b"), 2).await, Reservation::Reserved);
        let other_user = IdempotencyKey { user_key: 2, ..key("a") };
        assert_eq!(reserve(other_user, 2).await, Reservation::Reserved);
        bench.identity.keep_answer(key("a"), answer()).await.expect("it can be written");
        assert_eq!(reserve(key("a"), 1).await, Reservation::Answered(answer()));
        assert_eq!(reserve(key("a"), 2).await, Reservation::OtherRequest);
        bench.pass(SignedDuration::from_hours(25));
        assert_eq!(reserve(key("a"), 2).await, Reservation::Reserved);
    });
}

#[test]
fn a_request_that_failed_or_never_ended_may_come_again() {
    for_each_database(async |bench: Bench| {
        let reserve = async || {
            bench.identity.reserve_answer(key("a"), [1; 32]).await.expect("keys can be written")
        };
        assert_eq!(reserve().await, Reservation::Reserved);
        bench.identity.forget_answer(key("a")).await.expect("it can be written");
        assert_eq!(reserve().await, Reservation::Reserved);
        bench.pass(SignedDuration::from_secs(119));
        assert_eq!(reserve().await, Reservation::Running);
        bench.pass(SignedDuration::from_secs(1));
        let (one, two) = tokio::join!(reserve(), reserve());
        assert!((one == Reservation::Reserved) ^ (two == Reservation::Reserved), "{one:?} {two:?}");
    });
}

#[test]
fn what_an_earlier_run_left_may_come_again_at_once() {
    for_each_database(async |bench: Bench| {
        let reserve = async |bench: &Bench| {
            bench.identity.reserve_answer(key("a"), [1; 32]).await.expect("keys can be written")
        };
        assert_eq!(reserve(&bench).await, Reservation::Reserved);
        let next = bench.restarted().await;
        assert_eq!(reserve(&next).await, Reservation::Reserved);
        assert_eq!(reserve(&next).await, Reservation::Running);
    });
}
