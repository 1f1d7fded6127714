//! Flowstead: one binary that runs a company's processes. The five rooms, in reading order.

pub mod core;
pub mod platform;
pub mod services;

pub mod http;

pub mod cli;
