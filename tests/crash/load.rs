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

use reqwest::blocking::Client;
use serde_json::{Value as Json, json};

/// What the server promised, over all its lives; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Acknowledged(Arc<Mutex<Promises>>);

/// By the id of the instance, as a number of ours.
#[derive(Default)]
pub(crate) struct Promises {
    /// Keys of the started instances.
    pub(crate) starts: BTreeMap<String, String>,
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
            load.spawn(base, token, acknowledged, |worker| worker.work());
        }
        load.spawn(base, token, acknowledged, |worker| worker.publish());
        load
    }

    /// Only what ends instances.
    pub(crate) fn finishing(base: &str, token: &str, acknowledged: &Acknowledged) -> Self {
        let mut load = Self::new();
        for _ in 0..2 {
            load.spawn(base, token, acknowledged, |worker| worker.work());
        }
        load.spawn(base, token, acknowledged, |worker| worker.release_all());
        load
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
            client: Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(10))
                .build()
                .expect("a client"),
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
        for thread in self.threads {
            thread.join().expect("a client ends well");
        }
    }
}

impl Worker {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// The data of an answer that is a success; nothing once the server is gone.
    fn post(&self, path: &str, body: &Json) -> Option<Json> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let response = request.json(body).send().ok()?;
        let is_success = response.status().is_success();
        let mut answer: Json = response.json().ok()?;
        is_success.then(|| answer["data"].take())
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
            let Some(data) = self.post("/api/v1/process-instances", &body) else { return };
            let key = data["key"].as_str().expect("a key is a text").to_owned();
            self.acknowledged.read(|it| it.starts.insert(id, key));
        }
    }

    fn work(&self) {
        while !self.is_over() {
            let wanted = json!({
                "type": "crash.work", "worker": "crash", "max_jobs": 8,
                "lease_ms": 1000, "wait_ms": 50,
            });
            let Some(jobs) = self.post("/api/v1/jobs/activate", &wanted) else {
                if self.is_over() { return } else { continue }
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

    /// As [`Worker::publish`], and once more for every instance: one that was started by a request
    /// without an answer waits for its message too.
    fn release_all(&self) {
        let ids = self.acknowledged.read(|it| it.messages.keys().cloned().collect::<Vec<_>>());
        for id in ids {
            self.send(&id);
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
