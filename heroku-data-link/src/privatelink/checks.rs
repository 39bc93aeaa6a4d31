//! What must hold before anything is changed.

use super::facts::{Facts, is_deleted};
use super::spec::{EndpointChoice, GroupChoice};
use super::zones::forms;
use crate::home;
use crate::model::{AddonState, PlanTier};
use crate::provider::Addon;
use crate::reconcile::ownership::{self, Claimed};
use crate::reconcile::{Blocker, Code, checks, list};

/// The spec means one add-on.
pub(super) fn one_addon<'a>(facts: &Facts<'a>) -> Result<&'a Addon, Blocker> {
    let Facts { spec, seen, .. } = *facts;
    let place = match spec.addon.app().or(spec.app.as_ref()) {
        Some(app) => format!(" in app {app}"),
        None => String::new(),
    };
    facts.addon.ok_or_else(|| match seen.addons.as_slice() {
        [] => Blocker::new(
            Code::UnknownAddon,
            format!("{} is no add-on{place} that these credentials can see", spec.addon),
            "check the name with `heroku addons --all`, and name the app",
        ),
        several => Blocker::new(
            Code::AmbiguousAddon,
            format!(
                "{}{place} may mean {}",
                spec.addon,
                list(several.iter().map(|addon| format!("{} of {}", addon.name, addon.app)))
            ),
            "name the add-on by its own name or id",
        ),
    })
}

/// The spec means one add-on, and PrivateLink works for its plan.
pub(super) fn addon(facts: &Facts<'_>) -> Result<(), Blocker> {
    let addon = one_addon(facts)?;
    plan(addon)?;
    match &addon.state {
        AddonState::Provisioned | AddonState::Provisioning => Ok(()),
        AddonState::Deprovisioning | AddonState::Deprovisioned | AddonState::Other(_) => {
            Err(Blocker::new(
                Code::AddonNotProvisioned,
                format!("{} is {}", addon.name, addon.state),
                "link an add-on that is provisioned",
            ))
        }
    }
}

fn plan(addon: &Addon) -> Result<(), Blocker> {
    if addon.plan.service().is_none() {
        return Err(Blocker::new(
            Code::UnsupportedService,
            format!("{} is {}, which has no PrivateLink", addon.name, addon.plan.service_slug()),
            "PrivateLink is for heroku-redis, heroku-kafka and heroku-postgresql",
        ));
    }
    let tier = addon.plan.tier();
    if tier.has_private_link() {
        return Ok(());
    }
    let problem = match &tier {
        PlanTier::Advanced => {
            format!("{} is on {}, and Postgres Advanced has no PrivateLink", addon.name, addon.plan)
        }
        tier => format!(
            "{} is on {}, and PrivateLink needs a private or shield plan, not {tier}",
            addon.name, addon.plan
        ),
    };
    Err(Blocker::new(
        Code::PlanWithoutPrivatelink,
        problem,
        "move the data to an add-on on a private or shield plan in a Private or Shield Space",
    ))
}

const HOME: home::Words = home::Words {
    app: "the add-on's app",
    unknown_app: "use a token of a member of the app's team",
    feature: "PrivateLink",
    resident: |_| "the add-on".to_owned(),
    other_region: |region| format!("use a VPC in {region}"),
};

/// The add-on's region is the VPC's.
pub(super) fn region(facts: &Facts<'_>) -> Result<(), Blocker> {
    facts.seen.home.space_in(&facts.seen.region, &HOME).map(drop)
}

/// Named groups are in the VPC; no group of another owner has the name that ours needs.
pub(super) fn groups(facts: &Facts<'_>) -> Result<(), Blocker> {
    let Facts { spec, seen, .. } = *facts;
    match &spec.security_groups {
        GroupChoice::Existing(ids) => checks::in_vpc(ids, &seen.groups, &spec.vpc),
        GroupChoice::Owned { .. } => match &seen.group_of_same_name {
            Some(group) if !ownership::is_owned(&spec.link, &group.tags) => Err(Blocker::new(
                Code::SecurityGroupNotOurs,
                format!(
                    "{} is called {} and does not carry the tag {}={}",
                    group.id,
                    facts.group_name,
                    ownership::LINK_TAG,
                    spec.link
                ),
                ownership::ways_to_own_by_tag(&facts.owner),
            )),
            Some(_) | None => Ok(()),
        },
    }
}

/// What carries the link's id is the link's own, and no endpoint of another owner does its job.
pub(super) fn endpoints(facts: &Facts<'_>) -> Result<(), Blocker> {
    let spec = facts.spec;
    identity(facts)?;
    if let Some(endpoint) = facts.outdated_endpoint {
        return Err(Blocker::new(
            Code::EndpointOfFormerService,
            format!(
                "{} leads to {}, an endpoint service that {} had before",
                endpoint.id,
                endpoint.service,
                facts.owner.leads_to()
            ),
            "tear the link down and establish it again: an endpoint cannot change its service",
        ));
    }
    match &spec.endpoint {
        EndpointChoice::Existing(id) => {
            let Some(endpoint) = facts.endpoint else {
                return Err(Blocker::new(
                    Code::UnknownEndpoint,
                    format!("{id} cannot be found in this account and region"),
                    "check the id and the credentials",
                ));
            };
            let wrong_service =
                facts.service_name.is_some_and(|service| service.as_str() != endpoint.service);
            if endpoint.vpc != spec.vpc || wrong_service {
                return Err(Blocker::new(
                    Code::EndpointOfSomethingElse,
                    format!("{id} connects {} to {}", endpoint.vpc, endpoint.service),
                    format!("name an endpoint of {} to the add-on's service", spec.vpc),
                ));
            }
            Ok(())
        }
        EndpointChoice::Owned | EndpointChoice::Adopt if facts.endpoint.is_some() => Ok(()),
        EndpointChoice::Owned => match facts.foreign_endpoints.as_slice() {
            [] => Ok(()),
            [foreign, ..] => Err(Blocker::new(
                Code::EndpointNotOurs,
                format!(
                    "{} already connects {} to the service and {}",
                    foreign.id,
                    spec.vpc,
                    ownership::belongs_to(&foreign.tags)
                ),
                ownership::ways_to_own(&facts.owner),
            )),
        },
        EndpointChoice::Adopt => match facts.foreign_endpoints.as_slice() {
            [] => Ok(()),
            [foreign] => match ownership::owner(&foreign.tags) {
                None => Ok(()),
                Some(link) => Err(Blocker::new(
                    Code::EndpointOfAnotherLink,
                    format!("{} belongs to link {link}", foreign.id),
                    format!("tear link {link} down first, or use the endpoint as it is"),
                )),
            },
            several => Err(Blocker::new(
                Code::SeveralEndpoints,
                format!(
                    "{} all connect {} to the service",
                    list(several.iter().map(|endpoint| &endpoint.id)),
                    spec.vpc
                ),
                "tag the one to adopt, or delete the others",
            )),
        },
    }
}

/// Everything that carries the link's id was made for the spec's VPC and add-on, as far as can be
/// told for certain.
pub(super) fn identity(facts: &Facts<'_>) -> Result<(), Blocker> {
    let endpoints = facts.seen.endpoints.iter().filter(|endpoint| !is_deleted(&endpoint.state));
    let endpoints = endpoints.map(|it| Claimed {
        id: it.id.as_str(),
        tags: &it.tags,
        does: format!("connects {} to {}", it.vpc, it.service),
        claim: facts.endpoint_claim(it),
    });
    let groups = facts.seen.groups.iter().map(|it| Claimed {
        id: it.id.as_str(),
        tags: &it.tags,
        does: format!("is {} of {}", it.name, it.vpc),
        claim: facts.group_claim(it),
    });
    let owner = &facts.owner;
    let joins = format!("{} and {}", facts.spec.vpc, owner.leads_to());
    endpoints.chain(groups).try_for_each(|claimed| {
        owner.check(
            &claimed,
            &joins,
            ", in which the add-on may be named by its UUID",
            "use a token that can see the add-on, or name the add-on by its UUID",
        )
    })
}

/// The principals include one of the caller, who must see the service.
pub(super) fn principals(facts: &Facts<'_>) -> Result<(), Blocker> {
    let wanted = &facts.principals;
    if wanted.iter().any(|principal| principal.account() == &facts.seen.caller.account) {
        return Ok(());
    }
    Err(Blocker::new(
        Code::CallerNotAllowed,
        format!(
            "the principals {} include none of account {}, which is to make the endpoint",
            forms(wanted),
            facts.seen.caller.account
        ),
        format!("add {}", facts.seen.caller.account),
    ))
}
