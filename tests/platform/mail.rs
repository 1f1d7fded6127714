//! Mail: handed to a real server, and read again as it was delivered.

use flowstead::platform::config::{MailConfig, MailTls};
use flowstead::platform::mail::{Mail, MailAttachment, MailError, Mailer};

use super::Folder;
use crate::support::smtp::SmtpServer;

fn config(port: u16) -> MailConfig {
    MailConfig {
        host: "127.0.0.1".into(),
        port,
        tls: MailTls::None,
        from: "Flowstead <flow@example.com>".into(),
        timeout_ms: 5000,
        ..MailConfig::default()
    }
}

fn mail() -> Mail {
    Mail {
        id: "job-17".into(),
        to: vec!["Anna Müller <anna@example.com>".into()],
        subject: "Freigabe nötig".into(),
        text: "Bitte prüfen.\n".into(),
        ..Mail::default()
    }
}

async fn refused(mail: Mail) -> String {
    let mailer = Mailer::new(&config(1)).expect("it can be configured");
    let error = mailer.send(&mail).await.expect_err("it can't be sent");
    assert!(!error.is_retryable(), "{error}");
    error.to_string()
}

#[tokio::test]
async fn mail_is_delivered_with_its_headers_and_parts() {
    let folder = Folder::new();
    let server = SmtpServer::start(folder.path());
    let mailer = Mailer::new(&config(server.port)).expect("it can be configured");
    assert!(mailer.is_on());
    let mut full = mail();
    full.cc = vec!["boss@example.com".into()];
    full.bcc = vec!["archive@example.com".into()];
    full.reply_to = Some("help@example.com".into());
    full.html = Some("<p>Bitte <b>pr\u{fc}fen</b>.</p>".into());
    full.attachments = vec![MailAttachment {
        name: "receipt.txt".into(),
        content_type: "text/csv".into(),
        contents: b"a;b\n1;2\n".to_vec(),
    }];
    mailer.send(&full).await.expect("the server takes it");
    let delivered = server.delivered();
    assert_eq!(delivered.len(), 1);
    let text = &delivered[0];
    for expected in [
        "Message-ID: <job-17@example.com>",
        "From: Flowstead <flow@example.com>",
        "<anna@example.com>",
        "Cc: boss@example.com",
        "Reply-To: help@example.com",
        "Subject: Freigabe =?utf-8?b?bsO2dGln?=",
        "multipart/mixed",
        "multipart/alternative",
        "text/html",
        "text/csv",
        "filename=\"receipt.txt\"",
    ] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    // The envelope names all three, the headers must not name the hidden one.
    let rcpt = text.lines().find(|line| line.starts_with("X-RcptTo:")).expect("the envelope");
    assert!(rcpt.contains("archive@example.com"), "{rcpt}");
    assert!(!text.contains("Bcc:"), "{text}");
}

#[tokio::test]
async fn plain_text_is_one_part_and_connections_are_used_again() {
    let folder = Folder::new();
    let server = SmtpServer::start(folder.path());
    let mailer = Mailer::new(&config(server.port)).expect("it can be configured");
    for number in 0..5 {
        let id = format!("job-{number}");
        mailer.send(&Mail { id, ..mail() }).await.expect("the server takes it");
    }
    let delivered = server.delivered();
    assert_eq!(delivered.len(), 5);
    assert!(delivered.iter().all(|text| !text.contains("multipart")));
}

#[tokio::test]
async fn mail_is_off_without_a_host() {
    let mailer = Mailer::new(&MailConfig::default()).expect("it can be off");
    assert!(!mailer.is_on());
    let error = mailer.send(&mail()).await.expect_err("it is off");
    assert!(matches!(error, MailError::Off) && !error.is_retryable());
    assert_eq!(
        error.to_string(),
        "mail is off, expected mail.host and mail.from in the configuration"
    );
}

#[tokio::test]
async fn mail_that_makes_no_sense_is_refused_with_words() {
    let to = vec!["nobody".into()];
    assert_eq!(
        refused(Mail { to, ..mail() }).await,
        "the mail can't be sent: \"nobody\" is no address, expected name@example.com"
    );
    let subject = "Hello\r\nBcc: everybody@example.com".into();
    assert_eq!(
        refused(Mail { subject, ..mail() }).await,
        "the mail can't be sent: expected a subject in one line"
    );
    assert_eq!(
        refused(Mail { id: "a b".into(), ..mail() }).await,
        "the mail can't be sent: expected an id of letters, digits and -._"
    );
    let message = refused(Mail { to: Vec::new(), ..mail() }).await;
    assert!(message.starts_with("the mail can't be sent: "), "{message}");
    let file = MailAttachment { name: "a".into(), content_type: "?".into(), contents: Vec::new() };
    assert_eq!(
        refused(Mail { attachments: vec![file], ..mail() }).await,
        "the mail can't be sent: \"?\" is no media type, expected one like text/plain"
    );
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_not_tried_again() {
    let folder = Folder::new();
    let server = SmtpServer::start(folder.path());
    // This server knows no sign-in and no TLS.
    let with_user = MailConfig { user: "flow".into(), ..config(server.port) };
    let mailer = Mailer::new(&with_user).expect("it can be configured");
    let error = mailer.send(&mail()).await.expect_err("no sign-in there");
    assert!(matches!(error, MailError::Refused(_)) && !error.is_retryable(), "{error}");
    let with_tls = MailConfig { tls: MailTls::Starttls, ..config(server.port) };
    let mailer = Mailer::new(&with_tls).expect("it can be configured");
    let error = mailer.send(&mail()).await.expect_err("no TLS there");
    assert!(matches!(error, MailError::Refused(_)), "{error}");
    assert!(server.delivered().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_may_come_back() {
    let folder = Folder::new();
    let port = SmtpServer::start(folder.path()).port;
    let mailer = Mailer::new(&config(port)).expect("it can be configured");
    let error = mailer.send(&mail()).await.expect_err("the server is gone");
    assert!(error.is_retryable(), "{error}");
}

#[test]
fn a_sender_that_is_no_address_is_a_mistake_in_the_configuration() {
    let error = Mailer::new(&MailConfig { from: "@".into(), ..config(25) }).expect_err("no sender");
    assert!(error.to_string().starts_with("the mail configuration can't be used: mail.from: "));
}
