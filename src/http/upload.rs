//! Posted forms with files in them: the files are stored as they come in, the texts are kept.
//!
//! Must not know what a form is for: whoever reads it says which files are wanted.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use futures_util::TryStreamExt as _;

use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, content_type, too_large};
use crate::http::session::SignedIn;
use crate::services::files::{File, NewFile, Place};

/// Parts of one form; more are not what a person fills in.
const PARTS_MAX: usize = 1000;

/// What a form brought.
#[derive(Debug, Default)]
pub(crate) struct Posted {
    /// Names and texts, in order.
    pub(crate) fields: Vec<(String, String)>,
    /// The stored files, each with the name of its control.
    pub(crate) files: Vec<(String, File)>,
}

impl Posted {
    /// The first text of a name; empty when there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(it, _)| it == name).map_or("", |(_, text)| text)
    }
}

/// Reads a form, with or without files. `place` says where the files of a control go; files of
/// other controls are passed over.
///
/// # Errors
/// 400 for what can't be read, 413 for what is too large, 415 for another content type.
pub(crate) async fn read_posted(
    app: &App,
    signed_in: &SignedIn,
    request: Request,
    place: impl Fn(&str) -> Option<Place>,
) -> Result<Posted, HttpError> {
    if content_type(request.headers()).as_deref() != Some("multipart/form-data") {
        let Fields(fields) = Fields::from_request(request, &()).await?;
        return Ok(Posted { fields, files: Vec::new() });
    }
    let rejected = |it: MultipartRejection| {
        let message = "expected a form of the content type multipart/form-data with a boundary";
        HttpError::bad_request("malformed_form", message).with_cause(it.body_text())
    };
    let mut parts = Multipart::from_request(request, &()).await.map_err(rejected)?;
    let mut posted = Posted::default();
    for _ in 0..PARTS_MAX {
        let Some(part) = parts.next_field().await.map_err(|it| unreadable(&it))? else {
            return Ok(posted);
        };
        read_part(app, signed_in, part, &place, &mut posted).await?;
    }
    let message = format!("expected at most {PARTS_MAX} fields in a form");
    Err(HttpError::bad_request("malformed_form", message))
}

async fn read_part(
    app: &App,
    signed_in: &SignedIn,
    part: Field<'_>,
    place: &impl Fn(&str) -> Option<Place>,
    posted: &mut Posted,
) -> Result<(), HttpError> {
    let name = part.name().unwrap_or_default().to_owned();
    match part.file_name().map(ToOwned::to_owned) {
        None => {
            let text = part.text().await.map_err(|it| unreadable(&it))?;
            posted.fields.push((name, text));
        }
        // Browsers send an empty file control as a file without a name.
        Some(file_name) if file_name.is_empty() => {}
        Some(file_name) => {
            let Some(place) = place(&name) else { return Ok(()) };
            let content_type = part.content_type().map(ToOwned::to_owned);
            let new = NewFile { name: file_name, content_type, place };
            posted.files.push((name, store(app, signed_in, new, part).await?));
        }
    }
    Ok(())
}

async fn store(
    app: &App,
    signed_in: &SignedIn,
    new: NewFile,
    part: Field<'_>,
) -> Result<File, HttpError> {
    let is_too_large = AtomicBool::new(false);
    let contents = part.inspect_err(|error| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            is_too_large.store(true, Ordering::Relaxed);
        }
    });
    let stored = app.files.upload(&signed_in.principal, new, contents, &signed_in.origin()).await;
    // The limit of the whole body may be met before the limit of one file.
    if stored.is_err() && is_too_large.load(Ordering::Relaxed) {
        return Err(too_large());
    }
    Ok(stored?)
}

fn unreadable(error: &MultipartError) -> HttpError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    HttpError::bad_request("malformed_form", "the form could not be read to its end")
        .with_cause(error.body_text())
}
