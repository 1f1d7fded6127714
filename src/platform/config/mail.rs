//! Settings of the mail server that mail is handed to.
//!
//! Knows no SMTP.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::problem::Complaints;
use crate::platform::secrets::Secret;

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Not at all; only for a server on the same machine or network.
    None,
    /// Upgraded after connecting, and refused if the server can't; usual on port 587.
    Starttls,
    /// From the first byte; usual on port 465.
    Tls,
}

/// The mail server. Without a host no mail is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// Name or address of the server; empty: mail is off.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// The user to sign in as; empty: no sign-in.
    pub user: String,
    /// The user's password.
    pub password: Secret,
    /// A file that holds `password`.
    pub password_file: PathBuf,
    /// The sender, as `name@example.com` or `Name <name@example.com>`.
    pub from: String,
    /// How long one exchange with the server may take.
    pub timeout_ms: u64,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: MailTls::Starttls,
            user: String::new(),
            password: Secret::default(),
            password_file: PathBuf::new(),
            from: String::new(),
            timeout_ms: 20_000,
        }
    }
}

impl MailConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.require(self.host.is_empty() || self.from.contains('@'), "mail.from", || {
            "a sender such as \"Flowstead <flowstead@example.com>\", as mail.host is set".into()
        });
        complaints.require(!self.host.contains(char::is_whitespace), "mail.host", || {
            "the name or address of a mail server".into()
        });
        complaints.at_least("mail.port", self.port, 1);
        complaints.at_least("mail.timeout_ms", self.timeout_ms, 100);
    }
}
