//! Process instances on a running engine, on both databases.

mod api;
mod listing;
mod overview;
#[cfg(feature = "all-suites")]
mod pages;
mod repair;
mod running;
mod signals;
