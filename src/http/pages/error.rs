//! What a person sees when a request failed: what happened, the reference, what to do.
//! Must not show anything from inside; details stay in the log under the reference.

use super::layout::{Layout, Section};
use super::parts::Link;
use askama::Template;

/// A failed request, for signed-in people and strangers alike.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    pub layout: Layout,
    /// The HTTP status, such as `503`.
    pub status: u16,
    pub title: String,
    pub message: String,
    /// What the person can do next.
    pub advice: String,
    /// The request's id, by which the log is searched; empty shows none.
    pub reference: String,
    pub actions: Vec<Link>,
}

impl ErrorPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            layout: Layout::sample("Too busy", Section::Account, "/processes/expense-approval"),
            status: 503,
            title: "Too busy right now".into(),
            message: "More commands came in than can be worked off. Nothing was changed.".into(),
            advice: "Wait a moment, then try again.".into(),
            reference: "0199aa3c-7be2-7d10-9f6a-5f0f5a3c1b22".into(),
            actions: vec![
                Link::new("Try again", "/processes/expense-approval"),
                Link::new("Home", "/"),
            ],
        }
    }

    /// The same for somebody who isn't signed in.
    #[must_use]
    pub fn sample_signed_out() -> Self {
        Self { layout: Layout::signed_out("Too busy", ""), ..Self::sample() }
    }
}
