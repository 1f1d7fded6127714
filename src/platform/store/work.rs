//! One closure on its way to a thread that owns a connection, and its answer on the way back.
//!
//! Knows nothing of the database it runs on.
//!
//! **Invariant:** a caller hears `Ok` only through [`Work::answer`] of a successful commit.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use tokio::sync::oneshot;

use super::queue::Queue;
use super::sql::{Sql, StoreError};

/// Whether a closure may change the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// The queue as the threads see it.
pub(super) type WorkQueue = Queue<Box<dyn Work>>;

/// A closure with its types erased.
pub(super) trait Work: Send {
    /// Whether the closure asked to write.
    fn access(&self) -> Access;

    /// Runs the closure, once; false when it failed or panicked and must be rolled back.
    fn run(&mut self, sql: &mut dyn Sql) -> bool;

    /// Tells the caller how it ended: its own result after `Ok`, the error otherwise.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// A transaction that remembers its first failed statement.
pub(super) trait Session: Sql {
    /// The error after which this transaction can only be rolled back.
    fn failure(&self) -> Option<StoreError>;
}

/// What became of a closure before its commit.
pub(super) enum Verdict {
    /// Commit it, then answer.
    Keep,
    /// Roll it back, then answer with the outcome given here.
    Undo(Result<(), StoreError>),
}

/// Runs a closure and judges it; one that swallowed a statement's error is undone all the same.
pub(super) fn perform(work: &mut dyn Work, session: &mut impl Session) -> Verdict {
    if !work.run(session) {
        return Verdict::Undo(Ok(()));
    }
    match session.failure() {
        None => Verdict::Keep,
        Some(failure) => Verdict::Undo(Err(failure)),
    }
}

/// Packs a closure for the queue and gives the end at which its answer arrives.
pub(super) fn pack<T, E, F>(
    access: Access,
    closure: F,
) -> (Box<dyn Work>, oneshot::Receiver<Result<T, E>>)
where
    F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Parcel { access, closure: Some(closure), result: None, reply }), answer)
}

struct Parcel<T, E, F> {
    access: Access,
    closure: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Parcel<T, E, F>
where
    F: FnOnce(&mut dyn Sql) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn access(&self) -> Access {
        self.access
    }

    fn run(&mut self, sql: &mut dyn Sql) -> bool {
        let closure = self.closure.take().expect("a closure runs once");
        let result = panic::catch_unwind(AssertUnwindSafe(|| closure(sql)))
            .unwrap_or_else(|cause| Err(E::from(panicked(cause.as_ref()))));
        let is_kept = result.is_ok();
        self.result = Some(result);
        is_kept
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let result = match outcome {
            Ok(()) => self.result.expect("the closure ran before its answer"),
            Err(error) => Err(E::from(error)),
        };
        // A caller that stopped waiting loses the answer, not the transaction.
        drop(self.reply.send(result));
    }
}

fn panicked(cause: &(dyn Any + Send)) -> StoreError {
    let text = cause
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    StoreError::Driver(format!("the code of a transaction panicked: {text}"))
}
