//! Measures what users feel, beside what the machine can do at all, in one run: `cargo bench`.
//!
//! Every figure is a ratio to the floor measured in the same run; nothing here is a test. Names of
//! parts as arguments measure only those: `cargo bench -- floor turns`.

mod children;
mod decisions;
mod floor;
mod footprint;
mod http;
mod machine;
mod pages;
mod server;
mod turns;

use std::path::Path;
use std::process::ExitCode;

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [server::SERVE, folder] => return server::serve(folder),
        // `cargo test --benches` passes this; measuring would only waste its time.
        names if names.contains(&"--test") => {}
        names => measure(&names.iter().filter(|name| **name != "--bench").collect::<Vec<_>>()),
    }
    ExitCode::SUCCESS
}

/// Measures the parts with these names, or all.
fn measure(names: &[&&str]) {
    let is_wanted = |part: &str| names.is_empty() || names.iter().any(|name| **name == part);
    let folder = machine::Folder::new();
    if is_wanted("floor") {
        floor::measure(folder.path());
    }
    if is_wanted("decisions") {
        println!();
        decisions::measure();
    }
    if is_wanted("turns") {
        println!("\n{}", turns::HEADING);
        places(folder.path()).iter().for_each(turns::measure);
    }
    if is_wanted("children") {
        println!();
        children::measure(&places(folder.path())[0]);
    }
    if is_wanted("http") {
        http::measure(folder.path());
    }
    if is_wanted("pages") {
        pages::measure(folder.path());
    }
    if is_wanted("footprint") {
        footprint::measure(folder.path());
    }
}

/// SQLite always, PostgreSQL where a URL is given.
fn places(folder: &Path) -> Vec<machine::Place> {
    let mut places = vec![machine::Place::Sqlite(folder.join("bench.db"))];
    if let Ok(url) = std::env::var("FLOWSTEAD_BENCH_POSTGRES") {
        places.push(machine::Place::Postgres(url));
    }
    places
}
