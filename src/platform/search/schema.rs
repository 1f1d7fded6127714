//! The fields of the index, and how text becomes words.
//!
//! Knows no query.

use tantivy::TantivyDocument;
use tantivy::schema::{
    Field, IndexRecordOption, NumericOptions, STORED, Schema, SchemaBuilder, TextFieldIndexing,
    TextOptions,
};
use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer,
};

use super::Document;

/// Name of the way text becomes words, as the index stores it.
pub(super) const WORDS: &str = "flowstead_words";
/// Names of the fields that are read as columns.
pub(super) const AT: &str = "at";
pub(super) const FACETS: &str = "facets";
/// The facet that a document's kind becomes.
pub(super) const KIND: &str = "kind";

/// Longer words are no words: they would only swell the index.
const WORD_BYTES_MAX: usize = 100;
/// Text beyond it is cut off; more is a file, and few would look for its later words.
const BODY_BYTES_MAX: usize = 256 * 1024;
const FACET_BYTES_MAX: usize = 256;

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) title: Field,
    pub(super) body: Field,
    pub(super) at: Field,
    pub(super) facets: Field,
    pub(super) access: Field,
    pub(super) kind: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let exact = || {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic);
        TextOptions::default().set_indexing_options(indexing)
    };
    let words = TextFieldIndexing::default()
        .set_tokenizer(WORDS)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(words).set_stored();
    let mut builder = SchemaBuilder::new();
    let fields = Fields {
        id: builder.add_text_field("id", exact().set_stored()),
        title: builder.add_text_field("title", text.clone()),
        body: builder.add_text_field("body", text),
        at: builder.add_i64_field(AT, NumericOptions::default().set_fast().set_stored()),
        facets: builder.add_text_field(FACETS, exact().set_fast("raw")),
        access: builder.add_text_field("access", exact()),
        kind: builder.add_text_field(KIND, STORED),
    };
    (builder.build(), fields)
}

/// Lower case, without accents, split at everything that is neither letter nor digit.
pub(super) fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// A facet as it stands in the index.
pub(super) fn facet(name: &str, value: &str) -> String {
    format!("{name}={}", cut(value, FACET_BYTES_MAX))
}

impl Fields {
    pub(super) fn document(&self, document: Document) -> TantivyDocument {
        let mut stored = TantivyDocument::default();
        stored.add_text(self.facets, facet(KIND, &document.kind));
        for (name, value) in &document.facets {
            stored.add_text(self.facets, facet(name, value));
        }
        for access in document.access {
            stored.add_text(self.access, access);
        }
        stored.add_text(self.id, document.id);
        stored.add_text(self.kind, document.kind);
        stored.add_text(self.title, document.title);
        stored.add_text(self.body, cut(&document.body, BODY_BYTES_MAX));
        stored.add_i64(self.at, document.at_ms);
        stored
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
