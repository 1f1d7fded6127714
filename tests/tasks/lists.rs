//! Lists of user tasks: what each person finds in each view, in which order, page by page.

use flowstead::core::access::{Role, may_see_task};
use flowstead::platform::store::Sql;
use flowstead::services::tasks::{self, TaskFilter, TaskSort, TaskView};

use super::{list, manager, names, person, start_again, start_one, user};
use crate::support::engine::{Engine, for_each_engine, origin};

/// Five user tasks that differ in whom they name.
async fn five_tasks(engine: &Engine) {
    let assigned = r#"<zeebe:assignmentDefinition assignee="ann" />"#;
    let group = r#"<zeebe:assignmentDefinition candidateGroups="sales, support" />"#;
    let candidate = r#"<zeebe:assignmentDefinition candidateUsers="ann, bob" />"#;
    let both = r#"<zeebe:assignmentDefinition assignee="bob" candidateGroups="sales" />"#;
    for (id, extensions) in [
        ("for_ann", assigned),
        ("for_sales", group),
        ("for_two", candidate),
        ("bobs_in_sales", both),
        ("for_anyone", ""),
    ] {
        start_one(engine, id, extensions).await;
    }
}

#[tokio::test]
async fn each_view_holds_what_the_person_may_see() {
    for_each_engine(async |engine| {
        five_tasks(&engine).await;
        let sales = person("sue", Role::User, &["sales"]);
        let cases: [(_, TaskView, &[&str]); 13] = [
            (user("ann"), TaskView::Mine, &["for_ann"]),
            (user("ann"), TaskView::Unassigned, &["for_two", "for_anyone"]),
            (user("ann"), TaskView::All, &["for_ann", "for_two", "for_anyone"]),
            (user("bob"), TaskView::Mine, &["bobs_in_sales"]),
            (user("bob"), TaskView::All, &["for_two", "bobs_in_sales", "for_anyone"]),
            (sales.clone(), TaskView::Mine, &[]),
            (sales.clone(), TaskView::Unassigned, &["for_sales", "for_anyone"]),
            (sales.clone(), TaskView::All, &["for_sales", "bobs_in_sales", "for_anyone"]),
            (user("cat"), TaskView::All, &["for_anyone"]),
            (user("cat"), TaskView::Done, &[]),
            (manager(), TaskView::Mine, &[]),
            (manager(), TaskView::Unassigned, &["for_sales", "for_two", "for_anyone"]),
            (
                manager(),
                TaskView::All,
                &["for_ann", "for_sales", "for_two", "bobs_in_sales", "for_anyone"],
            ),
        ];
        for (who, view, expected) in cases {
            assert_eq!(names(&engine, &who, view).await, expected, "{} {view:?}", who.user_id);
        }
    })
    .await;
}

#[tokio::test]
async fn lists_and_single_tasks_agree_about_who_sees_what() {
    for_each_engine(async |engine| {
        five_tasks(&engine).await;
        let people = [
            user("ann"),
            user("bob"),
            user("cat"),
            person("sue", Role::User, &["sales"]),
            person("pat", Role::User, &["support", "other"]),
            manager(),
        ];
        let every = list(&engine, &manager(), all(TaskSort::Created), 100).await;
        for who in people {
            let seen = names(&engine, &who, TaskView::All).await;
            for task in &every {
                let is_listed = seen.contains(&task.name);
                assert_eq!(
                    is_listed,
                    may_see_task(&who, &task.facts()),
                    "{} {}",
                    who.user_id,
                    task.name
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_task_given_back_is_offered_to_everybody_when_it_names_nobody() {
    for_each_engine(async |engine| {
        let extensions = r#"<zeebe:assignmentDefinition assignee="ann" />"#;
        let task = start_one(&engine, "solo", extensions).await;
        assert!(names(&engine, &user("cat"), TaskView::Unassigned).await.is_empty());
        let given_back =
            tasks::unclaim(&engine.execution, &user("ann"), task.key, origin("ann")).await;
        assert_eq!(given_back.expect("it was hers").assignee, None);
        assert_eq!(names(&engine, &user("cat"), TaskView::Unassigned).await, ["solo"]);
    })
    .await;
}

fn all(sort: TaskSort) -> TaskFilter {
    TaskFilter { view: TaskView::All, sort, ..TaskFilter::default() }
}

#[tokio::test]
async fn orders_go_on_from_page_to_page_without_a_gap() {
    for_each_engine(async |engine| {
        let schedule = |due: &str, priority: u32| {
            format!(
                r#"<zeebe:taskSchedule {due} /><zeebe:priorityDefinition priority="{priority}" />"#
            )
        };
        let tasks = [
            ("late", schedule(r#"dueDate="2027-03-01T00:00:00Z""#, 50)),
            ("never", schedule("", 90)),
            ("soon", schedule(r#"dueDate="2026-12-01T00:00:00Z""#, 50)),
            ("urgent", schedule(r#"dueDate="2027-01-01T00:00:00Z""#, 90)),
            ("idle", schedule("", 10)),
        ];
        for (id, extensions) in &tasks {
            start_one(&engine, id, extensions).await;
        }
        let cases = [
            (TaskSort::Due, ["soon", "urgent", "late", "never", "idle"]),
            (TaskSort::Priority, ["never", "urgent", "late", "soon", "idle"]),
            (TaskSort::Created, ["idle", "urgent", "soon", "never", "late"]),
        ];
        for (sort, expected) in cases {
            let mut filter = all(sort);
            let mut found = Vec::new();
            loop {
                let page = list(&engine, &user("ann"), filter.clone(), 2).await;
                let Some(last) = page.last() else { break };
                filter.after = Some(filter.position(last));
                found.extend(page.into_iter().map(|it| it.name));
            }
            assert_eq!(found, expected, "{sort:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn lists_are_narrowed_by_process_instance_and_words() {
    for_each_engine(async |engine| {
        let first = start_one(&engine, "check_100%", "").await;
        start_one(&engine, "check_1000", "").await;
        start_again(&engine, "check_1000").await;
        let who = user("ann");
        let count = async |filter: TaskFilter| {
            let (who, wanted) = (who.clone(), filter.clone());
            let read = move |sql: &mut dyn Sql| tasks::count(sql, &who, &wanted);
            let count = engine.database().read(read).await.expect("it can be counted");
            let listed = list(&engine, &user("ann"), filter, 100).await.len();
            assert_eq!(count, i64::try_from(listed).expect("a small number"));
            listed
        };
        let filter = || all(TaskSort::Due);
        assert_eq!(count(filter()).await, 3);
        let process_id = Some("check_1000".to_owned());
        assert_eq!(count(TaskFilter { process_id, ..filter() }).await, 2);
        let instance_key = Some(first.instance_key);
        assert_eq!(count(TaskFilter { instance_key, ..filter() }).await, 1);
        // The words stand for themselves: neither % nor _ is a wildcard.
        for (words, expected) in [("CHECK", 3), ("100%", 1), ("k_1", 3), ("k?1", 0), ("", 3)] {
            let search = Some(words.to_owned());
            assert_eq!(count(TaskFilter { search, ..filter() }).await, expected, "{words}");
        }
    })
    .await;
}

#[tokio::test]
async fn done_tasks_come_latest_first_to_whoever_did_them() {
    for_each_engine(async |engine| {
        let files = super::files(&engine, 1024).await;
        for (id, who) in [("one", "ann"), ("two", "bob"), ("three", "ann")] {
            let task = start_one(&engine, id, "").await;
            engine.clock.advance(jiff::SignedDuration::from_secs(60));
            let completion = tasks::Completion::default();
            let person = user(who);
            let done = tasks::complete(
                &engine.execution,
                &files,
                &person,
                task.key,
                completion,
                origin(who),
            );
            let done = done.await.expect("everybody may");
            assert_eq!(done.ended_by.as_deref(), Some(who));
        }
        assert_eq!(names(&engine, &user("ann"), TaskView::Done).await, ["three", "one"]);
        assert_eq!(names(&engine, &manager(), TaskView::Done).await, ["three", "two", "one"]);
        assert!(names(&engine, &manager(), TaskView::All).await.is_empty());
    })
    .await;
}
