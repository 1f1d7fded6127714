//! The page that people see instead of what they asked for.
//!
//! Must not know what failed beyond the error's own words.

use axum::http::StatusCode;
use axum::response::Response;

use crate::core::access::Permission;
use crate::http::error::HttpError;
use crate::http::frame::{Asked, Frame, page_with_status, theme};
use crate::http::pages::error::ErrorPage;
use crate::http::pages::layout::{Layout, Section};
use crate::http::pages::not_found::NotFoundPage;
use crate::http::pages::parts::Link;
use crate::http::pages::words::sentence;

/// The error as a page with its reference, within the frame of whoever is signed in.
pub(crate) fn render(error: &HttpError, asked: &Asked, frame: Option<&Frame>) -> Response {
    let (title, advice) = words(error.status);
    let layout = match frame {
        Some(frame) => frame.layout(title, Section::of_path(&asked.path)),
        None => Layout::signed_out(title, "").with_theme(theme(&asked.headers).as_deref()),
    };
    if error.status == StatusCode::NOT_FOUND {
        let subject = error.message.strip_prefix("there is no such ").unwrap_or("thing");
        return page_with_status(error.status, &NotFoundPage { layout, subject: subject.into() });
    }
    let page = ErrorPage {
        layout,
        status: error.status.as_u16(),
        title: title.into(),
        message: message(error),
        advice: advice.into(),
        reference: asked.facts.request_id.to_string(),
        actions: vec![Link::new("Home", "/")],
    };
    page_with_status(error.status, &page)
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("That can't be understood", "Go back and try again."),
        StatusCode::UNAUTHORIZED => ("Sign in first", "Sign in, then try again."),
        StatusCode::FORBIDDEN => {
            ("Not allowed", "An administrator can tell whether you need another role.")
        }
        StatusCode::NOT_FOUND => ("Not found", ""),
        StatusCode::CONFLICT => ("Changed meanwhile", "Load the page again, then try again."),
        StatusCode::PAYLOAD_TOO_LARGE => ("Too large", "Choose a smaller file."),
        StatusCode::UNPROCESSABLE_ENTITY => ("That doesn't fit", "Go back and correct it."),
        StatusCode::TOO_MANY_REQUESTS => ("Too many requests", "Wait a moment, then try again."),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Too busy right now", "Nothing was lost. Wait a moment, then try again.")
        }
        status if status.is_server_error() => {
            ("Something went wrong", "Tell an administrator the reference below.")
        }
        _ => ("That did not work", "Go back and try again."),
    }
}

/// The message as a sentence; a permission is called as the page of roles calls it.
fn message(error: &HttpError) -> String {
    let name = error.message.strip_prefix("this needs the permission ");
    let permission = name.and_then(|name| Permission::ALL.into_iter().find(|it| it.name() == name));
    match permission {
        Some(permission) => format!("Your roles do not allow: {}.", permission.description()),
        None => sentence(&error.message),
    }
}
