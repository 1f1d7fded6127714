//! Numbered changes to schemas: applied in order, once, recorded, never taken back.
//!
//! Knows the history table and nothing of the tables that migrations make.
//!
//! **Invariant:** what is recorded is a prefix of what is known, text by text; otherwise nothing
//! is changed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::database::Database;
use super::sql::{Dialect, Sql, StoreError};

/// One step of a schema's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: i64,
    /// What it is about, for people.
    pub name: String,
    /// DDL in SQLite's `STRICT` types, statements separated by semicolons.
    pub ddl: String,
}

/// The embedded migrations of one kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Tenants, users, tokens, domains, nodes: one for the installation.
    System,
    /// Definitions, work and history: one for each domain.
    Domain,
}

impl Set {
    /// The name of the set, of its folder, and of its lines in the history.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Domain => "domain",
        }
    }

    /// The set's migrations in order, in the text for one database.
    ///
    /// # Errors
    /// `Unusable` when a file is not named like `0001_identity.sql`, or a number is missing.
    pub fn migrations(self, dialect: Dialect) -> Result<Vec<Migration>, StoreError> {
        let folder = format!("{}/", self.name());
        let mut found = BTreeMap::new();
        for path in Files::iter().filter(|path| path.starts_with(&folder)) {
            let Some((version, name)) = parse_name(&path[folder.len()..], dialect)? else {
                continue;
            };
            let ddl = read(&path)?;
            if found.insert(version, Migration { version, name, ddl }).is_some() {
                return Err(misnamed(&path, "its number is taken"));
            }
        }
        Ok(found.into_values().collect())
    }
}

#[derive(Embed)]
#[folder = "migrations/"]
struct Files;

fn read(path: &str) -> Result<String, StoreError> {
    let file = Files::get(path).ok_or_else(|| misnamed(path, "it can't be read"))?;
    // The same text, and the same checksum, whatever line ends a checkout has.
    let text = std::str::from_utf8(&file.data).map(|text| text.replace('\r', ""));
    text.map_err(|_| misnamed(path, "it is not UTF-8"))
}

/// Number and name of a file, or `None` if it is the other database's.
fn parse_name(file: &str, dialect: Dialect) -> Result<Option<(i64, String)>, StoreError> {
    let (own, other) = match dialect {
        Dialect::Sqlite => (".sqlite", ".postgres"),
        Dialect::Postgres => (".postgres", ".sqlite"),
    };
    let stem = file.strip_suffix(".sql").unwrap_or(file);
    if stem.ends_with(other) {
        return Ok(None);
    }
    let stem = stem.strip_suffix(own).unwrap_or(stem);
    let (number, name) = stem.split_once('_').unwrap_or((stem, ""));
    match number.parse() {
        Ok(version) if number.len() == 4 && !name.is_empty() => {
            Ok(Some((version, name.to_owned())))
        }
        _ => Err(misnamed(file, "expected a name like 0001_identity.sql")),
    }
}

fn misnamed(path: &str, reason: &str) -> StoreError {
    StoreError::Unusable(format!("the migration {path} can't be used: {reason}"))
}

impl Database {
    /// Applies what is missing of a set, each migration in its own transaction, and gives their
    /// number. Several nodes may do so at once. Holds the calling thread.
    ///
    /// # Errors
    /// `Unusable`, with nothing changed, when the history holds a version that this program does
    /// not know or another text than it knows; the migration's own error when one fails.
    pub fn migrate(&self, set: Set, now_ms: i64) -> Result<usize, StoreError> {
        let migrations = set.migrations(self.dialect())?;
        self.migrate_with(set.name(), migrations, now_ms)
    }

    /// As [`Database::migrate`], with migrations that are not embedded.
    ///
    /// # Errors
    /// As for [`Database::migrate`].
    pub fn migrate_with(
        &self,
        schema_name: &str,
        migrations: Vec<Migration>,
        now_ms: i64,
    ) -> Result<usize, StoreError> {
        self.write_blocking(|sql| {
            lock_history(sql)?;
            sql.execute_script(HISTORY)
        })?;
        let schema_name = Arc::<str>::from(schema_name);
        let migrations = Arc::<[Migration]>::from(migrations);
        let mut applied = 0;
        loop {
            let (schema_name, migrations) = (schema_name.clone(), migrations.clone());
            let step = move |sql: &mut dyn Sql| {
                lock_history(sql)?;
                let missing = missing(sql, &schema_name, &migrations)?;
                match missing.first() {
                    Some(next) => apply(sql, &schema_name, next, now_ms).map(|()| true),
                    None => Ok(false),
                }
            };
            if !self.write_blocking(step)? {
                return Ok(applied);
            }
            applied += 1;
        }
    }
}

/// Applies what is missing of a schema's migrations inside the caller's transaction, such as the
/// first start of a process's instances; gives their number.
///
/// The database's own set must have been migrated before, since that makes the history.
///
/// # Errors
/// As for [`Database::migrate`].
pub fn migrate_schema(
    sql: &mut dyn Sql,
    schema_name: &str,
    migrations: &[Migration],
    now_ms: i64,
) -> Result<usize, StoreError> {
    lock_history(sql)?;
    let missing = missing(sql, schema_name, migrations)?;
    for migration in missing {
        apply(sql, schema_name, migration, now_ms)?;
    }
    Ok(missing.len())
}

const HISTORY: &str = "
    CREATE TABLE IF NOT EXISTS sys_schemas__history (
        schema_name TEXT NOT NULL,
        version INTEGER NOT NULL,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at INTEGER NOT NULL,
        PRIMARY KEY (schema_name, version)
    ) STRICT, WITHOUT ROWID;";

/// Any number will do as long as every node uses the same: one migration at a time.
const LOCK_KEY: i64 = 0x666c_6f77;

fn lock_history(sql: &mut dyn Sql) -> Result<(), StoreError> {
    match sql.dialect() {
        // The one writer is the lock.
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            sql.query("SELECT pg_advisory_xact_lock(?1)", &[LOCK_KEY.into()]).map(|_| ())
        }
    }
}

fn missing<'m>(
    sql: &mut dyn Sql,
    schema_name: &str,
    known: &'m [Migration],
) -> Result<&'m [Migration], StoreError> {
    let gap = known.iter().zip(1..).find(|(migration, number)| migration.version != *number);
    if let Some((migration, number)) = gap {
        return Err(StoreError::Unusable(format!(
            "the migrations of {schema_name} jump to version {} where {number} was expected",
            migration.version
        )));
    }
    let recorded = sql.query(
        "SELECT version, checksum FROM sys_schemas__history WHERE schema_name = ?1
         ORDER BY version",
        &[schema_name.into()],
    )?;
    if let Some(last) = recorded.get(known.len()..).and_then(<[_]>::last) {
        return Err(newer(schema_name, last.integer(0)?, known.len()));
    }
    for (row, migration) in recorded.iter().zip(known) {
        if row.integer(0)? != migration.version || row.text(1)? != checksum(migration) {
            return Err(changed(schema_name, migration));
        }
    }
    Ok(&known[recorded.len()..])
}

fn newer(schema_name: &str, recorded: i64, known: usize) -> StoreError {
    StoreError::Unusable(format!(
        "the schema {schema_name} was migrated by a newer Flowstead (version {recorded}, this one \
         knows up to {known}); start that version, or restore a backup"
    ))
}

fn changed(schema_name: &str, migration: &Migration) -> StoreError {
    StoreError::Unusable(format!(
        "the schema {schema_name} was migrated by another text of version {} ({}) than this \
         Flowstead holds; start the one that migrated it, or restore a backup",
        migration.version, migration.name
    ))
}

fn apply(
    sql: &mut dyn Sql,
    schema_name: &str,
    migration: &Migration,
    now_ms: i64,
) -> Result<(), StoreError> {
    sql.execute_script(&migration.ddl)?;
    sql.execute(
        "INSERT INTO sys_schemas__history (schema_name, version, name, checksum, applied_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            schema_name.into(),
            migration.version.into(),
            (&migration.name).into(),
            checksum(migration).into(),
            now_ms.into(),
        ],
    )?;
    Ok(())
}

fn checksum(migration: &Migration) -> String {
    let digest = Sha256::digest(migration.ddl.as_bytes());
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String can't fail");
        text
    })
}
