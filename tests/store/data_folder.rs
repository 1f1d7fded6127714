//! One process at a time: the lock on the data folder.

use std::env;
use std::process::{Command, id};

use flowstead::platform::store::{DataFolderLock, Database, Options, StoreError};

use super::Folder;

const FOLDER: &str = "FLOWSTEAD_TEST_FOLDER";

/// Runs in the process that the test below starts, and says on stdout how it went.
#[test]
#[ignore = "started by a_second_process_is_refused, in a process of its own"]
fn second_process() {
    let own = Folder::new();
    let folder = env::var_os(FOLDER).map_or(own.path().to_path_buf(), Into::into);
    match DataFolderLock::acquire(&folder) {
        Ok(_) => println!("acquired"),
        Err(error) => println!("refused: {error}"),
    }
}

fn ask_second_process(folder: &Folder) -> String {
    let own = env::current_exe().expect("the test binary has a path");
    let test = ["--exact", "store::data_folder::second_process", "--ignored", "--nocapture"];
    let output = Command::new(own).args(test).env(FOLDER, folder.path()).output();
    String::from_utf8_lossy(&output.expect("the test binary starts").stdout).into_owned()
}

#[test]
fn a_second_process_is_refused() {
    let folder = Folder::new();
    let lock = DataFolderLock::acquire(folder.path()).expect("the folder is free");
    let expected = format!(
        "refused: the data folder {} is in use by process {}; stop it, or choose another folder",
        folder.path().display(),
        id()
    );
    let answer = ask_second_process(&folder);
    assert!(answer.contains(&expected), "{answer}");
    drop(lock);
    let answer = ask_second_process(&folder);
    assert!(answer.contains("acquired"), "{answer}");
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = Folder::new();
    let missing = folder.path().join("missing");
    for result in [
        DataFolderLock::acquire(&missing).map(|_| ()),
        Database::open_sqlite(&missing.join("a.db"), &Options::default()).map(|_| ()),
    ] {
        let Err(StoreError::Unusable(text)) = result else {
            panic!("expected unusable, found {result:?}");
        };
        assert!(text.contains(&missing.display().to_string()), "{text}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    let path = folder.path().join("a.db");
    std::fs::write(&path, "not a database, but long enough to have a header".repeat(9))
        .expect("the folder can be written");
    let result = Database::open_sqlite(&path, &Options::default()).map(|_| ());
    assert!(matches!(result, Err(StoreError::Unusable(_))), "{result:?}");
}
