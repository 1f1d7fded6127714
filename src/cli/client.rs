//! Calls to a server's API as whoever signed in.
//!
//! Must not know what is called; the server says in words what it refused.

use std::error::Error as _;
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use reqwest::blocking::{Client as HttpClient, Response};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

use crate::cli::outcome::{Failure, NOT_ALLOWED, REFUSED, UNREACHABLE, UNREADABLE};
use crate::cli::profile::{Profile, ProfileFile};

/// Longer than the longest long poll.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The profile that is used when none is named.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// The flags of every command that talks to a server.
#[derive(Debug, Args)]
pub(crate) struct ServerFlags {
    /// The sign-in to use, as `flowstead login` saved it
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PROFILE, env = "FLOWSTEAD_PROFILE")]
    profile: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the server answered.
pub(crate) struct Answer {
    /// The data; null where there is none.
    pub(crate) data: Json,
    /// Where the next page begins.
    pub(crate) next_cursor: Option<String>,
}

/// A server and a sign-in there.
pub(crate) struct Client {
    http: HttpClient,
    file: Option<ProfileFile>,
    profile: Profile,
}

/// The server said no.
struct Refused {
    status: StatusCode,
    error: Json,
}

impl ServerFlags {
    /// The client of the profile.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let not_allowed = |error| Failure::new(NOT_ALLOWED, error);
        let file = ProfileFile::named(&self.profile);
        let file = file.map_err(|error| Failure::new(UNREADABLE, error))?;
        let profile = file.load().map_err(not_allowed)?;
        Ok(Client { file: Some(file), ..Client::at(profile)? })
    }
}

impl Client {
    /// A client that saves nothing.
    pub(crate) fn at(profile: Profile) -> Result<Self, Failure> {
        let http = HttpClient::builder().timeout(TIMEOUT).build();
        let http = http.map_err(|error| Failure::new(UNREACHABLE, anyhow!(error)))?;
        Ok(Self { http, file: None, profile })
    }

    /// Reads.
    pub(crate) fn get(&mut self, path: &str, query: &[(&str, String)]) -> Result<Answer, Failure> {
        self.call(&Method::GET, path, query, None)
    }

    /// Reads what is no JSON, such as a model. A sign-in is renewed by other readings only.
    pub(crate) fn get_text(&self, path: &str) -> Result<String, Failure> {
        let response = self.request(&Method::GET, path, &[], None)?;
        if response.status().is_success() {
            return response.text().map_err(|error| self.unreachable(&error));
        }
        match self.read(response)? {
            Err(refused) => Err(refused.into()),
            Ok(_) => Err(Failure::of(UNREACHABLE, "the server gave no text")),
        }
    }

    /// Does something.
    pub(crate) fn post(&mut self, path: &str, body: &Json) -> Result<Answer, Failure> {
        self.call(&Method::POST, path, &[], Some(body))
    }

    fn call(
        &mut self,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let mut outcome = self.send(method, path, query, body)?;
        let is_expired =
            matches!(&outcome, Err(refused) if refused.status == StatusCode::UNAUTHORIZED);
        if is_expired && !self.profile.refresh_token.is_empty() {
            self.refresh()?;
            outcome = self.send(method, path, query, body)?;
        }
        outcome.map_err(Failure::from)
    }

    fn send(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Result<Answer, Refused>, Failure> {
        let response = self.request(method, path, query, body)?;
        self.read(response)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Response, Failure> {
        let url = format!("{}{path}", self.profile.server);
        let mut request = self.http.request(method.clone(), url).query(query);
        if !self.profile.token().is_empty() {
            request = request.bearer_auth(self.profile.token());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().map_err(|error| self.unreachable(&error))
    }

    fn read(&self, response: Response) -> Result<Result<Answer, Refused>, Failure> {
        let status = response.status();
        let bytes = response.bytes().map_err(|error| self.unreachable(&error))?;
        let mut envelope: Json = if bytes.is_empty() {
            Json::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|_| {
                let server = &self.profile.server;
                let message = format!("what answers at {server} is no Flowstead ({status})");
                Failure::of(UNREACHABLE, message)
            })?
        };
        if !status.is_success() {
            return Ok(Err(Refused { status, error: envelope["error"].take() }));
        }
        let next_cursor = envelope["page"]["next_cursor"].as_str().map(str::to_owned);
        Ok(Ok(Answer { data: envelope["data"].take(), next_cursor }))
    }

    /// Takes new tokens, unless another command has done so meanwhile.
    fn refresh(&mut self) -> Result<(), Failure> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let known = self.profile.access_token.clone();
        let refreshed = file.update(|profile| {
            if profile.access_token == known {
                let body = json!({ "refresh_token": profile.refresh_token });
                let path = "/api/v1/auth/refresh";
                let answer =
                    Self::at(Profile { server: profile.server.clone(), ..Profile::default() })?
                        .send(&Method::POST, path, &[], Some(&body))?;
                let answer = answer.map_err(|_| {
                    let message = "the sign-in has ended; sign in again with `flowstead login`";
                    Failure::of(NOT_ALLOWED, message)
                })?;
                take_tokens(profile, &answer.data);
            }
            Ok(profile.clone())
        });
        self.file = Some(file);
        self.profile = refreshed?;
        Ok(())
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut reason = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            reason = error.to_string();
            cause = error.source();
        }
        let server = &self.profile.server;
        Failure::of(UNREACHABLE, format!("can't reach the server at {server}: {reason}"))
    }
}

/// Puts the tokens of an answer into a profile.
pub(crate) fn take_tokens(profile: &mut Profile, tokens: &Json) {
    let text = |name: &str| tokens[name].as_str().unwrap_or_default().to_owned();
    profile.access_token = text("access_token");
    profile.refresh_token = text("refresh_token");
}

impl From<Refused> for Failure {
    fn from(Refused { status, error }: Refused) -> Self {
        let code = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => NOT_ALLOWED,
            status if status.is_server_error() => UNREACHABLE,
            _ => REFUSED,
        };
        let mut message = error["message"]
            .as_str()
            .map_or_else(|| format!("the server answered {status}"), str::to_owned);
        for detail in error["details"].as_array().into_iter().flatten() {
            message.push_str("\n  ");
            message.push_str(&problem(detail));
        }
        Self::of(code, message)
    }
}

/// A problem of a refused deployment or form in one line.
fn problem(detail: &Json) -> String {
    let text = |name: &str| detail[name].as_str().unwrap_or_default();
    if detail["file"].is_string() {
        let element = detail["element_id"].as_str().map_or(String::new(), |id| format!(" {id}"));
        let expected = detail["expected"].as_str();
        let expected = expected.map_or(String::new(), |it| format!(" (expected {it})"));
        let place = format!("{}:{}:{}", text("file"), detail["line"], detail["column"]);
        return format!("{place}{element}: {}{expected}", text("message"));
    }
    match (detail["label"].as_str(), detail["message"].as_str()) {
        (Some(label), Some(message)) => format!("{label}: {message}"),
        (None, Some(message)) => message.to_owned(),
        _ => detail.to_string(),
    }
}
