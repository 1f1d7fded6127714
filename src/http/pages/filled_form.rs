//! A deployed form on its way to a page and back: values, errors, uploaded files.
//! Must not know what the form is for.

use serde_json::{Map, Value as Json};

use super::form_shown::{entered, form_shown};
use super::form_view::{FieldKind, FieldList, FormView, NAME_PREFIX, StoredFile};
use super::parts::Link;
use crate::core::forms::{FieldError, FieldView, Form, ViewKind};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::session::SignedIn;
use crate::http::upload::Posted;
use crate::services::files::{File, Place};
use crate::services::tasks::{self, Submitted};

/// Where a form is sent and what its button says.
pub(crate) struct Sending<'a> {
    pub(crate) action: String,
    pub(crate) label: &'a str,
}

/// What was entered before and why it was refused.
pub(crate) struct Entered<'a> {
    pub(crate) submitted: &'a Submitted,
    pub(crate) errors: &'a [FieldError],
}

/// The form with the values of `data`, or with what was entered over them.
///
/// # Errors
/// Those of the database.
pub(crate) async fn show(
    app: &App,
    signed_in: &SignedIn,
    form: &Form,
    data: &Map<String, Json>,
    entered: Option<Entered<'_>>,
    sending: Sending<'_>,
) -> Result<FormView, HttpError> {
    let context = tasks::form_context(&app.execution);
    let view = match entered {
        None => form.view(data, &[], &context),
        Some(Entered { submitted, errors }) => {
            let principal = &signed_in.principal;
            let submission = tasks::submission_with_files(&app.files, principal, form, submitted);
            let (submission, _) = submission.await?;
            form.view(&form.echo(&submission, data, &context), errors, &context)
        }
    };
    let keys = picked_files(&view.fields);
    let stored = app.files.list_visible(&signed_in.principal, keys).await?;
    let stored: Vec<StoredFile> = stored.iter().map(stored_file).collect();
    let csrf = &*signed_in.csrf;
    Ok(form_shown(&view, sending.action, csrf, sending.label, &stored))
}

/// A stored file as forms show it.
pub(crate) fn stored_file(file: &File) -> StoredFile {
    let (key, href) = (file.key.to_string(), format!("/files/{}", file.key));
    StoredFile { key, file: Link::new(file.name.as_str(), href) }
}

fn picked_files(fields: &[FieldView]) -> Vec<i64> {
    let of_field = |field: &FieldView| match field.kind {
        ViewKind::FilePicker => field.values.iter().filter_map(|it| it.parse().ok()).collect(),
        _ => picked_files(&field.children),
    };
    fields.iter().flat_map(of_field).collect()
}

/// Where the files of a form's own controls go until it is sent.
pub(crate) fn place_of_answer(control: &str) -> Option<Place> {
    control.starts_with(NAME_PREFIX).then_some(Place::Form)
}

/// What was entered into the form's fields; a file that was just uploaded takes the place of the
/// one that a field for a single file had.
pub(crate) fn submitted(
    app: &App,
    form: Option<(&Form, &Map<String, Json>)>,
    posted: &Posted,
) -> Submitted {
    let mut pairs = entered(posted.fields.clone());
    let uploads = posted.files.iter().filter_map(|(control, file)| {
        control.strip_prefix(NAME_PREFIX).map(|key| (key.to_owned(), file.key.to_string()))
    });
    let uploads: Vec<_> = uploads.collect();
    if let (Some((form, data)), false) = (form, uploads.is_empty()) {
        let single =
            single_pickers(&form.view(data, &[], &tasks::form_context(&app.execution)).fields);
        let is_replaced =
            |key: &String| single.contains(key) && uploads.iter().any(|it| it.0 == *key);
        pairs.retain(|(key, _)| !is_replaced(key));
    }
    pairs.extend(uploads);
    Submitted::Pairs(pairs)
}

fn single_pickers(fields: &[FieldView]) -> Vec<String> {
    let of_field = |field: &FieldView| match field.kind {
        ViewKind::FilePicker if !field.is_multiple => vec![field.key.clone()],
        _ => single_pickers(&field.children),
    };
    fields.iter().flat_map(of_field).collect()
}

/// Makes a form that can only be read.
pub(crate) fn lock(form: &mut FormView) {
    form.submit_label = String::new();
    form.talk = None;
    form.has_conditions = false;
    lock_fields(&mut form.fields);
}

fn lock_fields(list: &mut FieldList) {
    list.fields.retain(|field| !matches!(field.kind, FieldKind::Submit | FieldKind::Reset));
    for field in &mut list.fields {
        field.is_disabled = true;
        if let FieldKind::Group { fields, .. } = &mut field.kind {
            lock_fields(fields);
        }
    }
}
