//! The web bundle as browsers get it: types, versions, caching, and its size.
//! Must not know how the bundle is built.

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use flowstead::http::assets::{asset_url, serve};

async fn get(name: &str, query: Option<String>, known: Option<&str>) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(etag) = known {
        headers.insert(header::IF_NONE_MATCH, etag.parse().expect("an etag is a header value"));
    }
    serve(Path(name.to_owned()), RawQuery(query), headers).await
}

fn text(response: &Response, name: header::HeaderName) -> &str {
    response.headers()[name].to_str().expect("our headers are ASCII")
}

async fn size(response: Response) -> usize {
    axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("the file is small").len()
}

#[tokio::test]
async fn a_current_version_may_be_kept_for_ever_and_any_other_asks_again() {
    for (name, kind) in [("app.css", "text/css"), ("app.js", "text/javascript")] {
        let url = asset_url(name);
        let (path, query) = url.split_once('?').expect("a bundled file has a version");
        assert_eq!(path, format!("/assets/{name}"));
        let current = get(name, Some(query.to_owned()), None).await;
        assert_eq!(current.status(), StatusCode::OK);
        assert!(text(&current, header::CONTENT_TYPE).starts_with(kind));
        assert_eq!(text(&current, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        let old = get(name, Some("v=0".to_owned()), None).await;
        assert_eq!(text(&old, header::CACHE_CONTROL), "no-cache");
        let etag = text(&old, header::ETAG).to_owned();
        let again = get(name, None, Some(&etag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(size(again).await, 0);
    }
}

#[tokio::test]
async fn what_is_not_in_the_bundle_is_not_found() {
    for name in ["missing.js", "../Cargo.toml", "", "app.css.map"] {
        assert_eq!(get(name, None, None).await.status(), StatusCode::NOT_FOUND, "{name}");
    }
    assert_eq!(asset_url("missing.js"), "/assets/missing.js");
}

#[tokio::test]
async fn the_bundle_stays_small() {
    let css = size(get("app.css", None, None).await).await;
    let script = size(get("app.js", None, None).await).await;
    assert!((1..48 * 1024).contains(&css), "app.css has {css} bytes");
    assert!((1..80 * 1024).contains(&script), "app.js has {script} bytes");
}
