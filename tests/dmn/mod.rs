//! What decisions promise: the conformance kit, tables, traces, limits and hostile files.

mod conformance;
mod kit;
