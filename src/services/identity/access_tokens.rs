//! Access tokens of minutes and refresh tokens of days, for programs that sign in with a password.
//!
//! An access token is a JWT signed with a key of this installation (RFC 7519, HS256). Must not know
//! the authorization header.
//!
//! **Invariant:** a refresh token works once; using it again ends every token of its family, as one
//! of the two who hold it has stolen it.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::core::access::{Principal, Via};
use crate::platform::store::{Database, Sql, StoreError};
use crate::services::audit::{Actor, ActorKind, Change, Origin};
use crate::services::identity::principals::{Proof, load_principal};
use crate::services::identity::recorder::Recorder;
use crate::services::identity::secrets::{self, TokenHash};
use crate::services::identity::sessions::{acting, signed_in};
use crate::services::identity::{
    Client, Identity, IdentityError, Login, random_token, rows_tokens, rows_users,
};

/// The setting that holds the signing key.
const KEY_SETTING: &str = "access_token_key";
/// Marks what a token is when it turns up in a log or a repository.
const REFRESH_PREFIX: &str = "fsr_";

/// An access token and the refresh token that gives the next one.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// The access token.
    pub access_token: String,
    /// How long it is valid, in seconds.
    pub expires_in_s: i64,
    /// The refresh token; it works once.
    pub refresh_token: String,
    /// How long that is valid, in seconds.
    pub refresh_expires_in_s: i64,
}

/// A refresh token, as stored.
pub(super) struct RefreshToken {
    pub(super) token_hash: TokenHash,
    pub(super) family_key: i64,
    pub(super) user_key: i64,
    pub(super) security_rev: i64,
    pub(super) created_at_ms: i64,
    pub(super) expires_at_ms: i64,
    pub(super) used_at_ms: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// The user's key.
    sub: String,
    /// The user's security revision when the token was made.
    rev: i64,
    iat: i64,
    exp: i64,
    jti: String,
}

/// Signs and checks access tokens.
pub(super) struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl AccessTokens {
    pub(super) async fn open(database: &Database) -> Result<Self, IdentityError> {
        let new = secrets::random_bytes();
        let key = database.write(move |sql| load_or_insert_key(sql, &new)).await?;
        let mut validation = Validation::new(Algorithm::HS256);
        // Time comes from our clock, so expiry is checked by us.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let (encoding, decoding) = (EncodingKey::from_secret(&key), DecodingKey::from_secret(&key));
        Ok(Self { encoding, decoding, validation })
    }

    fn sign(&self, claims: &Claims) -> Result<String, IdentityError> {
        let header = Header::new(Algorithm::HS256);
        let signed = jsonwebtoken::encode(&header, claims, &self.encoding);
        signed.map_err(|it| IdentityError::Hashing(it.to_string()))
    }

    fn check(&self, token: &str, now_s: i64) -> Option<Claims> {
        let data = jsonwebtoken::decode(token, &self.decoding, &self.validation).ok()?;
        let claims: Claims = data.claims;
        (now_s < claims.exp).then_some(claims)
    }
}

fn load_or_insert_key(sql: &mut dyn Sql, new: &[u8]) -> Result<Vec<u8>, StoreError> {
    rows_tokens::insert_setting(sql, KEY_SETTING, new)?;
    let key = rows_tokens::find_setting(sql, KEY_SETTING)?;
    key.ok_or_else(|| StoreError::Corrupt("the key of access tokens is missing".into()))
}

/// What became of a refresh token.
enum Refreshed {
    Next { refresh_token: String, user_key: i64, security_rev: i64 },
    Refused,
}

impl Identity {
    /// Signs in with a password and gives tokens.
    ///
    /// # Errors
    /// `WrongCredentials`, `Throttled`, `Overloaded`; those of the database.
    pub async fn issue_tokens(
        &self,
        origin: &Origin,
        login: Login,
        client: Client,
    ) -> Result<TokenPair, IdentityError> {
        let stored = self.check_password(origin, login, client.address).await?;
        let (user_key, security_rev) = (stored.user.key, stored.security_rev);
        let lifetime_ms = self.refresh_lifetime_ms();
        let origin = acting(origin, &stored);
        let refresh_token = self.write(&origin, move |sql, recorder| {
            rows_tokens::delete_expired_refresh_tokens(sql, recorder.now_ms())?;
            rows_users::set_signed_in(sql, user_key, recorder.now_ms())?;
            recorder.record(sql, signed_in(&stored, "for access tokens"))?;
            let family_key = recorder.next_key();
            Ok(insert_refresh_token(
                sql,
                recorder,
                family_key,
                user_key,
                security_rev,
                lifetime_ms,
            )?)
        });
        let refresh_token = refresh_token.await?;
        self.pair(user_key, security_rev, refresh_token)
    }

    /// Gives new tokens for a refresh token, which stops working.
    ///
    /// # Errors
    /// `TokenRefused`; those of the database.
    pub async fn refresh_tokens(
        &self,
        origin: &Origin,
        refresh_token: &str,
    ) -> Result<TokenPair, IdentityError> {
        let token_hash = secrets::hash(refresh_token);
        let lifetime_ms = self.refresh_lifetime_ms();
        let refreshed = self
            .change(origin, move |sql, recorder| rotate(sql, recorder, &token_hash, lifetime_ms));
        match refreshed.await? {
            Refreshed::Refused => Err(IdentityError::TokenRefused),
            Refreshed::Next { refresh_token, user_key, security_rev } => {
                self.pair(user_key, security_rev, refresh_token)
            }
        }
    }

    /// Ends a refresh token and its family; an unknown one is ended already.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn revoke_tokens(
        &self,
        origin: &Origin,
        refresh_token: &str,
    ) -> Result<(), IdentityError> {
        let token_hash = secrets::hash(refresh_token);
        self.change(origin, move |sql, recorder| {
            let Some(token) = rows_tokens::find_refresh_token(sql, &token_hash)? else {
                return Ok(());
            };
            rows_tokens::delete_family(sql, token.family_key)?;
            Ok(record_family_end(sql, recorder, token.user_key, "user.signed_out", "signed out")?)
        })
        .await
    }

    /// The principal of an access token or an API token, `None` when it is not valid.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn authenticate_bearer(
        &self,
        token: &str,
    ) -> Result<Option<Arc<Principal>>, IdentityError> {
        if token.starts_with(crate::services::identity::api_tokens::PREFIX) {
            return self.authenticate_api_token(token).await;
        }
        let now_ms = self.now_ms();
        let Some(claims) = self.0.access_tokens.check(token, now_ms / 1000) else {
            return Ok(None);
        };
        let Ok(user_key) = claims.sub.parse() else { return Ok(None) };
        let proof = Proof::AccessToken(user_key, claims.rev);
        if let Some(known) = self.0.principals.find(&proof, now_ms) {
            return Ok(Some(known));
        }
        let epoch = self.0.principals.epoch();
        let rev = Some(claims.rev);
        let loaded =
            self.read(move |sql| Ok(load_principal(sql, user_key, rev, Via::AccessToken, None)?));
        let Some(principal) = loaded.await? else { return Ok(None) };
        self.0.principals.remember(proof, epoch, now_ms, &principal);
        Ok(Some(principal))
    }

    fn pair(
        &self,
        user_key: i64,
        security_rev: i64,
        refresh_token: String,
    ) -> Result<TokenPair, IdentityError> {
        let now_s = self.now_ms() / 1000;
        let expires_in_s = i64::from(self.0.config.access_token_minutes) * 60;
        let access_token = self.0.access_tokens.sign(&Claims {
            sub: user_key.to_string(),
            rev: security_rev,
            iat: now_s,
            exp: now_s + expires_in_s,
            jti: random_token(),
        })?;
        let refresh_expires_in_s = self.refresh_lifetime_ms() / 1000;
        Ok(TokenPair { access_token, expires_in_s, refresh_token, refresh_expires_in_s })
    }

    fn refresh_lifetime_ms(&self) -> i64 {
        i64::from(self.0.config.refresh_token_days) * 24 * 3_600_000
    }
}

/// Uses a refresh token up. A refusal is a result and no error: what it ended must stay ended.
fn rotate(
    sql: &mut dyn Sql,
    recorder: &Recorder,
    token_hash: &TokenHash,
    lifetime_ms: i64,
) -> Result<Refreshed, IdentityError> {
    let now_ms = recorder.now_ms();
    let Some(token) = rows_tokens::find_refresh_token(sql, token_hash)? else {
        return Ok(Refreshed::Refused);
    };
    let was_used = token.used_at_ms.is_some();
    if was_used || !rows_tokens::use_refresh_token(sql, token_hash, now_ms)? {
        rows_tokens::delete_family(sql, token.family_key)?;
        let words = "used a refresh token twice, which ended its family";
        record_family_end(sql, recorder, token.user_key, "user.refresh_token_reused", words)?;
        return Ok(Refreshed::Refused);
    }
    let (user_key, security_rev) = (token.user_key, token.security_rev);
    let user = rows_users::find_by_key(sql, user_key)?;
    let is_current = user.is_some_and(|it| !it.user.is_disabled && it.security_rev == security_rev);
    if now_ms >= token.expires_at_ms || !is_current {
        return Ok(Refreshed::Refused);
    }
    let family_key = token.family_key;
    let refresh_token =
        insert_refresh_token(sql, recorder, family_key, user_key, security_rev, lifetime_ms)?;
    Ok(Refreshed::Next { refresh_token, user_key, security_rev })
}

fn insert_refresh_token(
    sql: &mut dyn Sql,
    recorder: &Recorder,
    family_key: i64,
    user_key: i64,
    security_rev: i64,
    lifetime_ms: i64,
) -> Result<String, StoreError> {
    let refresh_token = format!("{REFRESH_PREFIX}{}", random_token());
    let now_ms = recorder.now_ms();
    let stored = RefreshToken {
        token_hash: secrets::hash(&refresh_token),
        family_key,
        user_key,
        security_rev,
        created_at_ms: now_ms,
        expires_at_ms: now_ms + lifetime_ms,
        used_at_ms: None,
    };
    rows_tokens::insert_refresh_token(sql, &stored)?;
    Ok(refresh_token)
}

fn record_family_end(
    sql: &mut dyn Sql,
    recorder: &Recorder,
    user_key: i64,
    action: &'static str,
    words: &str,
) -> Result<(), StoreError> {
    let Some(found) = rows_users::find_by_key(sql, user_key)? else { return Ok(()) };
    let user = found.user;
    let summary = words.to_owned();
    let actor = Actor { kind: ActorKind::Client, id: user.user_id.as_str().into() };
    let origin = Origin { actor, ..recorder.origin.clone() };
    recorder.record_as(sql, &origin, Change::of(action, "user", user_key, &user.user_id, summary))
}
