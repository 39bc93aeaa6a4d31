//! What to do, and in which order: pure functions of the facts.

mod connection;
mod endpoint;
mod security_group;
mod service;
mod tags;

use super::checks;
use super::commands;
use super::copies;
use super::facts::Facts;
use super::network;
use super::principals;
use super::quotas;
use super::spec::GroupChoice;
use super::steps::{self, KIND, scope};
use super::zones;
use crate::model::AddonState;
use crate::reconcile::{self, Builder, Goal, Plan, Progress, Usual, list};
pub(super) use endpoint::{endpoint_request, mark};
pub(super) use security_group::group_request;
pub(super) use service::SERVICE_GONE_USUALLY;

/// Private data services are provisioned within 5 minutes, Kafka within 20 or more.
const ADDON_USUALLY: Usual = Usual::secs(300, 1200);

/// The plan that leads to an established link.
pub(super) fn establish(facts: &Facts<'_>) -> Plan {
    let Facts { spec, seen, .. } = *facts;
    let scope = scope(spec, &seen.caller, &seen.region);
    let plan = Builder::new(KIND, &spec.link, scope, Goal::Established);
    let mut planner = Planner { facts, plan };
    planner.checks();
    copies::check(facts, &mut planner.plan);
    planner.endpoint_service();
    planner.endpoint();
    planner.connection();
    copies::deliver(facts, &mut planner.plan);
    planner.tags();
    planner.plan.finish()
}

struct Planner<'a> {
    facts: &'a Facts<'a>,
    plan: Builder,
}

impl Planner<'_> {
    fn checks(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, .. } = *facts;
        let what = facts
            .addon
            .map_or_else(|| "is one add-on".to_owned(), |addon| format!("is {}", addon.plan));
        let acting = self.plan.scope().acting();
        self.plan.check(steps::CHECK_CALLER, acting, principals::of_one_partition(facts));
        let there = reconcile::checks::vpc(seen.vpc.as_ref(), self.plan.scope());
        let there = there.and_then(|()| {
            if !spec.owns_endpoint() {
                return Ok(());
            }
            let vpc = seen.vpc.as_ref();
            reconcile::checks::owned_vpc(vpc, &seen.caller, "make endpoints in it")
        });
        self.plan.check(steps::CHECK_VPC, self.vpc_sentence(), there);
        if spec.owns_endpoint() {
            let subnets = zones::check(spec, &seen.subnets)
                .and_then(|()| checks::principals(facts))
                // Without the VPC there is nothing to say about its subnets.
                .or_else(|blocker| seen.vpc.as_ref().map_or(Ok(()), |_| Err(blocker)));
            self.plan.check(
                steps::CHECK_SUBNETS,
                format!("subnets to choose from: {}", list(seen.subnets.iter().map(|s| &s.id))),
                subnets,
            );
            self.plan.check(
                steps::CHECK_GROUPS,
                match &spec.security_groups {
                    GroupChoice::Existing(ids) => format!("security groups {ids} are there"),
                    GroupChoice::Owned { .. } => {
                        let name = facts.own_group.map_or(&facts.group_name, |it| &it.name);
                        format!("security group name {name} is ours")
                    }
                },
                checks::groups(facts),
            );
        }
        let sentence =
            format!("no endpoint of another owner connects {} to {}", spec.vpc, self.facts.handle);
        match checks::endpoints(facts) {
            // Without the add-on there is nothing to compare with.
            Ok(()) if facts.addon.is_none() => {
                self.plan.check_later(steps::CHECK_ENDPOINTS, sentence);
            }
            result => self.plan.check(steps::CHECK_ENDPOINTS, sentence, result),
        }
        if spec.owns_endpoint() {
            let room =
                facts.seen.neighbours.as_deref().map_or(Ok(()), |all| quotas::endpoint(spec, all));
            let room = room.and_then(|()| quotas::rules(spec, &self.rules(), facts.own_group));
            self.plan.check(steps::CHECK_QUOTAS, quotas::sentence(facts), room);
        }
        self.network();
        let sentence = format!("{} {what}, provisioned", self.facts.handle);
        if let Err(blocker) = checks::addon(facts) {
            self.plan.check(steps::CHECK_ADDON, sentence, Err(blocker));
            self.plan.check_later(steps::CHECK_REGION, self.region_sentence());
            return;
        }
        self.plan.check(steps::CHECK_REGION, self.region_sentence(), checks::region(facts));
        let provisioned = facts.addon.is_some_and(|addon| addon.state == AddonState::Provisioned);
        let progress = if provisioned {
            Progress::Done
        } else {
            Progress::waiting(format!("{} to be provisioned", self.facts.handle), ADDON_USUALLY)
        };
        let until = commands::provisioned(&facts.handle, spec.deadlines.addon);
        self.plan.wait(steps::CHECK_ADDON, sentence, None, until, progress);
    }

    fn network(&mut self) {
        let facts = self.facts;
        let sentence = network::sentence(facts);
        // Without the service there are no ports, and without the VPC no network.
        let (Some(_), Some(vpc)) = (facts.data_service, &facts.seen.vpc) else {
            self.plan.check_later(steps::CHECK_NETWORK, sentence);
            return;
        };
        let found = network::check(facts, vpc, &self.rules());
        self.plan.check(steps::CHECK_NETWORK, sentence, found.result);
        for note in found.notes {
            self.plan.note(note);
        }
    }

    fn vpc_sentence(&self) -> String {
        match &self.facts.seen.vpc {
            Some(vpc) => format!("{} has the addresses {}", vpc.id, vpc.cidrs),
            None => format!("{} is there", self.facts.spec.vpc),
        }
    }

    fn region_sentence(&self) -> String {
        format!("{} is in {}, as the VPC is", self.facts.handle, self.facts.seen.region)
    }
}
