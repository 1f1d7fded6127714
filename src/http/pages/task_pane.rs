//! One user task as the inbox opens it: facts, form, comments, files, history.
//! Must not know how a user task is completed.

use serde_json::Map;

use super::filled_form::{self, Entered, Sending, stored_file};
use super::form_view::{FormView, TalkView};
use super::inbox::{AttachmentRow, ClaimAction, CommentRow, HistoryRow, TaskPane};
use super::names::{GroupNames, Names};
use super::parts::{Chip, Choice, Fact, Link, Stamp};
use super::users::initials;
use super::words::given_to;
use crate::core::access::{Principal, may_assign, may_claim, may_complete, may_release};
use crate::core::forms::FieldError;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::session::SignedIn;
use crate::platform::store::Sql;
use crate::services::files::{self, File};
use crate::services::identity::UserFilter;
use crate::services::tasks::{
    self, Comment, HistoryEntry, Submitted, TaskDetail, TaskError, TaskForm, TaskState, UserTask,
};

/// Users offered for assigning; more than fit a menu are found by the API.
const ASSIGNEES_MAX: u32 = 200;

/// What a person handed in and why it was refused.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) submitted: Submitted,
    pub(super) errors: Vec<FieldError>,
    pub(super) comment: String,
    pub(super) comment_error: String,
    pub(super) attached: Vec<i64>,
}

/// A user task with everything around it.
struct Opened {
    detail: TaskDetail,
    comments: Vec<Comment>,
    files: Vec<File>,
    history: Vec<HistoryEntry>,
}

/// The pane of a user task that the principal may see.
///
/// # Errors
/// 404 when there is none; those of the database.
pub(super) async fn load(
    app: &App,
    signed_in: &SignedIn,
    key: i64,
    refused: Option<Refused>,
) -> Result<TaskPane, HttpError> {
    let opened = open(app, signed_in, key).await?;
    let names = Names::load(app, people(&opened)).await?;
    let form = form(app, signed_in, &opened.detail, refused).await?;
    let assignees = assignees(app, &signed_in.principal, &opened.detail.task).await?;
    let groups = opened.detail.task.candidate_groups.iter().map(String::as_str);
    let groups = GroupNames::load(app, groups).await?;
    let Opened { detail, comments, files, history } = opened;
    let (task, now_ms) = (detail.task, app.clock.now_ms());
    let principal = &signed_in.principal;
    Ok(TaskPane {
        key: task.key.to_string(),
        title: task.name.clone(),
        state: state(&task),
        facts: facts(&task, &detail.form, &names, &groups),
        due: task.due_at.map(|it| Stamp::at(it, now_ms)),
        is_overdue: task.is_open() && task.due_at.is_some_and(|it| it < now_ms),
        follow_up: task.follow_up_at.map(|it| Stamp::at(it, now_ms)),
        assignee: task.assignee.as_deref().map(|it| names.of(it)).unwrap_or_default(),
        claim: claim_action(principal, &task),
        assignees,
        hint: hint(principal, &task, &detail.form, &names),
        form,
        comments: comments.into_iter().map(|it| comment_row(it, &names, now_ms)).collect(),
        attachments: files.iter().map(|it| attachment_row(it, &names, now_ms)).collect(),
        can_comment: true,
        history: history_rows(&task, history, &names, now_ms),
    })
}

async fn open(app: &App, signed_in: &SignedIn, key: i64) -> Result<Opened, HttpError> {
    let definitions = app.execution.definitions().clone();
    let principal = signed_in.principal.clone();
    let read = move |sql: &mut dyn Sql| {
        let detail = tasks::load_visible(sql, &definitions, &principal, key)?;
        let instance_key = detail.task.instance_key;
        let mut files = files::list_of_instance(sql, instance_key)?;
        files.retain(|file| file.user_task_key == Some(key));
        Ok::<_, TaskError>(Opened {
            comments: tasks::list_comments(sql, instance_key, key)?,
            history: tasks::list_history(sql, instance_key, key)?,
            files,
            detail,
        })
    };
    Ok(app.execution.database().read(read).await?)
}

fn people(opened: &Opened) -> impl Iterator<Item = &str> {
    let task = &opened.detail.task;
    let own = task.assignee.iter().chain(&task.ended_by).map(String::as_str);
    let authors = opened.comments.iter().map(|it| it.author.as_str());
    let uploaders = opened.files.iter().map(|it| it.created_by.as_str());
    let actors = opened.history.iter().map(|it| it.actor_id.as_str());
    let candidates = task.candidate_users.iter().map(String::as_str);
    let given = opened.history.iter().filter_map(assignee);
    own.chain(authors).chain(uploaders).chain(actors).chain(candidates).chain(given)
}

/// Whom the user task was given to.
fn assignee(entry: &HistoryEntry) -> Option<&str> {
    given_to(&entry.action, &entry.summary).map(|(_, who)| who)
}

async fn form(
    app: &App,
    signed_in: &SignedIn,
    detail: &TaskDetail,
    refused: Option<Refused>,
) -> Result<FormView, HttpError> {
    let task = &detail.task;
    let sending =
        Sending { action: format!("/user-tasks/{}/complete", task.key), label: "Complete task" };
    let mut view = match &detail.form {
        TaskForm::Form(form) => {
            let entered =
                refused.as_ref().map(|it| Entered { submitted: &it.submitted, errors: &it.errors });
            filled_form::show(app, signed_in, form, &detail.variables, entered, sending).await?
        }
        _ => FormView {
            action: sending.action,
            csrf: signed_in.csrf.to_string(),
            submit_label: sending.label.into(),
            ..FormView::default()
        },
    };
    let can_be_sent = !matches!(detail.form, TaskForm::Missing(_));
    if task.is_open() && can_be_sent && may_complete(&signed_in.principal, &task.facts()) {
        view.talk = Some(talk(app, signed_in, refused.unwrap_or_default()).await?);
    } else {
        filled_form::lock(&mut view);
    }
    Ok(view)
}

async fn talk(app: &App, signed_in: &SignedIn, refused: Refused) -> Result<TalkView, HttpError> {
    let files = app.files.list_visible(&signed_in.principal, refused.attached).await?;
    Ok(TalkView {
        comment: refused.comment,
        error: refused.comment_error,
        files: files.iter().map(stored_file).collect(),
    })
}

async fn assignees(
    app: &App,
    principal: &Principal,
    task: &UserTask,
) -> Result<Vec<Choice>, HttpError> {
    if !task.is_open() || !may_assign(principal) {
        return Ok(Vec::new());
    }
    let enabled = UserFilter { is_disabled: Some(false), ..UserFilter::default() };
    let users = app.identity.list_users(enabled, None, ASSIGNEES_MAX).await?;
    let choice = |user: crate::services::identity::User| {
        let is_chosen = task.assignee.as_deref() == Some(&*user.user_id);
        Choice::new(user.user_id, user.display_name, is_chosen)
    };
    Ok(users.into_iter().map(choice).collect())
}

fn state(task: &UserTask) -> Chip {
    match task.state {
        TaskState::Open => Chip::waiting("Open"),
        TaskState::Completed => Chip::completed(),
        TaskState::Canceled => Chip::terminated(),
    }
}

fn facts(task: &UserTask, form: &TaskForm, names: &Names, groups: &GroupNames) -> Vec<Fact> {
    let instance = task.instance_key.to_string();
    let mut facts = vec![
        Fact::link(
            "Process",
            task.process_name.as_str(),
            format!("/processes/{}", task.process_id),
        ),
        Fact::link("Instance", instance.as_str(), format!("/instances/{instance}")),
        Fact::text("Priority", priority_words(task.priority)),
    ];
    let groups = task.candidate_groups.iter().map(|it| groups.of(it));
    let people = task.candidate_users.iter().map(|it| names.of(it));
    let candidates: Vec<String> = groups.chain(people).collect();
    if !candidates.is_empty() {
        facts.push(Fact::text("Candidates", candidates.join(", ")));
    }
    if let TaskForm::External(address) = form {
        let is_web = address.starts_with("https://") || address.starts_with("http://");
        let href = if is_web { address.as_str() } else { "" };
        facts.push(Fact::link("Form", address.as_str(), href));
    }
    facts
}

/// A priority in words: 0 to 100, where 50 is usual.
fn priority_words(priority: i64) -> String {
    let word = match priority {
        75.. => "High",
        51.. => "Raised",
        50 => "Normal",
        _ => "Low",
    };
    format!("{word} ({priority})")
}

fn claim_action(principal: &Principal, task: &UserTask) -> ClaimAction {
    let facts = task.facts();
    match (&task.assignee, task.is_open()) {
        (None, true) if may_claim(principal, &facts) => ClaimAction::Claim,
        (Some(_), true) if may_release(principal, &facts) => ClaimAction::Unclaim,
        _ => ClaimAction::Neither,
    }
}

fn hint(principal: &Principal, task: &UserTask, form: &TaskForm, names: &Names) -> String {
    match (task.state, form) {
        (TaskState::Canceled, _) => "The process went on without this task.".into(),
        (TaskState::Completed, _) => match &task.ended_by {
            Some(who) => format!("{} completed this task.", names.of(who)),
            None => "This task is completed.".into(),
        },
        (TaskState::Open, TaskForm::Missing(id)) => {
            format!("Its form \"{id}\" is not deployed. Somebody who deploys processes can add it.")
        }
        (TaskState::Open, _) if !may_complete(principal, &task.facts()) => match &task.assignee {
            Some(who) => format!("{} works on this task.", names.of(who)),
            None => "You can look at this task, but not complete it.".into(),
        },
        (TaskState::Open, TaskForm::External(_)) => {
            "Fill in the form outside, then complete the task here.".into()
        }
        (TaskState::Open, _) => String::new(),
    }
}

fn comment_row(comment: Comment, names: &Names, now_ms: i64) -> CommentRow {
    let author = names.of(&comment.author);
    CommentRow {
        initials: initials(&author),
        author,
        text: comment.text,
        at: Stamp::at(comment.created_at, now_ms),
    }
}

fn attachment_row(file: &File, names: &Names, now_ms: i64) -> AttachmentRow {
    AttachmentRow {
        file: Link::new(file.name.as_str(), format!("/files/{}", file.key)),
        size: super::files::size_words(file.size),
        author: names.of(&file.created_by),
        at: Stamp::at(file.created_at, now_ms),
    }
}

fn history_rows(
    task: &UserTask,
    history: Vec<HistoryEntry>,
    names: &Names,
    now_ms: i64,
) -> Vec<HistoryRow> {
    let created = HistoryRow {
        actor: task.process_name.clone(),
        text: "created the task".into(),
        at: Stamp::at(task.created_at, now_ms),
    };
    let row = |entry: HistoryEntry| HistoryRow {
        text: happened(&entry, names),
        actor: names.of(&entry.actor_id),
        at: Stamp::at(entry.at, now_ms),
    };
    std::iter::once(created).chain(history.into_iter().map(row)).collect()
}

/// What somebody did, without the name of the user task that the audit's sentence repeats.
fn happened(entry: &HistoryEntry, names: &Names) -> String {
    match entry.action.as_str() {
        "user_task.completed" => "completed it".into(),
        "user_task.updated" => "changed it".into(),
        "user_task.commented" => "wrote a comment".into(),
        "user_task.assigned" => match assignee(entry) {
            Some(who) if who == entry.actor_id => "claimed it".into(),
            Some(who) => format!("assigned it to {}", names.of(who)),
            None => "gave it back".into(),
        },
        _ => entry.summary.clone(),
    }
}

/// The form alone, with its conditions computed anew for what is entered so far.
///
/// # Errors
/// 404 when the user task has no form of ours; those of the database.
pub(super) async fn preview(
    app: &App,
    signed_in: &SignedIn,
    key: i64,
    posted: &crate::http::upload::Posted,
) -> Result<FormView, HttpError> {
    let opened = open(app, signed_in, key).await?;
    let TaskForm::Form(form) = &opened.detail.form else {
        return Err(HttpError::not_found("form"));
    };
    let data = &opened.detail.variables;
    let submitted = filled_form::submitted(app, Some((form, data)), posted);
    let entered = Entered { submitted: &submitted, errors: &[] };
    let action = format!("/user-tasks/{key}/complete");
    let sending = Sending { action, label: "Complete task" };
    filled_form::show(app, signed_in, form, data, Some(entered), sending).await
}

/// What was entered into the form of a user task.
///
/// # Errors
/// 404 when the principal may not see the user task; those of the database.
pub(super) async fn submitted(
    app: &App,
    signed_in: &SignedIn,
    key: i64,
    posted: &crate::http::upload::Posted,
) -> Result<Submitted, HttpError> {
    let opened = open(app, signed_in, key).await?;
    Ok(match &opened.detail.form {
        TaskForm::Form(form) => {
            filled_form::submitted(app, Some((form, &opened.detail.variables)), posted)
        }
        _ => Submitted::Json(Map::new()),
    })
}
