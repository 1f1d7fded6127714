//! What a person sees when there is nothing at an address, or nothing they may see.
//! Must not tell the two apart.

use super::layout::{Layout, Section};
use askama::Template;

/// Nothing is here.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/not_found.html")]
pub struct NotFoundPage {
    pub layout: Layout,
    /// What was looked for, such as `process instance`.
    pub subject: String,
}

impl NotFoundPage {
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/4503599627370999";
        Self {
            layout: Layout::sample("Not found", Section::Instances, path),
            subject: "process instance".into(),
        }
    }

    /// The same for somebody who isn't signed in.
    #[must_use]
    pub fn sample_signed_out() -> Self {
        Self { layout: Layout::signed_out("Not found", ""), subject: "address".into() }
    }
}
