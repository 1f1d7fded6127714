//! The inbox: user tasks as a list, with the chosen one beside it.
//! Must not know how candidates are matched or tasks completed.

use super::form_view::FormView;
use super::layout::{Layout, Section};
use super::parts::{Chip, Choice, EmptyState, Fact, Link, Pager, Stamp, Tab, Tone};
use askama::Template;

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
