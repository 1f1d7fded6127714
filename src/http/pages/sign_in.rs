//! Sign in with e-mail and password.
//! Must not know how passwords are checked.

use super::layout::Layout;
use askama::Template;

/// The sign-in form; it never says which of the two was wrong.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    pub layout: Layout,
    pub email: String,
    pub error: String,
    /// Where to go afterwards; a path of this site.
    pub next: String,
}

impl SignInPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            layout: Layout::signed_out("Sign in", "sample-csrf-token"),
            email: "approver@example.org".into(),
            error: String::new(),
            next: "/inbox".into(),
        }
    }

    /// The form after a refused attempt.
    #[must_use]
    pub fn sample_refused() -> Self {
        Self { error: "E-mail or password is wrong.".into(), ..Self::sample() }
    }
}
