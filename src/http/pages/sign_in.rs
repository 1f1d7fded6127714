//! Sign in with e-mail and password.
//! Must not know how passwords are checked.

use super::layout::Layout;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Query};
use crate::http::frame::{self, Frame, Page, go_to, own_path, page_with_status, set_cookie};
use crate::http::route::Route;
use crate::http::session::{SignedIn, Visitor, expired_session_cookie, session_cookie};
use crate::services::identity::{Client, IdentityError, Login};

/// The sign-in form; it never says which of the two was wrong.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    pub layout: Layout,
    pub email: String,
    pub error: String,
    /// Where to go afterwards; a path of this site.
    pub next: String,
}

impl SignInPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            layout: Layout::signed_out("Sign in", "sample-csrf-token"),
            email: "approver@example.org".into(),
            error: String::new(),
            next: "/inbox".into(),
        }
    }

    /// The form after a refused attempt.
    #[must_use]
    pub fn sample_refused() -> Self {
        Self { error: "E-mail or password is wrong.".into(), ..Self::sample() }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/sign-in", show).public(),
        Route::post("/sign-in", sign_in).public().sign_in_pace(),
        Route::post("/sign-out", sign_out),
        Route::post("/theme", choose_theme).public(),
    ]
}

#[derive(Deserialize)]
struct SignInQuery {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct ThemeForm {
    theme: String,
    #[serde(default)]
    next: String,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Query(query): Query<SignInQuery>,
) -> Result<Result<Page<SignInPage>, Response>, HttpError> {
    if frame.visitor.principal.is_some() {
        return Ok(Err(go_to(own_path(&query.next))));
    }
    let error = if app.identity.is_set_up().await? {
        String::new()
    } else {
        "There is no administrator yet. Open the setup link that the server printed.".into()
    };
    let layout = frame.gate("Sign in");
    Ok(Ok(Page(SignInPage { layout, email: String::new(), error, next: query.next })))
}

async fn sign_in(
    State(app): State<App>,
    frame: Frame,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, HttpError> {
    let login = Login { name: form.email.clone(), password: form.password };
    match begin_session(&app, &frame.visitor, &headers, login).await {
        Ok(cookie) => {
            let mut response = go_to(own_path(&form.next));
            set_cookie(response.headers_mut(), &cookie);
            Ok(response)
        }
        Err(IdentityError::WrongCredentials) => {
            let error = "E-mail or password is wrong.".into();
            let layout = frame.gate("Sign in");
            let page = SignInPage { layout, email: form.email, error, next: form.next };
            Ok(page_with_status(StatusCode::UNAUTHORIZED, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs in and gives the cookie for the browser.
pub(super) async fn begin_session(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    login: Login,
) -> Result<String, IdentityError> {
    let user_agent = headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok());
    let client =
        Client { address: Some(visitor.address), user_agent: user_agent.map(ToOwned::to_owned) };
    let session = app.identity.sign_in(&visitor.origin(), login, client).await?;
    Ok(session_cookie(app, &session.token))
}

async fn sign_out(State(app): State<App>, signed_in: SignedIn) -> Result<Response, HttpError> {
    if let Some(token) = &signed_in.session {
        app.identity.sign_out(&signed_in.origin(), token).await?;
    }
    let mut response = go_to("/sign-in");
    set_cookie(response.headers_mut(), &expired_session_cookie(&app));
    Ok(response)
}

async fn choose_theme(Form(form): Form<ThemeForm>) -> Response {
    let mut response = go_to(own_path(&form.next));
    set_cookie(response.headers_mut(), &frame::theme_cookie(&form.theme));
    response
}
