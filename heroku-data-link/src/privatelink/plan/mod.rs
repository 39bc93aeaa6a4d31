//! What to do, and in which order: pure functions of a spec and a snapshot.

mod connection;
mod endpoint;
mod security_group;
mod service;
mod tags;

use super::checks;
use super::commands;
use super::principals;
use super::quotas;
use super::snapshot::{Snapshot, group_name};
use super::spec::{GroupChoice, PrivateLinkSpec};
use super::steps::{self, KIND, scope};
use super::zones;
use crate::model::AddonState;
use crate::provider::AddonHandle;
use crate::reconcile::{self, Builder, Goal, Plan, Progress, Usual, list};
pub(super) use endpoint::mark;
pub(super) use service::{SERVICE_GONE_USUALLY, is_going};

/// Private data services are provisioned within 5 minutes, Kafka within 20 or more.
const ADDON_USUALLY: Usual = Usual::secs(300, 1200);

/// The plan that leads to an established link.
pub(super) fn establish(spec: &PrivateLinkSpec, seen: &Snapshot) -> Plan {
    let scope = scope(spec, &seen.caller, &seen.region);
    let addon = commands::addon(spec, seen);
    let mut planner = Planner {
        spec,
        seen,
        addon: &addon,
        plan: Builder::new(KIND, &spec.link, scope.clone(), Goal::Established),
    };
    planner.checks();
    planner.endpoint_service();
    planner.endpoint();
    planner.connection();
    planner.tags();
    planner.plan.finish()
}

struct Planner<'a> {
    spec: &'a PrivateLinkSpec,
    seen: &'a Snapshot,
    addon: &'a AddonHandle,
    plan: Builder,
}

impl Planner<'_> {
    fn checks(&mut self) {
        let (spec, seen) = (self.spec, self.seen);
        let what = seen
            .addon()
            .map_or_else(|| "is one add-on".to_owned(), |addon| format!("is {}", addon.plan));
        let acting = self.plan.scope().acting();
        self.plan.check(steps::CHECK_CALLER, acting, principals::of_one_partition(spec, seen));
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
                .and_then(|()| checks::principals(spec, seen))
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
                        let name = seen.owned_group(spec).map(|group| group.name.clone());
                        let name = name.unwrap_or_else(|| group_name(spec));
                        format!("security group name {name} is ours")
                    }
                },
                checks::groups(spec, seen),
            );
        }
        let sentence =
            format!("no endpoint of another owner connects {} to {}", spec.vpc, self.addon);
        match checks::endpoints(spec, seen) {
            // Without the add-on there is nothing to compare with.
            Ok(()) if seen.addon().is_none() => {
                self.plan.check_later(steps::CHECK_ENDPOINTS, sentence);
            }
            result => self.plan.check(steps::CHECK_ENDPOINTS, sentence, result),
        }
        if spec.owns_endpoint() {
            let room = seen.neighbours.as_deref().map_or(Ok(()), |all| quotas::endpoint(spec, all));
            let room =
                room.and_then(|()| quotas::rules(spec, &self.rules(), seen.owned_group(spec)));
            self.plan.check(steps::CHECK_QUOTAS, quotas::sentence(spec, seen), room);
        }
        let sentence = format!("{} {what}, provisioned", self.addon);
        if let Err(blocker) = checks::addon(spec, seen) {
            self.plan.check(steps::CHECK_ADDON, sentence, Err(blocker));
            self.plan.check_later(steps::CHECK_REGION, self.region_sentence());
            return;
        }
        self.plan.check(steps::CHECK_REGION, self.region_sentence(), checks::region(seen));
        let provisioned = seen.addon().is_some_and(|addon| addon.state == AddonState::Provisioned);
        let progress = if provisioned {
            Progress::Done
        } else {
            Progress::waiting(
                format!("{} to be provisioned", self.addon),
                ADDON_USUALLY,
                spec.deadlines.addon,
            )
        };
        self.plan.wait(steps::CHECK_ADDON, sentence, None, progress);
    }

    fn vpc_sentence(&self) -> String {
        match &self.seen.vpc {
            Some(vpc) => format!("{} has the addresses {}", vpc.id, vpc.cidrs),
            None => format!("{} is there", self.spec.vpc),
        }
    }

    fn region_sentence(&self) -> String {
        format!("{} is in {}, as the VPC is", self.addon, self.seen.region)
    }
}
