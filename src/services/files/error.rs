//! Why something about a file was not done.
//!
//! Must not know status codes.

use crate::platform::blobs::BlobError;
use crate::platform::store::StoreError;

/// Why something about a file was not done; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is no such file, or the principal may not know of it.
    #[error("there is no such file")]
    NotFound,
    /// The principal may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The contents of a file are gone from the disk.
    #[error("the contents {hash} of file {key} are missing")]
    Missing {
        /// The file.
        key: i64,
        /// The hash of its contents.
        hash: String,
    },
    /// The contents could not be stored or read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
