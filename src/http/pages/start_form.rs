//! The form that starts an instance of a process.
//! Must not know what happens to the entered values.

use super::form_view::{FieldList, FormView};
use super::layout::{Layout, Section};
use super::parts::Link;
use askama::Template;

/// The start form of a process, or the button alone when it has none.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/start_form.html")]
pub struct StartFormPage {
    pub layout: Layout,
    pub process: Link,
    pub version: String,
    /// The process's documentation; empty shows none.
    pub summary: String,
    pub form: FormView,
}

impl StartFormPage {
    #[must_use]
    pub fn sample() -> Self {
        let path = "/processes/expense-approval/start";
        Self {
            layout: Layout::sample("Start Expense approval", Section::Processes, path),
            process: Link::new("Expense approval", "/processes/expense-approval"),
            version: "Version 2".into(),
            summary: "Hands in an expense. Small amounts are paid at once; larger ones are \
                      approved by a person first."
                .into(),
            form: FormView {
                action: path.into(),
                submit_label: "Start".into(),
                ..FormView::sample()
            },
        }
    }

    /// A process that asks for nothing.
    #[must_use]
    pub fn sample_empty() -> Self {
        let page = Self::sample();
        let form =
            FormView { fields: FieldList::default(), has_conditions: false, ..page.form.clone() };
        Self { form, summary: String::new(), ..page }
    }
}
