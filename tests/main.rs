//! The only test binary. Each module is one area; a test in `tidy` checks that none is forgotten.

mod forms;
mod pages;
mod platform;
mod store;
mod support;
mod tidy;
