//! Password hashes: Argon2id, on threads of their own, few at a time.
//!
//! Must not know users.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::services::identity::IdentityError;

/// Memory of one hash: 19 MiB, the first of OWASP's recommended settings for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory, which goes with 19 MiB.
const PASSES: u32 = 2;
/// Lanes; more would only help an attacker with more cores than we have.
const LANES: u32 = 1;
/// Hashes at once: bounds memory to about 80 MiB, and leaves cores for others.
const AT_ONCE_MAX: usize = 4;
/// How long a sign-in waits for its turn before it is told that the server is busy.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Shortest password, in characters.
const LENGTH_MIN: usize = 12;
/// Longest password, in characters; longer ones only cost time.
const LENGTH_MAX: usize = 256;

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked when there is no user, so that the answer takes as long as for a wrong password.
    nobody: Arc<str>,
}

impl Passwords {
    pub(super) async fn new() -> Result<Self, IdentityError> {
        let turns = Arc::new(Semaphore::new(AT_ONCE_MAX));
        let mut passwords = Self { turns, nobody: "".into() };
        let password = crate::services::identity::random_token();
        passwords.nobody = passwords.hash(password).await?.into();
        Ok(passwords)
    }

    /// The hash of a password, as a PHC string.
    pub(super) async fn hash(&self, password: String) -> Result<String, IdentityError> {
        let hashed = self.in_turn(move || {
            let hash = argon2()?.hash_password(password.as_bytes());
            hash.map(|it| it.to_string()).map_err(|it| it.to_string())
        });
        hashed.await?.map_err(IdentityError::Hashing)
    }

    /// Whether the password has this hash; takes as long when there is no hash.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, IdentityError> {
        let is_somebody = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let verified = self.in_turn(move || {
            let hash = PasswordHash::new(&hash).map_err(|it| it.to_string())?;
            Ok::<_, String>(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
        });
        let fits = verified.await?.map_err(IdentityError::Hashing)?;
        Ok(fits && is_somebody)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let turn = timeout(WAIT_MAX, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| IdentityError::Overloaded)?;
        let turn = turn.map_err(|it| IdentityError::Hashing(it.to_string()))?;
        // The turn goes with the work: a caller that stops waiting must not let another one in.
        let worked = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        worked.await.map_err(|it| IdentityError::Hashing(it.to_string()))
    }
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|it| it.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Refuses passwords that are too short, too long, or the user's own name.
pub(super) fn check_strength(password: &str, user_id: &str) -> Result<(), IdentityError> {
    let length = password.chars().count();
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
        let expected = format!("expected {LENGTH_MIN} to {LENGTH_MAX} characters, found {length}");
        return Err(IdentityError::invalid("password", expected));
    }
    if password.eq_ignore_ascii_case(user_id) {
        let expected = "expected something else than the login name";
        return Err(IdentityError::invalid("password", expected));
    }
    Ok(())
}
