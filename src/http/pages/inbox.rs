//! The inbox: user tasks as a list, with the chosen one beside it.
//! Must not know how candidates are matched or tasks completed.

use super::form_view::FormView;
use super::layout::{Layout, Section};
use super::names::Names;
use super::parts::{Chip, Choice, EmptyState, Fact, Link, Pager, Stamp, Tab, Tone};
use super::task_pane::{self, Refused};
use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Key, PAGE_LIMIT_DEFAULT, decode_cursor, encode_cursor, next_page};
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::{Sql, StoreError};
use crate::services::tasks::{
    self, COUNT_MAX, TaskFilter, TaskPosition, TaskSort, TaskView, UserTask,
};

/// The list of user tasks, and at most one of them opened.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/inbox.html")]
pub struct InboxPage {
    pub layout: Layout,
    /// Mine, unassigned, all, done.
    pub views: Vec<Tab>,
    /// Value of the current view for the search form, such as `mine`.
    pub filter: String,
    pub search: String,
    pub sorts: Vec<Choice>,
    pub rows: Vec<TaskRow>,
    pub empty: EmptyState,
    pub pager: Pager,
    /// The inbox without a chosen task, with the same view and search.
    pub list_href: String,
    pub task: Option<TaskPane>,
}

/// A user task in a list.
#[derive(Clone, Debug)]
pub struct TaskRow {
    pub key: String,
    pub href: String,
    pub title: String,
    pub process: String,
    /// Empty while nobody has claimed it.
    pub assignee: String,
    pub due: Option<Stamp>,
    pub is_overdue: bool,
    /// Shown only when it isn't the usual one.
    pub priority: Option<Chip>,
    pub created: Stamp,
    pub is_selected: bool,
}

/// A user task opened for work.
#[derive(Clone, Debug)]
pub struct TaskPane {
    pub key: String,
    pub title: String,
    pub state: Chip,
    pub facts: Vec<Fact>,
    pub due: Option<Stamp>,
    pub is_overdue: bool,
    pub follow_up: Option<Stamp>,
    pub assignee: String,
    pub claim: ClaimAction,
    /// People the viewer may assign it to; empty hides the control.
    pub assignees: Vec<Choice>,
    /// The form, or the button alone when the task has none.
    pub form: FormView,
    /// Why the form can't be sent now; empty when it can.
    pub hint: String,
    pub comments: Vec<CommentRow>,
    pub attachments: Vec<AttachmentRow>,
    pub can_comment: bool,
    pub history: Vec<HistoryRow>,
}

/// What the viewer may do about who works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimAction {
    Claim,
    Unclaim,
    /// Somebody else has it, or it is done.
    Neither,
}

/// What a person wrote about a user task.
#[derive(Clone, Debug)]
pub struct CommentRow {
    pub author: String,
    pub initials: String,
    pub text: String,
    pub at: Stamp,
}

/// A file attached to a user task.
#[derive(Clone, Debug)]
pub struct AttachmentRow {
    pub file: Link,
    /// For example `84 KB`.
    pub size: String,
    pub author: String,
    pub at: Stamp,
}

/// What happened to a user task, oldest first.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    pub actor: String,
    pub text: String,
    pub at: Stamp,
}

impl InboxPage {
    /// Three tasks, one of them open.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            layout: Layout::sample("Inbox", Section::Inbox, "/inbox/4503599627370521?filter=mine")
                .with_topics("tasks"),
            rows: TaskRow::samples(),
            task: Some(TaskPane::sample()),
            pager: Pager { summary: "4 tasks".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// The list alone, without a chosen task.
    #[must_use]
    pub fn sample_list() -> Self {
        let mut page = Self { task: None, ..Self::sample() };
        page.rows[0].is_selected = false;
        page
    }

    /// A task nobody has claimed, and one that is done.
    #[must_use]
    pub fn samples_of_claims() -> [Self; 2] {
        [ClaimAction::Claim, ClaimAction::Neither].map(|claim| {
            let task = TaskPane {
                claim,
                assignee: String::new(),
                assignees: Vec::new(),
                hint: "Claim the task to work on it.".into(),
                comments: Vec::new(),
                attachments: Vec::new(),
                can_comment: claim == ClaimAction::Claim,
                ..TaskPane::sample()
            };
            Self { task: Some(task), ..Self::sample() }
        })
    }

    /// An inbox in which nothing waits.
    #[must_use]
    pub fn sample_empty() -> Self {
        let view = |id, label, count, current| {
            Tab::new(id, label, format!("/inbox?filter={id}"), count, current)
        };
        Self {
            layout: Layout::sample("Inbox", Section::Inbox, "/inbox?filter=mine")
                .with_topics("tasks"),
            views: vec![
                view("mine", "Mine", "4", true),
                view("unassigned", "Unassigned", "9", false),
                view("all", "All", "31", false),
                view("done", "Done", "", false),
            ],
            filter: "mine".into(),
            search: String::new(),
            sorts: vec![
                Choice::new("due", "Due first", true),
                Choice::new("priority", "Priority first", false),
                Choice::new("created", "Newest first", false),
            ],
            rows: Vec::new(),
            empty: EmptyState::new(
                "inbox",
                "Nothing waits for you",
                "Tasks that somebody assigns to you, or that you claim, appear here.",
            )
            .with_action("See unassigned tasks", "/inbox?filter=unassigned"),
            pager: Pager::default(),
            list_href: "/inbox?filter=mine".into(),
            task: None,
        }
    }
}

impl TaskRow {
    /// A few tasks, the first selected.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |key: &str, title: &str, process: &str, due: Option<i64>, minutes| Self {
            key: key.into(),
            href: format!("/inbox/{key}?filter=mine"),
            title: title.into(),
            process: process.into(),
            assignee: "Administrator".into(),
            due: due.map(Stamp::sample),
            is_overdue: due.is_some_and(|minutes| minutes > 0),
            priority: None,
            created: Stamp::sample(minutes),
            is_selected: false,
        };
        let mut rows = vec![
            row("4503599627370521", "Approve expense", "Expense approval", Some(95), 1500),
            row("4503599627370544", "Check identity", "Customer onboarding", Some(-240), 200),
            row("4503599627370561", "Repair address", "Order fulfilment", Some(-2900), 48),
            row("4503599627370577", "Read the daily report", "Daily report", None, 12),
        ];
        rows[0].is_selected = true;
        rows[0].priority = Some(Chip::new(Tone::Bad, "flag", "High"));
        rows[2].assignee = String::new();
        rows
    }
}

impl TaskPane {
    fn sample() -> Self {
        let comment = |author: &str, initials: &str, text: &str, minutes| CommentRow {
            author: author.into(),
            initials: initials.into(),
            text: text.into(),
            at: Stamp::sample(minutes),
        };
        let event = |actor: &str, text: &str, minutes| HistoryRow {
            actor: actor.into(),
            text: text.into(),
            at: Stamp::sample(minutes),
        };
        Self {
            key: "4503599627370521".into(),
            title: "Approve expense".into(),
            state: Chip::waiting("Open"),
            facts: vec![
                Fact::link("Process", "Expense approval", "/processes/expense-approval"),
                Fact::link("Instance", "4503599627370497", "/instances/4503599627370497"),
                Fact::text("Priority", "High"),
                Fact::text("Candidates", "Group approvers"),
            ],
            due: Some(Stamp::sample(95)),
            is_overdue: true,
            follow_up: Some(Stamp::sample(-1500)),
            assignee: "Administrator".into(),
            claim: ClaimAction::Unclaim,
            assignees: vec![
                Choice::new("administrator", "Administrator", true),
                Choice::new("approver", "Approver", false),
            ],
            form: FormView::sample(),
            hint: String::new(),
            comments: vec![
                comment("Requester", "R", "The hotel was the only one near the fair.", 1400),
                comment("Approver", "A", "Please attach the invoice, then I can approve.", 900),
            ],
            attachments: vec![AttachmentRow {
                file: Link::new("hotel-invoice.pdf", "/files/4503599627370533"),
                size: "84 KB".into(),
                author: "Requester".into(),
                at: Stamp::sample(880),
            }],
            can_comment: true,
            history: vec![
                event("Engine", "created the task for group approvers", 1500),
                event("Administrator", "claimed it", 1450),
            ],
        }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/inbox", list).needs(Permission::TasksWork),
        Route::get("/inbox/{key}", show).needs(Permission::TasksWork),
    ]
}

/// Which part of the inbox is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct InboxQuery {
    filter: Option<String>,
    search: Option<String>,
    sort: Option<String>,
    process: Option<String>,
    cursor: Option<String>,
    task: Option<Key>,
}

impl InboxQuery {
    fn view(&self) -> TaskView {
        self.filter.as_deref().and_then(TaskView::find).unwrap_or_default()
    }

    fn sort(&self) -> TaskSort {
        self.sort.as_deref().and_then(TaskSort::find).unwrap_or_default()
    }

    fn task_filter(&self) -> Result<TaskFilter, HttpError> {
        Ok(TaskFilter {
            view: self.view(),
            process_id: self.process.clone().filter(|it| !it.is_empty()),
            instance_key: None,
            search: self.search.clone(),
            sort: self.sort(),
            after: decode_cursor::<TaskPosition>(self.cursor.as_deref())?,
        })
    }

    /// An address of the inbox with the same view, search and order.
    fn address(&self, path: &str, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("filter", self.view().id());
        let kept = [("search", &self.search), ("sort", &self.sort), ("process", &self.process)];
        for (name, value) in kept {
            if let Some(value) = value.as_deref().filter(|it| !it.is_empty()) {
                query.append_pair(name, value);
            }
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        format!("{path}?{}", query.finish())
    }
}

async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    frame: Frame,
    Query(query): Query<InboxQuery>,
) -> Result<Page<InboxPage>, HttpError> {
    let chosen = query.task.map(|key| (key.0, None));
    Ok(Page(page(&app, &frame, &signed_in, query, chosen).await?))
}

async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    frame: Frame,
    Path(key): Path<Key>,
    Query(query): Query<InboxQuery>,
) -> Result<Page<InboxPage>, HttpError> {
    Ok(Page(page(&app, &frame, &signed_in, query, Some((key.0, None))).await?))
}

/// The inbox with at most one user task opened, perhaps with what was refused.
pub(super) async fn page(
    app: &App,
    frame: &Frame,
    signed_in: &SignedIn,
    query: InboxQuery,
    chosen: Option<(i64, Option<Refused>)>,
) -> Result<InboxPage, HttpError> {
    let listed = read_list(app, signed_in, &query).await?;
    let chosen_key = chosen.as_ref().map(|(key, _)| *key);
    let task = match chosen {
        Some((key, refused)) => Some(task_pane::load(app, signed_in, key, refused).await?),
        None => None,
    };
    let mut layout = frame.layout("Inbox", Section::Inbox).with_topics("tasks");
    // Live parts ask for this address again, also after a form that was refused.
    let here = chosen_key.map_or("/inbox".to_owned(), |key| format!("/inbox/{key}"));
    layout.path = query.address(&here, query.cursor.as_deref());
    let view = query.view();
    Ok(InboxPage {
        layout,
        views: tabs(view, listed.counts),
        filter: view.id().into(),
        search: query.search.clone().unwrap_or_default(),
        sorts: sorts(query.sort()),
        rows: rows(app, &query, listed.tasks, chosen_key).await?,
        empty: empty(&query),
        pager: Pager {
            summary: summary(listed.count),
            first_href: query.cursor.is_some().then(|| query.address("/inbox", None)),
            next_href: listed.next.map(|it| query.address("/inbox", Some(&it))),
        },
        list_href: query.address("/inbox", query.cursor.as_deref()),
        task,
    })
}

/// What the database has for the list.
struct Listed {
    tasks: Vec<UserTask>,
    next: Option<String>,
    /// How many the list has in all.
    count: i64,
    /// How many mine, unassigned and all have.
    counts: [i64; 3],
}

async fn read_list(
    app: &App,
    signed_in: &SignedIn,
    query: &InboxQuery,
) -> Result<Listed, HttpError> {
    let filter = query.task_filter()?;
    let (principal, wanted) = (signed_in.principal.clone(), filter.clone());
    let read = move |sql: &mut dyn Sql| {
        let mut count = |view| {
            let filter = TaskFilter { view, ..TaskFilter::default() };
            tasks::count(sql, &principal, &filter)
        };
        let counts = [count(TaskView::Mine)?, count(TaskView::Unassigned)?, count(TaskView::All)?];
        let tasks = tasks::list(sql, &principal, &wanted, PAGE_LIMIT_DEFAULT + 1)?;
        Ok::<_, StoreError>((tasks, tasks::count(sql, &principal, &wanted)?, counts))
    };
    let (tasks, count, counts) = app.execution.database().read(read).await?;
    let position = |last: &UserTask| encode_cursor(&filter.position(last));
    let (tasks, next) = next_page(tasks, PAGE_LIMIT_DEFAULT, position);
    Ok(Listed { tasks, next, count, counts })
}

fn tabs(current: TaskView, [mine, unassigned, all]: [i64; 3]) -> Vec<Tab> {
    let tab = |view: TaskView, label, count: String| {
        let href = format!("/inbox?filter={}", view.id());
        Tab::new(view.id(), label, href, &count, view == current)
    };
    vec![
        tab(TaskView::Mine, "Mine", number(mine)),
        tab(TaskView::Unassigned, "Unassigned", number(unassigned)),
        tab(TaskView::All, "All", number(all)),
        tab(TaskView::Done, "Done", String::new()),
    ]
}

/// A count that ends at [`COUNT_MAX`]; empty for none.
fn number(count: i64) -> String {
    match count {
        0 => String::new(),
        COUNT_MAX.. => format!("{}+", COUNT_MAX - 1),
        count => count.to_string(),
    }
}

fn summary(count: i64) -> String {
    match count {
        0 => String::new(),
        1 => "1 task".into(),
        count => format!("{} tasks", number(count)),
    }
}

fn sorts(current: TaskSort) -> Vec<Choice> {
    let choice = |sort: TaskSort, label| Choice::new(sort.id(), label, sort == current);
    vec![
        choice(TaskSort::Due, "Due first"),
        choice(TaskSort::Priority, "Priority first"),
        choice(TaskSort::Created, "Newest first"),
    ]
}

async fn rows(
    app: &App,
    query: &InboxQuery,
    tasks: Vec<UserTask>,
    chosen_key: Option<i64>,
) -> Result<Vec<TaskRow>, HttpError> {
    let names = Names::load(app, tasks.iter().filter_map(|it| it.assignee.as_deref())).await?;
    let now_ms = app.clock.now_ms();
    let row = |task: UserTask| TaskRow {
        href: query.address(&format!("/inbox/{}", task.key), query.cursor.as_deref()),
        is_selected: chosen_key == Some(task.key),
        ..task_row(task, &names, now_ms)
    };
    Ok(tasks.into_iter().map(row).collect())
}

/// A user task for a list that leads to the inbox.
pub(super) fn task_row(task: UserTask, names: &Names, now_ms: i64) -> TaskRow {
    TaskRow {
        key: task.key.to_string(),
        href: format!("/inbox/{}", task.key),
        is_overdue: task.is_open() && task.due_at.is_some_and(|it| it < now_ms),
        due: task.due_at.map(|it| Stamp::at(it, now_ms)),
        assignee: task.assignee.as_deref().map(|it| names.of(it)).unwrap_or_default(),
        title: task.name,
        process: task.process_name,
        priority: priority(task.priority),
        created: Stamp::at(task.ended_at.unwrap_or(task.created_at), now_ms),
        is_selected: false,
    }
}

fn priority(priority: i64) -> Option<Chip> {
    match priority {
        75.. => Some(Chip::new(Tone::Bad, "flag", "High")),
        51.. => Some(Chip::new(Tone::Warn, "flag", "Raised")),
        50 => None,
        _ => Some(Chip::new(Tone::Neutral, "flag", "Low")),
    }
}

fn empty(query: &InboxQuery) -> EmptyState {
    if query.search.as_deref().is_some_and(|it| !it.trim().is_empty()) {
        let text = "No task of this view has these words in its name.";
        return EmptyState::new("search", "Nothing found", text)
            .with_action("Clear the search", format!("/inbox?filter={}", query.view().id()));
    }
    match query.view() {
        TaskView::Mine => EmptyState::new(
            "inbox",
            "Nothing waits for you",
            "Tasks that somebody assigns to you, or that you claim, appear here.",
        )
        .with_action("See unassigned tasks", "/inbox?filter=unassigned"),
        TaskView::Unassigned => EmptyState::new(
            "inbox",
            "Nothing to claim",
            "Tasks that are offered to you or to your groups appear here until they are claimed.",
        ),
        TaskView::All => EmptyState::new(
            "inbox",
            "No open tasks",
            "Tasks appear here as soon as a process needs a person.",
        ),
        TaskView::Done => EmptyState::new(
            "check",
            "Nothing done yet",
            "Completed tasks appear here, the latest first.",
        ),
    }
}
