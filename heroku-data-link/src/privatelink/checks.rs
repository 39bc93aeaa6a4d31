//! What must hold before anything is changed.

use super::snapshot::{Snapshot, group_name};
use super::spec::{EndpointChoice, GroupChoice, PrivateLinkSpec};
use super::zones::forms;
use crate::home;
use crate::model::{AddonState, PlanTier};
use crate::provider::Addon;
use crate::reconcile::{Blocker, checks, list, ownership};

/// The spec means one add-on, and PrivateLink works for its plan.
pub(super) fn addon(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let place = match spec.addon.app().or(spec.app.as_ref()) {
        Some(app) => format!(" in app {app}"),
        None => String::new(),
    };
    let addon = match seen.addons.as_slice() {
        [] => {
            return Err(Blocker::new(
                "unknown-addon",
                format!("{} is no add-on{place} that these credentials can see", spec.addon),
                "check the name with `heroku addons --all`, and name the app",
            ));
        }
        [addon] => addon,
        several => {
            return Err(Blocker::new(
                "ambiguous-addon",
                format!(
                    "{}{place} may mean {}",
                    spec.addon,
                    list(several.iter().map(|addon| format!("{} of {}", addon.name, addon.app)))
                ),
                "name the add-on by its own name or id",
            ));
        }
    };
    plan(addon)?;
    match &addon.state {
        AddonState::Provisioned | AddonState::Provisioning => Ok(()),
        AddonState::Deprovisioning | AddonState::Deprovisioned | AddonState::Other(_) => {
            Err(Blocker::new(
                "addon-not-provisioned",
                format!("{} is {}", addon.name, addon.state),
                "link an add-on that is provisioned",
            ))
        }
    }
}

fn plan(addon: &Addon) -> Result<(), Blocker> {
    if addon.plan.service().is_none() {
        return Err(Blocker::new(
            "unsupported-service",
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
        "plan-without-privatelink",
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
                "security-group-not-ours",
                format!(
                    "{} is called {} and does not carry the tag {}={}",
                    group.id,
                    group_name(spec),
                    ownership::LINK_TAG,
                    spec.link
                ),
                "name it in the spec to use it as it is, tag it, or choose another link id",
            )),
            Some(_) | None => Ok(()),
        },
    }
}

/// The link's id is not in use elsewhere, and no stranger does the endpoint's job.
pub(super) fn endpoints(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    used_elsewhere(spec, seen)?;
    match &spec.endpoint {
        EndpointChoice::Existing(id) => {
            let Some(endpoint) = seen.endpoint(spec) else {
                return Err(Blocker::new(
                    "unknown-endpoint",
                    format!("{id} cannot be found in this account and region"),
                    "check the id and the credentials",
                ));
            };
            let wrong_service =
                seen.service_name().is_some_and(|service| service.as_str() != endpoint.service);
            if endpoint.vpc != spec.vpc || wrong_service {
                return Err(Blocker::new(
                    "endpoint-of-something-else",
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
                "endpoint-not-ours",
                format!(
                    "{} already connects {} to the service and {}",
                    stranger.id,
                    spec.vpc,
                    ownership::stranger(&stranger.tags)
                ),
                ownership::ways_to_own(&spec.link),
            )),
        },
        EndpointChoice::Adopt => match seen.strangers(spec).as_slice() {
            [] => Ok(()),
            [stranger] => match ownership::owner(&stranger.tags) {
                None => Ok(()),
                Some(link) => Err(Blocker::new(
                    "endpoint-of-another-link",
                    format!("{} belongs to link {link}", stranger.id),
                    format!("tear link {link} down first, or use the endpoint as it is"),
                )),
            },
            several => Err(Blocker::new(
                "several-endpoints",
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

/// The link's id is not in use for another VPC or service.
pub(super) fn used_elsewhere(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let elsewhere = seen.used_elsewhere(spec);
    let Some(endpoint) = elsewhere.first() else {
        return Ok(());
    };
    Err(Blocker::new(
        "link-id-in-use",
        format!(
            "{} carries the tag {}={} and connects {} to {}",
            endpoint.id,
            ownership::LINK_TAG,
            spec.link,
            endpoint.vpc,
            endpoint.service
        ),
        "choose another link id, or tear that link down with its own spec",
    ))
}

/// The principals include one of the caller, who must see the service.
pub(super) fn principals(spec: &PrivateLinkSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let wanted = seen.principals(spec);
    if wanted.iter().any(|principal| principal.account() == &seen.caller.account) {
        return Ok(());
    }
    Err(Blocker::new(
        "caller-not-allowed",
        format!(
            "the principals {} include none of account {}, which is to make the endpoint",
            forms(&wanted),
            seen.caller.account
        ),
        format!("add {}", seen.caller.account),
    ))
}
