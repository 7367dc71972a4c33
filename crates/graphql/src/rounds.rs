//! Runs an execution in rounds: every field goes on as far as it can, then the records that all of
//! them asked for are loaded, one statement a kind, and the next round begins.
//!
//! A timer would do for batching as well, but either delays each level of a query or misses siblings.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::task::AtomicWaker;

type Load = BoxFuture<'static, ()>;

/// The loads that wait for the end of the round.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<Load>>>);

impl Asked {
    pub(crate) fn push(&self, load: Load) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(load);
    }

    fn take(&self) -> Vec<Load> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hears whether a field can go on.
struct Ear {
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Ear {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// The fields of a request and the loads they wait for, as one future.
pub(crate) struct Rounds<'fields, F> {
    fields: Pin<&'fields mut F>,
    asked: Asked,
    loads: FuturesUnordered<Load>,
    ear: Arc<Ear>,
}

impl<'fields, F: Future> Rounds<'fields, F> {
    pub(crate) fn new(fields: Pin<&'fields mut F>, asked: Asked) -> Self {
        let ear = Arc::new(Ear { woken: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { fields, asked, loads: FuturesUnordered::new(), ear }
    }
}

impl<F: Future> Future for Rounds<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        this.ear.task.register(context.waker());
        if this.ear.woken.swap(false, Ordering::AcqRel) {
            let waker = Waker::from(Arc::clone(&this.ear));
            let done = this.fields.as_mut().poll(&mut Context::from_waker(&waker));
            if done.is_ready() {
                return done;
            }
        }
        // Woken again: a field only paused, and its siblings may still ask. This task is polled anew.
        if !this.ear.woken.load(Ordering::Acquire) {
            this.loads.extend(this.asked.take());
        }
        while let Poll::Ready(Some(())) = this.loads.poll_next_unpin(context) {}
        Poll::Pending
    }
}
