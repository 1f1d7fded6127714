-- Decision models and the decisions in them, and what was decided.

CREATE TABLE sys_flows__decision_models (
    key INTEGER PRIMARY KEY,
    model_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    namespace TEXT NOT NULL,
    -- Of the file and of everything it imports: the same again makes no new version.
    digest TEXT NOT NULL,
    -- Keys of the models it was compiled with: JSON.
    imports TEXT NOT NULL,
    deployment_key INTEGER NOT NULL REFERENCES sys_flows__deployments (key),
    resource_key INTEGER NOT NULL REFERENCES sys_flows__resources (key),
    deployed_at INTEGER NOT NULL,
    deployed_by TEXT NOT NULL,
    UNIQUE (model_id, version)
) STRICT;
CREATE INDEX sys_flows__decision_models_by_namespace
    ON sys_flows__decision_models (namespace, key);

-- Decisions and decision services.
CREATE TABLE sys_flows__decisions (
    key INTEGER PRIMARY KEY,
    decision_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    version_tag TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    model_key INTEGER NOT NULL REFERENCES sys_flows__decision_models (key),
    UNIQUE (decision_id, version)
) STRICT;
CREATE INDEX sys_flows__decisions_by_model ON sys_flows__decisions (model_key);

-- The version of a decision that each deployment means, also where it brought no new one.
CREATE TABLE sys_flows__deployed_decisions (
    deployment_key INTEGER NOT NULL REFERENCES sys_flows__deployments (key),
    decision_id TEXT NOT NULL,
    decision_key INTEGER NOT NULL REFERENCES sys_flows__decisions (key),
    PRIMARY KEY (deployment_key, decision_id)
) STRICT;

CREATE TABLE work__decision_evaluations (
    key INTEGER PRIMARY KEY,
    decision_id TEXT NOT NULL,
    decision_key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- Where it was made; NULL when somebody asked for it by itself.
    instance_key INTEGER,
    element_instance_key INTEGER,
    element_id TEXT,
    process_id TEXT,
    inputs TEXT NOT NULL,
    output TEXT NOT NULL,
    trace TEXT NOT NULL,
    -- Why there is no decision.
    failure TEXT,
    evaluated_at INTEGER NOT NULL,
    evaluated_by TEXT
) STRICT;
CREATE INDEX work__decision_evaluations_by_decision
    ON work__decision_evaluations (decision_id, key);
CREATE INDEX work__decision_evaluations_by_instance
    ON work__decision_evaluations (instance_key, key) WHERE instance_key IS NOT NULL;
