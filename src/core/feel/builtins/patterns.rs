//! Built-ins on regular expressions, in linear time.
//! It knows nothing of other text functions. Patterns are those of `XPath` (DMN 1.5, 10.3.4.3)
//! without back references, which no engine matches in linear time.

use std::collections::HashMap;

use regex::{Captures, Regex, RegexBuilder};

use super::Bound;
use crate::core::feel::evaluator::{Evaluator, Outcome, null};
use crate::core::feel::value::Value;

/// A compiled pattern up to this size is cheap to run; most that people write are.
const SMALL_BYTES_MAX: usize = 1 << 15;
/// Enough for counted repetitions of letters of all scripts; `(a{999}){999}` is refused.
const COMPILED_BYTES_MAX: usize = 1 << 20;
/// Fuel by byte of text, for small and for great patterns: in the worst case the engine looks at
/// every state of the pattern for every byte.
const SMALL_COST: usize = 1;
const GREAT_COST: usize = 64;
const NESTING_MAX: u32 = 50;
/// What compiling costs in fuel, at least and by byte of the pattern.
const COMPILE_BASE_COST: usize = 2_000;
const COMPILE_COST: usize = 200;
const CACHED_MAX: usize = 16;

/// The compiled patterns of one evaluation, so that a loop compiles once.
#[derive(Default)]
pub(crate) struct Patterns(HashMap<(String, String), Compiled>);

#[derive(Clone)]
struct Compiled {
    regex: Regex,
    cost: usize,
}

pub(super) fn matches(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    let regex = compiled(evaluator, arguments, 2, text)?;
    Ok(Value::Boolean(regex.is_match(text)))
}

pub(super) fn replace(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let (text, replacement) = (arguments.text(0)?, arguments.text(2)?);
    let regex = compiled(evaluator, arguments, 3, text)?;
    if regex.is_match("") {
        return null("expected a pattern that needs at least one character");
    }
    if !is_replacement(replacement) {
        return null("expected `$` before a digit, and `\\\\` before `$` or itself");
    }
    let (mut result, mut end) = (String::new(), 0);
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        evaluator.charge(1 + replacement.len() / 16)?;
        result.push_str(&text[end..whole.start()]);
        push_replacement(&mut result, replacement, &captures);
        evaluator.check_text(result.len())?;
        end = whole.end();
    }
    result.push_str(&text[end..]);
    Ok(evaluator.text(&result)?)
}

pub(super) fn split(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    let regex = compiled(evaluator, arguments, 2, text)?;
    let mut parts = Vec::new();
    for part in regex.split(text) {
        parts.push(evaluator.text(part)?);
        evaluator.check_items(parts.len())?;
    }
    Ok(evaluator.list(parts)?)
}

pub(super) fn extract(evaluator: &mut Evaluator<'_>, arguments: &Bound) -> Outcome {
    let text = arguments.text(0)?;
    let regex = compiled(evaluator, arguments, 2, text)?;
    let mut parts = Vec::new();
    for part in regex.find_iter(text) {
        parts.push(evaluator.text(part.as_str())?);
        evaluator.check_items(parts.len())?;
    }
    Ok(evaluator.list(parts)?)
}

/// Whether `$` stands before digits only, and a backslash before `$` and itself only (`XPath` and
/// `XQuery` Functions and Operators 3.1, 5.6.4).
fn is_replacement(replacement: &str) -> bool {
    let mut rest = replacement.chars();
    while let Some(character) = rest.next() {
        let is_right = match character {
            '$' => rest.clone().next().is_some_and(|next| next.is_ascii_digit()),
            '\\' => rest.next().is_some_and(|next| matches!(next, '$' | '\\')),
            _ => true,
        };
        if !is_right {
            return false;
        }
    }
    true
}

/// `$1` stands for a group, `$0` for the whole match, `\$` and `\\` for themselves.
fn push_replacement(result: &mut String, replacement: &str, captures: &Captures<'_>) {
    let mut rest = replacement.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => result.extend(rest.next()),
            '$' => {
                let mut group: Option<usize> = None;
                while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                    // As many digits as still name a group.
                    let next = group.unwrap_or(0) * 10 + digit as usize;
                    if group.is_some() && next >= captures.len() {
                        break;
                    }
                    group = Some(next);
                    rest.next();
                }
                match group {
                    Some(group) => {
                        result.push_str(captures.get(group).map_or("", |found| found.as_str()));
                    }
                    None => result.push('$'),
                }
            }
            _ => result.push(character),
        }
    }
}

/// The compiled pattern, its run over `text` paid for.
fn compiled(
    evaluator: &mut Evaluator<'_>,
    arguments: &Bound,
    flags: usize,
    text: &str,
) -> Outcome<Regex> {
    let pattern = arguments.text(1)?;
    let flags = if arguments.has(flags) { arguments.text(flags)? } else { "" };
    let key = (pattern.to_owned(), flags.to_owned());
    if let Some(Compiled { regex, cost }) = evaluator.patterns.0.get(&key).cloned() {
        evaluator.charge(text.len() * cost)?;
        return Ok(regex);
    }
    evaluator.charge(COMPILE_BASE_COST + pattern.len() * COMPILE_COST)?;
    let Some(compiled) = compile(pattern, flags) else {
        return null("expected a regular expression and flags out of `smix`");
    };
    if evaluator.patterns.0.len() < CACHED_MAX {
        evaluator.patterns.0.insert(key, compiled.clone());
    }
    evaluator.charge(text.len() * compiled.cost)?;
    Ok(compiled.regex)
}

fn compile(pattern: &str, flags: &str) -> Option<Compiled> {
    if !flags.chars().all(|flag| "smix".contains(flag)) {
        return None;
    }
    let mut pattern = names_as_classes(&subtraction_as_difference(pattern))?;
    if flags.contains('x') {
        pattern = without_blanks(&pattern);
    }
    let within = |size_limit| {
        RegexBuilder::new(&pattern)
            .dot_matches_new_line(flags.contains('s'))
            .multi_line(flags.contains('m'))
            .case_insensitive(flags.contains('i'))
            .size_limit(size_limit)
            .nest_limit(NESTING_MAX)
            .build()
    };
    let small = within(SMALL_BYTES_MAX).map(|regex| Compiled { regex, cost: SMALL_COST });
    let compiled = small
        .or_else(|_| within(COMPILED_BYTES_MAX).map(|regex| Compiled { regex, cost: GREAT_COST }));
    compiled.ok()
}

/// `XPath` writes `[a-z-[aeiou]]` for what the engine calls `[a-z--[aeiou]]`.
fn subtraction_as_difference(pattern: &str) -> String {
    let mut result = String::with_capacity(pattern.len());
    let (mut in_class, mut is_escaped) = (0_usize, false);
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        result.push(character);
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => in_class += 1,
            ']' => in_class = in_class.saturating_sub(1),
            '-' if in_class > 0 && characters.peek() == Some(&'[') => result.push('-'),
            _ => {}
        }
    }
    result
}

/// The letters a name of XML begins with, and those it goes on with.
const NAME_START: &str = concat!(
    r"_:A-Za-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}",
    r"\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}",
    r"\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}",
);
const NAME_REST: &str = r"\-.0-9\u{B7}\u{300}-\u{36F}\u{203F}-\u{2040}";

/// The blocks of Unicode that people name in patterns, as `\p{IsGreek}`.
const BLOCKS: [(&str, &str); 16] = [
    ("BasicLatin", r"\u{0}-\u{7F}"),
    ("Latin-1Supplement", r"\u{80}-\u{FF}"),
    ("LatinExtended-A", r"\u{100}-\u{17F}"),
    ("LatinExtended-B", r"\u{180}-\u{24F}"),
    ("IPAExtensions", r"\u{250}-\u{2AF}"),
    ("Greek", r"\u{370}-\u{3FF}"),
    ("GreekandCoptic", r"\u{370}-\u{3FF}"),
    ("Cyrillic", r"\u{400}-\u{4FF}"),
    ("Armenian", r"\u{530}-\u{58F}"),
    ("Hebrew", r"\u{590}-\u{5FF}"),
    ("Arabic", r"\u{600}-\u{6FF}"),
    ("Devanagari", r"\u{900}-\u{97F}"),
    ("Thai", r"\u{E00}-\u{E7F}"),
    ("Hiragana", r"\u{3040}-\u{309F}"),
    ("Katakana", r"\u{30A0}-\u{30FF}"),
    ("CJKUnifiedIdeographs", r"\u{4E00}-\u{9FFF}"),
];

/// Writes out the escapes of XML Schema that the engine lacks: `\i`, `\c` and blocks, in either
/// case of the letter; `None` for an unknown block.
fn names_as_classes(pattern: &str) -> Option<String> {
    let mut result = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let escape = &rest[at..];
        let letter = escape.chars().nth(1);
        let (ranges, length) = match letter {
            Some('i' | 'I') => (NAME_START.to_owned(), 2),
            Some('c' | 'C') => (format!("{NAME_START}{NAME_REST}"), 2),
            Some('p' | 'P') if escape[2..].starts_with("{Is") => {
                let name = escape[5..].split('}').next()?;
                let (_, ranges) = BLOCKS.iter().find(|(block, _)| *block == name)?;
                ((*ranges).to_owned(), 6 + name.len())
            }
            _ => {
                let length = 1 + letter.map_or(0, char::len_utf8);
                result.push_str(&escape[..length]);
                rest = &escape[length..];
                continue;
            }
        };
        let sign = if letter.is_some_and(char::is_uppercase) { "^" } else { "" };
        result.extend(["[", sign, &ranges, "]"]);
        rest = escape.get(length..)?;
    }
    result.push_str(rest);
    Some(result)
}

/// The flag `x` takes blanks out of the pattern, except within character classes.
fn without_blanks(pattern: &str) -> String {
    let (mut in_class, mut is_escaped) = (0_usize, false);
    let keep = |character: &char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' if !was_escaped => is_escaped = true,
            '[' if !was_escaped => in_class += 1,
            ']' if !was_escaped => in_class = in_class.saturating_sub(1),
            _ => {}
        }
        in_class > 0 || !character.is_ascii_whitespace()
    };
    pattern.chars().filter(keep).collect()
}
