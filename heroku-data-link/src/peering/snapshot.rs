use std::collections::BTreeSet;

use super::record::{Record, Room};
use super::spec::{PeeringChoice, PeeringSpec, RouteTableChoice, RouteWidth};
use super::states::stage;
use super::steps::KIND;
use crate::model::{AwsRegion, CidrSet, PeeringConnectionId, PeeringStatus, VpcId};
use crate::provider::{
    CallerIdentity, IngressRule, IngressSource, Peering, PeeringConnection, PeeringEnd,
    PeeringInfo, PeeringRequest, Route, RouteTable, RouteTarget, SecurityGroup, Space, Subnet,
    Tags, Vpc,
};
use crate::reconcile::ownership::{self, Claim, Owner};

/// What was seen of the two clouds in one pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) caller: CallerIdentity,
    /// The region that the AWS side speaks to.
    pub(super) region: AwsRegion,
    pub(super) space: Option<Space>,
    pub(super) info: Option<PeeringInfo>,
    pub(super) vpc: Option<Vpc>,
    /// Those that carry the link's tag and, where `neighbours_read` says so, all of the VPC.
    pub(super) connections: Vec<PeeringConnection>,
    /// A link that has a connection of its own need not know of the VPC's others.
    pub(super) neighbours_read: bool,
    /// The peerings of the space, as Heroku lists them.
    pub(super) peerings: Vec<Peering>,
    /// Those of the VPC, and others that the spec names.
    pub(super) tables: Vec<RouteTable>,
    /// The subnets that the spec names.
    pub(super) subnets: Vec<Subnet>,
    /// The group that the spec names.
    pub(super) groups: Vec<SecurityGroup>,
}

/// The request for a connection, as far as Heroku has told whom to ask.
pub(super) fn request(spec: &PeeringSpec, seen: &Snapshot) -> PeeringRequest {
    let info = seen.info.as_ref();
    PeeringRequest {
        vpc: spec.vpc.clone(),
        peer_vpc: info.and_then(|info| info.vpc.clone()),
        peer_account: info.and_then(|info| info.account.clone()),
        peer_region: info.and_then(|info| info.region.clone()),
        tags: seen.with_record(spec, seen.owner(spec).tags_of_new()),
    }
}

impl Snapshot {
    /// The space's VPC, once it is known.
    fn peer(&self) -> Option<&VpcId> {
        self.info.as_ref()?.vpc.as_ref()
    }

    /// Whether a connection is one of the spec's VPC with the space's.
    pub(super) fn joins_the_two(&self, spec: &PeeringSpec, connection: &PeeringConnection) -> bool {
        is_of(spec, connection)
            && match (self.peer(), &far_end(spec, connection).vpc) {
                (Some(peer), Some(far)) => peer == far,
                (None, _) | (_, None) => true,
            }
    }

    /// The link as the owner of what it makes.
    pub(super) fn owner(&self, spec: &PeeringSpec) -> Owner {
        let id = self.space.as_ref().and_then(|space| space.id).map(|id| id.to_string());
        Owner::new(&spec.link, KIND, id, spec.space.as_str()).with_tags(&spec.tags)
    }

    /// The tags, and those that say what of the routes and rules will be the link's: a connection of
    /// the link's own begins with them.
    pub(super) fn with_record(&self, spec: &PeeringSpec, mut tags: Tags) -> Tags {
        tags.extend(self.wanted_record(spec).tags());
        tags
    }

    /// Whether a connection is the link's own. One that does not say what it was made for is
    /// recognised by the VPC that it leads to.
    pub(super) fn claim(&self, spec: &PeeringSpec, connection: &PeeringConnection) -> Claim {
        let ends = (self.peer(), &far_end(spec, connection).vpc);
        match self.owner(spec).claim(&connection.tags) {
            Claim::Foreign => Claim::Foreign,
            Claim::Own | Claim::Unmarked if !is_of(spec, connection) => Claim::Elsewhere,
            Claim::Own if self.joins_the_two(spec, connection) => Claim::Own,
            Claim::Unmarked => match ends {
                (Some(peer), Some(far)) if peer == far => Claim::Unmarked,
                (Some(_), Some(_)) => Claim::Elsewhere,
                (None, _) | (_, None) => Claim::Unclear,
            },
            Claim::Own | Claim::Elsewhere => Claim::Elsewhere,
            Claim::Unclear => Claim::Unclear,
        }
    }

    fn tagged<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a PeeringConnection> + 'a {
        self.connections.iter().filter(|connection| self.claim(spec, connection).is_own())
    }

    /// Routes and rules that a connection of the link's own says are the link's own.
    pub(super) fn record_of(&self, spec: &PeeringSpec, id: &PeeringConnectionId) -> Record {
        self.tagged(spec)
            .find(|it| it.id == *id)
            .map(|it| Record::read(&it.tags))
            .unwrap_or_default()
    }

    /// Whether a connection of the link's own, live or former, says that a rule is the link's own.
    pub(super) fn has_rule(
        &self,
        spec: &PeeringSpec,
        group: &SecurityGroup,
        rule: &IngressRule,
    ) -> bool {
        self.tagged(spec).any(|it| Record::read(&it.tags).has_rule(&group.id, rule))
    }

    /// What the link's connection says is the link's own, and in addition every route and rule that
    /// the spec asks for and that is not there yet.
    pub(super) fn wanted_record(&self, spec: &PeeringSpec) -> Record {
        let connection = self.connection(spec).or_else(|| self.adoptable(spec));
        let mut record = connection.map(|it| Record::read(&it.tags)).unwrap_or_default();
        let room = Room::beside(&spec.tags);
        let destinations = self.destinations(spec);
        for table in self.chosen(spec) {
            for destination in destinations.iter().copied() {
                let is_there = table.routes.iter().any(|route| {
                    route.destination == destination
                        && matches!(&route.target,
                            RouteTarget::Peering(id) if connection.is_some_and(|it| it.id == *id))
                });
                if !is_there {
                    record.add_route(room, &table.id, destination);
                }
            }
        }
        if let Some((Some(group), rules)) = self.inbound(spec) {
            for rule in &rules {
                if !group.ingress.contains(rule) || self.has_rule(spec, group, rule) {
                    record.add_rule(room, &group.id, rule);
                }
            }
        }
        record
    }

    /// Those of the link's former connections that AWS is still deleting.
    pub(super) fn going<'a>(&'a self, spec: &'a PeeringSpec) -> Vec<&'a PeeringConnectionId> {
        let going = self.former(spec).filter(|it| it.status == PeeringStatus::Deleting);
        going.map(|it| &it.id).collect()
    }

    /// Live connections of the link's own, the one that is furthest on its way first, then the
    /// oldest.
    pub(super) fn owned<'a>(&'a self, spec: &'a PeeringSpec) -> Vec<&'a PeeringConnection> {
        let mut owned: Vec<_> = self.tagged(spec).filter(|it| it.is_live()).collect();
        owned.sort_by(|a, b| {
            let key = |it: &PeeringConnection| (stage(&it.status), it.expires);
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        owned
    }

    /// Connections that the link had: dead, deleted, or on their way out.
    pub(super) fn former<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a PeeringConnection> + 'a {
        self.tagged(spec).filter(move |it| !it.is_live())
    }

    /// The connection that the link uses: the one that the spec names, or the first of its own.
    pub(super) fn connection<'a>(&'a self, spec: &'a PeeringSpec) -> Option<&'a PeeringConnection> {
        match &spec.peering {
            PeeringChoice::Existing(id) => self.connections.iter().find(|it| it.id == *id),
            PeeringChoice::Owned | PeeringChoice::Adopt => self.owned(spec).into_iter().next(),
        }
    }

    /// Live connections between the two VPCs that are not the link's own.
    pub(super) fn strangers<'a>(&'a self, spec: &'a PeeringSpec) -> Vec<&'a PeeringConnection> {
        self.connections
            .iter()
            .filter(|connection| {
                connection.is_live()
                    && self.joins_the_two(spec, connection)
                    && !ownership::is_owned(&spec.link, &connection.tags)
            })
            .collect()
    }

    /// The stranger that the spec lets us adopt, if there is exactly one that is nobody's.
    pub(super) fn adoptable<'a>(&'a self, spec: &'a PeeringSpec) -> Option<&'a PeeringConnection> {
        match (&spec.peering, self.strangers(spec).as_slice()) {
            (PeeringChoice::Adopt, [stranger])
                if self.connection(spec).is_none()
                    && ownership::owner(&stranger.tags).is_none() =>
            {
                Some(*stranger)
            }
            _ => None,
        }
    }

    /// Live connections of the VPC, which count for its quota.
    pub(super) fn live<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a PeeringConnection> + 'a {
        self.connections.iter().filter(move |it| it.is_live() && is_of(spec, it))
    }

    /// Live connections of the VPC with other VPCs, and the other VPC of each.
    pub(super) fn neighbours<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = (&'a PeeringConnection, &'a PeeringEnd)> + 'a {
        self.live(spec)
            .filter(move |it| !self.joins_the_two(spec, it))
            .map(move |it| (it, far_end(spec, it)))
    }

    /// How Heroku lists a connection.
    pub(super) fn listed(&self, id: &PeeringConnectionId) -> Option<&Peering> {
        self.peerings.iter().find(|peering| peering.id.as_ref() == Some(id))
    }

    /// Every connection to which a route may be the link's own: all that it has or had, the one
    /// that it is about to adopt, and the one that the spec names.
    pub(super) fn route_targets<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> BTreeSet<&'a PeeringConnectionId> {
        let own = self.tagged(spec).map(|it| &it.id);
        let adopted = self.adoptable(spec).map(|it| &it.id);
        let named = match &spec.peering {
            PeeringChoice::Existing(id) => Some(id),
            PeeringChoice::Owned | PeeringChoice::Adopt => None,
        };
        own.chain(adopted).chain(named).collect()
    }

    /// The tables of the VPC.
    pub(super) fn tables_of<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a RouteTable> + 'a {
        self.tables.iter().filter(|table| table.vpc == spec.vpc)
    }

    /// The routes of the VPC's tables to connections that `is_target` selects.
    pub(super) fn routes_to<'a>(
        &'a self,
        spec: &'a PeeringSpec,
        is_target: impl Fn(&PeeringConnectionId) -> bool,
    ) -> Vec<(&'a RouteTable, &'a Route)> {
        self.tables_of(spec)
            .flat_map(|table| table.routes.iter().map(move |route| (table, route)))
            .filter(|(_, route)| match &route.target {
                RouteTarget::Peering(id) => is_target(id),
                RouteTarget::Local | RouteTarget::Other(_) => false,
            })
            .collect()
    }

    /// Whether the spec wants a table of the VPC to lead to the space.
    pub(super) fn is_chosen(&self, spec: &PeeringSpec, table: &RouteTable) -> bool {
        match &spec.route_tables {
            RouteTableChoice::Main => table.is_main,
            RouteTableChoice::All => true,
            RouteTableChoice::Ids(ids) => ids.as_set().contains(&table.id),
            RouteTableChoice::Tagged(tag) => table.tags.get(&tag.key) == Some(&tag.value),
            RouteTableChoice::OfSubnets(subnets) => {
                let served = |table: &RouteTable| !table.subnets.is_disjoint(subnets.as_set());
                let all_served = || {
                    subnets
                        .iter()
                        .all(|id| self.tables_of(spec).any(|table| table.subnets.contains(id)))
                };
                served(table) || (table.is_main && !all_served())
            }
        }
    }

    /// The tables of the VPC that lead to the space, or shall.
    pub(super) fn chosen<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a RouteTable> + 'a {
        self.tables_of(spec).filter(move |table| self.is_chosen(spec, table))
    }

    /// The blocks of the space that they lead to.
    pub(super) fn destinations(&self, spec: &PeeringSpec) -> CidrSet {
        let Some(info) = &self.info else {
            return CidrSet::new();
        };
        match spec.route_width {
            RouteWidth::DynoCidrs => info.space_cidrs.clone(),
            RouteWidth::WholeVpc => info.vpc_cidr.into_iter().collect(),
        }
    }

    /// The group that lets dynos in, and the rules that the spec asks for.
    pub(super) fn inbound(
        &self,
        spec: &PeeringSpec,
    ) -> Option<(Option<&SecurityGroup>, BTreeSet<IngressRule>)> {
        let inbound = spec.inbound.as_ref()?;
        let group = self.groups.iter().find(|group| group.id == inbound.security_group);
        let dynos = self.info.as_ref().map(|info| info.space_cidrs.clone()).unwrap_or_default();
        let rules = dynos
            .into_iter()
            .flat_map(|cidr| {
                inbound
                    .ports
                    .iter()
                    .map(move |ports| IngressRule::tcp(*ports, IngressSource::Cidr(cidr)))
            })
            .collect();
        Some((group, rules))
    }
}

/// Whether the spec's VPC is at either end.
fn is_of(spec: &PeeringSpec, connection: &PeeringConnection) -> bool {
    [&connection.requester, &connection.accepter]
        .iter()
        .any(|end| end.vpc.as_ref() == Some(&spec.vpc))
}

/// The end that is not the spec's VPC.
fn far_end<'a>(spec: &PeeringSpec, connection: &'a PeeringConnection) -> &'a PeeringEnd {
    if connection.requester.vpc.as_ref() == Some(&spec.vpc) {
        &connection.accepter
    } else {
        &connection.requester
    }
}
