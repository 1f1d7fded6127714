//! What kind of contents a file has: seen from its first bytes, else what the sender claims.
//!
//! Must not know names beyond their ending.
//!
//! **Invariant:** a type that browsers show is only given to contents that begin like it.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

/// Enough for every signature below.
const PEEK_BYTES: usize = 16;

const UNKNOWN: &str = "application/octet-stream";

/// How contents of a type begin. Files of one family of formats share a beginning: those are
/// told apart by the ending of the name.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

/// Types by the ending of the name, where browsers never show the contents in our place.
const ENDINGS: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("eml", "message/rfc822"),
    ("mp4", "video/mp4"),
    ("svg", "image/svg+xml"),
    ("html", "text/html"),
];

/// Types whose contents a browser may show beside our pages: they can't run anything.
const INLINE: &[&str] = &["application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"];

/// Whether a browser may show contents of this type instead of saving them.
#[must_use]
pub fn is_shown_inline(content_type: &str) -> bool {
    INLINE.contains(&content_type)
}

/// Remembers how contents that pass by begin.
#[derive(Default)]
pub(super) struct Peeking(Arc<Mutex<Vec<u8>>>);

impl Peeking {
    /// The same contents, watched.
    pub(super) fn over<S, E>(&self, contents: S) -> impl Stream<Item = Result<Bytes, E>> + Send
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let seen = Arc::clone(&self.0);
        contents.inspect(move |piece| {
            if let Ok(piece) = piece {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let missing = PEEK_BYTES.saturating_sub(seen.len());
                seen.extend_from_slice(&piece[..piece.len().min(missing)]);
            }
        })
    }

    /// The content type of what passed by.
    pub(super) fn content_type(&self, name: &str, claimed: Option<&str>) -> String {
        let start = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        content_type(&start, name, claimed)
    }
}

fn content_type(start: &[u8], name: &str, claimed: Option<&str>) -> String {
    if let Some((_, found)) = SIGNATURES.iter().find(|(bytes, _)| start.starts_with(bytes)) {
        return (*found).to_owned();
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return "image/webp".to_owned();
    }
    let claimed = claimed.map(str::trim).filter(|it| is_type(it) && !is_shown_inline(it));
    match claimed {
        Some(claimed) if claimed != UNKNOWN => claimed.to_ascii_lowercase(),
        _ => by_ending(name).to_owned(),
    }
}

fn by_ending(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let found = ENDINGS.iter().find(|(known, _)| Some(*known) == ending.as_deref());
    found.map_or(UNKNOWN, |(_, content_type)| content_type)
}

/// A type and a subtype as RFC 6838, 4.2 has them, without parameters.
fn is_type(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_allowed = |it: u8| it.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&it);
        (1..=127).contains(&part.len()) && part.bytes().all(is_allowed)
    };
    text.split_once('/').is_some_and(|(main, sub)| is_part(main) && is_part(sub))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_count_more_than_what_is_claimed() {
        let cases: [(&[u8], &str, Option<&str>, &str); 9] = [
            (b"%PDF-1.7", "a.txt", Some("text/plain"), "application/pdf"),
            (b"\x89PNG\r\n\x1a\n....", "a", None, "image/png"),
            (b"RIFF....WEBPVP8 ", "a.webp", None, "image/webp"),
            (b"<script>", "a.png", Some("image/png"), "application/octet-stream"),
            (b"a,b", "a.csv", Some("text/csv"), "text/csv"),
            (b"a,b", "a.csv", None, "text/csv"),
            (b"a,b", "a.csv", Some("application/octet-stream"), "text/csv"),
            (b"a,b", "a", Some("text/plain\r\nX: y"), "application/octet-stream"),
            (b"", "a", Some("Text/Plain"), "text/plain"),
        ];
        for (start, name, claimed, expected) in cases {
            assert_eq!(content_type(start, name, claimed), expected, "{name} {claimed:?}");
        }
    }
}
