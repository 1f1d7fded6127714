//! Outer variables as the evaluation has read them, so that a loop converts a list once.
//! It knows nothing of expressions.

use std::sync::Arc;

use super::{Evaluation, Evaluator};
use crate::core::feel::value::Value;

/// More are read anew each time; an expression rarely names five.
const KEPT_MAX: usize = 32;

/// A variable, the steps taken from it, and the list or context they led to.
pub(super) struct Import {
    name: Arc<str>,
    path: Vec<Arc<str>>,
    value: Value,
    steps: usize,
}

impl Evaluator<'_> {
    /// The value `path` leads to from an outer variable, and how many steps were taken.
    pub(super) fn import(
        &mut self,
        name: &Arc<str>,
        path: &[Arc<str>],
    ) -> Evaluation<Option<(Value, usize)>> {
        let kept = self.imports.iter().find(|kept| kept.name == *name && kept.path == path);
        if let Some(kept) = kept {
            return Ok(Some((kept.value.clone(), kept.steps)));
        }
        let Some((value, steps)) = self.variables.get_path(name, path) else {
            return Ok(None);
        };
        let value = self.imported(value)?;
        if matches!(value, Value::List(_) | Value::Context(_)) && self.imports.len() < KEPT_MAX {
            let (name, path) = (Arc::clone(name), path.to_vec());
            self.imports.push(Import { name, path, value: value.clone(), steps });
        }
        Ok(Some((value, steps)))
    }

    /// A value from outside, paid for like one made here.
    pub(crate) fn imported(&mut self, value: Value) -> Evaluation {
        self.charge_value(&value)?;
        self.bounded(value)
    }
}
