//! What follows from a spec and a snapshot, resolved once: who owns what, and how certain that is.

use std::collections::BTreeSet;

use super::snapshot::Snapshot;
use super::spec::{EndpointChoice, GroupChoice, Principals, PrivateLinkSpec};
use super::steps::KIND;
use crate::model::{
    AwsPrincipal, DataService, EndpointServiceName, EndpointState, LinkId, PrivateLinkStatus,
    SecurityGroupId,
};
use crate::provider::{Addon, AddonHandle, CallerIdentity, SecurityGroup, VpcEndpoint};
use crate::reconcile::ownership::{self, Claim, GROUP_NAME_TAG, Owner};

/// A spec, what was seen, and what the two say together.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) spec: &'a PrivateLinkSpec,
    pub(super) seen: &'a Snapshot,
    /// The add-on, if the spec means exactly one.
    pub(super) addon: Option<&'a Addon>,
    /// The add-on by its name, or as the spec calls it, and the app whose config variables are read:
    /// the spec's, or the add-on's own.
    pub(super) handle: AddonHandle,
    pub(super) data_service: Option<DataService>,
    /// The link as the owner of what it makes.
    pub(super) owner: Owner,
    /// Who shall be allowed to connect.
    pub(super) principals: BTreeSet<AwsPrincipal>,
    /// The endpoint service's name, while there is one to connect to.
    pub(super) service_name: Option<&'a EndpointServiceName>,
    /// Endpoints of the link's own that are not deleted, oldest first, those that can still work
    /// before those that cannot.
    pub(super) own_endpoints: Vec<&'a VpcEndpoint>,
    /// The endpoint that the link uses: the one that the spec names, or the oldest of its own.
    pub(super) endpoint: Option<&'a VpcEndpoint>,
    /// An endpoint of the link's own that still leads to an endpoint service that the add-on had
    /// before.
    pub(super) outdated_endpoint: Option<&'a VpcEndpoint>,
    /// Endpoints between the VPC and the service that are not the link's own.
    pub(super) foreign_endpoints: Vec<&'a VpcEndpoint>,
    /// The endpoint that the spec lets us adopt, if there is exactly one.
    pub(super) adoptable: Option<&'a VpcEndpoint>,
    /// The name that the spec gives the link's own security group, unique in its VPC.
    pub(super) group_name: String,
    /// The link's own security group. Of several, which only a change of its name in the spec can
    /// leave, the one of the spec's name.
    pub(super) own_group: Option<&'a SecurityGroup>,
    /// The groups that the endpoint shall carry, as far as they are there.
    pub(super) endpoint_groups: BTreeSet<SecurityGroupId>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(spec: &'a PrivateLinkSpec, seen: &'a Snapshot) -> Self {
        let addon = match seen.addons.as_slice() {
            [addon] => Some(addon),
            _ => None,
        };
        let service_name = seen.private_link.as_ref().and_then(|it| it.service_name.as_ref());
        let owner = owner(spec, addon);

        let is_own = |it: &&VpcEndpoint| {
            endpoint_claim(spec, &owner, service_name, it).is_own() && !is_deleted(&it.state)
        };
        let mut own_endpoints: Vec<_> = seen.endpoints.iter().filter(is_own).collect();
        own_endpoints.sort_by_key(|it| (is_dead(&it.state), it.created_at, &it.id));
        let leads_elsewhere =
            |it: &VpcEndpoint| service_name.is_some_and(|service| service.as_str() != it.service);
        let endpoint = match &spec.endpoint {
            EndpointChoice::Existing(id) => {
                seen.endpoints.iter().find(|it| it.id == *id && !is_deleted(&it.state))
            }
            EndpointChoice::Owned | EndpointChoice::Adopt => {
                own_endpoints.iter().copied().find(|it| !leads_elsewhere(it))
            }
        };
        let is_outdated = |it: &&VpcEndpoint| leads_elsewhere(it) && !is_dead(&it.state);
        let outdated_endpoint = own_endpoints.iter().copied().find(is_outdated);
        let foreign_endpoints = foreign_endpoints(spec, seen, service_name);
        let adoptable = match (&spec.endpoint, foreign_endpoints.as_slice()) {
            (EndpointChoice::Adopt, [foreign]) if endpoint.is_none() => Some(*foreign),
            _ => None,
        };

        let group_name = group_name(spec);
        let own_group = seen
            .groups
            .iter()
            .filter(|it| group_claim(spec, &owner, &own_endpoints, it).is_own())
            .min_by_key(|it| (it.name != group_name, &it.id));
        let endpoint_groups = match &spec.security_groups {
            GroupChoice::Existing(ids) => ids.as_set().clone(),
            GroupChoice::Owned { .. } => own_group.map(|it| it.id.clone()).into_iter().collect(),
        };

        Self {
            spec,
            seen,
            addon,
            handle: handle(spec, addon),
            data_service: addon.and_then(|addon| addon.plan.service()),
            owner,
            principals: principals(spec, &seen.caller),
            service_name,
            own_endpoints,
            endpoint,
            outdated_endpoint,
            foreign_endpoints,
            adoptable,
            group_name,
            own_group,
            endpoint_groups,
        }
    }

    /// The name of the endpoint service that an endpoint is made for. One that Heroku is deleting
    /// lends its name to nothing new.
    pub(super) fn service_to_be(&self) -> Option<&'a EndpointServiceName> {
        let going = self.seen.private_link.as_ref().is_some_and(|link| is_going(&link.status));
        self.service_name.filter(|_| !going)
    }

    /// Whether an endpoint is the link's own.
    pub(super) fn endpoint_claim(&self, endpoint: &VpcEndpoint) -> Claim {
        endpoint_claim(self.spec, &self.owner, self.service_name, endpoint)
    }

    /// Whether a security group is the link's own.
    pub(super) fn group_claim(&self, group: &SecurityGroup) -> Claim {
        group_claim(self.spec, &self.owner, &self.own_endpoints, group)
    }
}

fn handle(spec: &PrivateLinkSpec, addon: Option<&Addon>) -> AddonHandle {
    AddonHandle {
        id: addon.map(|addon| addon.id),
        name: addon.map_or_else(|| spec.addon.to_string(), |addon| addon.name.to_string()),
        app: spec.app.clone().or_else(|| addon.map(|addon| addon.app.clone())),
    }
}

fn owner(spec: &PrivateLinkSpec, addon: Option<&Addon>) -> Owner {
    let id = addon.map(|addon| addon.id).or_else(|| spec.addon.id());
    let name = addon.map_or_else(|| spec.addon.name(), |addon| addon.name.as_str());
    Owner::new(&spec.link, KIND, id.map(|id| id.to_string()), name).with_tags(&spec.tags)
}

fn principals(spec: &PrivateLinkSpec, caller: &CallerIdentity) -> BTreeSet<AwsPrincipal> {
    match &spec.principals {
        Principals::Caller => {
            BTreeSet::from([AwsPrincipal::root_in(caller.arn.partition(), caller.account.clone())])
        }
        Principals::These(principals) => principals.as_set().clone(),
    }
}

/// An endpoint that does not say what it was made for is recognised by the service that it leads to.
fn endpoint_claim(
    spec: &PrivateLinkSpec,
    owner: &Owner,
    service_name: Option<&EndpointServiceName>,
    endpoint: &VpcEndpoint,
) -> Claim {
    match owner.claim(&endpoint.tags) {
        Claim::Foreign => Claim::Foreign,
        Claim::Own | Claim::Unmarked if endpoint.vpc != spec.vpc => Claim::Elsewhere,
        Claim::Unmarked => match service_name {
            Some(service) if service.as_str() == endpoint.service => Claim::Unmarked,
            Some(_) => Claim::Elsewhere,
            None => Claim::Unclear,
        },
        claim @ (Claim::Own | Claim::Unclear | Claim::Elsewhere) => claim,
    }
}

/// A group's VPC and name must agree, too, as tags can be copied. Its name is the spec's, the default
/// one, or the one that its own tag says. One that does not say what it was made for is recognised by
/// the endpoint that carries it.
fn group_claim(
    spec: &PrivateLinkSpec,
    owner: &Owner,
    own_endpoints: &[&VpcEndpoint],
    group: &SecurityGroup,
) -> Claim {
    let was_chosen = group.tags.get(GROUP_NAME_TAG) == Some(&group.name);
    let is_called_so = was_chosen
        || group.name == group_name(spec)
        || group.name == default_group_name(&spec.link);
    if group.vpc != spec.vpc || !is_called_so {
        return Claim::Foreign;
    }
    match owner.claim(&group.tags) {
        Claim::Unmarked if own_endpoints.iter().any(|it| it.groups.contains(&group.id)) => {
            Claim::Unmarked
        }
        Claim::Unmarked => Claim::Unclear,
        claim @ (Claim::Own | Claim::Unclear | Claim::Elsewhere | Claim::Foreign) => claim,
    }
}

fn foreign_endpoints<'a>(
    spec: &PrivateLinkSpec,
    seen: &'a Snapshot,
    service_name: Option<&EndpointServiceName>,
) -> Vec<&'a VpcEndpoint> {
    let Some(service) = service_name else {
        return Vec::new();
    };
    let does_the_job = |it: &&VpcEndpoint| {
        it.vpc == spec.vpc
            && it.service == service.as_str()
            && !is_deleted(&it.state)
            && !is_dead(&it.state)
    };
    seen.endpoints
        .iter()
        .chain(seen.neighbours.iter().flatten())
        .filter(|it| does_the_job(it) && !ownership::is_owned(&spec.link, &it.tags))
        .collect()
}

fn group_name(spec: &PrivateLinkSpec) -> String {
    match &spec.security_groups {
        GroupChoice::Owned { name: Some(name), .. } => name.to_string(),
        GroupChoice::Owned { name: None, .. } | GroupChoice::Existing(_) => {
            default_group_name(&spec.link)
        }
    }
}

fn default_group_name(link: &LinkId) -> String {
    format!("heroku-data-link-{link}")
}

/// Gone, or going and beyond recall.
pub(super) fn is_deleted(state: &EndpointState) -> bool {
    match state {
        EndpointState::Deleting | EndpointState::Deleted => true,
        EndpointState::PendingAcceptance
        | EndpointState::Pending
        | EndpointState::Available
        | EndpointState::Partial
        | EndpointState::Rejected
        | EndpointState::Failed
        | EndpointState::Expired
        | EndpointState::Other(_) => false,
    }
}

/// There, but it will never work again.
pub(super) fn is_dead(state: &EndpointState) -> bool {
    match state {
        EndpointState::Rejected | EndpointState::Failed | EndpointState::Expired => true,
        EndpointState::PendingAcceptance
        | EndpointState::Pending
        | EndpointState::Available
        | EndpointState::Partial
        | EndpointState::Deleting
        | EndpointState::Deleted
        | EndpointState::Other(_) => false,
    }
}

/// Heroku is deleting the endpoint service, or has.
pub(super) fn is_going(status: &PrivateLinkStatus) -> bool {
    match status {
        PrivateLinkStatus::Deprovisioning | PrivateLinkStatus::Deprovisioned => true,
        PrivateLinkStatus::Provisioning
        | PrivateLinkStatus::Operational
        | PrivateLinkStatus::Other(_) => false,
    }
}
