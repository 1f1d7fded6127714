-- People. Login names and addresses are unique whatever their case.
CREATE TABLE identity__users (
    user_key INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    email TEXT,
    display_name TEXT NOT NULL,
    password_hash TEXT,
    is_disabled INTEGER NOT NULL,
    -- Raised to end all sessions and tokens at once.
    security_rev INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    signed_in_at INTEGER
) STRICT;
CREATE UNIQUE INDEX identity_users_id ON identity__users (lower(user_id));
CREATE UNIQUE INDEX identity_users_email ON identity__users (lower(email));

CREATE TABLE identity__user_roles (
    user_key INTEGER NOT NULL REFERENCES identity__users (user_key) ON DELETE CASCADE,
    role_id TEXT NOT NULL,
    PRIMARY KEY (user_key, role_id)
) STRICT;
CREATE INDEX identity_user_roles_role ON identity__user_roles (role_id);

CREATE TABLE identity__groups (
    group_key INTEGER PRIMARY KEY,
    group_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE identity__memberships (
    user_key INTEGER NOT NULL REFERENCES identity__users (user_key) ON DELETE CASCADE,
    group_key INTEGER NOT NULL REFERENCES identity__groups (group_key) ON DELETE CASCADE,
    PRIMARY KEY (user_key, group_key)
) STRICT;
CREATE INDEX identity_memberships_group ON identity__memberships (group_key);

-- Tokens are stored as SHA-256: whoever reads the database can't use them.
CREATE TABLE identity__sessions (
    token_hash BLOB PRIMARY KEY,
    -- Names the session where its token must not be shown.
    session_key INTEGER NOT NULL UNIQUE,
    user_key INTEGER NOT NULL REFERENCES identity__users (user_key) ON DELETE CASCADE,
    security_rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address TEXT,
    user_agent TEXT
) STRICT;
CREATE INDEX identity_sessions_user ON identity__sessions (user_key);
CREATE INDEX identity_sessions_expiry ON identity__sessions (expires_at);

CREATE TABLE identity__refresh_tokens (
    token_hash BLOB PRIMARY KEY,
    family_key INTEGER NOT NULL,
    user_key INTEGER NOT NULL REFERENCES identity__users (user_key) ON DELETE CASCADE,
    security_rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX identity_refresh_tokens_family ON identity__refresh_tokens (family_key);
CREATE INDEX identity_refresh_tokens_user ON identity__refresh_tokens (user_key);
CREATE INDEX identity_refresh_tokens_expiry ON identity__refresh_tokens (expires_at);

CREATE TABLE identity__api_tokens (
    token_key INTEGER PRIMARY KEY,
    user_key INTEGER NOT NULL REFERENCES identity__users (user_key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The first characters, by which its user tells it from others.
    prefix TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    scopes TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER
) STRICT;
CREATE UNIQUE INDEX identity_api_tokens_name ON identity__api_tokens (user_key, name);

-- Secrets and settings of the installation itself.
CREATE TABLE identity__settings (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- Answers to POST requests that carried an Idempotency-Key; no answer yet means it is being made.
CREATE TABLE identity__idempotency_keys (
    user_key INTEGER NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    -- A key made by the run of the program that answers: one of an earlier run never will.
    run_key INTEGER NOT NULL,
    status INTEGER,
    content_type TEXT,
    location TEXT,
    answer BLOB,
    PRIMARY KEY (user_key, route, idempotency_key)
) STRICT;
CREATE INDEX identity_idempotency_keys_age ON identity__idempotency_keys (created_at);
