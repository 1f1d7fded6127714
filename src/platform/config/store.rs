//! Settings of what is kept: the data folder and the database.
//!
//! Knows no database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::problem::Complaints;
use crate::platform::secrets::Secret;

/// The folder of everything kept on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// The folder; made at the first start. A relative one counts from the working directory.
    pub folder: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { folder: PathBuf::from("flowstead-data") }
    }
}

impl DataConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        complaints.require(!self.folder.as_os_str().is_empty(), "data.folder", || {
            "the path of a folder".into()
        });
    }
}

/// Which database holds the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// Files in the data folder.
    Sqlite,
    /// A server that several nodes can share.
    Postgres,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// Which database.
    pub kind: StoreKind,
    /// Where the server is, with user and password; unused by `sqlite`.
    pub url: Secret,
    /// A file that holds `url`.
    pub url_file: PathBuf,
    /// Connections to the server; unused by `sqlite`.
    pub pool_size: u32,
    /// Connections that read beside the writer, for each file of `sqlite`.
    pub readers: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            kind: StoreKind::Sqlite,
            url: Secret::default(),
            url_file: PathBuf::new(),
            pool_size: 16,
            readers: 2,
        }
    }
}

impl StoreConfig {
    pub(super) fn check(&self, complaints: &mut Complaints) {
        let url = self.url.expose();
        let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
        complaints.require(self.kind == StoreKind::Sqlite || is_url, "store.url", || {
            "an address such as postgres://user:password@host:5432/name, as store.kind is \
             \"postgres\""
                .into()
        });
        complaints.at_least("store.pool_size", self.pool_size, 2);
        complaints.at_least("store.readers", self.readers, 1);
    }
}
