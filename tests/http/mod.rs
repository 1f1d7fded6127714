//! What the outside sees, through the real router in this process: status, headers, exact bodies.

mod bodies;
mod csrf;
mod errors;
mod idempotency;
mod limits;
mod live;
mod openapi;
mod pages;
mod permissions;
mod resources;
mod sessions;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use flowstead::core::access::Role;
use flowstead::http::app::{App, Parts};
use flowstead::http::live::LiveBus;
use flowstead::http::route::Route;
use flowstead::http::router::{router, router_of};
use flowstead::platform::blobs::BlobStore;
use flowstead::platform::clock::{Clock, KeyGenerator, SettableClock};
use flowstead::platform::config::Config;
use flowstead::platform::store::{Database, Options, Set};
use flowstead::services::audit::Origin;
use flowstead::services::bulk::Bulk;
use flowstead::services::execution::{Backoff, Execution, Foundation, Handlers, Settings};
use flowstead::services::files::Files;
use flowstead::services::identity::{Identity, NewApiToken, NewUser};
use flowstead::services::instances::Instances;
use flowstead::services::operations::Operations;
use flowstead::services::search::Search;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A password that is strong enough.
pub(crate) const PASSWORD: &str = "a long enough password";

/// A server without a socket: the whole application over fresh databases.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) clock: Arc<SettableClock>,
    router: Router,
    _folder: Folder,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().expect("headers are text"))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// The value of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").into_iter();
        let mut pairs = lines.filter_map(|it| it.to_str().ok()?.split(';').next()?.split_once('='));
        pairs.find(|(it, _)| *it == name).map(|(_, value)| value.to_owned())
    }
}

impl Server {
    /// A server with generous limits.
    pub(crate) async fn start() -> Self {
        let mut config = Config::default();
        config.server.rate_burst = 1_000_000;
        config.server.sign_in_per_minute = 1_000_000;
        Self::start_with(config).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let folder = Folder::new();
        let system = open(&folder, Set::System).await;
        let domain = open(&folder, Set::Domain).await;
        let start = "2030-01-01T08:00:00Z".parse().expect("a time");
        let settable = Arc::new(SettableClock::new(start));
        let clock: Arc<dyn Clock> = settable.clone();
        let keys = Arc::new(KeyGenerator::new(1, None).expect("a small node number"));
        let search = search(&folder, &config, &domain, &system).await;
        let identity =
            Identity::open(system, Arc::clone(&clock), Arc::clone(&keys), config.identity.clone());
        let identity = identity.await.expect("a fresh database opens");
        let foundation = Foundation {
            database: domain,
            clock: Arc::clone(&clock),
            keys,
            handlers: Handlers::default(),
        };
        let execution = Execution::start(foundation, settings()).await.expect("it starts");
        let config = Arc::new(config);
        let live = LiveBus::new();
        let blobs = BlobStore::open(&folder.0.join("files")).expect("a folder of its own");
        let files = Files::open(execution.clone(), blobs, config.server.body_bytes).await;
        let instances = Instances::new(execution.clone());
        let bulk = Bulk::new(execution.clone(), instances.clone());
        bulk.spawn(CancellationToken::new());
        let app = App::new(Parts {
            config,
            clock,
            identity,
            instances: instances.clone(),
            bulk,
            operations: Operations::new(execution.clone(), search.clone()),
            files: files.expect("a fresh folder"),
            execution,
            search,
            live,
            metrics: None,
        });
        let router = router(app.clone());
        Self { app, clock: settable, router, _folder: folder }
    }

    /// The same application behind other routes.
    pub(crate) fn with_routes(mut self, routes: Vec<Route>) -> Self {
        self.router = router_of(self.app.clone(), routes);
        self
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("the body can be read");
        let body = String::from_utf8(bytes.to_vec()).expect("the body is text");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The answer before its body was read, for streams.
    pub(crate) async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.expect("the router answers")
    }

    /// Makes a user who can sign in, and gives its key.
    pub(crate) async fn user(&self, user_id: &str, roles: &[Role]) -> i64 {
        let new = NewUser {
            user_id: Some(user_id.into()),
            email: Some(format!("{user_id}@example.org")),
            display_name: format!("The {user_id}"),
            password: Some(PASSWORD.into()),
            roles: roles.to_vec(),
            groups: Vec::new(),
        };
        self.app.identity.create_user(&Origin::system("test"), new).await.expect("it is new").key
    }

    /// Makes a user with a role and gives an API token of it.
    pub(crate) async fn token(&self, role: Role) -> String {
        let name = format!("{}-{}", role.id(), uuid::Uuid::now_v7().simple());
        let new = NewUser {
            user_id: Some(name),
            display_name: role.id().into(),
            roles: vec![role],
            ..NewUser::default()
        };
        let origin = Origin::system("test");
        let identity = &self.app.identity;
        let user = identity.create_user(&origin, new).await.expect("it is new");
        let token = NewApiToken { name: "test".into(), ..NewApiToken::default() };
        identity.create_api_token(&origin, user.key, token).await.expect("it is new").1
    }

    /// Signs in as a browser does.
    pub(crate) async fn browser(&self, name: &str) -> Browser<'_> {
        let mut browser = Browser { server: self, cookies: Vec::new(), csrf: String::new() };
        browser.get("/sign-in").await;
        let form = [("email", name), ("password", PASSWORD), ("next", "/account")];
        let answer = browser.post("/sign-in", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser.get("/account").await;
        browser
    }
}

/// A browser: keeps cookies and sends the CSRF token of the last page with its forms.
pub(crate) struct Browser<'a> {
    pub(crate) server: &'a Server,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) csrf: String,
}

impl Browser<'_> {
    pub(crate) fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join("; ")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("accept", "text/html");
        let request = request.header("cookie", self.cookie_header());
        self.take(self.server.send(request.body(Body::empty()).expect("a request")).await)
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf);
        form.extend_pairs(fields);
        let request = Request::post(path)
            .header("accept", "text/html")
            .header("cookie", self.cookie_header())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.finish()));
        self.take(self.server.send(request.expect("a request")).await)
    }

    /// Posts a body as it is, which must bring its own CSRF token.
    pub(crate) async fn post_body(&mut self, path: &str, kind: &str, body: String) -> Answer {
        let request = Request::post(path)
            .header("accept", "text/html")
            .header("cookie", self.cookie_header())
            .header("content-type", kind)
            .body(Body::from(body));
        self.take(self.server.send(request.expect("a request")).await)
    }

    fn take(&mut self, answer: Answer) -> Answer {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().expect("cookies are text");
            let pair = line.split(';').next().and_then(|it| it.split_once('='));
            let (name, value) = pair.expect("a cookie has a name");
            self.cookies.retain(|(it, _)| it != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.into(), value.into()));
            }
        }
        let mark = "name=\"csrf\" value=\"";
        if let Some((_, rest)) = answer.body.split_once(mark) {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.csrf);
        }
        answer
    }
}

/// A GET with a bearer token; an empty token sends none.
pub(crate) fn get(path: &str, token: &str) -> Request<Body> {
    with_token(Request::get(path), token).body(Body::empty()).expect("a request")
}

/// A request with a JSON body and a bearer token.
pub(crate) fn send_json(method: &str, path: &str, token: &str, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = with_token(request, token).header("content-type", "application/json");
    request.body(Body::from(body.to_owned())).expect("a request")
}

fn with_token(request: axum::http::request::Builder, token: &str) -> axum::http::request::Builder {
    if token.is_empty() {
        request
    } else {
        request.header("authorization", format!("Bearer {token}"))
    }
}

async fn open(folder: &Folder, set: Set) -> Database {
    let path = folder.0.join(set.name());
    let opened = tokio::task::spawn_blocking(move || {
        let database = Database::open_sqlite(&path, &Options::default())?;
        database.migrate(set, 0).map(|_| database)
    });
    opened.await.expect("it does not panic").expect("a fresh database opens")
}

fn settings() -> Settings {
    Settings {
        batch_size: 64,
        queue_length: 256,
        hot_instances: 64,
        lease_ms: 60_000,
        backoff: Backoff { first_ms: 1_000, max_ms: 60_000 },
        zone: TimeZone::UTC,
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("flowstead-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn search(folder: &Folder, config: &Config, domain: &Database, system: &Database) -> Search {
    let (path, config) = (folder.0.join("search"), config.search.clone());
    let (domain, system) = (domain.clone(), system.clone());
    let open = move || Search::open(path, config, domain, system);
    let opened = tokio::task::spawn_blocking(open).await.expect("opening does not panic");
    opened.expect("a folder of its own")
}
