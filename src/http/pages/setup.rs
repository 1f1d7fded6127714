//! First start: make the first administrator, then offer the example processes.
//! Must not know how the one-time token is made or checked.

use super::layout::Layout;
use askama::Template;

/// The first step: who administers this installation.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup.html")]
pub struct SetupPage {
    pub layout: Layout,
    /// The one-time token of the setup link, sent back with the form.
    pub token: String,
    pub name: String,
    pub email: String,
    /// What is wrong with what was entered; empty on the first visit.
    pub error: String,
}

/// The second step: the example processes to learn from.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup_examples.html")]
pub struct SetupExamplesPage {
    pub layout: Layout,
    pub examples: Vec<ExampleRow>,
}

/// One example that can be loaded.
#[derive(Clone, Debug)]
pub struct ExampleRow {
    pub id: String,
    pub name: String,
    pub summary: String,
    pub icon: &'static str,
    pub shows: Vec<String>,
}

impl SetupPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            layout: Layout::signed_out("Set up", "sample-csrf-token"),
            token: "sample-setup-token".into(),
            name: String::new(),
            email: "administrator@example.org".into(),
            error: "the password is too short: expected at least 12 characters".into(),
        }
    }
}

impl SetupExamplesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |id: &str, icon, name: &str, summary: &str, shows: &[&str]| ExampleRow {
            id: id.into(),
            name: name.into(),
            summary: summary.into(),
            icon,
            shows: shows.iter().map(ToString::to_string).collect(),
        };
        Self {
            layout: Layout::signed_out("Example processes", "sample-csrf-token"),
            examples: vec![
                row(
                    "expense-approval",
                    "receipt",
                    "Expense approval",
                    "Small amounts pass by rule; larger ones wait for a person.",
                    &["Amount rule", "Form", "Reminder timer", "E-mail"],
                ),
                row(
                    "customer-onboarding",
                    "user",
                    "Customer onboarding",
                    "Two checks at once, then a signed contract from outside.",
                    &["File upload", "HTTP", "Message", "Call activity"],
                ),
                row(
                    "order-fulfilment",
                    "box",
                    "Order fulfilment",
                    "Every order line is picked by an outside worker.",
                    &["Multi-instance", "Worker", "Error boundary", "Incident"],
                ),
                row(
                    "daily-report",
                    "chart",
                    "Daily report",
                    "Starts by itself and mails the day's numbers.",
                    &["Cycle timer", "Script", "E-mail"],
                ),
            ],
        }
    }
}
