//! Files: uploads, downloads, lists and rights, over contents kept by their hash.
//!
//! A file is a name for contents, with a place: the library, a user task, or a form's answer. Must
//! not know HTTP, nor how contents lie on the disk.
//!
//! **Invariant:** contents are removed only when no file refers to them and no upload is under way
//! that could bring the same ones.

mod access;
mod content_type;
mod error;
mod name;
mod rows;
mod sweeping;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use bytes::Bytes;
use futures_util::Stream;
use serde_json::json;
use tokio::sync::RwLock;

use crate::core::access::{Permission, Principal};
use crate::core::forms::FileReference;
use crate::platform::blobs::{BlobStore, OpenBlob};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Change, Origin};
use crate::services::execution::{self, Execution};

use self::access::may_delete;
use self::content_type::Peeking;

pub use self::content_type::is_shown_inline;
pub use self::error::FilesError;
pub use self::name::NAME_BYTES_MAX;
pub use self::rows::{File, FileFilter, Purpose, list_of_instance};

/// The files of a domain; cloning it is cheap.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    execution: Execution,
    blobs: BlobStore,
    size_max: u64,
    /// Held by uploads from their first byte until their row is committed.
    uploads: RwLock<()>,
    /// Some unused contents could not be removed yet.
    has_unused: AtomicBool,
    /// When files of forms that were never sent were looked for last, in milliseconds UTC.
    cleaned_at: AtomicI64,
}

/// A file to be stored, before its contents are seen.
#[derive(Debug, Clone, Default)]
pub struct NewFile {
    /// The name it has where it comes from; folders in it are cut off.
    pub name: String,
    /// The content type the sender claims.
    pub content_type: Option<String>,
    /// Where it belongs.
    pub place: Place,
}

/// Where a file belongs. Whether the sender may put it there was settled before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// Everybody who may see files sees it.
    #[default]
    Library,
    /// Attached to a user task.
    UserTask {
        /// The user task.
        key: i64,
        /// Its instance.
        instance_key: i64,
        /// Its process.
        process_id: String,
        /// What it is called.
        name: String,
    },
    /// The answer to a form that is not sent yet.
    Form,
}

impl Files {
    /// The files over a migrated domain database; removes what a crash left unused.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open(
        execution: Execution,
        blobs: BlobStore,
        size_max: u64,
    ) -> Result<Self, FilesError> {
        let inner = Inner {
            execution,
            blobs,
            size_max,
            uploads: RwLock::new(()),
            has_unused: AtomicBool::new(true),
            cleaned_at: AtomicI64::new(0),
        };
        let files = Self(Arc::new(inner));
        files.clean().await?;
        Ok(files)
    }

    /// The largest file that is taken, in bytes.
    #[must_use]
    pub fn size_max(&self) -> u64 {
        self.0.size_max
    }

    /// Stores a file; it is durable once this returns, or not there at all.
    ///
    /// # Errors
    /// `Forbidden`, `TooLarge`, `BrokenOff`; those of the disk and the database.
    pub async fn upload<S, E>(
        &self,
        principal: &Principal,
        new: NewFile,
        contents: S,
        origin: &Origin,
    ) -> Result<File, FilesError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        if !principal.may(Permission::FilesWrite) {
            return Err(FilesError::Forbidden("you may not upload files"));
        }
        let stored = self.store(principal, new, contents, origin).await;
        self.tidy_up().await;
        stored
    }

    async fn store<S, E>(
        &self,
        principal: &Principal,
        new: NewFile,
        contents: S,
        origin: &Origin,
    ) -> Result<File, FilesError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let _uploading = self.0.uploads.read().await;
        let peeking = Peeking::default();
        let blob = self.0.blobs.put(peeking.over(contents), self.0.size_max).await?;
        let name = name::clean(&new.name);
        let content_type = peeking.content_type(&name, new.content_type.as_deref());
        let file = File {
            name,
            content_type,
            size: i64::try_from(blob.size).unwrap_or(i64::MAX),
            hash: blob.hash,
            purpose: new.place.purpose(),
            instance_key: new.place.instance_key(),
            user_task_key: new.place.user_task_key(),
            created_by: principal.user_id.to_string(),
            ..File::default()
        };
        let stored = self.insert(file.clone(), new.place, origin.clone()).await;
        if stored.is_err() {
            self.mark_unused(file.hash).await;
        }
        stored
    }

    async fn insert(&self, file: File, place: Place, origin: Origin) -> Result<File, FilesError> {
        let foundation = self.0.execution.foundation().clone();
        let write = move |sql: &mut dyn Sql| {
            let now_ms = foundation.clock.now_ms();
            let file = File { key: foundation.keys.next(now_ms), created_at: now_ms, ..file };
            rows::insert(sql, &file)?;
            let change = uploaded(&file, &place);
            audit::record(sql, &change.at(foundation.keys.next(now_ms), now_ms, &origin))?;
            Ok::<_, StoreError>(file)
        };
        let file = self.0.execution.database().write(write).await?;
        self.notify(&file);
        Ok(file)
    }

    /// A file that the principal may see.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub async fn load(&self, principal: &Principal, key: i64) -> Result<File, FilesError> {
        let principal = principal.clone();
        let read = move |sql: &mut dyn Sql| rows::find_visible(sql, &principal, key);
        self.0.execution.database().read(read).await?.ok_or(FilesError::NotFound)
    }

    /// A file that the principal may see, and its contents.
    ///
    /// # Errors
    /// `NotFound`; those of the database and the disk.
    pub async fn download(
        &self,
        principal: &Principal,
        key: i64,
    ) -> Result<(File, OpenBlob), FilesError> {
        let file = self.load(principal, key).await?;
        let blob = self.0.blobs.open_blob(&file.hash).await?;
        let missing = || FilesError::Missing { key, hash: file.hash.clone() };
        let blob = blob.ok_or_else(missing)?;
        Ok((file, blob))
    }

    /// The files that the principal may see, newest first, before a key; `None` begins with the
    /// newest.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(
        &self,
        principal: &Principal,
        filter: FileFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<File>, FilesError> {
        let principal = principal.clone();
        let read = move |sql: &mut dyn Sql| rows::list(sql, &principal, &filter, before, limit);
        Ok(self.0.execution.database().read(read).await?)
    }

    /// Whether the principal may delete a file that it sees.
    #[must_use]
    pub fn may_delete(&self, principal: &Principal, file: &File) -> bool {
        may_delete(principal, file)
    }

    /// Deletes a file; its contents go with the last file that has them.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`; those of the database.
    pub async fn delete(
        &self,
        principal: &Principal,
        key: i64,
        origin: &Origin,
    ) -> Result<(), FilesError> {
        let foundation = self.0.execution.foundation().clone();
        let (principal, origin) = (principal.clone(), origin.clone());
        let write = move |sql: &mut dyn Sql| {
            let file = rows::find_visible(sql, &principal, key)?.ok_or(FilesError::NotFound)?;
            if !may_delete(&principal, &file) {
                return Err(FilesError::Forbidden("you may not delete this file"));
            }
            rows::delete(sql, &file)?;
            let now_ms = foundation.clock.now_ms();
            let change = deleted(&file);
            audit::record(sql, &change.at(foundation.keys.next(now_ms), now_ms, &origin))?;
            Ok(file)
        };
        let file = self.0.execution.database().write(write).await?;
        self.notify(&file);
        self.sweep().await;
        Ok(())
    }

    /// Those of the named files that the principal may use as answers in a form.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn references(
        &self,
        principal: &Principal,
        keys: Vec<i64>,
    ) -> Result<Vec<FileReference>, StoreError> {
        let files = self.list_visible(principal, keys).await?;
        let reference = |file: File| FileReference {
            file_key: file.key,
            name: file.name,
            content_type: file.content_type,
        };
        Ok(files.into_iter().map(reference).collect())
    }

    /// Those of the named files that the principal may see.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_visible(
        &self,
        principal: &Principal,
        keys: Vec<i64>,
    ) -> Result<Vec<File>, StoreError> {
        let principal = principal.clone();
        let read = move |sql: &mut dyn Sql| rows::list_named(sql, &principal, keys);
        self.0.execution.database().read(read).await
    }

    /// Says where the principal's answers to a form belong, now that the form was sent.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn link(
        &self,
        keys: &[i64],
        instance_key: i64,
        user_task_key: Option<i64>,
        principal: &Principal,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let (keys, user_id) = (keys.to_vec(), principal.user_id.to_string());
        let write =
            move |sql: &mut dyn Sql| rows::link(sql, &keys, instance_key, user_task_key, &user_id);
        self.0.execution.database().write(write).await?;
        let noticed = [execution::Change::Files, execution::Change::Instance(instance_key)];
        self.0.execution.changes().publish(BTreeSet::from(noticed));
        Ok(())
    }

    /// Attaches files that the principal uploaded as answers to a form to a user task instead.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn attach(
        &self,
        keys: Vec<i64>,
        place: Place,
        principal: &Principal,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let foundation = self.0.execution.foundation().clone();
        let (principal, origin) = (principal.clone(), origin.clone());
        let write = move |sql: &mut dyn Sql| {
            let now_ms = foundation.clock.now_ms();
            for file in rows::list_named(sql, &principal, keys)? {
                let is_own = file.created_by == *principal.user_id;
                if file.purpose != Purpose::Form || file.instance_key.is_some() || !is_own {
                    continue;
                }
                let file = File {
                    purpose: place.purpose(),
                    instance_key: place.instance_key(),
                    user_task_key: place.user_task_key(),
                    ..file
                };
                rows::put(sql, &file)?;
                let change = Change { action: "file.attached", ..uploaded(&file, &place) };
                audit::record(sql, &change.at(foundation.keys.next(now_ms), now_ms, &origin))?;
            }
            Ok::<_, StoreError>(())
        };
        self.0.execution.database().write(write).await?;
        let noticed = [execution::Change::Files, execution::Change::UserTasks];
        self.0.execution.changes().publish(BTreeSet::from(noticed));
        Ok(())
    }

    fn notify(&self, file: &File) {
        let mut changes = BTreeSet::from([execution::Change::Files]);
        changes.extend(file.instance_key.map(execution::Change::Instance));
        changes.extend(file.user_task_key.map(|_| execution::Change::UserTasks));
        self.0.execution.changes().publish(changes);
    }
}

impl Place {
    fn purpose(&self) -> Purpose {
        match self {
            Self::Library => Purpose::Library,
            Self::UserTask { .. } => Purpose::Attachment,
            Self::Form => Purpose::Form,
        }
    }

    fn instance_key(&self) -> Option<i64> {
        match self {
            Self::UserTask { instance_key, .. } => Some(*instance_key),
            _ => None,
        }
    }

    fn user_task_key(&self) -> Option<i64> {
        match self {
            Self::UserTask { key, .. } => Some(*key),
            _ => None,
        }
    }
}

fn uploaded(file: &File, place: &Place) -> Change {
    let summary = match place {
        Place::UserTask { name, .. } => format!("attached {} to \"{name}\"", file.name),
        _ => format!("uploaded {}", file.name),
    };
    let process_id = match place {
        Place::UserTask { process_id, .. } => Some(process_id.clone()),
        _ => None,
    };
    let details = json!({
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "hash": file.hash,
        "user_task_key": file.user_task_key.map(|it| it.to_string()),
    });
    Change {
        process_id,
        instance_key: file.instance_key,
        ..Change::of("file.uploaded", "file", file.key, &file.name, summary).with_details(details)
    }
}

fn deleted(file: &File) -> Change {
    let summary = format!("deleted {}", file.name);
    Change {
        instance_key: file.instance_key,
        ..Change::of("file.deleted", "file", file.key, &file.name, summary)
            .with_details(json!({ "hash": file.hash, "size": file.size }))
    }
}
