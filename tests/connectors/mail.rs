//! The e-mail connector with a real mail server.

use flowstead::platform::config::{MailConfig, MailTls, OutboundConfig};
use flowstead::services::connectors::MAIL;
use serde_json::{Map, json};

use super::{JOB_KEY, attempt, completed, connectors, failure};
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

#[tokio::test]
async fn a_mail_is_delivered_under_the_key_of_its_job() {
    let folder = std::env::temp_dir().join(format!("flowstead-mail-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&folder).expect("the folder is new");
    let server = SmtpServer::start(&folder);
    let handlers = connectors(&OutboundConfig::default(), &config(server.port));
    let variables = json!({
        "to": "ann@example.org, ben@example.org",
        "cc": ["cleo@example.org"],
        "replyTo": "help@example.org",
        "subject": "Your order",
        "body": "It is on its way.",
        "attachments": [{ "name": "note.txt", "contentType": "text/csv", "content": "a;b" }],
    });
    let outcome = attempt(&handlers, MAIL, json!({}), variables).await;
    assert_eq!(completed(outcome), Map::new());
    let delivered = server.delivered();
    assert_eq!(delivered.len(), 1);
    let message_id = format!("Message-ID: <job-{JOB_KEY}@example.com>");
    for expected in [
        message_id.as_str(),
        "ann@example.org",
        "ben@example.org",
        "Cc: cleo@example.org",
        "Reply-To: help@example.org",
        "Subject: Your order",
        "It is on its way.",
        "text/csv",
    ] {
        assert!(delivered[0].contains(expected), "no {expected} in {}", delivered[0]);
    }
    drop(server);
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}

#[tokio::test]
async fn without_a_server_another_try_may_help() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let handlers = connectors(&OutboundConfig::default(), &config(port));
    let variables = json!({ "to": "ann@example.org", "subject": "s" });
    let (message, is_retryable) = failure(attempt(&handlers, MAIL, json!({}), variables).await);
    assert!(message.starts_with("the mail server can't take it now: "), "{message}");
    assert!(is_retryable);
}

#[tokio::test]
async fn a_wrong_receiver_is_told() {
    let handlers = connectors(&OutboundConfig::default(), &config(1));
    let variables = json!({ "to": "nobody", "subject": "s" });
    let (message, is_retryable) = failure(attempt(&handlers, MAIL, json!({}), variables).await);
    assert!(message.starts_with("the mail can't be sent: ") && message.contains("nobody"));
    assert!(!is_retryable);
}
