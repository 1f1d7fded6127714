//! The search index over a running engine: what is found, by whom, and how it catches up.

use std::path::Path;

use flowstead::core::access::{Permission, Principal};
use flowstead::core::engine::Command;
use flowstead::platform::config::SearchConfig;
use flowstead::platform::search::{Query, Sort};
use flowstead::platform::store::{Database, Dialect, Options, Set, Sql};
use flowstead::services::audit::{self, Change, Origin};
use flowstead::services::execution::{Target, Work};
use flowstead::services::search::{EVENT_FACETS, Search};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::engine::{Engine, for_each_engine};
use crate::support::models;

pub(crate) async fn system_database(folder: &Path) -> Database {
    let path = folder.join("system.db");
    let open = move || {
        let database = Database::open_sqlite(&path, &Options::default()).expect("it opens");
        database.migrate(Set::System, 1).expect("the migrations are right");
        database
    };
    tokio::task::spawn_blocking(open).await.expect("opening does not panic")
}

pub(crate) async fn open(engine: &Engine, system: &Database) -> Search {
    let config = SearchConfig { commit_ms: 20, ..SearchConfig::default() };
    let (folder, domain) = (engine.folder.join("search"), engine.database().clone());
    let system = system.clone();
    let open = move || Search::open(folder, config, domain, system);
    tokio::task::spawn_blocking(open).await.expect("no panic").expect("the folder is there")
}

fn text(text: &str) -> Query {
    Query { text: text.to_owned(), limit: 50, sort: Sort::Newest, ..Query::default() }
}

/// Kinds of what is found, sorted.
async fn kinds(search: &Search, principal: &Principal, words: &str) -> Vec<String> {
    let page = search.find(principal, text(words)).await.expect("a search");
    let mut kinds: Vec<String> = page.hits.into_iter().map(|hit| hit.kind).collect();
    kinds.sort();
    kinds
}

fn principal(user_id: &str, groups: &[&str], permissions: &[Permission]) -> Principal {
    let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
    Principal {
        user_id: user_id.into(),
        groups: groups.into(),
        permissions: permissions.iter().copied().collect(),
        ..Principal::system()
    }
}

async fn record_in(database: &Database, key: i64, action: &'static str, summary: &str) {
    let change = Change::of(action, "user", key, "carla", summary.to_owned());
    let event = change.at(key, key, &Origin::system("test"));
    let write = move |sql: &mut dyn Sql| audit::record(sql, &event);
    database.write(write).await.expect("a fresh key");
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_tasks_and_events_are_found_by_those_who_may_see_them() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("approval.bpmn", &models::approval())]).await;
        let system = system_database(&engine.folder).await;
        let search = open(&engine, &system).await;
        engine.start("approval", json!({ "customer": "Müller & Söhne" }), "anna").await;
        record_in(&system, 5, "user.created", "made the user carla").await;
        search.catch_up().await.expect("it follows");

        let everything = Principal::system();
        assert_eq!(kinds(&search, &everything, "muller").await, ["instance"]);
        assert_eq!(kinds(&search, &everything, "request").await, ["task"]);
        assert_eq!(kinds(&search, &everything, "carla").await, ["audit"]);
        assert_eq!(kinds(&search, &everything, "started").await, ["audit"]);

        let anna = principal("anna", &[], &[Permission::InstancesStart]);
        assert_eq!(kinds(&search, &anna, "muller").await, ["instance"], "her own");
        assert!(kinds(&search, &anna, "request carla started").await.is_empty());
        let bert = principal("bert", &[], &[Permission::InstancesStart, Permission::TasksWork]);
        assert!(kinds(&search, &bert, "muller").await.is_empty(), "not his");
        assert!(kinds(&search, &bert, "request").await.is_empty(), "he is no clerk");
        let clerk = principal("cleo", &["clerks"], &[Permission::TasksWork]);
        assert_eq!(kinds(&search, &clerk, "request").await, ["task"]);
        let former = principal("cleo", &["clerks"], &[]);
        assert!(kinds(&search, &former, "request").await.is_empty(), "she works on tasks no more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_found_as_it_is_now() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("approval.bpmn", &models::approval())]).await;
        let system = system_database(&engine.folder).await;
        let search = open(&engine, &system).await;
        let started = engine.start("approval", json!({ "city": "Basel" }), "anna").await;
        search.catch_up().await.expect("it follows");
        let variables = serde_json::from_value(json!({ "city": "Luzern" })).expect("an object");
        let command = Command::SetVariables { scope_key: started.key, variables, is_local: false };
        let work = Work::Command { target: Target::Instance(started.key), command };
        engine.submit(work, "bert").await.expect("it is active");
        let everything = Principal::system();
        assert_eq!(kinds(&search, &everything, "basel").await, ["instance"], "not yet followed");
        search.catch_up().await.expect("it follows");
        assert!(kinds(&search, &everything, "basel").await.is_empty());
        assert_eq!(kinds(&search, &everything, "luzern").await, ["instance"]);
        assert_eq!(search.catch_up().await.expect("it follows"), 0, "there is nothing new");

        let query = Query {
            facets: vec![("actor".to_owned(), "bert".to_owned())],
            count: EVENT_FACETS.map(str::to_owned).to_vec(),
            limit: 10,
            ..Query::default()
        };
        let found = search.find_events(query).await.expect("a search");
        assert_eq!((found.total, found.events.len()), (1, 1));
        assert_eq!(found.events[0].event.action, "variables.set");
        let actions = &found.facets[1];
        assert_eq!((actions.0.as_str(), actions.1[0].value.as_str()), ("action", "variables.set"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_or_damaged_index_catches_up_from_where_it_is() {
    for_each_engine(async |engine: Engine| {
        engine.deploy(&[("approval.bpmn", &models::approval())]).await;
        let system = system_database(&engine.folder).await;
        let search = open(&engine, &system).await;
        engine.start("approval", json!({ "city": "Basel" }), "anna").await;
        record_in(&system, 7, "user.created", "made the user carla").await;
        search.catch_up().await.expect("it follows");
        drop(search);

        engine.start("approval", json!({ "city": "Luzern" }), "anna").await;
        record_in(&system, 9, "user.created", "made the user dora").await;
        let search = open(&engine, &system).await;
        let position = search.state().await.expect("a read");
        assert!(position.position > 0 && position.waiting > 0, "{position:?}");
        let added = search.catch_up().await.expect("it follows");
        assert!(added >= 4, "an event of each database, an instance and a task, not {added}");
        assert_eq!(search.state().await.expect("a read").waiting, 0);
        let everything = Principal::system();
        for word in ["basel", "luzern"] {
            assert_eq!(kinds(&search, &everything, word).await, ["instance"], "{word}");
        }
        for word in ["carla", "dora"] {
            assert_eq!(kinds(&search, &everything, word).await, ["audit"], "{word}");
        }
        drop(search);

        let marker = engine.folder.join("search/flowstead-format");
        std::fs::write(marker, "of another time").expect("the index is there");
        let search = open(&engine, &system).await;
        assert_eq!(search.state().await.expect("a read").position, 0);
        search.catch_up().await.expect("it follows");
        assert_eq!(kinds(&search, &everything, "basel").await, ["instance"]);
        assert_eq!(kinds(&search, &everything, "carla").await, ["audit"]);

        let mut told = 0;
        let total = search.reindex(|count| told = count).await.expect("it can be filled anew");
        assert!(total >= 7 && told == total, "{total} {told}");
        assert_eq!(kinds(&search, &everything, "basel").await, ["instance"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_by_itself() {
    let engine = Engine::open(Dialect::Sqlite).await;
    engine.deploy(&[("approval.bpmn", &models::approval())]).await;
    let system = system_database(&engine.folder).await;
    let search = open(&engine, &system).await;
    let stop = CancellationToken::new();
    let following = search.spawn(engine.execution.changes(), stop.clone());
    let mut commits = search.commits();
    engine.start("approval", json!({ "city": "Basel" }), "anna").await;
    let everything = Principal::system();
    while kinds(&search, &everything, "basel").await.is_empty() {
        commits.changed().await.expect("the index follows until it is found");
    }
    stop.cancel();
    following.await.expect("it ends when told");
}
