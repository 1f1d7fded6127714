-- Who waits for a signal.
CREATE TABLE work__signal_subscriptions (
    key INTEGER PRIMARY KEY,
    instance_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    signal_name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__signal_subscriptions_by_signal ON work__signal_subscriptions (signal_name, key);
CREATE INDEX work__signal_subscriptions_by_instance ON work__signal_subscriptions (instance_key);

-- Signal start events of the latest versions.
CREATE TABLE work__signal_starts (
    definition_key INTEGER NOT NULL,
    process_id TEXT NOT NULL,
    element_id TEXT NOT NULL,
    signal_name TEXT NOT NULL,
    PRIMARY KEY (process_id, element_id)
) STRICT;
CREATE INDEX work__signal_starts_by_signal ON work__signal_starts (signal_name, process_id);

-- Signals that reached so many that the rest is left to later transactions.
CREATE TABLE work__signals (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    variables TEXT NOT NULL,
    -- The last subscription it was brought to.
    subscription_key INTEGER NOT NULL,
    -- The last process it started; empty before the first.
    process_id TEXT NOT NULL,
    due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work__signals_by_due ON work__signals (due_at);
