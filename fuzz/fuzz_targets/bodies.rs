//! Any bytes as the body of any operation of the API: read, or refused with a located error.
#![no_main]

use flowstead::http::routes::routes;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

type Check = fn(&[u8]) -> bool;

static CHECKS: LazyLock<Vec<Check>> =
    LazyLock::new(|| routes().into_iter().filter_map(|route| route.reads).collect());

fuzz_target!(|body: &[u8]| {
    for reads in CHECKS.iter() {
        let _ = reads(body);
    }
});
