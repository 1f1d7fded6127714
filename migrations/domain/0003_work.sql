-- What is going on: one row for each thing that waits or can be searched for.
-- The journal of a process's instances lies in the process's own schema.

CREATE TABLE work__instances (
    key INTEGER PRIMARY KEY,
    process_id TEXT NOT NULL,
    definition_key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    turn INTEGER NOT NULL,
    parent_key INTEGER,
    parent_element_key INTEGER,
    incidents INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX work__instances_by_process ON work__instances (process_id, key);
CREATE INDEX work__instances_by_state ON work__instances (state, key);
CREATE INDEX work__instances_by_parent ON work__instances (parent_key) WHERE parent_key IS NOT NULL;
CREATE INDEX work__instances_stuck ON work__instances (key) WHERE incidents > 0;
-- How many of a process are stuck, beside any number that are not.
CREATE INDEX work__instances_stuck_of_process ON work__instances (process_id, key)
    WHERE incidents > 0;

CREATE TABLE work__jobs (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    element_instance_key INTEGER NOT NULL,
    element_id TEXT NOT NULL,
    process_id TEXT NOT NULL,
    definition_key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    job_type TEXT NOT NULL,
    -- available, leased, or dead (no retries left: an incident waits for a person).
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    headers TEXT NOT NULL,
    -- From when on it may be leased: creation, the end of a backoff, or the end of a lease.
    due_at INTEGER NOT NULL,
    worker TEXT,
    lease_token INTEGER,
    message TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__jobs_to_lease ON work__jobs (job_type, priority DESC, key) WHERE state <> 'dead';
CREATE INDEX work__jobs_by_instance ON work__jobs (instance_key);
CREATE INDEX work__jobs_dead ON work__jobs (key) WHERE state = 'dead';

CREATE TABLE work__timers (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__timers_by_due ON work__timers (due_at);
CREATE INDEX work__timers_by_instance ON work__timers (instance_key);

-- Timer start events of the latest versions.
CREATE TABLE work__schedules (
    key INTEGER PRIMARY KEY,
    definition_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    -- NULL when it will not fire again.
    due_at INTEGER,
    -- How it goes on: JSON; NULL when it fires once.
    repetition TEXT,
    last_fired_at INTEGER,
    is_paused INTEGER NOT NULL
) STRICT;
CREATE INDEX work__schedules_by_due ON work__schedules (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX work__schedules_by_process ON work__schedules (process_id);

CREATE TABLE work__subscriptions (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    message_name TEXT NOT NULL,
    correlation_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__subscriptions_by_message ON work__subscriptions (message_name, correlation_key);
CREATE INDEX work__subscriptions_by_instance ON work__subscriptions (instance_key);

-- Message start events of the latest versions.
CREATE TABLE work__start_subscriptions (
    definition_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    message_name TEXT NOT NULL,
    PRIMARY KEY (process_id, element_id)
) STRICT;
CREATE INDEX work__start_subscriptions_by_message ON work__start_subscriptions (message_name);

-- Instances that a message with a correlation key started: a second one waits its turn.
CREATE TABLE work__message_starts (
    process_id TEXT NOT NULL,
    correlation_key TEXT NOT NULL,
    instance_key INTEGER NOT NULL,
    PRIMARY KEY (process_id, correlation_key)
) STRICT;
CREATE INDEX work__message_starts_by_instance ON work__message_starts (instance_key);

CREATE TABLE work__messages (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    correlation_key TEXT NOT NULL,
    message_id TEXT,
    variables TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__messages_by_name ON work__messages (name, correlation_key);
CREATE INDEX work__messages_by_expiry ON work__messages (expires_at);
CREATE UNIQUE INDEX work__messages_by_id ON work__messages (name, correlation_key, message_id)
    WHERE message_id IS NOT NULL;

-- A message reaches a process at most once.
CREATE TABLE work__message_correlations (
    message_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    PRIMARY KEY (message_key, process_id)
) STRICT;

CREATE TABLE work__user_tasks (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    element_instance_key INTEGER NOT NULL,
    element_id TEXT NOT NULL,
    process_id TEXT NOT NULL,
    definition_key INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- open, completed or canceled.
    state TEXT NOT NULL,
    form TEXT,
    assignee TEXT,
    candidate_groups TEXT NOT NULL,
    candidate_users TEXT NOT NULL,
    due_at INTEGER,
    follow_up_at INTEGER,
    priority INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT
) STRICT;
CREATE INDEX work__user_tasks_by_assignee ON work__user_tasks (assignee, state, key);
CREATE INDEX work__user_tasks_by_state ON work__user_tasks (state, priority, key);
CREATE INDEX work__user_tasks_by_due ON work__user_tasks (state, due_at);
CREATE INDEX work__user_tasks_by_instance ON work__user_tasks (instance_key);

-- Who may claim an open user task; `kind` is user, group or anyone.
CREATE TABLE work__candidates (
    user_task_key INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, id, user_task_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX work__candidates_by_task ON work__candidates (user_task_key);

CREATE TABLE work__incidents (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    definition_key INTEGER NOT NULL,
    element_id TEXT NOT NULL,
    element_instance_key INTEGER NOT NULL,
    job_key INTEGER,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    resolved_at INTEGER
) STRICT;
CREATE INDEX work__incidents_open ON work__incidents (key) WHERE resolved_at IS NULL;
CREATE INDEX work__incidents_by_instance ON work__incidents (instance_key);

-- What was done for requests with an Idempotency-Key, written in the transaction that did it.
CREATE TABLE work__requests (
    -- A digest of the user, the route and the key.
    digest BLOB PRIMARY KEY,
    receipt TEXT NOT NULL,
    done_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__requests_by_age ON work__requests (done_at);
