//! What the outside sees: the API for programs and the pages for people. It only translates.
//!
//! Must not know SQL or the engine; every decision is made in `services`.

pub mod app;
pub mod route;
pub mod router;
pub mod routes;

pub mod envelope;
pub mod error;
mod error_from;
mod error_page;
pub mod extract;
pub mod frame;

pub mod csrf;
mod download;
mod etag;
mod idempotency;
pub mod limits;
pub mod live;
pub mod live_bridge;
pub mod observe;
pub mod openapi;
mod present;
pub mod session;
mod upload;

pub mod api;
pub mod assets;
pub mod pages;
