//! Migrations are applied once, in order; a history we don't know stops everything.

use flowstead::platform::store::{
    Database, Dialect, Migration, Set, Sql, StoreError, migrate_schema,
};

use super::{for_each_place, query};

fn migration(version: i64, name: &str, ddl: &str) -> Migration {
    Migration { version, name: name.to_owned(), ddl: ddl.to_owned() }
}

fn first_two() -> Vec<Migration> {
    vec![
        migration(1, "one", "CREATE TABLE a__one (key INTEGER PRIMARY KEY, name TEXT) STRICT;"),
        migration(2, "two", "CREATE TABLE a__two (key INTEGER PRIMARY KEY) STRICT; -- done"),
    ]
}

fn history(database: &Database) -> Vec<(String, i64, String, i64)> {
    let text = "SELECT schema_name, version, name, applied_at FROM sys_schemas__history
                ORDER BY schema_name, version";
    let rows = query(database, text, &[]);
    let read = |row: &flowstead::platform::store::Row| -> Result<_, StoreError> {
        Ok((row.text(0)?.to_owned(), row.integer(1)?, row.text(2)?.to_owned(), row.integer(3)?))
    };
    rows.iter().map(|row| read(row).expect("the history is typed")).collect()
}

fn message(result: Result<usize, StoreError>) -> String {
    match result {
        Err(StoreError::Unusable(text)) => text,
        other => panic!("expected unusable, found {other:?}"),
    }
}

#[test]
fn each_migration_is_applied_once() {
    for_each_place(|place| {
        let database = place.open();
        assert_eq!(database.migrate_with("a", first_two()[..1].to_vec(), 5), Ok(1));
        assert_eq!(database.migrate_with("a", first_two(), 6), Ok(1));
        assert_eq!(database.migrate_with("a", first_two(), 7), Ok(0));
        let expected = [("a", 1, "one", 5), ("a", 2, "two", 6)];
        let expected = expected.map(|(a, b, c, d)| (a.to_owned(), b, c.to_owned(), d));
        assert_eq!(history(&database), expected);
        assert_eq!(query(&database, "SELECT count(*) FROM a__two", &[])[0].integer(0), Ok(0));
    });
}

#[test]
fn a_newer_history_is_refused_and_nothing_changes() {
    for_each_place(|place| {
        let database = place.open();
        database.migrate_with("a", first_two(), 5).expect("the migrations are right");
        let text = message(database.migrate_with("a", first_two()[..1].to_vec(), 6));
        assert_eq!(
            text,
            "the schema a was migrated by a newer Flowstead (version 2, this one knows up to 1); \
             start that version, or restore a backup"
        );
        assert_eq!(history(&database).len(), 2);
    });
}

#[test]
fn a_changed_text_is_refused_and_nothing_changes() {
    for_each_place(|place| {
        let database = place.open();
        database.migrate_with("a", first_two(), 5).expect("the migrations are right");
        let mut changed = first_two();
        changed[0].ddl.push(' ');
        changed.push(migration(3, "three", "CREATE TABLE a__three (key INTEGER) STRICT;"));
        let text = message(database.migrate_with("a", changed, 6));
        assert!(text.contains("another text of version 1 (one)"), "{text}");
        assert_eq!(history(&database).len(), 2);
    });
}

#[test]
fn a_failing_migration_leaves_the_ones_before() {
    for_each_place(|place| {
        let database = place.open();
        let mut failing = first_two();
        failing[1].ddl =
            "CREATE TABLE a__two (key INTEGER) STRICT; CREATE TABLE a__two;".to_owned();
        let failed = database.migrate_with("a", failing, 5);
        assert!(matches!(failed, Err(StoreError::Driver(_))), "{failed:?}");
        assert_eq!(history(&database).len(), 1);
        assert_eq!(database.migrate_with("a", first_two(), 6), Ok(1));
    });
}

#[test]
fn a_gap_is_refused() {
    for_each_place(|place| {
        let database = place.open();
        let text = message(database.migrate_with("a", first_two()[1..].to_vec(), 5));
        assert!(text.contains("jump to version 2 where 1 was expected"), "{text}");
    });
}

#[test]
fn several_nodes_may_migrate_at_once() {
    for_each_place(|place| {
        let database = place.open();
        let applied: usize = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| database.migrate_with("a", first_two(), 5)))
                .collect();
            nodes.into_iter().map(|node| node.join().expect("it ran").expect("it works")).sum()
        });
        assert_eq!(applied, 2);
    });
}

/// What the first start of an instance does: its process's schema and a row, in one transaction.
fn start(sql: &mut dyn Sql, schema: &str) -> Result<usize, StoreError> {
    let ddl = format!(
        "CREATE TABLE {schema}__journal (key INTEGER PRIMARY KEY, turn TEXT NOT NULL) STRICT;
         CREATE INDEX {schema}__journal_by_turn ON {schema}__journal (turn);"
    );
    let applied = migrate_schema(sql, schema, &[migration(1, "process", &ddl)], 9)?;
    let insert = format!("INSERT INTO {schema}__journal (key, turn) VALUES (?1, 'started')");
    sql.execute(&insert, &[1.into()])?;
    Ok(applied)
}

#[test]
fn a_process_schema_is_made_in_the_transaction_that_needs_it() {
    for_each_place(|place| {
        let database = place.open();
        database.migrate(Set::Domain, 5).expect("the embedded migrations are right");
        let undone: Result<(), StoreError> = database.write_blocking(|sql| {
            start(sql, "p_order")?;
            Err(StoreError::Busy("on purpose".to_owned()))
        });
        assert_eq!(undone, Err(StoreError::Busy("on purpose".to_owned())));
        assert_eq!(database.write_blocking(|sql| start(sql, "p_order")), Ok(1));
        assert_eq!(database.write_blocking(|sql| start(sql, "p_invoice")), Ok(1));
        let again = "INSERT INTO p_order__journal (key, turn) VALUES (2, 'again')";
        database.write_blocking(|sql| sql.execute(again, &[])).expect("the table is there");
        let rows = query(&database, "SELECT turn FROM p_order__journal ORDER BY key", &[]);
        assert_eq!(rows.len(), 2);
        assert!(history(&database).iter().any(|line| line.0 == "p_invoice" && line.3 == 9));
    });
}

#[test]
fn the_embedded_sets_are_numbered_alike_for_both_databases() {
    for set in [Set::System, Set::Domain] {
        let read = |dialect| -> Vec<(i64, String)> {
            let migrations = set.migrations(dialect).expect("the files are named right");
            migrations.into_iter().map(|it| (it.version, it.name)).collect()
        };
        let sqlite = read(Dialect::Sqlite);
        assert_eq!(sqlite, read(Dialect::Postgres));
        assert!(sqlite.iter().map(|it| it.0).eq(1..=i64::try_from(sqlite.len()).expect("few")));
    }
}

#[test]
fn the_embedded_sets_apply() {
    for set in [Set::System, Set::Domain] {
        for_each_place(|place| {
            let database = place.open();
            let known = set.migrations(database.dialect()).expect("the files are named right");
            assert_eq!(database.migrate(set, 5), Ok(known.len()), "{}", set.name());
            assert_eq!(database.migrate(set, 6), Ok(0));
        });
    }
}
