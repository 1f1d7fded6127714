//! The page that people see instead of what they asked for.
//!
//! Must not know what failed beyond the error's own words.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::http::error::HttpError;
use crate::http::pages::layout::Layout;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "layout.html" %}
{% block gate %}
<section class="card gate-card">
<h1>{{ layout.title }}</h1>
<p class="lead">{{ message }}</p>
<p class="gate-note">Reference: <code>{{ request_id }}</code></p>
<p><a class="button" href="/">Go to the start page</a></p>
</section>
{% endblock %}"#
)]
struct ErrorPage<'a> {
    layout: Layout,
    message: &'a str,
    request_id: &'a str,
}

/// The error as a page with its reference.
pub(crate) fn render(error: &HttpError, request_id: &str) -> Response {
    let title = error.status.canonical_reason().unwrap_or("Error");
    let page =
        ErrorPage { layout: Layout::signed_out(title, ""), message: &error.message, request_id };
    let html = page.render().unwrap_or_else(|_| title.to_owned());
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (error.status, [(header::CONTENT_TYPE, kind)], html).into_response()
}
