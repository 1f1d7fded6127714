//! Process instances, found by state, process, version and business data.
//! Must not know how the search is done.

use super::bulk_choice::ACTIONS;
use super::layout::{Layout, Section};
use super::parts::{Chip, Choice, EmptyState, Pager, Stamp, Tab};
use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::numbers::capped;
use super::words::sentence;
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Query;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::instances::{
    COUNT_MAX, InstanceFilter, InstanceList, InstanceRow as Found, ListError, Operator,
    StateFilter, VariableFilter,
};
use crate::services::processes;

/// Rows of a page.
const ROWS: u32 = 50;
/// Instances that a text narrows the list to.
const FOUND_MAX: usize = 500;

/// The list of process instances with its filters.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/instances.html")]
pub struct InstancesPage {
    pub layout: Layout,
    /// All, active, with incidents, suspended, completed, terminated; with counts.
    pub states: Vec<Tab>,
    /// Value of the current state for the filter form.
    pub state: String,
    pub processes: Vec<Choice>,
    pub versions: Vec<Choice>,
    pub search: String,
    pub variable_name: String,
    pub variable_operators: Vec<Choice>,
    pub variable_value: String,
    /// Names offered while typing a variable's name.
    pub variable_names: Vec<String>,
    /// What is wrong with the filter; empty when nothing is.
    pub error: String,
    pub rows: Vec<InstanceRow>,
    /// What can be done to many of them; empty for those who may not.
    pub actions: Vec<Choice>,
    /// The filter as an address has it, for what is done to all that match.
    pub filter: String,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A process instance in the list.
#[derive(Clone, Debug)]
pub struct InstanceRow {
    pub key: String,
    pub href: String,
    pub process: String,
    pub version: String,
    pub state: Chip,
    /// Names of the elements that are active now.
    pub place: String,
    pub started: Stamp,
    pub ended: Option<Stamp>,
}

impl InstancesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: &str, process: &str, state, place: &str, started, ended: Option<i64>| {
            InstanceRow {
                key: key.into(),
                href: format!("/instances/{key}"),
                process: process.into(),
                version: "2".into(),
                state,
                place: place.into(),
                started: Stamp::sample(started),
                ended: ended.map(Stamp::sample),
            }
        };
        let (expense, order) = ("Expense approval", "Order fulfilment");
        Self {
            rows: vec![
                row("4503599627370497", expense, Chip::incident(), "Pay out", 1_500, None),
                row("4503599627370480", order, Chip::active(), "Pick line, Pack", 44, None),
                row("4503599627370466", expense, Chip::active(), "Approve expense", 11, None),
                row("4503599627370451", order, Chip::completed(), "", 300, Some(180)),
                row("4503599627370440", expense, Chip::terminated(), "", 9_000, Some(8_000)),
            ],
            pager: Pager {
                summary: "1–5 of 248".into(),
                first_href: None,
                next_href: Some("/instances?after=4503599627370440".into()),
            },
            ..Self::sample_empty()
        }
    }

    /// A search that finds nothing.
    #[must_use]
    pub fn sample_empty() -> Self {
        let state = |id, label, count, current| {
            Tab::new(id, label, format!("/instances?state={id}"), count, current)
        };
        Self {
            layout: Layout::sample("Instances", Section::Instances, "/instances")
                .with_topics("instances"),
            states: vec![
                state("all", "All", "248", true),
                state("active", "Active", "36", false),
                state("incident", "With incidents", "2", false),
                state("completed", "Completed", "207", false),
                state("terminated", "Terminated", "3", false),
            ],
            state: "all".into(),
            processes: vec![
                Choice::new("", "All processes", true),
                Choice::new("expense-approval", "Expense approval", false),
            ],
            versions: vec![Choice::new("", "All versions", true)],
            search: String::new(),
            variable_name: "amount".into(),
            variable_operators: vec![
                Choice::new("eq", "=", false),
                Choice::new("gt", ">", true),
                Choice::new("contains", "contains", false),
            ],
            variable_value: "500".into(),
            variable_names: vec!["amount".into(), "category".into()],
            error: String::new(),
            rows: Vec::new(),
            actions: actions(true),
            filter: "state=active".into(),
            empty: EmptyState::new(
                "instances",
                "No instances found",
                "Nothing matches these filters. Loosen one, or start a process.",
            )
            .with_action("Clear the filters", "/instances"),
            pager: Pager::default(),
        }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/instances", show)]
}

/// The filter as the form sends it: what is not set is empty.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    state: String,
    process: String,
    version: String,
    search: String,
    variable: String,
    op: String,
    value: String,
    after: String,
}

impl Wanted {
    /// The address of the same list with another state or another beginning.
    fn href(&self, state: &str, after: &str) -> String {
        let fields = [
            ("state", state),
            ("process", &self.process),
            ("version", &self.version),
            ("search", &self.search),
            ("variable", &self.variable),
            ("op", if self.variable.is_empty() { "" } else { &self.op }),
            ("value", &self.value),
            ("after", after),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { "/instances".into() } else { format!("/instances?{query}") }
    }

    fn filter(&self) -> InstanceFilter {
        let text = |value: &str| Some(value.trim().to_owned()).filter(|it| !it.is_empty());
        let variable = text(&self.variable).map(|name| VariableFilter {
            name,
            operator: Operator::find(&self.op).unwrap_or(Operator::Equal),
            value: self.value.clone(),
        });
        InstanceFilter {
            state: StateFilter::find(&self.state),
            process_id: text(&self.process),
            version: self.version.parse().ok(),
            variable: variable.filter(|it| !it.value.trim().is_empty()),
            ..InstanceFilter::default()
        }
    }
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Page<InstancesPage>, HttpError> {
    if !signed_in.principal.may(Permission::InstancesStart) {
        signed_in.require(Permission::InstancesRead)?;
    }
    let filter = filter_of(&app, &signed_in, &wanted).await?;
    let before = wanted.after.parse().ok();
    let (list, error) = match app.instances.list(filter.clone(), before, ROWS + 1).await {
        Ok(list) => (list, String::new()),
        Err(ListError::Filter(message)) => (InstanceList::default(), message),
        Err(error) => return Err(error.into()),
    };
    let counts = if error.is_empty() { counts(&app, &filter).await? } else { Vec::new() };
    let layout = frame.layout("Instances", Section::Instances).with_topics("instances");
    let choices = choices(&app, &wanted).await?;
    let page = page(layout, &wanted, choices, list, (counts, error), app.clock.now_ms());
    let actions = actions(signed_in.principal.may(Permission::InstancesOperate));
    Ok(Page(InstancesPage { actions, ..page }))
}

/// The filter of a list, with what a person may see and what a text finds.
///
/// # Errors
/// Those of the search.
pub(super) async fn filter_of(
    app: &App,
    signed_in: &SignedIn,
    wanted: &Wanted,
) -> Result<InstanceFilter, HttpError> {
    let mut filter = wanted.filter().visible_to(&signed_in.principal);
    filter.keys = keys(app, signed_in, &wanted.search).await?;
    Ok(filter)
}

/// What can be done to many instances, for those who may.
fn actions(may_operate: bool) -> Vec<Choice> {
    let all = ACTIONS.into_iter().filter(|_| may_operate);
    all.map(|(id, label, _)| Choice::new(id, label, id == "retry")).collect()
}

/// A key is looked for as it is, anything else in the index.
async fn keys(
    app: &App,
    signed_in: &SignedIn,
    search: &str,
) -> Result<Option<Vec<i64>>, HttpError> {
    let text = search.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(key) = text.parse() {
        return Ok(Some(vec![key]));
    }
    Ok(Some(app.search.find_instances(&signed_in.principal, text, FOUND_MAX).await?))
}

/// How many there are in each state, all first. A list that is narrowed by business data would
/// have to be searched five times, so it shows none.
async fn counts(app: &App, filter: &InstanceFilter) -> Result<Vec<i64>, HttpError> {
    if filter.variable.is_some() || filter.version.is_some() {
        return Ok(Vec::new());
    }
    let states = [None].into_iter().chain(StateFilter::ALL.map(Some));
    let filters = states.map(|state| InstanceFilter { state, ..filter.clone() });
    Ok(app.instances.counts(filters.collect()).await?)
}

/// What can be chosen in the filter.
struct Choices {
    processes: Vec<Choice>,
    versions: Vec<Choice>,
    variable_names: Vec<String>,
}

async fn choices(app: &App, wanted: &Wanted) -> Result<Choices, HttpError> {
    let chosen = wanted.process.clone();
    let read = move |sql: &mut dyn crate::platform::store::Sql| {
        let definitions = processes::list_definitions(sql, &chosen)?;
        Ok::<_, HttpError>((processes::list_names(sql)?, definitions))
    };
    let (all, versions) = app.execution.database().read(read).await?;
    let columns = app.instances.business_columns(wanted.process.clone()).await?;
    let mut shown = vec![Choice::new("", "All processes", wanted.process.is_empty())];
    shown.extend(all.into_iter().map(|row| {
        let is_chosen = row.process_id == wanted.process;
        Choice::new(row.process_id, row.name, is_chosen)
    }));
    let mut shown_versions = vec![Choice::new("", "All versions", wanted.version.is_empty())];
    shown_versions.extend(versions.into_iter().map(|row| {
        let version = row.version.to_string();
        let is_chosen = version == wanted.version;
        Choice::new(version.as_str(), format!("Version {version}"), is_chosen)
    }));
    Ok(Choices {
        processes: shown,
        versions: shown_versions,
        variable_names: columns.into_iter().map(|column| column.name).collect(),
    })
}

fn page(
    layout: Layout,
    wanted: &Wanted,
    choices: Choices,
    list: InstanceList,
    (counts, error): (Vec<i64>, String),
    now_ms: i64,
) -> InstancesPage {
    let InstanceList { mut rows, places } = list;
    let has_more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let next_href = rows.last().filter(|_| has_more);
    let next_href = next_href.map(|last| wanted.href(&wanted.state, &last.key.to_string()));
    let first_href = (!wanted.after.is_empty()).then(|| wanted.href(&wanted.state, ""));
    let pager = Pager { summary: summary(rows.len(), wanted, &counts), first_href, next_href };
    let row = |found: Found| {
        let place = places.get(&found.key).map(|names| names.join(", ")).unwrap_or_default();
        instance_row(found, place, now_ms)
    };
    InstancesPage {
        layout,
        states: states(wanted, &counts),
        state: wanted.state.clone(),
        processes: choices.processes,
        versions: choices.versions,
        search: wanted.search.clone(),
        variable_name: wanted.variable.clone(),
        variable_operators: operators(&wanted.op),
        variable_value: wanted.value.clone(),
        variable_names: choices.variable_names,
        empty: empty(wanted, error.is_empty()),
        error: sentence(&error),
        rows: rows.into_iter().map(row).collect(),
        actions: Vec::new(),
        filter: wanted.href(&wanted.state, "").split_once('?').map_or("", |(_, it)| it).into(),
        pager,
    }
}

fn summary(shown: usize, wanted: &Wanted, counts: &[i64]) -> String {
    let names = [""].into_iter().chain(StateFilter::ALL.map(StateFilter::name));
    let total = names.zip(counts).find(|(name, _)| *name == wanted.state);
    match total {
        Some((_, total)) => format!("{shown} of {}", capped(*total, COUNT_MAX)),
        None if shown == 1 => "1 instance".to_owned(),
        None => format!("{shown} instances"),
    }
}

fn states(wanted: &Wanted, counts: &[i64]) -> Vec<Tab> {
    let names = [
        ("all", "", "All"),
        ("active", "active", "Active"),
        ("stuck", "stuck", "With incidents"),
        ("suspended", "suspended", "Suspended"),
        ("completed", "completed", "Completed"),
        ("terminated", "terminated", "Terminated"),
    ];
    let counts = counts.iter().map(|count| capped(*count, COUNT_MAX));
    let counts = counts.chain(std::iter::repeat(String::new()));
    let is_known = StateFilter::find(&wanted.state).is_some();
    names
        .into_iter()
        .zip(counts)
        .map(|((id, name, label), count)| {
            let is_current = if is_known { name == wanted.state } else { name.is_empty() };
            Tab::new(id, label, wanted.href(name, ""), &count, is_current)
        })
        .collect()
}

fn operators(chosen: &str) -> Vec<Choice> {
    let label = |operator: Operator| match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "≠",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => "≥",
        Operator::Less => "<",
        Operator::LessOrEqual => "≤",
        Operator::Contains => "contains",
    };
    let choice = |it: Operator| Choice::new(it.name(), label(it), it.name() == chosen);
    Operator::ALL.into_iter().map(choice).collect()
}

fn empty(wanted: &Wanted, is_filter_right: bool) -> EmptyState {
    if !is_filter_right {
        let text = "Mend the filter above, or clear it.";
        return EmptyState::new("alert", "This filter can't be met", text)
            .with_action("Clear the filters", "/instances");
    }
    if wanted.href("", "") == "/instances" && wanted.state.is_empty() {
        let text = "Start a process, and its instance appears here with where it is.";
        return EmptyState::new("instances", "No instances yet", text)
            .with_action("Choose a process", "/processes");
    }
    let text = "Nothing matches these filters. Loosen one, or start a process.";
    EmptyState::new("instances", "No instances found", text)
        .with_action("Clear the filters", "/instances")
}

/// A row of the list; `place` names the elements where the instance is.
pub(super) fn instance_row(found: Found, place: String, now_ms: i64) -> InstanceRow {
    InstanceRow {
        href: format!("/instances/{}", found.key),
        state: state_chip(&found),
        key: found.key.to_string(),
        process: found.process_name,
        version: found.version.to_string(),
        place,
        started: Stamp::at(found.started_at, now_ms),
        ended: found.ended_at.map(|at| Stamp::at(at, now_ms)),
    }
}

/// The state of an instance in a word.
pub(super) fn state_chip(found: &Found) -> Chip {
    match found.state.as_str() {
        "active" if found.incidents > 0 => Chip::incident(),
        "active" => Chip::active(),
        "suspended" => Chip::suspended(),
        "completed" => Chip::completed(),
        _ => Chip::terminated(),
    }
}
