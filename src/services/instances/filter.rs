//! Which instances are wanted, as conditions of a query.
//!
//! Must not know how pages or addresses write a filter.
//!
//! **Invariant:** what people type reaches the database as parameters only; names of columns and
//! schemas come from our own tables.

use std::fmt::Write;

use crate::core::access::{Permission, Principal};
use crate::core::schema::{Column, ColumnType};
use crate::platform::clock::lowest_key_at;
use crate::platform::store::{Sql, StoreError, Value};
use crate::services::execution::indexed_expression;

/// Keys run ahead of their times by less than this when many are made at once.
const KEY_LEAD_MS: i64 = 60_000;

/// Instances in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFilter {
    /// Those that run or wait.
    Active,
    /// Those that did all they had to.
    Completed,
    /// Those that were ended early.
    Terminated,
    /// Those that rest until they are resumed.
    Suspended,
    /// Those with an open incident.
    Stuck,
}

impl StateFilter {
    /// All of them, in the order of pages.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::Stuck, Self::Suspended, Self::Completed, Self::Terminated];

    /// The name in addresses and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Completed => "completed",
            Self::Terminated => "terminated",
            Self::Stuck => "stuck",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// How a variable is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Equal,
    /// There, and not equal.
    NotEqual,
    /// Greater, or later.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Less, or earlier.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// A text with this inside, whatever the case of ASCII letters.
    Contains,
}

impl Operator {
    /// All of them, in the order of pages.
    pub const ALL: [Self; 7] = [
        Self::Equal,
        Self::NotEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Contains,
    ];

    /// The name in addresses and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
            Self::Contains => "contains",
        }
    }

    /// The operator of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Contains => "LIKE",
        }
    }
}

/// A business variable compared with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableFilter {
    /// The variable, with dots for values inside it.
    pub name: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what, as people type it.
    pub value: String,
}

/// Which instances are wanted; the default wants all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceFilter {
    /// In this state.
    pub state: Option<StateFilter>,
    /// Of this process.
    pub process_id: Option<String>,
    /// Of this version.
    pub version: Option<i64>,
    /// Called by this instance.
    pub parent_key: Option<i64>,
    /// Started at this time or later, in milliseconds UTC.
    pub started_from_ms: Option<i64>,
    /// Started before this time.
    pub started_until_ms: Option<i64>,
    /// Started by this user.
    pub started_by: Option<String>,
    /// With this business variable; needs a process.
    pub variable: Option<VariableFilter>,
    /// Among these.
    pub keys: Option<Vec<i64>>,
}

impl InstanceFilter {
    /// Only what a principal may see: all, or what it started itself.
    #[must_use]
    pub fn visible_to(mut self, principal: &Principal) -> Self {
        if !principal.may(Permission::InstancesRead) {
            self.started_by = Some(principal.user_id.to_string());
        }
        self
    }
}

/// Why instances could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The filter asks for what is not there; the text says what was expected.
    #[error("{0}")]
    Filter(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A `FROM` and a `WHERE` with its parameters, over `work__instances i`.
pub(super) struct Conditions {
    pub(super) from: String,
    pub(super) text: String,
    pub(super) parameters: Vec<Value>,
}

impl Conditions {
    /// The conditions of a filter; `None` when nothing can match.
    pub(super) fn of(
        sql: &mut dyn Sql,
        filter: &InstanceFilter,
    ) -> Result<Option<Self>, ListError> {
        let mut conditions = Self {
            from: "work__instances i".to_owned(),
            text: "1 = 1".to_owned(),
            parameters: Vec::new(),
        };
        if let Some(variable) = &filter.variable {
            let Some(process_id) = &filter.process_id else {
                let message = "expected a process when instances are searched by a variable";
                return Err(ListError::Filter(message.to_owned()));
            };
            if !conditions.compare(sql, process_id, variable)? {
                return Ok(None);
            }
        }
        conditions.add_state(filter.state);
        conditions.add_times(filter);
        if let Some(process_id) = &filter.process_id {
            conditions.add("i.process_id = ", process_id.into());
        }
        if let Some(version) = filter.version {
            conditions.add("i.version = ", version.into());
        }
        if let Some(parent_key) = filter.parent_key {
            conditions.add("i.parent_key = ", parent_key.into());
        }
        if let Some(started_by) = &filter.started_by {
            conditions.add("i.started_by = ", started_by.into());
        }
        if let Some(keys) = &filter.keys {
            let number = conditions.parameter(Value::integers(keys.iter().copied()));
            let _ =
                write!(conditions.text, " AND i.key IN (SELECT value FROM json_each(?{number}))");
        }
        Ok(Some(conditions))
    }

    /// Adds `AND <text><parameter>`.
    pub(super) fn add(&mut self, text: &str, value: Value) {
        let number = self.parameter(value);
        let _ = write!(self.text, " AND {text}?{number}");
    }

    pub(super) fn parameter(&mut self, value: Value) -> usize {
        self.parameters.push(value);
        self.parameters.len()
    }

    /// States stand in the text, since partial indexes are chosen by the text alone.
    fn add_state(&mut self, state: Option<StateFilter>) {
        self.text.push_str(match state {
            None => "",
            Some(StateFilter::Active) => " AND i.state = 'active'",
            Some(StateFilter::Suspended) => " AND i.state = 'suspended'",
            Some(StateFilter::Completed) => " AND i.state = 'completed'",
            Some(StateFilter::Terminated) => " AND i.state = 'terminated'",
            Some(StateFilter::Stuck) => " AND i.incidents > 0",
        });
    }

    fn add_times(&mut self, filter: &InstanceFilter) {
        if let Some(from_ms) = filter.started_from_ms {
            self.add("i.key >= ", lowest_key_at(from_ms).into());
            self.add("i.started_at >= ", from_ms.into());
        }
        if let Some(until_ms) = filter.started_until_ms {
            self.add("i.key < ", lowest_key_at(until_ms.saturating_add(KEY_LEAD_MS)).into());
            self.add("i.started_at < ", until_ms.into());
        }
    }

    /// Joins the process's own table; false when the process has never been started.
    fn compare(
        &mut self,
        sql: &mut dyn Sql,
        process_id: &str,
        variable: &VariableFilter,
    ) -> Result<bool, ListError> {
        let Some((schema, columns)) = business_columns(sql, process_id)? else { return Ok(false) };
        let found = columns.iter().find(|column| column.name == variable.name);
        let column = found.ok_or_else(|| {
            let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            if known.is_empty() {
                let message = format!("process {process_id} has no business variables");
                return ListError::Filter(message);
            }
            let message = format!(
                "expected one of the variables {} of process {process_id}, found {}",
                known.join(", "),
                variable.name.escape_debug()
            );
            ListError::Filter(message)
        })?;
        let value = comparable(column, variable)?;
        // The business table leads, so that its index is used on both databases.
        self.from = format!("{schema}__instances b CROSS JOIN work__instances i");
        "i.key = b.key".clone_into(&mut self.text);
        let name = format!("b.{}", column.column_name);
        match (column.column_type, variable.operator) {
            (_, Operator::Contains) => {
                let number = self.parameter(value);
                let _ = write!(self.text, " AND lower({name}) LIKE lower(?{number}) ESCAPE '!'");
            }
            (ColumnType::Text, Operator::Equal) => {
                let beginning = indexed_expression(column);
                let beginning = beginning.replace(&column.column_name, &name);
                let number = self.parameter(value);
                let _ = write!(
                    self.text,
                    " AND {beginning} = substr(?{number}, 1, 200) AND {name} = ?{number}"
                );
            }
            (_, operator) => self.add(&format!("{name} {} ", operator.sql()), value),
        }
        Ok(true)
    }
}

/// The schema of a process and all business columns that were ever added to it; `None` before the
/// first start of an instance.
pub(super) fn business_columns(
    sql: &mut dyn Sql,
    process_id: &str,
) -> Result<Option<(String, Vec<Column>)>, StoreError> {
    let rows = sql.query(
        "SELECT schema_name, column_layers FROM sys_flows__processes WHERE process_id = ?1
         AND schema_name IN (SELECT h.schema_name FROM sys_schemas__history h)",
        &[process_id.into()],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    let layers: Vec<Vec<Column>> = serde_json::from_str(row.text(1)?)
        .map_err(|_| StoreError::Corrupt(format!("columns of {process_id}")))?;
    let mut columns: Vec<Column> = Vec::new();
    for column in layers.into_iter().flatten() {
        // A column comes again when it became indexed; the last word counts.
        columns.retain(|known| known.column_name != column.column_name);
        columns.push(column);
    }
    Ok(Some((row.text(0)?.to_owned(), columns)))
}

/// The value as the column holds it.
fn comparable(column: &Column, variable: &VariableFilter) -> Result<Value, ListError> {
    let text = variable.value.trim();
    let expected = |what: &str| {
        let shown = text.escape_debug();
        ListError::Filter(format!("{}: expected {what}, found {shown}", column.name))
    };
    if variable.operator == Operator::Contains {
        return match column.column_type {
            ColumnType::Text | ColumnType::Json => Ok(pattern(text).into()),
            _ => Err(expected("another comparison than contains, as it is no text")),
        };
    }
    match column.column_type {
        ColumnType::Integer => {
            let number = text.parse::<i64>().map_err(|_| expected("a whole number"))?;
            Ok(number.into())
        }
        ColumnType::Real => {
            let number = text.parse::<f64>().ok().filter(|it| it.is_finite());
            Ok(number.ok_or_else(|| expected("a number"))?.into())
        }
        ColumnType::Boolean => match text {
            "true" | "yes" | "1" => Ok(true.into()),
            "false" | "no" | "0" => Ok(false.into()),
            _ => Err(expected("true or false")),
        },
        ColumnType::Date => {
            let date = text
                .parse::<jiff::civil::Date>()
                .map_err(|_| expected("a date such as 2030-01-31"))?;
            Ok(date.to_string().into())
        }
        ColumnType::DateTime => {
            let at = text
                .parse::<jiff::Timestamp>()
                .map_err(|_| expected("a time such as 2030-01-31T12:00:00Z"))?;
            Ok(at.as_millisecond().into())
        }
        ColumnType::Text | ColumnType::Json => Ok(text.into()),
    }
}

/// A `LIKE` pattern that finds a text anywhere; `!` takes away the meaning of what follows it.
pub(super) fn pattern(text: &str) -> String {
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
