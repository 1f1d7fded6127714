//! What is to be done to the instances that were chosen in their list.
//! Must not know how it is done; everything is tried dry before anything happens.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Map, Value as Json};

use super::instances::{Wanted, filter_of};
use super::layout::{Layout, Section};
use super::parts::Choice;
use super::words::sentence;
use crate::core::access::Permission;
use crate::core::engine::{Activation, Instruction, MoveSource, ScopeVariables};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, parse_json};
use crate::http::frame::{Frame, Page, go_to, go_with_refusal};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::bulk::{BulkError, Selection};
use crate::services::instances::{Action, InstanceRow, overrides};
use crate::services::processes;

/// The form that says what is done to many instances.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/bulk_choice.html")]
pub struct BulkChoicePage {
    pub layout: Layout,
    /// The action's name, as in the API.
    pub action: String,
    /// For example `Migrate 3 instances`.
    pub title: String,
    /// What it means to each instance.
    pub about: &'static str,
    /// Keys of the chosen instances; empty when all that match are meant.
    pub keys: Vec<String>,
    /// The list's filter when all that match are meant.
    pub filter: String,
    /// Versions to migrate to.
    pub versions: Vec<Choice>,
    /// Ids of elements that can be named.
    pub elements: Vec<String>,
}

/// Actions with their names and what they mean, in the order of the list's menu.
pub(super) const ACTIONS: [(&str, &str, &str); 8] = [
    ("retry", "Retry", "What raised their open incidents is tried again."),
    ("set_variables", "Set variables of", "The same variables are set in each."),
    ("suspend", "Suspend", "They rest: nothing advances until they are resumed."),
    ("resume", "Resume", "Suspended ones go on with what came meanwhile."),
    ("migrate", "Migrate", "They go on in another version of their process."),
    ("modify", "Modify", "Elements of them are ended and begun."),
    ("restart", "Restart", "Another instance starts with the start variables of each."),
    ("cancel", "Cancel", "They and everything in them end. It can't be undone."),
];

impl BulkChoicePage {
    #[must_use]
    pub fn sample() -> Self {
        let keys = ["4503599627370497", "4503599627370466", "4503599627370451"];
        Self {
            layout: Layout::sample("Migrate", Section::Instances, "/instances/operations/new"),
            action: "migrate".into(),
            title: "Migrate 3 instances".into(),
            about: ACTIONS[4].2,
            keys: keys.map(str::to_owned).into(),
            filter: String::new(),
            versions: vec![
                Choice::new("3", "Version 3", true),
                Choice::new("2", "Version 2", false),
            ],
            elements: vec!["approve".into(), "pay".into()],
        }
    }

    /// The same form for every action.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let page = |(action, label, about): (&str, &str, &'static str)| Self {
            action: action.into(),
            title: format!("{label} all that match"),
            about,
            filter: "state=active".into(),
            keys: Vec::new(),
            ..Self::sample()
        };
        ACTIONS.into_iter().map(page).collect()
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/operations/new", choose).needs(Permission::InstancesOperate),
        Route::post("/instances/operations", create).needs(Permission::InstancesOperate),
    ]
}

async fn choose(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    uri: Uri,
) -> Result<Response, HttpError> {
    let query = uri.query().unwrap_or_default();
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let one = |name: &str| {
        pairs.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    };
    let is_all = one("scope") == "all";
    let chosen = pairs.iter().filter(|(name, _)| name == "instance" && !is_all);
    let keys: Vec<String> = chosen.map(|(_, value)| value.clone()).collect();
    let filter = if is_all { one("filter").to_owned() } else { String::new() };
    let Some((action, label, about)) = ACTIONS.into_iter().find(|(id, ..)| *id == one("action"))
    else {
        return Err(HttpError::not_found("action"));
    };
    if keys.is_empty() && !is_all {
        return Ok(go_with_refusal("/instances", "Choose at least one instance first."));
    }
    let first = find_first(&app, &signed_in, &keys, &filter).await?;
    let (versions, elements) = match (&first, action) {
        (Some(first), "migrate" | "modify") => known(&app, first).await?,
        _ => (Vec::new(), Vec::new()),
    };
    let title = match keys.len() {
        0 => format!("{label} all that match"),
        1 => format!("{label} 1 instance"),
        count => format!("{label} {count} instances"),
    };
    let layout = frame.layout(title.clone(), Section::Instances);
    let action = action.to_owned();
    let page = BulkChoicePage { layout, action, title, about, keys, filter, versions, elements };
    Ok(axum::response::IntoResponse::into_response(Page(page)))
}

/// One of the instances, whose process says what can be chosen.
async fn find_first(
    app: &App,
    signed_in: &SignedIn,
    keys: &[String],
    filter: &str,
) -> Result<Option<InstanceRow>, HttpError> {
    if let Some(key) = keys.first().and_then(|key| key.parse().ok()) {
        return Ok(app.instances.find(&signed_in.principal, key).await?);
    }
    let wanted: Wanted = serde_urlencoded::from_str(filter).unwrap_or_default();
    let filter = filter_of(app, signed_in, &wanted).await?;
    Ok(app.instances.list(filter, None, 1).await?.rows.into_iter().next())
}

/// The versions of an instance's process, newest first, and the ids of its elements.
async fn known(app: &App, first: &InstanceRow) -> Result<(Vec<Choice>, Vec<String>), HttpError> {
    let (process_id, definition_key) = (first.process_id.clone(), first.definition_key);
    let definitions = app.execution.definitions().clone();
    let read = move |sql: &mut dyn crate::platform::store::Sql| {
        let versions = processes::list_definitions(sql, &process_id)?;
        Ok::<_, HttpError>((versions, definitions.load(sql, definition_key)?))
    };
    let (versions, deployed) = app.execution.database().read(read).await?;
    let choice = |(at, row): (usize, &processes::DefinitionRow)| {
        Choice::new(row.key.to_string(), format!("Version {}", row.version), at == 0)
    };
    let versions = versions.iter().enumerate().map(choice).collect();
    let elements = deployed.graph.elements.iter().skip(1).map(|it| it.id.to_string());
    Ok((versions, elements.collect()))
}

async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, HttpError> {
    let keys: Vec<i64> = fields.all("instance").iter().filter_map(|key| key.parse().ok()).collect();
    let selection = if keys.is_empty() {
        let wanted: Wanted = serde_urlencoded::from_str(fields.text("filter")).unwrap_or_default();
        Selection::Matching(Box::new(filter_of(&app, &signed_in, &wanted).await?))
    } else {
        Selection::Keys(keys)
    };
    let action = match action(&fields) {
        Ok(action) => action,
        Err(message) => return Ok(go_with_refusal("/instances", &message)),
    };
    match app.bulk.create(selection, action, false, signed_in.origin()).await {
        Ok(key) => Ok(go_to(&format!("/instances/operations/{key}"))),
        Err(error @ (BulkError::Nothing | BulkError::TooMany)) => {
            Ok(go_with_refusal("/instances", &sentence(&error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The action as the form says it; or what is wrong with the form.
fn action(fields: &Fields) -> Result<Action, String> {
    Ok(match fields.text("action") {
        "cancel" => Action::Cancel,
        "suspend" => Action::Suspend,
        "resume" => Action::Resume,
        "retry" => Action::Retry {
            retries: fields.text("retries").trim().parse().ok(),
            variables: variables(fields.text("variables"))?,
        },
        "set_variables" => Action::SetVariables { variables: variables(fields.text("variables"))? },
        "restart" => Action::Restart {
            takes_latest: !fields.text("latest").is_empty(),
            variables: variables(fields.text("variables"))?,
        },
        "migrate" => {
            let lines = fields.text("mapping").lines().map(str::trim).filter(|it| !it.is_empty());
            let pair = |line: &str| {
                let (old, new) = line.split_once('=').unwrap_or((line, ""));
                (old.trim().to_owned(), new.trim().to_owned())
            };
            let key = fields.text("definition").parse();
            Action::Migrate {
                definition_key: key.map_err(|_| "Choose the version to migrate to.".to_owned())?,
                mapping: overrides(lines.map(pair)),
                is_exact: false,
            }
        }
        _ => Action::Modify { instructions: instructions(fields)? },
    })
}

/// Reads variables as a JSON object; nothing is none.
pub(super) fn variables(text: &str) -> Result<Map<String, Json>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    parse_json(text.as_bytes())
        .map_err(|error| format!("The variables are no JSON object: {}.", error.message))
}

fn instructions(fields: &Fields) -> Result<Vec<Instruction>, String> {
    let (end, begin) = (fields.text("end").trim(), fields.text("begin").trim());
    let given = variables(fields.text("variables"))?;
    let set = (!given.is_empty()).then(|| ScopeVariables { scope_id: None, variables: given });
    let to = Activation {
        element_id: begin.to_owned(),
        ancestor_key: None,
        variables: set.into_iter().collect(),
    };
    Ok(vec![match (end, begin) {
        ("", "") => return Err("Name the element to end, the element to begin, or both.".into()),
        ("", _) => Instruction::Activate(to),
        (end, "") => Instruction::TerminateAll { element_id: end.to_owned() },
        (end, _) => Instruction::Move { from: MoveSource::Element(end.to_owned()), to },
    }])
}
