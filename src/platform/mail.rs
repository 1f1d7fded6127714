//! Mail, handed to a mail server by SMTP.
//!
//! Knows nothing of why mail is sent; texts come ready from the caller.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::platform::config::{MailConfig, MailTls};

/// One mail, as its writer sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mail {
    /// The idempotency key: unique for each mail, and the same whenever it is tried again, so that
    /// mail systems can drop repeats. Letters, digits and `-._`.
    pub id: String,
    /// Receivers, as `name@example.com` or `Name <name@example.com>`; at least one of all three.
    pub to: Vec<String>,
    /// Receivers of a copy.
    pub cc: Vec<String>,
    /// Receivers of a copy that the others don't see.
    pub bcc: Vec<String>,
    /// Where answers go, unless to the sender.
    pub reply_to: Option<String>,
    /// One line.
    pub subject: String,
    /// The body as plain text; always there, as some people read only that.
    pub text: String,
    /// The body once more as HTML.
    pub html: Option<String>,
    /// Files that go with it.
    pub attachments: Vec<MailAttachment>,
}

/// A file that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAttachment {
    /// The name it is shown under.
    pub name: String,
    /// Its media type, such as `application/pdf`.
    pub content_type: String,
    /// Its contents.
    pub contents: Vec<u8>,
}

/// Why mail was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No mail server is configured.
    #[error("mail is off, expected mail.host and mail.from in the configuration")]
    Off,
    /// The configuration does not make sense to the mail library.
    #[error("the mail configuration can't be used: {0}")]
    BadConfig(String),
    /// The mail can't be sent to anybody as it is.
    #[error("the mail can't be sent: {0}")]
    BadMail(String),
    /// The server refused it for good.
    #[error("the mail server refused: {0}")]
    Refused(String),
    /// The server can't be reached or can't take it now.
    #[error("the mail server can't take it now: {0}")]
    Unavailable(String),
}

impl MailError {
    /// Whether the same mail may be accepted later with nothing changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Hands mail to the configured server; shared by all, cheap to keep when mail is off.
#[derive(Debug)]
pub struct Mailer {
    line: Option<Line>,
}

#[derive(Debug)]
struct Line {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    /// Reads the configuration; connects at the first mail.
    ///
    /// # Errors
    /// `BadConfig` when the sender is no address or TLS can't be set up.
    pub fn new(config: &MailConfig) -> Result<Self, MailError> {
        if config.host.is_empty() {
            return Ok(Self { line: None });
        }
        let bad = |what: String| MailError::BadConfig(what);
        let from = config.from.parse().map_err(|error| bad(format!("mail.from: {error}")))?;
        let tls = tls(config).map_err(|error| bad(format!("mail.host: {error}")))?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(Duration::from_millis(config.timeout_ms)));
        if !config.user.is_empty() {
            let password = config.password.expose().to_owned();
            builder = builder.credentials(Credentials::new(config.user.clone(), password));
        }
        Ok(Self { line: Some(Line { from, transport: builder.build() }) })
    }

    /// Whether a mail server is configured.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.line.is_some()
    }

    /// Hands one mail to the server. When this returns, the server has taken it over.
    ///
    /// An error after the server took it (a connection lost at the wrong moment) is possible; the
    /// mail's id is what lets receivers recognize the repeat.
    ///
    /// # Errors
    /// All of [`MailError`] but `BadConfig`.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let line = self.line.as_ref().ok_or(MailError::Off)?;
        let message = message(mail, &line.from)?;
        line.transport.send(message).await.map(drop).map_err(|error| {
            let reason = with_causes(&error);
            if error.is_permanent() || error.is_client() {
                MailError::Refused(reason)
            } else {
                MailError::Unavailable(reason)
            }
        })
    }
}

fn tls(config: &MailConfig) -> Result<Tls, lettre::transport::smtp::Error> {
    let parameters = || TlsParameters::new(config.host.clone());
    Ok(match config.tls {
        MailTls::None => Tls::None,
        MailTls::Starttls => Tls::Required(parameters()?),
        MailTls::Tls => Tls::Wrapper(parameters()?),
    })
}

fn message(mail: &Mail, from: &Mailbox) -> Result<Message, MailError> {
    let bad = |error: lettre::error::Error| MailError::BadMail(error.to_string());
    let builder = head(mail, from)?;
    let html = mail.html.clone();
    if mail.attachments.is_empty() {
        return match html {
            None => builder.singlepart(SinglePart::plain(mail.text.clone())).map_err(bad),
            Some(html) => builder
                .multipart(MultiPart::alternative_plain_html(mail.text.clone(), html))
                .map_err(bad),
        };
    }
    let mut parts = match html {
        None => MultiPart::mixed().singlepart(SinglePart::plain(mail.text.clone())),
        Some(html) => {
            MultiPart::mixed().multipart(MultiPart::alternative_plain_html(mail.text.clone(), html))
        }
    };
    for attachment in &mail.attachments {
        parts = parts.singlepart(part(attachment)?);
    }
    builder.multipart(parts).map_err(bad)
}

fn head(mail: &Mail, from: &Mailbox) -> Result<MessageBuilder, MailError> {
    let is_id_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if mail.id.is_empty() || !mail.id.chars().all(is_id_char) {
        return Err(MailError::BadMail("expected an id of letters, digits and -._".into()));
    }
    one_line("subject", &mail.subject)?;
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    let mut builder =
        Message::builder().from(from.clone()).subject(&mail.subject).message_id(Some(id));
    for to in &mail.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &mail.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    for bcc in &mail.bcc {
        builder = builder.bcc(mailbox(bcc)?);
    }
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(mailbox(reply_to)?);
    }
    Ok(builder)
}

/// A line break in a header would let the rest of the text become headers of its own.
fn one_line(what: &str, text: &str) -> Result<(), MailError> {
    if text.chars().any(char::is_control) {
        return Err(MailError::BadMail(format!("expected a {what} in one line")));
    }
    Ok(())
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|_| {
        MailError::BadMail(format!("{text:?} is no address, expected name@example.com"))
    })
}

fn part(attachment: &MailAttachment) -> Result<SinglePart, MailError> {
    one_line("file name", &attachment.name)?;
    let content_type = ContentType::parse(&attachment.content_type).map_err(|_| {
        let given = &attachment.content_type;
        MailError::BadMail(format!("{given:?} is no media type, expected one like text/plain"))
    })?;
    Ok(Attachment::new(attachment.name.clone()).body(attachment.contents.clone(), content_type))
}

/// The library's error names only its kind; what happened stands in its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
