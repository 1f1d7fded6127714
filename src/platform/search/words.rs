//! What people type into a search box, as a list of things to look for.
//!
//! Knows no index. There is no wrong text: what can't be understood is passed over.

use tantivy::tokenizer::TextAnalyzer;

/// More of a text than anybody means; it bounds the work of one search.
const CLAUSES_MAX: usize = 32;

/// One thing to look for: a word, or words that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    /// At least one, as the index spells them.
    pub(super) words: Vec<String>,
    /// Whether the last word may go on.
    pub(super) is_prefix: bool,
    /// Whether documents with it are left out.
    pub(super) is_excluded: bool,
}

impl Clause {
    /// Whether this word of a text, as the index spells it, is (part of) what is looked for.
    pub(super) fn touches(&self, word: &str) -> bool {
        let is_start = |prefix: &String| self.is_prefix && word.starts_with(prefix.as_str());
        !self.is_excluded
            && (self.words.iter().any(|wanted| wanted == word)
                || self.words.last().is_some_and(is_start))
    }
}

/// Reads the text: `word`, `"words in order"`, `star*`, `-without`.
pub(super) fn parse(text: &str, analyzer: &mut TextAnalyzer) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() && clauses.len() < CLAUSES_MAX {
        let is_excluded = rest.starts_with('-');
        rest = rest.strip_prefix('-').unwrap_or(rest);
        let (content, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find([' ', '\t', '\n', '\r', '"']).unwrap_or(rest.len())),
        };
        let is_prefix = content.ends_with('*') || after.starts_with('*');
        let words = words(content, analyzer);
        if !words.is_empty() {
            clauses.push(Clause { words, is_prefix, is_excluded });
        }
        rest = after.trim_start_matches('*').trim_start();
    }
    clauses
}

fn words(text: &str, analyzer: &mut TextAnalyzer) -> Vec<String> {
    let mut words = Vec::new();
    analyzer.token_stream(text).process(&mut |token| words.push(token.text.clone()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::search::schema;

    /// Shows clauses as `-` for excluded, words joined by `+`, `*` for a prefix.
    fn check(text: &str, expected: &str) {
        let clauses = parse(text, &mut schema::analyzer());
        let shown: Vec<String> = clauses
            .iter()
            .map(|clause| {
                let minus = if clause.is_excluded { "-" } else { "" };
                let star = if clause.is_prefix { "*" } else { "" };
                format!("{minus}{}{star}", clause.words.join("+"))
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "for {text:?}");
    }

    #[test]
    fn people_may_type_anything() {
        check("", "");
        check("  Überweisung  FÄLLIG ", "uberweisung fallig");
        check("\"order 42\" invoice", "order+42 invoice");
        check("anna@example.com", "anna+example+com");
        check("inv* -draft -\"not yet\"", "inv* -draft -not+yet");
        check("\"trip to be\"*", "trip+to+be*");
        check("\"never closed", "never+closed");
        check("a\"b c\"d", "a b+c d");
        check("- -- * ** \" \"\" \"\"\" ?! AND OR ( ) : ^ ~ [", "and or");
        check("field:value^2", "field+value+2");
        check(&"x".repeat(101), "");
        check(&"a ".repeat(100), "a ".repeat(32).trim_end());
    }
}
