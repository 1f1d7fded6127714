//! The e-mail connector: `to`, `cc`, `bcc`, `replyTo`, `subject`, `body`, `html`, `attachments`.
//!
//! Receivers are a text with commas or a list; an attachment is a context of `name`,
//! `contentType` and either `content` (a text) or `base64`. Must not know the mail server.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use crate::platform::mail::{Mail, MailAttachment, Mailer};
use crate::services::connectors::Trouble;
use crate::services::connectors::inputs::{Inputs, unexpected};
use crate::services::execution::{JobFuture, JobHandler, JobOutcome, LeasedJob};

/// Does the jobs of type [`super::MAIL`].
pub(super) struct MailConnector {
    pub(super) mailer: Arc<Mailer>,
}

impl JobHandler for MailConnector {
    fn run(&self, job: LeasedJob) -> JobFuture {
        let mailer = Arc::clone(&self.mailer);
        Box::pin(async move { send(&mailer, &job).await.unwrap_or_else(JobOutcome::from) })
    }
}

async fn send(mailer: &Mailer, job: &LeasedJob) -> Result<JobOutcome, Trouble> {
    let mail = read(&Inputs(&job.variables), job.key)?;
    mailer.send(&mail).await.map_err(|error| {
        let is_retryable = error.is_retryable();
        Trouble { message: error.to_string(), is_retryable }
    })?;
    Ok(JobOutcome::Completed(Map::new()))
}

fn read(inputs: &Inputs<'_>, job_key: i64) -> Result<Mail, Trouble> {
    let (to, cc, bcc) = (inputs.texts("to")?, inputs.texts("cc")?, inputs.texts("bcc")?);
    if to.is_empty() && cc.is_empty() && bcc.is_empty() {
        let message = "to: expected a receiver such as name@example.com, found nothing";
        return Err(Trouble::lasting(message));
    }
    Ok(Mail {
        id: format!("job-{job_key}"),
        to,
        cc,
        bcc,
        reply_to: inputs.text("replyTo")?,
        subject: inputs.required_text("subject", "a line of text")?,
        text: inputs.text("body")?.unwrap_or_default(),
        html: inputs.text("html")?,
        attachments: attachments(inputs)?,
    })
}

fn attachments(inputs: &Inputs<'_>) -> Result<Vec<MailAttachment>, Trouble> {
    let Some(given) = inputs.find("attachments") else { return Ok(Vec::new()) };
    let Json::Array(items) = given else {
        return Err(unexpected("attachments", "a list", given));
    };
    items.iter().enumerate().map(|(index, item)| attachment(index + 1, item)).collect()
}

fn attachment(number: usize, item: &Json) -> Result<MailAttachment, Trouble> {
    let path = format!("attachments[{number}]");
    let Json::Object(fields) = item else { return Err(unexpected(&path, "a context", item)) };
    let fields = Inputs(fields);
    let located = |trouble: Trouble| Trouble {
        message: format!("{path}.{}", trouble.message),
        is_retryable: trouble.is_retryable,
    };
    let name = fields.required_text("name", "a file name").map_err(located)?;
    let content_type = fields.text("contentType").map_err(located)?;
    let contents = match fields.text("base64").map_err(located)? {
        Some(text) => STANDARD
            .decode(text.trim())
            .map_err(|_| Trouble::lasting(format!("{path}.base64: expected text in base64")))?,
        None => {
            let text = fields.required_text("content", "a text, or base64").map_err(located)?;
            text.into_bytes()
        }
    };
    let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(MailAttachment { name, content_type, contents })
}
