//! First start: make the first administrator, then offer the example processes.
//! Must not know how the one-time token is made or checked.

use super::layout::Layout;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::sign_in::begin_session;
use super::words::identity_problem;
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Form, Query};
use crate::http::frame::{Frame, Page, go_to, go_with_success, page_with_status, set_cookie};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{IdentityError, Login, NewUser};
use crate::services::processes::{self, Example};

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
        Self::of(Layout::signed_out("Example processes", "sample-csrf-token"))
    }

    fn of(layout: Layout) -> Self {
        let row = |example: Example| ExampleRow {
            id: example.id.into(),
            name: example.name.into(),
            summary: example.summary.into(),
            icon: icon(example.id),
            shows: example.shows.iter().map(ToString::to_string).collect(),
        };
        Self { layout, examples: processes::EXAMPLES.into_iter().map(row).collect() }
    }
}

fn icon(example_id: &str) -> &'static str {
    match example_id {
        "expense-approval" => "receipt",
        "customer-onboarding" => "user",
        "order-fulfilment" => "box",
        _ => "chart",
    }
}

/// The routes of both steps.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/setup", show).public(),
        Route::post("/setup", set_up).public().sign_in_pace(),
        Route::get(EXAMPLES, show_examples).needs(Permission::ProcessesDeploy),
        Route::post(EXAMPLES, load_examples).needs(Permission::ProcessesDeploy),
    ]
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
        Err(error @ IdentityError::Invalid { .. }) => identity_problem(&error),
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

async fn show_examples(frame: Frame) -> Page<SetupExamplesPage> {
    Page(SetupExamplesPage::of(frame.gate("Example processes")))
}

/// Loads the examples that were ticked; none ticked, or the other button, loads none.
async fn load_examples(
    State(app): State<App>,
    signed_in: SignedIn,
    Fields(fields): Fields,
) -> Result<Response, HttpError> {
    let is_wanted = fields.iter().any(|(name, value)| name == "load" && value == "true");
    let named = fields.into_iter().filter(|(name, _)| name == "example");
    let ids: Vec<String> = named.map(|(_, id)| id).collect();
    if !is_wanted || ids.is_empty() {
        return Ok(go_to("/"));
    }
    let (zone, origin) = (TimeZone::system(), signed_in.origin());
    let (execution, identity) = (&app.execution, &app.identity);
    let principal = &signed_in.principal;
    let loaded = processes::load_examples(execution, identity, &zone, &ids, principal, &origin);
    let count = loaded.await?.len();
    let message = match count {
        1 => "One example was loaded. Start it here.".to_owned(),
        count => format!("{count} examples were loaded. Start one here."),
    };
    Ok(go_with_success("/processes", &message))
}
