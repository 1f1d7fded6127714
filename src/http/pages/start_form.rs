//! The form that starts an instance of a process.
//! Must not know what happens to the entered values.

use super::form_view::{FieldList, FormView};
use super::layout::{Layout, Section};
use super::parts::Link;
use askama::Template;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Map;
use std::sync::Arc;

use super::filled_form::{self, Entered, Sending, place_of_answer};
use crate::core::access::Permission;
use crate::core::forms::Form;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::frame::{Frame, Page, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::http::upload::read_posted;
use crate::platform::store::Sql;
use crate::services::execution::Deployed;
use crate::services::processes::ShownForm;
use crate::services::tasks::{self, Submitted, TaskError};

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
                talk: None,
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

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    const NEEDED: Permission = Permission::InstancesStart;
    vec![
        Route::get("/processes/{id}/start", show).needs(NEEDED),
        Route::post("/processes/{id}/start", start).needs(NEEDED).large_body(),
    ]
}

async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    frame: Frame,
    Path(process_id): Path<String>,
) -> Result<Page<StartFormPage>, HttpError> {
    let asked = Asked::load(&app, process_id).await?;
    let form = asked.form_view(&app, &signed_in, None).await?;
    Ok(Page(asked.page(&frame, form)))
}

async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    frame: Frame,
    Path(process_id): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, HttpError> {
    let asked = Asked::load(&app, process_id).await?;
    let is_preview = query.as_deref() == Some("preview");
    let place = |control: &str| if is_preview { None } else { place_of_answer(control) };
    let posted = read_posted(&app, &signed_in, request, place).await?;
    let submitted = match &asked.form {
        Some(form) => filled_form::submitted(&app, Some((form, &Map::new())), &posted),
        None => Submitted::default(),
    };
    if is_preview {
        let entered = Entered { submitted: &submitted, errors: &[] };
        let form = asked.form_view(&app, &signed_in, Some(entered)).await?;
        return Ok(page_with_status(StatusCode::OK, &form));
    }
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let started = tasks::start(
        &app.execution,
        &app.files,
        principal,
        &asked.deployed,
        submitted.clone(),
        origin,
    );
    match started.await {
        Ok(receipt) => {
            let message = format!("{} was started.", asked.name());
            Ok(go_with_success(&format!("/instances/{}", receipt.key), &message))
        }
        Err(TaskError::Invalid(errors)) => {
            let entered = Entered { submitted: &submitted, errors: &errors };
            let form = asked.form_view(&app, &signed_in, Some(entered)).await?;
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &asked.page(&frame, form)))
        }
        Err(error) => Ok(HttpError::from(error).into_response()),
    }
}

/// The latest version of the process that is to be started, with its form.
struct Asked {
    deployed: Arc<Deployed>,
    form: Option<Box<Form>>,
}

impl Asked {
    async fn load(app: &App, process_id: String) -> Result<Self, HttpError> {
        let definitions = app.execution.definitions().clone();
        let read = move |sql: &mut dyn Sql| definitions.find_latest(sql, &process_id);
        let deployed = app.execution.database().read(read).await?;
        let deployed = deployed.ok_or_else(|| HttpError::not_found("process"))?;
        let form = match tasks::find_start_form(&app.execution, deployed.key).await? {
            Some(ShownForm::Form(form)) => Some(form),
            Some(ShownForm::External(_)) | None => None,
        };
        Ok(Self { deployed, form })
    }

    fn name(&self) -> &str {
        self.deployed.graph.name.as_deref().unwrap_or(&self.deployed.process_id)
    }

    async fn form_view(
        &self,
        app: &App,
        signed_in: &SignedIn,
        entered: Option<Entered<'_>>,
    ) -> Result<FormView, HttpError> {
        let action = format!("/processes/{}/start", self.deployed.process_id);
        let sending = Sending { action, label: "Start" };
        match &self.form {
            Some(form) => {
                filled_form::show(app, signed_in, form, &Map::new(), entered, sending).await
            }
            None => Ok(FormView {
                action: sending.action,
                csrf: signed_in.csrf.to_string(),
                submit_label: sending.label.into(),
                ..FormView::default()
            }),
        }
    }

    fn page(&self, frame: &Frame, form: FormView) -> StartFormPage {
        let href = format!("/processes/{}", self.deployed.process_id);
        StartFormPage {
            layout: frame.layout(format!("Start {}", self.name()), Section::Processes),
            process: Link::new(self.name(), href),
            version: format!("Version {}", self.deployed.version),
            summary: String::new(),
            form,
        }
    }
}
