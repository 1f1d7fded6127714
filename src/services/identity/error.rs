//! What can go wrong with users, groups, sessions and tokens.
//!
//! Must not know HTTP.

use crate::platform::store::StoreError;

/// A refusal of the identity service.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Name and password don't fit together, or the user is disabled: never said which.
    #[error("the name or the password is wrong")]
    WrongCredentials,
    /// A refresh or setup token is unknown, used, or has run out.
    #[error("the token is not valid: expired, used or unknown")]
    TokenRefused,
    /// Too many failed attempts for this account or from this address.
    #[error("too many failed attempts, try again in {retry_after_s} s")]
    Throttled {
        /// How long to wait.
        retry_after_s: u64,
    },
    /// Too many passwords are being checked at once.
    #[error("too many sign-ins at once")]
    Overloaded,
    /// There is no such thing.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Somebody else changed it meanwhile.
    #[error("it was changed meanwhile: expected revision {expected_rev}, found {found_rev}")]
    Changed {
        /// The revision the caller saw.
        expected_rev: i64,
        /// The present revision.
        found_rev: i64,
    },
    /// A name that must be unique is in use.
    #[error("{field}: `{value}` is taken")]
    Taken {
        /// Which field.
        field: &'static str,
        /// What was asked for.
        value: String,
    },
    /// The change would leave nobody who may manage users.
    #[error("this is the last enabled administrator; make another one first")]
    LastAdministrator,
    /// The first administrator exists already.
    #[error("the first administrator was made already; sign in instead")]
    SetupDone,
    /// A value is not acceptable.
    #[error("{field}: {expected}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What was expected.
        expected: String,
    },
    /// A password could not be hashed.
    #[error("a password could not be hashed: {0}")]
    Hashing(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IdentityError {
    pub(super) fn invalid(field: &'static str, expected: impl Into<String>) -> Self {
        Self::Invalid { field, expected: expected.into() }
    }
}
