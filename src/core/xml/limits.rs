//! How large a model may be, so that a hostile file costs little.
//!
//! Must not know where a model comes from.

/// Bounds on a model file; each is refused with a problem that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file in bytes.
    pub bytes_max: usize,
    /// Nesting of XML elements.
    pub depth_max: usize,
    /// Number of XML elements.
    pub elements_max: usize,
}

impl Default for Limits {
    /// 4 MiB, 64 levels and 50,000 elements: ten times the largest models seen in practice.
    fn default() -> Self {
        Self { bytes_max: 4 * 1024 * 1024, depth_max: 64, elements_max: 50_000 }
    }
}

impl Limits {
    /// 16 MiB, 64 levels and 400,000 elements: decision tables of tens of thousands of rules.
    #[must_use]
    pub fn of_tables() -> Self {
        Self { bytes_max: 16 * 1024 * 1024, depth_max: 64, elements_max: 400_000 }
    }
}
