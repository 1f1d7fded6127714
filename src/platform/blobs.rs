//! Files by the hash of their contents, in a local folder.
//!
//! Knows neither names nor owners of files; who refers to a blob is kept elsewhere.
//!
//! **Invariant:** a blob is complete and durable before its hash is given out, and a hash never
//! leads to other contents than the ones it was made from.

use std::path::Path as FilePath;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};

/// Where uploads live until their hash is known; emptied at the start.
const INCOMING: &str = "incoming";

/// Bytes gathered before they are handed to the disk, and so about the memory an upload takes.
const PART_BYTES: usize = 1024 * 1024;

/// What went wrong with a blob. "Not found" is an `Option`, never an error.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The contents are larger than the caller allows.
    #[error("the file is too large, expected at most {limit} bytes")]
    TooLarge {
        /// The limit that was given.
        limit: u64,
    },
    /// Whoever sends the contents stopped before their end.
    #[error("the upload broke off: {0}")]
    BrokenOff(String),
    /// The disk refused or failed.
    #[error("the file store failed: {0}")]
    Storage(String),
}

impl BlobError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Storage(_))
    }
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

/// A blob that was stored: what to write down in order to find it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlob {
    /// SHA-256 of the contents, 64 lower-case hexadecimal digits.
    pub hash: String,
    /// Size of the contents.
    pub size: u64,
}

/// The contents of a blob in pieces, in order. Ends early only with an error.
pub type BlobStream = Pin<Box<dyn Stream<Item = Result<Bytes, BlobError>> + Send>>;

/// A blob that was found.
pub struct OpenBlob {
    /// Size of the contents.
    pub size: u64,
    /// The contents, read as they are taken.
    pub stream: BlobStream,
}

impl std::fmt::Debug for OpenBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenBlob").field("size", &self.size).finish_non_exhaustive()
    }
}

/// The store of blobs. Equal contents are kept once.
#[derive(Debug)]
pub struct BlobStore {
    files: LocalFileSystem,
}

impl BlobStore {
    /// Opens the folder, makes it if need be, and removes what uploads cut off by a crash left.
    ///
    /// The folder belongs to one server at a time.
    ///
    /// # Errors
    /// `Storage` when the folder can't be made or written.
    pub fn open(folder: &FilePath) -> Result<Self, BlobError> {
        let incoming = folder.join(INCOMING);
        if incoming.exists() {
            std::fs::remove_dir_all(&incoming)?;
        }
        std::fs::create_dir_all(&incoming)?;
        // Durable before the hash is given out: the row that names it may be committed next.
        let files = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { files })
    }

    /// Stores contents of unknown size, keeping about a megabyte of them in memory.
    ///
    /// Durable once it returns. Atomic: on an error, or when the future is dropped, nothing
    /// is stored. Storing equal contents again is harmless and gives the same hash.
    ///
    /// # Errors
    /// `TooLarge` beyond `size_max` bytes, `BrokenOff` with the stream's error, `Storage`.
    pub async fn put<S, E>(&self, contents: S, size_max: u64) -> Result<StoredBlob, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: std::fmt::Display,
    {
        let staged = Path::from(format!("{INCOMING}/{}", uuid::Uuid::now_v7()));
        let upload = self.files.put_multipart(&staged).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let blob = match copy(contents, &mut writer, size_max).await {
            Ok(blob) => blob,
            Err(error) => {
                writer.abort().await?;
                return Err(error);
            }
        };
        writer.finish().await?;
        // Over an equal blob, if there is one: one whose own storing is not durable yet could
        // otherwise be counted on. Readers of the old file keep it.
        self.files.rename(&staged, &place(&blob.hash)).await?;
        Ok(blob)
    }

    /// Stores contents that are in memory, with the promises of [`BlobStore::put`].
    ///
    /// # Errors
    /// `Storage`.
    pub async fn put_bytes(&self, contents: Bytes) -> Result<StoredBlob, BlobError> {
        let hash = hex(&Sha256::digest(&contents));
        let size = contents.len() as u64;
        self.files.put(&place(&hash), contents.into()).await?;
        Ok(StoredBlob { hash, size })
    }

    /// Finds a blob by its hash. A text that is no hash leads to no blob.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn open_blob(&self, hash: &str) -> Result<Option<OpenBlob>, BlobError> {
        if !is_hash(hash) {
            return Ok(None);
        }
        match self.files.get(&place(hash)).await {
            Ok(found) => {
                let size = found.meta.size;
                let stream = found.into_stream().map(|piece| piece.map_err(BlobError::from));
                Ok(Some(OpenBlob { size, stream: Box::pin(stream) }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a blob and tells whether there was one. Streams that are open read on.
    ///
    /// The caller makes sure that nothing refers to the blob, nor will: a `put` of equal contents
    /// at the same time may have succeeded just before.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn delete(&self, hash: &str) -> Result<bool, BlobError> {
        if !is_hash(hash) {
            return Ok(false);
        }
        match self.files.delete(&place(hash)).await {
            Ok(()) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Copies the stream into the writer, counting and hashing on the way.
async fn copy<S, E>(
    contents: S,
    writer: &mut WriteMultipart,
    size_max: u64,
) -> Result<StoredBlob, BlobError>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: std::fmt::Display,
{
    let mut contents = pin!(contents);
    let mut hash = Sha256::new();
    let mut size = 0;
    while let Some(piece) = contents.next().await {
        let piece = piece.map_err(|error| BlobError::BrokenOff(error.to_string()))?;
        size += piece.len() as u64;
        if size > size_max {
            return Err(BlobError::TooLarge { limit: size_max });
        }
        hash.update(&piece);
        // One part under way at most, so that a fast sender does not fill the memory.
        writer.wait_for_capacity(1).await?;
        writer.put(piece);
    }
    Ok(StoredBlob { hash: hex(&hash.finalize()), size })
}

/// Two levels of folders, since directories with millions of files are slow on some systems.
fn place(hash: &str) -> Path {
    Path::from(format!("{}/{}/{hash}", &hash[..2], &hash[2..4]))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String never fails");
        text
    })
}
