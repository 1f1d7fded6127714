//! Lists of instances: every filter, paging, and who sees what.

use flowstead::core::access::{Permission, Principal};
use flowstead::services::instances::{
    InstanceFilter, Instances, ListError, Operator, StateFilter, VariableFilter,
};
use serde_json::json;

use crate::support::engine::{Engine, for_each_engine, origin};
use crate::support::models;

/// Five reviews with amounts 10, 20, …, 50, started in that order by anna and bert in turn; the
/// first one cancelled.
async fn fill(engine: &Engine) -> Vec<i64> {
    let (model, schema) = (models::review(), models::REVIEW_SCHEMA);
    engine.deploy(&[("review.bpmn", &model), ("review.schema.json", schema)]).await;
    let mut keys = Vec::new();
    for number in 1..=5 {
        let who = if number % 2 == 1 { "anna" } else { "bert" };
        let city = format!("City {number}");
        let variables = json!({ "amount": number * 10, "city": city });
        keys.push(engine.start("review", variables, who).await.key);
    }
    let instances = Instances::new(engine.execution.clone());
    instances.cancel(keys[0], origin("operator")).await.expect("it is active");
    keys
}

fn of_review() -> InstanceFilter {
    InstanceFilter { process_id: Some("review".to_owned()), ..InstanceFilter::default() }
}

fn with(name: &str, operator: Operator, value: &str) -> InstanceFilter {
    let variable = VariableFilter { name: name.to_owned(), operator, value: value.to_owned() };
    InstanceFilter { variable: Some(variable), ..of_review() }
}

/// The places of the instances found, counted from 1 in the order of their start.
async fn found(engine: &Engine, keys: &[i64], filter: InstanceFilter) -> Vec<usize> {
    let instances = Instances::new(engine.execution.clone());
    let counted = instances.counts(vec![filter.clone()]).await.expect("a filter that can be met");
    let list = instances.list(filter, None, 100).await.expect("a filter that can be met");
    assert_eq!(counted, [i64::try_from(list.rows.len()).expect("few")]);
    let place = |key| keys.iter().position(|it| *it == key).expect("one of them") + 1;
    list.rows.iter().map(|row| place(row.key)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_finds_what_it_says_newest_first() {
    for_each_engine(async |engine: Engine| {
        let keys = fill(&engine).await;
        let state = |state| InstanceFilter { state: Some(state), ..InstanceFilter::default() };
        let by = |who: &str| InstanceFilter {
            started_by: Some(who.to_owned()),
            ..InstanceFilter::default()
        };
        let cases: Vec<(InstanceFilter, &[usize])> = vec![
            (InstanceFilter::default(), &[5, 4, 3, 2, 1]),
            (state(StateFilter::Active), &[5, 4, 3, 2]),
            (state(StateFilter::Terminated), &[1]),
            (state(StateFilter::Completed), &[]),
            (state(StateFilter::Stuck), &[]),
            (InstanceFilter { state: Some(StateFilter::Terminated), ..of_review() }, &[1]),
            (InstanceFilter { version: Some(1), ..of_review() }, &[5, 4, 3, 2, 1]),
            (InstanceFilter { version: Some(2), ..of_review() }, &[]),
            (by("bert"), &[4, 2]),
            (with("amount", Operator::Equal, "30"), &[3]),
            (with("amount", Operator::NotEqual, "30"), &[5, 4, 2, 1]),
            (with("amount", Operator::Greater, "30"), &[5, 4]),
            (with("amount", Operator::GreaterOrEqual, "30"), &[5, 4, 3]),
            (with("amount", Operator::Less, "30"), &[2, 1]),
            (with("amount", Operator::LessOrEqual, "30"), &[3, 2, 1]),
            (with("city", Operator::Equal, "City 2"), &[2]),
            (with("city", Operator::Contains, "cITY"), &[5, 4, 3, 2, 1]),
            (with("city", Operator::Contains, "y_4"), &[]),
            (with("city", Operator::Contains, "%"), &[]),
            (
                InstanceFilter {
                    state: Some(StateFilter::Active),
                    ..with("amount", Operator::Less, "30")
                },
                &[2],
            ),
            (InstanceFilter { keys: Some(vec![keys[1], 1]), ..InstanceFilter::default() }, &[2]),
            (InstanceFilter { parent_key: Some(keys[0]), ..InstanceFilter::default() }, &[]),
            (InstanceFilter { started_from_ms: Some(i64::MAX), ..InstanceFilter::default() }, &[]),
            (
                InstanceFilter { started_from_ms: Some(0), ..InstanceFilter::default() },
                &[5, 4, 3, 2, 1],
            ),
            (InstanceFilter { started_until_ms: Some(0), ..InstanceFilter::default() }, &[]),
        ];
        for (filter, expected) in cases {
            assert_eq!(found(&engine, &keys, filter.clone()).await, expected, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gaps() {
    for_each_engine(async |engine: Engine| {
        let keys = fill(&engine).await;
        let instances = Instances::new(engine.execution.clone());
        for filter in [InstanceFilter::default(), with("amount", Operator::Greater, "0")] {
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let page = instances.list(filter.clone(), before, 2).await.expect("a read");
                let Some(last) = page.rows.last() else { break };
                before = Some(last.key);
                seen.extend(page.rows.iter().map(|row| row.key));
            }
            seen.reverse();
            assert_eq!(seen, keys);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_makes_no_sense_says_what_was_expected() {
    for_each_engine(async |engine: Engine| {
        fill(&engine).await;
        let instances = Instances::new(engine.execution.clone());
        let no_process =
            InstanceFilter { process_id: None, ..with("amount", Operator::Equal, "1") };
        let cases = [
            (no_process, "expected a process when instances are searched by a variable"),
            (
                with("size", Operator::Equal, "1"),
                "expected one of the variables amount, city of process review, found size",
            ),
            (
                with("amount", Operator::Equal, "many"),
                "amount: expected a whole number, found many",
            ),
            (
                with("amount", Operator::Contains, "1"),
                "amount: expected another comparison than contains, as it is no text, found 1",
            ),
        ];
        for (filter, expected) in cases {
            let refused = instances.list(filter, None, 10).await.expect_err("no such filter");
            let ListError::Filter(message) = refused else { panic!("{refused}") };
            assert_eq!(message, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_see_all_sees_what_they_started() {
    for_each_engine(async |engine: Engine| {
        let keys = fill(&engine).await;
        let anna = Principal {
            user_id: "anna".into(),
            permissions: [Permission::InstancesStart].into_iter().collect(),
            ..Principal::system()
        };
        let own = InstanceFilter::default().visible_to(&anna);
        assert_eq!(found(&engine, &keys, own).await, [5, 3, 1]);
        let everything = InstanceFilter::default().visible_to(&Principal::system());
        assert_eq!(found(&engine, &keys, everything).await, [5, 4, 3, 2, 1]);
        let instances = Instances::new(engine.execution.clone());
        assert!(instances.find(&anna, keys[0]).await.expect("a read").is_some());
        assert!(instances.find(&anna, keys[1]).await.expect("a read").is_none());
        assert!(instances.inspect(&anna, keys[1]).await.expect("a read").is_none());
    })
    .await;
}
