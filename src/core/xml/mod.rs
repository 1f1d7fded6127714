//! XML of models, read safely: no DTD, well-formed, within limits, with every problem located.
//!
//! Must not know what any element means.
//!
//! **Invariant:** a document given out has no DTD, is well-formed and within the limits.

pub(crate) mod limits;
pub(crate) mod report;
pub(crate) mod scanner;

use roxmltree::{Document, ParsingOptions};

use limits::Limits;
use report::{Place, Report};
use scanner::{Piece, Scanner};

/// Reads a file's XML, `language` being what it should hold; reports why it can't be read.
pub(crate) fn read<'a>(
    source: &'a str,
    language: &str,
    limits: &Limits,
    report: &mut Report<'_>,
) -> Option<Document<'a>> {
    let is_within_limits = check_limits(source, language, limits, report);
    if !is_within_limits {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    match Document::parse_with_options(source, options) {
        Ok(document) => Some(document),
        Err(error) => {
            report_malformed(source, language, &error, report);
            None
        }
    }
}

fn check_limits(source: &str, language: &str, limits: &Limits, report: &mut Report<'_>) -> bool {
    let start = Place { at: 0, id: None };
    if source.len() > limits.bytes_max {
        let message = format!("the file has {} bytes", source.len());
        report.error(start, message, format!("at most {} bytes", limits.bytes_max));
        return false;
    }
    let (mut depth, mut elements) = (0_usize, 0_usize);
    for token in Scanner::new(source) {
        let place = Place { at: token.at, id: None };
        match token.piece {
            Piece::Start => (depth, elements) = (depth + 1, elements + 1),
            Piece::Empty => elements += 1,
            Piece::End => depth = depth.saturating_sub(1),
            Piece::Doctype => {
                let message = "document type definitions and entities are refused";
                let expected = format!("a {language} file without `<!…` declarations");
                report.error(place, message, expected);
                return false;
            }
            Piece::Other => {}
        }
        if depth > limits.depth_max {
            let expected = format!("at most {} levels", limits.depth_max);
            report.error(place, "the elements are nested too deeply", expected);
            return false;
        }
        if elements > limits.elements_max {
            let expected = format!("at most {} elements", limits.elements_max);
            report.error(place, "the file has too many elements", expected);
            return false;
        }
    }
    true
}

fn report_malformed(
    source: &str,
    language: &str,
    error: &roxmltree::Error,
    report: &mut Report<'_>,
) {
    let text = error.to_string();
    let (row, column) = (error.pos().row, error.pos().col);
    let reason = text.strip_suffix(&format!(" at {row}:{column}")).unwrap_or(&text);
    let before: usize =
        source.split_inclusive('\n').take(row.saturating_sub(1) as usize).map(str::len).sum();
    let line = source[before..].chars().take(column.saturating_sub(1) as usize);
    let at = before + line.map(char::len_utf8).sum::<usize>();
    let message = format!("not well-formed XML: {reason}");
    report.error(Place { at, id: None }, message, format!("a well-formed {language} file"));
}
