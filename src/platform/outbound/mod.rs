//! Requests to other systems, guarded against being sent to places they must not reach.
//!
//! Knows nothing of why a request is made. Whoever writes a model or its data chooses addresses,
//! and the server stands where they don't: so the guard decides by the address that is really
//! connected to, at every redirect anew.
//!
//! **Invariant:** no connection is made to an address that [`Guard`] did not allow.

mod guard;
mod hop;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

pub use guard::{Guard, RefusedAddress};
use hop::Hop;

use crate::platform::config::OutboundConfig;

/// Redirects followed; more is a loop or a trap.
const REDIRECTS_MAX: usize = 5;

/// A request as its writer sees it.
#[derive(Clone, Default, PartialEq)]
pub struct OutboundRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// An absolute `http` or `https` address.
    pub url: String,
    /// Headers in order; a name may come twice.
    pub headers: Vec<(String, String)>,
    /// Query parameters, added to those in the address.
    pub query: Vec<(String, String)>,
    /// The body; empty: none.
    pub body: Bytes,
    /// How long everything may take; `None`: as configured.
    pub timeout_ms: Option<u64>,
}

/// Headers, query and body often hold secrets, so only their names and sizes are shown.
impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("OutboundRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A response, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundResponse {
    /// The status code.
    pub status: u16,
    /// Headers in order, names in lower case; bytes that are no text are replaced.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The request makes no sense.
    #[error("the request can't be sent: {0}")]
    BadRequest(String),
    /// The guard does not allow the address.
    #[error("{0}")]
    Refused(RefusedAddress),
    /// The name can't be resolved, or nobody answers there.
    #[error("can't connect to {host}: {reason}")]
    Connect {
        /// Host of the address.
        host: String,
        /// What happened.
        reason: String,
    },
    /// It took too long.
    #[error("no response within {limit_ms} ms")]
    Timeout {
        /// The limit that held.
        limit_ms: u64,
    },
    /// The response is larger than configured.
    #[error("the response is too large, expected at most {limit} bytes")]
    TooLarge {
        /// The limit that held.
        limit: u64,
    },
    /// One redirect led to the next.
    #[error("more than {REDIRECTS_MAX} redirects")]
    TooManyRedirects,
    /// The connection broke, or what came was no HTTP.
    #[error("the exchange failed: {0}")]
    Broken(String),
}

impl OutboundError {
    /// Whether the same request may succeed later. The request may have been carried out already.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Timeout { .. } | Self::Broken(_))
    }
}

/// Sends requests; shared by all, keeps connections open between them.
#[derive(Debug)]
pub struct OutboundClient {
    client: Client,
    guard: Arc<Guard>,
    timeout_ms: u64,
    response_bytes: u64,
}

impl OutboundClient {
    /// A client with the configured limits. It uses no proxy, as that would connect for us.
    ///
    /// # Errors
    /// `BadRequest` when TLS can't be set up, for instance without root certificates.
    pub fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        // An error says that the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Arc::new(Guard::new(config.allow_private_networks.clone()));
        let client = Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::clone(&guard))
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| OutboundError::BadRequest(with_causes(&error)))?;
        let (timeout_ms, response_bytes) = (config.timeout_ms, config.response_bytes);
        Ok(Self { client, guard, timeout_ms, response_bytes })
    }

    /// Sends a request, follows redirects, and reads the whole response.
    ///
    /// A redirect to another scheme, host or port loses `authorization` and `cookie`. As browsers
    /// do, 303 (and 301 and 302 after a POST) goes on with GET.
    ///
    /// # Errors
    /// See [`OutboundError`]; a response with an error status is a response.
    pub async fn send(&self, request: &OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        let limit_ms = request.timeout_ms.unwrap_or(self.timeout_ms);
        tokio::time::timeout(Duration::from_millis(limit_ms), self.follow(request))
            .await
            .unwrap_or(Err(OutboundError::Timeout { limit_ms }))
    }

    async fn follow(&self, request: &OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        let mut hop = Hop::first(request)?;
        for _ in 0..=REDIRECTS_MAX {
            self.guard.check_url(&hop.url).map_err(OutboundError::Refused)?;
            let response =
                self.client.execute(hop.request()).await.map_err(|e| failure(&e, &hop.url))?;
            match hop.next(&response)? {
                Some(next) => hop = next,
                None => return self.read(response).await,
            }
        }
        Err(OutboundError::TooManyRedirects)
    }

    async fn read(&self, mut response: Response) -> Result<OutboundResponse, OutboundError> {
        let limit = self.response_bytes;
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(OutboundError::TooLarge { limit });
        }
        let status = response.status().as_u16();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let mut body = BytesMut::new();
        let broken = |error: reqwest::Error| OutboundError::Broken(with_causes(&error));
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if (body.len() + piece.len()) as u64 > limit {
                return Err(OutboundError::TooLarge { limit });
            }
            body.extend_from_slice(&piece);
        }
        Ok(OutboundResponse { status, headers, body: body.freeze() })
    }
}

fn failure(error: &reqwest::Error, url: &Url) -> OutboundError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<RefusedAddress>() {
            return OutboundError::Refused(refused.clone());
        }
        cause = error.source();
    }
    let reason = with_causes(error);
    if error.is_connect() {
        let host = url.host_str().unwrap_or_default().to_owned();
        return OutboundError::Connect { host, reason };
    }
    if error.is_builder() {
        OutboundError::BadRequest(reason)
    } else {
        OutboundError::Broken(reason)
    }
}

/// The causes of the library's error. Its own text repeats the address, which may hold a secret.
fn with_causes(error: &reqwest::Error) -> String {
    let mut reasons = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        reasons.push(error.to_string());
        cause = error.source();
    }
    if reasons.is_empty() { "it was not understood".into() } else { reasons.join(": ") }
}
