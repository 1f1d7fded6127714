//! `flowstead jobs`: jobs on a server, done by hand or by a script around this command.
//!
//! Must not know what a job is about.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::cli::client::ServerFlags;
use crate::cli::listing::{print_done, print_list};
use crate::cli::outcome::Outcome;
use crate::cli::values::{count, key, wait_seconds};
use crate::cli::variables::{Variable, object};

const FIELDS: [&str; 7] =
    ["key", "type", "element_id", "instance_key", "retries", "lease_token", "lease_until"];

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum Jobs {
    /// Lease jobs of a type
    Activate(Activate),
    /// Complete a leased job
    Complete(Complete),
    /// Report that an attempt failed
    Fail(Fail),
    /// Throw a business error
    Error(Throw),
}

/// The arguments of `jobs activate`.
#[derive(Debug, Args)]
pub(crate) struct Activate {
    /// The type
    job_type: String,
    /// At most so many
    #[arg(long, default_value_t = 1, value_parser = count)]
    max: u32,
    /// The worker's name, for people
    #[arg(long, default_value = "command line")]
    worker: String,
    /// How long to wait for a job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = wait_seconds)]
    wait: u64,
    /// How long the jobs are the worker's, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = count)]
    lease: Option<u32>,
    #[command(flatten)]
    server: ServerFlags,
}

/// A leased job.
#[derive(Debug, Args)]
struct Leased {
    /// Key of the job
    #[arg(value_parser = key)]
    key: i64,
    /// The lease token that came with the job
    #[arg(long, value_name = "TOKEN", value_parser = key)]
    lease: i64,
    /// A variable to give back; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    #[command(flatten)]
    server: ServerFlags,
}

/// The arguments of `jobs complete`.
#[derive(Debug, Args)]
pub(crate) struct Complete {
    #[command(flatten)]
    job: Leased,
}

/// The arguments of `jobs fail`.
#[derive(Debug, Args)]
pub(crate) struct Fail {
    #[command(flatten)]
    job: Leased,
    /// What went wrong
    #[arg(long)]
    message: String,
    /// Attempts left; one less than before when not given
    #[arg(long)]
    retries: Option<i32>,
}

/// The arguments of `jobs error`.
#[derive(Debug, Args)]
pub(crate) struct Throw {
    #[command(flatten)]
    job: Leased,
    /// The error code
    #[arg(long)]
    code: String,
    /// More about it
    #[arg(long, default_value = "")]
    message: String,
}

impl Jobs {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Activate(activate) => activate.run(),
            Self::Complete(it) => it.job.report("complete", json!({}), "completed"),
            Self::Fail(it) => {
                let mut body = json!({ "message": it.message });
                if let Some(retries) = it.retries {
                    body["retries"] = retries.into();
                }
                it.job.report("fail", body, "reported the failure of")
            }
            Self::Error(it) => {
                let body = json!({ "code": it.code, "message": it.message });
                it.job.report("error", body, "threw an error from")
            }
        }
    }
}

impl Activate {
    fn run(self) -> Outcome {
        let mut body = json!({
            "types": [self.job_type],
            "worker": self.worker,
            "max_jobs": self.max,
            "wait_ms": self.wait * 1000,
        });
        if let Some(lease) = self.lease {
            body["lease_ms"] = (i64::from(lease) * 1000).into();
        }
        let data = self.server.client()?.post("/api/v1/jobs/activate", &body)?.data;
        Ok(print_list(data.as_array().map_or(&[], Vec::as_slice), self.server.json, &FIELDS))
    }
}

impl Leased {
    fn report(self, what: &str, mut body: Json, done: &str) -> Outcome {
        body["lease_token"] = self.lease.to_string().into();
        body["variables"] = object(self.variables).into();
        let path = format!("/api/v1/jobs/{}/{what}", self.key);
        let data = self.server.client()?.post(&path, &body)?.data;
        Ok(print_done(&data, self.server.json, &format!("{done} job {}", self.key)))
    }
}
