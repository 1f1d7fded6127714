//! From a question to a page of answers.
//!
//! Knows how the index is asked; what people type is read in `words`.

use std::ops::Bound;

use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, EmptyQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query as IndexQuery, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Value as _};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{DocAddress, Index, Order, Searcher, TantivyDocument, Term};

use super::facets::{Counts, FacetCounts};
use super::schema::{self, AT, Fields, KIND};
use super::words::{self, Clause};
use super::{SearchError, snippet};

/// The most hits of one page.
const LIMIT_MAX: usize = 500;
/// Nobody pages further; every hit before the page is gathered and sorted again.
const OFFSET_MAX: usize = 10_000;
/// Words that the beginning of a word may stand for.
const EXPANSIONS_MAX: u32 = 1000;
/// Values given for one facet, the most frequent ones.
const VALUES_MAX: usize = 50;
/// How much a word in the title counts more than one in the body.
const TITLE_BOOST: f32 = 2.0;

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By time, the latest first.
    #[default]
    Newest,
    /// By how well the text fits (BM25), the best first. Without text: by time.
    Relevance,
}

/// A question to the index. The default finds everything, newest first, with a limit of 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What people type: words that all must occur (in title or body, whatever their case and
    /// accents), `"words in order"`, `begin*`, `-without`. Never wrong; what has no letter or
    /// digit is passed over, and so is everything after the 32nd part.
    pub text: String,
    /// Documents of one of these kinds; empty: of any.
    pub kinds: Vec<String>,
    /// Facets that must hold; of several values of one name, one must.
    pub facets: Vec<(String, String)>,
    /// Documents with one of these accesses, so none if empty; `None`: all.
    pub access: Option<Vec<String>>,
    /// Documents from this time on.
    pub from_ms: Option<i64>,
    /// Documents before this time.
    pub until_ms: Option<i64>,
    /// The order of hits.
    pub sort: Sort,
    /// Hits wanted, 1 to 500.
    pub limit: usize,
    /// Hits to pass over, at most 10,000.
    pub offset: usize,
    /// Names of facets whose values are to be counted; meant for those with few values. It costs
    /// about 30 ns for each document found, finding alone about 7 ns.
    pub count: Vec<String>,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The piece of its body that shows why it was found, else the beginning.
    pub snippet: Vec<SnippetPart>,
    /// Its time, in milliseconds since 1970 UTC.
    pub at_ms: i64,
}

/// A part of a snippet, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnippetPart {
    /// The text.
    pub text: String,
    /// Whether this is what was looked for.
    pub is_match: bool,
}

/// How often a value of a facet occurs among all documents found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// The number of documents.
    pub count: u64,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The hits wanted, in order.
    pub hits: Vec<Hit>,
    /// The number of all documents found.
    pub total: usize,
    /// For each name asked for, in that order: its 50 most frequent values.
    pub facets: Vec<(String, Vec<FacetCount>)>,
}

pub(super) fn search(
    index: &Index,
    searcher: &Searcher,
    fields: &Fields,
    query: &Query,
) -> Result<Page, SearchError> {
    let mut analyzer = index.tokenizer_for_field(fields.body)?;
    let clauses = words::parse(&query.text, &mut analyzer);
    let matcher = matcher(fields, query, &clauses);
    let is_by_score = query.sort == Sort::Relevance && !clauses.is_empty();
    let (total, places, counts) = collect(searcher, &*matcher, query, is_by_score)?;
    let mut hits = Vec::with_capacity(places.len());
    for place in places {
        let stored: TantivyDocument = searcher.doc(place)?;
        hits.push(hit(fields, &stored, &clauses, &mut analyzer));
    }
    let facets = query.count.iter().cloned().zip(counts.into_iter().map(most_frequent)).collect();
    Ok(Page { hits, total, facets })
}

fn collect(
    searcher: &Searcher,
    matcher: &dyn IndexQuery,
    query: &Query,
    is_by_score: bool,
) -> Result<(usize, Vec<DocAddress>, Counts), SearchError> {
    let top = TopDocs::with_limit(query.limit.clamp(1, LIMIT_MAX))
        .and_offset(query.offset.min(OFFSET_MAX));
    let counts = FacetCounts { names: &query.count };
    if is_by_score {
        let (total, hits, counts) =
            searcher.search(matcher, &(Count, top.order_by_score(), counts))?;
        return Ok((total, hits.into_iter().map(|(_, place)| place).collect(), counts));
    }
    let newest = top.order_by_fast_field::<i64>(AT, Order::Desc);
    let (total, hits, counts) = searcher.search(matcher, &(Count, newest, counts))?;
    Ok((total, hits.into_iter().map(|(_, place)| place).collect(), counts))
}

fn most_frequent(counts: std::collections::HashMap<String, u64>) -> Vec<FacetCount> {
    let mut values: Vec<FacetCount> =
        counts.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values.truncate(VALUES_MAX);
    values
}

fn hit(
    fields: &Fields,
    stored: &TantivyDocument,
    clauses: &[Clause],
    analyzer: &mut TextAnalyzer,
) -> Hit {
    let text = |field| stored.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
    Hit {
        id: text(fields.id).to_owned(),
        kind: text(fields.kind).to_owned(),
        title: text(fields.title).to_owned(),
        snippet: snippet::snippet(text(fields.body), clauses, analyzer),
        at_ms: stored.get_first(fields.at).and_then(|value| value.as_i64()).unwrap_or_default(),
    }
}

type BoxedQuery = Box<dyn IndexQuery>;

/// The conditions of a question, joined by "and".
fn matcher(fields: &Fields, query: &Query, clauses: &[Clause]) -> BoxedQuery {
    let mut parts: Vec<(Occur, BoxedQuery)> = clauses
        .iter()
        .map(|clause| {
            let occur = if clause.is_excluded { Occur::MustNot } else { Occur::Must };
            (occur, anywhere(fields, clause))
        })
        .collect();
    let mut require = |part: BoxedQuery| parts.push((Occur::Must, part));
    if !query.kinds.is_empty() {
        let kinds = query.kinds.iter().map(|kind| schema::facet(KIND, kind));
        require(one_of(fields.facets, kinds));
    }
    for (place, (name, _)) in query.facets.iter().enumerate() {
        // All values of a name at once, where the name occurs first.
        if query.facets[..place].iter().all(|(earlier, _)| earlier != name) {
            let same = query.facets.iter().filter(|(other, _)| other == name);
            let values = same.map(|(name, value)| schema::facet(name, value));
            require(one_of(fields.facets, values));
        }
    }
    if let Some(access) = &query.access {
        require(one_of(fields.access, access.iter().cloned()));
    }
    if query.from_ms.is_some() || query.until_ms.is_some() {
        let term = |ms: i64| Term::from_field_i64(fields.at, ms);
        let from = query.from_ms.map_or(Bound::Unbounded, |ms| Bound::Included(term(ms)));
        let until = query.until_ms.map_or(Bound::Unbounded, |ms| Bound::Excluded(term(ms)));
        require(Box::new(RangeQuery::new(from, until)));
    }
    if !parts.iter().any(|(occur, _)| *occur == Occur::Must) {
        // "Without" needs something to take away from.
        parts.push((Occur::Must, Box::new(AllQuery)));
    }
    if parts.len() == 1 { parts.remove(0).1 } else { Box::new(BooleanQuery::new(parts)) }
}

fn one_of(field: Field, values: impl Iterator<Item = String>) -> BoxedQuery {
    let mut terms: Vec<Term> = values.map(|value| Term::from_field_text(field, &value)).collect();
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
        _ => Box::new(TermSetQuery::new(terms)),
    }
}

/// A clause in the title or in the body.
fn anywhere(fields: &Fields, clause: &Clause) -> BoxedQuery {
    let title = BoostQuery::new(within(fields.title, clause), TITLE_BOOST);
    let body = within(fields.body, clause);
    Box::new(BooleanQuery::union(vec![Box::new(title), body]))
}

fn within(field: Field, clause: &Clause) -> BoxedQuery {
    let mut terms: Vec<Term> =
        clause.words.iter().map(|word| Term::from_field_text(field, word)).collect();
    if clause.is_prefix {
        let mut query = PhrasePrefixQuery::new(terms);
        query.set_max_expansions(EXPANSIONS_MAX);
        return Box::new(query);
    }
    if terms.len() == 1 {
        return Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::WithFreqs));
    }
    Box::new(PhraseQuery::new(terms))
}
