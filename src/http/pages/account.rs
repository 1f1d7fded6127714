//! One's own account: password, API tokens and sessions.
//! Must not know how secrets are made; a new token is shown once and never again.

use super::layout::{Layout, Section};
use super::parts::{Choice, Stamp};
use askama::Template;

/// The signed-in person's own settings.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    pub layout: Layout,
    pub name: String,
    pub email: String,
    pub roles: String,
    pub groups: String,
    /// What is wrong with the password change; empty when nothing is.
    pub password_error: String,
    /// A token that was just made, in plain text.
    pub new_token: Option<String>,
    pub tokens: Vec<TokenRow>,
    pub lifetimes: Vec<Choice>,
    pub token_error: String,
    pub sessions: Vec<SessionRow>,
}

/// An API token, without its secret.
#[derive(Clone, Debug)]
pub struct TokenRow {
    pub key: String,
    pub name: String,
    /// The first characters, to tell tokens apart.
    pub prefix: String,
    pub created: Stamp,
    pub last_used: Option<Stamp>,
    pub expires: Option<Stamp>,
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub key: String,
    /// For example `Firefox on Linux`.
    pub device: String,
    pub address: String,
    pub started: Stamp,
    pub last_seen: Stamp,
    pub is_current: bool,
}

impl AccountPage {
    #[must_use]
    pub fn sample() -> Self {
        let session = |device: &str, minutes, is_current| SessionRow {
            key: "4503599627370700".into(),
            device: device.into(),
            address: "192.0.2.10".into(),
            started: Stamp::sample(minutes + 600),
            last_seen: Stamp::sample(minutes),
            is_current,
        };
        Self {
            password_error: "the current password is wrong".into(),
            new_token: Some("fst_0123456789abcdefghijklmnopqrstuv".into()),
            tokens: vec![TokenRow {
                key: "4503599627370710".into(),
                name: "Order worker".into(),
                prefix: "fst_0123".into(),
                created: Stamp::sample(3_000),
                last_used: Some(Stamp::sample(2)),
                expires: Some(Stamp::sample(-40_000)),
            }],
            sessions: vec![
                session("Firefox on Linux", 0, true),
                session("Safari on iPhone", 2_900, false),
            ],
            ..Self::sample_empty()
        }
    }

    /// An account without tokens.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Account", Section::Account, "/account"),
            name: "Administrator".into(),
            email: "administrator@example.org".into(),
            roles: "Administrator".into(),
            groups: "Approvers".into(),
            password_error: String::new(),
            new_token: None,
            tokens: Vec::new(),
            lifetimes: vec![
                Choice::new("30", "30 days", false),
                Choice::new("90", "90 days", true),
                Choice::new("365", "1 year", false),
            ],
            token_error: String::new(),
            sessions: Vec::new(),
        }
    }
}
