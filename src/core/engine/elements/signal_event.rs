//! Events that throw a signal, in the middle of a path or at its end (BPMN 2.0, 10.5.5).

use super::passing;
use crate::core::engine::signals;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::model::Dynamic;

/// Goes on at once: whoever catches the signal does so on its own.
pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>, name: &Dynamic) -> Result<(), Failure> {
    let name = signals::name(turn, at.key, name)?;
    signals::throw(turn, at, name);
    passing::activate(turn, at);
    Ok(())
}
