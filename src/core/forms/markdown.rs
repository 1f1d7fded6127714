//! A small markdown, turned into HTML that can't do harm.
//!
//! Must not know forms: text in, HTML out.
//!
//! **Invariant:** every character of the source that isn't one of our own marks is escaped, and
//! the only attribute with foreign content is `href`, of the schemes http, https and mailto.

/// Marks inside each other, such as bold in a link; deeper ones stay text.
const NESTING_MAX: usize = 6;
/// Longest search for a closing mark, in bytes: bounds the work on a source full of opening ones.
const SPAN_BYTES_MAX: usize = 1_000;

/// Stands for a line break until inline marks are read; taken out of the source before.
const LINE_BREAK: char = '\u{1}';

/// Renders headings, paragraphs, lists (nested by indentation), quotes, fenced and inline code,
/// rules, bold, italic and links. HTML in the source is shown as text.
#[must_use]
pub fn render_markdown(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + source.len() / 4);
    let source = source.replace(LINE_BREAK, "");
    let lines: Vec<&str> = source.lines().collect();
    let mut rest = lines.as_slice();
    while let Some(line) = rest.first() {
        let taken = match Block::of(line) {
            Block::Blank => 1,
            Block::Rule => {
                out.push_str("<hr>\n");
                1
            }
            Block::Heading(level, text) => {
                out.push_str(&element(&format!("h{level}"), &inline(text)));
                out.push('\n');
                1
            }
            Block::Fence => fence(rest, &mut out),
            Block::Quote => quote(rest, &mut out),
            Block::Item => list(rest, &mut out),
            Block::Text => paragraph(rest, &mut out),
        };
        rest = &rest[taken..];
    }
    out
}

/// What a line begins.
enum Block<'a> {
    Blank,
    Rule,
    Heading(usize, &'a str),
    Fence,
    Quote,
    Item,
    Text,
}

/// A line of a list.
struct Item<'a> {
    indent: usize,
    is_ordered: bool,
    text: &'a str,
}

impl<'a> Block<'a> {
    fn of(line: &'a str) -> Self {
        let text = line.trim();
        let level = text.bytes().take_while(|b| *b == b'#').count();
        if text.is_empty() {
            Self::Blank
        } else if text.len() >= 3 && ["-", "*", "_"].iter().any(|m| text.replace(m, "").is_empty())
        {
            Self::Rule
        } else if (1..=6).contains(&level) && text[level..].starts_with(' ') {
            Self::Heading(level, text[level..].trim().trim_end_matches('#').trim_end())
        } else if text.starts_with("```") {
            Self::Fence
        } else if text.starts_with('>') {
            Self::Quote
        } else {
            Item::of(line).map_or(Self::Text, |_| Self::Item)
        }
    }
}

impl<'a> Item<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Some(text) = ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark)) {
            return Some(Self { indent, is_ordered: false, text: text.trim() });
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let text =
            text[digits..].strip_prefix(". ").or_else(|| text[digits..].strip_prefix(") "))?;
        (1..=9).contains(&digits).then(|| Self { indent, is_ordered: true, text: text.trim() })
    }

    fn tag(&self) -> &'static str {
        if self.is_ordered { "ol" } else { "ul" }
    }
}

fn paragraph(lines: &[&str], out: &mut String) -> usize {
    let ends = |line: &&&str| matches!(Block::of(line), Block::Text);
    let taken = 1 + lines[1..].iter().take_while(ends).count();
    let text: Vec<_> = lines[..taken].iter().map(|line| hard_break(line)).collect();
    let html = inline(text.join("\n").trim()).replace(LINE_BREAK, "<br>");
    out.push_str(&element("p", &html));
    out.push('\n');
    taken
}

/// Two spaces or a backslash at the end of a line break it.
fn hard_break(line: &str) -> String {
    let text = line.trim_start();
    match text.strip_suffix("  ").or_else(|| text.strip_suffix('\\')) {
        Some(start) => format!("{}{LINE_BREAK}", start.trim_end()),
        None => text.trim_end().to_owned(),
    }
}

fn fence(lines: &[&str], out: &mut String) -> usize {
    let is_inside = |line: &&&str| !line.trim().starts_with("```");
    let inside = lines[1..].iter().take_while(is_inside).count();
    let code = lines[1..=inside].join("\n");
    out.push_str(&element("pre", &element("code", &escape(&code))));
    out.push('\n');
    (inside + 2).min(lines.len())
}

fn quote(lines: &[&str], out: &mut String) -> usize {
    let taken = lines.iter().take_while(|line| matches!(Block::of(line), Block::Quote)).count();
    let inner = lines[..taken].iter().map(|line| line.trim().trim_start_matches('>').trim());
    let text = inner.collect::<Vec<_>>().join("\n");
    out.push_str(&element("blockquote", &element("p", &inline(&text))));
    out.push('\n');
    taken
}

fn list(lines: &[&str], out: &mut String) -> usize {
    let items: Vec<_> = lines.iter().map_while(|line| Item::of(line)).collect();
    let mut open: Vec<(usize, &'static str)> = Vec::new();
    for item in &items {
        while open.len() > 1 && open.last().is_some_and(|(indent, _)| item.indent < *indent) {
            close_list(&mut open, out);
        }
        match open.last() {
            Some((indent, _)) if item.indent >= indent + 2 && open.len() < NESTING_MAX => {
                open_list(item, &mut open, out);
            }
            Some((_, tag)) if *tag == item.tag() => out.push_str("</li>\n"),
            Some(_) => {
                close_list(&mut open, out);
                open_list(item, &mut open, out);
            }
            None => open_list(item, &mut open, out),
        }
        out.push_str("<li>");
        spans(item.text, 0, out);
    }
    while !open.is_empty() {
        close_list(&mut open, out);
    }
    out.push('\n');
    items.len()
}

fn open_list(item: &Item<'_>, open: &mut Vec<(usize, &'static str)>, out: &mut String) {
    out.extend(["<", item.tag(), ">\n"]);
    open.push((item.indent, item.tag()));
}

fn close_list(open: &mut Vec<(usize, &'static str)>, out: &mut String) {
    if let Some((_, tag)) = open.pop() {
        out.extend(["</li>\n</", tag, ">"]);
    }
}

/// An element of a tag of ours; the content is HTML already.
fn element(tag: &str, content: &str) -> String {
    format!("<{tag}>{content}</{tag}>")
}

fn inline(text: &str) -> String {
    let mut out = String::new();
    spans(text, 0, &mut out);
    out
}

/// One mark after the other; what closes nothing stays text.
fn spans(text: &str, depth: usize, out: &mut String) {
    let mut plain = 0;
    let mut at = 0;
    while at < text.len() {
        let Some(step) = span(text, at, depth) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        out.push_str(&escape(&text[plain..at]));
        out.push_str(&step.html);
        at += step.length;
        plain = at;
    }
    out.push_str(&escape(&text[plain..]));
}

/// A mark and what it encloses.
struct Span {
    html: String,
    length: usize,
}

fn span(text: &str, at: usize, depth: usize) -> Option<Span> {
    let rest = &text[at..];
    match rest.as_bytes()[0] {
        b'\\' => escaped(rest),
        b'`' => code(rest),
        _ if depth >= NESTING_MAX => None,
        b'[' => link(rest, depth),
        b'*' => emphasis(rest, "**", "strong", depth).or_else(|| emphasis(rest, "*", "em", depth)),
        b'_' if !text[..at].ends_with(char::is_alphanumeric) => {
            emphasis(rest, "__", "strong", depth).or_else(|| emphasis(rest, "_", "em", depth))
        }
        _ => None,
    }
}

fn escaped(rest: &str) -> Option<Span> {
    let mark = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
    Some(Span { html: escape(mark.encode_utf8(&mut [0; 4])), length: 2 })
}

fn code(rest: &str) -> Option<Span> {
    let marks = rest.bytes().take_while(|b| *b == b'`').count();
    let end = marks + within_reach(&rest[marks..]).find(&rest[..marks])?;
    let html = element("code", &escape(rest[marks..end].trim()));
    Some(Span { html, length: end + marks })
}

fn emphasis(rest: &str, mark: &str, tag: &str, depth: usize) -> Option<Span> {
    let inner = rest.strip_prefix(mark)?;
    let end = closing_mark(inner, mark)?;
    let mut content = String::new();
    spans(&inner[..end], depth + 1, &mut content);
    Some(Span { html: element(tag, &content), length: end + 2 * mark.len() })
}

/// Where the mark closes: not behind a space, not doubled, and for `_` not inside a word.
fn closing_mark(inner: &str, mark: &str) -> Option<usize> {
    if inner.starts_with(char::is_whitespace) || inner.starts_with(mark) {
        return None;
    }
    let reach = within_reach(inner);
    let mut from = 0;
    while let Some(found) = reach[from..].find(mark) {
        let mut end = from + found;
        // Of three marks in a row the last two close: the first belongs to what is inside.
        if mark.len() == 2 && inner[end + 2..].starts_with(&mark[..1]) {
            end += 1;
        }
        let (before, after) = (&inner[..end], &inner[end + mark.len()..]);
        let is_doubled = mark.len() == 1 && (after.starts_with(mark) || before.ends_with(mark));
        let is_in_word = mark.starts_with('_') && after.starts_with(char::is_alphanumeric);
        let is_loose = before.is_empty() || before.ends_with(char::is_whitespace);
        if !is_doubled && !is_in_word && !is_loose && !before.ends_with('\\') {
            return Some(end);
        }
        from = end + mark.len();
    }
    None
}

fn link(rest: &str, depth: usize) -> Option<Span> {
    let reach = within_reach(rest);
    let middle = reach.find("](")?;
    let label = &rest[1..middle];
    let end = middle + reach[middle..].find(')')?;
    let target = rest[middle + 2..end].split_whitespace().next().unwrap_or_default();
    if label.contains('[') || label.trim().is_empty() || !is_safe_target(target) {
        return None;
    }
    let target = escape(target);
    let mut html = format!("<a href=\"{target}\" rel=\"noopener noreferrer nofollow\">");
    spans(label, depth + 1, &mut html);
    html.push_str("</a>");
    Some(Span { html, length: end + 1 })
}

fn is_safe_target(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    let is_known = ["http://", "https://", "mailto:"].iter().any(|scheme| {
        lower.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    });
    is_known && !lower.chars().any(char::is_control)
}

/// The part of a text in which a closing mark is looked for.
fn within_reach(text: &str) -> &str {
    let end = text.len().min(SPAN_BYTES_MAX);
    let end = (0..=end).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
    &text[..end]
}

/// Escapes what HTML reads as marks, in texts and in quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' | LINE_BREAK => out.push(character),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
