//! The stream of changes.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Request, StatusCode};
use flowstead::core::access::Role;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::Server;

/// A stream that is open.
struct Stream(BodyDataStream);

impl Stream {
    async fn open(server: &Server, cookie: &str, topics: &str) -> Self {
        let request = Request::get(format!("/events?topics={topics}")).header("cookie", cookie);
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let response = server.open(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self(response.into_body().into_data_stream());
        assert_eq!(stream.next().await.as_deref(), Some(": ready\nretry: 3000\n\n"));
        stream
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<String> {
        let chunk = timeout(Duration::from_secs(20), self.0.next()).await.expect("it goes on");
        let chunk = chunk?.expect("it can be read");
        Some(String::from_utf8(chunk.to_vec()).expect("events are text"))
    }
}

#[tokio::test]
async fn changes_of_the_topics_arrive_once_each() {
    let server = Server::start().await;
    server.user("otto", &[Role::Operator]).await;
    let cookie = server.browser("otto").await.cookie_header();
    let mut stream = Stream::open(&server, &cookie, "tasks,instance-7").await;
    for topic in ["processes", "tasks", "instance-7", "instance-8", "tasks"] {
        server.app.live.publish(topic);
    }
    assert_eq!(stream.next().await.as_deref(), Some("event: instance-7\ndata: changed\n\n"));
    assert_eq!(stream.next().await.as_deref(), Some("event: tasks\ndata: changed\n\n"));
    server.app.live.publish("instance-7");
    assert_eq!(stream.next().await.as_deref(), Some("event: instance-7\ndata: changed\n\n"));
}

#[tokio::test]
async fn whoever_falls_behind_hears_of_all_its_topics() {
    let server = Server::start().await;
    server.user("otto", &[Role::Operator]).await;
    let cookie = server.browser("otto").await.cookie_header();
    let mut stream = Stream::open(&server, &cookie, "tasks,audit").await;
    for _ in 0..5_000 {
        server.app.live.publish("instances");
    }
    assert_eq!(stream.next().await.as_deref(), Some("event: audit\ndata: changed\n\n"));
    assert_eq!(stream.next().await.as_deref(), Some("event: tasks\ndata: changed\n\n"));
}

#[tokio::test]
async fn streams_end_with_the_session_and_with_the_server() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let mut anna = server.browser("anna").await;
    let cookie = anna.cookie_header();
    let mut ended = Stream::open(&server, &cookie, "tasks").await;
    assert_eq!(server.app.live.open_streams(), 1);
    anna.post("/sign-out", &[]).await;
    server.app.live.publish("tasks");
    assert_eq!(ended.next().await, None, "nobody who signed out hears more");
    drop(ended);
    assert_eq!(server.app.live.open_streams(), 0);
    let cookie = server.browser("anna").await.cookie_header();
    let mut closed = Stream::open(&server, &cookie, "tasks").await;
    server.app.live.close();
    assert_eq!(closed.next().await, None);
    let ready = server.send(super::get("/ready", "")).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn topics_must_be_known_and_allowed() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let cookie = server.browser("anna").await.cookie_header();
    let cases = [
        ("", 400, "topics: expected 1 to 16 topics, found 0"),
        ("weather", 400, "topics: unknown topic `weather`"),
        ("instance-x", 400, "topics: unknown topic `instance-x`"),
        ("tasks,audit", 403, "you may not follow the topic audit"),
        (
            "tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,tasks,\
          tasks,tasks,tasks",
            400,
            "topics: expected 1 to 16 topics, found 17",
        ),
    ];
    for (topics, status, message) in cases {
        let request = Request::get(format!("/events?topics={topics}"));
        let request = request.header("cookie", cookie.as_str());
        let answer = server.send(request.body(axum::body::Body::empty()).expect("one")).await;
        let error = answer.json()["error"]["message"].clone();
        assert_eq!((answer.status.as_u16(), error.as_str()), (status, Some(message)));
    }
}

#[tokio::test]
async fn one_user_has_a_limited_number_of_streams() {
    let server = Server::start().await;
    server.user("anna", &[Role::User]).await;
    let cookie = server.browser("anna").await.cookie_header();
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(Stream::open(&server, &cookie, "tasks").await);
    }
    let request = Request::get("/events?topics=tasks").header("cookie", cookie.as_str());
    let request = request.body(axum::body::Body::empty()).expect("a request");
    assert_eq!(server.open(request).await.status(), StatusCode::TOO_MANY_REQUESTS);
    streams.pop();
    Stream::open(&server, &cookie, "tasks").await;
}
