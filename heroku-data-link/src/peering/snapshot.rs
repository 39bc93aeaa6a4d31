use std::collections::BTreeSet;

use super::spec::{PeeringChoice, PeeringSpec, RouteTableChoice, RouteWidth};
use super::states::stage;
use crate::model::{AwsRegion, CidrSet, PeeringConnectionId, PeeringStatus, VpcId};
use crate::provider::{
    CallerIdentity, IngressRule, IngressSource, Peering, PeeringConnection, PeeringEnd,
    PeeringInfo, Route, RouteTable, RouteTarget, SecurityGroup, Space, Subnet, Vpc,
};
use crate::reconcile::ownership;

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

    fn tagged<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a PeeringConnection> + 'a {
        self.connections
            .iter()
            .filter(|connection| ownership::is_owned(&spec.link, &connection.tags))
    }

    /// Those of the link's former connections that AWS is still deleting.
    pub(super) fn going<'a>(&'a self, spec: &'a PeeringSpec) -> Vec<&'a PeeringConnectionId> {
        let going = self.former(spec).filter(|it| it.status == PeeringStatus::Deleting);
        going.map(|it| &it.id).collect()
    }

    /// Live connections of the link's own, the one that is furthest on its way first, then the
    /// oldest.
    pub(super) fn owned<'a>(&'a self, spec: &'a PeeringSpec) -> Vec<&'a PeeringConnection> {
        let mut owned: Vec<_> =
            self.tagged(spec).filter(|it| it.is_live() && self.joins_the_two(spec, it)).collect();
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
        self.tagged(spec).filter(move |it| !it.is_live() && self.joins_the_two(spec, it))
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

    /// Live connections that carry the link's tag and join other VPCs: the link's id is in use for
    /// something else.
    pub(super) fn used_elsewhere<'a>(
        &'a self,
        spec: &'a PeeringSpec,
    ) -> impl Iterator<Item = &'a PeeringConnection> + 'a {
        self.tagged(spec).filter(move |it| it.is_live() && !self.joins_the_two(spec, it))
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
        let own = self.tagged(spec).filter(|it| is_of(spec, it)).map(|it| &it.id);
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
