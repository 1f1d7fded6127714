//! Full-text search for programs, over everything the caller may see.
//!
//! Must not know how the index works.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::api::instances::unknown;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::Query;
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::search::{self, Hit, SnippetPart, Sort};
use crate::services::search::key_of;

/// Results beyond this can't be paged to: whoever needs them narrows the question.
pub(crate) const OFFSET_MAX: usize = 10_000;
const KINDS: [&str; 4] = ["audit", "comment", "instance", "task"];

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/search", find)
            .query::<SearchQuery>()
            .answers_page::<HitView>()
            .about("Search", "Find instances, user tasks, comments and audit events by words"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    /// Words that all must occur, `"words in order"`, `begin*`, `-without`.
    q: String,
    /// `audit`, `comment`, `instance` or `task`; any when not given.
    kind: Option<String>,
    /// Id of the process.
    process: Option<String>,
    /// `newest` or `relevance`; `relevance` when not given.
    sort: Option<String>,
    /// How many hits at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SearchHit")]
struct HitView {
    /// `audit`, `comment`, `instance` or `task`.
    kind: String,
    /// Key of the thing.
    key: Option<Key>,
    title: String,
    at: String,
    /// The piece of its text that shows why it was found.
    snippet: Vec<SnippetView>,
}

/// A piece of text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SnippetPart")]
pub(crate) struct SnippetView {
    text: String,
    /// Whether this is what was looked for.
    hit: bool,
}

async fn find(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<SearchQuery>,
) -> ApiResult<Vec<HitView>> {
    let limit = page_limit(query.limit)?;
    let offset = offset(query.cursor.as_deref())?;
    if let Some(kind) = query.kind.as_deref().filter(|it| !KINDS.contains(it)) {
        return Err(unknown("kind", &KINDS, kind));
    }
    let sort = match query.sort.as_deref() {
        None | Some("relevance") => Sort::Relevance,
        Some("newest") => Sort::Newest,
        Some(other) => return Err(unknown("sort", &["newest", "relevance"], other)),
    };
    let wanted = search::Query {
        text: query.q,
        kinds: query.kind.into_iter().collect(),
        facets: query.process.into_iter().map(|id| ("process".to_owned(), id)).collect(),
        sort,
        limit: limit as usize,
        offset,
        ..search::Query::default()
    };
    let page = app.search.find(&signed_in.principal, wanted).await?;
    let next = next_cursor(offset, page.hits.len(), page.total);
    Ok(Answer::page(page.hits.into_iter().map(Into::into).collect(), next))
}

/// Where a page of results begins.
pub(crate) fn offset(cursor: Option<&str>) -> Result<usize, HttpError> {
    Ok(decode_cursor::<usize>(cursor)?.unwrap_or(0).min(OFFSET_MAX))
}

/// The cursor after a page of results, if there are more that can be paged to.
pub(crate) fn next_cursor(offset: usize, shown: usize, total: usize) -> Option<String> {
    let next = offset + shown;
    (shown > 0 && next < total && next <= OFFSET_MAX).then(|| encode_cursor(&next))
}

impl From<Hit> for HitView {
    fn from(hit: Hit) -> Self {
        Self {
            key: key_of(&hit.id).map(Key),
            kind: hit.kind,
            title: hit.title,
            at: instant(hit.at_ms),
            snippet: hit.snippet.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<SnippetPart> for SnippetView {
    fn from(part: SnippetPart) -> Self {
        Self { text: part.text, hit: part.is_match }
    }
}
