//! One operation on many instances: what the dry run says, how far it is, what became of each.
//! Must not know how items are carried out.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::bulk_operations::{progress, state_chip};
use super::layout::{Layout, Section};
use super::names::Names;
use super::parts::{Chip, Fact, Link, Pager, Tone};
use super::words::{capitalised, sentence};
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page, go_to, go_with_refusal};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::Sql;
use crate::services::bulk::{BulkError, Item, ItemState, Operation, OperationState};
use crate::services::instances::Action;

/// Items of a page.
const ROWS: u32 = 100;

/// An operation with its items.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/bulk_operation.html")]
pub struct BulkOperationPage {
    pub layout: Layout,
    pub key: String,
    pub action: String,
    pub state: Chip,
    /// How far it is, in words.
    pub progress: String,
    /// For the bar: how many are through, of how many.
    pub through: i64,
    pub total: i64,
    pub facts: Vec<Fact>,
    pub can_start: bool,
    /// What starting is called now.
    pub start_label: &'static str,
    pub can_pause: bool,
    pub can_cancel: bool,
    pub rows: Vec<ItemRow>,
    pub pager: Pager,
}

/// One instance of the operation.
#[derive(Clone, Debug)]
pub struct ItemRow {
    pub instance: Link,
    pub process: String,
    pub verdict: Chip,
    /// Why it was refused; empty when it was not.
    pub reason: String,
    /// The instance that a restart made.
    pub made: Option<Link>,
}

impl BulkOperationPage {
    /// What a dry run says.
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/operations/4503599627371001";
        let row = |key: &str, item: &Item| {
            let mut row = item_row(item, false);
            row.instance = Link::new(key, format!("/instances/{key}"));
            row
        };
        let item = |fits: Option<bool>, state, reason: Option<&str>| Item {
            instance_key: 0,
            process_name: "Expense approval".into(),
            version: Some(2),
            fits,
            state,
            reason: reason.map(str::to_owned),
            result_key: None,
        };
        let reason = "'approve': the new version has no such element";
        Self {
            layout: Layout::sample("Migrate", Section::Instances, path)
                .with_topics("operation-4503599627371001"),
            key: "4503599627371001".into(),
            action: "Migrate".into(),
            state: state_chip(OperationState::Ready),
            progress: "3 tried, 1 unfit".into(),
            through: 3,
            total: 3,
            facts: vec![
                Fact::text("By", "Operator"),
                Fact::text("To", "Expense approval, version 3"),
            ],
            can_start: true,
            start_label: "Start",
            can_pause: false,
            can_cancel: true,
            rows: vec![
                row("4503599627370497", &item(Some(true), ItemState::Pending, None)),
                row("4503599627370480", &item(Some(false), ItemState::Pending, Some(reason))),
                row("4503599627370466", &item(None, ItemState::Pending, None)),
            ],
            pager: Pager { summary: "3 instances".into(), ..Pager::default() },
        }
    }

    /// One that is under way, and one that is through.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let item = |state, reason: Option<&str>, result_key| Item {
            instance_key: 4_503_599_627_370_497,
            process_name: "Expense approval".into(),
            version: Some(3),
            fits: Some(true),
            state,
            reason: reason.map(str::to_owned),
            result_key,
        };
        let reason = "expected an active process instance, but 5 is completed";
        let items = [
            item(ItemState::Done, None, Some(4_503_599_627_371_007)),
            item(ItemState::Refused, Some(reason), None),
        ];
        let page = |state: OperationState, can_pause: bool| Self {
            state: state_chip(state),
            progress: "1 of 2 done, 1 refused".into(),
            can_start: !can_pause && state == OperationState::Paused,
            can_pause,
            can_cancel: can_pause,
            rows: items.iter().map(|it| item_row(it, true)).collect(),
            ..Self::sample()
        };
        vec![
            page(OperationState::Running, true),
            page(OperationState::Paused, false),
            page(OperationState::Done, false),
        ]
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/operations/{key}", show).needs(Permission::InstancesOperate),
        Route::post("/instances/operations/{key}/start", start).needs(Permission::InstancesOperate),
        Route::post("/instances/operations/{key}/pause", pause).needs(Permission::InstancesOperate),
        Route::post("/instances/operations/{key}/cancel", cancel)
            .needs(Permission::InstancesOperate),
    ]
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    after: String,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Path(key): Path<Key>,
    Query(wanted): Query<Wanted>,
) -> Result<Page<BulkOperationPage>, HttpError> {
    let found = app.bulk.find(key.0).await?;
    let operation = found.ok_or_else(|| HttpError::not_found("operation"))?;
    let mut items = app.bulk.items(key.0, false, wanted.after.parse().ok(), ROWS + 1).await?;
    let has_more = items.len() > ROWS as usize;
    items.truncate(ROWS as usize);
    let here = format!("/instances/operations/{key}");
    let next = items.last().filter(|_| has_more);
    let next_href = next.map(|last| format!("{here}?after={}", last.instance_key));
    let first_href = (!wanted.after.is_empty()).then_some(here);
    let total = operation.progress.total;
    let summary = format!("{} of {total} instances", items.len());
    let action = capitalised(&operation.action.name().replace('_', " "));
    let topic = format!("operation-{key}");
    let layout = frame.layout(action.clone(), Section::Instances).with_topics(topic);
    let facts = facts(&app, &operation).await?;
    let pager = Pager { summary, first_href, next_href };
    Ok(Page(BulkOperationPage { facts, ..page(layout, &operation, action, &items, pager) }))
}

fn page(
    layout: Layout,
    operation: &Operation,
    action: String,
    items: &[Item],
    pager: Pager,
) -> BulkOperationPage {
    let (state, it) = (operation.state, operation.progress);
    let has_begun = operation.started_at.is_some();
    BulkOperationPage {
        layout,
        key: operation.key.to_string(),
        action,
        state: state_chip(state),
        progress: progress(operation),
        through: if has_begun { it.done + it.refused } else { it.checked },
        total: it.total,
        facts: Vec::new(),
        can_start: matches!(state, OperationState::Ready | OperationState::Paused),
        start_label: if state == OperationState::Paused { "Go on" } else { "Start" },
        can_pause: state == OperationState::Running,
        can_cancel: !state.is_over(),
        rows: items.iter().map(|item| item_row(item, has_begun)).collect(),
        pager,
    }
}

/// Who wanted it, and what makes it what it is.
async fn facts(app: &App, operation: &Operation) -> Result<Vec<Fact>, HttpError> {
    let names = Names::load(app, [&*operation.actor.id]).await?;
    let mut facts = vec![Fact::text("By", names.of(&operation.actor.id))];
    match &operation.action {
        Action::Migrate { definition_key, mapping, .. } => {
            facts.push(Fact::text("To", version(app, *definition_key).await?));
            let pair = |(old, new): (&String, &Option<String>)| {
                format!("{old} → {}", new.as_deref().unwrap_or("nothing"))
            };
            let mapped: Vec<String> = mapping.iter().map(pair).collect();
            if !mapped.is_empty() {
                facts.push(Fact::text("Mapping", mapped.join(", ")));
            }
        }
        Action::Modify { instructions } => {
            facts.push(Fact::text("Instructions", instructions.len().to_string()));
        }
        Action::Restart { takes_latest: true, .. } => {
            facts.push(Fact::text("Version", "the latest"));
        }
        _ => {}
    }
    Ok(facts)
}

/// A definition as people know it, or by its key when it is gone.
async fn version(app: &App, key: i64) -> Result<String, HttpError> {
    let definitions = app.execution.definitions().clone();
    let find = move |sql: &mut dyn Sql| definitions.find(sql, key);
    let Some(found) = app.execution.database().read(find).await? else {
        return Ok(key.to_string());
    };
    let name = found.graph.name.as_deref().unwrap_or(&found.process_id);
    Ok(format!("{name}, version {}", found.version))
}

fn item_row(item: &Item, has_begun: bool) -> ItemRow {
    let verdict = match (item.state, item.fits) {
        (ItemState::Done, _) => Chip::new(Tone::Good, "check", "Done"),
        (ItemState::Refused, _) => Chip::new(Tone::Bad, "alert", "Refused"),
        (ItemState::Pending, Some(false)) => Chip::new(Tone::Bad, "alert", "Does not fit"),
        (ItemState::Pending, _) if has_begun => Chip::waiting("Waits"),
        (ItemState::Pending, Some(true)) => Chip::new(Tone::Good, "check", "Fits"),
        (ItemState::Pending, None) => Chip::waiting("Not tried yet"),
    };
    let version = item.version.map(|version| format!(" v{version}")).unwrap_or_default();
    ItemRow {
        instance: Link::new(
            item.instance_key.to_string(),
            format!("/instances/{}", item.instance_key),
        ),
        process: format!("{}{version}", item.process_name),
        verdict,
        reason: item.reason.as_deref().map(sentence).unwrap_or_default(),
        made: item.result_key.map(|key| Link::new(key.to_string(), format!("/instances/{key}"))),
    }
}

async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    told(key, app.bulk.start(key.0, signed_in.origin()).await)
}

async fn pause(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    told(key, app.bulk.pause(key.0, signed_in.origin()).await)
}

async fn cancel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    told(key, app.bulk.cancel(key.0, signed_in.origin()).await)
}

fn told(key: Key, changed: Result<(), BulkError>) -> Result<Response, HttpError> {
    let here = format!("/instances/operations/{key}");
    match changed {
        Ok(()) => Ok(go_to(&here)),
        Err(error @ BulkError::NotNow(_)) => {
            Ok(go_with_refusal(&here, &sentence(&error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}
