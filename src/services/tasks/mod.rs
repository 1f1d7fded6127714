//! User tasks as people work on them: lists, claiming, forms, comments and attached files.
//!
//! Every right is settled here, by the rules of `core::access`. Must not know HTTP or pages, nor
//! how a process goes on once a user task is done.
//!
//! **Invariant:** a change is made to the revision whose rights were checked, or not at all.

mod actions;
mod comments;
mod detail;
mod error;
mod filling;
mod history;
mod listening;
mod listing;
mod task;

pub use actions::{Completion, assign, attachment_place, claim, complete, unclaim, update};
pub use comments::{
    COMMENT_CHARS_MAX, Comment, add_comment, add_instance_comment, list_comments,
    list_instance_comments,
};
pub use detail::{TaskDetail, TaskForm, find_form_source, find_visible, load_visible};
pub use error::TaskError;
pub use filling::{Submitted, find_start_form, form_context, start, submission_with_files};
pub use history::{HistoryEntry, list_history};
pub use listing::{COUNT_MAX, TaskFilter, TaskPosition, TaskSort, TaskView, count, list};
pub use task::{TaskState, UserTask, find, list_instance_tasks};
