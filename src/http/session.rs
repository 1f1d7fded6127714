//! Who sends a request: cookies and bearer tokens in, a principal out.
//!
//! Handlers take [`SignedIn`] or [`Visitor`]; the router has put them into the request before.
//! Must not know how tokens are checked; `services::identity` does.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::core::access::{Permission, Principal, Via};
use crate::http::app::App;
use crate::http::csrf;
use crate::http::error::HttpError;
use crate::http::observe::RequestFacts;
use crate::http::route::Surface;
use crate::services::audit::{Actor, ActorKind, Origin};
use crate::services::identity::random_token;

/// Whoever sends the request, signed in or not.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The signed-in principal.
    pub principal: Option<Arc<Principal>>,
    /// The CSRF token for forms on the page.
    pub csrf: Arc<str>,
    /// The id of this request.
    pub request_id: Arc<str>,
    /// The network address it came from.
    pub address: IpAddr,
    /// The token in the session cookie, when it is valid.
    pub(crate) session: Option<Arc<str>>,
    /// The digest of the request's idempotency key.
    pub(crate) once: Option<[u8; 32]>,
}

/// The principal that sends the request; routes that aren't public have one.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The principal.
    pub principal: Arc<Principal>,
    /// The request it sends.
    pub visitor: Visitor,
}

impl Visitor {
    /// Whoever sent these credentials with a request.
    pub(crate) fn new(credentials: Credentials, facts: RequestFacts) -> Self {
        Self {
            principal: credentials.principal,
            csrf: credentials.csrf,
            request_id: facts.request_id,
            address: facts.address,
            session: credentials.session,
            once: None,
        }
    }

    /// Who acts, for audit events.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let actor = match &self.principal {
            Some(it) if it.via == Via::Session => {
                Actor { kind: ActorKind::User, id: Arc::clone(&it.user_id) }
            }
            Some(it) => Actor { kind: ActorKind::Client, id: Arc::clone(&it.user_id) },
            None => Actor { kind: ActorKind::Anonymous, id: "".into() },
        };
        Origin {
            actor,
            request_id: Some(Arc::clone(&self.request_id)),
            address: Some(self.address.to_string().into()),
            once: self.once,
        }
    }
}

impl SignedIn {
    /// Refuses a principal that lacks the permission, where one route serves several.
    ///
    /// # Errors
    /// 403 naming the permission.
    pub fn require(&self, permission: Permission) -> Result<(), HttpError> {
        if self.principal.may(permission) { Ok(()) } else { Err(lacks(permission)) }
    }
}

impl Deref for SignedIn {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

/// 403 naming the permission that is missing.
pub(crate) fn lacks(permission: Permission) -> HttpError {
    HttpError::forbidden(format!("this needs the permission {}", permission.name()))
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let visitor = parts.extensions.get::<Self>().cloned();
        visitor.ok_or_else(|| HttpError::internal("the route was reached around the router"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let principal = visitor.principal.clone();
        let principal = principal.ok_or_else(|| HttpError::unauthorized("sign in first"))?;
        Ok(Self { principal, visitor })
    }
}

/// What the credentials of a request amount to.
pub(crate) struct Credentials {
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) csrf: Arc<str>,
    pub(crate) session: Option<Arc<str>>,
    /// The browser sends its cookie by itself, so a form needs proof of where it came from.
    pub(crate) is_by_cookie: bool,
    /// A cookie to set, for a visitor that has none yet.
    pub(crate) cookie: Option<String>,
}

/// Checks the bearer token, else the session cookie, else knows the visitor by its own cookie.
///
/// Pages are for browsers and take no tokens: a token with few scopes must not reach the forms that
/// make new ones.
///
/// # Errors
/// 401 for a bearer token that is not valid; those of the database.
pub(crate) async fn identify(
    app: &App,
    surface: Surface,
    headers: &HeaderMap,
) -> Result<Credentials, HttpError> {
    if surface != Surface::Page
        && let Some(token) = bearer(headers)
    {
        let principal = app.identity.authenticate_bearer(token).await?;
        let principal = principal.ok_or_else(|| {
            HttpError::unauthorized("the token is not valid: expired, revoked or unknown")
        })?;
        return Ok(Credentials {
            principal: Some(principal),
            csrf: "".into(),
            session: None,
            is_by_cookie: false,
            cookie: None,
        });
    }
    let names = CookieNames::of(app);
    if let Some(token) = cookie(headers, names.session)
        && let Some(principal) = app.identity.authenticate_session(token).await?
    {
        return Ok(Credentials {
            principal: Some(principal),
            csrf: csrf::token_for(token).into(),
            session: Some(token.into()),
            is_by_cookie: true,
            cookie: None,
        });
    }
    Ok(anonymous(headers, &names))
}

fn anonymous(headers: &HeaderMap, names: &CookieNames) -> Credentials {
    let known = cookie(headers, names.visitor).map(ToOwned::to_owned);
    let is_new = known.is_none();
    let secret = known.unwrap_or_else(random_token);
    let cookie = is_new.then(|| names.text(names.visitor, &secret));
    Credentials {
        principal: None,
        csrf: csrf::token_for(&secret).into(),
        session: None,
        is_by_cookie: true,
        cookie,
    }
}

/// The cookie that signs a browser in, until the browser closes or the session ends.
#[must_use]
pub(crate) fn session_cookie(app: &App, token: &str) -> String {
    let names = CookieNames::of(app);
    names.text(names.session, token)
}

/// The cookie that makes the browser forget its session.
#[must_use]
pub(crate) fn expired_session_cookie(app: &App) -> String {
    let names = CookieNames::of(app);
    format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}", names.session, names.secure)
}

/// With HTTPS the `__Host-` prefix keeps other hosts of the domain from setting our cookies.
struct CookieNames {
    session: &'static str,
    visitor: &'static str,
    secure: &'static str,
}

impl CookieNames {
    fn of(app: &App) -> Self {
        if app.config.server.public_url.starts_with("https://") {
            let (session, visitor) = ("__Host-flowstead", "__Host-flowstead-visitor");
            Self { session, visitor, secure: "; Secure" }
        } else {
            Self { session: "flowstead", visitor: "flowstead-visitor", secure: "" }
        }
    }

    fn text(&self, name: &str, value: &str) -> String {
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{}", self.secure)
    }
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name && !value.is_empty()).then_some(value)
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
