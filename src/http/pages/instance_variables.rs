//! The variables of an instance: what each scope holds, and the form that sets one.
//! Must not know how scopes nest; an operator chooses one and its variables are set exactly there.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::instance::{self, InstancePage, Wanted};
use super::parts::Choice;
use super::words::sentence;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Path, parse_json};
use crate::http::frame::{Frame, go_with_success, page_with_status};
use crate::http::session::SignedIn;
use crate::services::instances::Scope;

/// A value that is longer is folded.
const VALUE_CHARS: usize = 80;
/// Longer names help nobody and fill the journal.
const NAME_CHARS_MAX: usize = 200;

/// The variables of one scope, the instance's own first.
#[derive(Clone, Debug)]
pub struct ScopeRows {
    pub name: String,
    pub key: String,
    pub variables: Vec<VariableRow>,
}

/// A variable with its value as JSON.
#[derive(Clone, Debug)]
pub struct VariableRow {
    pub name: String,
    /// Shortened to a line; `is_long` then has the whole in `full`.
    pub value: String,
    pub is_long: bool,
    pub full: String,
    pub kind: &'static str,
    /// Leads to the form, filled in with this variable; empty for those who may not change it.
    pub change_href: String,
}

/// The form that sets a variable, with what was wrong about it.
#[derive(Clone, Debug, Default)]
pub struct VariableForm {
    pub scopes: Vec<Choice>,
    pub name: String,
    /// JSON, as it was entered.
    pub value: String,
    pub name_error: String,
    pub value_error: String,
    /// Why the whole was refused; empty when it was not.
    pub error: String,
}

/// What was entered into the form.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    scope: Key,
    name: String,
    value: String,
}

pub(super) async fn set(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Form(entry): Form<Entry>,
) -> Result<Response, HttpError> {
    let mut form = VariableForm {
        name: entry.name.trim().to_owned(),
        value: entry.value,
        ..VariableForm::default()
    };
    if let Some(value) = form.read() {
        let variables = Map::from_iter([(form.name.clone(), value)]);
        let scope_key = Some(entry.scope.0);
        let origin = signed_in.origin();
        match app.instances.set_variables(key.0, scope_key, variables, true, origin).await {
            Ok(()) => {
                let here = format!("/instances/{key}?tab=variables");
                return Ok(go_with_success(&here, &format!("The variable {} was set.", form.name)));
            }
            Err(refusal) => {
                form.error = sentence(&refusal.to_string());
                let error = HttpError::from(refusal);
                if error.status.is_server_error() {
                    return Err(error);
                }
            }
        }
    }
    let wanted = Wanted::variables(entry.scope);
    let page: InstancePage =
        instance::load(&app, frame, &signed_in, key, &wanted, Some(form)).await?;
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

impl VariableForm {
    /// The value, or `None` after saying at each field what is wrong.
    fn read(&mut self) -> Option<Json> {
        match self.name.chars().count() {
            0 => self.name_error = "Expected the name of a variable.".into(),
            count if count > NAME_CHARS_MAX => {
                self.name_error = format!("Expected at most {NAME_CHARS_MAX} characters.");
            }
            _ => {}
        }
        let value = if self.value.trim().is_empty() {
            Err("Expected JSON, found nothing. A text stands in quotes: \"like this\".".into())
        } else {
            parse_json::<Json>(self.value.as_bytes()).map_err(|error| {
                format!("This is no JSON: {}. A text stands in quotes.", error.message)
            })
        };
        match value {
            Ok(value) => self.name_error.is_empty().then_some(value),
            Err(problem) => {
                self.value_error = problem;
                None
            }
        }
    }

    /// The form for these scopes: as it was sent, else with the variable that was asked for.
    pub(super) fn of(
        scopes: &[Scope],
        instance_key: i64,
        wanted: &Wanted,
        sent: Option<Self>,
    ) -> Self {
        let is_chosen = |scope: &Scope| match wanted.scope {
            Some(key) => scope.key == key.0,
            None => scope.key == instance_key,
        };
        let mut form = sent.unwrap_or_else(|| {
            let asked = scopes.iter().find(|it| is_chosen(it));
            let value = asked.and_then(|scope| scope.variables.get(&wanted.name));
            Self {
                name: wanted.name.clone(),
                value: value.map(pretty).unwrap_or_default(),
                ..Self::default()
            }
        });
        let choice = |scope: &Scope| {
            Choice::new(scope.key.to_string(), scope_name(scope, instance_key), is_chosen(scope))
        };
        form.scopes = scopes.iter().map(choice).collect();
        form
    }

    pub(super) fn sample() -> Self {
        Self {
            scopes: vec![
                Choice::new("4503599627370497", "Process instance", true),
                Choice::new("4503599627370555", "Pay out", false),
            ],
            name: "account".into(),
            value: "EX00 1234".into(),
            value_error: "This is no JSON: expected value (line 1 column 1).".into(),
            ..Self::default()
        }
    }
}

impl ScopeRows {
    /// The rows of a scope, with links into the form for those who may change something.
    pub(super) fn of(scope: Scope, instance_key: i64, may_change: bool) -> Self {
        let name = scope_name(&scope, instance_key);
        let row = |(variable, value): (String, Json)| {
            let change_href =
                if may_change { change_href(scope.key, &variable) } else { String::new() };
            VariableRow { change_href, ..variable_row(variable, &value) }
        };
        Self {
            name,
            key: scope.key.to_string(),
            variables: scope.variables.into_iter().map(row).collect(),
        }
    }

    pub(super) fn samples() -> Vec<Self> {
        let variable = |name: &str, value: &str, kind| VariableRow {
            name: name.into(),
            value: value.into(),
            is_long: value.ends_with('…'),
            full: "{\n  \"city\": \"Example City\",\n  \"nights\": 2\n}".into(),
            kind,
            change_href: change_href(4_503_599_627_370_497, name),
        };
        vec![
            Self {
                name: "Process instance".into(),
                key: "4503599627370497".into(),
                variables: vec![
                    variable("amount", "1840.50", "number"),
                    variable("category", "\"travel\"", "string"),
                    variable("trip", "{ \"city\": \"Example City\", \"nights\"…", "context"),
                    variable("approved", "true", "boolean"),
                ],
            },
            Self {
                name: "Pay out".into(),
                key: "4503599627370555".into(),
                variables: vec![variable("account", "\"EX00 1234\"", "string")],
            },
        ]
    }
}

fn scope_name(scope: &Scope, instance_key: i64) -> String {
    if scope.key == instance_key { "Process instance".into() } else { scope.name.clone() }
}

fn change_href(scope_key: i64, name: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("tab", "variables");
    query.append_pair("scope", &scope_key.to_string());
    query.append_pair("name", name);
    format!("?{}#set-variable", query.finish())
}

fn variable_row(name: String, value: &Json) -> VariableRow {
    let text = value.to_string();
    let short: String = text.chars().take(VALUE_CHARS).collect();
    let is_long = short.len() < text.len();
    VariableRow {
        name,
        value: if is_long { format!("{short}…") } else { text },
        is_long,
        full: pretty(value),
        kind: match value {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "list",
            Json::Object(_) => "context",
        },
        change_href: String::new(),
    }
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
