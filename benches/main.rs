//! Measures what users feel, beside what the machine can do at all, in one run: `cargo bench`.
//!
//! Every figure is a ratio to the floor measured in the same run; nothing here is a test. Names of
//! parts as arguments measure only those: `cargo bench -- floor turns`.

mod floor;
mod machine;
mod turns;

use std::path::PathBuf;

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` passes this; measuring would only waste its time.
    if arguments.iter().any(|it| it == "--test") {
        return;
    }
    let parts: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|it| *it != "--bench").collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    let folder = machine::Folder::new();
    if is_wanted("floor") {
        floor::measure(folder.path());
    }
    if is_wanted("turns") {
        println!("\n{}", turns::HEADING);
        places(folder.path().to_owned()).iter().for_each(turns::measure);
    }
}

/// SQLite always, PostgreSQL where a URL is given.
fn places(folder: PathBuf) -> Vec<machine::Place> {
    let mut places = vec![machine::Place::Sqlite(folder)];
    if let Ok(url) = std::env::var("FLOWSTEAD_BENCH_POSTGRES") {
        places.push(machine::Place::Postgres(url));
    }
    places
}
