//! Any bytes as the body and the query of every API route: read, or refused in the envelope.
#![no_main]

use std::sync::LazyLock;

use flowstead::http::route::{Reads, Route};
use flowstead::http::routes::routes;
use libfuzzer_sys::fuzz_target;

static READERS: LazyLock<Vec<Reads>> = LazyLock::new(|| {
    let readers = |route: Route| [route.reads_body, route.reads_query].into_iter().flatten();
    routes().into_iter().flat_map(readers).collect()
});

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the route, so that what was learned for one is kept for it.
    let Some((choice, input)) = bytes.split_first() else { return };
    let read = READERS[usize::from(*choice) % READERS.len()];
    if let Err(refusal) = read(input) {
        assert!(refusal.status.is_client_error() && !refusal.message.is_empty());
    }
});
