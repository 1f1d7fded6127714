//! Jobs that this process does itself: HTTP requests, e-mail and JavaScript.
//!
//! Must not know who asked for a job, nor decide how often it is tried.
