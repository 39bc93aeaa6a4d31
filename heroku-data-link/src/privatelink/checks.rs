//! What must hold before anything is changed.

use super::snapshot::{Snapshot, group_name, is_deleted};
use super::spec::{EndpointChoice, GroupChoice, PrivateLinkSpec};
use super::zones::forms;
use crate::home;
use crate::model::{AddonState, PlanTier};
use crate::provider::Addon;
use crate::reconcile::ownership::{self, Claimed};
use crate::reconcile::{Blocker, Code, checks, list};

/// The spec means one add-on.
pub(super) fn one_addon<'a>(
    spec: &PrivateLinkSpec,
    seen: &'a Snapshot,
) -> Result<&'a Addon, Blocker> {
    let place = match spec.addon.app().or(spec.app.as_ref()) {
        Some(app) => format!(" in app {app}"),
        None => String::new(),
    };
    match seen.addons.as_slice() {
        [] => Err(Blocker::new(
            Code::UnknownAddon,
            format!("{} is no add-on{place} that these credentials can see", spec.addon),
            "check the name with `heroku addons --all`, and name the app",
        )),
        [addon] => Ok(addon),
        several => Err(Blocker::new(
            Code::AmbiguousAddon,
            format!(
                "{}{place} may mean {}",
                spec.addon,
                list(several.iter().map(|addon| format!("{} of {}", addon.name, addon.app)))
            ),
            "name the add-on by its own name or id",
        )),
    }
}

/// The spec means one add-on, and PrivateLink works for its plan.
pub(super) fn addon(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let addon = one_addon(spec, seen)?;
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
pub(super) fn region(seen: &Snapshot) -> Result<(), Blocker> {
    seen.home.space_in(&seen.region, &HOME).map(drop)
}

/// Named groups are in the VPC; no stranger has the name that ours needs.
pub(super) fn groups(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    match &spec.security_groups {
        GroupChoice::Existing(ids) => checks::in_vpc(ids, &seen.groups, &spec.vpc),
        GroupChoice::Owned { .. } => match &seen.namesake {
            Some(group) if !ownership::is_owned(&spec.link, &group.tags) => Err(Blocker::new(
                Code::SecurityGroupNotOurs,
                format!(
                    "{} is called {} and does not carry the tag {}={}",
                    group.id,
                    group_name(spec),
                    ownership::LINK_TAG,
                    spec.link
                ),
                ownership::ways_to_own_by_tag(&seen.owner(spec)),
            )),
            Some(_) | None => Ok(()),
        },
    }
}

/// What carries the link's id is the link's own, and no stranger does the endpoint's job.
pub(super) fn endpoints(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    identity(spec, seen)?;
    if let Some(endpoint) = seen.outdated(spec).first() {
        return Err(Blocker::new(
            Code::EndpointOfFormerService,
            format!(
                "{} leads to {}, an endpoint service that {} had before",
                endpoint.id,
                endpoint.service,
                seen.owner(spec).leads_to()
            ),
            "tear the link down and establish it again: an endpoint cannot change its service",
        ));
    }
    match &spec.endpoint {
        EndpointChoice::Existing(id) => {
            let Some(endpoint) = seen.endpoint(spec) else {
                return Err(Blocker::new(
                    Code::UnknownEndpoint,
                    format!("{id} cannot be found in this account and region"),
                    "check the id and the credentials",
                ));
            };
            let wrong_service =
                seen.service_name().is_some_and(|service| service.as_str() != endpoint.service);
            if endpoint.vpc != spec.vpc || wrong_service {
                return Err(Blocker::new(
                    Code::EndpointOfSomethingElse,
                    format!("{id} connects {} to {}", endpoint.vpc, endpoint.service),
                    format!("name an endpoint of {} to the add-on's service", spec.vpc),
                ));
            }
            Ok(())
        }
        EndpointChoice::Owned | EndpointChoice::Adopt if seen.endpoint(spec).is_some() => Ok(()),
        EndpointChoice::Owned => match seen.strangers(spec).as_slice() {
            [] => Ok(()),
            [stranger, ..] => Err(Blocker::new(
                Code::EndpointNotOurs,
                format!(
                    "{} already connects {} to the service and {}",
                    stranger.id,
                    spec.vpc,
                    ownership::stranger(&stranger.tags)
                ),
                ownership::ways_to_own(&seen.owner(spec)),
            )),
        },
        EndpointChoice::Adopt => match seen.strangers(spec).as_slice() {
            [] => Ok(()),
            [stranger] => match ownership::owner(&stranger.tags) {
                None => Ok(()),
                Some(link) => Err(Blocker::new(
                    Code::EndpointOfAnotherLink,
                    format!("{} belongs to link {link}", stranger.id),
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
pub(super) fn identity(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let endpoints = seen.endpoints.iter().filter(|endpoint| !is_deleted(&endpoint.state));
    let endpoints = endpoints.map(|it| Claimed {
        id: it.id.as_str(),
        tags: &it.tags,
        does: format!("connects {} to {}", it.vpc, it.service),
        claim: seen.claim(spec, it),
    });
    let groups = seen.groups.iter().map(|it| Claimed {
        id: it.id.as_str(),
        tags: &it.tags,
        does: format!("is {} of {}", it.name, it.vpc),
        claim: seen.group_claim(spec, it),
    });
    let owner = seen.owner(spec);
    let joins = format!("{} and {}", spec.vpc, owner.leads_to());
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
pub(super) fn principals(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let wanted = seen.principals(spec);
    if wanted.iter().any(|principal| principal.account() == &seen.caller.account) {
        return Ok(());
    }
    Err(Blocker::new(
        Code::CallerNotAllowed,
        format!(
            "the principals {} include none of account {}, which is to make the endpoint",
            forms(&wanted),
            seen.caller.account
        ),
        format!("add {}", seen.caller.account),
    ))
}
