//! Settings of sign-in: how long sessions and tokens live.
//!
//! Knows no token.

use serde::{Deserialize, Serialize};

use super::problem::Complaints;

/// Lifetimes of sessions and tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {
    /// How long a browser stays signed in without being used.
    pub session_hours: u32,
    /// How long an access token is valid.
    pub access_token_minutes: u32,
    /// How long a refresh token is valid; using one gives a new one.
    pub refresh_token_days: u32,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self { session_hours: 12, access_token_minutes: 15, refresh_token_days: 7 }
    }
}

impl IdentityConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.within("identity.session_hours", self.session_hours, 1, 24 * 365);
        complaints.within("identity.access_token_minutes", self.access_token_minutes, 1, 24 * 60);
        complaints.within("identity.refresh_token_days", self.refresh_token_days, 1, 365);
    }
}
