//! What an audit event says: who did what to which thing, when and from where.
//!
//! Must not know how events are stored.

use std::sync::Arc;

use serde_json::Value as Json;

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A signed-in person.
    User,
    /// A program acting with a user's token.
    Client,
    /// The engine, by itself.
    Engine,
    /// The program around the engine, such as setup or the command line.
    System,
    /// Somebody who is not signed in.
    Anonymous,
}

impl ActorKind {
    const ALL: [Self; 5] = [Self::User, Self::Client, Self::Engine, Self::System, Self::Anonymous];

    /// The name in tables and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Engine => "engine",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Login name of the user, or the name of the part that acted; empty when nobody is known.
    pub id: Arc<str>,
}

/// Who acts, in which request and from where; services pass it on to the events they write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who acts.
    pub actor: Actor,
    /// The id of the request, to find its log lines.
    pub request_id: Option<Arc<str>>,
    /// The network address of the client.
    pub address: Option<Arc<str>>,
    /// Names the request among all, when its sender may send it again: the engine carries out one
    /// command for it and gives that command's receipt from then on.
    pub once: Option<[u8; 32]>,
}

impl Origin {
    /// The program acts by itself; `id` names its part, such as `setup`.
    #[must_use]
    pub fn system(id: &str) -> Self {
        Self::of(ActorKind::System, id)
    }

    /// The engine acts by itself.
    #[must_use]
    pub fn engine() -> Self {
        Self::of(ActorKind::Engine, "engine")
    }

    /// An actor of a kind, without a request.
    #[must_use]
    pub fn of(kind: ActorKind, id: &str) -> Self {
        Self { actor: Actor { kind, id: id.into() }, request_id: None, address: None, once: None }
    }
}

/// What was acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What kind of thing, such as `user` or `process_instance`.
    pub kind: &'static str,
    /// Its key, if it has one.
    pub key: Option<i64>,
    /// Its id or name, if it has one.
    pub id: Option<String>,
}

/// What happened, before it is known when and by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The fact, as `kind.verb`, such as `user.created`.
    pub action: &'static str,
    /// What was acted upon.
    pub subject: Subject,
    /// The process it belongs to.
    pub process_id: Option<String>,
    /// The process instance it belongs to.
    pub instance_key: Option<i64>,
    /// One sentence for people; searched as text.
    pub summary: String,
    /// Further facts as JSON; never secrets.
    pub details: Option<Json>,
}

impl Change {
    /// A change of a thing that has both a key and an id.
    #[must_use]
    pub fn of(
        action: &'static str,
        kind: &'static str,
        key: i64,
        id: &str,
        summary: String,
    ) -> Self {
        let subject = Subject { kind, key: Some(key), id: Some(id.to_owned()) };
        Self { action, subject, process_id: None, instance_key: None, summary, details: None }
    }

    /// Adds further facts.
    #[must_use]
    pub fn with_details(mut self, details: Json) -> Self {
        self.details = Some(details);
        self
    }

    /// The event of this change.
    #[must_use]
    pub fn at(self, key: i64, at_ms: i64, origin: &Origin) -> AuditEvent {
        AuditEvent {
            key,
            at_ms,
            actor_kind: origin.actor.kind,
            actor_id: origin.actor.id.to_string(),
            action: self.action.to_owned(),
            subject_kind: self.subject.kind.to_owned(),
            subject_key: self.subject.key,
            subject_id: self.subject.id,
            process_id: self.process_id,
            instance_key: self.instance_key,
            summary: self.summary,
            details: self.details,
            request_id: origin.request_id.as_deref().map(ToOwned::to_owned),
            address: origin.address.as_deref().map(ToOwned::to_owned),
        }
    }
}

/// One audit event, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// Its key and position; rises with time.
    pub key: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// What kind of actor.
    pub actor_kind: ActorKind,
    /// Login name of the user, or the name of the part that acted.
    pub actor_id: String,
    /// The fact, as `kind.verb`.
    pub action: String,
    /// What kind of thing was acted upon.
    pub subject_kind: String,
    /// Its key, if it has one.
    pub subject_key: Option<i64>,
    /// Its id or name, if it has one.
    pub subject_id: Option<String>,
    /// The process it belongs to.
    pub process_id: Option<String>,
    /// The process instance it belongs to.
    pub instance_key: Option<i64>,
    /// One sentence for people.
    pub summary: String,
    /// Further facts.
    pub details: Option<Json>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// The network address of the client.
    pub address: Option<String>,
}
