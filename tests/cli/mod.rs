//! The command line, as people and scripts use it: the real binary, its output and exit codes.

mod bad_arguments;
mod bad_configurations;
mod decisions;
mod examples;
mod hostile;
mod lint;
mod recording;
mod run;
mod scenarios;
mod serve;
mod server_commands;

use std::path::{Path, PathBuf};

/// A folder of a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    /// An empty folder with a name of its own.
    fn new() -> Self {
        let name = format!("flowstead-cli-{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("the folder is new");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// The path of something in it, as an argument.
    fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("paths of tests are UTF-8").to_owned()
    }

    /// Writes a file and gives its path.
    fn write(&self, name: &str, content: &str) -> String {
        std::fs::write(self.0.join(name), content).expect("the file can be written");
        self.at(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in the system's temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A file of the examples.
fn example(path: &str) -> String {
    format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"))
}
