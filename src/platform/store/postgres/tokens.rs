//! SQL text cut into tokens: enough to rewrite it, not to understand it.
//!
//! Knows nothing of what the rewriting is for.
//!
//! **Invariant:** what stands in string literals, quoted names and comments is never rewritten.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, name or number.
    Word,
    /// A placeholder, `?1` being 1.
    Parameter(usize),
    /// `'text'` or `"name"`.
    Quoted,
    /// One character of anything else.
    Symbol,
}

/// A token and whether something separates it from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    pub(super) has_gap: bool,
}

impl Token<'_> {
    /// Whether this is a keyword, in any case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether this is a symbol.
    pub(super) fn is_symbol(&self, symbol: char) -> bool {
        self.kind == Kind::Symbol && self.text.starts_with(symbol)
    }
}

/// Cuts a text into tokens. Comments vanish, but `/*postgres … */` gives what it holds.
pub(super) fn tokenize(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    let mut has_gap = false;
    while let Some(first) = rest.chars().next() {
        let length = skipped_length(rest);
        if length > 0 {
            if let Some(inside) = postgres_only(&rest[..length]) {
                tokens.extend(tokenize(inside));
            }
            has_gap = true;
            rest = &rest[length..];
            continue;
        }
        let (kind, length) = measure(rest, first);
        tokens.push(Token { kind, text: &rest[..length], has_gap });
        has_gap = false;
        rest = &rest[length..];
    }
    tokens
}

/// Puts tokens together again, each in the words that `write` gives for it.
pub(super) fn render(tokens: &[Token<'_>], mut write: impl FnMut(&Token<'_>) -> String) -> String {
    let mut sql = String::new();
    for token in tokens {
        if token.has_gap && !sql.is_empty() {
            sql.push(' ');
        }
        sql.push_str(&write(token));
    }
    sql
}

/// The index of the first token that stands in no brackets and passes the test.
pub(super) fn find_outside(
    tokens: &[Token<'_>],
    mut test: impl FnMut(&Token<'_>) -> bool,
) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        if token.is_symbol(')') {
            depth = depth.saturating_sub(1);
        }
        let is_found = depth == 0 && test(token);
        if token.is_symbol('(') {
            depth += 1;
        }
        is_found
    })
}

/// The parts between separators that stand in no brackets.
pub(super) fn split_outside<'t, 's>(
    mut tokens: &'t [Token<'s>],
    test: impl Fn(&Token<'_>) -> bool,
) -> Vec<&'t [Token<'s>]> {
    let mut parts = Vec::new();
    while let Some(at) = find_outside(tokens, &test) {
        parts.push(&tokens[..at]);
        tokens = &tokens[at + 1..];
    }
    parts.push(tokens);
    parts
}

/// Length of the white space or comment that the text starts with.
fn skipped_length(text: &str) -> usize {
    if text.starts_with("--") {
        text.find('\n').unwrap_or(text.len())
    } else if text.starts_with("/*") {
        text.find("*/").map_or(text.len(), |at| at + 2)
    } else {
        text.len() - text.trim_start().len()
    }
}

fn postgres_only(comment: &str) -> Option<&str> {
    let inside = comment.strip_prefix("/*postgres")?.strip_suffix("*/")?;
    inside.starts_with(char::is_whitespace).then_some(inside)
}

fn measure(text: &str, first: char) -> (Kind, usize) {
    match first {
        '\'' | '"' => (Kind::Quoted, quoted_length(text, first)),
        '?' => {
            let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
            match text[1..=digits].parse() {
                Ok(number) => (Kind::Parameter(number), 1 + digits),
                Err(_) => (Kind::Symbol, 1),
            }
        }
        _ if is_word_part(first) => {
            (Kind::Word, text.find(|part| !is_word_part(part)).unwrap_or(text.len()))
        }
        _ => (Kind::Symbol, first.len_utf8()),
    }
}

/// A doubled quote ends one literal and starts the next, which comes to the same.
fn quoted_length(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |at| at + 2)
}

fn is_word_part(part: char) -> bool {
    part == '_' || part.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::{Kind, render, tokenize};

    fn round_trip(sql: &str) -> String {
        render(&tokenize(sql), |token| token.text.to_owned())
    }

    #[test]
    fn literals_and_quoted_names_stay_whole() {
        let sql = "SELECT 'it''s ?1 -- no', \"a ?2\" FROM t";
        assert_eq!(round_trip(sql), sql);
        assert!(tokenize(sql).iter().all(|token| !matches!(token.kind, Kind::Parameter(_))));
    }

    #[test]
    fn comments_vanish_but_those_for_postgres_stay() {
        let sql = "SELECT 1 -- one ?1\n /* two ?2 */ FROM t /*postgres FOR UPDATE */";
        assert_eq!(round_trip(sql), "SELECT 1 FROM t FOR UPDATE");
    }

    #[test]
    fn broken_text_is_cut_without_panic() {
        for sql in ["'open", "\"", "/* open", "--", "?", "é?99999999999999999999", "/*postgres */"]
        {
            tokenize(sql);
        }
    }

    #[test]
    fn operators_keep_their_shape() {
        let sql = "SELECT a->>'b', c::text <> ?12 AND d>=-1";
        assert_eq!(round_trip(sql), sql);
    }
}
