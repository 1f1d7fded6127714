//! The first administrator: made with a one-time token that only the server's console shows.
//!
//! Must not know how the token is shown.

use std::sync::atomic::Ordering;

use crate::core::access::Role;
use crate::services::audit::Origin;
use crate::services::identity::secrets;
use crate::services::identity::users::insert_user;
use crate::services::identity::{
    Identity, IdentityError, NewUser, User, random_token, rows_tokens, rows_users,
};

/// The setting that holds the digest of the token.
const TOKEN_SETTING: &str = "setup_token";

impl Identity {
    /// Whether there are users, so that people sign in instead of setting up.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_set_up(&self) -> Result<bool, IdentityError> {
        if self.0.has_users.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let exists = self.read(|sql| Ok(rows_users::any_exists(sql)?)).await?;
        self.0.has_users.store(exists, Ordering::Relaxed);
        Ok(exists)
    }

    /// A new one-time token for [`Identity::set_up`], which replaces the former one; `None` once
    /// there are users.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn new_setup_token(&self) -> Result<Option<String>, IdentityError> {
        let token = random_token();
        let token_hash = secrets::hash(&token);
        self.write(&Origin::system("setup"), move |sql, _| {
            if rows_users::any_exists(sql)? {
                return Ok(None);
            }
            rows_tokens::put_setting(sql, TOKEN_SETTING, &token_hash)?;
            Ok(Some(token))
        })
        .await
    }

    /// Whether this is the one-time token that [`Identity::set_up`] waits for.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_setup_token(&self, token: &str) -> Result<bool, IdentityError> {
        let token_hash = secrets::hash(token);
        let stored = self.read(|sql| Ok(rows_tokens::find_setting(sql, TOKEN_SETTING)?)).await?;
        Ok(stored.is_some_and(|it| it == token_hash))
    }

    /// Makes the first administrator and uses the token up.
    ///
    /// # Errors
    /// `SetupDone`, `TokenRefused`, `Invalid`; those of the database.
    pub async fn set_up(
        &self,
        origin: &Origin,
        token: &str,
        new: NewUser,
    ) -> Result<User, IdentityError> {
        if self.is_set_up().await? {
            return Err(IdentityError::SetupDone);
        }
        // Before the password is hashed: without the token nobody may make us work.
        if !self.is_setup_token(token).await? {
            return Err(IdentityError::TokenRefused);
        }
        if new.password.is_none() {
            return Err(IdentityError::invalid("password", "expected a password"));
        }
        let (mut new, hash) = self.prepare(new).await?;
        new.roles = vec![Role::Administrator];
        let token_hash = secrets::hash(token);
        self.change(origin, move |sql, recorder| {
            // Two at once: only one of them finds the token still there.
            if !rows_tokens::delete_setting(sql, TOKEN_SETTING, &token_hash)? {
                return Err(IdentityError::TokenRefused);
            }
            if rows_users::any_exists(sql)? {
                return Err(IdentityError::SetupDone);
            }
            insert_user(sql, recorder, new, hash)
        })
        .await
    }
}
