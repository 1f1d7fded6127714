//! Builds the web bundle with npm when it is missing or older than its source.
//! Must not know what is in the bundle; a development build goes on without it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, fs};

const SOURCES: [&str; 4] = ["src", "package-lock.json", "package.json", "build.mjs"];

/// Why there is no new bundle.
enum Failure {
    /// The machine lacks something: npm, or the packages.
    Missing(String),
    /// Our own source doesn't build.
    Broken(String),
}

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
        Err(Failure::Missing(reason)) if is_development() => go_on_without(&reason, &dist),
        Err(Failure::Missing(reason) | Failure::Broken(reason)) => {
            println!("cargo::error={reason}");
            ExitCode::FAILURE
        }
    }
}

fn is_development() -> bool {
    env::var("PROFILE").is_ok_and(|profile| profile == "debug")
}

/// A release without styles would be broken; a development build may go on without them.
fn go_on_without(reason: &str, dist: &Path) -> ExitCode {
    println!("cargo::warning={reason}; this development build serves pages without styles");
    // A missing file makes cargo ask again at the next build, when npm may be there.
    println!("cargo::rerun-if-changed=web/dist/app.css");
    // The bundle's folder must exist for the program to compile.
    fs::create_dir_all(dist).expect("the folder web can be written");
    ExitCode::SUCCESS
}

fn build(web: &Path) -> Result<(), Failure> {
    let modules = web.join("node_modules");
    if newest(&modules.join(".package-lock.json")) < newest(&web.join("package-lock.json")) {
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        npm(web, &arguments, Failure::Missing)?;
    }
    npm(web, &["run", "--silent", "build"], Failure::Broken)
}

/// Runs npm in the folder web; `failure` is what it means when npm runs but refuses.
fn npm(web: &Path, arguments: &[&str], failure: fn(String) -> Failure) -> Result<(), Failure> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let Ok(output) = Command::new(program).args(arguments).current_dir(web).output() else {
        return Err(Failure::Missing(
            "the web pages are built with npm, which was not found: install Node.js 18 or newer \
             (with npm) and run cargo again"
                .into(),
        ));
    };
    if output.status.success() {
        return Ok(());
    }
    // The first lines name the place; what follows is npm's own stack.
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let start = lines[..lines.len().min(4)].join(" | ");
    Err(failure(format!("`npm {}` in the folder web failed: {start}", arguments.join(" "))))
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
