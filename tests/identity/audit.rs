//! Audit events: written with their change or not at all, read by position.

use std::path::Path;

use flowstead::platform::store::{Database, Options, PostgresOptions, Set, StoreError};
use flowstead::services::audit::{self, ActorKind, AuditEvent, Change, Origin};
use serde_json::json;

use super::Folder;
use crate::support::postgres::fresh_database;

fn event(key: i64) -> AuditEvent {
    let origin = Origin {
        request_id: Some("r-1".into()),
        address: Some("192.0.2.1".into()),
        ..Origin::of(ActorKind::Client, "anna")
    };
    let change = Change::of("group.created", "group", 7, "sales", "made the group sales".into());
    let mut event = change.with_details(json!({ "a": [1, "b"] })).at(key, 1000 + key, &origin);
    event.process_id = Some("order".into());
    event.instance_key = Some(9);
    event
}

/// Runs a check on the tables of both sets, on both databases.
fn for_each_table(check: impl Fn(&Database)) {
    let folder = Folder::new();
    for set in [Set::System, Set::Domain] {
        let file = folder.0.join(set.name());
        let sqlite = Database::open_sqlite(Path::new(&file), &Options::default());
        let postgres = Database::open_postgres(&PostgresOptions::new(fresh_database()));
        for database in [sqlite, postgres] {
            let database = database.expect("a fresh database opens");
            database.migrate(set, 0).expect("the migrations are right");
            check(&database);
        }
    }
}

#[test]
fn events_are_read_as_they_were_written_from_both_ends() {
    for_each_table(|database| {
        let written: Result<(), StoreError> = database.write_blocking(|sql| {
            audit::record(sql, &event(1))?;
            audit::record_all(sql, &[event(2), event(3)])
        });
        written.expect("the keys are new");
        let read: Result<_, StoreError> = database.read_blocking(|sql| {
            Ok((
                audit::list_after(sql, 1, 10)?,
                audit::list_before(sql, i64::MAX, 2)?,
                audit::load(sql, 1)?,
            ))
        });
        let (after, before, one) = read.expect("events can be read");
        assert_eq!(after, [event(2), event(3)]);
        assert_eq!(before, [event(3), event(2)]);
        assert_eq!(one, event(1));
    });
}

#[test]
fn an_event_is_undone_with_its_change() {
    for_each_table(|database| {
        let undone: Result<(), StoreError> = database.write_blocking(|sql| {
            audit::record(sql, &event(1))?;
            Err(StoreError::Corrupt("the change failed".into()))
        });
        undone.expect_err("it was said to fail");
        let missing: Result<_, StoreError> =
            database.read_blocking(|sql| audit::load(sql, 1).map(|_| ()));
        let message = missing.expect_err("nothing was written").to_string();
        assert_eq!(message, "corrupt data: audit event 1 is missing");
    });
}
