//! One's own account: password, API tokens and sessions.
//! Must not know how secrets are made; a new token is shown once and never again.

use super::layout::{Layout, Section};
use super::parts::{Choice, Stamp};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::names::GroupNames;
use super::roles::role_name;
use super::words::identity_problem;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Path};
use crate::http::frame::{Frame, Page, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{ApiToken, IdentityError, NewApiToken, Session};

const DAY_MS: i64 = 24 * 3_600_000;
/// How many days a token made here can live, with the words for it; the second is offered first.
const LIFETIMES: [(i64, &str); 3] = [(30, "30 days"), (90, "90 days"), (365, "1 year")];

/// The signed-in person's own settings.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    pub layout: Layout,
    pub name: String,
    pub email: String,
    pub roles: String,
    pub groups: String,
    /// What is wrong with the password change; empty when nothing is.
    pub password_error: String,
    /// A token that was just made, in plain text.
    pub new_token: Option<String>,
    pub tokens: Vec<TokenRow>,
    pub lifetimes: Vec<Choice>,
    pub token_error: String,
    pub sessions: Vec<SessionRow>,
}

/// An API token, without its secret.
#[derive(Clone, Debug)]
pub struct TokenRow {
    pub key: String,
    pub name: String,
    /// The first characters, to tell tokens apart.
    pub prefix: String,
    pub created: Stamp,
    pub last_used: Option<Stamp>,
    pub expires: Option<Stamp>,
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub key: String,
    /// For example `Firefox on Linux`.
    pub device: String,
    pub address: String,
    pub started: Stamp,
    pub last_seen: Stamp,
    pub is_current: bool,
}

impl AccountPage {
    #[must_use]
    pub fn sample() -> Self {
        let session = |device: &str, minutes, is_current| SessionRow {
            key: "4503599627370700".into(),
            device: device.into(),
            address: "192.0.2.10".into(),
            started: Stamp::sample(minutes + 600),
            last_seen: Stamp::sample(minutes),
            is_current,
        };
        Self {
            password_error: "the current password is wrong".into(),
            new_token: Some("fst_0123456789abcdefghijklmnopqrstuv".into()),
            tokens: vec![TokenRow {
                key: "4503599627370710".into(),
                name: "Order worker".into(),
                prefix: "fst_0123".into(),
                created: Stamp::sample(3_000),
                last_used: Some(Stamp::sample(2)),
                expires: Some(Stamp::sample(-40_000)),
            }],
            sessions: vec![
                session("Firefox on Linux", 0, true),
                session("Safari on iPhone", 2_900, false),
            ],
            ..Self::sample_empty()
        }
    }

    /// An account without tokens.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Account", Section::Account, "/account"),
            name: "Administrator".into(),
            email: "administrator@example.org".into(),
            roles: "Administrator".into(),
            groups: "Approvers".into(),
            password_error: String::new(),
            new_token: None,
            tokens: Vec::new(),
            lifetimes: vec![
                Choice::new("30", "30 days", false),
                Choice::new("90", "90 days", true),
                Choice::new("365", "1 year", false),
            ],
            token_error: String::new(),
            sessions: Vec::new(),
        }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/account", show),
        Route::post("/account/password", change_password).sign_in_pace(),
        Route::post("/account/tokens", make_token),
        Route::post("/account/tokens/{key}/revoke", revoke_token),
        Route::post("/account/sessions/{key}/end", end_session),
    ]
}

#[derive(Deserialize)]
struct PasswordForm {
    current: String,
    new: String,
}

#[derive(Deserialize)]
struct TokenForm {
    name: String,
    days: i64,
}

/// What the page says besides what it always shows.
#[derive(Default)]
struct Notes {
    password_error: String,
    token_error: String,
    new_token: Option<String>,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
) -> Result<Page<AccountPage>, HttpError> {
    Ok(Page(page(&app, &frame, &signed_in, Notes::default()).await?))
}

async fn change_password(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Form(form): Form<PasswordForm>,
) -> Result<Response, HttpError> {
    let kept = signed_in.session.as_deref();
    let user_key = signed_in.principal.user_key;
    let origin = signed_in.origin();
    let changed =
        app.identity.change_password(&origin, user_key, form.current, form.new, kept).await;
    match changed {
        Ok(()) => Ok(go_with_success(
            "/account",
            "The password was changed. Other sessions were signed out.",
        )),
        Err(error @ IdentityError::Invalid { .. }) => {
            let notes = Notes { password_error: identity_problem(&error), ..Notes::default() };
            let page = page(&app, &frame, &signed_in, notes).await?;
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn make_token(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Form(form): Form<TokenForm>,
) -> Result<Response, HttpError> {
    let is_offered = LIFETIMES.iter().any(|(days, _)| *days == form.days);
    let days = if is_offered { form.days } else { LIFETIMES[0].0 };
    let expires_at_ms = Some(app.clock.now_ms() + days * DAY_MS);
    let new = NewApiToken { name: form.name, scopes: None, expires_at_ms };
    let user_key = signed_in.principal.user_key;
    let (status, notes) =
        match app.identity.create_api_token(&signed_in.origin(), user_key, new).await {
            Ok((_, text)) => (StatusCode::OK, Notes { new_token: Some(text), ..Notes::default() }),
            Err(error @ (IdentityError::Invalid { .. } | IdentityError::Taken { .. })) => {
                let notes = Notes { token_error: identity_problem(&error), ..Notes::default() };
                (StatusCode::UNPROCESSABLE_ENTITY, notes)
            }
            Err(error) => return Err(error.into()),
        };
    Ok(page_with_status(status, &page(&app, &frame, &signed_in, notes).await?))
}

async fn revoke_token(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let user_key = signed_in.principal.user_key;
    app.identity.delete_api_token(&signed_in.origin(), user_key, key.0).await?;
    Ok(go_with_success("/account", "The token was revoked."))
}

async fn end_session(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let user_key = signed_in.principal.user_key;
    app.identity.end_session(&signed_in.origin(), user_key, key.0).await?;
    Ok(go_with_success("/account", "That session was signed out."))
}

async fn page(
    app: &App,
    frame: &Frame,
    signed_in: &SignedIn,
    notes: Notes,
) -> Result<AccountPage, HttpError> {
    let user_key = signed_in.principal.user_key;
    let user = app.identity.load_user(user_key).await?;
    let groups = GroupNames::load(app, user.groups.iter().map(String::as_str)).await?;
    let tokens = app.identity.list_api_tokens(user_key).await?;
    let sessions = app.identity.list_sessions(user_key).await?;
    let now_ms = app.clock.now_ms();
    let roles: Vec<String> = user.roles.into_iter().map(role_name).collect();
    let lifetimes = LIFETIMES.iter().enumerate();
    let own = signed_in.session.as_deref();
    Ok(AccountPage {
        layout: frame.layout("Account", Section::Account),
        name: user.display_name,
        email: user.email.unwrap_or(user.user_id),
        roles: roles.join(", "),
        groups: groups.list(&user.groups),
        password_error: notes.password_error,
        new_token: notes.new_token,
        tokens: tokens.into_iter().map(|it| token_row(it, now_ms)).collect(),
        lifetimes: lifetimes
            .map(|(place, (days, words))| Choice::new(days.to_string(), *words, place == 1))
            .collect(),
        token_error: notes.token_error,
        sessions: sessions.into_iter().map(|it| session_row(it, own, now_ms)).collect(),
    })
}

fn token_row(token: ApiToken, now_ms: i64) -> TokenRow {
    TokenRow {
        key: token.key.to_string(),
        name: token.name,
        prefix: token.prefix,
        created: Stamp::at(token.created_at_ms, now_ms),
        last_used: token.used_at_ms.map(|it| Stamp::at(it, now_ms)),
        expires: token.expires_at_ms.map(|it| Stamp::at(it, now_ms)),
    }
}

fn session_row(session: Session, own: Option<&str>, now_ms: i64) -> SessionRow {
    let is_current = own.is_some_and(|token| session.is_of(token));
    SessionRow {
        key: session.key.to_string(),
        device: device(session.user_agent.as_deref().unwrap_or_default()),
        address: session.address.unwrap_or_default(),
        started: Stamp::at(session.created_at_ms, now_ms),
        last_seen: Stamp::at(session.seen_at_ms, now_ms),
        is_current,
    }
}

/// Browser and system in words. Chrome calls itself Safari too and Edge both, so order counts.
fn device(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}
