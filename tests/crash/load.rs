//! Clients that start instances, do their jobs and send their messages until the server is gone,
//! and remember exactly what they were promised.
//!
//! **Invariant:** an id is noted as sent before its request, and as acknowledged only after the
//! answer was read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value as Json, json};

use crate::support::server::http_client;

/// Clients that send messages after the last kill.
const SENDERS: usize = 8;

/// What the server promised, over all its lives; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Acknowledged(Arc<Mutex<Promises>>);

/// By the id of the instance, as a number of ours.
#[derive(Default)]
pub(crate) struct Promises {
    /// Keys of the started instances.
    pub(crate) starts: BTreeMap<String, String>,
    /// Starts that were sent and not answered: they may have arrived or not.
    unanswered: BTreeMap<String, Json>,
    /// Keys of the completed jobs.
    pub(crate) jobs: Vec<String>,
    /// Ids of the messages that were sent, and whether that was acknowledged.
    pub(crate) messages: BTreeMap<String, bool>,
}

impl Acknowledged {
    pub(crate) fn read<T>(&self, look: impl FnOnce(&mut Promises) -> T) -> T {
        look(&mut self.0.lock().expect("no client panicked"))
    }

    pub(crate) fn summary(&self) -> String {
        self.read(|it| {
            let messages = it.messages.values().filter(|is_acknowledged| **is_acknowledged).count();
            format!(
                "acknowledged {} starts, {} completions, {messages} messages",
                it.starts.len(),
                it.jobs.len()
            )
        })
    }

    /// Whether every kind of promise was made.
    pub(crate) fn has_everything(&self) -> bool {
        self.read(|it| {
            !it.starts.is_empty() && !it.jobs.is_empty() && it.messages.values().any(|it| *it)
        })
    }
}

/// Clients at work.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// One client.
#[derive(Clone)]
struct Worker {
    client: Client,
    base: String,
    token: String,
    stop: Arc<AtomicBool>,
    acknowledged: Acknowledged,
}

impl Load {
    /// Starts, jobs and messages at the same time; `life` makes the ids of this life unique.
    pub(crate) fn start(base: &str, token: &str, life: u64, acknowledged: &Acknowledged) -> Self {
        let mut load = Self::new();
        for starter in 0..2 {
            load.spawn(base, token, acknowledged, move |worker| worker.start(life, starter));
        }
        for _ in 0..2 {
            load.spawn(base, token, acknowledged, Worker::work);
        }
        load.spawn(base, token, acknowledged, Worker::publish);
        load
    }

    /// Only what ends instances: starts without an answer and all messages are sent once more, and
    /// the workers go on. Returns when all was sent.
    pub(crate) fn finishing(base: &str, token: &str, acknowledged: &Acknowledged) -> Self {
        let mut workers = Self::new();
        for _ in 0..2 {
            workers.spawn(base, token, acknowledged, Worker::work);
        }
        let ids: Vec<String> = acknowledged.read(|it| it.messages.keys().cloned().collect());
        let starts = acknowledged.read(|it| it.unanswered.clone());
        let mut senders = Self::new();
        senders.spawn(base, token, acknowledged, move |worker| {
            for (id, body) in &starts {
                assert!(worker.start_once(id, body), "the start of {id} is not taken");
            }
        });
        for share in ids.chunks(ids.len().div_ceil(SENDERS).max(1)) {
            let share = share.to_vec();
            senders.spawn(base, token, acknowledged, move |worker| {
                for id in &share {
                    assert!(worker.send(id), "the message {id} is not taken");
                }
            });
        }
        senders.join();
        workers
    }

    fn new() -> Self {
        Self { stop: Arc::default(), threads: Vec::new() }
    }

    fn spawn(
        &mut self,
        base: &str,
        token: &str,
        acknowledged: &Acknowledged,
        task: impl FnOnce(&Worker) + Send + 'static,
    ) {
        let worker = Worker {
            client: http_client(Duration::from_secs(10)),
            base: base.to_owned(),
            token: token.to_owned(),
            stop: Arc::clone(&self.stop),
            acknowledged: acknowledged.clone(),
        };
        self.threads.push(std::thread::spawn(move || task(&worker)));
    }

    /// Waits until every client has noticed that there is nothing left to do.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.join();
    }

    fn join(self) {
        for thread in self.threads {
            thread.join().expect("a client ends well");
        }
    }
}

impl Worker {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn post(&self, path: &str, body: &Json) -> Option<Json> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        data_of(request.json(body))
    }

    fn start(&self, life: u64, starter: u64) {
        for count in 0.. {
            if self.is_over() {
                return;
            }
            let id = format!("i{life}x{starter}x{count}");
            let body = json!({
                "process_id": "crash",
                "variables": { "id": id, "number": count },
            });
            self.acknowledged.read(|it| *it.messages.entry(id.clone()).or_insert(false));
            self.acknowledged.read(|it| it.unanswered.insert(id.clone(), body.clone()));
            if !self.start_once(&id, &body) {
                return;
            }
        }
    }

    /// Sends a start under its own idempotency key, so that it may be sent again.
    fn start_once(&self, id: &str, body: &Json) -> bool {
        let url = format!("{}/api/v1/process-instances", self.base);
        let request = self.client.post(url).bearer_auth(&self.token).header("idempotency-key", id);
        let Some(data) = data_of(request.json(body)) else { return false };
        let key = data["key"].as_str().expect("a key is a text").to_owned();
        self.acknowledged.read(|it| {
            it.unanswered.remove(id);
            it.starts.insert(id.to_owned(), key);
        });
        true
    }

    fn work(&self) {
        while !self.is_over() {
            let wanted = json!({
                "types": ["crash.work"], "worker": "crash", "max_jobs": 8,
                "lease_ms": 1000, "wait_ms": 50,
            });
            let Some(jobs) = self.post("/api/v1/jobs/activate", &wanted) else {
                continue;
            };
            for job in jobs.as_array().into_iter().flatten() {
                let key = job["key"].as_str().expect("a key is a text").to_owned();
                let body =
                    json!({ "lease_token": job["lease_token"], "variables": { "done": true } });
                if self.post(&format!("/api/v1/jobs/{key}/complete"), &body).is_some() {
                    self.acknowledged.read(|it| it.jobs.push(key));
                }
            }
        }
    }

    /// Sends the messages that were not acknowledged yet, for instances that may exist.
    fn publish(&self) {
        while !self.is_over() {
            let open = self.acknowledged.read(|it| {
                let open = it.messages.iter().filter(|(_, is_acknowledged)| !**is_acknowledged);
                open.map(|(id, _)| id.clone()).take(16).collect::<Vec<_>>()
            });
            if open.is_empty() {
                std::thread::sleep(Duration::from_millis(2));
            }
            for id in open {
                if !self.send(&id) {
                    return;
                }
            }
        }
    }

    /// Messages are kept for an hour, so that one may come before its instance waits.
    fn send(&self, id: &str) -> bool {
        let body = json!({
            "name": "crash.go", "correlation_key": id, "message_id": id,
            "time_to_live_ms": 3_600_000, "variables": { "released": id },
        });
        let request = self.client.post(format!("{}/api/v1/messages", self.base));
        let sent = request.bearer_auth(&self.token).json(&body).send();
        let Ok(response) = sent else { return false };
        let status = response.status().as_u16();
        // 409: an earlier attempt whose answer was lost has arrived.
        let is_there = response.bytes().is_ok() && ((200..300).contains(&status) || status == 409);
        if is_there {
            self.acknowledged.read(|it| it.messages.insert(id.to_owned(), true));
        }
        is_there
    }
}

/// The data of an answer that is a success; nothing once the server is gone.
fn data_of(request: RequestBuilder) -> Option<Json> {
    let response = request.send().ok()?;
    let is_success = response.status().is_success();
    // An answer that breaks off is none; one without content is whole when it is empty.
    let body = response.bytes().ok()?;
    let mut answer: Json =
        if body.is_empty() { Json::Null } else { serde_json::from_slice(&body).ok()? };
    is_success.then(|| answer["data"].take())
}
