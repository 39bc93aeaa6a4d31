//! What to do, decided from what was seen. Pure.

use std::time::Duration;

use super::checks;
use super::facts::{Facts, Use};
use super::phase::{GRACE, START, STOP};
use super::snapshot::Service;
use super::spec::Ending;
use super::steps::{self, KIND};
use super::usage::KeyUser;
use crate::provider::{Command, KmsCall};
use crate::reconcile::{Answer, Builder, Goal, Need, Plan, Progress, Scope, Sign, Until, Usual};

/// Heroku's article on keys: a grace of 10 minutes, and about 20 in all.
const STOP_USUALLY: Usual = Usual { from: GRACE, to: STOP };
/// Heroku's article on keys: about 5 minutes.
const START_USUALLY: Usual = Usual { from: Duration::from_secs(60), to: START };

struct Planner<'a> {
    facts: &'a Facts<'a>,
    plan: Builder,
}

pub(super) fn plan(facts: &Facts, goal: Goal) -> Plan {
    let (spec, seen) = (facts.spec, facts.seen);
    let scope = Scope::of_key(&seen.caller, &seen.region, Some(spec.key.id()));
    let mut planner = Planner { facts, plan: Builder::new(KIND, &spec.link, scope, goal) };
    planner.check_key();
    match goal {
        Goal::Established => planner.give(),
        Goal::TornDown => planner.end(),
    }
    planner.plan.finish()
}

impl Planner<'_> {
    fn check_key(&mut self) {
        let facts = self.facts;
        let state = facts.seen.key.as_ref().map_or("there", |found| found.state.as_str());
        let sentence = format!("{} is {state}", facts.spec.key);
        self.plan.check(steps::CHECK_KEY, sentence, checks::key(facts));
    }

    fn end(&mut self) {
        let (spec, state) = (self.facts.spec, self.facts.state);
        self.check_users();
        match spec.ending {
            Ending::Disable => {
                self.confirmed(state == Use::Possible);
                let call = self.plan.kms(KmsCall::DisableKey { key: spec.key.clone() });
                let need = match state {
                    Use::Possible => Need::Call(call),
                    // A key that is to be deleted cannot be used, either.
                    Use::Disabled | Use::Deleting => Need::Nothing,
                    Use::Odd => Need::Incomplete(call),
                };
                let sentence = "the key cannot be used".to_owned();
                self.plan.act(steps::DISABLE, sentence, need);
                self.await_stopped();
            }
            Ending::ScheduleDeletion(window) => {
                self.confirmed(state != Use::Deleting);
                let (key, days) = (spec.key.clone(), window.days());
                let call = self.plan.kms(KmsCall::ScheduleDeletion { key, days });
                let need = match state {
                    Use::Possible | Use::Disabled => Need::Call(call),
                    Use::Deleting => Need::Nothing,
                    Use::Odd => Need::Incomplete(call),
                };
                let sentence = format!("the key is deleted {window} later");
                self.plan.act(steps::SCHEDULE_DELETION, sentence, need);
            }
        }
        self.note_unknown();
        self.plan.note("add-ons that these credentials cannot see are not considered".to_owned());
    }

    fn note_unknown(&mut self) {
        for user in &self.facts.seen.unknown {
            self.plan.note(format!("the key may be used by {user}"));
        }
    }

    fn check_users(&mut self) {
        let (seen, users) = (self.facts.seen, &self.facts.users);
        let sentence = match (seen.used.len(), seen.unknown.len()) {
            (0, 0) => "no add-on uses the key".to_owned(),
            (0, unknown) => format!("no add-on is known to use the key, and {unknown} may use it"),
            (_, 0) => format!("the key is used by {users}"),
            (_, unknown) => format!("the key is used by {users}, and {unknown} more may use it"),
        };
        self.plan.check(steps::CHECK_USERS, sentence, checks::users(self.facts));
    }

    /// Somebody has seen what comes of it. What is under way already needs no second yes.
    fn confirmed(&mut self, is_due: bool) {
        let result = if is_due { checks::confirmation(self.facts) } else { Ok(()) };
        let sentence = "somebody has seen the consequences and named the key".to_owned();
        self.plan.check(steps::CHECK_CONFIRMATION, sentence, result);
    }

    fn await_stopped(&mut self) {
        let facts = self.facts;
        let running = facts.other_than(Service::Down);
        let progress = if facts.state == Use::Possible {
            Progress::NotStarted
        } else if running.is_empty() {
            Progress::Done
        } else {
            let what = format!("{running} to stop");
            Progress::waiting(what, STOP_USUALLY)
        };
        let sentence = "the services that use the key have stopped".to_owned();
        let until = self.services(&Answer::stopped(), facts.spec.stop_deadline);
        self.plan.wait(steps::AWAIT_STOPPED, sentence, None, until, progress);
    }

    /// Every service that uses the key answers so.
    fn services(&self, answer: &Answer, deadline: Duration) -> Until {
        let sign = |user: &KeyUser| Sign {
            command: Command::service_info(user.service, &user.addon, &user.app),
            answer: answer.clone(),
        };
        let users = self.facts.seen.used.iter().map(|used| &used.user);
        Until { signs: users.map(sign).collect(), deadline }
    }

    fn give(&mut self) {
        let facts = self.facts;
        if facts.state == Use::Deleting {
            let call = self.plan.kms(KmsCall::CancelDeletion { key: facts.spec.key.clone() });
            let sentence = "the key is not deleted".to_owned();
            self.plan.act(steps::CANCEL_DELETION, sentence, Need::Call(call));
        }
        let call = self.plan.kms(KmsCall::EnableKey { key: facts.spec.key.clone() });
        let need = match facts.state {
            Use::Possible => Need::Nothing,
            Use::Disabled => Need::Call(call),
            Use::Deleting | Use::Odd => Need::Incomplete(call),
        };
        let sentence = "the key can be used".to_owned();
        self.plan.act(steps::ENABLE, sentence, need);
        let stopped = facts.other_than(Service::Running);
        let progress = if facts.state != Use::Possible {
            Progress::NotStarted
        } else if stopped.is_empty() {
            Progress::Done
        } else {
            let what = format!("{stopped} to be back");
            Progress::waiting(what, START_USUALLY)
        };
        let sentence = "the services that use the key run".to_owned();
        let until = self.services(&Answer::available(), facts.spec.start_deadline);
        self.plan.wait(steps::AWAIT_RUNNING, sentence, None, until, progress);
        self.note_unknown();
    }
}
