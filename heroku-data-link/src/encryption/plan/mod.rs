//! What to do, decided from what was seen. Pure.

mod addon;
mod key;
mod migration;

use super::checks;
use super::facts::Facts;
use super::steps::{self, KIND};
use crate::model::KeyArn;
use crate::reconcile::{Builder, Goal, Plan, Scope};

/// The plan that leads to an established link.
pub(super) fn establish(facts: &Facts) -> Plan {
    let mut planner = Planner { facts, plan: begin(facts, Goal::Established) };
    planner.checks();
    planner.key();
    planner.addon();
    planner.migration();
    planner.tags();
    planner.plan.finish()
}

/// The plan that leads to a link that is torn down: key and add-on hold data, and stay.
pub(super) fn tear_down(facts: &Facts) -> Plan {
    let mut plan = begin(facts, Goal::TornDown);
    let kept = [
        facts.seen.addon.as_ref().map(|addon| format!("add-on {}", addon.name)),
        facts.key.map(|key| format!("key {}", key.arn)),
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

fn begin(facts: &Facts, goal: Goal) -> Builder {
    let (spec, seen) = (facts.spec, facts.seen);
    let key = facts.key.map(|key| &key.arn).or(spec.named_key()).map(KeyArn::id);
    Builder::new(KIND, &spec.link, Scope::of_key(&seen.caller, &seen.region, key), goal)
}

struct Planner<'a> {
    facts: &'a Facts<'a>,
    plan: Builder,
}

impl Planner<'_> {
    fn checks(&mut self) {
        let facts = self.facts;
        let (spec, seen) = (facts.spec, facts.seen);
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
            checks::region(facts),
        );
        let sentence = match &seen.addon {
            None => format!("the name {} is free", spec.addon),
            Some(addon) => format!("{} is {} of app {}", addon.name, addon.plan, addon.app),
        };
        self.plan.check(steps::CHECK_ADDON, sentence, checks::addon(facts));
        let sentence = match (spec.named_key(), facts.key) {
            (Some(key), _) => format!("{key} is symmetric and enabled"),
            (None, Some(key)) => format!("{} is the link's own, symmetric and enabled", key.arn),
            (None, None) => match &seen.keys.missing {
                Some((key, _)) => format!("{key} was made for the link, and is not shown yet"),
                None => "there is no key of the link yet".to_owned(),
            },
        };
        let kind = steps::of_key(spec, steps::CHECK_OWN_KEY, steps::CHECK_NAMED_KEY);
        self.plan.check(kind, sentence, checks::key(facts));
        if let Some(migration) = &spec.migration {
            self.check_source(migration);
        }
        if let Some(addon) = seen.addon.as_ref().filter(|addon| addon.plan != spec.plan) {
            self.plan.note(format!("{} is on {}, not on {}", addon.name, addon.plan, spec.plan));
        }
    }
}
