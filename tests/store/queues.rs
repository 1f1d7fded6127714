//! A full queue makes callers wait, then refuses; what was accepted is carried out.

use std::sync::mpsc;
use std::thread;

use flowstead::platform::store::StoreError;

use super::{for_each_place, insert_item, keys, make_items};

#[test]
fn a_full_queue_is_busy_and_loses_nothing() {
    for_each_place(|place| {
        let database = place.open_with(2, 1);
        make_items(&database);
        let (started, has_started) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let holder = database.clone();
        let holder = thread::spawn(move || {
            holder.write_blocking::<_, StoreError, _>(move |_| {
                started.send(()).expect("the test waits");
                held.recv().expect("the test releases");
                Ok(())
            })
        });
        has_started.recv().expect("the holder starts");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime can be built").block_on(async {
            let accepted: Vec<_> = (1..=2)
                .map(|key| tokio::spawn(database.write(move |sql| insert_item(sql, key))))
                .collect();
            tokio::task::yield_now().await;
            let refused = database.write(|sql| insert_item(sql, 3)).await;
            assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
            let refused = database.write_blocking(|sql| insert_item(sql, 4));
            assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
            release.send(()).expect("the holder waits");
            for task in accepted {
                assert_eq!(task.await.expect("the task ran"), Ok(1));
            }
        });
        holder.join().expect("the holder ran").expect("the holder commits");
        assert_eq!(keys(&database), [1, 2]);
    });
}

#[test]
fn a_caller_waits_for_room() {
    for_each_place(|place| {
        let database = place.open_with(1, 1);
        make_items(&database);
        thread::scope(|scope| {
            for key in 0..40 {
                let database = &database;
                scope.spawn(move || {
                    let mut done = Err(StoreError::Busy(String::new()));
                    while matches!(done, Err(StoreError::Busy(_))) {
                        done = database.write_blocking(move |sql| insert_item(sql, key));
                    }
                    assert_eq!(done, Ok(1));
                });
            }
        });
        assert_eq!(keys(&database).len(), 40);
    });
}

#[test]
fn dropping_the_database_carries_out_what_was_accepted() {
    for_each_place(|place| {
        let database = place.open_with(100, 1);
        make_items(&database);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime can be built").block_on(async {
            for key in 0..50 {
                drop(tokio::spawn(database.write(move |sql| insert_item(sql, key))));
            }
            tokio::task::yield_now().await;
        });
        drop(database);
        assert_eq!(keys(&place.open()).len(), 50);
    });
}
