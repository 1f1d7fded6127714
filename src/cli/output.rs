//! What commands print: JSON for programs, tables for people, colour only on a terminal.
//!
//! Must not know what is printed.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value).expect("what is printed is plain data");
    print_line(&text);
}

/// Prints a line; a reader that went away, as `head` does, is no error.
pub(crate) fn print_line(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Whether colours may be used: on a terminal, unless the person said no.
pub(crate) fn has_colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A colour of the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Colour {
    Red,
    Yellow,
    Green,
    Dim,
}

/// A text in a colour, where colours may be used.
pub(crate) fn coloured(text: &str, colour: Colour) -> String {
    if !has_colour() {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Yellow => 33,
        Colour::Green => 32,
        Colour::Dim => 2,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// Prints rows in columns as wide as their widest cell; the last one is not padded.
pub(crate) fn print_table(head: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    print_line(&coloured(&line(&mut head.iter().copied()), Colour::Dim));
    for row in rows {
        print_line(&line(&mut row.iter().map(|cell| one_line(cell))));
    }
}

/// A text for one line of a terminal: nothing in it can move the cursor.
fn one_line(text: &str) -> &str {
    text.split(char::is_control).next().unwrap_or_default()
}

/// A number of things: `1 file`, `2 files`.
pub(crate) fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Shows that long work goes on, on a terminal only.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {pos} {msg} ({elapsed})")
            .expect("the template is right"),
    );
    bar.set_message(what);
    bar
}
