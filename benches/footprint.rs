//! What the program itself takes: time to start, memory at rest, size on disk.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::machine::{millis, percentile, resident_kib};
use crate::server::{Connection, Server};

/// Starts on empty folders.
const STARTS: usize = 9;
/// How long it rests before its memory is read: the index's writer is given back after ten seconds.
const REST: Duration = Duration::from_secs(20);

/// Measures and prints the table.
pub(crate) fn measure(folder: &Path) {
    println!("\n| footprint | |");
    println!("| --- | ---: |");
    let mut times: Vec<Duration> = (0..STARTS).map(|it| start(folder, it)).collect();
    times.sort_unstable();
    println!("| start to ready, empty folder | {} |", millis(percentile(&times, 0.5)));
    println!("| memory at rest, after setup | {} MB |", memory(folder) / 1024);
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_flowstead")).expect("the program exists");
    println!("| program, stripped | {} MB |", program.len() / (1024 * 1024));
}

fn start(folder: &Path, number: usize) -> Duration {
    let folder = folder.join(format!("start-{number}"));
    let began = Instant::now();
    let _server = Server::start_program(&folder);
    began.elapsed()
}

/// Memory in KiB once somebody has set it up, signed in and looked around.
fn memory(folder: &Path) -> u64 {
    let server = Server::start_program(&folder.join("rest"));
    server.set_up();
    let cookies = server.sign_in();
    let mut connection = Connection::open(server.address);
    for path in ["/", "/inbox", "/instances", "/audit"] {
        connection.call("GET", path, &cookies, "");
    }
    std::thread::sleep(REST);
    resident_kib(server.process_id())
}
