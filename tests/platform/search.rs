//! The search index: what is found, in which order, by whom, and after which accidents.

use std::path::Path;
use std::time::Duration;

use flowstead::platform::config::SearchConfig;
use flowstead::platform::search::{Document, Opened, Page, Query, SearchIndex, Sort};

use super::Folder;

fn open(folder: &Path) -> (SearchIndex, Opened) {
    SearchIndex::open(folder, &SearchConfig::default()).expect("it opens")
}

fn document(id: &str, title: &str, body: &str, at_ms: i64) -> Document {
    Document {
        id: id.into(),
        kind: "note".into(),
        title: title.into(),
        body: body.into(),
        at_ms,
        ..Document::default()
    }
}

/// Five documents to look for.
fn filled(folder: &Path) -> SearchIndex {
    let (index, _) = open(folder);
    let mut documents = vec![
        document("1", "Expense 4711", "Taxi to the Überlingen office, paid by Anna Müller", 100),
        document("2", "Invoice", "Invoice for order-42 is overdue", 200),
        document("3", "Order 42", "Shipped; invoice follows", 300),
        document("4", "Onboarding", "anna@example.com waits for the contract", 400),
        document("5", "Contract", "The contract was signed in the office", 500),
    ];
    let states = ["open", "open", "done", "open", "done"];
    for (document, state) in documents.iter_mut().zip(states) {
        document.facets = vec![("state".into(), state.into())];
        document.access = vec!["all".into()];
    }
    documents[3].kind = "task".into();
    documents[4].access = vec!["group:sales".into(), "user:bob".into()];
    index.upsert(documents, 17).expect("it is added");
    index.commit().expect("it is committed");
    index
}

fn query(text: &str) -> Query {
    Query { text: text.into(), limit: 20, ..Query::default() }
}

fn find(index: &SearchIndex, query: &Query) -> Page {
    index.search(query).expect("a search never fails")
}

fn ids(page: &Page) -> String {
    page.hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// The snippet of the first hit, with what was looked for in brackets.
fn marked(page: &Page) -> String {
    let parts = page.hits[0].snippet.iter();
    parts.map(|p| if p.is_match { format!("[{}]", p.text) } else { p.text.clone() }).collect()
}

#[test]
fn words_phrases_prefixes_and_exclusions_find_what_they_say() {
    let folder = Folder::new();
    let index = filled(folder.path());
    let check = |text: &str, expected: &str| {
        assert_eq!(ids(&find(&index, &query(text))), expected, "{text}");
    };
    check("", "5 4 3 2 1");
    check("invoice", "3 2");
    check("INVOICE overdue", "2");
    check("muller uberlingen", "1");
    check("Müller", "1");
    check("order-42", "3 2");
    check("\"order 42\"", "3 2");
    check("\"42 order\"", "");
    check("anna@example.com", "4");
    check("contr*", "5 4");
    check("\"the contr\"*", "5 4");
    check("471*", "1");
    check("contr", "");
    check("invoice -overdue", "3");
    check("-invoice", "5 4 1");
    check("-invoice -contract", "1");
    check("?!", "5 4 3 2 1");
    check("nothing like it", "");
}

#[test]
fn user_text_never_fails() {
    let folder = Folder::new();
    let index = filled(folder.path());
    for text in ["\"", "*", "-", "a:b^2~ AND (", "[1 TO 2}", "\\", "--\"\"**", "\u{0}", "e\u{301}*"]
    {
        find(&index, &query(text));
    }
    find(&index, &query(&"*a ".repeat(50_000)));
    find(&index, &query(&"x".repeat(1_000_000)));
}

#[test]
fn filters_narrow_and_facets_are_counted() {
    let folder = Folder::new();
    let index = filled(folder.path());
    let state = |value: &str| ("state".to_owned(), value.to_owned());
    let base = query("");
    let open = Query { facets: vec![state("open")], ..base.clone() };
    assert_eq!(ids(&find(&index, &open)), "4 2 1");
    let either = Query { facets: vec![state("open"), state("done")], ..base.clone() };
    assert_eq!(find(&index, &either).total, 5);
    let both = vec![state("open"), ("kind".to_owned(), "task".to_owned())];
    assert_eq!(ids(&find(&index, &Query { facets: both, ..base.clone() })), "4");
    let tasks = Query { kinds: vec!["task".into(), "comment".into()], ..base.clone() };
    assert_eq!(ids(&find(&index, &tasks)), "4");
    let range = Query { from_ms: Some(200), until_ms: Some(400), ..base.clone() };
    assert_eq!(ids(&find(&index, &range)), "3 2");
    let names = vec!["state".into(), "kind".into(), "stat".into()];
    let counted = find(&index, &Query { count: names, ..query("-shipped") });
    let shown: Vec<String> = counted
        .facets
        .iter()
        .flat_map(|(name, values)| {
            values.iter().map(move |v| format!("{name}={}:{}", v.value, v.count))
        })
        .collect();
    assert_eq!(shown, ["state=open:3", "state=done:1", "kind=note:3", "kind=task:1"]);
    assert_eq!(counted.facets[2], ("stat".into(), vec![]));
}

#[test]
fn readers_find_only_what_they_may_see() {
    let folder = Folder::new();
    let index = filled(folder.path());
    let check = |access: &[&str], expected: &str| {
        let access = Some(access.iter().map(ToString::to_string).collect());
        assert_eq!(ids(&find(&index, &Query { access, ..query("office") })), expected);
    };
    check(&["all"], "1");
    check(&["all", "user:bob"], "5 1");
    check(&["user:bo"], "");
    check(&[], "");
}

#[test]
fn hits_come_by_time_or_by_fit_in_pages() {
    let folder = Folder::new();
    let index = filled(folder.path());
    // In the title it counts more, and so does a short text.
    let best = Query { sort: Sort::Relevance, ..query("invoice") };
    assert_eq!(ids(&find(&index, &best)), "2 3");
    assert_eq!(ids(&find(&index, &Query { sort: Sort::Relevance, ..query("") })), "5 4 3 2 1");
    let page = find(&index, &Query { limit: 2, offset: 2, ..query("") });
    assert_eq!((ids(&page).as_str(), page.total), ("3 2", 5));
    assert_eq!(ids(&find(&index, &Query { limit: 2, offset: 5, ..query("") })), "");
    assert_eq!(ids(&find(&index, &Query::default())), "5");
}

#[test]
fn a_hit_shows_why_it_was_found() {
    let folder = Folder::new();
    let index = filled(folder.path());
    let page = find(&index, &query("muller office"));
    assert_eq!(marked(&page), "Taxi to the Überlingen [office], paid by Anna [Müller]");
    assert_eq!((page.hits[0].title.as_str(), page.hits[0].at_ms), ("Expense 4711", 100));
    assert_eq!(
        marked(&find(&index, &query("contr* -office"))),
        "anna@example.com waits for the [contract]"
    );
    let long =
        format!("{}needle in the hay. {}", "Hay ü stack. ".repeat(500), "Höhe. ".repeat(500));
    index.upsert(vec![document("6", "Long", &long, 600)], 18).expect("it is added");
    index.commit().expect("it is committed");
    let shown = marked(&find(&index, &query("needle")));
    assert!(shown.contains("Hay ü stack. [needle] in the hay. Höhe."), "{shown}");
    assert!(shown.starts_with('…') && shown.ends_with('…') && shown.len() < 250, "{shown}");
    let beginning = marked(&find(&index, &query("long")));
    assert!(beginning.starts_with("Hay ü stack.") && beginning.ends_with('…'), "{beginning}");
}

#[test]
fn a_document_is_replaced_or_removed_by_its_id() {
    let folder = Folder::new();
    let index = filled(folder.path());
    let twice = vec![document("2", "Old", "draft", 1), document("2", "New", "final", 2)];
    index.upsert(twice, 18).expect("it is added");
    index.remove(&["3".into(), "99".into()], 19).expect("it is removed");
    assert_eq!((find(&index, &query("overdue")).total, index.position()), (1, 17));
    index.commit().expect("it is committed");
    assert_eq!((find(&index, &query("overdue")).total, index.position()), (0, 19));
    assert_eq!(find(&index, &query("draft")).total, 0);
    assert_eq!(ids(&find(&index, &query(""))), "5 4 1 2");
}

#[test]
fn only_what_was_committed_outlives_the_process() {
    let folder = Folder::new();
    let index = filled(folder.path());
    index.upsert(vec![document("6", "Lost", "", 600)], 18).expect("it is added");
    drop(index);
    let (index, opened) = open(folder.path());
    assert_eq!((opened, index.position()), (Opened::AsItWas, 17));
    assert_eq!(ids(&find(&index, &query(""))), "5 4 3 2 1");
    assert_eq!(find(&index, &query("lost")).total, 0);
}

#[test]
fn a_cleared_index_is_empty_and_goes_on() {
    let folder = Folder::new();
    let index = filled(folder.path());
    index.clear().expect("it is cleared");
    assert_eq!((find(&index, &query("")).total, index.position()), (0, 0));
    index.upsert(vec![document("1", "Again", "", 1)], 3).expect("it is added");
    index.commit().expect("it is committed");
    drop(index);
    let (index, _) = open(folder.path());
    assert_eq!((find(&index, &query("again")).total, index.position()), (1, 3));
}

#[test]
fn a_resting_index_wakes_up() {
    let folder = Folder::new();
    let index = filled(folder.path());
    index.upsert(vec![document("6", "Pending", "", 600)], 18).expect("it is added");
    index.rest(Duration::ZERO).expect("it stays awake while something is pending");
    index.commit().expect("it is committed");
    assert_eq!(find(&index, &query("pending")).total, 1);
    index.rest(Duration::from_hours(1)).expect("it was busy just now");
    index.rest(Duration::ZERO).expect("it rests");
    // While one process writes no other one can; a resting index lets go.
    let (other, _) = open(folder.path());
    other.upsert(vec![document("7", "Other", "", 700)], 19).expect("the lock is free");
    drop(other);
    index.upsert(vec![document("8", "Awake", "", 800)], 20).expect("it wakes up");
    index.commit().expect("it is committed");
    assert_eq!((find(&index, &query("awake")).total, index.position()), (1, 20));
}

#[test]
fn an_index_of_another_version_is_made_anew() {
    let folder = Folder::new();
    drop(filled(folder.path()));
    folder.write("flowstead-format", "0");
    let (index, opened) = open(folder.path());
    assert_eq!(opened, Opened::Wiped("it has the format \"0\", expected \"1\"".into()));
    assert_eq!((find(&index, &query("")).total, index.position()), (0, 0));
    drop(index);
    assert_eq!(open(folder.path()).1, Opened::AsItWas);
}

#[test]
fn a_new_folder_is_made() {
    let folder = Folder::new();
    let (index, opened) = open(&folder.path().join("deep/search"));
    assert_eq!((opened, index.position()), (Opened::New, 0));
    assert_eq!(find(&index, &query("anything")).total, 0);
}

/// Names of the files of an index.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("a plain name")
    };
    entries.map(name).filter(|name| !name.contains(".lock")).collect()
}

/// A copy of the folder, with damage done to one file.
fn damaged(original: &Folder, name: &str, damage: impl Fn(&Path)) -> Folder {
    let folder = Folder::new();
    for other in files(original.path()) {
        std::fs::copy(original.path().join(&other), folder.path().join(&other)).expect("copied");
    }
    damage(&folder.path().join(name));
    folder
}

#[test]
fn a_file_that_is_gone_or_broken_makes_the_index_anew() {
    let original = Folder::new();
    drop(filled(original.path()));
    let names = files(original.path());
    assert!(names.len() > 6, "{names:?}");
    for name in &names {
        for damage in [gone, cut_short, emptied, overwritten] {
            let folder = damaged(&original, name, damage);
            let (index, opened) = open(folder.path());
            let (total, position) = (find(&index, &query("")).total, index.position());
            // Some files only serve the library's own housekeeping.
            let expected = if opened == Opened::AsItWas { (5, 17) } else { (0, 0) };
            assert_eq!((total, position), expected, "{name}: {opened:?}");
            index.upsert(vec![document("9", "After", "", 900)], 20).expect("it goes on");
            index.commit().expect("it goes on");
            assert_eq!(ids(&find(&index, &query("after"))), "9", "{name}");
        }
    }
}

/// Damage inside a file shows when that place is read, as an error; then a new index is made.
#[test]
fn damage_inside_a_file_is_an_error_and_never_a_panic() {
    let original = Folder::new();
    drop(filled(original.path()));
    let mut found = 0;
    for name in files(original.path()) {
        for place in 0..12 {
            let folder = damaged(&original, &name, |path| flip(path, place));
            let (index, _) = open(folder.path());
            let texts = ["", "invoice", "\"order 42\"", "contr*", "-office"];
            let count = vec!["state".to_owned()];
            let ask = |text: &&str| index.search(&Query { count: count.clone(), ..query(text) });
            let errors: Vec<_> = texts.iter().filter_map(|text| ask(text).err()).collect();
            if !errors.is_empty() {
                found += 1;
                drop(index);
                assert!(matches!(open(folder.path()).1, Opened::Wiped(_)), "{name}: {errors:?}");
            }
        }
    }
    assert!(found > 0, "no damage was ever noticed");
}

/// Inverts three bytes somewhere in the file.
fn flip(path: &Path, place: usize) {
    let mut contents = std::fs::read(path).expect("read");
    let start = contents.len() * place / 12;
    contents.iter_mut().skip(start).take(3).for_each(|byte| *byte = !*byte);
    std::fs::write(path, contents).expect("written");
}

fn gone(path: &Path) {
    std::fs::remove_file(path).expect("removed");
}

fn emptied(path: &Path) {
    std::fs::write(path, "").expect("written");
}

fn cut_short(path: &Path) {
    let contents = std::fs::read(path).expect("read");
    std::fs::write(path, &contents[..contents.len() / 2]).expect("written");
}

fn overwritten(path: &Path) {
    let contents = std::fs::read(path).expect("read");
    let inverted: Vec<u8> = contents.iter().map(|byte| !byte).collect();
    std::fs::write(path, inverted).expect("written");
}
