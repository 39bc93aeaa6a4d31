//! What a schedule has come to when its faults have ended.

use std::fmt::Debug;
use std::time::Duration;

use heroku_data_link::reconcile::{Goal, ReconcileError, Verified, Workflow};

use super::report::ScheduleFinding;
use super::run::{Checked, Play, Rehearsal};
use super::stage::{Happened, perform, verb};

/// How long one run may take after the faults have ended.
const PATIENCE: Duration = Duration::from_secs(6 * 60 * 60);

/// How long people wait for what has failed to go: an add-on or a request for a peering.
const WAIT: Duration = Duration::from_secs(3 * 60 * 60);

/// How long something takes that AWS cannot be asked to stop.
const A_MOMENT: Duration = Duration::from_secs(10 * 60);

/// What people do about a blocker, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// They take back what they did.
    TakeBack,
    /// They wait until what has failed is gone.
    Wait,
    /// They tear the link down, and establish it again.
    StartAgain,
}

impl<W> Play<W>
where
    W: Workflow + 'static,
    W::Output: Debug,
{
    /// Comes to the goal without faults, or to a blocker that names what a person did; then people
    /// do what helps.
    pub(super) async fn finish(&mut self, goal: Goal, rehearsal: Option<&Rehearsal>) -> Checked {
        let mut ended = self.run_to_its_end(goal).await?;
        // A stored deadline goes on while nobody looks, and when the calendar is set forward.
        let is_too_late = matches!(ended, Err(ReconcileError::DeadlinePassed { .. }));
        if is_too_late && self.scenario.stored().is_some() {
            ended = self.run_to_its_end(goal).await?;
        }
        for remedy in [Remedy::TakeBack, Remedy::Wait, Remedy::StartAgain] {
            let Err(error) = &ended else { break };
            if !self.names_a_deed(error) {
                break;
            }
            self.report.blocked += usize::from(remedy == Remedy::TakeBack);
            match remedy {
                Remedy::TakeBack => self.take_back()?,
                Remedy::Wait => self.world().advance(WAIT),
                Remedy::StartAgain if goal == Goal::Established => {
                    ended = self.run_to_its_end(Goal::TornDown).await?;
                    if ended.is_err() {
                        break;
                    }
                }
                Remedy::StartAgain => break,
            }
            ended = self.run_to_its_end(goal).await?;
        }
        if let Err(error) = ended {
            let error = self.sweep.error(&error);
            return Err(self.found(format!("it does not come to its goal: {error}")));
        }
        let different = self.compare(goal, rehearsal).await;
        if different.is_ok() || goal == Goal::Established || self.deeds.is_empty() {
            return different;
        }
        // What is no longer known to be the link's stays, until people say that it is.
        self.take_back()?;
        if let Err(error) = self.run_to_its_end(goal).await? {
            let error = self.sweep.error(&error);
            return Err(self.found(format!("it does not come to its goal: {error}")));
        }
        self.compare(goal, rehearsal).await
    }

    async fn run_to_its_end(
        &mut self,
        goal: Goal,
    ) -> Result<Result<(), ReconcileError>, ScheduleFinding> {
        self.goal = goal;
        self.start(0);
        let world = self.world().clone();
        let deadline = self.now() + PATIENCE;
        let ended = loop {
            let left = deadline.duration_since(self.now()).unwrap_or_default();
            match perform(&world, &mut self.slots, left).await {
                Happened::TimeIsUp => return Err(self.found("it takes hours without an end")),
                Happened::Ended(_, ended) => break ended,
                Happened::Crashed(_) => self.check()?,
            }
        };
        self.check()?;
        let told = match &ended {
            Ok(_) => "is done".to_owned(),
            Err(error) => format!("fails: {}", self.sweep.error(error)),
        };
        self.tell(format!("driver 0 {told}"));
        Ok(ended.map(drop))
    }

    /// Whether a blocker names what a person did.
    fn names_a_deed(&self, error: &ReconcileError) -> bool {
        let mut names = self.names.iter();
        let texts: Vec<String> = error.blockers().iter().map(ToString::to_string).collect();
        names.any(|name| texts.iter().any(|text| text.contains(name.as_str())))
    }

    /// People take back what they did, the last first.
    fn take_back(&mut self) -> Checked {
        let world = self.world().clone();
        while let Some(deed) = self.deeds.pop() {
            let Some(undo) = deed.undo else { continue };
            // A key whose place another one has taken would be a second one.
            let is_replaced = {
                let inner = self.world().lock();
                let watch = inner.control.watch.as_ref();
                watch.is_some_and(|watch| deed.names.iter().any(|it| watch.has_replaced(it)))
            };
            if is_replaced {
                continue;
            }
            let mut undone = undo(&world);
            if undone.is_err() {
                // What is still being made can be deleted a little later.
                world.advance(A_MOMENT);
                undone = undo(&world);
            }
            if let Err(error) = undone {
                // What it was done to may be gone.
                self.tell(format!("a person cannot take back: {} ({error})", deed.told));
                continue;
            }
            self.tell(format!("a person takes back: {}", deed.told));
            let now = self.now();
            let mut inner = world.lock();
            let after = inner.state.ledger(now);
            if let Some(watch) = &mut inner.control.watch {
                watch.person_undid(deed.touched, &after);
            }
        }
        self.check()
    }

    /// Whether the link has made what it makes without disturbance, and nothing of others is lost.
    async fn compare(&mut self, goal: Goal, rehearsal: Option<&Rehearsal>) -> Checked {
        if goal == Goal::Established {
            match self.runner().verify().await {
                Ok(Verified::InSync(output)) => self.sweep.debug(&output),
                Ok(Verified::Drifted(plan)) => {
                    return Err(self.found(format!("it is not as it says it is:\n{plan}")));
                }
                Err(error) => return Err(self.found(self.sweep.error(&error))),
            }
        }
        let now = self.now();
        let missing = {
            let inner = self.world().lock();
            let ledger = inner.state.ledger(now);
            inner.control.watch.as_ref().map(|it| it.missing(&ledger)).unwrap_or_default()
        };
        if !missing.is_empty() {
            return Err(self.found(format!("this is lost: {}", missing.join("; "))));
        }
        let Some(rehearsal) = rehearsal else { return Ok(()) };
        let expected = match goal {
            Goal::Established => &rehearsal.established,
            Goal::TornDown => &rehearsal.torn_down,
        };
        let (own, all) = self.made();
        // A teardown need not leave what was never made, or was deleted.
        let is_lacking = |line: &&String| {
            let is_touched = self.touched.iter().any(|name| line.starts_with(name.as_str()));
            goal == Goal::Established && !is_touched && !all.contains(line)
        };
        let is_left = goal == Goal::TornDown && self.scenario.leaves();
        let lacking: Vec<_> = expected.iter().filter(is_lacking).collect();
        let is_extra = |line: &&String| !is_left && !expected.contains(line);
        let extra: Vec<_> = own.iter().filter(is_extra).collect();
        if lacking.is_empty() && extra.is_empty() {
            return Ok(());
        }
        Err(self.found(format!(
            "what the link made is not what it makes undisturbed ({}): missing {lacking:?}, too much \
             {extra:?}",
            verb(goal)
        )))
    }
}
