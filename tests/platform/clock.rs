//! Clocks, and keys that rise whatever the clock does.

use std::collections::BTreeSet;

use flowstead::platform::clock::{
    Clock, KEY_STEP, KeyError, KeyGenerator, NODE_MAX, SettableClock, SystemClock,
};
use jiff::{SignedDuration, Timestamp};

/// 2026-01-01T00:00:00Z.
const NOW_MS: i64 = 1_767_225_600_000;

fn generator(node: u16, largest_stored: Option<i64>) -> KeyGenerator {
    KeyGenerator::new(node, largest_stored).expect("the node number fits")
}

#[test]
fn a_settable_clock_moves_only_when_told() {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a timestamp");
    let clock = SettableClock::new(start);
    assert_eq!(clock.now(), start);
    clock.advance(SignedDuration::from_secs(90));
    assert_eq!(clock.now_ms(), start.as_millisecond() + 90_000);
    clock.advance(SignedDuration::MAX);
    assert_eq!(clock.now_ms(), start.as_millisecond() + 90_000);
    clock.set(Timestamp::UNIX_EPOCH);
    assert_eq!(clock.now_ms(), 0);
}

#[test]
fn the_system_clock_agrees_with_the_machine() {
    let before = std::time::SystemTime::now();
    let now_ms = SystemClock.now_ms();
    let elapsed = before.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let machine_ms = i64::try_from(elapsed.as_millis()).expect("before the year 292 million");
    assert!((now_ms - machine_ms).abs() < 10_000, "{now_ms} against {machine_ms}");
}

#[test]
fn a_key_holds_time_and_node() {
    let key = generator(5, None).next(NOW_MS);
    assert_eq!(key & 1023, 5);
    assert_eq!((key >> 22) + 1_704_067_200_000, NOW_MS);
}

#[test]
fn keys_rise_when_the_clock_stands_or_goes_back() {
    let keys = generator(1, None);
    let mut last = keys.next(NOW_MS);
    for now_ms in [NOW_MS, NOW_MS, NOW_MS - 3_600_000, 0, i64::MIN, NOW_MS + 1, i64::MAX, NOW_MS] {
        let key = keys.next(now_ms);
        assert!(key > last, "{key} after {last} at {now_ms}");
        last = key;
    }
}

#[test]
fn a_run_longer_than_the_sequence_counts_on() {
    let keys = generator(7, None);
    let mut lease = keys.lease(NOW_MS);
    let first = lease.first();
    let last = first + 100_000 * KEY_STEP;
    lease.advance(last);
    assert_eq!(lease.first(), last + KEY_STEP);
    drop(lease);
    let next = keys.next(NOW_MS);
    assert_eq!(next, last + KEY_STEP);
    assert_eq!(next & 1023, 7);
}

#[test]
fn looking_takes_nothing_and_advancing_back_neither() {
    let keys = generator(0, None);
    let first = keys.lease(NOW_MS).first();
    let mut lease = keys.lease(NOW_MS);
    assert_eq!(lease.first(), first);
    lease.advance(first - KEY_STEP);
    assert_eq!(lease.take(), first);
    assert_eq!(lease.take(), first + KEY_STEP);
}

#[test]
fn after_a_restart_keys_lie_above_every_stored_one() {
    let stored = generator(900, None).next(NOW_MS + 60_000);
    for node in [0, 899, 900, 901, NODE_MAX] {
        let key = generator(node, Some(stored)).next(NOW_MS);
        assert!(key > stored, "node {node}");
        assert_eq!(key & 1023, i64::from(node));
    }
}

#[test]
fn threads_never_get_the_same_key() {
    let keys = generator(3, None);
    let all: Vec<i64> = std::thread::scope(|scope| {
        let take = || (0..5000).map(|_| keys.next(NOW_MS)).collect::<Vec<i64>>();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 20_000);
}

#[test]
fn a_node_number_has_ten_bits() {
    assert_eq!(KeyGenerator::new(1024, None).err(), Some(KeyError::NodeTooLarge(1024)));
}
