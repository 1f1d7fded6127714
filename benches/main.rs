//! Measures what users feel, beside what the machine can do at all, in one run: `cargo bench`.
//!
//! Every figure is a ratio to the floor measured in the same run; nothing here is a test.

mod floor;
mod machine;
mod turns;

use std::path::PathBuf;

fn main() {
    // `cargo test --benches` passes this; measuring would only waste its time.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = machine::Folder::new();
    let floor = floor::measure(folder.path());
    println!("| floor | per second | CPU each |");
    println!("| --- | ---: | ---: |");
    for row in &floor {
        println!("| {} | {:.0} | {:.1} µs |", row.name, row.per_second, row.cpu_us);
    }
    println!();
    println!("{}", turns::HEADING);
    for place in places(folder.path().to_owned()) {
        turns::measure(&place);
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
