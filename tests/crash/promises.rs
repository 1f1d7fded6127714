//! What must be true of a folder whose server was killed, read from the database itself.
//!
//! Knows the tables, as a person with an SQL client does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flowstead::core::engine::{self, Event, InstanceState, ProcessInstance};
use flowstead::platform::config::SearchConfig;
use flowstead::platform::search::{Opened, Query, SearchIndex};
use flowstead::platform::store::{Database, Options, Row, Sql, StoreError};
use flowstead::services::execution::{Definitions, find_instance, list_turns};

use super::load::Acknowledged;
use crate::support::server::Server;

/// The index follows by itself: once it has the newest start, it has all that came before.
pub(crate) fn search_has_caught_up(server: &Server, acknowledged: &Acknowledged) {
    let newest = acknowledged.read(|it| {
        let newest = it.starts.iter().max_by_key(|(_, key)| key.parse::<i64>().ok());
        newest.map(|(id, key)| (id.clone(), key.clone())).expect("something was started")
    });
    let (id, key) = newest;
    server.wait_for(&format!("/api/v1/search?kind=instance&q={id}"), |hits| {
        hits.as_array().is_some_and(|hits| hits.iter().any(|hit| hit["key"] == key.as_str()))
    });
}

/// Every instance of the tables is in the index.
fn search_has_everything(folder: &Path, instances: usize) {
    let opened = SearchIndex::open(&folder.join("search"), &SearchConfig::default());
    let (index, state) = opened.expect("the index opens");
    assert_eq!(state, Opened::AsItWas, "the index was not damaged");
    let query = Query { kinds: vec!["instance".to_owned()], limit: 1, ..Query::default() };
    let page = index.search(&query).expect("the index can be searched");
    assert_eq!(page.total, instances, "the index has every instance");
}

/// Checks every promise against the folder of a server that has stopped.
pub(crate) fn check(folder: &Path, acknowledged: &Acknowledged) {
    let database = Database::open_sqlite(&folder.join("main.db"), &Options::default());
    let database = database.expect("the database opens");
    let keys = query(&database, "SELECT key FROM work__instances ORDER BY key");
    let keys: Vec<i64> = keys.iter().map(|row| row.integer(0).expect("a key")).collect();
    let definitions = Definitions::default();
    let mut facts = Facts::default();
    for key in &keys {
        let definitions = definitions.clone();
        let key = *key;
        let read = move |sql: &mut dyn Sql| fold(sql, &definitions, key);
        let (stored, folded, events) = database.read_blocking(read).expect("the journal reads");
        assert_eq!(stored, folded, "the journal of {key} folds to its stored state");
        assert_eq!(folded.state, InstanceState::Completed, "instance {key} has ended");
        facts.add(key, &events);
    }
    acknowledged.read(|it| {
        let known: BTreeSet<String> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(
            known.len(),
            it.starts.len(),
            "every start, sent once or again, is one instance"
        );
        for (id, key) in &it.starts {
            assert!(known.contains(key), "the acknowledged start of {id} as {key} is lost");
        }
        for key in &it.jobs {
            let key: i64 = key.parse().expect("a key is a number");
            assert!(facts.jobs.contains_key(&key), "the acknowledged completion of {key} is lost");
        }
    });
    facts.check();
    nothing_is_left(&database);
    search_has_everything(folder, keys.len());
}

type Folded = (ProcessInstance, ProcessInstance, Vec<Event>);

/// The state as the program reads it, as the whole journal gives it, and all events.
fn fold(sql: &mut dyn Sql, definitions: &Definitions, key: i64) -> Result<Folded, StoreError> {
    let (stored, deployed) =
        find_instance(sql, definitions, key)?.expect("a listed instance can be read");
    let mut folded = ProcessInstance::empty();
    let mut events = Vec::new();
    for record in list_turns(sql, &deployed, key)? {
        record.events.iter().for_each(|event| engine::apply(&mut folded, event));
        events.extend(record.events);
    }
    Ok((stored, folded, events))
}

/// How often each thing happened, by its key.
#[derive(Default)]
struct Facts {
    jobs: BTreeMap<i64, u32>,
    timers: BTreeMap<i64, u32>,
    /// By subscription: a message of its own for each instance.
    messages: BTreeMap<i64, u32>,
    instances: u32,
}

impl Facts {
    fn add(&mut self, instance_key: i64, events: &[Event]) {
        self.instances += 1;
        for event in events {
            let (counts, key) = match event {
                Event::JobCompleted { key } => (&mut self.jobs, *key),
                Event::TimerFired { key } => (&mut self.timers, *key),
                Event::MessageCorrelated { .. } => (&mut self.messages, instance_key),
                _ => continue,
            };
            *counts.entry(key).or_default() += 1;
        }
    }

    /// Every instance has two jobs, a timer and a message, each exactly once.
    fn check(&self) {
        for (what, counts, each) in [
            ("job completion", &self.jobs, 2),
            ("timer", &self.timers, 1),
            ("message", &self.messages, 1),
        ] {
            for (key, count) in counts {
                assert_eq!(*count, 1, "the {what} of {key} was applied {count} times");
            }
            let expected = u64::from(self.instances * each);
            assert_eq!(counts.len() as u64, expected, "a {what} is missing");
        }
    }
}

/// No row waits for an instance that has ended.
fn nothing_is_left(database: &Database) {
    for table in ["jobs", "timers", "subscriptions"] {
        let rows = query(database, &format!("SELECT COUNT(*) FROM work__{table}"));
        assert_eq!(rows[0].integer(0), Ok(0), "work__{table} has rows nobody owns");
    }
    let rows = query(database, "SELECT COUNT(*) FROM work__incidents");
    assert_eq!(rows[0].integer(0), Ok(0), "nothing went wrong on the way");
}

fn query(database: &Database, sql: &str) -> Vec<Row> {
    let text = sql.to_owned();
    database.read_blocking(move |sql| sql.query(&text, &[])).expect("the table can be read")
}
