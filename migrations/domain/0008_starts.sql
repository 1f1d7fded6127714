-- What starts the latest versions of processes, beside timers: one row for each trigger.
CREATE TABLE work__starts (
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    -- Which of the element's triggers, from 0.
    part INTEGER NOT NULL,
    definition_key INTEGER NOT NULL,
    -- message, signal or condition.
    kind TEXT NOT NULL,
    -- Name of the message or the signal; empty for a condition.
    name TEXT NOT NULL,
    PRIMARY KEY (process_id, element_id, part)
) STRICT;
CREATE INDEX work__starts_by_name ON work__starts (kind, name, process_id);

INSERT INTO work__starts (process_id, element_id, part, definition_key, kind, name)
SELECT process_id, element_id, 0, definition_key, 'message', message_name
FROM work__start_subscriptions;

INSERT INTO work__starts (process_id, element_id, part, definition_key, kind, name)
SELECT process_id, element_id, 0, definition_key, 'signal', signal_name
FROM work__signal_starts;

DROP TABLE work__start_subscriptions;
DROP TABLE work__signal_starts;

-- Which of the start event's triggers a timer is.
ALTER TABLE work__schedules ADD COLUMN part INTEGER;

-- Triggers that came of start events that need several.
CREATE TABLE work__start_triggers (
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    -- The message's; empty for what has none.
    correlation_key TEXT NOT NULL,
    variables TEXT NOT NULL,
    came_at INTEGER NOT NULL,
    PRIMARY KEY (process_id, element_id, part, correlation_key)
) STRICT;
