//! Waiting for a future on a plain thread, where no runtime is at hand.
//!
//! Knows nothing of queues and databases. The wait holds the thread, so async code awaits instead.

use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Waits until the future is ready.
pub(super) fn wait_for<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let (bell, waker) = Bell::hang();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => bell.wait(),
        }
    }
}

/// Waits until the future is ready or `limit` has passed since it last made progress.
pub(super) fn wait_at_most<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    let (bell, waker) = Bell::hang();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return Some(output),
            Poll::Pending if bell.wait_at_most(limit) => {}
            Poll::Pending => return None,
        }
    }
}

#[derive(Default)]
struct Bell {
    has_rung: Mutex<bool>,
    rings: Condvar,
}

impl Bell {
    fn hang() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Self::default());
        (Arc::clone(&bell), Waker::from(bell))
    }

    fn has_rung(&self) -> MutexGuard<'_, bool> {
        self.has_rung.lock().expect("no code panics while it holds a bell")
    }

    fn wait(&self) {
        let held = self.rings.wait_while(self.has_rung(), |has_rung| !*has_rung);
        *held.expect("no code panics while it holds a bell") = false;
    }

    fn wait_at_most(&self, limit: Duration) -> bool {
        let held = self.rings.wait_timeout_while(self.has_rung(), limit, |has_rung| !*has_rung);
        let (mut has_rung, _) = held.expect("no code panics while it holds a bell");
        std::mem::take(&mut *has_rung)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.has_rung() = true;
        self.rings.notify_one();
    }
}
