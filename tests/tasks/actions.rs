//! Claiming, giving back, changing and commenting: rights, races, and what the audit keeps.

use flowstead::core::access::{Permission, PermissionSet, Principal};
use flowstead::core::engine::{DateChange, UserTaskChanges};
use flowstead::platform::store::Sql;
use flowstead::services::execution::Change;
use flowstead::services::tasks::{self, COMMENT_CHARS_MAX, TaskError, TaskView};

use super::{audit_of, manager, names, person, start_one, user};
use crate::support::engine::{for_each_engine, origin};
use flowstead::core::access::Role;

#[tokio::test]
async fn of_many_who_claim_at_once_one_wins_and_the_others_hear_who() {
    for_each_engine(async |engine| {
        let task = start_one(&engine, "race", "").await;
        let claims = (0..8).map(|number| {
            let (execution, name) = (engine.execution.clone(), format!("user{number}"));
            let key = task.key;
            tokio::spawn(async move {
                let claimed = tasks::claim(&execution, &user(&name), key, origin(&name)).await;
                claimed.map(|task| (name, task))
            })
        });
        let (mut winners, mut losers) = (Vec::new(), Vec::new());
        for claim in claims.collect::<Vec<_>>() {
            match claim.await.expect("it does not panic") {
                Ok((name, task)) => winners.push((name, task)),
                Err(TaskError::Taken { assignee, rev }) => losers.push((assignee, rev)),
                Err(other) => panic!("unexpected: {other}"),
            }
        }
        let [(winner, task)] = winners.as_slice() else { panic!("one wins, not {winners:?}") };
        assert_eq!(task.assignee.as_ref(), Some(winner));
        assert_eq!(losers, vec![(winner.clone(), 2); 7]);
    })
    .await;
}

#[tokio::test]
async fn what_a_person_may_do_depends_on_whom_the_task_names() {
    for_each_engine(async |engine| {
        let extensions = r#"<zeebe:assignmentDefinition candidateGroups="sales" />"#;
        let task = start_one(&engine, "offer", extensions).await;
        let (sue, key) = (person("sue", Role::User, &["sales"]), task.key);
        let claim = async |who: &Principal| {
            tasks::claim(&engine.execution, who, key, origin(&who.user_id)).await
        };
        let unclaim = async |who: &Principal| {
            tasks::unclaim(&engine.execution, who, key, origin(&who.user_id)).await
        };
        assert!(matches!(claim(&user("cat")).await, Err(TaskError::NotFound)));
        let claimed = claim(&sue).await.expect("she is a candidate");
        let again = claim(&sue).await.expect("it is hers");
        assert_eq!(claimed, again, "claiming one's own task changes nothing");
        let other = person("sam", Role::User, &["sales"]);
        let late = claim(&other).await;
        assert!(matches!(late, Err(TaskError::Taken { assignee, .. }) if assignee == "sue"));
        assert!(matches!(unclaim(&other).await, Err(TaskError::Taken { .. })));
        assert_eq!(unclaim(&manager()).await.expect("managers may").assignee, None);
        assert!(matches!(unclaim(&sue).await, Err(TaskError::Forbidden(_))));
        let reader = Principal {
            permissions: [Permission::TasksManage].into_iter().collect::<PermissionSet>(),
            ..manager()
        };
        assert!(matches!(claim(&reader).await, Err(TaskError::Forbidden(_))));
        let missing = tasks::claim(&engine.execution, &sue, 12345, origin("sue")).await;
        assert!(matches!(missing, Err(TaskError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn dates_priority_and_candidates_change_under_a_revision() {
    for_each_engine(async |engine| {
        let extensions = r#"<zeebe:assignmentDefinition assignee="ann" />"#;
        let task = start_one(&engine, "dates", extensions).await;
        let update = async |who: &Principal, changes: UserTaskChanges, rev: Option<i64>| {
            let origin = origin(&who.user_id);
            tasks::update(&engine.execution, who, task.key, changes, rev, origin).await
        };
        let follow_up = UserTaskChanges {
            follow_up_at: Some(DateChange::Set(1_900_000_000_000)),
            ..UserTaskChanges::default()
        };
        let changed = update(&user("ann"), follow_up, Some(1)).await.expect("it is hers");
        assert_eq!((changed.follow_up_at, changed.rev), (Some(1_900_000_000_000), 2));
        let urgent = UserTaskChanges { priority: Some(90), ..UserTaskChanges::default() };
        assert!(matches!(
            update(&user("ann"), urgent.clone(), None).await,
            Err(TaskError::Forbidden(_))
        ));
        assert!(matches!(
            update(&manager(), urgent.clone(), Some(1)).await,
            Err(TaskError::Changed { expected: 1, found: 2 })
        ));
        let changed = update(&manager(), urgent, Some(2)).await.expect("managers may");
        assert_eq!((changed.priority, changed.rev), (90, 3));
        let wrong = UserTaskChanges { priority: Some(101), ..UserTaskChanges::default() };
        assert!(matches!(update(&manager(), wrong, None).await, Err(TaskError::Refused(_))));
        let offered = UserTaskChanges {
            candidate_users: Some(vec!["bob".into()]),
            follow_up_at: Some(DateChange::Clear),
            ..UserTaskChanges::default()
        };
        let changed = update(&manager(), offered, None).await.expect("managers may");
        assert_eq!(changed.follow_up_at, None);
        assert_eq!(names(&engine, &user("bob"), TaskView::All).await, ["dates"]);
    })
    .await;
}

#[tokio::test]
async fn comments_are_kept_with_their_words_in_the_audit() {
    for_each_engine(async |engine| {
        let extensions = r#"<zeebe:assignmentDefinition assignee="ann" />"#;
        let task = start_one(&engine, "talk", extensions).await;
        let (key, instance_key) = (task.key, task.instance_key);
        let mut notices = engine.execution.changes().listen();
        let comment = async |who: &str, text: &str| {
            tasks::add_comment(&engine.execution, &user(who), key, text, origin(who)).await
        };
        let added = comment("ann", "  The wombat's\r\ninvoice is missing. ").await;
        assert_eq!(added.expect("she sees it").text, "The wombat's\ninvoice is missing.");
        let notice = notices.recv().await.expect("listeners hear of it");
        assert!(notice.contains(&Change::Instance(instance_key)), "{notice:?}");
        assert!(matches!(comment("cat", "Hello").await, Err(TaskError::NotFound)));
        let long = "x".repeat(COMMENT_CHARS_MAX + 1);
        for text in ["", " \n ", "bell\u{7}", &long] {
            let refused = comment("ann", text).await;
            assert!(matches!(refused, Err(TaskError::Unacceptable { field: "text", .. })));
        }
        let starter = user("starter");
        let whole = tasks::add_instance_comment(
            &engine.execution,
            &starter,
            instance_key,
            "On the whole.",
            origin("starter"),
        );
        whole.await.expect("whoever started it sees it");
        let read = move |sql: &mut dyn Sql| tasks::list_comments(sql, instance_key, key);
        let kept = engine.database().read(read).await.expect("they can be read");
        let kept: Vec<_> = kept
            .iter()
            .map(|it| (it.author.as_str(), it.user_task_key, it.text.as_str()))
            .collect();
        assert_eq!(
            kept,
            [
                ("ann", Some(key), "The wombat's\ninvoice is missing."),
                ("starter", None, "On the whole."),
            ]
        );
        let said = audit_of(&engine, "user_task").await;
        let sentence = "commented on \"talk\": The wombat's invoice is missing.";
        assert_eq!(said, [("user_task.commented".to_owned(), sentence.to_owned())]);
    })
    .await;
}
