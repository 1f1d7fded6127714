//! Full-text search over documents, in an index that can be lost and rebuilt at any time.
//!
//! Knows nothing of what the documents stand for; their facets and who may see them are texts
//! given by the caller. Everything here blocks its thread.
//!
//! **Invariant:** the index holds exactly the batches up to its stored position; what was added
//! after the last commit is gone after a crash, and the caller adds it again from there.

mod facets;
mod folder;
mod query;
mod schema;
mod snippet;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tantivy::directory::error::OpenReadError;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

pub use folder::Opened;
pub use query::{FacetCount, Hit, Page, Query, SnippetPart, Sort};
use schema::Fields;

use crate::platform::config::SearchConfig;

/// A document as its writer sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Unique; a document with the same id is replaced.
    pub id: String,
    /// What sort of thing it is, such as `comment`; the facet `kind`.
    pub kind: String,
    /// Its name; a word found here counts twice.
    pub title: String,
    /// Its text; only the first 256 KiB can be found.
    pub body: String,
    /// When it happened, in milliseconds since 1970 UTC; the order of "newest".
    pub at_ms: i64,
    /// Names with values to filter by and count, such as `state` and `open`; a name may come
    /// twice, and holds no `=`. Of a value the first 256 bytes count.
    pub facets: Vec<(String, String)>,
    /// Texts of which a reader must have one to find the document.
    pub access: Vec<String>,
}

/// Why the index did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The disk refused or failed, or another process holds the index.
    #[error("the search index failed: {0}")]
    Storage(String),
    /// Its files are damaged. It can't be used any more; opening the folder again, now or at the
    /// next start, makes a new index.
    #[error("the search index is damaged: {0}")]
    Damaged(String),
}

impl From<TantivyError> for SearchError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::IoError(error) => from_io(&error),
            TantivyError::DataCorruption(_)
            | TantivyError::DeserializeError(_)
            | TantivyError::IncompatibleIndex(_)
            | TantivyError::InternalError(_)
            | TantivyError::OpenReadError(
                OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_),
            ) => Self::Damaged(error.to_string()),
            _ => Self::Storage(error.to_string()),
        }
    }
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        from_io(&error)
    }
}

/// An error that is not the system's own is the library's, about contents it can't understand.
fn from_io(error: &std::io::Error) -> SearchError {
    if error.raw_os_error().is_some() {
        SearchError::Storage(error.to_string())
    } else {
        SearchError::Damaged(error.to_string())
    }
}

/// The index; shared by all threads. One process at a time may write to its folder.
pub struct SearchIndex {
    folder: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    writer: Mutex<Option<Writer>>,
    writer_bytes: usize,
    position: AtomicI64,
}

/// What gathers changes. It holds threads and memory, so it lives only while there are changes.
struct Writer {
    inner: IndexWriter,
    /// Where the index will be after the next commit; `None`: there is nothing to commit.
    pending: Option<i64>,
    used: Instant,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("position", &self.position()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Opens the index in a folder of its own, or makes an empty one at position 0: when there is
    /// none, when another version of the program made it, or when it is damaged.
    ///
    /// [`Opened`] says which; the caller then fills the index from [`SearchIndex::position`] on.
    ///
    /// # Errors
    /// `Storage` when the folder can't be read or written.
    pub fn open(folder: &Path, config: &SearchConfig) -> Result<(Self, Opened), SearchError> {
        let (schema, fields) = schema::schema();
        let (index, opened) = folder::open(folder, &schema)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(16)
            .try_into()?;
        let position = stored_position(&index)?;
        let writer_bytes = usize::try_from(config.writer_bytes).unwrap_or(usize::MAX);
        let (writer, position) = (Mutex::new(None), AtomicI64::new(position));
        let folder = folder.to_owned();
        Ok((Self { folder, index, reader, fields, writer, writer_bytes, position }, opened))
    }

    /// The position of the last commit; 0 when the index was never filled.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    /// Adds documents, in place of those with the same ids. `position` is where this batch brings
    /// the index to. They are found, and the position counts, after the next commit.
    ///
    /// # Errors
    /// Everything since the last commit is then lost; begin again from the position.
    pub fn upsert(&self, batch: Vec<Document>, position: i64) -> Result<(), SearchError> {
        self.change(position, |writer| {
            for document in batch {
                writer.delete_term(self.id_term(&document.id));
                writer.add_document(self.fields.document(document))?;
            }
            Ok(())
        })
    }

    /// Removes documents; ids that are not there are passed over. As [`SearchIndex::upsert`].
    ///
    /// # Errors
    /// As for [`SearchIndex::upsert`].
    pub fn remove(&self, ids: &[String], position: i64) -> Result<(), SearchError> {
        self.change(position, |writer| {
            for id in ids {
                writer.delete_term(self.id_term(id));
            }
            Ok(())
        })
    }

    /// Removes all documents and goes back to position 0, at once and durably.
    ///
    /// # Errors
    /// As for [`SearchIndex::upsert`].
    pub fn clear(&self) -> Result<(), SearchError> {
        self.change(0, |writer| writer.delete_all_documents().map(drop))?;
        self.commit()
    }

    /// Makes everything added so far durable and found, together with its position. Without
    /// changes it costs nothing.
    ///
    /// # Errors
    /// As for [`SearchIndex::upsert`].
    pub fn commit(&self) -> Result<(), SearchError> {
        let mut slot = self.slot();
        let result = match slot.as_mut() {
            Some(writer) => self.watch(|| self.commit_pending(writer)),
            None => Ok(()),
        };
        if result.is_err() {
            // Its threads may be dead; the next change makes another one.
            *slot = None;
        }
        result
    }

    /// Gives back the memory and threads of writing, if nothing was written for so long and all
    /// is committed. Whoever commits calls this now and then; the next change takes them again.
    ///
    /// # Errors
    /// `Storage` when parts that are being merged can't be finished.
    pub fn rest(&self, idle: Duration) -> Result<(), SearchError> {
        let mut slot = self.slot();
        let is_idle =
            slot.as_ref().is_some_and(|w| w.pending.is_none() && w.used.elapsed() >= idle);
        if let Some(writer) = slot.take_if(|_| is_idle) {
            writer.inner.wait_merging_threads()?;
            // The reader holds on to the files of the parts that were merged.
            self.reader.reload()?;
        }
        Ok(())
    }

    /// Finds documents. Text that makes no sense is never an error, see [`Query::text`].
    ///
    /// # Errors
    /// `Damaged` or `Storage`.
    pub fn search(&self, query: &Query) -> Result<Page, SearchError> {
        self.watch(|| query::search(&self.index, &self.reader.searcher(), &self.fields, query))
    }

    /// Notices damage, which also shows as a panic of the library, whose files carry checksums
    /// that are too expensive to be verified at every opening.
    fn watch<T>(&self, act: impl FnOnce() -> Result<T, SearchError>) -> Result<T, SearchError> {
        let panicked = |_| Err(SearchError::Damaged("reading it failed".into()));
        let result = catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(panicked);
        if matches!(result, Err(SearchError::Damaged(_))) {
            folder::condemn(&self.folder);
        }
        result
    }

    fn change(
        &self,
        position: i64,
        act: impl FnOnce(&IndexWriter) -> Result<(), TantivyError>,
    ) -> Result<(), SearchError> {
        let mut slot = self.slot();
        let mut writer = match slot.take() {
            Some(writer) => writer,
            None => self.new_writer()?,
        };
        // On an error the slot stays empty: its threads may be dead.
        self.watch(|| Ok(act(&writer.inner)?))?;
        writer.pending = Some(position);
        writer.used = Instant::now();
        *slot = Some(writer);
        Ok(())
    }

    fn new_writer(&self) -> Result<Writer, SearchError> {
        // One thread each: more would cost memory and get ahead of the machine's other work.
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(self.writer_bytes)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let inner = self.index.writer_with_options(options)?;
        Ok(Writer { inner, pending: None, used: Instant::now() })
    }

    fn commit_pending(&self, writer: &mut Writer) -> Result<(), SearchError> {
        let Some(position) = writer.pending else { return Ok(()) };
        let mut commit = writer.inner.prepare_commit()?;
        commit.set_payload(&position.to_string());
        commit.commit()?;
        writer.pending = None;
        writer.used = Instant::now();
        self.reader.reload()?;
        self.position.store(position, Ordering::Release);
        Ok(())
    }

    fn id_term(&self, id: &str) -> Term {
        Term::from_field_text(self.fields.id, id)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Writer>> {
        // A panic while the slot was taken left it empty, which is a state like any other.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stored_position(index: &Index) -> Result<i64, SearchError> {
    let payload = index.load_metas()?.payload;
    Ok(payload.and_then(|text| text.parse().ok()).unwrap_or(0))
}
