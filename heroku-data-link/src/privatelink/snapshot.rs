use std::collections::BTreeSet;

use super::spec::{EndpointChoice, GroupChoice, Principals, PrivateLinkSpec};
use super::steps::KIND;
use crate::home::Home;
use crate::model::{
    AppName, AwsPrincipal, AwsRegion, ConfigVarName, ConnectionUrl, DataService,
    EndpointServiceName, EndpointState, LinkId, SecurityGroupId,
};
use crate::provider::{
    Addon, CallerIdentity, EndpointRequest, EndpointService, NetworkInterface, NewSecurityGroup,
    PrivateLink, SecurityGroup, Subnet, Vpc, VpcEndpoint,
};
use crate::reconcile::ownership::{self, Claim, GROUP_NAME_TAG, Owner};

/// What was seen of the two clouds in one pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) caller: CallerIdentity,
    /// The region that the AWS side speaks to.
    pub(super) region: AwsRegion,
    /// All add-ons that the spec may mean.
    pub(super) addons: Vec<Addon>,
    /// Where the add-on lives.
    pub(super) home: Home,
    pub(super) private_link: Option<PrivateLink>,
    pub(super) vpc: Option<Vpc>,
    pub(super) subnets: Vec<Subnet>,
    pub(super) service: Option<EndpointService>,
    /// The link's own groups, or those that the spec names.
    pub(super) groups: Vec<SecurityGroup>,
    /// A group of the name that ours would have, when we have none.
    pub(super) namesake: Option<SecurityGroup>,
    /// The link's own endpoints, and the one that the spec names.
    pub(super) endpoints: Vec<VpcEndpoint>,
    /// All endpoints of the VPC; read only while the link has none, in a teardown only if something
    /// still uses the link's own group then.
    pub(super) neighbours: Option<Vec<VpcEndpoint>>,
    /// Interfaces that still use the link's own group; read for a teardown only.
    pub(super) interfaces: Vec<NetworkInterface>,
    /// Other groups whose rules refer to the link's own group; read for a teardown only.
    pub(super) referring: Vec<SecurityGroup>,
    /// The variables of the endpoint. `None` for a value that is not a connection URL.
    pub(super) connections: Vec<(ConfigVarName, Option<ConnectionUrl>)>,
}

impl Snapshot {
    /// The add-on, if the spec means exactly one.
    pub(super) fn addon(&self) -> Option<&Addon> {
        match self.addons.as_slice() {
            [addon] => Some(addon),
            _ => None,
        }
    }

    pub(super) fn data_service(&self) -> Option<DataService> {
        self.addon().and_then(|addon| addon.plan.service())
    }

    /// The app whose config variables are read: the spec's, or the add-on's own.
    pub(super) fn app<'a>(&'a self, spec: &'a PrivateLinkSpec) -> Option<&'a AppName> {
        spec.app.as_ref().or_else(|| self.addon().map(|addon| &addon.app))
    }

    /// Who shall be allowed to connect.
    pub(super) fn principals(&self, spec: &PrivateLinkSpec) -> BTreeSet<AwsPrincipal> {
        match &spec.principals {
            Principals::Caller => {
                let (partition, account) = (self.caller.arn.partition(), &self.caller.account);
                BTreeSet::from([AwsPrincipal::root_in(partition, account.clone())])
            }
            Principals::These(principals) => principals.as_set().clone(),
        }
    }

    /// The endpoint service's name, while there is one to connect to.
    pub(super) fn service_name(&self) -> Option<&EndpointServiceName> {
        self.private_link.as_ref()?.service_name.as_ref()
    }

    /// The link as the owner of what it makes.
    pub(super) fn owner(&self, spec: &PrivateLinkSpec) -> Owner {
        let id = self.addon().map(|addon| addon.id).or_else(|| spec.addon.id());
        let name = self.addon().map_or_else(|| spec.addon.name(), |addon| addon.name.as_str());
        Owner::new(&spec.link, KIND, id.map(|id| id.to_string()), name).with_tags(&spec.tags)
    }

    /// Whether an endpoint is the link's own. One that does not say what it was made for is
    /// recognised by the service that it leads to.
    pub(super) fn claim(&self, spec: &PrivateLinkSpec, endpoint: &VpcEndpoint) -> Claim {
        match self.owner(spec).claim(&endpoint.tags) {
            Claim::Foreign => Claim::Foreign,
            Claim::Own | Claim::Unmarked if endpoint.vpc != spec.vpc => Claim::Elsewhere,
            Claim::Unmarked => match self.service_name() {
                Some(service) if service.as_str() == endpoint.service => Claim::Unmarked,
                Some(_) => Claim::Elsewhere,
                None => Claim::Unclear,
            },
            claim @ (Claim::Own | Claim::Unclear | Claim::Elsewhere) => claim,
        }
    }

    /// Whether a security group is the link's own: its VPC and name must agree, too, as tags can be
    /// copied. Its name is the spec's, the default one, or the one that its own tag says. One that does not say what it was made for is recognised by the endpoint that
    /// carries it.
    pub(super) fn group_claim(&self, spec: &PrivateLinkSpec, group: &SecurityGroup) -> Claim {
        let was_chosen = group.tags.get(GROUP_NAME_TAG) == Some(&group.name);
        let is_called_so = was_chosen
            || group.name == group_name(spec)
            || group.name == default_group_name(&spec.link);
        if group.vpc != spec.vpc || !is_called_so {
            return Claim::Foreign;
        }
        match self.owner(spec).claim(&group.tags) {
            Claim::Unmarked if self.owned(spec).iter().any(|it| it.groups.contains(&group.id)) => {
                Claim::Unmarked
            }
            Claim::Unmarked => Claim::Unclear,
            claim @ (Claim::Own | Claim::Unclear | Claim::Elsewhere | Claim::Foreign) => claim,
        }
    }

    /// Endpoints of the link's own that are not deleted, oldest first, those that can still work
    /// before those that cannot.
    pub(super) fn owned(&self, spec: &PrivateLinkSpec) -> Vec<&VpcEndpoint> {
        let mut owned: Vec<_> = self
            .endpoints
            .iter()
            .filter(|endpoint| self.claim(spec, endpoint).is_own() && !is_deleted(&endpoint.state))
            .collect();
        owned.sort_by(|a, b| {
            let key = |e: &VpcEndpoint| (is_dead(&e.state), e.created_at);
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        owned
    }

    /// The endpoint that the link uses: the one that the spec names, or the oldest of its own.
    pub(super) fn endpoint(&self, spec: &PrivateLinkSpec) -> Option<&VpcEndpoint> {
        match &spec.endpoint {
            EndpointChoice::Existing(id) => self
                .endpoints
                .iter()
                .find(|endpoint| endpoint.id == *id && !is_deleted(&endpoint.state)),
            EndpointChoice::Owned | EndpointChoice::Adopt => {
                let service = self.service_name();
                self.owned(spec).into_iter().find(|endpoint| {
                    service.is_none_or(|service| service.as_str() == endpoint.service)
                })
            }
        }
    }

    /// Endpoints of the link's own that still lead to an endpoint service that the add-on had
    /// before.
    pub(super) fn outdated(&self, spec: &PrivateLinkSpec) -> Vec<&VpcEndpoint> {
        let service = self.service_name();
        self.owned(spec)
            .into_iter()
            .filter(|endpoint| {
                let is_other = service.is_some_and(|service| service.as_str() != endpoint.service);
                is_other && !is_dead(&endpoint.state)
            })
            .collect()
    }

    /// Endpoints between the VPC and the service that are not the link's own.
    pub(super) fn strangers(&self, spec: &PrivateLinkSpec) -> Vec<&VpcEndpoint> {
        let Some(service) = self.service_name() else {
            return Vec::new();
        };
        self.endpoints
            .iter()
            .chain(self.neighbours.iter().flatten())
            .filter(|endpoint| {
                endpoint.vpc == spec.vpc
                    && endpoint.service == service.as_str()
                    && !is_deleted(&endpoint.state)
                    && !is_dead(&endpoint.state)
                    && !ownership::is_owned(&spec.link, &endpoint.tags)
            })
            .collect()
    }

    /// The link's own security group. Of several, which only a change of its name in the spec can
    /// leave, the one of the spec's name.
    pub(super) fn owned_group(&self, spec: &PrivateLinkSpec) -> Option<&SecurityGroup> {
        let owned = self.groups.iter().filter(|group| self.group_claim(spec, group).is_own());
        owned.min_by_key(|group| (group.name != group_name(spec), &group.id))
    }

    /// Groups that carry the link's id and are not of its name or VPC: tags can be copied.
    pub(super) fn group_copies<'a>(
        &'a self,
        spec: &'a PrivateLinkSpec,
    ) -> impl Iterator<Item = &'a SecurityGroup> + 'a {
        self.groups.iter().filter(|group| {
            ownership::is_owned(&spec.link, &group.tags)
                && self.group_claim(spec, group) == Claim::Foreign
        })
    }

    /// The groups that the endpoint shall carry, as far as they are there.
    pub(super) fn endpoint_groups(&self, spec: &PrivateLinkSpec) -> BTreeSet<SecurityGroupId> {
        match &spec.security_groups {
            GroupChoice::Existing(ids) => ids.as_set().clone(),
            GroupChoice::Owned { .. } => {
                self.owned_group(spec).map(|group| group.id.clone()).into_iter().collect()
            }
        }
    }
}

/// The name that the spec gives the link's own security group, unique in its VPC.
pub(super) fn group_name(spec: &PrivateLinkSpec) -> String {
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

/// The endpoint to be made, as far as what it needs is known, but for its subnets.
pub(super) fn endpoint_request(spec: &PrivateLinkSpec, seen: &Snapshot) -> EndpointRequest {
    let of_link = seen.endpoints.iter().filter(|e| ownership::is_owned(&spec.link, &e.tags));
    EndpointRequest {
        link: spec.link.clone(),
        vpc: spec.vpc.clone(),
        service: seen.service_name().cloned(),
        subnets: BTreeSet::new(),
        groups: seen.endpoint_groups(spec),
        tags: seen.owner(spec).tags_of_new(),
        tombstones: of_link.map(|e| e.id.clone()).collect(),
    }
}

/// The link's own security group, to be made.
pub(super) fn group_request(spec: &PrivateLinkSpec, seen: &Snapshot) -> NewSecurityGroup {
    let mut tags = seen.owner(spec).tags_of_new();
    let mut description = format!("Clients of the endpoint of link {}", spec.link);
    if let GroupChoice::Owned { clients: _, name, description: chosen } = &spec.security_groups {
        tags.extend(name.iter().map(|name| (GROUP_NAME_TAG.to_owned(), name.to_string())));
        description = chosen.as_ref().map_or(description, ToString::to_string);
    }
    NewSecurityGroup { vpc: spec.vpc.clone(), name: group_name(spec), description, tags }
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
