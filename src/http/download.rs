//! A stored file on its way out.
//!
//! Must not know who may see it.
//!
//! **Invariant:** nothing that was uploaded runs in our pages' place: only contents that can't run
//! anything are shown by the browser, all others are saved. Every answer forbids guessing types.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::session::SignedIn;
use crate::services::files::{File, is_shown_inline};

/// Answers with the contents of a file that the principal may see.
///
/// # Errors
/// 404 when there is no such file for the principal.
pub(crate) async fn download(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
) -> Result<Response, HttpError> {
    let (file, blob) = app.files.download(&signed_in.principal, key.0).await?;
    let mut response = Body::from_stream(blob.stream).into_response();
    let texts = [
        (header::CONTENT_TYPE, file.content_type.clone()),
        (header::CONTENT_LENGTH, blob.size.to_string()),
        (header::CONTENT_DISPOSITION, disposition(&file)),
        (header::ETAG, format!("\"{}\"", file.hash)),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    set_headers(&mut response, texts);
    Ok(response)
}

fn set_headers<const N: usize>(response: &mut Response, texts: [(HeaderName, String); N]) {
    for (name, text) in texts {
        // Names and types were cleaned when they were stored; one that is no header is left out.
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// How to show it and what to call it when it is saved (RFC 6266).
fn disposition(file: &File) -> String {
    let kind = if is_shown_inline(&file.content_type) { "inline" } else { "attachment" };
    let plain: String = file
        .name
        .chars()
        .map(
            |it| if it.is_ascii_graphic() && !"\"\\%".contains(it) || it == ' ' { it } else { '_' },
        )
        .collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", percent_encoded(&file.name))
}

/// The text as RFC 8187 wants it.
fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a String can't fail");
        }
        encoded
    })
}
