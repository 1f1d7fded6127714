//! The settings of an installation: one typed section per concern, each with its defaults.
//!
//! Knows nothing of what the settings are used for.
//!
//! A setting has the name `section.key` and one of four sources; the first that names it wins:
//! a command-line flag, the environment variable `FLOWSTEAD_SECTION__KEY` (upper case, a double
//! underscore between section and key), the TOML file, the default. Lists are written in a
//! variable as TOML (`["a", "b"]`) or with commas (`a, b`). Keys that hold a secret have a twin
//! with `_file` at its end, naming a file whose first line is the secret.
//!
//! **Invariant:** every key exists in [`Config::default`] with a value of its type, so the
//! defaults are also the list of the known keys.

mod execution;
mod identity;
mod layers;
mod load;
mod log;
mod mail;
mod network;
mod outbound;
mod problem;
mod scripts;
mod search;
mod server;
mod store;

use serde::{Deserialize, Serialize};

pub use execution::ExecutionConfig;
pub use identity::IdentityConfig;
pub use layers::{Flag, Sources};
pub use log::{LogConfig, LogFormat, LogLevel};
pub use mail::{MailConfig, MailTls};
pub use network::{Exempt, IpNetwork, NetworkError};
pub use outbound::OutboundConfig;
pub use problem::{ConfigError, ConfigProblem};
pub use scripts::ScriptsConfig;
pub use search::SearchConfig;
pub use server::ServerConfig;
pub use store::{DataConfig, StoreConfig, StoreKind};

/// All settings. Serializing gives every key, with secrets as `***`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What is listened on, and the limits of requests.
    pub server: ServerConfig,
    /// The folder of everything kept on this machine.
    pub data: DataConfig,
    /// The database.
    pub store: StoreConfig,
    /// Limits of the turn loop and of work that is tried again.
    pub execution: ExecutionConfig,
    /// Limits of one script.
    pub scripts: ScriptsConfig,
    /// The full-text index.
    pub search: SearchConfig,
    /// The mail server that mail is handed to.
    pub mail: MailConfig,
    /// Limits of requests to other systems.
    pub outbound: OutboundConfig,
    /// Lifetimes of sessions and tokens.
    pub identity: IdentityConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

impl Config {
    /// Reads all sources and gives the settings, or every problem found in them at once.
    ///
    /// # Errors
    /// Unknown keys, values of the wrong type or out of range, unreadable files.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        load::load(sources)
    }
}
