//! Every example runs to its end in memory, with answers as its users would give them.

use serde_json::{Value as Json, json};

use super::{Folder, example};
use crate::support::server::run_program;

fn run(models: &[&str], variables: &[&str], answers: &Json) -> Json {
    let folder = Folder::new();
    let answers = folder.write("answers.json", &answers.to_string());
    let models: Vec<String> = models.iter().map(|it| example(it)).collect();
    let mut arguments = vec!["run", "--json", "--answers", &answers];
    arguments.extend(["--at", "2030-01-31T12:00:00Z"]);
    arguments.extend(models.iter().map(String::as_str));
    for variable in variables {
        arguments.extend(["--var", variable]);
    }
    let (code, output, errors) = run_program(&arguments, &[]);
    assert_eq!((code, errors.as_str()), (0, ""), "{output}");
    serde_json::from_str(&output).expect("JSON")
}

#[test]
fn expense_approval_rejects_in_time() {
    let answers = json!({ "approve_expense": { "approved": false, "comment": "too much" } });
    let variables = ["amount=500", "purpose=Desk", "email=a@example.org"];
    let run = run(&["expense-approval/expense-approval.bpmn"], &variables, &answers);
    assert_eq!(run["variables"]["approved"], false);
}

#[test]
fn travel_allowance_asks_for_what_the_table_says() {
    let models = ["travel-allowance/travel-allowance.bpmn"];
    let free = run(&models, &["country=FR", "days=4"], &json!({}));
    let allowance = json!({ "rate": 45, "total": 180, "approval": "none" });
    assert_eq!(free["variables"]["allowance"], allowance);
    let answers = json!({ "approve_trip": { "approved": true } });
    let long = run(&models, &["country=JP", "days=10"], &answers);
    assert_eq!(long["variables"]["allowance"]["approval"], "management");
    assert_eq!(long["variables"]["approved"], true);
}

#[test]
fn customer_onboarding_waits_for_the_signature() {
    let models = [
        "customer-onboarding/customer-onboarding.bpmn",
        "customer-onboarding/welcome-customer.bpmn",
    ];
    let variables = [
        "customerId=C-7",
        "customerName=Ann",
        "email=ann@example.org",
        "baseUrl=https://checks.example.org",
    ];
    let answers = json!({
        "check_credit": { "creditScore": 700 },
        "check_identity": [{ "$fail": "no answer" }, { "identityConfirmed": true }],
        "contract_signed": { "$after": "P3D", "signedOn": "2030-02-03" },
        "call_customer": { "contactPerson": "Ben" },
    });
    let signed = run(&models, &variables, &answers);
    assert_eq!(signed["variables"]["contactPerson"], "Ben");
    let mut late = answers;
    late["contract_signed"] = json!({ "$never": true });
    let overdue = run(&models, &variables, &late);
    assert_eq!(overdue["variables"]["contactPerson"], Json::Null);
    let trace = overdue["trace"].as_array().expect("a list");
    assert_eq!(trace.last().expect("a line")["at"], "2030-02-14T12:00:01Z");
}

#[test]
fn order_fulfilment_orders_what_is_out_of_stock() {
    let variables = [
        "orderId=O-1",
        "email=ann@example.org",
        r#"lines=[{"article":"desk","quantity":1},{"article":"lamp","quantity":2}]"#,
    ];
    let answers = json!({
        "reserve_stock": [{ "shelf": "A1" }, { "$error": "OUT_OF_STOCK", "$message": "no lamps" }],
        "order_from_supplier": { "source": "Lights" },
        "pack_order": { "shipping": "post" },
    });
    let run = run(&["order-fulfilment/order-fulfilment.bpmn"], &variables, &answers);
    let prepared = run["variables"]["preparedLines"].as_array().expect("a list");
    let sources: Vec<&Json> = prepared.iter().map(|line| &line["source"]).collect();
    assert_eq!(sources, ["stock", "Lights"]);
}

#[test]
fn daily_report_adds_up() {
    let run = run(&["daily-report/daily-report.bpmn"], &[], &json!({}));
    assert_eq!(run["variables"]["report"]["total"], 3640.5);
}
