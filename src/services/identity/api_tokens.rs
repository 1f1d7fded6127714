//! API tokens: long-lived tokens that users make for programs, with a part of their own rights.
//!
//! Must not know the authorization header.

use std::sync::Arc;

use crate::core::access::{Permission, PermissionSet, Principal, Via};
use crate::platform::store::Sql;
use crate::services::audit::{Change, Origin};
use crate::services::identity::principals::{Proof, load_principal};
use crate::services::identity::secrets::{self, TokenHash};
use crate::services::identity::users::checked_name;
use crate::services::identity::{Identity, IdentityError, random_token, rows_tokens};

/// How API tokens begin, so that they are told apart and found when they leak.
pub(super) const PREFIX: &str = "fst_";
/// How exactly it is known when a token was last used; each note is a write.
const USED_EVERY_MS: i64 = 60_000;
/// How many characters of a token are kept to tell it from others; too few to guess the rest.
const SHOWN_LENGTH: usize = 8;
/// Tokens of one user; nobody needs more, and the list is shown whole.
const TOKENS_PER_USER_MAX: usize = 100;

/// An API token, as its user sees it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its key.
    pub key: i64,
    /// Whose token it is.
    pub user_key: i64,
    /// What it is for; unique among the user's tokens.
    pub name: String,
    /// Its first characters, to tell tokens apart.
    pub prefix: String,
    /// What it may do at most; `None` for all that the user may do.
    pub scopes: Option<Vec<Permission>>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// When it stops working.
    pub expires_at_ms: Option<i64>,
    /// When it was last used, to the minute.
    pub used_at_ms: Option<i64>,
}

/// An API token to be made.
#[derive(Debug, Clone, Default)]
pub struct NewApiToken {
    /// What it is for.
    pub name: String,
    /// What it may do at most; `None` for all that the user may do.
    pub scopes: Option<Vec<Permission>>,
    /// When it stops working, in milliseconds since 1970 UTC.
    pub expires_at_ms: Option<i64>,
}

impl Identity {
    /// Makes a token and gives its text, which is shown only this once.
    ///
    /// # Errors
    /// `Invalid`, `Taken`; those of the database.
    pub async fn create_api_token(
        &self,
        origin: &Origin,
        user_key: i64,
        new: NewApiToken,
    ) -> Result<(ApiToken, String), IdentityError> {
        let name = checked_name("name", &new.name)?;
        if new.expires_at_ms.is_some_and(|it| it <= self.now_ms()) {
            return Err(IdentityError::invalid("expires_at", "expected a time in the future"));
        }
        let text = format!("{PREFIX}{}", random_token());
        let token_hash = secrets::hash(&text);
        let prefix: String = text.chars().take(SHOWN_LENGTH).collect();
        let token = self.write(origin, move |sql, recorder| {
            let others = rows_tokens::list_api_tokens(sql, user_key)?;
            if others.iter().any(|it| it.name == name) {
                return Err(IdentityError::Taken { field: "name", value: name });
            }
            if others.len() >= TOKENS_PER_USER_MAX {
                let expected = format!("expected at most {TOKENS_PER_USER_MAX} tokens of one user");
                return Err(IdentityError::invalid("name", expected));
            }
            let token = ApiToken {
                key: recorder.next_key(),
                user_key,
                name,
                prefix,
                scopes: new.scopes,
                created_at_ms: recorder.now_ms(),
                expires_at_ms: new.expires_at_ms,
                used_at_ms: None,
            };
            rows_tokens::insert_api_token(sql, &token, &token_hash)?;
            let summary = format!("made the API token {}", token.name);
            let change =
                Change::of("api_token.created", "api_token", token.key, &token.name, summary);
            recorder.record(sql, change)?;
            Ok(token)
        });
        Ok((token.await?, text))
    }

    /// The tokens of a user, the latest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_api_tokens(&self, user_key: i64) -> Result<Vec<ApiToken>, IdentityError> {
        self.read(move |sql| Ok(rows_tokens::list_api_tokens(sql, user_key)?)).await
    }

    /// Ends a token of a user.
    ///
    /// # Errors
    /// `NotFound`, also for another user's token; those of the database.
    pub async fn delete_api_token(
        &self,
        origin: &Origin,
        user_key: i64,
        token_key: i64,
    ) -> Result<(), IdentityError> {
        self.change(origin, move |sql, recorder| {
            let tokens = rows_tokens::list_api_tokens(sql, user_key)?;
            let token = tokens.into_iter().find(|it| it.key == token_key);
            let token = token.ok_or(IdentityError::NotFound { what: "API token" })?;
            rows_tokens::delete_api_token(sql, token_key)?;
            let summary = format!("ended the API token {}", token.name);
            let change =
                Change::of("api_token.deleted", "api_token", token.key, &token.name, summary);
            Ok(recorder.record(sql, change)?)
        })
        .await
    }

    pub(super) async fn authenticate_api_token(
        &self,
        text: &str,
    ) -> Result<Option<Arc<Principal>>, IdentityError> {
        let token_hash = secrets::hash(text);
        let (proof, now_ms) = (Proof::ApiToken(token_hash), self.now_ms());
        if let Some(known) = self.0.principals.find(&proof, now_ms) {
            return Ok(Some(known));
        }
        let epoch = self.0.principals.epoch();
        let loaded = self.read(move |sql| current_token(sql, &token_hash, now_ms));
        let Some((token, principal)) = loaded.await? else { return Ok(None) };
        if token.used_at_ms.is_none_or(|it| now_ms - it >= USED_EVERY_MS) {
            let used = move |sql: &mut dyn Sql| {
                Ok::<_, IdentityError>(rows_tokens::set_api_token_used(sql, token.key, now_ms)?)
            };
            self.0.database.write(used).await?;
        }
        self.0.principals.remember(proof, epoch, now_ms, &principal);
        Ok(Some(principal))
    }
}

fn current_token(
    sql: &mut dyn Sql,
    token_hash: &TokenHash,
    now_ms: i64,
) -> Result<Option<(ApiToken, Arc<Principal>)>, IdentityError> {
    let Some(token) = rows_tokens::find_api_token(sql, token_hash)? else { return Ok(None) };
    if token.expires_at_ms.is_some_and(|it| now_ms >= it) {
        return Ok(None);
    }
    let scopes: Option<PermissionSet> =
        token.scopes.as_ref().map(|it| it.iter().copied().collect());
    let principal = load_principal(sql, token.user_key, None, Via::ApiToken, scopes)?;
    Ok(principal.map(|principal| (token, principal)))
}
