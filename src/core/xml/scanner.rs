//! Cuts XML text into its pieces without losing a byte.
//!
//! Must not know namespaces or well-formedness: the reader checks both before pieces are used.
//!
//! **Invariant:** the raw texts of all tokens, put together, are the source.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// `<name …>`
    Start,
    /// `<name …/>`
    Empty,
    /// `</name>`
    End,
    /// `<!DOCTYPE …`, given up to the end of the source.
    Doctype,
    /// Text, comments, CDATA and processing instructions.
    Other,
}

/// A piece of the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) piece: Piece,
    /// Its text, unchanged.
    pub(crate) raw: &'a str,
    /// Where it starts, in bytes.
    pub(crate) at: usize,
}

/// Gives the tokens of a source in order; always ends, also on malformed text.
pub(crate) struct Scanner<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Starts at the beginning of the source.
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = &self.source[self.at..];
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = measure(rest);
        let token = Token { piece, raw: &rest[..length], at: self.at };
        self.at += length;
        Some(token)
    }
}

/// Kind and length of the first token; what has no end reaches to the end of the text.
fn measure(rest: &str) -> (Piece, usize) {
    let closed_by = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("<!--") {
        return (Piece::Other, closed_by("-->"));
    }
    if rest.starts_with("<![CDATA[") {
        return (Piece::Other, closed_by("]]>"));
    }
    if rest.starts_with("<?") {
        return (Piece::Other, closed_by("?>"));
    }
    if rest.starts_with("<!") {
        return (Piece::Doctype, rest.len());
    }
    if rest.starts_with("</") {
        return (Piece::End, closed_by(">"));
    }
    if rest.starts_with('<') {
        let length = tag_length(rest);
        let is_empty = rest[..length].ends_with("/>");
        return (if is_empty { Piece::Empty } else { Piece::Start }, length);
    }
    (Piece::Other, rest.find('<').unwrap_or(rest.len()))
}

/// Length of a start tag: up to the first `>` outside quotes.
fn tag_length(rest: &str) -> usize {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::Piece::{Empty, End, Other, Start};
    use super::Scanner;

    #[test]
    fn pieces_put_together_are_the_source() {
        let source = "<?xml version=\"1.0\"?><a x='>' ><!-- <b> --><b/>t<![CDATA[</a>]]></a>";
        let tokens: Vec<_> = Scanner::new(source).collect();
        let joined: String = tokens.iter().map(|token| token.raw).collect();
        assert_eq!(joined, source);
        let pieces: Vec<_> = tokens.iter().map(|token| token.piece).collect();
        assert_eq!(pieces, [Other, Start, Other, Empty, Other, Other, End]);
    }

    #[test]
    fn unfinished_text_ends() {
        for source in ["<a", "<!--", "<![CDATA[", "<?", "</", "<a x=\"", "<!DOCTYPE"] {
            assert_eq!(Scanner::new(source).count(), 1, "{source}");
        }
    }
}
