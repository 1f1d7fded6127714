//! The API document says of every route what it takes and gives.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use flowstead::http::openapi::document;
use flowstead::http::route::{Access, Surface};
use flowstead::http::routes::routes;
use serde_json::Value as Json;

use super::{Server, get};

fn operations() -> Vec<(String, String, Json)> {
    let paths = document()["paths"].as_object().expect("paths are an object");
    let each = |(path, methods): (&String, &Json)| {
        let methods = methods.as_object().expect("methods are an object");
        let path = path.clone();
        methods
            .iter()
            .map(move |(method, it)| (method.to_ascii_uppercase(), path.clone(), it.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(each).collect()
}

#[tokio::test]
async fn the_document_is_served_and_is_openapi_3_1() {
    let server = Server::start().await;
    let answer = server.send(get("/api/v1/openapi.json", "")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert_eq!(answer.json(), *document());
}

#[test]
fn every_route_of_the_api_stands_in_it_with_words() {
    let documented: BTreeSet<(String, String)> =
        operations().into_iter().map(|(method, path, _)| (method, path)).collect();
    for route in routes().iter().filter(|it| it.surface == Surface::Api) {
        let (method, path) = (route.method.to_string(), route.path.to_owned());
        assert!(!route.tag.is_empty() && !route.summary.is_empty(), "{method} {path}");
        assert!(documented.contains(&(method, path)));
    }
}

#[test]
fn operations_are_told_apart_and_say_who_may_call_them() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().expect("it has an id").to_owned();
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let route = routes().into_iter().find(|it| it.method.as_str() == method && it.path == path);
        let route = route.expect("the document is made from the routes");
        let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(is_public, route.access == Access::Public, "{method} {path}");
        let named = operation["x-permission"].as_str();
        let needed = match route.access {
            Access::Needs(permission) => Some(permission.name()),
            Access::Public | Access::SignedIn => None,
        };
        assert_eq!(named, needed, "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Json::as_str).map(ToOwned::to_owned));
                fields.values().for_each(|it| references(it, found));
            }
            Json::Array(items) => items.iter().for_each(|it| references(it, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(document(), &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("references stay in the document");
        assert!(document().pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn bodies_refuse_what_they_do_not_name() {
    for (method, path, operation) in operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(reference) = schema["$ref"].as_str() else { continue };
        let body = document().pointer(&reference[1..]).expect("references lead somewhere");
        assert_eq!(body["additionalProperties"], false, "{method} {path}");
    }
}
