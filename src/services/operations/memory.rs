//! How much memory this process takes, as the system counts it.
//!
//! Must not know what the memory is for.

/// Linux counts in pages of this size on all processors the program runs on.
const PAGE_BYTES: u64 = 4096;

/// Resident memory; `None` where the system does not tell.
pub(super) fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE_BYTES)
}
