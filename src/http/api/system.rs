//! The server itself: is it alive, is it ready, its metrics, its version, its API document.
//!
//! Must not know what is measured.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, instant};
use crate::http::error::HttpError;
use crate::http::openapi;
use crate::http::route::Route;

const TAG: &str = "System";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/health", alive)
            .public()
            .for_machines()
            .answers::<AliveView>()
            .about(TAG, "Whether the program runs"),
        Route::get("/live", alive)
            .public()
            .for_machines()
            .answers::<AliveView>()
            .about(TAG, "Whether the program runs"),
        Route::get("/ready", ready)
            .public()
            .for_machines()
            .answers::<AliveView>()
            .about(TAG, "Whether the program can do its work now"),
        Route::get("/metrics", metrics)
            .needs(Permission::SystemRead)
            .for_machines()
            .answers_raw("text/plain")
            .about(TAG, "Counters in Prometheus' text format"),
        Route::get("/api/v1/openapi.json", document)
            .public()
            .answers_raw("application/json")
            .about(TAG, "This document"),
        Route::get("/api/v1/system", show)
            .needs(Permission::SystemRead)
            .answers::<SystemView>()
            .about(TAG, "Version, database and open connections"),
    ]
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Alive")]
struct AliveView {
    /// Always true.
    alive: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "System")]
struct SystemView {
    /// The version of the program.
    version: &'static str,
    /// The database: `sqlite` or `postgres`.
    store: String,
    /// The server's time.
    now: String,
    /// Pages that are open and follow changes.
    open_streams: u32,
}

async fn alive() -> ApiResult<AliveView> {
    Ok(Answer::ok(AliveView { alive: true }))
}

async fn ready(State(app): State<App>) -> ApiResult<AliveView> {
    if app.live.is_closed() {
        return Err(HttpError::unavailable(5, "the server is stopping"));
    }
    let answers = app.identity.check_database().await;
    answers.map_err(|error| HttpError::unavailable(5, error.to_string()))?;
    Ok(Answer::ok(AliveView { alive: true }))
}

async fn metrics(State(app): State<App>) -> Result<Response, HttpError> {
    let metrics = app.metrics.as_ref().ok_or_else(|| HttpError::not_found("address"))?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], metrics.render()).into_response())
}

async fn document() -> Json<&'static serde_json::Value> {
    Json(openapi::document())
}

async fn show(State(app): State<App>) -> ApiResult<SystemView> {
    let store = serde_json::to_value(app.config.store.kind).unwrap_or_default();
    Ok(Answer::ok(SystemView {
        version: env!("CARGO_PKG_VERSION"),
        store: store.as_str().unwrap_or_default().to_owned(),
        now: instant(app.clock.now_ms()),
        open_streams: app.live.open_streams(),
    }))
}
