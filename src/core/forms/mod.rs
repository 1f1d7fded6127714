//! Forms in form-js's JSON schema: read, shown as plain data, and checked when they come back.
//!
//! Must not know HTML pages (only the markdown of texts becomes HTML here), HTTP, or storage.
//!
//! **Invariant:** a hidden, disabled or read-only field never takes its value from the sender.

mod checks;
mod decimal;
mod form;
mod markdown;
mod moment;
mod options;
mod parse;
mod parse_field;
mod scope;
mod shape;
pub mod source;
mod submission;
mod submit;
mod template;
mod values;
mod view;

pub use checks::{FILES_MAX, TEXT_AREA_CHARS_MAX, TEXT_CHARS_MAX};
pub use form::Form;
pub use markdown::render_markdown;
pub use options::OPTIONS_MAX;
pub use parse::{COMPONENTS_MAX, GROUP_DEPTH_MAX};
pub use shape::{FieldShape, ValueType};
pub use submission::{FileReference, Submission};
pub use submit::FieldError;
pub use view::{FieldView, FormView, OptionView, ViewKind};
