//! Drives a workflow: looks, applies what is ready, waits, and comes again.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};

use super::clock::{Clock, Moment};
use super::error::ReconcileError;
use super::event::{Event, Observer};
use super::hook::{CallHook, Outcome, Sending};
use super::look::{LastLook, Look};
use super::memory::{Hold, LastError, Memory, MemoryError, MemoryStore, sooner};
use super::pacing::Pace;
use super::pass::{Because, Pass, Settings, Verified};
use super::plan::{Goal, Plan, Step, StepName};
use super::workflow::{Fresh, Workflow};
use crate::provider::{Call, ErrorKind, ProviderError, ProviderResult, Retry, Sent};

/// How often a look that nobody repeats is tried again, after failures that time can heal.
const READS: u32 = 3;
/// What the last look of a run may take, though the run's own deadline is over.
const LAST_LOOK: Duration = Duration::from_secs(30);

/// Drives one workflow.
///
/// # Expected flow
/// 1. [`plan`](Self::plan) shows what would happen.
/// 2. [`establish`](Self::establish), or [`reconcile_once`](Self::reconcile_once) until `Done`.
/// 3. [`verify`](Self::verify) at any time; [`establish`](Self::establish) again mends a drift.
/// 4. [`teardown`](Self::teardown), or [`teardown_once`](Self::teardown_once) until `Done`.
///
/// # Guarantees
/// A blocker stops a pass before it changes anything. A run that was dropped, killed or failed at
/// any point is resumed by running again, with this driver or a new one; nothing is made twice.
///
/// # Assumptions
/// Reads lag writes by no more than [`Settings::grace`]. One driver at a time works on a link.
///
/// # Caveats
/// What a driver remembers (since when it waits, what it sent a moment ago, which key it made) is
/// its [`Memory`]. A new driver without it begins its deadlines anew, may send harmless calls again,
/// and waits a minute before it makes a key. See [`encryption`](crate::encryption).
pub struct Driver<W: Workflow> {
    workflow: W,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    settings: Settings,
    store: Option<Arc<dyn MemoryStore>>,
    hooks: Vec<Arc<dyn CallHook>>,
    memory: Mutex<Memory>,
    last: LastLook<W::Snapshot>,
}

impl<W: Workflow> fmt::Debug for Driver<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("workflow", &self.workflow)
            .field("clock", &self.clock)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<W: Workflow> Driver<W> {
    /// A driver with default settings that tells nobody but `tracing`.
    pub fn new(workflow: W, clock: Arc<dyn Clock>) -> Self {
        let memory = Mutex::new(Memory::unknown(&workflow));
        let (observer, settings) = (Arc::new(|_: &Event| {}), Settings::default());
        let last = LastLook::default();
        Self { workflow, clock, observer, settings, store: None, hooks: Vec::new(), memory, last }
    }

    /// A driver that goes on where the driver of this memory stopped.
    ///
    /// Without a [store](Self::with_store) it does not know what another driver sends meanwhile, so
    /// a creation that must not be made twice waits for its quiet minute again.
    ///
    /// # Errors
    /// When the memory is of another link or another version.
    pub fn resume(workflow: W, clock: Arc<dyn Clock>, memory: Memory) -> Result<Self, MemoryError> {
        Self::new(workflow, clock).with_memory(memory)
    }

    /// With the memory of a former driver; see [`resume`](Self::resume).
    ///
    /// # Errors
    /// When the memory is of another link or another version.
    pub fn with_memory(mut self, memory: Memory) -> Result<Self, MemoryError> {
        memory.check(&self.workflow)?;
        self.memory = Mutex::new(memory.taken_over(self.moment()));
        Ok(self)
    }

    /// Stores its memory before and after each call that must never be sent twice. Only one driver
    /// at a time may use the stored memory, and every driver of the link must use it.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn MemoryStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// What it remembers now: store it, and give it to the driver that comes after this one.
    pub fn memory(&self) -> Memory {
        let memory = self.lock().clone();
        match self.store {
            Some(_) => memory,
            None => memory.without_store(),
        }
    }

    /// With these settings.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Tells `observer` what happens.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// Lets `hook` see each mutating call before it is sent, and what came of it. Several hooks are
    /// asked in their order.
    #[must_use]
    pub fn with_hook(mut self, hook: Arc<dyn CallHook>) -> Self {
        self.hooks.push(hook);
        self
    }

    /// The workflow that it drives.
    pub fn workflow(&self) -> &W {
        &self.workflow
    }

    /// Observes, and says what would have to happen. Changes nothing.
    ///
    /// # Errors
    /// When a read fails. Blockers are part of the plan.
    pub async fn plan(&self, goal: Goal) -> Result<Plan, ReconcileError> {
        Ok(self.look_with_patience(goal).await?.1)
    }

    /// Observes once, and says whether the link is as its spec wants it. Changes nothing.
    ///
    /// # Errors
    /// When a read fails. Blockers are part of the drift.
    pub async fn verify(&self) -> Result<Verified<W::Output>, ReconcileError> {
        let (seen, plan) = self.look_with_patience(Goal::Established).await?;
        Ok(match self.workflow.output(&seen).filter(|_| plan.is_settled()) {
            Some(output) => Verified::InSync(output),
            None => Verified::Drifted(plan),
        })
    }

    /// One pass toward an established link. Never sleeps.
    ///
    /// # Errors
    /// [`ReconcileError::retry`] says whether another pass can help.
    pub async fn reconcile_once(&self) -> Result<Pass<W::Output>, ReconcileError> {
        self.pass(Goal::Established, self.settings.pass_deadline, |seen| self.workflow.output(seen))
            .await
    }

    /// One pass toward a torn-down link. Never sleeps.
    ///
    /// Where another process may have been establishing the link a moment ago, call again
    /// [`Settings::grace`] after `Done`: what it made may not be visible yet.
    ///
    /// # Errors
    /// [`ReconcileError::retry`] says whether another pass can help.
    pub async fn teardown_once(&self) -> Result<Pass<()>, ReconcileError> {
        self.pass(Goal::TornDown, self.settings.pass_deadline, |_| Some(())).await
    }

    /// Passes and waits until the link is established.
    ///
    /// # Errors
    /// A blocker, a failure that time cannot heal, or a deadline. Running again resumes.
    pub async fn establish(&self) -> Result<W::Output, ReconcileError> {
        self.run(Goal::Established, |seen| self.workflow.output(seen)).await
    }

    /// Passes and waits until what the link owns is gone.
    ///
    /// A link that was being established a moment ago, by a process that died, may not be visible
    /// yet. So a teardown that was done within [`Settings::grace`] looks again after it.
    ///
    /// # Errors
    /// A blocker, a failure that time cannot heal, or a deadline. Running again resumes.
    pub async fn teardown(&self) -> Result<(), ReconcileError> {
        let started = self.moment();
        self.run(Goal::TornDown, |_| Some(())).await?;
        let left = self.settings.grace.saturating_sub(self.moment().since(started));
        if left.is_zero() {
            return Ok(());
        }
        self.clock.sleep(left).await;
        self.run(Goal::TornDown, |_| Some(())).await
    }

    /// The one loop that sleeps.
    async fn run<T>(
        &self,
        goal: Goal,
        output: impl Fn(&W::Snapshot) -> Option<T>,
    ) -> Result<T, ReconcileError> {
        let started = self.moment();
        let deadline = self.settings.deadline;
        let mut failures = 0;
        loop {
            // The look at the deadline must have the time for it.
            let left = deadline.saturating_sub(self.moment().since(started));
            let limit = self.settings.pass_deadline.min(left.max(LAST_LOOK));
            let (pause, awaiting) = match self.pass(goal, limit, &output).await {
                Ok(Pass::Done(output)) => return Ok(output),
                Ok(Pass::Requeue { after, because }) => {
                    failures = 0;
                    (after, because.first().map_or_else(String::new, Because::awaited))
                }
                Err(error @ ReconcileError::DeadlinePassed { .. }) => return Err(error),
                Err(error) => {
                    let Some(pause) = error.again(&self.settings.pace, failures) else {
                        return Err(error);
                    };
                    failures += 1;
                    (pause, format!("the next attempt, as {error}"))
                }
            };
            let waited = self.moment().since(started);
            let left = deadline.saturating_sub(waited);
            if left.is_zero() {
                return Err(ReconcileError::DeadlinePassed {
                    link: self.workflow.link().clone(),
                    awaiting,
                    waited,
                    source: self.lock().last_error.take().map(|error| Box::new(error.0)),
                });
            }
            // The last look is at the deadline, not before it.
            self.clock.sleep(pause.min(left)).await;
        }
    }

    /// Looks at everything but what is `fresh` of Heroku's side.
    async fn look(
        &self,
        goal: Goal,
        limit: Duration,
        fresh: Fresh<'_, W::Snapshot>,
    ) -> Result<(W::Snapshot, Plan), ReconcileError> {
        let (now, memory) = (self.moment(), self.lock().clone());
        let seen = self.bounded(limit, self.workflow.observe(goal, &memory, fresh)).await?;
        self.workflow.notice(&seen, &mut self.lock(), now);
        let plan = self.workflow.plan(goal, &seen);
        Ok((seen, plan))
    }

    /// The same, tried a few times, as nothing else would try again.
    async fn look_with_patience(&self, goal: Goal) -> Result<(W::Snapshot, Plan), ReconcileError> {
        self.workflow.forget(false);
        let mut failures = 0;
        loop {
            let error = match self.look(goal, self.settings.pass_deadline, Fresh::nothing()).await {
                Ok(looked) => return Ok(looked),
                Err(error) => error,
            };
            let again = error.again(&self.settings.pace, failures).filter(|_| failures < READS);
            let Some(pause) = again else { return Err(error) };
            failures += 1;
            self.clock.sleep(pause.min(self.settings.pace.longest)).await;
        }
    }

    /// The look of a pass: at what is awaited alone, as long as that is enough; else at everything.
    async fn look_for_pass(
        &self,
        goal: Goal,
        limit: Duration,
    ) -> Result<Look<W::Snapshot>, ReconcileError> {
        let mut look = self.last.next(goal, self.moment(), self.settings.pace.shortest);
        while let Some((seen, sources)) = look.awaited() {
            let seen = self.bounded(limit, self.workflow.refresh(goal, seen, sources)).await?;
            let plan = self.workflow.plan(goal, &seen);
            let now = self.moment();
            let longest_wait = self.lock().longest_wait(now);
            let is_held = |call: &Call| self.hold(call, now).is_some();
            look = match look.saw(seen, plan, longest_wait, is_held) {
                ControlFlow::Break(look) => return Ok(look),
                ControlFlow::Continue(look) => look,
            };
        }
        let of_heroku = self.workflow.sources_of_heroku();
        let (seen, plan) = self.look(goal, limit, look.fresh(of_heroku)).await?;
        Ok(look.whole(seen, plan, of_heroku))
    }

    /// Reads, for no longer than this.
    async fn bounded<T>(
        &self,
        limit: Duration,
        read: impl Future<Output = ProviderResult<T>>,
    ) -> Result<T, ReconcileError> {
        let read = match select(pin!(read), self.clock.timeout(limit)).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => Err(too_late("observe", limit)),
        };
        read.map_err(|error| self.failed(None, error))
    }

    /// Why a call must not be sent at `now`, if so.
    fn hold(&self, call: &Call, now: Moment) -> Option<Hold> {
        self.lock().hold(call, now, &self.settings, self.store.is_some())
    }

    fn moment(&self) -> Moment {
        Moment::of(&*self.clock)
    }

    async fn pass<T>(
        &self,
        goal: Goal,
        limit: Duration,
        output: impl Fn(&W::Snapshot) -> Option<T>,
    ) -> Result<Pass<T>, ReconcileError> {
        let now = self.moment();
        let look = self.look_for_pass(goal, limit).await?;
        let (seen, plan) = (&look.seen, &look.plan);
        let link = self.workflow.link();
        let (total, open) = (plan.steps.len(), plan.open_steps().count());
        self.tell(&Event::Planned { link: link.clone(), goal, done: total - open, total });

        let blockers: Vec<_> = plan.blockers().cloned().collect();
        if !blockers.is_empty() {
            let error = ReconcileError::Blocked { link: link.clone(), blockers };
            self.tell_failed(None, error.to_string(), false);
            self.workflow.forget(false);
            return Err(error);
        }
        if let Some(output) = output(seen).filter(|_| look.is_whole && plan.is_settled()) {
            self.lock().finish();
            self.workflow.forget(false);
            self.tell(&Event::Done { link: link.clone(), goal });
            return Ok(Pass::Done(output));
        }

        let (mut because, settling) = self.apply_ready(plan, look.is_whole, now, limit).await?;
        let mut after = settling;
        let is_applied = !because.iter().all(|reason| matches!(reason, Because::Settling { .. }));
        if is_applied {
            let pace = &self.settings.pace;
            after = Some(pace.after_change);
            if let Some(wait) = plan.following_wait() {
                let first = wait.usual.map(|usual| pace.next(usual, Duration::ZERO));
                after = Some(first.unwrap_or(pace.first));
            }
        }
        let (waits, next) = self.wait(plan, look.begun.as_ref(), now)?;
        self.last.keep(look, now, is_applied, |step| self.lock().awaited_for(step, now));
        because.extend(waits);
        let after = sooner(after, next).unwrap_or(self.settings.pace.shortest);
        Ok(Pass::Requeue { after, because })
    }

    /// Applies what is ready, all at once; says what came of it, and when a step that had to be
    /// left alone can be looked at again.
    async fn apply_ready(
        &self,
        plan: &Plan,
        is_whole: bool,
        now: Moment,
        limit: Duration,
    ) -> Result<(Vec<Because>, Option<Duration>), ReconcileError> {
        let mut because = Vec::new();
        let mut settling: Option<Duration> = None;
        let mut due = Vec::new();
        self.lock().forget_what_is_old(now, &self.settings);
        for (step, call) in plan.ready() {
            match self.hold(call, now) {
                Some(Hold { left, why }) => {
                    because.push(Because::Settling { step: step.name.clone(), why });
                    settling = sooner(settling, Some(left));
                }
                // Nothing is sent that rests on a look at a part of the world.
                None if !is_whole => {
                    let why = "everything is looked at first".to_owned();
                    because.push(Because::Settling { step: step.name.clone(), why });
                    settling = Some(Duration::ZERO);
                }
                None => due.push((step, call)),
            }
        }
        // Collected first: a closure that lives across an await would not let the future be sent.
        let calls: Vec<_> =
            due.into_iter().map(|(step, call)| self.apply_one(step, call, now)).collect();
        let calls = stream::iter(calls).buffer_unordered(self.settings.concurrency.max(1));
        let calls = pin!(calls.collect::<Vec<_>>());
        // What was sent may have had its effect, and is remembered as applied.
        let results = match select(calls, self.clock.timeout(limit)).await {
            Either::Left((results, _)) => results,
            Either::Right(_) => return Err(self.failed(None, too_late("apply", limit))),
        };
        let mut failure: Option<ReconcileError> = None;
        for result in results {
            match result {
                Ok(reason) => because.push(reason),
                // What time cannot heal is the one to report.
                Err(error) if error.retry() == Retry::Never => failure = Some(error),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok((because, settling)), Err)
    }

    async fn apply_one(
        &self,
        step: &Step,
        call: &Call,
        now: Moment,
    ) -> Result<Because, ReconcileError> {
        let (link, name, sentence) =
            (self.workflow.link(), step.name.clone(), step.sentence.clone());
        self.tell(&Event::Applying {
            link: link.clone(),
            step: name.clone(),
            sentence: sentence.clone(),
        });
        match self.send(&name, call, now).await? {
            Ok(_) => {
                self.tell(&Event::Applied { link: link.clone(), step: name.clone(), sentence });
                Ok(Because::Applied { step: name })
            }
            Err(error) => match error.retry() {
                // The call may have had its effect: not repeated before the grace is over.
                Retry::LookAgain => {
                    let text = error.to_string();
                    self.failed(Some(name.clone()), error);
                    Ok(Because::LookAgain { step: name, error: text })
                }
                Retry::BackOff | Retry::After(_) | Retry::Never => {
                    Err(self.failed(Some(name), error))
                }
            },
        }
    }

    /// Sends a call, if every hook lets it, and remembers that and what came of it.
    async fn send(
        &self,
        step: &StepName,
        call: &Call,
        now: Moment,
    ) -> Result<ProviderResult<Sent>, ReconcileError> {
        let caller = self.workflow.caller();
        let sending = Sending {
            link: self.workflow.link(),
            kind: self.workflow.kind(),
            step,
            call,
            caller: caller.as_ref(),
            at: self.clock.now(),
        };
        for hook in &self.hooks {
            if let Err(refused) = hook.before(&sending).await {
                let (link, step) = (self.workflow.link().clone(), step.clone());
                let error = ReconcileError::Refused { link, step: step.clone(), refused };
                self.tell_failed(Some(step), error.to_string(), false);
                return Err(error);
            }
        }
        // Remembered before the call: a pass that is dropped in the middle may have had its effect.
        let sent = self.moment();
        self.lock().sending(call, sent);
        if let Err(error) = self.save(step, call).await {
            self.lock().not_sent(call);
            return Err(error);
        }
        let answer = call.send(self.workflow.clouds(), now.now).await;
        let outcome = Outcome { answer: answer.as_ref(), took: self.moment().since(sent) };
        for hook in &self.hooks {
            hook.after(&sending, &outcome);
        }
        self.lock().answered(call, &answer, now);
        if let Err(error) = &answer {
            self.workflow.forget(*error.kind() == ErrorKind::NotFound);
        }
        self.save(step, call).await?;
        Ok(answer)
    }

    /// Says what is awaited and when the first of it is due for a look; fails when one of it has
    /// been awaited for too long.
    fn wait(
        &self,
        plan: &Plan,
        begun: Option<&(StepName, Moment)>,
        now: Moment,
    ) -> Result<(Vec<Because>, Option<Duration>), ReconcileError> {
        let link = self.workflow.link();
        let waits: Vec<_> = plan.waits().map(|(step, _)| step.name.clone()).collect();
        self.lock().await_only(&waits, begun, now);
        let mut because = Vec::new();
        let mut next: Option<Duration> = None;
        for (step, wait) in plan.waits() {
            let waited = self.lock().awaited_for(&step.name, now);
            if waited >= wait.deadline {
                // Forgotten, so that running again resumes with the whole deadline.
                self.lock().forget_wait(&step.name);
                let error = ReconcileError::DeadlinePassed {
                    link: link.clone(),
                    awaiting: wait.what.clone(),
                    waited,
                    source: self.lock().last_error.take().map(|error| Box::new(error.0)),
                };
                self.tell_failed(Some(step.name.clone()), error.to_string(), true);
                return Err(error);
            }
            self.tell(&Event::Waiting {
                link: link.clone(),
                step: step.name.clone(),
                what: wait.what.clone(),
                elapsed: waited,
                usual: wait.usual,
            });
            let pause = self.settings.pace.next(wait.usual, waited);
            let pause = Pace::spread(pause, link, waited).min(wait.deadline.saturating_sub(waited));
            next = sooner(next, Some(pause));
            because.push(Because::Waiting {
                step: step.name.clone(),
                what: wait.what.clone(),
                elapsed: waited,
            });
        }
        Ok((because, next))
    }

    /// Makes durable that a call is sent, or what came of it, where nothing else would tell.
    async fn save(&self, step: &StepName, call: &Call) -> Result<(), ReconcileError> {
        let Some(store) = self.store.as_ref().filter(|_| Memory::must_outlive(call)) else {
            return Ok(());
        };
        let memory = self.lock().clone();
        store.save(&memory).await.map_err(|source| {
            let link = self.workflow.link().clone();
            let error = ReconcileError::MemoryNotSaved { link, source: Arc::from(source) };
            self.tell_failed(Some(step.clone()), error.to_string(), true);
            error
        })
    }

    fn failed(&self, step: Option<StepName>, error: ProviderError) -> ReconcileError {
        self.lock().last_error = Some(LastError(error.clone()));
        self.tell_failed(step.clone(), error.to_string(), error.retry() != Retry::Never);
        ReconcileError::Provider {
            link: self.workflow.link().clone(),
            step,
            source: Box::new(error),
        }
    }

    fn tell_failed(&self, step: Option<StepName>, error: String, will_retry: bool) {
        let link = self.workflow.link().clone();
        self.tell(&Event::Failed { link, step, error, will_retry });
    }

    fn tell(&self, event: &Event) {
        tracing::debug!(?event);
        self.observer.on_event(event);
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pass that took too long. Adapters bound each request; what they do not bound is how many there
/// are, as lists have pages.
fn too_late(part: &'static str, limit: Duration) -> ProviderError {
    let text = format!("the clouds did not finish answering within {} s", limit.as_secs());
    ProviderError::new(part, ErrorKind::Timeout, text)
}
