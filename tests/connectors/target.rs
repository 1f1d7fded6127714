//! A real HTTP server that tells what it was sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::any;
use serde_json::{Map, Value as Json, json};

/// The server; it ends with the test's runtime.
pub(super) struct Target {
    pub(super) address: SocketAddr,
    requests: Arc<AtomicU32>,
}

impl Target {
    pub(super) async fn start() -> Self {
        let requests = Arc::new(AtomicU32::new(0));
        let router = Router::new()
            .route("/echo", any(echo))
            .route("/status/{code}", any(status))
            .route("/text", any(|| async { "plain words" }))
            .route("/never", any(std::future::pending::<&'static str>))
            .with_state(Arc::clone(&requests));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, requests }
    }

    /// The address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests came.
    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn echo(State(requests): State<Arc<AtomicU32>>, request: Request) -> impl IntoResponse {
    requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Map<String, Json> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes()).into()))
        .collect();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    axum::Json(json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query(),
        "headers": headers,
        "body": text(&bytes),
    }))
}

async fn status(Path(code): Path<u16>, _: Bytes) -> (StatusCode, &'static str) {
    (StatusCode::from_u16(code).expect("a status"), "it is as it is")
}
