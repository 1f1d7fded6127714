//! The first screen: what waits for me, what runs, what is stuck.
//! Must not know how the numbers are counted.

use super::chart::Chart;
use super::inbox::TaskRow;
use super::layout::{Layout, Section};
use super::parts::{EmptyState, Link, Stamp};
use askama::Template;

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
    pub text: String,
    pub subject: Link,
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
            tiles: sample_tiles(["4", "38", "2", "211"], ["1 overdue", "", "since 2 h", ""]),
            tasks: TaskRow::samples(),
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
            chart: None,
            activity: Vec::new(),
            startable: Vec::new(),
            steps: sample_steps(),
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
        tile(3, "completed", "Completed in 7 days", "check", "good", "/instances?state=completed"),
    ]
}

fn sample_activity() -> Vec<ActivityRow> {
    let row = |icon, tone, actor: &str, text: &str, subject: Link, minutes| ActivityRow {
        icon,
        tone,
        actor: actor.into(),
        text: text.into(),
        subject,
        at: Stamp::sample(minutes),
    };
    let instance = |name: &str| Link::new(name, "/instances/4503599627370497");
    vec![
        row("check", "good", "Approver", "completed", instance("Approve expense"), 3),
        row("play", "info", "Requester", "started", instance("Expense approval"), 11),
        row("alert", "bad", "Engine", "raised an incident in", instance("Order fulfilment"), 42),
        row("process", "neutral", "Modeler", "deployed", instance("Customer onboarding v3"), 180),
        row("clock", "neutral", "Engine", "fired the timer of", instance("Daily report"), 510),
    ]
}

fn sample_steps() -> Vec<StepRow> {
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

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
