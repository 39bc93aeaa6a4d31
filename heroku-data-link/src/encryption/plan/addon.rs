//! The add-on under the key.

use super::Planner;
use crate::encryption::commands;
use crate::encryption::steps;
use crate::model::AddonState;
use crate::provider::{AddonRequest, HerokuCall, Readiness};
use crate::reconcile::{Blocker, Code, Need, Progress, Usual};

/// Private data services are provisioned within 5 minutes, Kafka within 20 or more.
const ADDON_USUALLY: Usual = Usual::secs(300, 1200);
/// The service behind an add-on is ready a moment after it is provisioned.
const SERVICE_USUALLY: Usual = Usual::secs(10, 120);
/// A copy takes as long as its data is large; small ones have been seen to take minutes.
const COPY_USUALLY: Usual = Usual::secs(300, 1800);

impl Planner<'_> {
    pub(super) fn addon(&mut self) {
        let facts = self.facts;
        let (spec, name, living) = (facts.spec, &facts.spec.addon, facts.living_addon);
        let request = AddonRequest {
            app: spec.app.clone(),
            plan: spec.plan.clone(),
            name: name.clone(),
            attachment: spec.attachment.clone(),
            key_option: spec.key_option.to_string(),
            key: facts.key.map(|key| key.arn.clone()),
            source: self.data(),
        };
        let is_known = request.key.is_some() && request.source.is_some();
        let call = HerokuCall::CreateAddon(request).into();
        let need = match living {
            Some(_) => Need::Nothing,
            None if is_known => Need::Call(call),
            None => Need::Incomplete(call),
        };
        let sentence = format!("add-on {name}, {}, under the key", spec.plan);
        self.plan.act(steps::CREATE_ADDON, sentence, need);
        self.plan.wait(
            steps::AWAIT_PROVISIONED,
            format!("{name} is provisioned"),
            Some(commands::wait_for_addon(spec)),
            commands::provisioned(spec),
            match living.map(|addon| &addon.state) {
                None => Progress::NotStarted,
                Some(AddonState::Provisioned) => Progress::Done,
                Some(_) => Progress::waiting(format!("{name} to be provisioned"), ADDON_USUALLY),
            },
        );
        let (sentence, usual) = match &spec.migration {
            None => (format!("the service behind {name} is ready"), SERVICE_USUALLY),
            Some(_) => (format!("{name} is ready and has caught up"), COPY_USUALLY),
        };
        let progress = self.service(usual);
        let until = commands::available(spec);
        self.plan.wait(steps::AWAIT_SERVICE, sentence, None, until, progress);
        self.read_back();
    }

    fn service(&self, usual: Usual) -> Progress {
        let facts = self.facts;
        let (seen, name) = (facts.seen, &facts.spec.addon);
        if facts.living_addon.is_none_or(|addon| addon.state != AddonState::Provisioned) {
            return Progress::NotStarted;
        }
        let waiting = |state: &str| {
            let what = format!("the service behind {name}, which is {state}");
            Progress::waiting(what, usual)
        };
        match &seen.readiness {
            None => waiting("not known yet"),
            Some(Readiness::Waiting(state)) => waiting(state),
            // What it says of itself may come a moment later.
            Some(Readiness::Ready(_)) if seen.info.is_none() => waiting("silent"),
            Some(Readiness::Ready(_)) => Progress::Done,
            Some(Readiness::Failed(message)) => Progress::Blocked(Blocker::new(
                Code::ServiceFailed,
                format!("Heroku says that the service behind {name} failed: {message}"),
                "look at the key's policy, destroy the add-on, and run again",
            )),
        }
    }

    /// What Heroku made is under the key, and under no other.
    fn read_back(&mut self) {
        let facts = self.facts;
        let sentence = format!("Heroku says that {} is encrypted under the key", facts.spec.addon);
        if facts.is_encrypted {
            self.plan.check(steps::CHECK_READ_BACK, sentence, Ok(()));
        } else {
            // Another key, or none, is a blocker of the first checks.
            self.plan.check_later(steps::CHECK_READ_BACK, sentence);
        }
    }
}
