//! The first screen: what waits for me, what runs, what is stuck.
//! Must not know how the numbers are counted.

use super::chart::Chart;
use super::inbox::TaskRow;
use super::layout::{Layout, Section};
use super::parts::{EmptyState, Link, Stamp};
use askama::Template;
use axum::extract::State;

use super::audit::{actor, look_of, people_of, what};
use super::incidents::incident_row;
use super::instance::IncidentRow;
use super::instances::{InstanceRow, InstancesPage, instance_row};
use super::names::Names;
use super::numbers::capped;
use super::parts::{Chip, Tone};
use crate::core::access::{Permission, Principal};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::audit::{self, AuditEvent};
use crate::services::incidents::{self, IncidentFilter};
use crate::services::instances::{
    COUNT_MAX as INSTANCES_MAX, InstanceFilter, InstanceList, StateFilter,
};
use crate::services::operations::{COUNT_MAX, DAY_MS, DayCounts, HomeNumbers, UrgentTask};
use crate::services::{self, processes};

/// Days the chart shows.
const DAYS: i64 = 14;
const TASKS: u32 = 6;
const ACTIVITY: u32 = 8;
/// Entries of what is stuck and of what runs; their pages have the rest.
const SHORT_LIST: u32 = 5;
const STARTABLE_MAX: usize = 12;
/// What a task has when nobody says otherwise.
const PRIORITY_USUAL: i64 = 50;

/// The home page of a signed-in person.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/home.html")]
pub struct HomePage {
    pub layout: Layout,
    pub greeting: String,
    pub tiles: Vec<Tile>,
    /// The most urgent user tasks of this person, at most six.
    pub tasks: Vec<TaskRow>,
    pub tasks_empty: EmptyState,
    /// What can't go on by itself, at most five, for those who may see it.
    pub stuck: Vec<IncidentRow>,
    /// The newest active instances that this person may see, at most five.
    pub running: Vec<InstanceRow>,
    /// Started and completed instances per day; `None` when nothing ran yet.
    pub chart: Option<Chart>,
    pub activity: Vec<ActivityRow>,
    /// Processes this person may start.
    pub startable: Vec<Link>,
    /// Shown until every step is done; empty hides the checklist.
    pub steps: Vec<StepRow>,
}

/// A number that leads to its list.
#[derive(Clone, Debug)]
pub struct Tile {
    pub id: &'static str,
    pub label: String,
    pub value: String,
    /// What stands out about it, such as `2 overdue`.
    pub note: String,
    pub icon: &'static str,
    /// CSS class of a tone.
    pub tone: &'static str,
    pub href: String,
}

/// Something that happened, newest first.
#[derive(Clone, Debug)]
pub struct ActivityRow {
    pub icon: &'static str,
    pub tone: &'static str,
    /// Who did it; `Engine` when nobody did.
    pub actor: String,
    /// What was done, leading to where it can be seen.
    pub what: Link,
    pub at: Stamp,
}

/// A step of getting started.
#[derive(Clone, Debug)]
pub struct StepRow {
    pub is_done: bool,
    pub title: String,
    pub text: String,
    pub action: Link,
}

impl HomePage {
    #[must_use]
    pub fn sample() -> Self {
        let page = Self::sample_empty();
        let days = [(12, 9), (18, 15), (9, 11), (22, 17), (26, 24), (4, 6), (3, 3), (19, 14)];
        let counts: Vec<_> = days
            .iter()
            .zip(14..)
            .map(|((started, completed), day)| (format!("{day} Nov"), *started, *completed))
            .collect();
        Self {
            tiles: sample_tiles(
                ["4", "38", "2", "211"],
                ["1 overdue", "", "incidents", "in 7 days"],
            ),
            tasks: TaskRow::samples(),
            stuck: IncidentRow::samples(),
            running: InstancesPage::sample().rows,
            chart: Some(Chart::new("Instances per day", ["started", "completed"], &counts)),
            activity: sample_activity(),
            startable: vec![
                Link::new("Expense approval", "/processes/expense-approval/start"),
                Link::new("Customer onboarding", "/processes/customer-onboarding/start"),
            ],
            steps: Vec::new(),
            ..page
        }
    }

    /// The page of a new installation.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Home", Section::Home, "/")
                .with_topics("tasks,instances,incidents"),
            greeting: "Good afternoon".into(),
            tiles: sample_tiles(["0"; 4], [""; 4]),
            tasks: Vec::new(),
            tasks_empty: EmptyState::new(
                "inbox",
                "Nothing waits for you",
                "User tasks appear here as soon as a process needs you.",
            ),
            stuck: Vec::new(),
            running: Vec::new(),
            chart: None,
            activity: Vec::new(),
            startable: Vec::new(),
            steps: all_steps(),
        }
    }
}

fn sample_tiles(values: [&str; 4], notes: [&str; 4]) -> Vec<Tile> {
    let tile = |n: usize, id, label: &str, icon, tone, href: &str| Tile {
        id,
        label: label.into(),
        value: values[n].into(),
        note: notes[n].into(),
        icon,
        tone,
        href: href.into(),
    };
    vec![
        tile(0, "waiting", "Waiting for me", "inbox", "info", "/inbox"),
        tile(1, "running", "Running", "play", "neutral", "/instances?state=active"),
        tile(2, "stuck", "Stuck", "alert", "bad", "/incidents"),
        tile(3, "ended", "Ended", "check", "neutral", "/instances?state=completed"),
    ]
}

fn sample_activity() -> Vec<ActivityRow> {
    let row = |icon, tone, actor: &str, what: &str, minutes| ActivityRow {
        icon,
        tone,
        actor: actor.into(),
        what: Link::new(what, "/instances/4503599627370497"),
        at: Stamp::sample(minutes),
    };
    vec![
        row("check", "good", "Approver", "\"Approve expense\" was completed", 3),
        row("play", "info", "Requester", "Started Expense approval", 11),
        row("alert", "bad", "Engine", "\"Charge card\" is stuck: no route to host", 42),
        row("process", "neutral", "Modeler", "Deployed Customer onboarding", 180),
        row("clock", "neutral", "Engine", "The timer of \"Daily report\" fired", 510),
    ]
}

/// The way from an empty installation to a process that people work with.
fn all_steps() -> Vec<StepRow> {
    let step = |is_done, title: &str, text: &str, action: Link| StepRow {
        is_done,
        title: title.into(),
        text: text.into(),
        action,
    };
    vec![
        step(true, "Make an administrator", "You are signed in.", Link::default()),
        step(
            false,
            "Deploy a process",
            "Upload a BPMN model, or load the examples.",
            Link::new("Deploy", "/processes"),
        ),
        step(
            false,
            "Start an instance",
            "Fill in the start form and watch it run.",
            Link::new("Choose a process", "/processes"),
        ),
        step(
            false,
            "Invite your colleagues",
            "Give each person the roles they need.",
            Link::new("Add users", "/users/new"),
        ),
    ]
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/", show)]
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
) -> Result<Page<HomePage>, HttpError> {
    let principal = &*signed_in.principal;
    let now_ms = app.clock.now_ms();
    let numbers = app.operations.home_numbers(principal).await?;
    let days = app.operations.days(DAYS).await?;
    let tasks = app.operations.urgent_tasks(principal, TASKS).await?;
    let startable = startable(&app, principal).await?;
    let has_run = days.iter().any(|day| day.started > 0);
    Ok(Page(HomePage {
        layout: frame.layout("Home", Section::Home).with_topics(topics(principal)),
        greeting: format!("Welcome, {}", principal.display_name),
        tiles: tiles(&numbers, &days, principal),
        tasks: tasks.into_iter().map(|task| task_row(task, now_ms)).collect(),
        tasks_empty: EmptyState::new(
            "inbox",
            "Nothing waits for you",
            "User tasks appear here as soon as a process needs you.",
        ),
        stuck: stuck(&app, principal, now_ms).await?,
        running: running(&app, principal, now_ms).await?,
        chart: has_run.then(|| chart(&days)),
        activity: activity(&app, principal, now_ms).await?,
        steps: steps(&app, principal, has_run || numbers.running > 0).await?,
        startable,
    }))
}

/// Only what this person may follow.
fn topics(principal: &Principal) -> String {
    let of = [
        ("tasks", Permission::TasksWork),
        ("instances", Permission::InstancesStart),
        ("incidents", Permission::InstancesRead),
    ];
    let allowed = of.into_iter().filter(|(_, permission)| principal.may(*permission));
    allowed.map(|(topic, _)| topic).collect::<Vec<_>>().join(",")
}

fn tiles(numbers: &HomeNumbers, days: &[DayCounts], principal: &Principal) -> Vec<Tile> {
    let overdue = match numbers.overdue {
        0 => String::new(),
        some => format!("{some} overdue"),
    };
    let week: i64 = days.iter().rev().take(7).map(|day| day.ended).sum();
    let tile = |id, label: &str, value, note, icon, tone, href: &str| Tile {
        id,
        label: label.into(),
        value,
        note,
        icon,
        tone,
        href: href.into(),
    };
    let waiting = capped(numbers.waiting, COUNT_MAX);
    let running = capped(numbers.running, INSTANCES_MAX);
    let active = "/instances?state=active";
    let mut tiles = vec![
        tile("waiting", "Waiting for me", waiting, overdue, "inbox", "info", "/inbox"),
        tile("running", "Running", running, String::new(), "play", "neutral", active),
    ];
    if principal.may(Permission::InstancesRead) {
        let tone = if numbers.stuck > 0 { "bad" } else { "neutral" };
        let stuck = capped(numbers.stuck, INSTANCES_MAX);
        let ended = "/instances?state=completed";
        let week = super::numbers::thousands(week);
        let incidents = if numbers.stuck == 1 { "incident" } else { "incidents" };
        tiles.push(tile("stuck", "Stuck", stuck, incidents.into(), "alert", tone, "/incidents"));
        tiles.push(tile("ended", "Ended", week, "in 7 days".into(), "check", "neutral", ended));
    }
    tiles
}

fn chart(days: &[DayCounts]) -> Chart {
    let label = |day: i64| {
        let at = jiff::Timestamp::from_millisecond(day * DAY_MS).unwrap_or_default();
        at.strftime("%-d %b").to_string()
    };
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    let counts: Vec<_> =
        days.iter().map(|day| (label(day.day), number(day.started), number(day.ended))).collect();
    Chart::new("Instances per day", ["started", "ended"], &counts)
}

fn task_row(task: UrgentTask, now_ms: i64) -> TaskRow {
    let priority = task.priority;
    let chip = |tone, text| Chip::new(tone, "flag", format!("{text} ({priority})"));
    TaskRow {
        key: task.key.to_string(),
        href: format!("/inbox/{}", task.key),
        title: task.name,
        process: task.process_name,
        assignee: task.assignee.unwrap_or_default(),
        due: task.due_at.map(|at| Stamp::at(at, now_ms)),
        is_overdue: task.due_at.is_some_and(|at| at < now_ms),
        priority: match priority.cmp(&PRIORITY_USUAL) {
            std::cmp::Ordering::Greater => Some(chip(Tone::Warn, "High")),
            std::cmp::Ordering::Less => Some(chip(Tone::Neutral, "Low")),
            std::cmp::Ordering::Equal => None,
        },
        created: Stamp::at(task.created_at, now_ms),
        is_selected: false,
    }
}

async fn stuck(
    app: &App,
    principal: &Principal,
    now_ms: i64,
) -> Result<Vec<IncidentRow>, HttpError> {
    if !principal.may(Permission::InstancesRead) {
        return Ok(Vec::new());
    }
    let found =
        incidents::list(&app.execution, IncidentFilter::default(), None, SHORT_LIST).await?;
    Ok(found.into_iter().map(|it| incident_row(it, principal, now_ms)).collect())
}

async fn running(
    app: &App,
    principal: &Principal,
    now_ms: i64,
) -> Result<Vec<InstanceRow>, HttpError> {
    let filter = InstanceFilter { state: Some(StateFilter::Active), ..InstanceFilter::default() };
    let found = app.instances.list(filter.visible_to(principal), None, SHORT_LIST).await?;
    let InstanceList { rows, places } = found;
    let row = |it: services::instances::InstanceRow| {
        let place = places.get(&it.key).map(|names| names.join(", ")).unwrap_or_default();
        instance_row(it, place, now_ms)
    };
    Ok(rows.into_iter().map(row).collect())
}

/// What happened last, for those who may read the audit.
async fn activity(
    app: &App,
    principal: &Principal,
    now_ms: i64,
) -> Result<Vec<ActivityRow>, HttpError> {
    if !principal.may(Permission::AuditRead) {
        return Ok(Vec::new());
    }
    let read =
        |sql: &mut dyn crate::platform::store::Sql| audit::list_before(sql, i64::MAX, ACTIVITY);
    let events = app.execution.database().read(read).await?;
    let names = Names::load(app, events.iter().flat_map(people_of)).await?;
    Ok(events.iter().map(|event| activity_row(event, &names, now_ms)).collect())
}

fn activity_row(event: &AuditEvent, names: &Names, now_ms: i64) -> ActivityRow {
    let (icon, tone) = look_of(&event.action);
    ActivityRow {
        icon,
        tone,
        actor: actor(event, names),
        what: what(event, names),
        at: Stamp::at(event.at_ms, now_ms),
    }
}

async fn startable(app: &App, principal: &Principal) -> Result<Vec<Link>, HttpError> {
    if !principal.may(Permission::InstancesStart) {
        return Ok(Vec::new());
    }
    let rows = app.execution.database().read(processes::list_names).await?;
    let link = |row: processes::ProcessName| {
        Link::new(row.name, format!("/processes/{}/start", row.process_id))
    };
    Ok(rows.into_iter().take(STARTABLE_MAX).map(link).collect())
}

/// What is left to do in a new installation, for those who can do it.
async fn steps(app: &App, principal: &Principal, has_run: bool) -> Result<Vec<StepRow>, HttpError> {
    if !principal.may(Permission::UsersManage) || !principal.may(Permission::ProcessesDeploy) {
        return Ok(Vec::new());
    }
    let processes = app.execution.database().read(processes::list_names).await?;
    let users = app.identity.count_users_by_role().await?;
    let is_done =
        [true, !processes.is_empty(), has_run, users.iter().map(|(_, n)| n).sum::<i64>() > 1];
    if is_done.iter().all(|it| *it) {
        return Ok(Vec::new());
    }
    let steps = all_steps().into_iter().zip(is_done);
    Ok(steps.map(|(step, is_done)| StepRow { is_done, ..step }).collect())
}
