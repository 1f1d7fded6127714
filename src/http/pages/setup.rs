//! First start: make the first administrator, then offer the example processes.
//! Must not know how the one-time token is made or checked.

use super::layout::Layout;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::sign_in::begin_session;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Query};
use crate::http::frame::{Frame, go_to, page_with_status, set_cookie};
use crate::http::route::Route;
use crate::services::identity::{IdentityError, Login, NewUser};

/// Where the second step is.
const EXAMPLES: &str = "/setup/examples";

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

/// The routes of the first step.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/setup", show).public(), Route::post("/setup", set_up).public().sign_in_pace()]
}

#[derive(Deserialize)]
struct SetupQuery {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct SetupForm {
    token: String,
    name: String,
    email: String,
    password: String,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Query(query): Query<SetupQuery>,
) -> Result<Response, HttpError> {
    if app.identity.is_set_up().await? {
        return Ok(go_to("/sign-in"));
    }
    let is_valid = app.identity.is_setup_token(&query.token).await?;
    let (status, error) = if is_valid {
        (StatusCode::OK, String::new())
    } else {
        (StatusCode::FORBIDDEN, WRONG_TOKEN.to_owned())
    };
    let layout = frame.gate("Set up");
    let (name, email) = (String::new(), String::new());
    Ok(page_with_status(status, &SetupPage { layout, token: query.token, name, email, error }))
}

const WRONG_TOKEN: &str =
    "This setup link is not valid. The server prints the present one when it starts.";

async fn set_up(
    State(app): State<App>,
    frame: Frame,
    headers: HeaderMap,
    Form(form): Form<SetupForm>,
) -> Result<Response, HttpError> {
    let new = NewUser {
        email: Some(form.email.clone()),
        display_name: form.name.clone(),
        password: Some(form.password.clone()),
        ..NewUser::default()
    };
    let error = match app.identity.set_up(&frame.visitor.origin(), &form.token, new).await {
        Ok(user) => {
            let login = Login { name: user.user_id, password: form.password };
            let cookie = begin_session(&app, &frame.visitor, &headers, login).await?;
            let mut response = go_to(EXAMPLES);
            set_cookie(response.headers_mut(), &cookie);
            return Ok(response);
        }
        Err(IdentityError::SetupDone) => return Ok(go_to("/sign-in")),
        Err(IdentityError::TokenRefused) => WRONG_TOKEN.to_owned(),
        Err(error @ IdentityError::Invalid { .. }) => error.to_string(),
        Err(error) => return Err(error.into()),
    };
    let page = SetupPage {
        layout: frame.gate("Set up"),
        token: form.token,
        name: form.name,
        email: form.email,
        error,
    };
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}
