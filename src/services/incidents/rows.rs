//! The rows of open incidents.
//!
//! Must not change anything.

use crate::core::engine::IncidentKind;
use crate::platform::store::{Sql, StoreError, Value};
use crate::services::execution::Definitions;
use crate::services::incidents::find_kind;

/// Counting stops here.
const COUNT_MAX: i64 = 10_001;

/// Which incidents are wanted; the default wants all open ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// Of this process.
    pub process_id: Option<String>,
    /// Of this kind.
    pub kind: Option<IncidentKind>,
    /// Of this instance.
    pub instance_key: Option<i64>,
    /// With this text in the message, whatever the case of ASCII letters.
    pub search: Option<String>,
}

/// An open incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    /// Its key.
    pub key: i64,
    /// The instance that is stuck.
    pub instance_key: i64,
    /// The process of the instance.
    pub process_id: String,
    /// The process's name.
    pub process_name: String,
    /// The element.
    pub element_id: String,
    /// The element's name.
    pub element_name: String,
    /// The job it is about.
    pub job_key: Option<i64>,
    /// What kind of trouble, as in the API.
    pub kind: String,
    /// What happened and what was expected.
    pub message: String,
    /// Milliseconds UTC.
    pub created_at: i64,
}

fn conditions(filter: &IncidentFilter) -> (String, Vec<Value>) {
    let mut text = "n.resolved_at IS NULL".to_owned();
    let mut parameters: Vec<Value> = Vec::new();
    let mut add = |condition: &str, value: Value| {
        parameters.push(value);
        text.push_str(" AND ");
        text.push_str(&condition.replace('?', &format!("?{}", parameters.len())));
    };
    if let Some(process_id) = &filter.process_id {
        add("n.process_id = ?", process_id.into());
    }
    if let Some(kind) = filter.kind {
        let name = serde_json::to_value(kind).unwrap_or_default();
        add("n.kind = ?", name.as_str().unwrap_or_default().into());
    }
    if let Some(instance_key) = filter.instance_key {
        add("n.instance_key = ?", instance_key.into());
    }
    if let Some(search) = filter.search.as_deref().filter(|it| !it.is_empty()) {
        let escaped = search.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        add("lower(n.message) LIKE lower(?) ESCAPE '!'", format!("%{escaped}%").into());
    }
    (text, parameters)
}

/// Open incidents with keys below `before`, newest first.
///
/// # Errors
/// Those of the database.
pub(super) fn list(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    filter: &IncidentFilter,
    before: i64,
    limit: u32,
) -> Result<Vec<IncidentRow>, StoreError> {
    let (text, mut parameters) = conditions(filter);
    parameters.push(before.into());
    parameters.push(limit.into());
    let select = format!(
        "SELECT n.key, n.instance_key, n.process_id, n.definition_key, n.element_id, n.job_key,
             n.kind, n.message, n.created_at
         FROM work__incidents n WHERE {text} AND n.key < ?{} ORDER BY n.key DESC LIMIT ?{}",
        parameters.len() - 1,
        parameters.len()
    );
    let rows = sql.query(&select, &parameters)?;
    let mut incidents = Vec::with_capacity(rows.len());
    for row in rows {
        let deployed = definitions.load(sql, row.integer(3)?)?;
        let element_id = row.text(4)?;
        let element = deployed.graph.find(element_id).map(|it| deployed.graph.element(it));
        let name = element.and_then(|it| it.name.clone());
        incidents.push(IncidentRow {
            key: row.integer(0)?,
            instance_key: row.integer(1)?,
            process_id: row.text(2)?.to_owned(),
            process_name: deployed
                .graph
                .name
                .clone()
                .unwrap_or_else(|| deployed.graph.id.to_string()),
            element_id: element_id.to_owned(),
            element_name: name.unwrap_or_else(|| element_id.to_owned()),
            job_key: row.optional_integer(5)?,
            kind: row.text(6)?.to_owned(),
            message: row.text(7)?.to_owned(),
            created_at: row.integer(8)?,
        });
    }
    Ok(incidents)
}

/// How many open incidents there are, at most [`COUNT_MAX`].
///
/// # Errors
/// Those of the database.
pub(super) fn count(sql: &mut dyn Sql, filter: &IncidentFilter) -> Result<i64, StoreError> {
    let (text, parameters) = conditions(filter);
    let select = format!(
        "SELECT COUNT(*) FROM (SELECT n.key FROM work__incidents n WHERE {text}
         LIMIT {COUNT_MAX}) AS counted"
    );
    sql.query(&select, &parameters)?.first().map_or(Ok(0), |row| row.integer(0))
}

/// The job of an open incident with the job's retries: `None` when it is not open, `Some(None)`
/// when it is about no job.
///
/// # Errors
/// Those of the database.
#[expect(clippy::option_option, reason = "not open, about no job and about a job are three things")]
pub(super) fn find_job(
    sql: &mut dyn Sql,
    key: i64,
) -> Result<Option<Option<(i64, i64)>>, StoreError> {
    let rows = sql.query(
        "SELECT j.key, j.retries FROM work__incidents n LEFT JOIN work__jobs j ON j.key = n.job_key
         WHERE n.key = ?1 AND n.resolved_at IS NULL",
        &[key.into()],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    let job_key = row.optional_integer(0)?;
    Ok(Some(job_key.map(|job_key| Ok::<_, StoreError>((job_key, row.integer(1)?))).transpose()?))
}

impl IncidentRow {
    /// What it is called, and what a person can do about it.
    #[must_use]
    pub fn words(&self) -> (&'static str, &'static str) {
        find_kind(&self.kind).map_or(("Trouble", ""), super::incident_words)
    }
}
