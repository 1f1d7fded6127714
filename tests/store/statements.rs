//! One text for both databases: values, names, lists and many rows at once.

use flowstead::platform::store::{Database, Row, StoreError, Value};

use super::{Dialect, for_each_database, insert_item, query, script};

const THINGS: &str = "
    CREATE TABLE sys_test__things (
        key INTEGER PRIMARY KEY,
        rev INTEGER NOT NULL DEFAULT 1,
        name TEXT,
        size REAL,
        body BLOB
    ) STRICT;
    CREATE UNIQUE INDEX sys_test__things_by_name ON sys_test__things (name);";

#[test]
fn values_come_back_as_they_went() {
    for_each_database(|database| {
        script(database, THINGS);
        let rows = [
            vec![
                i64::MAX.into(),
                "grüße 😀 'quoted' \\ \"x\"".into(),
                0.1.into(),
                vec![0, 255].into(),
            ],
            vec![i64::MIN.into(), "".into(), f64::MAX.into(), Vec::new().into()],
            vec![0.into(), Value::Null, Value::Null, Value::Null],
            vec![7.into(), "x".repeat(100_000).into(), f64::MIN_POSITIVE.into(), vec![7; 9].into()],
        ];
        let insert = "INSERT INTO sys_test__things (key, name, size, body) VALUES (?1, ?2, ?3, ?4)";
        for row in rows.clone() {
            let inserted = database.write_blocking(move |sql| sql.execute(insert, &row));
            assert_eq!(inserted, Ok(1));
        }
        for row in rows {
            let select = "SELECT key, name, size, body FROM sys_test__things WHERE key = ?1";
            assert_eq!(query(database, select, &row[..1]), [Row(row)]);
        }
    });
}

#[test]
fn expressions_come_back_alike() {
    for_each_database(|database| {
        script(database, "INSERT INTO item (key, body) VALUES (1, 'a'), (2, 'B'), (3, 'c');");
        let sums = "SELECT count(*) > 2, sum(key), CAST(?1 AS INTEGER), max(body), sum(key) > ?2,
                    avg(key) > 1.5 FROM item";
        let row = &query(database, sums, &[i64::MAX.into(), 5.into()])[0];
        assert_eq!(row.boolean(0), Ok(true));
        assert_eq!(row.integer(1), Ok(6));
        assert_eq!(row.integer(2), Ok(i64::MAX));
        // Bytes decide: an English order would call B the second and agree on c, but not below.
        assert_eq!(row.text(3), Ok("c"));
        assert_eq!(row.boolean(4), Ok(true));
        assert_eq!(row.boolean(5), Ok(true));
        let ordered = query(database, "SELECT body FROM item ORDER BY body LIMIT ?1", &[3.into()]);
        let ordered: Vec<_> = ordered.iter().map(|row| row.text(0)).collect();
        assert_eq!(ordered, [Ok("B"), Ok("a"), Ok("c")]);
    });
}

#[test]
fn sums_and_averages_are_read() {
    for_each_database(|database| {
        script(database, "INSERT INTO item (key, body) VALUES (-10001, 'a'), (20002, 'b');");
        for (text, expected) in [
            ("SELECT sum(key) * 10000 FROM item", Value::Integer(100_010_000)),
            ("SELECT sum(key) - 100000000 FROM item", Value::Integer(-99_989_999)),
            ("SELECT avg(key) FROM item", Value::Real(5000.5)),
            ("SELECT sum(key) - sum(key) FROM item", Value::Integer(0)),
            ("SELECT avg(key) / -1000000.0 FROM item", Value::Real(-0.005_000_5)),
        ] {
            assert_eq!(query(database, text, &[]), [Row(vec![expected])], "{text}");
        }
    });
}

#[test]
fn lists_are_parameters() {
    for_each_database(|database| {
        script(database, "INSERT INTO item (key, body) VALUES (1, 'a'), (2, 'b\"'), (3, 'c');");
        let found = |text, list| -> Vec<i64> {
            query(database, text, &[list])
                .iter()
                .map(|row| row.integer(0).expect("a key"))
                .collect()
        };
        let by_key =
            "SELECT key FROM item WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY 1";
        assert_eq!(found(by_key, Value::integers([3, 1, 9])), [1, 3]);
        assert_eq!(found(by_key, Value::integers([])), [0; 0]);
        let by_body =
            "SELECT key FROM item WHERE body NOT IN (SELECT value FROM json_each(?1)) ORDER BY 1";
        assert_eq!(found(by_body, Value::texts(["b\"", "zz"])), [1, 3]);
    });
}

#[test]
fn names_are_rewritten_outside_of_texts() {
    for_each_database(|database| {
        script(database, THINGS);
        let named = "INSERT INTO sys_test__things (key, name) VALUES (?2, 'sys__x ?1 ' || ?1)
                     RETURNING name -- a?3 b__c";
        let returned = database.write_blocking(|sql| sql.query(named, &["y".into(), 5.into()]));
        assert_eq!(returned, Ok(vec![Row(vec!["sys__x ?1 y".into()])]));
        let qualified = "SELECT sys_test__things.name FROM sys_test__things";
        assert_eq!(query(database, qualified, &[])[0].text(0), Ok("sys__x ?1 y"));
        script(database, "ALTER TABLE sys_test__things RENAME TO sys_test__others;");
        assert_eq!(
            query(database, "SELECT count(*) FROM sys_test__others", &[])[0].integer(0),
            Ok(1)
        );
    });
}

#[test]
fn a_wrong_number_of_parameters_is_an_error() {
    for_each_database(|database| {
        for parameters in [vec![], vec![1.into()], vec![1.into(), "b".into(), 3.into()]] {
            let insert = "INSERT INTO item (key, body) VALUES (?1, ?2)";
            let many = vec![parameters.clone(), parameters.clone()];
            let result = database.write_blocking(move |sql| sql.execute(insert, &parameters));
            assert!(matches!(result, Err(StoreError::Driver(_))), "{result:?}");
            let result = database.write_blocking(move |sql| sql.execute_each(insert, &many));
            assert!(matches!(result, Err(StoreError::Driver(_))), "{result:?}");
        }
    });
}

#[test]
fn a_row_of_another_shape_is_corrupt() {
    let row = Row(vec![1.into(), Value::Null, "x".into()]);
    for (result, expected) in [
        (row.text(0).map(|_| ()), "column 0: expected text, found an integer"),
        (row.integer(1).map(|_| ()), "column 1: expected an integer, found NULL"),
        (row.boolean(2).map(|_| ()), "column 2: expected 0 or 1, found text"),
        (row.blob(3).map(|_| ()), "column 3: the row has 3 columns"),
        (row.optional_integer(2).map(|_| ()), "column 2: expected an integer, found text"),
    ] {
        assert_eq!(result, Err(StoreError::Corrupt(expected.to_owned())));
    }
    assert_eq!(row.optional_text(1), Ok(None));
    assert_eq!(row.boolean(0), Ok(true));
}

fn each(database: &Database, text: &'static str, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
    database.write_blocking(move |sql| sql.execute_each(text, &rows))
}

fn things(database: &Database) -> Vec<(i64, i64, Option<String>)> {
    let rows = query(database, "SELECT key, rev, name FROM sys_test__things ORDER BY key", &[]);
    let read = |row: &Row| -> Result<_, StoreError> {
        Ok((row.integer(0)?, row.integer(1)?, row.optional_text(2)?.map(str::to_owned)))
    };
    rows.iter().map(|row| read(row).expect("the columns are typed")).collect()
}

#[test]
fn many_rows_are_inserted_updated_and_deleted() {
    for_each_database(|database| {
        script(database, THINGS);
        let insert =
            "INSERT INTO sys_test__things (key, rev, name, size, body) VALUES (?1, 1, ?2, ?3, ?4)";
        let row = |key: i64| -> Vec<Value> {
            let name = (key % 2 == 0).then(|| format!("n{key}"));
            vec![key.into(), name.into(), 0.5.into(), vec![1, 2].into()]
        };
        assert_eq!(each(database, insert, (1..=100).map(row).collect()), Ok(100));
        assert_eq!(each(database, insert, Vec::new()), Ok(0));
        assert_eq!(each(database, insert, vec![row(101)]), Ok(1));
        let update =
            "UPDATE sys_test__things SET rev = rev + 1, name = ?2 WHERE key = ?1 AND rev = ?3";
        let rows = vec![
            vec![1.into(), "one".into(), 1.into()],
            vec![2.into(), Value::Null, 1.into()],
            vec![3.into(), "three".into(), 9.into()],
            vec![500.into(), "none".into(), 1.into()],
        ];
        assert_eq!(each(database, update, rows), Ok(2));
        let delete = "DELETE FROM sys_test__things WHERE key = ?1";
        assert_eq!(each(database, delete, (4..=300).map(|key| vec![key.into()]).collect()), Ok(98));
        let left = [(1, 2, Some("one".to_owned())), (2, 2, None), (3, 1, None)];
        assert_eq!(things(database), left);
    });
}

#[test]
fn rows_that_meet_the_same_row_take_their_turns() {
    for_each_database(|database| {
        script(database, THINGS);
        let upsert = "INSERT INTO sys_test__things (key, name) VALUES (?1, ?2)
                      ON CONFLICT (key) DO UPDATE
                      SET name = excluded.name, rev = sys_test__things.rev + 1";
        let row = |key: i64, name: &str| vec![Value::from(key), Value::from(name)];
        let rows = vec![row(1, "a"), row(2, "b"), row(1, "c")];
        assert_eq!(each(database, upsert, rows), Ok(3));
        assert_eq!(each(database, upsert, vec![row(2, "d"), row(3, "e")]), Ok(2));
        let update = "UPDATE sys_test__things SET rev = rev + ?2 WHERE key = ?1";
        let rows = vec![vec![3.into(), 10.into()], vec![3.into(), 100.into()]];
        assert_eq!(each(database, update, rows), Ok(2));
        let skip =
            "INSERT INTO sys_test__things (key, name) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
        assert_eq!(each(database, skip, vec![row(4, "f"), row(4, "g"), row(1, "h")]), Ok(1));
        let expected = [(1, 2, "c"), (2, 2, "d"), (3, 111, "e"), (4, 1, "f")];
        let expected = expected.map(|(key, rev, name)| (key, rev, Some(name.to_owned())));
        assert_eq!(things(database), expected);
    });
}

#[test]
fn many_rows_are_found_by_text() {
    for_each_database(|database| {
        script(database, THINGS);
        script(database, "INSERT INTO sys_test__things (key, name) VALUES (1, 'a'), (2, 'b');");
        let update = "UPDATE sys_test__things SET rev = ?2 WHERE name = ?1";
        let rows = vec![vec!["a".into(), 7.into()], vec!["b".into(), 8.into()]];
        assert_eq!(each(database, update, rows), Ok(2));
        let expected = [(1, 7, Some("a".to_owned())), (2, 8, Some("b".to_owned()))];
        assert_eq!(things(database), expected);
    });
}

#[test]
fn a_condition_that_one_row_changes_for_the_next_is_seen() {
    for_each_database(|database| {
        script(database, THINGS);
        script(database, "INSERT INTO sys_test__things (key, rev) VALUES (1, 1), (2, 5);");
        let step = "UPDATE sys_test__things SET rev = ?2 WHERE rev = ?1";
        let rows =
            vec![vec![1.into(), 2.into()], vec![2.into(), 3.into()], vec![3.into(), 4.into()]];
        assert_eq!(each(database, step, rows), Ok(3));
        assert_eq!(things(database), [(1, 4, None), (2, 5, None)]);
    });
}

#[test]
fn a_conflict_among_many_rows_undoes_them_all() {
    for_each_database(|database| {
        let insert = "INSERT INTO item (key, body) VALUES (?1, 'b')";
        let result = each(database, insert, vec![vec![1.into()], vec![2.into()], vec![1.into()]]);
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
        assert_eq!(super::keys(database), [0; 0]);
    });
}

#[test]
fn a_changed_table_heals_after_one_retry() {
    for_each_database(|database| {
        database.write_blocking(|sql| insert_item(sql, 1)).expect("the key is free");
        let all = "SELECT * FROM item";
        assert_eq!(query(database, all, &[])[0].0.len(), 2);
        script(database, "ALTER TABLE item ADD COLUMN extra INTEGER;");
        let read = || -> Result<Vec<Row>, StoreError> {
            database.read_blocking(move |sql| sql.query(all, &[]))
        };
        // On PostgreSQL each connection may find its prepared statement unfit once.
        let widths: Vec<_> =
            (0..9).filter_map(|_| read().ok()).map(|rows| rows[0].0.len()).collect();
        assert!(widths.len() >= 5 && widths.iter().all(|width| *width == 3), "{widths:?}");
    });
}

#[test]
fn a_closure_can_tell_the_database() {
    for_each_database(|database| {
        let expected: Dialect = database.dialect();
        let seen: Result<Dialect, StoreError> = database.read_blocking(|sql| Ok(sql.dialect()));
        assert_eq!(seen, Ok(expected));
    });
}
