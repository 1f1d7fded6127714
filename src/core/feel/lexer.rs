//! Cuts a source into tokens: words, numbers, texts, symbols.
//! It knows nothing of grammar; which words make one name is the parser's business.

use std::sync::Arc;

use crate::core::feel::error::ParseError;
use crate::core::feel::evaluation::Span;
use crate::core::feel::number::Number;

/// Longer sources are refused before they are read: no expression a person writes comes near.
const SOURCE_BYTES_MAX: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A keyword or a part of a name.
    Word,
    /// A whole name in backticks.
    QuotedName(Arc<str>),
    Number(Number),
    Text(Arc<str>),
    /// The text of `@"…"`.
    Temporal(Arc<str>),
    Symbol(&'static str),
    End,
}

/// Longest first where one begins another.
const SYMBOLS: [&str; 27] = [
    "**", "..", "->", "<=", ">=", "!=", "+", "-", "*", "/", "=", "<", ">", "(", ")", "[", "]", "{",
    "}", ",", ":", ".", "|", "&", "%", "!", ";",
];

pub(crate) fn tokenize(source: &str) -> Result<Vec<Token>, ParseError> {
    if source.len() > SOURCE_BYTES_MAX {
        let span = Span { start: SOURCE_BYTES_MAX, end: source.len() };
        return Err(ParseError::new(source, span, "expected an expression of at most 1 MiB"));
    }
    let mut lexer = Lexer { source, position: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let start = lexer.position;
        let kind = lexer.token()?;
        let is_end = kind == TokenKind::End;
        tokens.push(Token { kind, span: Span { start, end: lexer.position } });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, start: usize, message: &str) -> ParseError {
        let end = self.position.max(start);
        ParseError::new(self.source, Span { start, end }, message)
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            self.take_while(is_blank);
            let start = self.position;
            if self.rest().starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if let Some(body) = self.rest().strip_prefix("/*") {
                let Some(length) = body.find("*/") else {
                    self.position = self.source.len();
                    return Err(self.error(start, "expected `*/` to end the comment"));
                };
                self.position += length + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.position;
        let Some(first) = self.peek() else {
            return Ok(TokenKind::End);
        };
        let begins_fraction =
            first == '.' && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit());
        match first {
            '"' => self.text().map(TokenKind::Text),
            '@' => {
                self.position += 1;
                if self.peek() != Some('"') {
                    return Err(
                        self.error(start, "expected `@` to be followed by a text in quotes")
                    );
                }
                self.text().map(TokenKind::Temporal)
            }
            '`' => self.quoted_name(),
            '0'..='9' => self.number(),
            '.' if begins_fraction => self.number(),
            '?' if !self.rest()[1..].starts_with(is_name_part) => {
                self.position += 1;
                Ok(TokenKind::Word)
            }
            _ if is_name_start(first) => {
                self.word();
                Ok(TokenKind::Word)
            }
            _ => self.symbol(first),
        }
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind, ParseError> {
        let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) else {
            let start = self.position;
            self.position += first.len_utf8();
            return Err(self.error(start, &format!("expected an expression, found `{first}`")));
        };
        self.position += symbol.len();
        Ok(TokenKind::Symbol(symbol))
    }

    /// Letters and digits; an apostrophe between them belongs to the word, as in `Mike's`.
    fn word(&mut self) {
        loop {
            self.take_while(is_name_part);
            let inner = self.rest().strip_prefix('\'');
            if inner.is_some_and(|rest| rest.starts_with(is_name_part)) {
                self.position += 1;
            } else {
                return;
            }
        }
    }

    fn quoted_name(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.position;
        self.position += 1;
        let name = self.take_while(|c| c != '`');
        if self.peek().is_none() || name.is_empty() {
            return Err(self.error(start, "expected a name between two backticks"));
        }
        self.position += 1;
        Ok(TokenKind::QuotedName(Arc::from(name)))
    }

    fn number(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.position;
        let is_digit = |c: char| c.is_ascii_digit();
        self.take_while(is_digit);
        if self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(is_digit)) {
            self.position += 1;
            self.take_while(is_digit);
        }
        if let Some(exponent) = self.rest().strip_prefix(['e', 'E']) {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if unsigned.starts_with(is_digit) {
                self.position += 1 + exponent.len() - unsigned.len();
                self.take_while(is_digit);
            }
        }
        let text = &self.source[start..self.position];
        let number =
            text.parse().map_err(|_| self.error(start, "expected a number within range"))?;
        Ok(TokenKind::Number(number))
    }

    fn text(&mut self) -> Result<Arc<str>, ParseError> {
        let start = self.position;
        self.position += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != '"' && c != '\\'));
            match self.peek() {
                None => return Err(self.error(start, "expected `\"` to end the text")),
                Some('"') => {
                    self.position += 1;
                    return Ok(Arc::from(text));
                }
                Some(_) => self.escape(&mut text)?,
            }
        }
    }

    /// `\n \r \t \" \' \\ \uXXXX \UXXXXXX`; before any other character a backslash stands for
    /// itself, so that regular expressions read as written.
    fn escape(&mut self, text: &mut String) -> Result<(), ParseError> {
        let start = self.position;
        self.position += 1;
        let Some(letter) = self.peek() else {
            text.push('\\');
            return Ok(());
        };
        self.position += letter.len_utf8();
        match letter {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '"' | '\'' | '\\' => text.push(letter),
            'u' => text.push(self.code_point(start, 4)?),
            'U' => text.push(self.code_point(start, 6)?),
            _ => {
                text.push('\\');
                text.push(letter);
            }
        }
        Ok(())
    }

    fn code_point(&mut self, start: usize, length: usize) -> Result<char, ParseError> {
        let first = self.hex(start, length)?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first)
                .ok_or_else(|| self.error(start, "expected the code of a character"));
        }
        // A pair of UTF-16 surrogates writes one character in two escapes.
        let low = if self.rest().starts_with("\\u") {
            self.position += 2;
            self.hex(start, 4)?
        } else {
            0
        };
        let pair = [first, low].map(|unit| u16::try_from(unit).unwrap_or_default());
        match char::decode_utf16(pair).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(self.error(start, "expected the second half of a surrogate pair")),
        }
    }

    fn hex(&mut self, start: usize, length: usize) -> Result<u32, ParseError> {
        let digits = self.rest().get(..length).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| {
            self.error(start, &format!("expected {length} hexadecimal digits in the escape"))
        })?;
        self.position += length;
        Ok(code)
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{180E}' | '\u{200B}' | '\u{FEFF}')
}

/// The letters a name may begin with (DMN 1.5, 10.3.1.2, rule 28).
fn is_name_start(c: char) -> bool {
    matches!(c,
        '?' | '_' | 'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
        && !is_blank(c)
}

fn is_name_part(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
