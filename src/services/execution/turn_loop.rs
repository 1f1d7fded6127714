//! The turn loop: gathers what waits into a batch, and answers after its commit.
//!
//! Must not know what a request means.
//!
//! **Invariant:** an answer is given, a job handed out, a listener told only after the commit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use tokio::sync::{mpsc, oneshot};

use super::batch::{self, Finished, FollowUp, Kept, Surroundings};
use super::request::{Receipt, Refusal, Request};
use crate::platform::clock::Clock;
use crate::platform::store::{Database, StoreError};

/// A request with the one who waits for its answer.
pub(crate) struct Waiting {
    pub(crate) request: Request,
    pub(crate) answer: oneshot::Sender<Result<Receipt, Refusal>>,
}

/// What the loop needs.
pub(crate) struct TurnLoop {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) around: Arc<Surroundings>,
    /// Instances kept between their turns.
    pub(crate) hot_instances: usize,
    /// Requests that share a commit.
    pub(crate) batch_size: usize,
    /// Called after each commit.
    pub(crate) after_commit: Box<dyn Fn(FollowUp) + Send>,
}

impl TurnLoop {
    /// Works until the last sender is gone and everything that was accepted is done.
    pub(crate) fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let hot = LruCache::new(self.hot_instances);
        let kept = Arc::new(Mutex::new(Kept { hot, schemas: std::collections::HashMap::new() }));
        while let Some(first) = queue.blocking_recv() {
            let mut waiting = vec![first];
            while waiting.len() < self.batch_size
                && let Ok(next) = queue.try_recv()
            {
                waiting.push(next);
            }
            self.carry_out(&kept, waiting);
        }
    }

    fn carry_out(&self, kept: &Arc<Mutex<Kept>>, waiting: Vec<Waiting>) {
        let (requests, answers): (Vec<Request>, Vec<_>) =
            waiting.into_iter().map(|it| (it.request, it.answer)).unzip();
        // Shared, since they are needed again only if the batch fails.
        let requests = Arc::new(requests);
        match self.commit(kept, &requests) {
            Ok(finished) => self.answer(kept, finished, answers),
            // One request that fails must not fail its neighbours: each gets a batch of its own.
            Err(error) if requests.len() > 1 => {
                tracing::warn!(%error, "a batch failed, its requests are tried one by one");
                let requests = Arc::unwrap_or_clone(requests);
                for (request, answer) in requests.into_iter().zip(answers) {
                    self.carry_out(kept, vec![Waiting { request, answer }]);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a turn failed and was undone");
                for answer in answers {
                    // An error means that nobody waits for the answer any more.
                    let _ = answer.send(Err(error.clone().into()));
                }
            }
        }
    }

    fn commit(
        &self,
        kept: &Arc<Mutex<Kept>>,
        requests: &Arc<Vec<Request>>,
    ) -> Result<Finished, StoreError> {
        let around = Arc::clone(&self.around);
        let (shared, requests) = (Arc::clone(kept), Arc::clone(requests));
        let now = self.clock.now();
        let result = self.database.write_blocking(move |sql| {
            batch::run(sql, &around, &mut lock(&shared), now, &requests)
        });
        if result.is_err() {
            // What was taken out of the cache was changed and is gone; schemas may not exist.
            lock(kept).schemas.clear();
        }
        result
    }

    fn answer(
        &self,
        kept: &Arc<Mutex<Kept>>,
        finished: Finished,
        answers: Vec<oneshot::Sender<Result<Receipt, Refusal>>>,
    ) {
        let mut kept = lock(kept);
        for (key, hot) in finished.live {
            if hot.is_open() {
                kept.hot.insert(key, hot);
            }
        }
        drop(kept);
        for (answer, result) in answers.into_iter().zip(finished.answers) {
            let _ = answer.send(result);
        }
        (self.after_commit)(finished.follow_up);
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    // A panicked batch took what it changed out of the cache, so the rest is sound.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
