//! Builds the web bundle with npm when it is missing or older than its source.
//! Must not know what is in the bundle; a development build goes on without it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, fs};

const SOURCES: [&str; 4] = ["src", "package-lock.json", "package.json", "build.mjs"];

fn main() -> ExitCode {
    let web = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("web");
    println!("cargo::rerun-if-changed=web/src");
    println!("cargo::rerun-if-changed=web/package-lock.json");
    let dist = web.join("dist");
    if is_current(&web, &dist) {
        return ExitCode::SUCCESS;
    }
    match build(&web) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => give_up(&reason, &dist),
    }
}

/// A release without styles would be broken; a development build may go on without them.
fn give_up(reason: &str, dist: &Path) -> ExitCode {
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::error={reason}");
        return ExitCode::FAILURE;
    }
    println!("cargo::warning={reason}; this development build serves pages without styles");
    // The bundle's folder must exist for the program to compile.
    fs::create_dir_all(dist).expect("the folder web can be written");
    ExitCode::SUCCESS
}

fn build(web: &Path) -> Result<(), String> {
    let modules = web.join("node_modules");
    if newest(&modules.join(".package-lock.json")) < newest(&web.join("package-lock.json")) {
        npm(web, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    }
    npm(web, &["run", "--silent", "build"])
}

fn npm(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program).args(arguments).current_dir(web).output().map_err(|_| {
        "the web pages are built with npm, which was not found: install Node.js 18 or newer \
         (with npm) and run cargo again"
            .to_owned()
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
    Err(format!("`npm {}` in the folder web failed: {text}", arguments.join(" ")))
}

/// Whether the bundle is there and not older than anything it is made from.
fn is_current(web: &Path, dist: &Path) -> bool {
    let built = newest(&dist.join("app.css")).min(newest(&dist.join("app.js")));
    built.is_some() && SOURCES.iter().all(|source| newest(&web.join(source)) <= built)
}

/// The newest change in a file or folder; `None` when it doesn't exist.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_dir() {
        return metadata.modified().ok();
    }
    let entries = fs::read_dir(path).ok()?;
    entries.filter_map(|entry| newest(&entry.ok()?.path())).max()
}
