//! Saved sign-ins: where a server is, and the tokens for it, in a file nobody else can read.
//!
//! Must not know what the tokens are used for.
//!
//! **Invariant:** the file is never readable by others, not even for a moment.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};

/// A sign-in at a server.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profile {
    /// The server's address without a slash at the end.
    pub(crate) server: String,
    /// A token that is valid until somebody ends it, made on the account page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) api_token: String,
    /// A token that is valid for minutes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) access_token: String,
    /// What gives the next tokens; it works once.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) refresh_token: String,
}

impl Profile {
    /// The token for the authorization header.
    pub(crate) fn token(&self) -> &str {
        if self.api_token.is_empty() { &self.access_token } else { &self.api_token }
    }
}

/// The file of a profile.
pub(crate) struct ProfileFile {
    name: String,
    path: PathBuf,
}

impl ProfileFile {
    /// The file of this name, which need not exist.
    pub(crate) fn named(name: &str) -> anyhow::Result<Self> {
        let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_name) {
            return Err(anyhow!("expected a profile name of letters, digits, - and _"));
        }
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let folder = absolute("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        let folder = folder.or_else(|| Some(absolute("HOME")?.join(".config")));
        let folder = folder.ok_or_else(|| anyhow!("expected HOME or XDG_CONFIG_HOME to be set"))?;
        let path = folder.join("flowstead").join(format!("{name}.toml"));
        Ok(Self { name: name.to_owned(), path })
    }

    /// Reads it.
    pub(crate) fn load(&self) -> anyhow::Result<Profile> {
        let text = std::fs::read_to_string(&self.path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                anyhow!("there is no profile {}; sign in with `flowstead login`", self.name)
            }
            _ => anyhow!(error).context(format!("can't read {}", self.path.display())),
        })?;
        self.parse(&text)
    }

    fn parse(&self, text: &str) -> anyhow::Result<Profile> {
        let broken = || {
            let path = self.path.display();
            format!("{path} is no profile any more; sign in again with `flowstead login`")
        };
        toml::from_str(text).with_context(broken)
    }

    /// Writes it.
    pub(crate) fn save(&self, profile: &Profile) -> anyhow::Result<PathBuf> {
        let text = toml::to_string(profile).expect("a profile can be written as TOML");
        let mut file = self.open()?;
        file.lock().and_then(|()| replace(&mut file, &text)).with_context(|| self.unwritable())?;
        Ok(self.path.clone())
    }

    /// Changes it while no other command can. The change sees what is in the file now, which
    /// another command may have renewed meanwhile.
    pub(crate) fn update<T>(
        &self,
        change: impl FnOnce(&mut Profile) -> Result<T, crate::cli::outcome::Failure>,
    ) -> Result<T, crate::cli::outcome::Failure> {
        let mut file = self.open()?;
        file.lock().with_context(|| self.unwritable())?;
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(|| self.unwritable())?;
        let mut profile = self.parse(&text)?;
        let result = change(&mut profile)?;
        let text = toml::to_string(&profile).expect("a profile can be written as TOML");
        replace(&mut file, &text).with_context(|| self.unwritable())?;
        Ok(result)
    }

    fn open(&self) -> anyhow::Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).with_context(|| self.unwritable())?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(&self.path).with_context(|| self.unwritable())
    }

    fn unwritable(&self) -> String {
        format!("can't write {}", self.path.display())
    }
}

fn replace(file: &mut File, text: &str) -> std::io::Result<()> {
    use std::io::{Seek as _, SeekFrom};
    file.seek(SeekFrom::Start(0))?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
