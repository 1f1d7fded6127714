//! How turns are written down and read.

use flowstead::core::engine::{Event, FORMAT, ProcessInstance, apply, decode, encode};

#[test]
fn a_turn_is_compact_tagged_json() {
    let text = encode(&[Event::ElementActivated { key: 5 }, Event::InstanceCompleted]);
    let expected =
        r#"{"format":2,"events":[{"element_activated":{"key":5}},"instance_completed"]}"#;
    assert_eq!(text, expected);
}

#[test]
fn a_turn_of_format_1_is_read_for_ever() {
    let text = include_str!("journal_format_1.json").trim_end();
    let events = decode(text).expect("a turn of format 1");
    assert_eq!(events.len(), 38, "one event of every kind");
    let written = encode(&events);
    assert_eq!(written.replacen(":2", ":1", 1), text, "what was in it is written as it was");
}

#[test]
fn a_turn_of_format_2_is_read_for_ever() {
    let text = include_str!("journal_format_2.json").trim_end();
    let events = decode(text).expect("a turn of format 2");
    assert_eq!(events.len(), 12, "one event of every kind that format 1 did not have");
    assert_eq!(encode(&events), text, "format 2 is what is written");
}

#[test]
fn a_turn_that_changed_an_instance_is_read_for_ever() {
    let text = include_str!("journal_changes.json").trim_end();
    let events = decode(text).expect("a turn of format 2");
    assert_eq!(encode(&events), text, "what was in it is written as it was");
}

#[test]
fn a_newer_format_is_named() {
    let text = format!(r#"{{"format":{},"events":["unheard_of"]}}"#, FORMAT + 1);
    let error = decode(&text).expect_err("written by a newer program");
    assert_eq!(error.to_string(), "expected journal format 2 or older, but got 3");
}

#[test]
fn what_is_no_turn_is_malformed() {
    for text in ["", "[]", r#"{"format":1}"#, r#"{"format":1,"events":["unheard_of"]}"#] {
        let error = decode(text).expect_err("no turn");
        assert!(error.to_string().starts_with("expected the events of a turn: "), "{error}");
    }
}

#[test]
fn events_about_nothing_change_nothing_that_is_open() {
    let events = decode(include_str!("journal_format_1.json")).expect("a turn of format 1");
    for event in events {
        let mut instance = ProcessInstance::empty();
        apply(&mut instance, &event);
        let text = serde_json::to_string(&instance).expect("an instance is JSON");
        let read: ProcessInstance = serde_json::from_str(&text).expect("a snapshot can be read");
        assert_eq!(read.jobs, instance.jobs, "{event:?}");
    }
}
