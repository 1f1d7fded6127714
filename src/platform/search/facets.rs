//! Counts how often each value of a facet occurs among the documents found.
//!
//! Knows nothing of queries: it is told of each document that was found.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{StrColumn, TermOrdHit};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::schema::FACETS;

/// The facets to count, by name.
pub(super) struct FacetCounts<'a> {
    pub(super) names: &'a [String],
}

/// For each name in order: how often each value occurs.
pub(super) type Counts = Vec<HashMap<String, u64>>;

impl Collector for FacetCounts<'_> {
    type Fruit = Counts;
    type Child = SegmentCounts;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentCounts> {
        let column =
            if self.names.is_empty() { None } else { segment.fast_fields().str(FACETS)? };
        let mut tallies = Vec::new();
        if let Some(column) = &column {
            for name in self.names {
                tallies.push(Tally::new(name, column)?);
            }
        }
        Ok(SegmentCounts { column, tallies })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Counts> {
        let mut merged = vec![HashMap::new(); self.names.len()];
        for segment in segments {
            for (total, counts) in merged.iter_mut().zip(segment?) {
                for (value, count) in counts {
                    *total.entry(value).or_insert(0) += count;
                }
            }
        }
        Ok(merged)
    }
}

/// The values of one name: they lie next to each other in the sorted dictionary of all facets.
struct Tally {
    prefix_bytes: usize,
    ordinals: Range<u64>,
    counts: Vec<u64>,
}

impl Tally {
    fn new(name: &str, column: &StrColumn) -> tantivy::Result<Self> {
        // '>' is the character after '='.
        let start = first_ordinal(column, &format!("{name}="))?;
        let stop = first_ordinal(column, &format!("{name}>"))?.max(start);
        let width = usize::try_from(stop - start).unwrap_or(0);
        Ok(Self { prefix_bytes: name.len() + 1, ordinals: start..stop, counts: vec![0; width] })
    }

    fn add(&mut self, ordinal: u64) {
        let place = ordinal.checked_sub(self.ordinals.start).and_then(|n| usize::try_from(n).ok());
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
    }

    fn values(&self, column: &StrColumn) -> tantivy::Result<HashMap<String, u64>> {
        let mut values = HashMap::new();
        for (ordinal, count) in self.ordinals.clone().zip(&self.counts) {
            let mut term = String::new();
            if *count > 0 && column.ord_to_str(ordinal, &mut term)? {
                values.insert(term.split_off(self.prefix_bytes), *count);
            }
        }
        Ok(values)
    }
}

/// The place of the first value from `key` on, or the place behind the last one.
fn first_ordinal(column: &StrColumn, key: &str) -> tantivy::Result<u64> {
    let dictionary = column.dictionary();
    let (TermOrdHit::Exact(ordinal) | TermOrdHit::Next(ordinal)) =
        dictionary.term_ord_or_next(key)?;
    Ok(ordinal.min(dictionary.num_terms() as u64))
}

/// Counts within one part of the index.
pub(super) struct SegmentCounts {
    column: Option<StrColumn>,
    tallies: Vec<Tally>,
}

impl SegmentCollector for SegmentCounts {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, doc: DocId, _: Score) {
        let Some(column) = &self.column else { return };
        for ordinal in column.term_ords(doc) {
            for tally in &mut self.tallies {
                tally.add(ordinal);
            }
        }
    }

    fn harvest(self) -> tantivy::Result<Counts> {
        let Some(column) = &self.column else { return Ok(Vec::new()) };
        self.tallies.iter().map(|tally| tally.values(column)).collect()
    }
}
