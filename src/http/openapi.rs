//! The `OpenAPI` 3.1 document, made from the routes themselves.
//!
//! Must not know any single route; what a route says of itself is all there is.

use std::sync::OnceLock;

use axum::http::Method;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::http::envelope::PageInfo;
use crate::http::route::{Access, Answers, Route, Surface};
use crate::http::routes::routes;

/// What went wrong, in every error of the API.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorBody {
    /// Always `error`.
    status: String,
    /// The error.
    error: ErrorFacts,
}

/// The error itself.
#[derive(Serialize, JsonSchema)]
struct ErrorFacts {
    /// The reason as a stable word.
    code: String,
    /// What went wrong and what was expected, for people.
    message: String,
    /// Facts about the error, such as a line and a column.
    details: Option<Json>,
    /// The id of the request, to find its log lines.
    request_id: String,
}

/// The document of this server, made once.
#[must_use]
pub fn document() -> &'static Json {
    static DOCUMENT: OnceLock<Json> = OnceLock::new();
    DOCUMENT.get_or_init(|| document_of(&routes()))
}

/// The document of these routes.
#[must_use]
pub fn document_of(routes: &[Route]) -> Json {
    let settings = SchemaSettings::draft2020_12().with(|it| {
        it.definitions_path = "/components/schemas".into();
        it.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let error = generator.subschema_for::<ErrorBody>();
    let mut paths = Map::new();
    let documented = |it: &&Route| it.surface != Surface::Page && !it.tag.is_empty();
    for route in routes.iter().filter(documented) {
        let operation = operation(route, &mut generator);
        let method = route.method.as_str().to_ascii_lowercase();
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Json::Object(methods) = entry {
            methods.insert(method, operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Flowstead",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": { "Error": {
                "description": "The request failed; the code says why.",
                "content": { "application/json": { "schema": error } },
            }},
            "securitySchemes": security_schemes(),
        },
    })
}

fn security_schemes() -> Json {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token from /api/v1/auth/login, or an API token (fst_…).",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "flowstead",
            "description": "A browser's session; changing requests also need X-CSRF-Token.",
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Json {
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": parameters(route, generator),
        "responses": {
            route.success.to_string(): answer(route, generator),
            "default": { "$ref": "#/components/responses/Error" },
        },
    });
    if let Some(body) = request_body(route, generator) {
        operation["requestBody"] = body;
    }
    operation["security"] = match route.access {
        Access::Public => json!([]),
        Access::SignedIn | Access::Needs(_) => json!([{ "bearer": [] }, { "session": [] }]),
    };
    if let Access::Needs(permission) = route.access {
        operation["x-permission"] = permission.name().into();
    }
    operation
}

/// Unique as method and path are: `get_users_key` for `GET /api/v1/users/{key}`.
fn operation_id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/api/v1");
    let words = path.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    let method = route.method.as_str().to_ascii_lowercase();
    std::iter::once(method.as_str()).chain(words).collect::<Vec<_>>().join("_")
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Json> {
    let mut parameters: Vec<Json> = path_names(route.path)
        .map(|name| {
            let schema = json!({ "type": "string" });
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if let Some(query) = route.query {
        parameters.extend(query_parameters(&query(generator).to_value()));
    }
    if route.method == Method::POST && route.surface == Surface::Api {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "Sent again with the same key, a request gets the first answer again.",
            "schema": { "type": "string", "maxLength": 255 },
        }));
    }
    parameters
}

fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn query_parameters(schema: &Json) -> Vec<Json> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let parameter = |(name, mut schema): (String, Json)| {
        let description = schema.as_object_mut().and_then(|it| it.remove("description"));
        let is_required = required.iter().any(|it| it == name.as_str());
        json!({
            "name": name,
            "in": "query",
            "required": is_required,
            "description": description.unwrap_or_default(),
            "schema": schema,
        })
    };
    properties.into_iter().map(parameter).collect()
}

fn request_body(route: &Route, generator: &mut SchemaGenerator) -> Option<Json> {
    let content = match (route.takes, route.takes_raw) {
        (Some(schema), _) => json!({ "application/json": { "schema": schema(generator) } }),
        (None, Some(content_type)) => json!({ content_type: {} }),
        (None, None) => return None,
    };
    Some(json!({ "required": true, "content": content }))
}

fn answer(route: &Route, generator: &mut SchemaGenerator) -> Json {
    let enveloped = |properties: Json, required: Json| {
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        json!({ "application/json": { "schema": schema } })
    };
    let status = json!({ "const": "ok" });
    let content = match route.answers {
        Answers::Undescribed => return json!({ "description": "Done." }),
        Answers::Raw(content_type) => json!({ content_type: {} }),
        Answers::One(schema) => enveloped(
            json!({ "status": status, "data": schema(generator) }),
            json!(["status", "data"]),
        ),
        Answers::Page(schema) => enveloped(
            json!({
                "status": status,
                "data": { "type": "array", "items": schema(generator) },
                "page": generator.subschema_for::<PageInfo>(),
            }),
            json!(["status", "data", "page"]),
        ),
    };
    json!({ "description": "Done.", "content": content })
}
