//! Time travel: an instance as it was after one of its turns, and the way on from there.
//! Must not know the journal; a moment comes whole from the service.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::layout::{Layout, Section};
use super::names::KnownNames;
use super::parts::{Chip, Diagram, Fact, Link, Stamp};
use super::timeline_rows::TimelineRow;
use super::words::sentence;
use crate::core::access::Permission;
use crate::core::engine::{Event, InstanceState};
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Path, Query, parse_json};
use crate::http::frame::{Frame, Page, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::execution::RewindInstance;
use crate::services::instances::{Moment, Naming, Scope};

/// More values help nobody to choose one; the API takes any.
const FIELDS_MAX: usize = 100;
/// A longer value is shown, but not in a field.
const FIELD_CHARS_MAX: usize = 2_000;

/// An instance after a turn.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/history.html")]
pub struct HistoryPage {
    pub layout: Layout,
    pub key: String,
    pub process: Link,
    pub turn: i64,
    pub turns: i64,
    pub previous_href: String,
    pub next_href: String,
    pub at: Stamp,
    pub state: Chip,
    pub facts: Vec<Fact>,
    pub diagram: Diagram,
    pub happened: Vec<TimelineRow>,
    pub scopes: Vec<PastScope>,
    /// The form that goes on from here; `None` where nothing could.
    pub rewind: Option<RewindForm>,
}

/// The variables of one scope as they were.
#[derive(Clone, Debug)]
pub struct PastScope {
    pub key: String,
    pub name: String,
    pub variables: Vec<PastVariable>,
}

/// A variable as it was after the turn.
#[derive(Clone, Debug)]
pub struct PastVariable {
    pub name: String,
    pub value: String,
    pub is_changed: bool,
    /// The value before the turn; empty when it was new or did not change.
    pub before: String,
}

/// New values to go on with.
#[derive(Clone, Debug, Default)]
pub struct RewindForm {
    pub fields: Vec<RewindField>,
    pub new_name: String,
    pub new_value: String,
    pub new_error: String,
    /// Why the whole was refused; empty when it was not.
    pub error: String,
}

/// The value of one variable, as JSON.
#[derive(Clone, Debug)]
pub struct RewindField {
    /// Name of the form's field: scope and variable.
    pub id: String,
    pub scope: String,
    pub name: String,
    pub value: String,
    pub error: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    turn: Option<i64>,
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/{key}/history", show),
        Route::post("/instances/{key}/rewind", rewind).needs(Permission::InstancesOperate),
    ]
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(wanted): Query<Wanted>,
) -> Result<Page<HistoryPage>, HttpError> {
    let moment = load(&app, &signed_in, key, wanted.turn).await?;
    Ok(Page(page(&app, &frame, &signed_in, &moment, None).await?))
}

async fn load(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
    turn: Option<i64>,
) -> Result<Moment, HttpError> {
    let found = app.instances.replay(&signed_in.principal, key.0, turn).await?;
    found.ok_or_else(|| HttpError::not_found("turn of a process instance"))
}

async fn rewind(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    fields: Fields,
) -> Result<Response, HttpError> {
    let turn = fields.text("turn").parse().ok();
    let moment = load(&app, &signed_in, key, turn).await?;
    let mut form = RewindForm::of(&moment);
    if let Some(variables) = form.read(&fields, &moment) {
        let turn = moment.turn().turn;
        let wanted = RewindInstance { instance_key: key.0, turn, variables };
        match app.instances.rewind(wanted, signed_in.origin()).await {
            Ok(copy) => {
                let here = format!("/instances/{}", copy.key);
                let message = format!("This copy goes on from turn {turn} of {key}.");
                return Ok(go_with_success(&here, &message));
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
    let page = page(&app, &frame, &signed_in, &moment, Some(form)).await?;
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

async fn page(
    app: &App,
    frame: &Frame,
    signed_in: &SignedIn,
    moment: &Moment,
    sent: Option<RewindForm>,
) -> Result<HistoryPage, HttpError> {
    let names = KnownNames::load(app, moment.people(), moment.groups()).await?;
    let now_ms = app.clock.now_ms();
    let (row, turn) = (&moment.row, moment.turn());
    let is_open = moment.instance.state == InstanceState::Active;
    let may_rewind = is_open && signed_in.principal.may(Permission::InstancesOperate);
    let happened =
        moment.told(&names).into_iter().map(|it| TimelineRow::of(it, &signed_in.principal, now_ms));
    let href = |turn: i64| format!("?turn={turn}");
    Ok(HistoryPage {
        layout: frame.layout(row.process_name.clone(), Section::Instances),
        key: row.key.to_string(),
        process: Link::new(row.process_name.as_str(), format!("/processes/{}", row.process_id)),
        turn: turn.turn,
        turns: row.turn,
        previous_href: if turn.turn > 1 { href(turn.turn - 1) } else { String::new() },
        next_href: if turn.turn < row.turn { href(turn.turn + 1) } else { String::new() },
        at: Stamp::at(turn.at, now_ms),
        state: chip(moment),
        facts: facts(moment, &names),
        diagram: Diagram {
            svg: moment.diagram(),
            label: format!("Diagram of {} after turn {}", row.process_name, turn.turn),
            has_states: true,
        },
        happened: happened.collect(),
        scopes: moment.scopes().into_iter().map(|scope| past_scope(scope, moment)).collect(),
        rewind: may_rewind.then(|| sent.unwrap_or_else(|| RewindForm::of(moment))),
    })
}

fn chip(moment: &Moment) -> Chip {
    match moment.instance.state {
        InstanceState::Suspended => Chip::suspended(),
        InstanceState::Completed => Chip::completed(),
        InstanceState::Terminated => Chip::terminated(),
        _ if moment.instance.incidents.is_empty() => Chip::active(),
        _ => Chip::incident(),
    }
}

fn facts(moment: &Moment, names: &dyn Naming) -> Vec<Fact> {
    let turn = moment.turn();
    let mut facts = vec![
        Fact::text("Caused by", turn.cause.replace(['.', '_'], " ")),
        Fact::text("By", names.person(&turn.actor)),
    ];
    let copied = moment.turns.iter().flat_map(|turn| &turn.events).find_map(|event| match event {
        Event::InstanceCopied { source_key, .. } => Some(source_key.to_string()),
        _ => None,
    });
    if let Some(source) = copied {
        let href = format!("/instances/{source}");
        facts.push(Fact::link("Copy of", source, href));
    }
    facts
}

fn past_scope(scope: Scope, moment: &Moment) -> PastScope {
    let changes = moment.changed.iter().filter(|it| it.scope_key == scope.key);
    let changes: BTreeMap<&str, _> = changes.map(|it| (it.name.as_str(), it)).collect();
    let variable = |(name, value): (String, Json)| {
        let change = changes.get(name.as_str());
        let before = change.and_then(|it| it.before.as_ref());
        PastVariable {
            is_changed: change.is_some(),
            before: before.map_or_else(String::new, ToString::to_string),
            value: value.to_string(),
            name,
        }
    };
    PastScope {
        key: scope.key.to_string(),
        name: if scope.key == moment.row.key { "Process instance".into() } else { scope.name },
        variables: scope.variables.into_iter().map(variable).collect(),
    }
}

impl RewindForm {
    /// A field for each variable that was there, with its value.
    fn of(moment: &Moment) -> Self {
        let scopes = moment.scopes();
        let named = |scope: &Scope| {
            if scope.key == moment.row.key { String::new() } else { scope.name.clone() }
        };
        let fields = scopes.iter().flat_map(|scope| {
            scope.variables.iter().map(|(name, value)| RewindField {
                id: format!("{}:{name}", scope.key),
                scope: named(scope),
                name: name.clone(),
                value: value.to_string(),
                error: String::new(),
            })
        });
        let shown = fields.filter(|field| field.value.chars().count() <= FIELD_CHARS_MAX);
        Self { fields: shown.take(FIELDS_MAX).collect(), ..Self::default() }
    }

    /// What was changed, or `None` after saying at each field what is wrong.
    fn read(&mut self, sent: &Fields, moment: &Moment) -> Option<BTreeMap<i64, Map<String, Json>>> {
        let mut changed: BTreeMap<i64, Map<String, Json>> = BTreeMap::new();
        for field in &mut self.fields {
            let Some((scope, _)) = field.id.split_once(':') else { continue };
            let entered = sent.text(&field.id);
            if entered.is_empty() || entered == field.value {
                continue;
            }
            match read_value(entered) {
                Ok(value) => {
                    let scope = scope.parse().unwrap_or(moment.row.key);
                    changed.entry(scope).or_default().insert(field.name.clone(), value);
                }
                Err(error) => field.error = error,
            }
            entered.clone_into(&mut field.value);
        }
        sent.text("new-name").trim().clone_into(&mut self.new_name);
        sent.text("new-value").clone_into(&mut self.new_value);
        if !self.new_name.is_empty() {
            match read_value(&self.new_value) {
                Ok(value) => {
                    let own = changed.entry(moment.row.key).or_default();
                    own.insert(self.new_name.clone(), value);
                }
                Err(error) => self.new_error = error,
            }
        }
        let is_right = self.fields.iter().all(|it| it.error.is_empty());
        (is_right && self.new_error.is_empty()).then_some(changed)
    }
}

fn read_value(text: &str) -> Result<Json, String> {
    parse_json(text.as_bytes())
        .map_err(|error| format!("This is no JSON: {}. A text stands in quotes.", error.message))
}

impl HistoryPage {
    /// The turn in which an expense was approved.
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/4503599627370497/history?turn=3";
        let variable = |name: &str, value: &str, before: &str, is_changed| PastVariable {
            name: name.into(),
            value: value.into(),
            is_changed,
            before: before.into(),
        };
        let field = |name: &str, value: &str, error: &str| RewindField {
            id: format!("4503599627370497:{name}"),
            scope: String::new(),
            name: name.into(),
            value: value.into(),
            error: error.into(),
        };
        Self {
            layout: Layout::sample("Expense approval", Section::Instances, path),
            key: "4503599627370497".into(),
            process: Link::new("Expense approval", "/processes/expense-approval"),
            turn: 3,
            turns: 7,
            previous_href: "?turn=2".into(),
            next_href: "?turn=4".into(),
            at: Stamp::sample(42),
            state: Chip::active(),
            facts: vec![
                Fact::text("Caused by", "user task completed"),
                Fact::text("By", "Approver"),
                Fact::link("Copy of", "4503599627370301", "/instances/4503599627370301"),
            ],
            diagram: Diagram::sample_with_states(),
            happened: TimelineRow::samples().into_iter().take(3).collect(),
            scopes: vec![PastScope {
                key: "4503599627370497".into(),
                name: "Process instance".into(),
                variables: vec![
                    variable("amount", "1840.50", "840.50", true),
                    variable("category", "\"travel\"", "", false),
                    variable("approved", "true", "", true),
                ],
            }],
            rewind: Some(RewindForm {
                fields: vec![
                    field("amount", "1840.50", ""),
                    field(
                        "category",
                        "travel",
                        "This is no JSON: expected value. A text stands in quotes.",
                    ),
                ],
                ..RewindForm::default()
            }),
        }
    }
}
