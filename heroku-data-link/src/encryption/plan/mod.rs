//! What to do, decided from what was seen. Pure.

mod addon;
mod key;
mod migration;

use super::checks;
use super::snapshot::Snapshot;
use super::spec::EncryptionSpec;
use super::steps::{self, KIND};
use crate::model::KeyArn;
use crate::reconcile::{Builder, Goal, Plan, Scope};

/// The plan that leads to an established link.
pub(super) fn establish(spec: &EncryptionSpec, seen: &Snapshot) -> Plan {
    let plan = Builder::new(KIND, &spec.link, scope(spec, seen), Goal::Established);
    let mut planner = Planner { spec, seen, plan };
    planner.checks();
    planner.key();
    planner.addon();
    planner.migration();
    planner.tags();
    planner.plan.finish()
}

/// The plan that leads to a link that is torn down: key and add-on hold data, and stay.
pub(super) fn tear_down(spec: &EncryptionSpec, seen: &Snapshot) -> Plan {
    let mut plan = Builder::new(KIND, &spec.link, scope(spec, seen), Goal::TornDown);
    let kept = [
        seen.addon.as_ref().map(|addon| format!("add-on {}", addon.name)),
        seen.key().map(|key| format!("key {}", key.arn)),
    ];
    let kept: Vec<_> = kept.into_iter().flatten().collect();
    let sentence = if kept.is_empty() {
        "there is nothing of this link".to_owned()
    } else {
        format!("{} stay: without them data is lost", kept.join(" and "))
    };
    plan.check(steps::KEEP_ALL, sentence, Ok(()));
    plan.finish()
}

fn scope(spec: &EncryptionSpec, seen: &Snapshot) -> Scope {
    let key = seen.key().map(|key| &key.arn).or(spec.named_key()).map(KeyArn::id);
    Scope::of_key(&seen.caller, &seen.region, key)
}

struct Planner<'a> {
    spec: &'a EncryptionSpec,
    seen: &'a Snapshot,
    plan: Builder,
}

impl Planner<'_> {
    fn checks(&mut self) {
        let (spec, seen) = (self.spec, self.seen);
        let acting = self.plan.scope().acting();
        self.plan.check(steps::CHECK_CALLER, acting, Ok(()));
        self.plan.check(
            steps::CHECK_PLAN,
            format!("{} takes a key of the customer", spec.plan),
            checks::plan(spec),
        );
        self.plan.check(
            steps::CHECK_REGION,
            format!("app {} is in {}, as the key is", spec.app, seen.region),
            checks::region(spec, seen),
        );
        let sentence = match &seen.addon {
            None => format!("the name {} is free", spec.addon),
            Some(addon) => format!("{} is {} of app {}", addon.name, addon.plan, addon.app),
        };
        self.plan.check(steps::CHECK_ADDON, sentence, checks::addon(spec, seen));
        let sentence = match (spec.named_key(), seen.key()) {
            (Some(key), _) => format!("{key} is symmetric and enabled"),
            (None, Some(key)) => format!("{} is the link's own, symmetric and enabled", key.arn),
            (None, None) => match &seen.keys.missing {
                Some((key, _)) => format!("{key} was made for the link, and is not shown yet"),
                None => "there is no key of the link yet".to_owned(),
            },
        };
        let kind = steps::of_key(spec, steps::CHECK_OWN_KEY, steps::CHECK_NAMED_KEY);
        self.plan.check(kind, sentence, checks::key(spec, seen));
        if let Some(migration) = &spec.migration {
            self.check_source(migration);
        }
        if let Some(addon) = seen.addon.as_ref().filter(|addon| addon.plan != spec.plan) {
            self.plan.note(format!("{} is on {}, not on {}", addon.name, addon.plan, spec.plan));
        }
    }
}
