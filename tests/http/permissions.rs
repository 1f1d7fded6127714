//! Who reaches which handler: every route × everybody, through the real guard.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::routing::{MethodFilter, on};
use flowstead::core::access::Role;
use flowstead::http::route::{Route, Surface};
use flowstead::http::routes::routes;

use super::Server;

/// Every route of the server and who reaches its handler. A new route needs a line here.
const TABLE: &str = "
DELETE /api/v1/files/{key} signed in
DELETE /api/v1/groups/{key} administrator
DELETE /api/v1/me/tokens/{key} signed in
DELETE /api/v1/users/{key} administrator
GET / signed in
GET /account signed in
GET /api/v1/audit administrator operator
GET /api/v1/audit-events administrator operator
GET /api/v1/audit/facets administrator operator
GET /api/v1/bulk-operations administrator modeler operator
GET /api/v1/bulk-operations/{key} administrator modeler operator
GET /api/v1/bulk-operations/{key}/items administrator modeler operator
GET /api/v1/dead-letters administrator modeler operator
GET /api/v1/decision-evaluations administrator modeler operator
GET /api/v1/decision-evaluations/{key} administrator modeler operator
GET /api/v1/decisions signed in
GET /api/v1/decisions/{id} signed in
GET /api/v1/decisions/{id}/versions signed in
GET /api/v1/decisions/{id}/xml signed in
GET /api/v1/files signed in
GET /api/v1/files/{key} signed in
GET /api/v1/files/{key}/content signed in
GET /api/v1/forms/{id} signed in
GET /api/v1/groups administrator
GET /api/v1/groups/{key} administrator
GET /api/v1/incidents administrator modeler operator
GET /api/v1/me signed in
GET /api/v1/me/tokens signed in
GET /api/v1/openapi.json everybody
GET /api/v1/process-definitions signed in
GET /api/v1/process-definitions/{key} signed in
GET /api/v1/process-definitions/{key}/diagram.svg signed in
GET /api/v1/process-definitions/{key}/versions signed in
GET /api/v1/process-definitions/{key}/xml signed in
GET /api/v1/process-instances signed in
GET /api/v1/process-instances/{key} signed in
GET /api/v1/process-instances/{key}/compare signed in
GET /api/v1/process-instances/{key}/diagram.svg signed in
GET /api/v1/process-instances/{key}/journal signed in
GET /api/v1/process-instances/{key}/migration administrator modeler operator
GET /api/v1/process-instances/{key}/replay signed in
GET /api/v1/process-instances/{key}/variables signed in
GET /api/v1/process-instances/{key}/waiting signed in
GET /api/v1/roles administrator
GET /api/v1/schedules administrator modeler operator
GET /api/v1/search signed in
GET /api/v1/system administrator operator
GET /api/v1/user-tasks signed in
GET /api/v1/user-tasks/counts signed in
GET /api/v1/user-tasks/{key} signed in
GET /api/v1/user-tasks/{key}/attachments signed in
GET /api/v1/user-tasks/{key}/comments signed in
GET /api/v1/user-tasks/{key}/form signed in
GET /api/v1/users administrator
GET /api/v1/users/{key} administrator
GET /assets/{name} everybody
GET /audit administrator operator
GET /decision-evaluations/{key} administrator modeler operator
GET /decisions signed in
GET /decisions/{id} signed in
GET /decisions/{id}/model signed in
GET /events signed in
GET /files signed in
GET /files/{key} signed in
GET /groups administrator
GET /groups/{id} administrator
GET /health everybody
GET /inbox signed in
GET /inbox/{key} signed in
GET /incidents administrator modeler operator
GET /instances signed in
GET /instances/operations administrator modeler operator
GET /instances/operations/new administrator modeler operator
GET /instances/operations/{key} administrator modeler operator
GET /instances/{key} signed in
GET /instances/{key}/compare signed in
GET /instances/{key}/history signed in
GET /instances/{key}/migrate administrator modeler operator
GET /instances/{key}/modify administrator modeler operator
GET /instances/{key}/restart administrator modeler operator
GET /live everybody
GET /metrics administrator operator
GET /patterns signed in
GET /patterns/{pattern_id}/model signed in
GET /processes signed in
GET /processes/{id} signed in
GET /processes/{id}/model signed in
GET /processes/{id}/start signed in
GET /ready everybody
GET /roles administrator
GET /schedules administrator modeler operator
GET /setup everybody
GET /setup/examples administrator modeler
GET /sign-in everybody
GET /system administrator operator
GET /users administrator
GET /users/new administrator
GET /users/{key} administrator
PATCH /api/v1/user-tasks/{key} signed in
POST /account/password signed in
POST /account/sessions/{key}/end signed in
POST /account/tokens signed in
POST /account/tokens/{key}/revoke signed in
POST /api/v1/auth/login everybody
POST /api/v1/auth/logout everybody
POST /api/v1/auth/refresh everybody
POST /api/v1/bulk-operations administrator modeler operator
POST /api/v1/bulk-operations/{key}/cancel administrator modeler operator
POST /api/v1/bulk-operations/{key}/pause administrator modeler operator
POST /api/v1/bulk-operations/{key}/start administrator modeler operator
POST /api/v1/conditions/evaluate signed in
POST /api/v1/dead-letters/requeue administrator modeler operator
POST /api/v1/dead-letters/{key}/requeue administrator modeler operator
POST /api/v1/decisions/{id}/evaluate administrator modeler operator
POST /api/v1/deployments administrator modeler
POST /api/v1/deployments/examples administrator modeler
POST /api/v1/files signed in
POST /api/v1/groups administrator
POST /api/v1/incidents/resolve administrator modeler operator
POST /api/v1/incidents/{key}/resolve administrator modeler operator
POST /api/v1/jobs/activate administrator modeler operator
POST /api/v1/jobs/{key}/complete administrator modeler operator
POST /api/v1/jobs/{key}/error administrator modeler operator
POST /api/v1/jobs/{key}/extend administrator modeler operator
POST /api/v1/jobs/{key}/fail administrator modeler operator
POST /api/v1/me/tokens signed in
POST /api/v1/messages administrator modeler operator
POST /api/v1/process-instances signed in
POST /api/v1/process-instances/{key}/activate administrator modeler operator
POST /api/v1/process-instances/{key}/cancel administrator modeler operator
POST /api/v1/process-instances/{key}/migrate administrator modeler operator
POST /api/v1/process-instances/{key}/modify administrator modeler operator
POST /api/v1/process-instances/{key}/restart administrator modeler operator
POST /api/v1/process-instances/{key}/resume administrator modeler operator
POST /api/v1/process-instances/{key}/retry administrator modeler operator
POST /api/v1/process-instances/{key}/rewind administrator modeler operator
POST /api/v1/process-instances/{key}/suspend administrator modeler operator
POST /api/v1/process-instances/{key}/variables administrator modeler operator
POST /api/v1/schedules/{key}/pause administrator modeler operator
POST /api/v1/schedules/{key}/resume administrator modeler operator
POST /api/v1/setup everybody
POST /api/v1/signals administrator modeler operator
POST /api/v1/user-tasks/{key}/assign administrator operator
POST /api/v1/user-tasks/{key}/attachments signed in
POST /api/v1/user-tasks/{key}/claim signed in
POST /api/v1/user-tasks/{key}/comments signed in
POST /api/v1/user-tasks/{key}/complete signed in
POST /api/v1/user-tasks/{key}/unclaim signed in
POST /api/v1/users administrator
POST /api/v1/users/{key}/disable administrator
POST /api/v1/users/{key}/enable administrator
POST /decisions/{id}/evaluate administrator modeler operator
POST /files signed in
POST /files/{key}/delete signed in
POST /groups administrator
POST /groups/{id}/delete administrator
POST /groups/{id}/members administrator
POST /groups/{id}/members/{key}/remove administrator
POST /incidents/resolve administrator modeler operator
POST /incidents/{key}/resolve administrator modeler operator
POST /instances/operations administrator modeler operator
POST /instances/operations/{key}/cancel administrator modeler operator
POST /instances/operations/{key}/pause administrator modeler operator
POST /instances/operations/{key}/start administrator modeler operator
POST /instances/{key}/cancel administrator modeler operator
POST /instances/{key}/migrate administrator modeler operator
POST /instances/{key}/modify administrator modeler operator
POST /instances/{key}/restart administrator modeler operator
POST /instances/{key}/resume administrator modeler operator
POST /instances/{key}/rewind administrator modeler operator
POST /instances/{key}/suspend administrator modeler operator
POST /instances/{key}/variables administrator modeler operator
POST /processes administrator modeler
POST /processes/{id}/start signed in
POST /schedules/{key}/pause administrator modeler operator
POST /schedules/{key}/resume administrator modeler operator
POST /setup everybody
POST /setup/examples administrator modeler
POST /sign-in everybody
POST /sign-out signed in
POST /system/dead-letters/requeue administrator modeler operator
POST /system/dead-letters/{key}/requeue administrator modeler operator
POST /theme everybody
POST /user-tasks/{key}/assign administrator operator
POST /user-tasks/{key}/claim signed in
POST /user-tasks/{key}/comments signed in
POST /user-tasks/{key}/complete signed in
POST /user-tasks/{key}/unclaim signed in
POST /users administrator
POST /users/{key} administrator
POST /users/{key}/disable administrator
POST /users/{key}/enable administrator
PUT /api/v1/groups/{key} administrator
PUT /api/v1/users/{key} administrator
PUT /api/v1/users/{key}/password administrator
";

/// Stands in the place of each handler, so that reaching it changes nothing.
async fn reached() -> StatusCode {
    StatusCode::IM_A_TEAPOT
}

fn with_stand_ins() -> Vec<Route> {
    let stand_in = |mut route: Route| {
        let filter = MethodFilter::try_from(route.method.clone()).expect("a known method");
        route.handler = on(filter, reached);
        route
    };
    routes().into_iter().map(stand_in).collect()
}

/// Cookie and CSRF token of each role; empty for somebody who is not signed in.
async fn visitors(server: &Server) -> Vec<(&'static str, String, String)> {
    let mut visitors = vec![("anonymous", String::new(), String::new())];
    for role in Role::ALL {
        server.user(role.id(), &[role]).await;
        let browser = server.browser(role.id()).await;
        visitors.push((role.id(), browser.cookie_header(), browser.csrf.clone()));
    }
    visitors
}

async fn call(server: &Server, route: &Route, cookie: &str, csrf: &str) -> super::Answer {
    let path = route.path.replace("{key}", "1").replace("{id}", "1").replace("{name}", "1");
    let request = Request::builder().method(route.method.clone()).uri(path);
    let request = request.header("cookie", cookie).header("x-csrf-token", csrf);
    server.send(request.body(Body::empty()).expect("a request")).await
}

/// A refusal must look as its surface promises; anything else fails here.
fn is_reached(route: &Route, visitor: &str, answer: &super::Answer) -> bool {
    let (method, path) = (&route.method, route.path);
    match (answer.status, visitor) {
        (StatusCode::IM_A_TEAPOT, _) => true,
        (StatusCode::UNAUTHORIZED, "anonymous") => false,
        (StatusCode::FORBIDDEN, _) if visitor != "anonymous" => {
            assert!(answer.body.contains("this needs the permission"), "{}", answer.body);
            false
        }
        // Whoever posts a form without a page of ours before is stopped by the CSRF check.
        (StatusCode::FORBIDDEN, _) if answer.body.contains("csrf_refused") => true,
        (status, _) => panic!("{method} {path} as {visitor}: {status} {}", answer.body),
    }
}

fn words(reached: &[&str]) -> String {
    let signed_in: Vec<&str> = Role::ALL.iter().map(|it| it.id()).collect();
    match reached {
        [] => "nobody".into(),
        ["anonymous", rest @ ..] if rest == signed_in => "everybody".into(),
        all if all == signed_in => "signed in".into(),
        some => some.join(" "),
    }
}

#[tokio::test]
async fn every_route_is_reached_by_those_in_the_table_only() {
    let server = Server::start().await;
    let visitors = visitors(&server).await;
    let server = server.with_routes(with_stand_ins());
    let mut lines = Vec::new();
    for route in routes() {
        let mut reached = Vec::new();
        for (visitor, cookie, csrf) in &visitors {
            let answer = call(&server, &route, cookie, csrf).await;
            if is_reached(&route, visitor, &answer) {
                reached.push(*visitor);
            }
        }
        lines.push(format!("{} {} {}", route.method, route.path, words(&reached)));
    }
    lines.sort();
    let expected: Vec<&str> = TABLE.trim().lines().collect();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn pages_send_strangers_to_sign_in_and_back() {
    let server = Server::start().await;
    let pages = routes().into_iter().filter(|it| {
        it.surface == Surface::Page
            && it.method == Method::GET
            && it.access != flowstead::http::route::Access::Public
    });
    for route in pages {
        let path = route.path.replace("{key}", "1").replace("{id}", "1");
        let request = Request::get(format!("{path}?a=b%20c")).header("accept", "text/html");
        let answer = server.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        let next: String =
            form_urlencoded::byte_serialize(format!("{path}?a=b%20c").as_bytes()).collect();
        assert_eq!(answer.header("location"), format!("/sign-in?next={next}"));
    }
}
