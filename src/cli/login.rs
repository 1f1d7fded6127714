//! `flowstead login`: saves a sign-in for the commands that talk to a server.
//!
//! Must not know what they do.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;

use crate::cli::client::{Client, DEFAULT_PROFILE, take_tokens};
use crate::cli::outcome::{Failure, Outcome, UNREADABLE};
use crate::cli::output::{print_json, print_line};
use crate::cli::profile::{Profile, ProfileFile};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The server's address
    #[arg(default_value = "http://127.0.0.1:8080", value_name = "URL")]
    server: String,
    /// Login name or e-mail address; asked for when not given
    #[arg(long)]
    user: Option<String>,
    /// An API token, instead of name and password
    #[arg(long, conflicts_with = "user", env = "FLOWSTEAD_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// What the sign-in is called
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PROFILE, env = "FLOWSTEAD_PROFILE")]
    profile: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Login {
    pub(crate) fn run(self) -> Outcome {
        let file = ProfileFile::named(&self.profile);
        let file = file.map_err(|error| Failure::new(UNREADABLE, error))?;
        let server = self.server.trim_end_matches('/').to_owned();
        if !server.starts_with("http://") && !server.starts_with("https://") {
            let message =
                format!("expected an address such as http://127.0.0.1:8080, found {server}");
            return Err(Failure::of(UNREADABLE, message));
        }
        let mut profile = Profile { server, ..Profile::default() };
        match self.token {
            Some(token) => profile.api_token = token,
            None => sign_in(&mut profile, self.user)?,
        }
        let me = Client::at(profile.clone())?.get("/api/v1/me", &[])?.data;
        let path = file.save(&profile)?;
        if self.json {
            print_json(&me);
        } else {
            let name = me["user"]["user_id"].as_str().unwrap_or_default();
            print_line(&format!(
                "signed in at {} as {name}; saved in {}",
                profile.server,
                path.display()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn sign_in(profile: &mut Profile, user: Option<String>) -> Result<(), Failure> {
    let name = match user {
        Some(name) => name,
        None => ask_line("Name: ")?,
    };
    let password = ask_password("Password: ")?;
    let body = json!({ "name": name, "password": password });
    let tokens = Client::at(profile.clone())?.post("/api/v1/auth/login", &body)?.data;
    take_tokens(profile, &tokens);
    Ok(())
}

fn ask_line(question: &str) -> anyhow::Result<String> {
    eprint!("{question}");
    // If standard error is gone nobody reads the question anyway.
    let _ = io::stderr().flush();
    let mut line = String::new();
    let count = io::stdin().lock().read_line(&mut line).context("the input can't be read")?;
    if count == 0 {
        return Err(anyhow!("the input ended, expected an answer to \"{}\"", question.trim_end()));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks for a password without showing it; from a pipe it is the first line.
pub(crate) fn ask_password(question: &str) -> anyhow::Result<String> {
    let is_terminal = io::stdin().is_terminal();
    let echo = |mode: &str| {
        // Without `stty` the password is seen while it is typed, which is better than no sign-in.
        let _ = Command::new("stty").arg(mode).stderr(Stdio::null()).status();
    };
    if is_terminal {
        echo("-echo");
    }
    let password = ask_line(question);
    if is_terminal {
        echo("echo");
        eprintln!();
    }
    password
}
