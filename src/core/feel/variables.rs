//! Where an expression reads its outer variables from.
//! It knows nothing of how anybody stores them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::core::feel::value::Value;

/// The outer variables an expression may read.
pub trait Variables {
    /// The value of a variable; `None` if there is none of this name.
    fn get(&self, name: &str) -> Option<Value>;

    /// Whether there is a variable of this name, be it null.
    fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value that following `path` from a variable leads to, and how many steps were taken.
    ///
    /// An implementation may take fewer steps, or none, and leave the rest to the evaluator; it
    /// takes steps itself where that saves converting the whole variable.
    fn get_path(&self, name: &str, path: &[Arc<str>]) -> Option<(Value, usize)> {
        let _ = path;
        self.get(name).map(|value| (value, 0))
    }
}

/// No variables at all.
impl Variables for () {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }
}

impl Variables for BTreeMap<String, Value> {
    fn get(&self, name: &str) -> Option<Value> {
        BTreeMap::get(self, name).cloned()
    }

    fn contains(&self, name: &str) -> bool {
        self.contains_key(name)
    }
}
