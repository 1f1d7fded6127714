-- What people, programs and the engine did. The key rises with time and is the indexer's position.
CREATE TABLE audit__events (
    event_key INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_key INTEGER,
    subject_id TEXT,
    process_id TEXT,
    instance_key INTEGER,
    summary TEXT NOT NULL,
    details TEXT,
    request_id TEXT,
    address TEXT
) STRICT;

-- The timeline of one instance.
CREATE INDEX audit_events_of_instance ON audit__events (instance_key, event_key)
    WHERE instance_key IS NOT NULL;
