//! What to do, decided from what was seen. Pure.

use super::checks;
use super::phase::{GRACE, START, STOP};
use super::run::{Service, Snapshot, Used};
use super::spec::{Ending, KeyAccessSpec};
use super::steps::{self, KIND};
use super::unknown_user::UnknownUser;
use crate::model::KeyState;
use crate::provider::KmsCall;
use crate::reconcile::{Blocker, Builder, Code, Goal, Need, Plan, Progress, Scope, Usual, list};

/// Heroku's article on keys: a grace of 10 minutes, and about 20 in all.
const STOP_USUALLY: Usual = Usual { from: GRACE, to: STOP };
/// Heroku's article on keys: about 5 minutes.
const START_USUALLY: Usual = Usual { from: std::time::Duration::from_secs(60), to: START };

/// What a key's state means for its use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Possible,
    Disabled,
    Deleting,
    /// A state that neither of our calls leads to.
    Odd,
}

struct Planner<'a> {
    spec: &'a KeyAccessSpec,
    seen: &'a Snapshot,
    state: Use,
    plan: Builder,
}

pub(super) fn plan(spec: &KeyAccessSpec, seen: &Snapshot, goal: Goal) -> Plan {
    let scope = Scope::of_key(&seen.caller, &seen.region, Some(spec.key.id()));
    let state = match seen.key.as_ref().map(|key| &key.state) {
        Some(KeyState::Enabled) => Use::Possible,
        Some(KeyState::Disabled) => Use::Disabled,
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => Use::Deleting,
        None
        | Some(
            KeyState::Creating
            | KeyState::Updating
            | KeyState::PendingImport
            | KeyState::Unavailable
            | KeyState::Other(_),
        ) => Use::Odd,
    };
    let plan = Builder::new(KIND, &spec.link, scope, goal);
    let mut planner = Planner { spec, seen, state, plan };
    planner.check_key();
    match goal {
        Goal::Established => planner.give(),
        Goal::TornDown => planner.end(),
    }
    planner.plan.finish()
}

impl Planner<'_> {
    fn check_key(&mut self) {
        let (key, seen) = (&self.spec.key, self.seen);
        let is_there = seen.key.is_some();
        let odd = match &seen.key {
            Some(found) if found.is_aws_managed => Some("managed by AWS".to_owned()),
            Some(found) if self.state == Use::Odd => Some(found.state.to_string()),
            Some(_) | None => None,
        };
        let result = checks::named_key(key, &seen.region, &seen.caller.account, is_there);
        let result = result.and_then(|()| match odd {
            None => Ok(()),
            Some(state) => Err(Blocker::new(
                Code::KeyState,
                format!("{key} is {state}"),
                "only a key that is yours, and enabled, disabled or to be deleted, can be changed",
            )),
        });
        let state = seen.key.as_ref().map_or("there", |found| found.state.as_str());
        self.plan.check(steps::CHECK_KEY, format!("{key} is {state}"), result);
    }

    fn end(&mut self) {
        let spec = self.spec;
        self.check_users();
        match spec.ending {
            Ending::Disable => {
                self.confirmed(self.state == Use::Possible);
                let call = self.plan.kms(KmsCall::DisableKey { key: spec.key.clone() });
                let need = match self.state {
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
                self.confirmed(self.state != Use::Deleting);
                let (key, days) = (spec.key.clone(), window.days());
                let call = self.plan.kms(KmsCall::ScheduleDeletion { key, days });
                let need = match self.state {
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
        for user in &self.seen.unknown {
            self.plan.note(format!("the key may be used by {user}"));
        }
    }

    fn check_users(&mut self) {
        let (spec, seen) = (self.spec, self.seen);
        let names = || list(seen.used.iter().map(|used| &used.user.addon));
        let sentence = match (seen.used.len(), seen.unknown.len()) {
            (0, 0) => "no add-on uses the key".to_owned(),
            (0, unknown) => format!("no add-on is known to use the key, and {unknown} may use it"),
            (_, 0) => format!("the key is used by {}", names()),
            (_, unknown) => {
                format!("the key is used by {}, and {unknown} more may use it", names())
            }
        };
        let result = match spec.ending {
            Ending::ScheduleDeletion(_) if !seen.used.is_empty() => Err(Blocker::new(
                Code::KeyInUse,
                format!("{} is used by {}", spec.key, names()),
                "migrate the data to an add-on under another key, and destroy the old one first",
            )),
            Ending::ScheduleDeletion(_) if !seen.unknown.is_empty() => Err(Blocker::new(
                Code::KeyPerhapsInUse,
                format!("{} may be used by: {}", spec.key, sentences(&seen.unknown)),
                "run again once they can be read and their services answer; or make sure that none \
                 of them uses the key, and delete it by hand",
            )),
            Ending::Disable | Ending::ScheduleDeletion(_) => Ok(()),
        };
        self.plan.check(steps::CHECK_USERS, sentence, result);
    }

    /// Somebody has seen what comes of it. What is under way already needs no second yes.
    fn confirmed(&mut self, is_due: bool) {
        let result = if is_due { self.confirmation() } else { Ok(()) };
        let sentence = "somebody has seen the consequences and named the key".to_owned();
        self.plan.check(steps::CHECK_CONFIRMATION, sentence, result);
    }

    fn confirmation(&self) -> Result<(), Blocker> {
        let (spec, seen) = (self.spec, self.seen);
        let remedy = "look at the consequences, and confirm them by naming the key";
        let Some(confirmation) = &spec.confirmation else {
            return Err(Blocker::new(
                Code::NotConfirmed,
                format!("nobody has confirmed {} {}", spec.ending, spec.key),
                remedy,
            ));
        };
        if confirmation.key != spec.key || confirmation.ending != spec.ending {
            return Err(Blocker::new(
                Code::ConfirmationOfSomethingElse,
                format!(
                    "what was confirmed is {} {}, not {} {}",
                    confirmation.ending, confirmation.key, spec.ending, spec.key
                ),
                remedy,
            ));
        }
        let new: Vec<_> = seen
            .used
            .iter()
            .filter(|used| !confirmation.covers(used.user.id))
            .map(|used| &used.user.addon)
            .collect();
        let unknown = confirmation.uncovered(&seen.unknown);
        let stops = (!new.is_empty()).then(|| format!("{} would stop as well", list(new)));
        let may_stop = (!unknown.is_empty())
            .then(|| format!("these may stop as well: {}", sentences(unknown)));
        let problems: Vec<_> = stops.into_iter().chain(may_stop).collect();
        if problems.is_empty() {
            return Ok(());
        }
        let problem = format!("{}, which nobody has confirmed", problems.join("; and "));
        Err(Blocker::new(Code::ConsequencesChanged, problem, remedy))
    }

    fn await_stopped(&mut self) {
        let running = self.names(|used| used.service != Service::Down);
        let progress = if self.state == Use::Possible {
            Progress::NotStarted
        } else if running.is_empty() {
            Progress::Done
        } else {
            let what = format!("{running} to stop");
            Progress::waiting(what, STOP_USUALLY, self.spec.stop_deadline)
        };
        let sentence = "the services that use the key have stopped".to_owned();
        self.plan.wait(steps::AWAIT_STOPPED, sentence, None, progress);
    }

    fn give(&mut self) {
        if self.state == Use::Deleting {
            let call = self.plan.kms(KmsCall::CancelDeletion { key: self.spec.key.clone() });
            let sentence = "the key is not deleted".to_owned();
            self.plan.act(steps::CANCEL_DELETION, sentence, Need::Call(call));
        }
        let call = self.plan.kms(KmsCall::EnableKey { key: self.spec.key.clone() });
        let need = match self.state {
            Use::Possible => Need::Nothing,
            Use::Disabled => Need::Call(call),
            Use::Deleting | Use::Odd => Need::Incomplete(call),
        };
        let sentence = "the key can be used".to_owned();
        self.plan.act(steps::ENABLE, sentence, need);
        let stopped = self.names(|used| used.service != Service::Running);
        let progress = if self.state != Use::Possible {
            Progress::NotStarted
        } else if stopped.is_empty() {
            Progress::Done
        } else {
            let what = format!("{stopped} to be back");
            Progress::waiting(what, START_USUALLY, self.spec.start_deadline)
        };
        let sentence = "the services that use the key run".to_owned();
        self.plan.wait(steps::AWAIT_RUNNING, sentence, None, progress);
        self.note_unknown();
    }

    fn names(&self, which: impl Fn(&Used) -> bool) -> String {
        list(self.seen.used.iter().filter(|used| which(used)).map(|used| &used.user.addon))
    }
}

/// Each has commas of its own.
fn sentences<'a>(users: impl IntoIterator<Item = &'a UnknownUser>) -> String {
    users.into_iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
