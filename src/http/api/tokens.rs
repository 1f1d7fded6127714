//! One's own API tokens for programs.
//!
//! Must not know how tokens are made. A token can't make tokens: it could outlive its own end.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::{Permission, Via};
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key, instant, parse_instant};
use crate::http::error::HttpError;
use crate::http::extract::{Body, Path};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{ApiToken, NewApiToken};

const TAG: &str = "API tokens";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/me/tokens", list)
            .answers::<Vec<TokenView>>()
            .about(TAG, "List one's own API tokens"),
        Route::post("/api/v1/me/tokens", create)
            .takes::<NewTokenBody>()
            .answers::<NewTokenView>()
            .success(201)
            .about(TAG, "Make an API token; its text is shown only this once"),
        Route::delete("/api/v1/me/tokens/{key}", delete)
            .success(204)
            .about(TAG, "End one of one's own API tokens"),
    ]
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiToken")]
struct TokenView {
    key: Key,
    name: String,
    /// Names of permissions it may use at most; null for all that its user may do.
    scopes: Option<Vec<&'static str>>,
    created_at: String,
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    used_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewApiTokenAnswer")]
struct NewTokenView {
    /// What is known of it from now on.
    api_token: TokenView,
    /// The token itself; nobody can show it again.
    token: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewApiToken")]
struct NewTokenBody {
    /// What it is for.
    name: String,
    /// Names of permissions it may use at most; all that its user may do when not given.
    scopes: Option<Vec<String>>,
    /// When it stops working, as RFC 3339; never when not given.
    expires_at: Option<String>,
}

async fn list(State(app): State<App>, signed_in: SignedIn) -> ApiResult<Vec<TokenView>> {
    let tokens = app.identity.list_api_tokens(signed_in.principal.user_key).await?;
    Ok(Answer::ok(tokens.into_iter().map(Into::into).collect()))
}

async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<NewTokenBody>,
) -> ApiResult<NewTokenView> {
    refuse_api_tokens(&signed_in)?;
    let scopes = body.scopes.map(|names| names.iter().map(|it| scope(it)).collect());
    let new = NewApiToken {
        name: body.name,
        scopes: scopes.transpose()?,
        expires_at_ms: body.expires_at.map(|it| parse_instant("expires_at", &it)).transpose()?,
    };
    let user_key = signed_in.principal.user_key;
    let (token, text) = app.identity.create_api_token(&signed_in.origin(), user_key, new).await?;
    let location = format!("/api/v1/me/tokens/{}", token.key);
    Ok(Answer::created(location, NewTokenView { api_token: token.into(), token: text }))
}

async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    refuse_api_tokens(&signed_in)?;
    let user_key = signed_in.principal.user_key;
    app.identity.delete_api_token(&signed_in.origin(), user_key, key.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn refuse_api_tokens(signed_in: &SignedIn) -> Result<(), HttpError> {
    if signed_in.principal.via == Via::ApiToken {
        return Err(HttpError::forbidden("an API token can't change API tokens, sign in instead"));
    }
    Ok(())
}

fn scope(name: &str) -> Result<Permission, HttpError> {
    Permission::find(name).ok_or_else(|| {
        let message = format!(
            "scopes: expected names of permissions such as tasks:work, found `{}`",
            name.escape_debug()
        );
        HttpError::unprocessable("invalid_value", message)
    })
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        let scopes = token.scopes.map(|it| it.into_iter().map(Permission::name).collect());
        Self {
            key: Key(token.key),
            name: token.name,
            scopes,
            created_at: instant(token.created_at_ms),
            expires_at: token.expires_at_ms.map(instant),
            used_at: token.used_at_ms.map(instant),
        }
    }
}
