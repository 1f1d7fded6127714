//! Signing in for programs: tokens for a name and a password; who am I; the first administrator.
//!
//! Must not know how passwords and tokens are checked.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::api::users::UserView;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult};
use crate::http::error::HttpError;
use crate::http::extract::Body;
use crate::http::route::Route;
use crate::http::session::{SignedIn, Visitor};
use crate::services::identity::{Client, Login, NewUser, TokenPair};

const TAG: &str = "Sign-in";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/auth/login", login)
            .public()
            .sign_in_pace()
            .takes::<LoginBody>()
            .answers::<TokensView>()
            .about(TAG, "Exchange a name and a password for tokens"),
        Route::post("/api/v1/auth/refresh", refresh)
            .public()
            .takes::<RefreshBody>()
            .answers::<TokensView>()
            .about(TAG, "Exchange a refresh token for new tokens; it works once"),
        Route::post("/api/v1/auth/logout", logout)
            .public()
            .takes::<RefreshBody>()
            .success(204)
            .about(TAG, "End a refresh token and all tokens that came from it"),
        Route::get("/api/v1/me", me)
            .answers::<MeView>()
            .about(TAG, "Who is signed in, and what it may do"),
        Route::post("/api/v1/setup", set_up)
            .public()
            .sign_in_pace()
            .takes::<SetupBody>()
            .answers::<UserView>()
            .success(201)
            .about(TAG, "Make the first administrator with the one-time setup token"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Login")]
struct LoginBody {
    /// Login name or e-mail address.
    name: String,
    /// The password.
    password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Refresh")]
struct RefreshBody {
    /// The refresh token.
    refresh_token: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
struct TokensView {
    /// The token for the authorization header.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How long the access token is valid, in seconds.
    expires_in: i64,
    /// The token that gives the next tokens; it works once.
    refresh_token: String,
    /// How long the refresh token is valid, in seconds.
    refresh_expires_in: i64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me")]
struct MeView {
    /// The user.
    user: UserView,
    /// What the credential of this request may do.
    permissions: Vec<&'static str>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Setup")]
struct SetupBody {
    /// The one-time token that the server printed.
    token: String,
    /// The login name; without one, the e-mail address is the login name.
    user_id: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// The name shown to people.
    display_name: String,
    /// The password.
    password: String,
}

async fn login(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<LoginBody>,
) -> ApiResult<TokensView> {
    let login = Login { name: body.name, password: body.password };
    let client = Client { address: Some(visitor.address), user_agent: None };
    let pair = app.identity.issue_tokens(&visitor.origin(), login, client).await?;
    Ok(Answer::ok(pair.into()))
}

async fn refresh(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<RefreshBody>,
) -> ApiResult<TokensView> {
    let pair = app.identity.refresh_tokens(&visitor.origin(), &body.refresh_token).await?;
    Ok(Answer::ok(pair.into()))
}

async fn logout(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<RefreshBody>,
) -> Result<StatusCode, HttpError> {
    app.identity.revoke_tokens(&visitor.origin(), &body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(State(app): State<App>, signed_in: SignedIn) -> ApiResult<MeView> {
    let principal = &signed_in.principal;
    let user = app.identity.load_user(principal.user_key).await?;
    let permissions = principal.permissions.iter().map(Permission::name).collect();
    Ok(Answer::ok(MeView { user: user.into(), permissions }))
}

async fn set_up(
    State(app): State<App>,
    visitor: Visitor,
    Body(body): Body<SetupBody>,
) -> ApiResult<UserView> {
    let new = NewUser {
        user_id: body.user_id,
        email: body.email,
        display_name: body.display_name,
        password: Some(body.password),
        ..NewUser::default()
    };
    let user = app.identity.set_up(&visitor.origin(), &body.token, new).await?;
    Ok(Answer::created(format!("/api/v1/users/{}", user.key), user.into()))
}

impl From<TokenPair> for TokensView {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            token_type: "Bearer",
            expires_in: pair.expires_in_s,
            refresh_token: pair.refresh_token,
            refresh_expires_in: pair.refresh_expires_in_s,
        }
    }
}
