//! The web bundle inside the binary: its files, their addresses with a version, and their caching.
//! Must not know any page.
//!
//! **Invariant:** an address with the current version may be kept for ever.

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::route::Route;

/// What `npm run build` made; empty when a development build found no npm.
#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Bundle;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// The address of a bundled file with the version of its content.
///
/// A file that isn't in the bundle has an address without version, which answers 404.
#[must_use]
pub fn asset_url(name: &str) -> String {
    Bundle::get(name).map_or_else(
        || format!("/assets/{name}"),
        |file| format!("/assets/{name}?v={}", version(&file)),
    )
}

/// The route of the bundle.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/assets/{name}", serve).public().for_machines()]
}

/// `GET /assets/{name}`: the file, 304 when the client has it, 404 when there is none.
pub async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(file) = Bundle::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let version = version(&file);
    let is_current = query.is_some_and(|query| query == format!("v={version}"));
    let cache = if is_current { FOR_EVER } else { ASK_AGAIN };
    let cache = [(header::CACHE_CONTROL, cache)];
    let etag = format!("\"{version}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    let kind = [(header::CONTENT_TYPE, content_type(&name))];
    (cache, kind, [(header::ETAG, etag)], file.data.into_owned()).into_response()
}

/// The first 64 bits of the content's SHA-256, in hexadecimal.
fn version(file: &EmbeddedFile) -> String {
    let mut start = [0; 8];
    start.copy_from_slice(&file.metadata.sha256_hash()[..8]);
    format!("{:016x}", u64::from_be_bytes(start))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
