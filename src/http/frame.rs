//! What every page needs around its own content: the frame, messages after a redirect, the theme.
//!
//! Must not know any single page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::core::access::{Permission, Principal};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::observe::RequestFacts;
use crate::http::pages::layout::{Layout, Section, Viewer};
use crate::http::route::Surface;
use crate::http::session::{Visitor, cookie, identify};
use crate::platform::store::Sql;
use crate::services::incidents::{self, IncidentFilter};
use crate::services::tasks::{self, TaskFilter};

/// Carries a message over one redirect.
const FLASH: &str = "flowstead-flash";
/// The theme that the browser's user chose; also set by the page's script.
const THEME: &str = "theme";
/// A message that was not shown within this time is old news.
const FLASH_LIFETIME_S: u32 = 60;
const YEAR_S: u32 = 365 * 24 * 3600;

/// A page's answer: 200 with its HTML.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        page_with_status(StatusCode::OK, &self.0)
    }
}

/// A page's answer with another status, such as a form that was refused.
pub fn page_with_status<T: Template>(status: StatusCode, page: &T) -> Response {
    match page.render() {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, kind)], html).into_response()
        }
        Err(error) => HttpError::internal(error.to_string()).into_response(),
    }
}

/// What makes the frame around a page, taken from the request.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Whoever looks at the page.
    pub visitor: Visitor,
    email: String,
    open_tasks: u64,
    open_incidents: u64,
    theme: Option<String>,
    flash: Option<(bool, String)>,
    path: String,
}

impl FromRequestParts<App> for Frame {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let path = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        let frame = Self::of(app, visitor, theme(&parts.headers), path).await?;
        Ok(Self { flash: flash(&parts.headers), ..frame })
    }
}

/// What is kept of a request for the page of its error.
pub(crate) struct Asked {
    pub(crate) facts: RequestFacts,
    pub(crate) headers: HeaderMap,
    pub(crate) path: String,
    pub(crate) is_get: bool,
}

impl Asked {
    pub(crate) fn of(request: &Request, facts: RequestFacts) -> Self {
        Self {
            facts,
            headers: request.headers().clone(),
            path: request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned(),
            is_get: request.method() == Method::GET,
        }
    }
}

/// The open user tasks that the visitor has.
async fn count_open_tasks(app: &App, visitor: &Visitor) -> Result<u64, HttpError> {
    let works = |it: &Arc<Principal>| it.may(Permission::TasksWork);
    let Some(principal) = visitor.principal.clone().filter(works) else { return Ok(0) };
    let mine = move |sql: &mut dyn Sql| tasks::count(sql, &principal, &TaskFilter::default());
    let count = app.execution.database().read(mine).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The open incidents, for those who can repair them.
async fn count_open_incidents(app: &App, visitor: &Visitor) -> Result<u64, HttpError> {
    if !visitor.principal.as_ref().is_some_and(|it| it.may(Permission::InstancesOperate)) {
        return Ok(0);
    }
    let count = incidents::count(&app.execution, IncidentFilter::default()).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

impl Frame {
    async fn of(
        app: &App,
        visitor: Visitor,
        theme: Option<String>,
        path: String,
    ) -> Result<Self, HttpError> {
        let email = match &visitor.principal {
            None => String::new(),
            Some(it) => app.identity.load_user(it.user_key).await?.email.unwrap_or_default(),
        };
        let open_tasks = count_open_tasks(app, &visitor).await?;
        let open_incidents = count_open_incidents(app, &visitor).await?;
        Ok(Self { visitor, email, open_tasks, open_incidents, theme, flash: None, path })
    }

    /// The frame around an error, whose request may never have reached a route; `None` when
    /// nobody is signed in, or when that can't be found out any more.
    pub(crate) async fn around_error(app: &App, asked: &Asked) -> Option<Self> {
        let credentials = identify(app, Surface::Page, &asked.headers).await.ok()?;
        credentials.principal.as_ref()?;
        let visitor = Visitor::new(credentials, asked.facts.clone());
        // A form's address can't be gone back to.
        let path = if asked.is_get { asked.path.clone() } else { "/".to_owned() };
        Self::of(app, visitor, theme(&asked.headers), path).await.ok()
    }

    /// The frame for whoever is signed in, with the navigation of its permissions.
    #[must_use]
    pub fn layout(&self, title: impl Into<String>, section: Section) -> Layout {
        let Some(principal) = &self.visitor.principal else { return self.gate(title) };
        let viewer = Viewer {
            name: principal.display_name.to_string(),
            email: self.email.clone(),
            can_deploy: principal.may(Permission::ProcessesDeploy),
            can_operate: principal.may(Permission::InstancesOperate),
            can_administer: principal.may(Permission::UsersManage),
            open_tasks: self.open_tasks,
            open_incidents: self.open_incidents,
        };
        let csrf = self.visitor.csrf.to_string();
        self.dressed(Layout::signed_in(title, section, viewer, csrf, self.path.as_str()))
    }

    /// The frame of pages before sign-in.
    #[must_use]
    pub fn gate(&self, title: impl Into<String>) -> Layout {
        self.dressed(Layout::signed_out(title, self.visitor.csrf.to_string()))
    }

    fn dressed(&self, layout: Layout) -> Layout {
        let layout = layout.with_theme(self.theme.as_deref());
        match &self.flash {
            None => layout,
            Some((true, message)) => layout.with_success(message.as_str()),
            Some((false, message)) => layout.with_refusal(message.as_str()),
        }
    }
}

/// Goes to another page (303).
#[must_use]
pub fn go_to(location: &str) -> Response {
    Redirect::to(location).into_response()
}

/// Goes to another page, which says that something worked.
#[must_use]
pub fn go_with_success(location: &str, message: &str) -> Response {
    go_with(location, true, message)
}

/// Goes to another page, which says what was refused and why.
#[must_use]
pub fn go_with_refusal(location: &str, message: &str) -> Response {
    go_with(location, false, message)
}

fn go_with(location: &str, is_success: bool, message: &str) -> Response {
    let mut response = go_to(location);
    let text = URL_SAFE_NO_PAD.encode(message);
    let tone = if is_success { 's' } else { 'r' };
    set_cookie(
        response.headers_mut(),
        &format!(
            "{FLASH}={tone}{text}; Path=/; HttpOnly; SameSite=Lax; Max-Age={FLASH_LIFETIME_S}"
        ),
    );
    response
}

fn flash(headers: &HeaderMap) -> Option<(bool, String)> {
    let value = cookie(headers, FLASH)?;
    let (tone, text) = value.split_at_checked(1)?;
    let message = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    Some((tone == "s", message))
}

/// Makes the browser forget a message that it was shown.
pub(crate) fn forget_flash(asked: bool, response: &mut Response) {
    if asked && response.status() == StatusCode::OK {
        set_cookie(response.headers_mut(), &format!("{FLASH}=; Path=/; Max-Age=0"));
    }
}

/// Whether a request brings a message to show.
pub(crate) fn brings_flash(headers: &HeaderMap) -> bool {
    cookie(headers, FLASH).is_some()
}

/// The theme that was chosen, as the cookie says.
pub(crate) fn theme(headers: &HeaderMap) -> Option<String> {
    cookie(headers, THEME).map(ToOwned::to_owned)
}

/// Remembers a theme: `light`, `dark`, or anything else to follow the device.
#[must_use]
pub fn theme_cookie(theme: &str) -> String {
    match theme {
        "light" | "dark" => format!("{THEME}={theme}; Path=/; SameSite=Lax; Max-Age={YEAR_S}"),
        _ => format!("{THEME}=; Path=/; SameSite=Lax; Max-Age=0"),
    }
}

/// Adds a cookie to an answer.
pub fn set_cookie(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// The address if it is a path of this site, else the home page: nobody is sent elsewhere.
#[must_use]
pub fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|it: char| it == '\\' || it.is_control());
    if is_own { next } else { "/" }
}
