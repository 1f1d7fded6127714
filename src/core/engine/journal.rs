//! How the events of a turn are written down, and how old writings are read.
//!
//! Must not know where the journal is kept.
//!
//! **Invariant:** a stored event's meaning never changes. A change of shape gets a new format
//! number, and [`decode`] lifts every older one for ever.
//!
//! Format 2 knows more kinds of events than format 1 and is written in the same way.

use serde::{Deserialize, Serialize};

use super::event::Event;

/// The format that [`encode`] writes.
pub const FORMAT: u32 = 2;

/// A writing that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Written by a newer program.
    #[error("expected journal format {FORMAT} or older, but got {0}")]
    UnknownFormat(u32),
    /// Not what any format looks like.
    #[error("expected the events of a turn: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// Writes the events of one turn as JSON text.
///
/// # Panics
///
/// Never: events have only text keys and finite numbers.
#[must_use]
pub fn encode(events: &[Event]) -> String {
    let turn = Written { format: FORMAT, events };
    serde_json::to_string(&turn).expect("events have only text keys and finite numbers")
}

/// Reads the events of one turn.
///
/// # Errors
///
/// When the text is no journal turn or its format is newer than [`FORMAT`].
pub fn decode(text: &str) -> Result<Vec<Event>, JournalError> {
    match serde_json::from_str::<Read>(text) {
        Ok(turn) if (1..=FORMAT).contains(&turn.format) => Ok(turn.events),
        Ok(turn) => Err(JournalError::UnknownFormat(turn.format)),
        Err(error) => Err(unreadable(text, error)),
    }
}

/// A newer format may hold events this program has no names for; that is worth saying.
fn unreadable(text: &str, error: serde_json::Error) -> JournalError {
    match serde_json::from_str::<Head>(text) {
        Ok(head) if head.format > FORMAT => JournalError::UnknownFormat(head.format),
        _ => JournalError::Malformed(error),
    }
}

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    events: &'a [Event],
}

#[derive(Deserialize)]
struct Read {
    format: u32,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}
