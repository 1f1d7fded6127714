-- What lists and counts of a running installation are found by.

-- Few instances are in these states, so they cost little and find the few among the many.
CREATE INDEX work__instances_active ON work__instances (process_id, key) WHERE state = 'active';
CREATE INDEX work__instances_terminated ON work__instances (process_id, key)
    WHERE state = 'terminated';
-- Those who may only see what they started.
CREATE INDEX work__instances_by_starter ON work__instances (started_by, key);
-- Completed instances by day.
CREATE INDEX work__instances_by_end ON work__instances (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX work__incidents_open_by_process ON work__incidents (process_id, key)
    WHERE resolved_at IS NULL;
CREATE INDEX work__incidents_by_job ON work__incidents (job_key) WHERE job_key IS NOT NULL;
