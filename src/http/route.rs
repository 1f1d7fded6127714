//! One route: where it is, who may use it, what it takes and answers, and its handler.
//!
//! The router, the `OpenAPI` document and the permission table are all made from these, so a route
//! can't be in one and missing in another. Must not know any single resource.

use std::time::Duration;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{parse_body, parse_query};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Everybody who is signed in.
    SignedIn,
    /// Whoever has the permission.
    Needs(Permission),
}

/// Whom a route speaks to; decides how errors look and which protections apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Programs: JSON in the envelope.
    Api,
    /// People: pages, forms with a CSRF token.
    Page,
    /// Machines that watch: no rate limit.
    System,
}

/// How fast one client may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The general limit.
    Normal,
    /// The strict limit by address, where guessing must be slow.
    SignIn,
}

/// Makes the JSON Schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Reads a body or a query as the route's handler does, and gives its refusal.
pub type Reads = fn(&[u8]) -> Result<(), HttpError>;

/// What a route answers with.
#[derive(Debug, Clone, Copy)]
pub enum Answers {
    /// No body of its own: a page, a redirect, or an answer described in words only.
    Undescribed,
    /// One value in the envelope.
    One(SchemaOf),
    /// A list in the envelope, with a cursor.
    Page(SchemaOf),
    /// A body that is not in the envelope, of this content type.
    Raw(&'static str),
}

/// How long a handler may take before the client is answered 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As configured for all requests.
    Usual,
    /// As configured, and this much longer: long polling.
    Longer(Duration),
    /// Without end: streams.
    Endless,
}

/// How large a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLimit {
    /// Enough for forms, commands and variables.
    Small,
    /// As configured: models and files.
    Configured,
}

/// The limit of [`BodyLimit::Small`].
pub const SMALL_BODY_BYTES: usize = 2 * 1024 * 1024;

/// One route.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method; GET also answers HEAD.
    pub method: Method,
    /// The path, with `{name}` for parameters.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Whom it speaks to.
    pub surface: Surface,
    /// How fast one client may call it.
    pub pace: Pace,
    /// The group of operations it belongs to in the API document.
    pub tag: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Schema of the JSON body.
    pub takes: Option<SchemaOf>,
    /// Content type of a body that is not JSON.
    pub takes_raw: Option<&'static str>,
    /// Reads the JSON body.
    pub reads_body: Option<Reads>,
    /// Schema of the query.
    pub query: Option<SchemaOf>,
    /// Reads the query.
    pub reads_query: Option<Reads>,
    /// What it answers with.
    pub answers: Answers,
    /// The status of success.
    pub success: u16,
    /// How large its body may be.
    pub body_limit: BodyLimit,
    /// How long its handler may take.
    pub patience: Patience,
    /// The handler.
    pub handler: MethodRouter<App>,
}

impl Route {
    /// A route that reads.
    pub fn get<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::GET, MethodFilter::GET, path, handler)
    }

    /// A route that creates or commands.
    pub fn post<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::POST, MethodFilter::POST, path, handler)
    }

    /// A route that replaces.
    pub fn put<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::PUT, MethodFilter::PUT, path, handler)
    }

    /// A route that changes some fields.
    pub fn patch<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::PATCH, MethodFilter::PATCH, path, handler)
    }

    /// A route that removes.
    pub fn delete<H: Handler<T, App>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self::new(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    fn new<H: Handler<T, App>, T: 'static>(
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        handler: H,
    ) -> Self {
        let is_api = path.starts_with("/api/") || path.starts_with("/v2/");
        Self {
            method,
            path,
            access: Access::SignedIn,
            surface: if is_api { Surface::Api } else { Surface::Page },
            pace: Pace::Normal,
            tag: "",
            summary: "",
            takes: None,
            takes_raw: None,
            reads_body: None,
            query: None,
            reads_query: None,
            answers: Answers::Undescribed,
            success: 200,
            body_limit: BodyLimit::Small,
            patience: Patience::Usual,
            handler: on(filter, handler),
        }
    }

    /// Lets everybody use it; without this or [`Route::needs`], whoever is signed in may.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    /// Lets only those use it who have the permission.
    #[must_use]
    pub fn needs(mut self, permission: Permission) -> Self {
        self.access = Access::Needs(permission);
        self
    }

    /// Names its group and what it does, for the API document.
    #[must_use]
    pub fn about(mut self, tag: &'static str, summary: &'static str) -> Self {
        (self.tag, self.summary) = (tag, summary);
        self
    }

    /// Describes its JSON body.
    #[must_use]
    pub fn takes<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.takes = Some(SchemaGenerator::subschema_for::<T>);
        self.reads_body = Some(|bytes| parse_body::<T>(bytes).map(drop));
        self
    }

    /// Says that its body is of another content type, such as `multipart/form-data`.
    #[must_use]
    pub fn takes_raw(mut self, content_type: &'static str) -> Self {
        self.takes_raw = Some(content_type);
        self
    }

    /// Describes its query.
    #[must_use]
    pub fn query<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.query = Some(SchemaGenerator::root_schema_for::<T>);
        self.reads_query = Some(|query| parse_query::<T>(query).map(drop));
        self
    }

    /// Describes the data it answers with.
    #[must_use]
    pub fn answers<T: JsonSchema>(mut self) -> Self {
        self.answers = Answers::One(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Describes the items of the list it answers with.
    #[must_use]
    pub fn answers_page<T: JsonSchema>(mut self) -> Self {
        self.answers = Answers::Page(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Says that it answers with another content type than JSON in the envelope.
    #[must_use]
    pub fn answers_raw(mut self, content_type: &'static str) -> Self {
        self.answers = Answers::Raw(content_type);
        self
    }

    /// Says which status success has, when it is not 200.
    #[must_use]
    pub fn success(mut self, status: u16) -> Self {
        self.success = status;
        self
    }

    /// Applies the strict limit by address.
    #[must_use]
    pub fn sign_in_pace(mut self) -> Self {
        self.pace = Pace::SignIn;
        self
    }

    /// Speaks to machines that watch: errors as JSON, no rate limit.
    #[must_use]
    pub fn for_machines(mut self) -> Self {
        self.surface = Surface::System;
        self
    }

    /// Accepts bodies as large as configured.
    #[must_use]
    pub fn large_body(mut self) -> Self {
        self.body_limit = BodyLimit::Configured;
        self
    }

    /// Lets the handler take this much longer than usual, as long polling does.
    #[must_use]
    pub fn waits(mut self, longer: Duration) -> Self {
        self.patience = Patience::Longer(longer);
        self
    }

    /// Lets the answer go on without end.
    #[must_use]
    pub fn streams(mut self) -> Self {
        self.patience = Patience::Endless;
        self
    }

    /// Whether a call may change something.
    #[must_use]
    pub fn is_unsafe(&self) -> bool {
        self.method != Method::GET
    }
}
