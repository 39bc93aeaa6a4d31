//! What a driver looks at next: everything, or what is awaited alone.

use std::collections::BTreeSet;
use std::mem;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Moment;
use super::plan::{Cloud, Goal, Plan, Status, StepName};
use super::workflow::Fresh;
use crate::provider::Call;

type Sources = BTreeSet<&'static str>;

/// What the last look of a driver leaves to its next one.
pub(super) struct LastLook<S>(Mutex<Option<Last<S>>>);

/// What was seen last.
struct Last<S> {
    goal: Goal,
    seen: S,
    /// What tells how far the clouds are, while there is nothing to do but to wait for them: the rest
    /// need not be read again. Empty when everything is read.
    awaited: Sources,
    /// What of Heroku's side was read, and nothing was done about since.
    fresh: Sources,
    at: Moment,
    /// The wait that has begun then, as the steps before it were applied.
    begun: Option<StepName>,
}

/// The next look, in the making: at what is awaited alone, while nothing else is to be done; else, and
/// when that ends a wait and something is to be applied, told or finished, at everything.
pub(super) struct NextLook<S> {
    seen: Option<S>,
    /// What is to be read alone. Empty when everything is.
    awaited: Sources,
    /// What was read alone.
    read: Sources,
    /// What need not be read again when everything is.
    fresh: Sources,
    begun: Option<(StepName, Moment)>,
}

/// A look at the world.
pub(super) struct Look<S> {
    pub(super) seen: S,
    pub(super) plan: Plan,
    /// Whether everything was read, so that calls may be sent.
    pub(super) is_whole: bool,
    /// What of Heroku's side was read.
    read: Sources,
    /// A wait that has begun before it was seen, and when.
    pub(super) begun: Option<(StepName, Moment)>,
}

impl<S> Default for LastLook<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S> LastLook<S> {
    /// The next look of a pass toward this goal. What was read within `shortest` is fresh.
    pub(super) fn next(&self, goal: Goal, now: Moment, shortest: Duration) -> NextLook<S> {
        let Some(last) = self.replace(None).filter(|last| last.goal == goal) else {
            let (awaited, read, fresh) = Default::default();
            return NextLook { seen: None, awaited, read, fresh, begun: None };
        };
        let is_young = now.since(last.at) < shortest;
        NextLook {
            seen: Some(last.seen),
            awaited: last.awaited,
            read: Sources::new(),
            fresh: if is_young { last.fresh } else { Sources::new() },
            begun: last.begun.map(|step| (step, last.at)),
        }
    }

    /// Keeps what was seen, and what to look at next: what waits are about, or what shows the steps
    /// that were applied where only a wait follows them; everything, once that takes longer than
    /// usual.
    pub(super) fn keep(
        &self,
        look: Look<S>,
        at: Moment,
        is_applied: bool,
        awaited_for: impl Fn(&StepName) -> Duration,
    ) {
        let Look { seen, plan, read: mut fresh, .. } = look;
        let is_late = plan.waits().any(|(step, wait)| awaited_for(&step.name) > wait.usual.to);
        let following = plan.following_wait().map(|step| step.name.clone());
        let is_worth_it = plan.ready().next().is_none() || following.is_some();
        let awaited = sources_of_open_steps(&plan).filter(|_| is_worth_it && !is_late);
        let awaited = awaited.unwrap_or_default();
        if is_applied && plan.ready().any(|(step, _)| step.cloud == Cloud::Heroku) {
            fresh.clear();
        }
        let begun = following.filter(|_| is_applied);
        let last = Last { goal: plan.goal, seen, awaited, fresh, at, begun };
        self.replace(Some(last));
    }

    fn replace(&self, last: Option<Last<S>>) -> Option<Last<S>> {
        mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), last)
    }
}

impl<S> NextLook<S> {
    /// What is to be read alone, and what was seen before.
    pub(super) fn awaited(&self) -> Option<(&S, &Sources)> {
        self.seen.as_ref().filter(|_| !self.awaited.is_empty()).map(|seen| (seen, &self.awaited))
    }

    /// What was awaited was read, and this is planned now. The look ends with it while there is nothing
    /// to do but to wait. Another wait that has only just begun may be over, too, if what came before
    /// it took as long as it usually does, as clouds work beside each other: that is read next, each
    /// part once at most.
    pub(super) fn saw(
        mut self,
        seen: S,
        plan: Plan,
        longest_wait: Duration,
        is_held: impl Fn(&Call) -> bool,
    ) -> ControlFlow<Look<S>, Self> {
        self.read.append(&mut self.awaited);
        let may_be_over = plan.waits().any(|(_, wait)| wait.usual.from <= longest_wait);
        match sources_of_waits(&plan, is_held) {
            None => self.fresh = mem::take(&mut self.read),
            Some(next) if may_be_over && !next.is_subset(&self.read) => self.awaited = next,
            Some(_) => {
                let (read, begun) = (self.read, self.begun);
                return ControlFlow::Break(Look { seen, plan, is_whole: false, read, begun });
            }
        }
        ControlFlow::Continue(Self { seen: Some(seen), ..self })
    }

    /// What need not be read again of these parts of Heroku's side, when everything is read.
    pub(super) fn fresh(&mut self, of_heroku: &[&'static str]) -> Fresh<'_, S> {
        self.fresh.retain(|source| of_heroku.contains(source));
        Fresh(self.seen.as_ref().map(|seen| (seen, &self.fresh)))
    }

    /// Everything was read, with these parts of Heroku's side.
    pub(super) fn whole(self, seen: S, plan: Plan, of_heroku: &[&'static str]) -> Look<S> {
        let read = of_heroku.iter().copied().collect();
        Look { seen, plan, is_whole: true, read, begun: self.begun }
    }
}

/// What tells how far the waits of a plan are; `None` where there is more to do than to wait.
fn sources_of_waits(plan: &Plan, is_held: impl Fn(&Call) -> bool) -> Option<Sources> {
    let has_more = plan.is_settled()
        || plan.blockers().next().is_some()
        || plan.ready().any(|(_, call)| !is_held(call));
    if has_more { None } else { sources_of_open_steps(plan) }
}

/// What tells how far the steps are that are ready or awaited; `None` where no single part of the world
/// tells it of each.
fn sources_of_open_steps(plan: &Plan) -> Option<Sources> {
    let open = plan.steps.iter().filter(|step| match step.status {
        Status::Waiting(_) | Status::Ready => true,
        Status::Done | Status::Later | Status::Blocked(_) => false,
    });
    open.map(|step| step.source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LinkKind;
    use crate::reconcile::{Builder, Effect, Progress, Scope, StepKind, Until, Usual};

    const SHORTEST: Duration = Duration::from_secs(5);
    const OF_HEROKU: &[&str] = &["add-on"];

    /// A plan that waits for these, one after the other, each with its part of the world.
    fn waiting_for(waits: [Option<Usual>; 2]) -> Plan {
        let scope = Scope {
            partition: "aws".to_owned(),
            region: "us-east-1".parse().unwrap(),
            account: "012345678901".parse().unwrap(),
            vpc: None,
            security_group: None,
            key: None,
        };
        let link = "vault".parse().unwrap();
        let mut plan = Builder::new(LinkKind::Encryption, &link, scope, Goal::Established);
        for (name, usual) in ["add-on", "service"].into_iter().zip(waits) {
            let kind = StepKind::<()> {
                name,
                effect: Effect::Wait,
                cloud: Cloud::Heroku,
                permissions: &[],
                source: Some(name),
                occurs: |()| true,
            };
            let progress = usual.map_or(Progress::Done, |usual| Progress::waiting(name, usual));
            let until = Until { signs: Vec::new(), deadline: Duration::from_secs(3600) };
            plan.wait(&kind, name.to_owned(), None, until, progress);
        }
        plan.finish()
    }

    fn at(seconds: u64) -> Moment {
        let uptime = Duration::from_secs(seconds);
        Moment { now: std::time::SystemTime::UNIX_EPOCH + uptime, uptime }
    }

    /// After everything was read at the beginning, and this is planned and awaited for so long.
    fn kept(plan: Plan, awaited_for: u64) -> LastLook<u8> {
        let last = LastLook::default();
        let next = last.next(Goal::Established, at(0), SHORTEST);
        assert!(next.awaited().is_none());
        let look = next.whole(0, plan, OF_HEROKU);
        last.keep(look, at(0), false, |_| Duration::from_secs(awaited_for));
        last
    }

    fn awaited(next: &NextLook<u8>) -> Option<(u8, Vec<&'static str>)> {
        next.awaited().map(|(seen, sources)| (*seen, sources.iter().copied().collect()))
    }

    #[test]
    fn what_is_awaited_is_read_alone_until_it_is_late_or_another_goal_is_wanted() {
        let plan = || waiting_for([Some(Usual::secs(60, 120)), None]);
        let next = kept(plan(), 120).next(Goal::Established, at(9), SHORTEST);
        assert_eq!(awaited(&next), Some((0, vec!["add-on"])));
        let look = next.saw(1, plan(), Duration::ZERO, |_| false).break_value().unwrap();
        assert!(!look.is_whole && look.seen == 1);
        assert!(kept(plan(), 121).next(Goal::Established, at(9), SHORTEST).awaited().is_none());
        assert!(kept(plan(), 120).next(Goal::TornDown, at(9), SHORTEST).awaited().is_none());
    }

    #[test]
    fn a_wait_that_may_be_over_is_read_with_the_one_before_it() {
        let then = || waiting_for([None, Some(Usual::secs(60, 120))]);
        for (longest_wait, is_read) in [(59, false), (60, true)] {
            let next = kept(waiting_for([Some(Usual::secs(60, 120)), None]), 0);
            let next = next.next(Goal::Established, at(9), SHORTEST);
            let longest_wait = Duration::from_secs(longest_wait);
            let next = next.saw(1, then(), longest_wait, |_| false).continue_value();
            let read = next.map(|next| awaited(&next));
            assert_eq!(read, is_read.then(|| Some((1, vec!["service"]))));
        }
    }

    #[test]
    fn everything_is_read_at_the_end_but_what_of_heroku_was_read_just_now() {
        let done = waiting_for([None, None]);
        let next = kept(waiting_for([Some(Usual::secs(60, 120)), None]), 0);
        let next = next.next(Goal::Established, at(9), SHORTEST);
        let mut next = next.saw(1, done, Duration::ZERO, |_| false).continue_value().unwrap();
        assert!(next.awaited().is_none());
        assert_eq!(next.fresh(OF_HEROKU).of("add-on"), Some(&1));
        assert_eq!(next.fresh(&["service"]).of("add-on"), None);
    }
}
