//! Files: the list, upload and download.
//! Must not know where contents are kept.

use super::layout::{Layout, Section};
use super::parts::{EmptyState, Link, Pager, Stamp};
use askama::Template;

/// The files this person may see.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/files.html")]
pub struct FilesPage {
    pub layout: Layout,
    pub search: String,
    /// The largest upload, such as `100 MB`.
    pub size_max: String,
    pub rows: Vec<FileRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A stored file.
#[derive(Clone, Debug)]
pub struct FileRow {
    pub key: String,
    /// Leads to the download.
    pub file: Link,
    pub kind: String,
    pub size: String,
    pub owner: String,
    /// The instance or user task it belongs to; empty when it stands alone.
    pub subject: Link,
    pub at: Stamp,
    pub can_delete: bool,
}

impl FilesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: &str, name: &str, kind: &str, size: &str, subject: Link, minutes| FileRow {
            key: key.into(),
            file: Link::new(name, format!("/files/{key}")),
            kind: kind.into(),
            size: size.into(),
            owner: "Requester".into(),
            subject,
            at: Stamp::sample(minutes),
            can_delete: true,
        };
        let task = Link::new("Approve expense", "/inbox/4503599627370521");
        Self {
            rows: vec![
                row("4503599627370533", "hotel-invoice.pdf", "PDF", "84 KB", task, 880),
                row("4503599627370534", "contract.docx", "Word", "212 KB", Link::default(), 2_000),
                row("4503599627370535", "site-plan.png", "PNG", "1.8 MB", Link::default(), 9_000),
            ],
            pager: Pager { summary: "3 files".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// Before the first upload.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Files", Section::Files, "/files").with_topics("files"),
            search: String::new(),
            size_max: "100 MB".into(),
            rows: Vec::new(),
            empty: EmptyState::new(
                "file",
                "No files yet",
                "Files that people attach to tasks and forms appear here, and those you upload.",
            ),
            pager: Pager::default(),
        }
    }
}
