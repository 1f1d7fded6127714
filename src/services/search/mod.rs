//! Search: what can be found, and by whom.
//!
//! One index holds the audit events of the domain and of the system database, process instances
//! with their variables, and user tasks. It follows the audit events: each turn writes one, so
//! whatever changed is named by an event. Must not know pages or addresses.
//!
//! Positions: the index stores the key of the last domain event with each commit. How far it is in
//! the system's events is read from the index itself, as the newest of them that it holds; so no
//! second position can disagree with it.
//!
//! **Invariant:** the index can be lost at any time: an empty one follows from the beginning.

mod documents;
mod indexer;
mod reading;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::core::access::{Permission, Principal};
use crate::platform::config::SearchConfig;
use crate::platform::search::{
    FacetCount, Hit, Page, Query, SearchError, SearchIndex, SnippetPart,
};
use crate::platform::store::{Database, StoreError};
use crate::services::audit::{self, AuditEvent};

/// Kinds of documents that are audit events.
pub const EVENT_KINDS: [&str; 2] = [documents::EVENT, documents::COMMENT];
/// Names of the facets of audit events, in the order of pages.
pub const EVENT_FACETS: [&str; 3] = ["actor", "action", "process"];
/// What is behind stops being counted here.
const LAG_COUNTED_MAX: u32 = 10_001;

/// Why something could not be searched or indexed.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The index failed.
    #[error(transparent)]
    Index(#[from] SearchError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program is stopping.
    #[error("the search is stopping")]
    Stopping,
}

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexState {
    /// Key of the last domain event in the index.
    pub position: i64,
    /// Domain events that are not in it yet, at most 10,001.
    pub waiting: i64,
}

/// An audit event that was found.
#[derive(Debug, Clone)]
pub struct FoundEvent {
    /// The event.
    pub event: AuditEvent,
    /// The piece of its text that shows why it was found.
    pub snippet: Vec<SnippetPart>,
}

/// Audit events that were found.
#[derive(Debug, Clone, Default)]
pub struct FoundEvents {
    /// The events, newest first.
    pub events: Vec<FoundEvent>,
    /// How many were found in all.
    pub total: usize,
    /// For each facet that was counted, its most frequent values.
    pub facets: Vec<(String, Vec<FacetCount>)>,
}

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Search {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    config: SearchConfig,
    domain: Database,
    system: Database,
    /// Replaced when it is damaged.
    index: RwLock<Arc<SearchIndex>>,
    /// One catches up at a time.
    following: tokio::sync::Mutex<indexer::Following>,
    commits: watch::Sender<u64>,
}

impl Search {
    /// Opens the index in a folder of its own, or makes an empty one. Holds the calling thread.
    ///
    /// # Errors
    /// `Storage` when the folder can't be read or written.
    pub fn open(
        folder: PathBuf,
        config: SearchConfig,
        domain: Database,
        system: Database,
    ) -> Result<Self, SearchError> {
        let index = reading::open(&folder, &config)?;
        let shared = Shared {
            folder,
            config,
            domain,
            system,
            index: RwLock::new(Arc::new(index)),
            following: tokio::sync::Mutex::default(),
            commits: watch::Sender::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    fn index(&self) -> Arc<SearchIndex> {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&index)
    }

    /// Counts the commits that changed what is found; whoever shows results looks again.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.shared.commits.subscribe()
    }

    /// Finds documents that a principal may see.
    ///
    /// # Errors
    /// Those of the index.
    pub async fn find(&self, principal: &Principal, query: Query) -> Result<Page, FindError> {
        self.query(Query { access: Some(access_of(principal)), ..query }).await
    }

    /// Keys of process instances in which a text is found, newest first.
    ///
    /// # Errors
    /// Those of the index.
    pub async fn find_instances(
        &self,
        principal: &Principal,
        text: &str,
        limit: usize,
    ) -> Result<Vec<i64>, FindError> {
        let query = Query {
            text: text.to_owned(),
            kinds: vec![documents::INSTANCE.to_owned()],
            limit,
            ..Query::default()
        };
        let page = self.find(principal, query).await?;
        Ok(page.hits.iter().filter_map(|hit| key_of(&hit.id)).collect())
    }

    /// Finds audit events. Only for whoever may read the audit; the caller has seen to that.
    ///
    /// # Errors
    /// Those of the index and of the database.
    pub async fn find_events(&self, query: Query) -> Result<FoundEvents, FindError> {
        let kinds = EVENT_KINDS.map(str::to_owned).to_vec();
        let page = self.query(Query { kinds, ..query }).await?;
        let events = self.load_events(&page.hits).await?;
        Ok(FoundEvents { events, total: page.total, facets: page.facets })
    }

    async fn query(&self, query: Query) -> Result<Page, FindError> {
        let index = self.index();
        let found = tokio::task::spawn_blocking(move || index.search(&query)).await;
        Ok(found.map_err(|_| FindError::Stopping)??)
    }

    async fn load_events(&self, hits: &[Hit]) -> Result<Vec<FoundEvent>, StoreError> {
        let of = |prefix: &str| -> Vec<i64> {
            let ids = hits.iter().filter(|hit| hit.id.starts_with(prefix));
            ids.filter_map(|hit| key_of(&hit.id)).collect()
        };
        let (domain, system) = (of(documents::DOMAIN_EVENT), of(documents::SYSTEM_EVENT));
        let domain = self.shared.domain.read(move |sql| audit::list_by_keys(sql, domain)).await?;
        let system = self.shared.system.read(move |sql| audit::list_by_keys(sql, system)).await?;
        let mut found = Vec::with_capacity(hits.len());
        for hit in hits {
            let source =
                if hit.id.starts_with(documents::DOMAIN_EVENT) { &domain } else { &system };
            let event = source.iter().find(|event| Some(event.key) == key_of(&hit.id));
            found.extend(
                event
                    .map(|event| FoundEvent { event: event.clone(), snippet: hit.snippet.clone() }),
            );
        }
        Ok(found)
    }

    /// How far the index is.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn state(&self) -> Result<IndexState, StoreError> {
        let position = self.index().position();
        let count = move |sql: &mut dyn crate::platform::store::Sql| {
            audit::count_after(sql, position, LAG_COUNTED_MAX)
        };
        Ok(IndexState { position, waiting: self.shared.domain.read(count).await? })
    }
}

/// The key in a document's id.
#[must_use]
pub fn key_of(id: &str) -> Option<i64> {
    id.rsplit_once(':')?.1.parse().ok()
}

/// What a principal may find: one of these must be among a document's.
#[must_use]
pub fn access_of(principal: &Principal) -> Vec<String> {
    let granted = [
        (Permission::AuditRead, documents::ACCESS_AUDIT),
        (Permission::InstancesRead, documents::ACCESS_INSTANCES),
        (Permission::TasksManage, documents::ACCESS_TASKS),
        (Permission::TasksWork, documents::ACCESS_WORKERS),
    ];
    let granted = granted.into_iter().filter(|(permission, _)| principal.may(*permission));
    let mut access: Vec<String> = granted.map(|(_, name)| name.to_owned()).collect();
    access.push(documents::access_of_user(&principal.user_id));
    if principal.may(Permission::TasksWork) {
        access.push(documents::access_of_worker(&principal.user_id));
        access.extend(principal.groups.iter().map(|group| documents::access_of_group(group)));
    }
    access
}
