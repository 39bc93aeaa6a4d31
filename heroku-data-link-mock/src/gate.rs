//! The one gate that every call of a face goes through.

use std::collections::BTreeSet;
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime};

use futures_util::future;
use heroku_data_link::provider::{ProviderError, ProviderResult};

use crate::faults::{Answer, Failure, Faults, When};
use crate::journal::{Journal, Outcome, Request};
use crate::schedules::Watch;
use crate::state::{Reply, State};
use crate::world::World;

/// What is written down, and what goes wrong.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) crash: Crash,
    pub(crate) read_lag: Duration,
    pub(crate) doubled: Option<Answer>,
    /// What is not made twice, all the same.
    pub(crate) made_once: BTreeSet<&'static str>,
    /// Which of several programs makes the calls.
    pub(crate) actor: usize,
    /// Who looks at every mutation.
    pub(crate) watch: Option<Watch>,
}

impl Control {
    /// Whether a call is never answered, as its program has ended, or made too many.
    fn is_over(&mut self) -> bool {
        if self.crash.dying && self.crash.by == self.actor {
            return true;
        }
        let Some(watch) = self.watch.as_mut() else { return false };
        if watch.spend_call() {
            return false;
        }
        self.crash.happen(self.actor, false);
        true
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
        self.crash = Crash::default();
        self.read_lag = Duration::ZERO;
        self.doubled = None;
    }
}

/// A mutation that never returns.
#[derive(Debug, Default)]
pub(crate) struct Crash {
    /// How many mutations are still to come, this one included, and where it crashes.
    armed: Option<(usize, When)>,
    /// Whether calls that were made beside it are answered.
    alone: bool,
    happened: bool,
    /// Whether whoever crashed may still be making calls, as nobody has been told yet.
    dying: bool,
    /// Which program crashed.
    by: usize,
    waiting: Vec<Waker>,
}

impl Crash {
    pub(crate) fn arm(&mut self, mutation: usize, when: When, alone: bool) {
        self.armed = Some((mutation.max(1), when));
        self.alone = alone;
        self.happened = false;
        self.dying = false;
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.happened
    }

    /// Which program crashed, if one has; a crash that is still to come does not come any more.
    pub(crate) fn bury(&mut self) -> Option<usize> {
        let dead = self.happened.then_some(self.by);
        *self = Self::default();
        dead
    }

    fn happen(&mut self, by: usize, alone: bool) {
        self.happened = true;
        self.dying = !alone;
        self.by = by;
    }

    pub(crate) fn poll(&mut self, waker: &Waker) -> Poll<()> {
        if self.happened {
            self.dying = false;
            return Poll::Ready(());
        }
        if !self.waiting.iter().any(|other| other.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
        Poll::Pending
    }

    /// Counts a mutation; says whether it is the one.
    fn meet(&mut self, by: usize) -> Option<When> {
        let (left, when) = self.armed.take()?;
        if left > 1 {
            self.armed = Some((left - 1, when));
            return None;
        }
        self.happen(by, self.alone);
        Some(when)
    }
}

/// How a call ends.
pub(crate) enum Verdict<T> {
    Answer(ProviderResult<T>),
    Never,
}

impl<T> Verdict<T> {
    /// The answer, if there ever is one.
    pub(crate) async fn settle(self) -> ProviderResult<T> {
        match self {
            Self::Answer(answer) => answer,
            Self::Never => future::pending().await,
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Answer(Ok(_)) => Outcome::Ok,
            Self::Answer(Err(error)) => Outcome::Failed(error.kind().clone()),
            Self::Never => Outcome::NeverReturned,
        }
    }
}

impl World {
    /// A call that changes nothing; it sees the world as it was a moment ago.
    pub(crate) fn read<T>(
        &self,
        request: Request<'_>,
        look: impl FnOnce(&State, SystemTime) -> Reply<T>,
    ) -> Verdict<T> {
        let now = self.clock().touch();
        let mut inner = self.lock();
        let inner = &mut *inner;
        if inner.control.is_over() {
            let wakers = std::mem::take(&mut inner.control.crash.waiting);
            wakers.into_iter().for_each(Waker::wake);
            return Verdict::Never;
        }
        inner.control.journal.calls += 1;
        let at = now.checked_sub(inner.control.read_lag).unwrap_or(now);
        let name = request.operation;
        let verdict = match inner.control.faults.meet(request, false) {
            Some(failure) => failed(name, failure),
            None => Verdict::Answer(look(&inner.state, at).map_err(|refusal| refusal.of(name))),
        };
        inner.control.journal.note(now, request, false, verdict.outcome());
        if matches!(verdict, Verdict::Never) {
            self.clock().leave_unanswered();
        }
        verdict
    }

    /// A call that changes something; it sees the truth.
    pub(crate) fn mutate<T>(
        &self,
        request: Request<'_>,
        effect: impl FnMut(&mut State, SystemTime) -> Reply<T>,
    ) -> Verdict<T> {
        let now = self.clock().touch();
        let mut inner = self.lock();
        let verdict = if inner.control.is_over() {
            Verdict::Never
        } else {
            let inner = &mut *inner;
            inner.control.journal.calls += 1;
            inner.control.journal.mutations += 1;
            let verdict = inner.watched(request, now, effect);
            inner.control.journal.note(now, request, true, verdict.outcome());
            verdict
        };
        let mut wakers = Vec::new();
        if matches!(verdict, Verdict::Never) {
            wakers = std::mem::take(&mut inner.control.crash.waiting);
        }
        drop(inner);
        if matches!(verdict, Verdict::Never) {
            self.clock().leave_unanswered();
        }
        wakers.into_iter().for_each(Waker::wake);
        verdict
    }
}

impl crate::world::Inner {
    /// A mutation, and a look at what it has changed if somebody wants to know.
    fn watched<T>(
        &mut self,
        request: Request<'_>,
        now: SystemTime,
        effect: impl FnMut(&mut State, SystemTime) -> Reply<T>,
    ) -> Verdict<T> {
        if self.control.watch.is_none() {
            return self.apply(request, now, effect);
        }
        let before = self.state.ledger(now);
        let verdict = self.apply(request, now, effect);
        let after = self.state.ledger(now);
        // Heroku, too, is told of an endpoint a little later.
        let lag = self.control.read_lag + self.state.timings.connection_listing;
        if let Some(watch) = &mut self.control.watch {
            watch.judge((&before, &after), (now, lag), request);
            watch.count(&self.state, now);
            watch.count_keys(&self.state, now, self.control.actor);
        }
        verdict
    }

    fn apply<T>(
        &mut self,
        request: Request<'_>,
        now: SystemTime,
        mut effect: impl FnMut(&mut State, SystemTime) -> Reply<T>,
    ) -> Verdict<T> {
        let name = request.operation;
        let crash = self.control.crash.meet(self.control.actor);
        if crash == Some(When::Before) {
            return Verdict::Never;
        }
        let failure = self.control.faults.meet(request, true);
        if let Some(failure) = failure.clone().filter(|failure| failure.when == When::Before) {
            return failed(name, failure);
        }
        let mut reply = effect(&mut self.state, now);
        let control = &self.control;
        match control.doubled.filter(|_| !control.made_once.contains(name)) {
            None => {}
            Some(Answer::First) => drop(effect(&mut self.state, now)),
            Some(Answer::Second) => reply = effect(&mut self.state, now),
        }
        if crash == Some(When::After) {
            return Verdict::Never;
        }
        match failure {
            Some(failure) => failed(name, failure),
            None => Verdict::Answer(reply.map_err(|refusal| refusal.of(name))),
        }
    }
}

fn failed<T>(name: &'static str, failure: Failure) -> Verdict<T> {
    match failure.error {
        Some(kind) => Verdict::Answer(Err(ProviderError::new(name, kind, failure.message))),
        None => Verdict::Never,
    }
}
