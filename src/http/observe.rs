//! The outermost layer: request ids, client addresses, access log, metrics, security headers.
//!
//! Must not know sessions or resources.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::http::app::App;
use crate::platform::config::IpNetwork;

/// The header that carries the id of a request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Longer ids of clients are replaced: they fill the log.
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// Only our own files run in our pages; nothing may frame them or send their forms elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; \
     object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// What the outermost layer found out about a request.
#[derive(Debug, Clone)]
pub(crate) struct RequestFacts {
    pub(crate) request_id: Arc<str>,
    pub(crate) address: IpAddr,
}

impl RequestFacts {
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_else(|| Self {
            request_id: "".into(),
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        })
    }
}

/// The layer around everything.
pub(crate) async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let facts = RequestFacts {
        request_id: request_id(request.headers()),
        address: client_address(&request, &app.config.server.trusted_proxies),
    };
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(facts.clone());
    let span = tracing::info_span!("request", request_id = &*facts.request_id);
    let mut response = next.run(request).instrument(span).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    tracing::info!(
        target: "flowstead::access",
        request_id = &*facts.request_id,
        method = method.as_str(),
        path,
        status,
        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        address = %facts.address,
        "request"
    );
    count(known_method(&method), route, status, elapsed.as_secs_f64());
    add_headers(response.headers_mut(), &app, &facts.request_id);
    response
}

/// Clients may invent methods; each would be a series of its own for ever.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn count(method: &'static str, route: &str, status: u16, seconds: f64) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("flowstead_http_requests_total", &labels).increment(1);
    let labels = [("method", method.to_owned()), ("route", route.to_owned())];
    metrics::histogram!("flowstead_http_request_duration_seconds", &labels).record(seconds);
}

fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|it| it.to_str().ok());
    let is_fit = |id: &&str| {
        (1..=REQUEST_ID_LENGTH_MAX).contains(&id.len())
            && id.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
    };
    given.filter(is_fit).map_or_else(|| uuid::Uuid::now_v7().to_string().into(), Into::into)
}

/// The last address that was not written by one of our own proxies.
fn client_address(request: &Request, trusted: &[IpNetwork]) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let mut address = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.0.ip());
    let lines = request.headers().get_all(FORWARDED_FOR);
    let hops: Vec<&str> = lines
        .into_iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        if !trusted.iter().any(|it| it.contains(address)) {
            break;
        }
        let Ok(next) = hop.trim().parse() else { break };
        address = next;
    }
    address.to_canonical()
}

fn add_headers(headers: &mut HeaderMap, app: &App, request_id: &str) {
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // What a person may see must not stay in shared caches; assets say otherwise themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, private"));
    if app.config.server.public_url.starts_with("https://") {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(a_year);
    }
}
