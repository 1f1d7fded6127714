//! Blobs: what was put is there, whole, under its hash, and nothing else is.

use bytes::Bytes;
use flowstead::platform::blobs::{BlobError, BlobStore, StoredBlob};
use futures_util::{Stream, StreamExt, stream};

use super::Folder;

/// SHA-256 of "abc", from FIPS 180-4.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const NO_LIMIT: u64 = u64::MAX;

fn pieces(pieces: Vec<Bytes>) -> impl Stream<Item = Result<Bytes, String>> {
    stream::iter(pieces.into_iter().map(Ok))
}

async fn contents(store: &BlobStore, hash: &str) -> Option<Vec<u8>> {
    let found = store.open_blob(hash).await.expect("the store can be read")?;
    let mut stream = found.stream;
    let mut contents = Vec::new();
    while let Some(piece) = stream.next().await {
        contents.extend_from_slice(&piece.expect("the blob can be read"));
    }
    assert_eq!(contents.len() as u64, found.size);
    Some(contents)
}

fn files(folder: &Folder) -> usize {
    fn count(path: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(path).expect("a folder");
        let count_one = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.expect("an entry").path();
            if path.is_dir() { count(&path) } else { 1 }
        };
        entries.map(count_one).sum()
    }
    count(folder.path())
}

#[tokio::test]
async fn a_blob_is_found_under_the_hash_of_its_contents() {
    let folder = Folder::new();
    let store = BlobStore::open(folder.path()).expect("it opens");
    let expected = StoredBlob { hash: ABC.into(), size: 3 };
    let streamed = pieces(vec![Bytes::from("a"), Bytes::new(), Bytes::from("bc")]);
    assert_eq!(store.put(streamed, 3).await.expect("it fits"), expected);
    assert_eq!(contents(&store, ABC).await.expect("it is there"), b"abc");
    // Equal contents are kept once, whichever way they come.
    assert_eq!(store.put_bytes(Bytes::from("abc")).await.expect("it fits"), expected);
    assert_eq!(store.put(pieces(vec![Bytes::from("abc")]), 3).await.expect("it fits"), expected);
    assert_eq!(files(&folder), 1);
}

#[tokio::test]
async fn large_and_empty_contents_come_back_whole() {
    let folder = Folder::new();
    let store = BlobStore::open(folder.path()).expect("it opens");
    let part: Vec<u8> = (0..100_003u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let parts = vec![Bytes::from(part.clone()); 50];
    let large = store.put(pieces(parts), NO_LIMIT).await.expect("it fits");
    assert_eq!(large.size, 5_000_150);
    assert_eq!(contents(&store, &large.hash).await.expect("it is there"), part.repeat(50));
    let empty = store.put(pieces(Vec::new()), 0).await.expect("nothing fits");
    assert_eq!(contents(&store, &empty.hash).await.expect("it is there"), b"");
}

#[tokio::test]
async fn what_is_too_large_or_breaks_off_leaves_nothing() {
    let folder = Folder::new();
    let store = BlobStore::open(folder.path()).expect("it opens");
    let large = pieces(vec![Bytes::from(vec![0; 600_000]); 4]);
    let error = store.put(large, 2_000_000).await.expect_err("it is larger");
    assert!(matches!(error, BlobError::TooLarge { limit: 2_000_000 }) && !error.is_retryable());
    let broken = stream::iter([Ok(Bytes::from("abc")), Err("connection reset")]);
    let error = store.put(broken, NO_LIMIT).await.expect_err("it broke off");
    assert_eq!(error.to_string(), "the upload broke off: connection reset");
    assert_eq!(files(&folder), 0);
}

#[tokio::test]
async fn what_a_crash_cut_off_is_gone_after_the_next_start() {
    let folder = Folder::new();
    let store = BlobStore::open(folder.path()).expect("it opens");
    store.put_bytes(Bytes::from("abc")).await.expect("it fits");
    folder.write("incoming/half#1", "what a crash leaves");
    assert_eq!(files(&folder), 2);
    let store = BlobStore::open(folder.path()).expect("it opens again");
    assert_eq!(files(&folder), 1);
    assert!(contents(&store, ABC).await.is_some());
}

#[tokio::test]
async fn a_deleted_blob_is_gone_and_an_open_one_reads_on() {
    let folder = Folder::new();
    let store = BlobStore::open(folder.path()).expect("it opens");
    store.put_bytes(Bytes::from("abc")).await.expect("it fits");
    let mut open = store.open_blob(ABC).await.expect("readable").expect("it is there").stream;
    assert!(store.delete(ABC).await.expect("it can be deleted"));
    assert!(!store.delete(ABC).await.expect("nothing to delete"));
    assert!(store.open_blob(ABC).await.expect("readable").is_none());
    assert_eq!(open.next().await.expect("a piece").expect("readable"), Bytes::from("abc"));
}

#[tokio::test]
async fn what_is_no_hash_leads_nowhere() {
    let folder = Folder::new();
    let store = BlobStore::open(&folder.path().join("blobs")).expect("it opens");
    folder.write("secret", "not a blob");
    let upper = ABC.to_uppercase();
    for hash in ["", "abc", "../secret", "ba/78/../../../secret", &upper, &ABC[..63]] {
        assert!(store.open_blob(hash).await.expect("readable").is_none(), "{hash}");
        assert!(!store.delete(hash).await.expect("nothing to delete"), "{hash}");
    }
}

#[tokio::test]
async fn many_uploads_of_equal_contents_at_once_all_succeed() {
    let folder = Folder::new();
    let store = BlobStore::open(folder.path()).expect("it opens");
    let uploads = (0..16).map(|_| store.put(pieces(vec![Bytes::from("abc")]), 3));
    for upload in futures_util::future::join_all(uploads).await {
        assert_eq!(upload.expect("it fits").hash, ABC);
    }
    assert_eq!(files(&folder), 1);
}
