-- What has been deployed: resources as they came, and what was made of them.

CREATE TABLE sys_flows__deployments (
    key INTEGER PRIMARY KEY,
    deployed_at INTEGER NOT NULL,
    deployed_by TEXT NOT NULL
) STRICT;

CREATE TABLE sys_flows__resources (
    key INTEGER PRIMARY KEY,
    deployment_key INTEGER NOT NULL REFERENCES sys_flows__deployments (key),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX sys_flows__resources_by_deployment ON sys_flows__resources (deployment_key);

-- One row a process id: which version is the latest and where its instances are kept.
CREATE TABLE sys_flows__processes (
    process_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    latest_key INTEGER NOT NULL,
    latest_version INTEGER NOT NULL,
    schema_name TEXT NOT NULL UNIQUE,
    -- The business columns of the process's schema, in the layers in which they were added: JSON.
    column_layers TEXT NOT NULL
) STRICT;

CREATE TABLE sys_flows__definitions (
    key INTEGER PRIMARY KEY,
    process_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    version_tag TEXT,
    name TEXT NOT NULL,
    deployment_key INTEGER NOT NULL REFERENCES sys_flows__deployments (key),
    resource_key INTEGER NOT NULL REFERENCES sys_flows__resources (key),
    -- The business columns this version wants: JSON.
    columns TEXT NOT NULL,
    deployed_at INTEGER NOT NULL,
    deployed_by TEXT NOT NULL,
    UNIQUE (process_id, version)
) STRICT;
CREATE INDEX sys_flows__definitions_by_resource ON sys_flows__definitions (resource_key);

CREATE TABLE sys_views__forms (
    key INTEGER PRIMARY KEY,
    form_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    deployment_key INTEGER NOT NULL REFERENCES sys_flows__deployments (key),
    resource_key INTEGER NOT NULL REFERENCES sys_flows__resources (key),
    UNIQUE (form_id, version)
) STRICT;

-- The JSON Schema of a process's variables; the latest version holds for new definitions.
CREATE TABLE sys_schemas__data_schemas (
    process_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    deployment_key INTEGER NOT NULL REFERENCES sys_flows__deployments (key),
    resource_key INTEGER NOT NULL REFERENCES sys_flows__resources (key),
    PRIMARY KEY (process_id, version)
) STRICT;
