//! Keeps a data folder to one process: two writers on the same files would not see each other.
//!
//! Knows nothing of what is in the folder.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::sql::StoreError;

const FILE_NAME: &str = "flowstead.lock";

/// The exclusive lock on a data folder, held until dropped; the system frees it after a crash.
#[derive(Debug)]
pub struct DataFolderLock {
    _file: File,
}

impl DataFolderLock {
    /// Locks the folder, which must exist, and leaves this process's id in `flowstead.lock`.
    ///
    /// # Errors
    /// `Unusable` when another process holds it (named by its id), or the file can't be written.
    pub fn acquire(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        let mut options = fs::OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(|error| {
            StoreError::Unusable(format!("cannot write {}: {error}", path.display()))
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(folder, &mut file)),
            Err(TryLockError::Error(error)) => {
                return Err(StoreError::Unusable(format!(
                    "cannot lock {}: {error}",
                    path.display()
                )));
            }
        }
        // The id only helps people; the lock does not depend on it.
        let noted = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        noted.map_err(|error| {
            StoreError::Unusable(format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(Self { _file: file })
    }
}

fn in_use(folder: &Path, file: &mut File) -> StoreError {
    let mut holder = String::new();
    let holder = match file.read_to_string(&mut holder) {
        Ok(1..) => format!("process {}", holder.trim()),
        _ => "another process".to_owned(),
    };
    StoreError::Unusable(format!(
        "the data folder {} is in use by {holder}; stop it, or choose another folder",
        folder.display()
    ))
}
