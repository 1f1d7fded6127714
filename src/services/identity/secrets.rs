//! Random tokens, and the digests under which they are stored.
//!
//! Must not know what a token opens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A digest under which a token is stored.
pub(super) type TokenHash = [u8; 32];

/// 256 random bits as text of 43 letters, digits, `-` and `_`.
///
/// # Panics
/// When the operating system can't give random bytes; nothing may go on then.
#[must_use]
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes())
}

/// 256 random bits.
pub(super) fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A plain digest is enough: the tokens are random and can't be guessed, unlike passwords.
pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}
