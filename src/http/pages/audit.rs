//! The audit: everything that people, clients and the engine did, by full-text search.
//! Must not know how the index works.

use super::layout::{Layout, Section};
use super::parts::{EmptyState, Link, Pager, Snippet, Stamp};
use askama::Template;

/// Search results with the facets that narrow them.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    pub layout: Layout,
    pub search: String,
    /// Chosen facet values, sent along with a new search.
    pub hidden: Vec<HiddenInput>,
    pub facets: Vec<Facet>,
    /// Leads to the search without facets; `None` when none is chosen.
    pub clear_href: Option<String>,
    /// For example `1,204 events in 8 ms`.
    pub summary: String,
    pub rows: Vec<AuditRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A value that a form sends back unseen.
#[derive(Clone, Debug)]
pub struct HiddenInput {
    pub name: String,
    pub value: String,
}

/// A way to narrow the results, with counts.
#[derive(Clone, Debug)]
pub struct Facet {
    pub label: String,
    pub values: Vec<FacetValue>,
}

/// One value of a facet; its address adds or removes it.
#[derive(Clone, Debug)]
pub struct FacetValue {
    pub label: String,
    pub href: String,
    pub count: String,
    pub is_chosen: bool,
}

/// An audit event.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub icon: &'static str,
    /// CSS class of a tone.
    pub tone: &'static str,
    pub actor: String,
    pub action: String,
    pub subject: Link,
    pub snippet: Vec<Snippet>,
    /// The event's kind and its number in the chain.
    pub kind: String,
    pub number: String,
    pub at: Stamp,
}

impl AuditPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            search: "invoice".into(),
            summary: "3 events in 2 ms".into(),
            clear_href: Some("/audit?search=invoice".into()),
            hidden: vec![HiddenInput { name: "actor".into(), value: "approver".into() }],
            facets: sample_facets(),
            rows: sample_rows(),
            ..Self::sample_empty()
        }
    }

    /// A search that finds nothing.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Audit", Section::Audit, "/audit"),
            search: "nothing like this".into(),
            hidden: Vec::new(),
            facets: Vec::new(),
            clear_href: None,
            summary: String::new(),
            rows: Vec::new(),
            empty: EmptyState::new(
                "search",
                "No events found",
                "Try fewer or other words. Parts of words match with a star at the end.",
            ),
            pager: Pager::default(),
        }
    }
}

fn sample_facets() -> Vec<Facet> {
    let value = |label: &str, count: &str, is_chosen| FacetValue {
        label: label.into(),
        href: "/audit?search=invoice".into(),
        count: count.into(),
        is_chosen,
    };
    vec![
        Facet {
            label: "Who".into(),
            values: vec![value("Approver", "3", true), value("Requester", "2", false)],
        },
        Facet {
            label: "What".into(),
            values: vec![
                value("Comment added", "2", false),
                value("File attached", "2", false),
                value("Task completed", "1", false),
            ],
        },
        Facet { label: "When".into(), values: vec![value("Last 24 hours", "3", false)] },
    ]
}

fn sample_rows() -> Vec<AuditRow> {
    let piece = |text: &str, is_hit| Snippet { text: text.into(), is_hit };
    let row = |icon, tone, action: &str, kind: &str, snippet, minutes| AuditRow {
        icon,
        tone,
        actor: "Approver".into(),
        action: action.into(),
        subject: Link::new("Approve expense", "/inbox/4503599627370521"),
        snippet,
        kind: kind.into(),
        number: "18204".into(),
        at: Stamp::sample(minutes),
    };
    let comment = vec![
        piece("Please attach the ", false),
        piece("invoice", true),
        piece(", then I can approve.", false),
    ];
    let file = vec![piece("hotel-", false), piece("invoice", true), piece(".pdf, 84 KB", false)];
    vec![
        row("comment", "info", "commented on", "CommentAdded", comment, 900),
        row("clip", "neutral", "attached a file to", "FileAttached", file, 880),
        row("check", "good", "completed", "UserTaskCompleted", Vec::new(), 3),
    ]
}

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
