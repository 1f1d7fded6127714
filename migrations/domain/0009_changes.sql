-- Instances that rest or were made after another one, and operations on many instances.

ALTER TABLE work__instances ADD COLUMN origin_key INTEGER;
CREATE INDEX work__instances_by_origin ON work__instances (origin_key)
    WHERE origin_key IS NOT NULL;

CREATE TABLE work__operations (
    key INTEGER PRIMARY KEY,
    -- What is done to each instance: JSON.
    action TEXT NOT NULL,
    -- checking, ready, running, paused, done or canceled.
    state TEXT NOT NULL,
    -- Running once it was checked, without being asked again.
    starts_itself INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE INDEX work__operations_open ON work__operations (key)
    WHERE state IN ('checking', 'running');

CREATE TABLE work__operation_items (
    operation_key INTEGER NOT NULL,
    instance_key INTEGER NOT NULL,
    -- What the dry run says: fits or refused; NULL before it.
    verdict TEXT,
    -- pending, done or refused.
    state TEXT NOT NULL,
    -- Why it was refused, by the dry run or when it was done.
    reason TEXT,
    -- The instance that a restart made.
    result_key INTEGER,
    PRIMARY KEY (operation_key, instance_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX work__operation_items_by_state ON work__operation_items
    (operation_key, state, instance_key);
CREATE INDEX work__operation_items_unchecked ON work__operation_items (operation_key, instance_key)
    WHERE verdict IS NULL;
