//! The piece of a text that shows why it was found.
//!
//! Knows no HTML: what is to stand out is marked, and the page decides how.

use tantivy::tokenizer::TextAnalyzer;

use super::query::SnippetPart;
use super::words::Clause;

/// About two lines on a page.
const LENGTH: usize = 200;
/// How much stands before the first word that was looked for.
const LEAD: usize = 40;

/// Cuts the piece with the most of the words looked for out of the text.
pub(super) fn snippet(
    text: &str,
    clauses: &[Clause],
    analyzer: &mut TextAnalyzer,
) -> Vec<SnippetPart> {
    let mut marks = Vec::new();
    if !clauses.is_empty() {
        analyzer.token_stream(text).process(&mut |token| {
            if clauses.iter().any(|clause| clause.touches(&token.text)) {
                marks.push((token.offset_from, token.offset_to));
            }
        });
    }
    let (start, end) = window(text, &marks);
    let mut parts = Vec::new();
    if start > 0 {
        push(&mut parts, "…", false);
    }
    let mut done = start;
    for &(from, to) in marks.iter().filter(|(from, to)| *from >= start && *to <= end) {
        push(&mut parts, &text[done..from], false);
        push(&mut parts, &text[from..to], true);
        done = to;
    }
    push(&mut parts, &text[done..end], false);
    if end < text.len() {
        push(&mut parts, "…", false);
    }
    parts
}

fn push(parts: &mut Vec<SnippetPart>, text: &str, is_match: bool) {
    match parts.last_mut() {
        Some(last) if last.is_match == is_match => last.text.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(SnippetPart { text: text.to_owned(), is_match }),
    }
}

/// The window that begins shortly before the mark with the most marks after it.
fn window(text: &str, marks: &[(usize, usize)]) -> (usize, usize) {
    let mut best = (0, 0);
    let mut after = 0;
    for (place, (from, _)) in marks.iter().enumerate() {
        while marks.get(after).is_some_and(|(_, to)| *to <= from + LENGTH - LEAD) {
            after += 1;
        }
        if after - place.min(after) > best.0 {
            best = (after - place, *from);
        }
    }
    let start = word_start(text, best.1.saturating_sub(LEAD), best.1);
    (start, word_end(text, start + LENGTH, start))
}

/// The first begin of a word from `near` on, but not behind `latest`.
fn word_start(text: &str, near: usize, latest: usize) -> usize {
    if near == 0 {
        return 0;
    }
    let near = text.ceil_char_boundary(near);
    let gap = text[near..latest.max(near)].find(char::is_whitespace);
    gap.map_or(latest, |gap| {
        let after = &text[near + gap..];
        near + gap + (after.len() - after.trim_start().len())
    })
    .min(latest)
}

/// The last end of a word before `near`, or `near` itself within one very long word.
fn word_end(text: &str, near: usize, start: usize) -> usize {
    if near >= text.len() {
        return text.len();
    }
    let near = text.floor_char_boundary(near);
    text[start..near].rfind(char::is_whitespace).map_or(near, |gap| start + gap)
}
