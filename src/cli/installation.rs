//! The installation on this machine: its folder, its lock, its databases, its keys.
//!
//! Must not know what is kept there.
//!
//! **Invariant:** nothing in the folder is opened before the lock is held.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::outcome::{Failure, REFUSED, UNREADABLE};
use crate::platform::clock::{Clock, KeyGenerator};
use crate::platform::config::{Config, StoreKind};
use crate::platform::store::{DataFolderLock, Database, Options, PostgresOptions, Set, StoreError};
use crate::services::audit;
use crate::services::search::Search;

/// How far keys jump ahead when the clock was set back: more than one turn can have taken without
/// leaving a trace of it in the audit. Milliseconds in the position that keys keep time in.
const MARGIN: i64 = 10_000 << 22;

/// Open and migrated databases, kept from other processes while this lives.
pub(crate) struct Installation {
    /// Users, tokens, settings.
    pub(crate) system: Database,
    /// Processes and their work.
    pub(crate) domain: Database,
    _lock: DataFolderLock,
}

impl Installation {
    /// Makes the folder if need be, locks it, opens and migrates the databases.
    pub(crate) fn open(config: &Config, now_ms: i64) -> Result<Self, Failure> {
        let folder = &config.data.folder;
        make_folder(folder)
            .with_context(|| format!("the data folder {} can't be made", folder.display()))
            .map_err(|error| Failure::new(UNREADABLE, error))?;
        let refused = |error: StoreError| Failure::new(REFUSED, error);
        let lock = DataFolderLock::acquire(folder).map_err(refused)?;
        let (system, domain) = open_databases(config).map_err(refused)?;
        system.migrate(Set::System, now_ms).map_err(refused)?;
        domain.migrate(Set::Domain, now_ms).map_err(refused)?;
        Ok(Self { system, domain, _lock: lock })
    }

    /// Opens the search index, or makes an empty one.
    pub(crate) fn search(&self, config: &Config) -> Result<Search, Failure> {
        let folder = config.data.folder.join("search");
        let (domain, system) = (self.domain.clone(), self.system.clone());
        let search = Search::open(folder, config.search.clone(), domain, system);
        let search = search.context("the search index can't be opened");
        search.map_err(|error| Failure::new(REFUSED, error))
    }

    /// Makes keys above all that were ever stored.
    pub(crate) fn keys(&self, clock: &dyn Clock) -> Result<KeyGenerator, Failure> {
        let largest = |database: &Database| database.read_blocking(audit::largest_key);
        let refused = |error: StoreError| Failure::new(REFUSED, error);
        let stored = largest(&self.system).map_err(refused)?;
        let stored = stored.max(largest(&self.domain).map_err(refused)?);
        let fresh = KeyGenerator::new(0, None).expect("the node number fits");
        let is_clock_back = stored.is_some_and(|it| it >= fresh.next(clock.now_ms()));
        let floor = stored.map(|it| if is_clock_back { it.saturating_add(MARGIN) } else { it });
        Ok(KeyGenerator::new(0, floor).expect("the node number fits"))
    }
}

/// What is in the folder is nobody else's business on this machine.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn open_databases(config: &Config) -> Result<(Database, Database), StoreError> {
    match config.store.kind {
        StoreKind::Sqlite => {
            let readers = usize::try_from(config.store.readers).unwrap_or(usize::MAX);
            let options = Options { readers, ..Options::default() };
            let folder = &config.data.folder;
            let system = Database::open_sqlite(&folder.join("system.db"), &options)?;
            Ok((system, Database::open_sqlite(&folder.join("main.db"), &options)?))
        }
        StoreKind::Postgres => {
            let connections = usize::try_from(config.store.pool_size).unwrap_or(usize::MAX);
            let options =
                PostgresOptions { connections, ..PostgresOptions::new(config.store.url.expose()) };
            // Few people sign in at the same time, and a pool serves either.
            let few = PostgresOptions { connections: 2, ..options.clone() };
            let system = Database::open_postgres_beside(&few, "system")?;
            Ok((system, Database::open_postgres(&options)?))
        }
    }
}
