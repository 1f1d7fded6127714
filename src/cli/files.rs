//! Reading the models, forms and data schemas that a command names.
//!
//! Must not know what is in them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::cli::outcome::{Failure, UNREADABLE};
use crate::services::processes::Resource;

/// Beyond this a file is no model.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The endings of files that can be deployed.
const ENDINGS: [&str; 5] = [".bpmn", ".bpmn20.xml", ".dmn", ".form", ".schema.json"];

/// Reads files, and of folders the files in them that can be deployed.
pub(crate) fn read_models(paths: &[PathBuf]) -> Result<Vec<Resource>, Failure> {
    let mut resources = Vec::new();
    for path in paths {
        if path.is_dir() {
            for file in models_in(path).map_err(|error| Failure::new(UNREADABLE, error))? {
                resources.push(read_model(&file)?);
            }
        } else {
            resources.push(read_model(path)?);
        }
    }
    Ok(resources)
}

/// The files in a folder that can be deployed, by name; folders in it are not looked into.
fn models_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("can't read the folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("can't read {}", folder.display()))?.path();
        let name = path.to_string_lossy();
        if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(anyhow!(
            "there is nothing to deploy in {}: expected files ending in .bpmn, .dmn, .form \
             or .schema.json",
            folder.display()
        ));
    }
    Ok(files)
}

fn read_model(path: &Path) -> Result<Resource, Failure> {
    let content = read_text(path)?;
    Ok(Resource { name: path.display().to_string(), content })
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let read = || {
        let size = std::fs::metadata(path)?.len();
        if size > BYTES_MAX {
            return Err(anyhow!("it has {size} bytes, expected at most {BYTES_MAX}"));
        }
        let bytes = std::fs::read(path)?;
        String::from_utf8(bytes).map_err(|_| anyhow!("expected text in UTF-8"))
    };
    let read = read().with_context(|| format!("can't read {}", path.display()));
    read.map_err(|error| Failure::new(UNREADABLE, error))
}
