//! The folder of the index: opened as it is, or emptied when it can't be.
//!
//! Knows no document.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tantivy::Index;
use tantivy::schema::Schema;

use super::{SearchError, schema};

/// Name of the file that says which version made the folder.
const MARKER: &str = "flowstead-format";
/// To be raised with every change of the schema or of how text becomes words.
const FORMAT: &str = "1";

/// What was found at opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// An index, with what it held at its last commit.
    AsItWas,
    /// Nothing; there is an empty index now.
    New,
    /// Something that can't be used, for this reason; there is an empty index now.
    Wiped(String),
}

pub(super) fn open(folder: &Path, schema: &Schema) -> Result<(Index, Opened), SearchError> {
    if !folder.exists() || fs::read_dir(folder)?.next().is_none() {
        return Ok((create(folder, schema)?, Opened::New));
    }
    // The library panics at some kinds of damage.
    let reopened = catch_unwind(AssertUnwindSafe(|| reopen(folder, schema)));
    match reopened.unwrap_or_else(|_| Err("its files can't be read".into())) {
        Ok(index) => Ok((index, Opened::AsItWas)),
        Err(reason) => {
            fs::remove_dir_all(folder)?;
            Ok((create(folder, schema)?, Opened::Wiped(reason)))
        }
    }
}

fn create(folder: &Path, schema: &Schema) -> Result<Index, SearchError> {
    fs::create_dir_all(folder)?;
    let index = Index::create_in_dir(folder, schema.clone())?;
    index.tokenizers().register(schema::WORDS, schema::analyzer());
    // Last, so that a folder with the marker is a whole one.
    fs::write(folder.join(MARKER), FORMAT)?;
    Ok(index)
}

/// Opens what is there, and looks at all of it that can be looked at without reading it all.
fn reopen(folder: &Path, schema: &Schema) -> Result<Index, String> {
    let format = fs::read_to_string(folder.join(MARKER)).unwrap_or_default();
    if format != FORMAT {
        return Err(format!("it has the format {format:?}, expected {FORMAT:?}"));
    }
    let index = Index::open_in_dir(folder).map_err(|error| error.to_string())?;
    if index.schema() != *schema {
        return Err("its fields are not the expected ones".into());
    }
    index.tokenizers().register(schema::WORDS, schema::analyzer());
    look_at(&index).map_err(|error| error.to_string())?;
    Ok(index)
}

/// Opens every file of every part, which reads their ends and directories.
fn look_at(index: &Index) -> tantivy::Result<()> {
    let schema = index.schema();
    for part in index.reader()?.searcher().segment_readers() {
        part.get_store_reader(1)?;
        part.fast_fields().i64(schema::AT)?;
        part.fast_fields().str(schema::FACETS)?;
        for (field, entry) in schema.fields().filter(|(_, entry)| entry.is_indexed()) {
            part.inverted_index(field)?;
            if entry.has_fieldnorms() {
                part.get_fieldnorms_reader(field)?;
            }
        }
    }
    Ok(())
}

/// Makes the next [`open`] start anew. An error leaves things as they are, so it is met again.
pub(super) fn condemn(folder: &Path) {
    let _ = fs::remove_file(folder.join(MARKER));
}
