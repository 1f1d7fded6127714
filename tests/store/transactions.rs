//! A closure is a transaction: all of it or nothing, answered after the commit.

use std::sync::mpsc;
use std::thread;

use flowstead::platform::store::{Database, Dialect, Sql, StoreError};

use super::{for_each_database, for_each_place, insert_item, keys, make_items, script};

#[derive(Debug, PartialEq)]
enum Failure {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Closure = Box<dyn FnOnce(&mut dyn Sql) -> Result<(), Failure> + Send>;

/// Submits closures while the database is held up, so that on SQLite they share one commit.
/// The last result is that of the closure that held it up, which shares the commit, too.
fn submit_together(database: &Database, closures: Vec<Closure>) -> Vec<Result<(), Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime can be built").block_on(async {
        let (release, held) = mpsc::channel::<()>();
        let holder = database.write(move |_| held.recv().map_err(|_| Failure::Refused));
        let holder = tokio::spawn(holder);
        let waiting: Vec<_> =
            closures.into_iter().map(|closure| tokio::spawn(database.write(closure))).collect();
        // Lets every task above reach the queue before the writer goes on.
        tokio::task::yield_now().await;
        release.send(()).expect("the holder waits");
        let mut results = Vec::new();
        for task in waiting {
            results.push(task.await.expect("the task ran"));
        }
        results.push(holder.await.expect("the task ran"));
        results
    })
}

#[test]
fn a_rollback_leaves_its_neighbours() {
    for_each_database(|database| {
        let results = submit_together(
            database,
            vec![
                Box::new(|sql| Ok(insert_item(sql, 1).map(|_| ())?)),
                Box::new(|sql| {
                    insert_item(sql, 2)?;
                    Err(Failure::Refused)
                }),
                Box::new(|sql| Ok(insert_item(sql, 3).map(|_| ())?)),
            ],
        );
        assert_eq!(results, [Ok(()), Err(Failure::Refused), Ok(()), Ok(())]);
        assert_eq!(keys(database), [1, 3]);
    });
}

#[test]
fn a_failed_statement_leaves_its_neighbours() {
    for_each_database(|database| {
        let results = submit_together(
            database,
            vec![
                Box::new(|sql| Ok(insert_item(sql, 1).map(|_| ())?)),
                Box::new(|sql| {
                    insert_item(sql, 2)?;
                    Ok(sql.execute("INSERT INTO item (key) VALUES (2, 3)", &[]).map(|_| ())?)
                }),
                Box::new(|sql| Ok(insert_item(sql, 3).map(|_| ())?)),
            ],
        );
        assert!(matches!(results[1], Err(Failure::Store(StoreError::Driver(_)))), "{results:?}");
        assert_eq!(keys(database), [1, 3]);
    });
}

#[test]
fn a_failed_commit_fails_everyone_in_it() {
    for_each_place(|place| {
        let database = place.open();
        make_items(&database);
        script(
            &database,
            "CREATE TABLE late (key INTEGER PRIMARY KEY, item_key INTEGER NOT NULL
                 REFERENCES item (key) DEFERRABLE INITIALLY DEFERRED) STRICT;",
        );
        let results = submit_together(
            &database,
            vec![
                Box::new(|sql| Ok(insert_item(sql, 1).map(|_| ())?)),
                Box::new(|sql| {
                    let late = "INSERT INTO late (key, item_key) VALUES (1, 99)";
                    Ok(sql.execute(late, &[]).map(|_| ())?)
                }),
            ],
        );
        let is_conflict = |result: &Result<(), Failure>| {
            matches!(result, Err(Failure::Store(StoreError::Conflict(_))))
        };
        assert!(is_conflict(&results[1]), "{results:?}");
        // Only SQLite lets several closures share a commit.
        let is_shared = database.dialect() == Dialect::Sqlite;
        assert_eq!(is_conflict(&results[0]), is_shared, "{results:?}");
        assert_eq!(is_conflict(&results[2]), is_shared, "{results:?}");
        assert_eq!(keys(&database).is_empty(), is_shared);
    });
}

#[test]
fn a_swallowed_error_still_rolls_back() {
    for_each_database(|database| {
        let result: Result<(), StoreError> = database.write_blocking(|sql| {
            insert_item(sql, 1)?;
            assert!(insert_item(sql, 1).is_err(), "the key is taken");
            assert!(insert_item(sql, 2).is_err(), "the transaction has failed already");
            Ok(())
        });
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
        assert_eq!(keys(database), [0; 0]);
    });
}

#[test]
fn an_attempt_may_fail_alone() {
    for_each_database(|database| {
        let result: Result<(), StoreError> = database.write_blocking(|sql| {
            insert_item(sql, 1)?;
            let failed = sql.attempt(&mut |sql| {
                insert_item(sql, 2)?;
                insert_item(sql, 1).map(|_| ())
            });
            assert!(matches!(failed, Err(StoreError::Conflict(_))), "{failed:?}");
            sql.attempt(&mut |sql| {
                insert_item(sql, 3)?;
                let inner = sql.attempt(&mut |sql| {
                    insert_item(sql, 4)?;
                    Err(StoreError::Corrupt("anything".to_owned()))
                });
                assert_eq!(inner, Err(StoreError::Corrupt("anything".to_owned())));
                Ok(())
            })
        });
        assert_eq!(result, Ok(()));
        assert_eq!(keys(database), [1, 3]);
    });
}

#[test]
fn a_panic_rolls_back_and_the_next_one_works() {
    for_each_database(|database| {
        let results = submit_together(
            database,
            vec![
                Box::new(|sql| Ok(insert_item(sql, 1).map(|_| ())?)),
                Box::new(|sql| {
                    insert_item(sql, 2)?;
                    panic!("a panic on purpose");
                }),
                Box::new(|sql| Ok(insert_item(sql, 3).map(|_| ())?)),
            ],
        );
        let Err(Failure::Store(StoreError::Driver(text))) = &results[1] else {
            panic!("expected a driver failure, found {:?}", results[1]);
        };
        assert!(text.contains("a panic on purpose"), "{text}");
        assert_eq!(keys(database), [1, 3]);
    });
}

#[test]
fn a_panicking_read_is_an_error_and_the_next_one_works() {
    for_each_place(|place| {
        let database = place.open_with(16, 1);
        make_items(&database);
        let result: Result<(), StoreError> = database.read_blocking(|_| panic!("on purpose"));
        assert!(matches!(result, Err(StoreError::Driver(_))), "{result:?}");
        assert_eq!(keys(&database), [0; 0]);
    });
}

#[test]
fn what_was_answered_is_there_after_opening_again() {
    for_each_place(|place| {
        let database = place.open();
        make_items(&database);
        database.write_blocking(|sql| insert_item(sql, 7)).expect("the key is free");
        drop(database);
        assert_eq!(keys(&place.open()), [7]);
    });
}

#[test]
fn a_violated_constraint_is_a_conflict() {
    for_each_database(|database| {
        script(
            database,
            "CREATE TABLE part (key INTEGER PRIMARY KEY, item_key INTEGER NOT NULL
                 REFERENCES item (key), code TEXT NOT NULL UNIQUE) STRICT;
             INSERT INTO item (key, body) VALUES (1, 'b');
             INSERT INTO part (key, item_key, code) VALUES (1, 1, 'a');",
        );
        for statement in [
            "INSERT INTO part (key, item_key, code) VALUES (1, 1, 'b')",
            "INSERT INTO part (key, item_key, code) VALUES (2, 1, 'a')",
            "INSERT INTO part (key, item_key, code) VALUES (2, 9, 'b')",
            "DELETE FROM item WHERE key = 1",
        ] {
            let result = database.write_blocking(|sql| sql.execute(statement, &[]));
            assert!(matches!(result, Err(StoreError::Conflict(_))), "{statement}: {result:?}");
        }
        let missing = "INSERT INTO part (key, item_key) VALUES (2, 1)";
        let result = database.write_blocking(|sql| sql.execute(missing, &[]));
        assert!(matches!(result, Err(StoreError::Driver(_))), "{result:?}");
    });
}

#[test]
fn concurrent_writers_lose_nothing() {
    for_each_database(|database| {
        database.write_blocking(|sql| insert_item(sql, 0)).expect("the key is free");
        script(database, "UPDATE item SET body = '0' WHERE key = 0;");
        thread::scope(|scope| {
            for writer in 0..16 {
                scope.spawn(move || {
                    for number in 0..25 {
                        let key = 1 + writer * 25 + number;
                        let done = database.write_blocking(move |sql| add_one(sql, key));
                        done.expect("no writer fails");
                    }
                });
            }
        });
        let rows = super::query(database, "SELECT body FROM item WHERE key = 0", &[]);
        assert_eq!(rows[0].text(0), Ok("400"));
        assert_eq!(keys(database), (0..=400).collect::<Vec<_>>());
    });
}

/// Reads, adds and writes back: lost unless writers exclude each other.
fn add_one(sql: &mut dyn Sql, key: i64) -> Result<(), StoreError> {
    let rows = sql.query("SELECT body FROM item WHERE key = 0 /*postgres FOR UPDATE */", &[])?;
    let count: i64 = rows[0].text(0)?.parse().expect("the body is a number");
    let body = (count + 1).to_string();
    sql.execute("UPDATE item SET body = ?1 WHERE key = 0", &[body.into()])?;
    insert_item(sql, key).map(|_| ())
}

#[test]
fn a_read_sees_one_snapshot_and_changes_nothing() {
    for_each_database(|database| {
        let writer = database.clone();
        let counts: Result<_, StoreError> = database.read_blocking(move |sql| {
            let count = "SELECT count(*) FROM item";
            let before = sql.query(count, &[])?;
            let done = thread::spawn(move || writer.write_blocking(|sql| insert_item(sql, 1)));
            done.join().expect("the writer ran")?;
            Ok((before, sql.query(count, &[])?))
        });
        let (before, after) = counts.expect("reading works beside a writer");
        assert_eq!(before, after);
        assert_eq!(keys(database), [1]);
        let refused = database.read_blocking(|sql| insert_item(sql, 2));
        assert!(matches!(refused, Err(StoreError::Driver(_))), "{refused:?}");
        assert_eq!(keys(database), [1]);
    });
}

#[test]
fn a_lost_connection_is_replaced() {
    let url = crate::support::postgres::fresh_database();
    let place = super::Place::Postgres(url.clone());
    let database = place.open_with(16, 1);
    make_items(&database);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    crate::support::postgres::run_sql(&url, cut);
    database.write_blocking(|sql| insert_item(sql, 1)).expect("a new connection is made");
    let lost = database.write_blocking(move |sql| {
        insert_item(sql, 2)?;
        crate::support::postgres::run_sql(&url, cut);
        insert_item(sql, 3)
    });
    assert!(matches!(lost, Err(StoreError::Busy(_))), "{lost:?}");
    assert_eq!(keys(&database), [1]);
}
