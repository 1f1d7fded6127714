//! Removing what nothing refers to any more: unused contents, and answers to forms never sent.
//!
//! Must not know who uploaded them.

use std::sync::atomic::Ordering;

use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Origin};
use crate::services::files::{Files, FilesError, deleted, rows};

/// A form that was not sent within this time was given up.
const NEVER_SENT_AFTER_MS: i64 = 24 * 3600 * 1000;
/// How often such files are looked for at most.
const CLEAN_EVERY_MS: i64 = 3600 * 1000;

impl Files {
    /// Removes answers to forms that were never sent, and all unused contents.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn clean(&self) -> Result<(), FilesError> {
        let foundation = self.0.execution.foundation().clone();
        self.0.cleaned_at.store(foundation.clock.now_ms(), Ordering::Relaxed);
        let write = move |sql: &mut dyn Sql| {
            let now_ms = foundation.clock.now_ms();
            for file in rows::list_never_sent(sql, now_ms - NEVER_SENT_AFTER_MS)? {
                rows::delete(sql, &file)?;
                let event = deleted(&file);
                let key = foundation.keys.next(now_ms);
                audit::record(sql, &event.at(key, now_ms, &Origin::system("files")))?;
            }
            Ok::<_, StoreError>(())
        };
        self.0.execution.database().write(write).await?;
        self.sweep().await;
        Ok(())
    }

    /// Removes unused contents now if no upload is under way, else the next time.
    pub(super) async fn sweep(&self) {
        let Ok(_nobody_uploads) = self.0.uploads.try_write() else {
            self.0.has_unused.store(true, Ordering::Relaxed);
            return;
        };
        self.0.has_unused.store(false, Ordering::Relaxed);
        if let Err(error) = self.remove_unused().await {
            self.0.has_unused.store(true, Ordering::Relaxed);
            tracing::warn!(%error, "unused contents could not be removed");
        }
    }

    async fn remove_unused(&self) -> Result<(), FilesError> {
        let database = self.0.execution.database();
        for hash in database.read(|sql: &mut dyn Sql| rows::list_unused(sql)).await? {
            let asked = hash.clone();
            let is_used = move |sql: &mut dyn Sql| rows::is_used(sql, &asked);
            if !database.read(is_used).await? {
                self.0.blobs.delete(&hash).await?;
            }
            database.write(move |sql: &mut dyn Sql| rows::forget_unused(sql, &hash)).await?;
        }
        Ok(())
    }

    /// Notes contents whose file could not be written down.
    pub(super) async fn mark_unused(&self, hash: String) {
        let note = move |sql: &mut dyn Sql| rows::note_unused(sql, &hash);
        if let Err(error) = self.0.execution.database().write(note).await {
            tracing::warn!(%error, "contents without a file could not be noted");
        }
        self.0.has_unused.store(true, Ordering::Relaxed);
    }

    /// What is left to do after an upload: from time to time, what was left behind.
    pub(super) async fn tidy_up(&self) {
        let now_ms = self.0.execution.foundation().clock.now_ms();
        if now_ms - self.0.cleaned_at.load(Ordering::Relaxed) > CLEAN_EVERY_MS {
            if let Err(error) = self.clean().await {
                tracing::warn!(%error, "files of forms never sent could not be removed");
            }
        } else if self.0.has_unused.load(Ordering::Relaxed) {
            self.sweep().await;
        }
    }
}
