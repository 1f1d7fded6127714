//! Entry point: arguments to the command line, its outcome to the exit code.

use std::process::ExitCode;

/// See the reason at the dependency.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    flowstead::cli::main()
}
