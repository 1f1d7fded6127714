//! Makes the router out of the routes: every route is guarded here, whatever its handler does.
//!
//! Must not know any single route.
//!
//! **Invariant:** no handler runs before the guard has checked who calls, how often, with which
//! right, and that a form came from one of our own pages.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::limits::{Client, Limits};
use crate::http::observe::{RequestFacts, observe};
use crate::http::present::present;
use crate::http::route::{Access, BodyLimit, Pace, Patience, Route, SMALL_BODY_BYTES, Surface};
use crate::http::session::{Credentials, Visitor, identify, lacks};
use crate::http::{csrf, etag, frame, idempotency, routes};

/// The server's router with every route.
pub fn router(app: App) -> Router {
    router_of(app, routes::routes())
}

/// A router with these routes only.
pub fn router_of(app: App, routes: Vec<Route>) -> Router {
    let limits = Arc::new(Limits::new(&app.config.server));
    let mut answering = Router::new();
    for route in routes {
        let body_limit = DefaultBodyLimit::max(body_limit_bytes(&app, &route));
        let handler = route.handler.clone();
        let path = route.path;
        let guard = Guard { app: app.clone(), limits: Arc::clone(&limits), route: route.into() };
        let guarded = handler.route_layer(body_limit).route_layer(from_fn_with_state(guard, admit));
        answering = answering.route(path, guarded);
    }
    let is_compressed = DefaultPredicate::new().and(NotForContentType::const_new("image/"));
    answering
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), present))
        .layer(CompressionLayer::new().compress_when(is_compressed))
        .layer(from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

#[derive(Clone)]
struct Guard {
    app: App,
    limits: Arc<Limits>,
    route: Arc<Route>,
}

/// The guard around every handler.
async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let facts = RequestFacts::of(request.extensions());
    let credentials = match guard.credentials(&facts, request.headers()).await {
        Ok(credentials) => credentials,
        Err(error) => return error.into_response(),
    };
    let cookie = credentials.cookie.clone();
    let brings_flash = frame::brings_flash(request.headers());
    let outcome = guard.check(&facts, &credentials, request).await;
    let mut response = match outcome {
        Ok(request) => guard.run(facts, credentials, request, next).await,
        Err(error) => error.into_response(),
    };
    if guard.route.surface == Surface::Page {
        frame::forget_flash(brings_flash, &mut response);
        if let Some(cookie) = cookie {
            frame::set_cookie(response.headers_mut(), &cookie);
        }
    }
    response
}

impl Guard {
    async fn credentials(
        &self,
        facts: &RequestFacts,
        headers: &HeaderMap,
    ) -> Result<Credentials, HttpError> {
        let outcome = identify(&self.app, self.route.surface, headers).await;
        // Guessing tokens is slowed down like everything else.
        let is_guess = outcome.is_err() && headers.contains_key(header::AUTHORIZATION);
        if is_guess && self.route.surface != Surface::System {
            self.limits.check(self.route.pace, Client::at(facts.address))?;
        }
        outcome
    }

    async fn check(
        &self,
        facts: &RequestFacts,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Request, HttpError> {
        let route = &self.route;
        if route.surface != Surface::System {
            self.limits.check(route.pace, self.client(facts, credentials))?;
        }
        self.check_access(credentials, &request)?;
        if !self.needs_csrf(credentials) {
            return Ok(request);
        }
        csrf::check(request, &credentials.csrf, body_limit_bytes(&self.app, route)).await
    }

    /// Where guessing must be slow, everybody at an address counts together.
    fn client(&self, facts: &RequestFacts, credentials: &Credentials) -> Client {
        match &credentials.principal {
            Some(it) if self.route.pace == Pace::Normal => Client::User(it.user_key),
            _ => Client::at(facts.address),
        }
    }

    fn check_access(&self, credentials: &Credentials, request: &Request) -> Result<(), HttpError> {
        if self.route.access == Access::Public {
            return Ok(());
        }
        let Some(principal) = &credentials.principal else {
            return Err(self.sign_in_first(request));
        };
        match self.route.access {
            Access::Needs(permission) if !principal.may(permission) => Err(lacks(permission)),
            _ => Ok(()),
        }
    }

    fn sign_in_first(&self, request: &Request) -> HttpError {
        let error = HttpError::unauthorized("sign in first");
        if self.route.surface != Surface::Page {
            return error;
        }
        let is_get = request.method() == Method::GET;
        let here = request.uri().path_and_query().map_or("/", |it| it.as_str());
        let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
        let query = if is_get && here != "/" { format!("?next={next}") } else { String::new() };
        error.with_redirect(format!("/sign-in{query}"))
    }

    /// Browsers send cookies by themselves, also from forms on other sites. A public route of the
    /// API takes nothing from the cookie, and JSON can't be sent from elsewhere.
    fn needs_csrf(&self, credentials: &Credentials) -> bool {
        let is_public_api =
            self.route.surface == Surface::Api && self.route.access == Access::Public;
        self.route.is_unsafe() && credentials.is_by_cookie && !is_public_api
    }

    async fn run(
        &self,
        facts: RequestFacts,
        credentials: Credentials,
        mut request: Request,
        next: Next,
    ) -> Response {
        let user_key = credentials.principal.as_ref().map(|it| it.user_key);
        request.extensions_mut().insert(Visitor::new(credentials, facts));
        let asked = request.headers().get(header::IF_NONE_MATCH).cloned();
        let running = idempotency::run(&self.app, &self.route, user_key, request, next);
        let response = match self.time_limit() {
            None => running.await,
            Some(limit) => timeout(limit, running).await.unwrap_or_else(|_| {
                HttpError::unavailable(5, "the request took too long").into_response()
            }),
        };
        if self.route.surface == Surface::Api && !self.route.is_unsafe() {
            return etag::mark(asked, response).await;
        }
        response
    }

    fn time_limit(&self) -> Option<Duration> {
        let usual = Duration::from_millis(self.app.config.server.timeout_ms);
        match self.route.patience {
            Patience::Usual => Some(usual),
            Patience::Longer(longer) => Some(usual + longer),
            Patience::Endless => None,
        }
    }
}

fn body_limit_bytes(app: &App, route: &Route) -> usize {
    let configured = usize::try_from(app.config.server.body_bytes).unwrap_or(usize::MAX);
    match route.body_limit {
        BodyLimit::Small => SMALL_BODY_BYTES.min(configured),
        BodyLimit::Configured => configured,
    }
}

async fn not_found() -> HttpError {
    HttpError::not_found("address")
}

async fn method_not_allowed(method: Method) -> HttpError {
    let message = format!("this address does not answer {method}");
    HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
fn panicked(payload: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "without a message".into());
    HttpError::internal(format!("panic: {text}")).into_response()
}
