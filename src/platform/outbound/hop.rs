//! One request and what a redirect makes of it.
//!
//! Knows no connection: what an address leads to is the guard's business.

use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
    LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use reqwest::{Method, Request, Response, StatusCode, Url};

use super::{OutboundError, OutboundRequest};

/// One of the requests that a request with redirects becomes.
pub(super) struct Hop {
    method: Method,
    pub(super) url: Url,
    headers: HeaderMap,
    body: Bytes,
}

impl Hop {
    pub(super) fn first(request: &OutboundRequest) -> Result<Self, OutboundError> {
        let bad = |what: String| OutboundError::BadRequest(what);
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| {
            bad(format!("{:?} is no method, expected one like GET", request.method))
        })?;
        let mut url = web_url(&request.url).map_err(bad)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let key = HeaderName::try_from(name)
                .map_err(|_| bad(format!("{name:?} is no name of a header")))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| bad(format!("header {name}: expected a value in one line")))?;
            headers.append(key, value);
        }
        // The client frames the body itself; a second opinion would let a body hide a request.
        headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
        Ok(Self { method, url, headers, body: request.body.clone() })
    }

    pub(super) fn request(&self) -> Request {
        let mut request = Request::new(self.method.clone(), self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        request
    }

    /// Where the response sends us, if anywhere.
    pub(super) fn next(&self, response: &Response) -> Result<Option<Self>, OutboundError> {
        let status = response.status();
        let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = response.headers().get(LOCATION).filter(|_| is_redirect) else {
            return Ok(None);
        };
        let bad = |what: String| OutboundError::Broken(format!("redirect: {what}"));
        let location = String::from_utf8_lossy(location.as_bytes());
        let url = self.url.join(&location).map_err(|error| bad(error.to_string()))?;
        let url = web_url(url.as_str()).map_err(bad)?;
        Ok(Some(self.moved(url, status)))
    }

    fn moved(&self, url: Url, status: StatusCode) -> Self {
        let mut headers = self.headers.clone();
        if url.origin() != self.url.origin() {
            for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, HOST] {
                headers.remove(name);
            }
        }
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if !becomes_get {
            return Self { method: self.method.clone(), url, headers, body: self.body.clone() };
        }
        headers.remove(CONTENT_TYPE);
        Self { method: Method::GET, url, headers, body: Bytes::new() }
    }
}

fn web_url(text: &str) -> Result<Url, String> {
    let expected = "expected an address such as https://example.com/path";
    let url = Url::parse(text).map_err(|error| format!("{text:?}: {error}, {expected}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("{text:?}: {expected}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("credentials in the address are not sent, expected a header for them".into());
    }
    Ok(url)
}
