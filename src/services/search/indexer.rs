//! Keeps the index up with the audit events of both databases.
//!
//! Must not know what documents look like.
//!
//! **Invariant:** a position is stored only together with everything before it; what is read twice
//! replaces itself.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::reading::{self, Batch};
use super::{FindError, Search, documents};
use crate::platform::clock::lowest_key_at;
use crate::platform::search::{Query, SearchError, SearchIndex, Sort};
use crate::platform::store::{Database, Dialect};
use crate::services::execution::Changes;

/// Events read at once.
const EVENTS_AT_ONCE: u32 = 1000;
/// Batches between two commits while there is much to catch up with.
const BATCHES_PER_COMMIT: u32 = 50;
/// Without a notice the index looks again after this time: the system's changes send none.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// On PostgreSQL transactions overlap, so a lower key may appear after a higher one for this long.
const OVERLAP_MS: i64 = 10_000;
/// Newest system events among which the largest key is looked for; several may have one time.
const NEWEST: usize = 500;

/// What is remembered between two looks: events of the overlap that are in the index already.
#[derive(Default)]
pub(super) struct Following {
    domain: Known,
    system: Known,
}

#[derive(Default)]
struct Known {
    keys: BTreeSet<i64>,
}

impl Known {
    fn note(&mut self, keys: &[i64], overlap: i64) {
        self.keys.extend(keys);
        if let Some(last) = self.keys.last().copied() {
            self.keys = self.keys.split_off(&(last - overlap));
        }
    }
}

/// How far back keys are read again.
fn overlap(database: &Database) -> i64 {
    match database.dialect() {
        Dialect::Sqlite => 0,
        Dialect::Postgres => lowest_key_at(EPOCH_PLUS_OVERLAP_MS) - lowest_key_at(EPOCH_LIKE_MS),
    }
}

/// Two times whose keys lie one overlap apart.
const EPOCH_LIKE_MS: i64 = 1_800_000_000_000;
const EPOCH_PLUS_OVERLAP_MS: i64 = EPOCH_LIKE_MS + OVERLAP_MS;

impl Search {
    /// Follows until told to stop; wakes when something changed.
    #[must_use]
    pub fn spawn(&self, changes: &Changes, stop: CancellationToken) -> JoinHandle<()> {
        let (search, mut notices) = (self.clone(), changes.listen());
        let commit = Duration::from_millis(self.shared.config.commit_ms);
        let idle = Duration::from_millis(self.shared.config.idle_ms);
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                if let Err(error) = search.catch_up().await {
                    tracing::error!(%error, "the search index could not follow");
                    search.recover(&error).await;
                }
                let index = search.index();
                // An error here means that merging failed, which the next commit meets again.
                let _ = tokio::task::spawn_blocking(move || index.rest(idle)).await;
                tokio::select! {
                    () = stop.cancelled() => break,
                    notice = notices.recv() => {
                        if matches!(notice, Err(RecvError::Closed)) {
                            tokio::time::sleep(LOOK_AGAIN).await;
                        }
                    }
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
                // Changes that come close together share a commit.
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(commit) => {}
                }
                notices = notices.resubscribe();
            }
            // What was committed to the databases before the stop is found after the next start.
        })
    }

    /// Brings everything into the index that is in the databases now; gives how many documents.
    ///
    /// # Errors
    /// Those of the index and of the databases; what was committed stays.
    pub async fn catch_up(&self) -> Result<u64, FindError> {
        self.follow(|_| {}).await
    }

    /// Empties the index and fills it anew; tells the number of documents now and then.
    ///
    /// # Errors
    /// As for [`Search::catch_up`].
    pub async fn reindex(&self, progress: impl FnMut(u64) + Send) -> Result<u64, FindError> {
        let mut following = self.shared.following.lock().await;
        *following = Following::default();
        let index = self.index();
        blocking(move || index.clear()).await?;
        drop(following);
        self.follow(progress).await
    }

    async fn follow(&self, mut progress: impl FnMut(u64) + Send) -> Result<u64, FindError> {
        let mut following = self.shared.following.lock().await;
        let mut total = 0;
        let mut add = |count: u64| {
            total += count;
            progress(total);
        };
        let outcome = match self.follow_domain(&mut following.domain, &mut add).await {
            Ok(()) => self.follow_system(&mut following.system, &mut add).await,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            // What was added and not committed is gone, so nothing of it is known any more.
            *following = Following::default();
            return Err(error);
        }
        if total > 0 {
            self.shared.commits.send_modify(|count| *count += 1);
        }
        Ok(total)
    }

    async fn follow_domain(
        &self,
        known: &mut Known,
        add: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), FindError> {
        let index = self.index();
        let overlap = overlap(&self.shared.domain);
        let stored = index.position();
        let mut after = (stored - overlap).max(0);
        let mut position = stored;
        for round in 1.. {
            let skip = known.keys.clone();
            let read = move |sql: &mut dyn crate::platform::store::Sql| {
                reading::domain_batch(sql, after, EVENTS_AT_ONCE, |key| skip.contains(&key))
            };
            let batch = self.shared.domain.read(read).await?;
            let Some(last) = batch.keys.last().copied() else { break };
            after = last;
            position = position.max(last);
            let is_last = batch.keys.len() < EVENTS_AT_ONCE as usize;
            let is_due = is_last || round % BATCHES_PER_COMMIT == 0;
            add(put(&index, known, overlap, batch, position, is_due).await?);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    async fn follow_system(
        &self,
        known: &mut Known,
        add: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), FindError> {
        let index = self.index();
        let overlap = overlap(&self.shared.system);
        let mut after = match known.keys.last() {
            Some(last) => *last,
            None => newest_system_event(&index).await?,
        };
        after = (after - overlap).max(0);
        for round in 1.. {
            let skip = known.keys.clone();
            let read = move |sql: &mut dyn crate::platform::store::Sql| {
                reading::system_batch(sql, after, EVENTS_AT_ONCE, |key| skip.contains(&key))
            };
            let batch = self.shared.system.read(read).await?;
            let Some(last) = batch.keys.last().copied() else { break };
            after = last;
            let is_last = batch.keys.len() < EVENTS_AT_ONCE as usize;
            let is_due = is_last || round % BATCHES_PER_COMMIT == 0;
            let position = index.position();
            add(put(&index, known, overlap, batch, position, is_due).await?);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// A damaged index is replaced by an empty one, which the next look begins to fill.
    async fn recover(&self, error: &FindError) {
        if !matches!(error, FindError::Index(SearchError::Damaged(_))) {
            return;
        }
        let (folder, config) = (self.shared.folder.clone(), self.shared.config.clone());
        match blocking(move || reading::open(&folder, &config)).await {
            Ok(index) => {
                let mut slot = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
                *slot = Arc::new(index);
            }
            Err(error) => tracing::error!(%error, "the search index could not be made anew"),
        }
    }
}

/// Adds a batch, commits it when that is due, and gives how many documents it had.
async fn put(
    index: &Arc<SearchIndex>,
    known: &mut Known,
    overlap: i64,
    batch: Batch,
    position: i64,
    is_due: bool,
) -> Result<u64, FindError> {
    let Batch { keys, documents } = batch;
    let count = documents.len() as u64;
    let writer = Arc::clone(index);
    blocking(move || {
        if !documents.is_empty() {
            writer.upsert(documents, position)?;
        }
        if is_due { writer.commit() } else { Ok(()) }
    })
    .await?;
    known.note(&keys, overlap);
    Ok(count)
}

/// The largest key among the newest system events in the index; never above the true position.
async fn newest_system_event(index: &Arc<SearchIndex>) -> Result<i64, FindError> {
    let query = Query {
        kinds: super::EVENT_KINDS.map(str::to_owned).to_vec(),
        facets: vec![(documents::SOURCE.to_owned(), documents::SYSTEM.to_owned())],
        sort: Sort::Newest,
        limit: NEWEST,
        ..Query::default()
    };
    let index = Arc::clone(index);
    let page = blocking(move || index.search(&query)).await?;
    Ok(page.hits.iter().filter_map(|hit| super::key_of(&hit.id)).max().unwrap_or(0))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SearchError> + Send + 'static,
) -> Result<T, FindError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| FindError::Stopping)??)
}
