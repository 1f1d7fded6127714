//! Live updates: services say which topics changed, open pages hear of it over SSE.
//!
//! A topic says only that something changed; the page asks again, with its own rights. Must not
//! know what changed. In memory, per node.
//!
//! **Invariant:** whoever falls behind hears of all its topics, so no change is missed.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use futures_util::Stream;
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, timeout_at};

use crate::core::access::{Permission, Principal};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Query;
use crate::http::route::Route;
use crate::http::session::SignedIn;

/// Changes that a slow listener may be behind before it is told that everything changed.
const BACKLOG_MAX: usize = 1024;
/// Changes are gathered this long: a busy server must not make pages reload all the time.
const GATHER: Duration = Duration::from_millis(150);
/// Proxies close connections that are quiet for longer; also how soon a sign-out is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Connections of one user: a browser has one for each open page.
const STREAMS_PER_USER_MAX: u32 = 32;
const TOPICS_MAX: usize = 16;
/// Stands for every topic; nobody can follow it by name.
const EVERYTHING: &str = "*";

/// Spreads the names of topics that changed to everybody who listens; cloning it is cheap.
#[derive(Clone)]
pub struct LiveBus(Arc<Bus>);

struct Bus {
    changes: broadcast::Sender<Arc<str>>,
    is_closed: watch::Sender<bool>,
    streams: Mutex<HashMap<i64, u32>>,
}

impl Default for LiveBus {
    fn default() -> Self {
        Self::new()
    }
}

impl LiveBus {
    /// A bus without listeners.
    #[must_use]
    pub fn new() -> Self {
        let changes = broadcast::Sender::new(BACKLOG_MAX);
        let is_closed = watch::Sender::new(false);
        Self(Arc::new(Bus { changes, is_closed, streams: Mutex::default() }))
    }

    /// Says that what a topic names has changed: `tasks`, `instances`, `instance-<key>`,
    /// `processes`, `incidents`, `schedules`, `files`, `audit`, `users`, `system`.
    pub fn publish(&self, topic: &str) {
        // An error only means that nobody listens.
        let _ = self.0.changes.send(topic.into());
    }

    /// Says that anything may have changed: whoever spreads changes has missed some.
    pub fn publish_all(&self) {
        self.publish(EVERYTHING);
    }

    /// Ends all streams, so that the server can stop.
    pub fn close(&self) {
        self.0.is_closed.send_replace(true);
    }

    /// Whether the server is stopping.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        *self.0.is_closed.borrow()
    }

    /// How many streams are open.
    #[must_use]
    pub fn open_streams(&self) -> u32 {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    fn admit(&self, user_key: i64) -> Result<Admission, HttpError> {
        let mut streams = self.0.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = streams.entry(user_key).or_default();
        if *count >= STREAMS_PER_USER_MAX {
            return Err(HttpError::too_many(KEEP_ALIVE.as_secs()));
        }
        *count += 1;
        Ok(Admission { bus: Arc::clone(&self.0), user_key })
    }
}

/// One open stream; dropping it makes room for another.
struct Admission {
    bus: Arc<Bus>,
    user_key: i64,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut streams = self.bus.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.user_key) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.user_key);
            }
        }
    }
}

/// The stream of changes.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/events", events)
            .query::<EventsQuery>()
            .answers_raw("text/event-stream")
            .about("Live", "Stream the names of topics that changed")
            .streams(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    /// Topics, separated by commas.
    topics: String,
}

async fn events(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<EventsQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, HttpError> {
    let topics = wanted_topics(&signed_in.principal, &query.topics)?;
    let admission = app.live.admit(signed_in.principal.user_key)?;
    let listener = Listener {
        changes: app.live.0.changes.subscribe(),
        is_closed: app.live.0.is_closed.subscribe(),
        topics,
        changed: BTreeSet::new(),
        has_greeted: false,
        app,
        signed_in,
        _admission: admission,
    };
    Ok(Sse::new(stream::unfold(listener, Listener::next)))
}

fn wanted_topics(principal: &Principal, list: &str) -> Result<Vec<Arc<str>>, HttpError> {
    let topics: Vec<&str> = list.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if topics.is_empty() || topics.len() > TOPICS_MAX {
        let message = format!("topics: expected 1 to {TOPICS_MAX} topics, found {}", topics.len());
        return Err(HttpError::bad_request("invalid_query", message));
    }
    for topic in &topics {
        let needed = permission_for(topic).ok_or_else(|| {
            HttpError::bad_request("invalid_query", format!("topics: unknown topic `{topic}`"))
        })?;
        if !needed.iter().any(|it| principal.may(*it)) {
            return Err(HttpError::forbidden(format!("you may not follow the topic {topic}")));
        }
    }
    Ok(topics.into_iter().map(Into::into).collect())
}

/// The permissions of which one is needed to hear of a topic; `None` for an unknown topic.
fn permission_for(topic: &str) -> Option<&'static [Permission]> {
    use Permission as P;
    Some(match topic {
        "tasks" => &[P::TasksWork, P::TasksManage],
        "processes" => &[P::ProcessesRead],
        // Whoever starts instances follows its own; the page shows no others.
        "instances" => &[P::InstancesRead, P::InstancesStart],
        "incidents" => &[P::InstancesRead],
        "operations" => &[P::InstancesOperate],
        "schedules" => &[P::SchedulesRead],
        "files" => &[P::FilesRead],
        "audit" => &[P::AuditRead],
        "users" => &[P::UsersManage],
        "system" => &[P::SystemRead],
        _ => {
            let is_key = |key: &str| !key.is_empty() && key.bytes().all(|it| it.is_ascii_digit());
            if topic.strip_prefix("operation-").is_some_and(is_key) {
                return Some(&[P::InstancesOperate]);
            }
            let key = topic.strip_prefix("instance-")?;
            return is_key(key).then_some(&[P::InstancesRead, P::InstancesStart]);
        }
    })
}

struct Listener {
    changes: broadcast::Receiver<Arc<str>>,
    is_closed: watch::Receiver<bool>,
    topics: Vec<Arc<str>>,
    changed: BTreeSet<Arc<str>>,
    has_greeted: bool,
    app: App,
    signed_in: SignedIn,
    _admission: Admission,
}

impl Listener {
    /// The next event: a greeting first, then changes one by one, and a sign of life in between.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if !self.has_greeted {
            self.has_greeted = true;
            // Browsers wait this long before they connect again.
            let greeting = Event::default().comment("ready").retry(Duration::from_secs(3));
            return Some((Ok(greeting), self));
        }
        if self.changed.is_empty() && !self.gather().await {
            return None;
        }
        let event = match self.changed.pop_first() {
            Some(topic) => Event::default().event(&*topic).data("changed"),
            None => Event::default().comment("alive"),
        };
        Some((Ok(event), self))
    }

    /// Waits for changes, at most until a sign of life is due; false when the stream shall end.
    async fn gather(&mut self) -> bool {
        let deadline = Instant::now() + KEEP_ALIVE;
        while self.changed.is_empty() {
            let waited = tokio::select! {
                change = timeout_at(deadline, self.changes.recv()) => change,
                _ = self.is_closed.wait_for(|it| *it) => return false,
            };
            match waited {
                Ok(Ok(topic)) => self.note(topic),
                Ok(Err(RecvError::Lagged(_))) => self.note_all(),
                Ok(Err(RecvError::Closed)) => return false,
                Err(_) => return self.is_still_signed_in().await,
            }
        }
        sleep(GATHER).await;
        loop {
            match self.changes.try_recv() {
                Ok(topic) => self.note(topic),
                Err(TryRecvError::Lagged(_)) => self.note_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => {
                    return self.is_still_signed_in().await;
                }
            }
        }
    }

    fn note(&mut self, topic: Arc<str>) {
        if &*topic == EVERYTHING {
            self.note_all();
        } else if self.topics.contains(&topic) {
            self.changed.insert(topic);
        }
    }

    fn note_all(&mut self) {
        self.changed.extend(self.topics.iter().cloned());
    }

    async fn is_still_signed_in(&self) -> bool {
        // A page's stream has a session; without one nobody can say when it has ended.
        let Some(token) = self.signed_in.session.as_deref() else { return false };
        matches!(self.app.identity.authenticate_session(token).await, Ok(Some(_)))
    }
}
