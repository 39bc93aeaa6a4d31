//! What follows from a spec and a snapshot, resolved once: who owns what, and how certain that is.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Record;
use super::snapshot::Snapshot;
use super::spec::{PeeringChoice, PeeringSpec, RouteTableChoice, RouteWidth};
use super::states::stage;
use super::steps::KIND;
use crate::model::{
    Cidr, CidrSet, PeeringConnectionId, PeeringStatus, PortRange, SecurityGroupId, VpcId,
};
use crate::provider::{
    IngressRule, IngressSource, Peering, PeeringConnection, PeeringEnd, Route, RouteTable,
    RouteTarget, SecurityGroup,
};
use crate::reconcile::ownership::{self, Claim, Owner};

/// A spec, what was seen, and what the two say together.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) spec: &'a PeeringSpec,
    pub(super) seen: &'a Snapshot,
    /// The link as the owner of what it makes.
    pub(super) owner: Owner,
    /// The space's VPC, once it is known.
    peer: Option<&'a VpcId>,
    /// Routes and rules that each connection of the link's own, live or former, says are the link's
    /// own.
    pub(super) records: BTreeMap<&'a PeeringConnectionId, Record>,
    /// Live connections of the link's own, the one that is furthest on its way first, then the
    /// oldest.
    pub(super) own_connections: Vec<&'a PeeringConnection>,
    /// Connections that the link had: dead, deleted, or on their way out.
    pub(super) former_connections: Vec<&'a PeeringConnection>,
    /// Those of the link's former connections that AWS is still deleting.
    pub(super) going: Vec<&'a PeeringConnectionId>,
    /// The connection that the link uses: the one that the spec names, or the first of its own.
    pub(super) connection: Option<&'a PeeringConnection>,
    /// Live connections between the two VPCs that are not the link's own.
    pub(super) foreign_connections: Vec<&'a PeeringConnection>,
    /// The one that the spec lets us adopt, if there is exactly one that is nobody's.
    pub(super) adoptable: Option<&'a PeeringConnection>,
    /// Live connections of the VPC, which count for its quota.
    pub(super) connections_of_vpc: Vec<&'a PeeringConnection>,
    /// Every connection to which a route may be the link's own: all that it has or had, the one
    /// that it is about to adopt, and the one that the spec names.
    pub(super) route_targets: BTreeSet<&'a PeeringConnectionId>,
    /// The tables of the VPC.
    pub(super) tables: Vec<&'a RouteTable>,
    /// Those that lead to the space, or shall.
    pub(super) chosen_tables: Vec<&'a RouteTable>,
    /// The blocks of the space that they lead to.
    pub(super) destinations: CidrSet,
    /// The group that lets dynos in.
    pub(super) group: Option<&'a SecurityGroup>,
    /// The rules of it that the spec asks for.
    pub(super) rules: BTreeSet<IngressRule>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(spec: &'a PeeringSpec, seen: &'a Snapshot) -> Self {
        let id = seen.space.as_ref().and_then(|space| space.id).map(|id| id.to_string());
        let owner = Owner::new(&spec.link, KIND, id, spec.space.as_str()).with_tags(&spec.tags);
        let peer = seen.info.as_ref().and_then(|info| info.vpc.as_ref());

        let all_own = seen.connections.iter().filter(|it| claim(spec, &owner, peer, it).is_own());
        let records = all_own.clone().map(|it| (&it.id, Record::read(&it.tags))).collect();
        let (mut own_connections, former_connections): (Vec<_>, Vec<_>) =
            all_own.clone().partition(|it| it.is_live());
        own_connections.sort_by_key(|it| (stage(&it.status), it.expires, &it.id));
        let is_going = |it: &&&PeeringConnection| it.status == PeeringStatus::Deleting;
        let going = former_connections.iter().filter(is_going).map(|it| &it.id).collect();
        let connection = match &spec.peering {
            PeeringChoice::Existing(id) => seen.connections.iter().find(|it| it.id == *id),
            PeeringChoice::Owned | PeeringChoice::Adopt => own_connections.first().copied(),
        };

        let live = seen.connections.iter().filter(|it| it.is_live());
        let is_foreign = |it: &&PeeringConnection| {
            joins_the_two(spec, peer, it) && !ownership::is_owned(&spec.link, &it.tags)
        };
        let foreign_connections: Vec<_> = live.clone().filter(is_foreign).collect();
        let adoptable = match (&spec.peering, foreign_connections.as_slice()) {
            (PeeringChoice::Adopt, [foreign])
                if connection.is_none() && ownership::owner(&foreign.tags).is_none() =>
            {
                Some(*foreign)
            }
            _ => None,
        };
        let named = match &spec.peering {
            PeeringChoice::Existing(id) => Some(id),
            PeeringChoice::Owned | PeeringChoice::Adopt => None,
        };
        let route_targets =
            all_own.map(|it| &it.id).chain(adoptable.map(|it| &it.id)).chain(named).collect();

        let tables: Vec<_> = seen.tables.iter().filter(|table| table.vpc == spec.vpc).collect();
        let inbound = spec.inbound.as_ref();
        Self {
            spec,
            seen,
            owner,
            peer,
            records,
            own_connections,
            former_connections,
            going,
            connection,
            foreign_connections,
            adoptable,
            connections_of_vpc: live.filter(|it| is_of(spec, it)).collect(),
            route_targets,
            chosen_tables: chosen_tables(spec, &tables),
            tables,
            destinations: destinations(spec, seen),
            group: inbound.and_then(|it| seen.groups.iter().find(|g| g.id == it.security_group)),
            rules: rules(spec, seen),
        }
    }

    /// Whether a connection is the link's own.
    pub(super) fn claim(&self, connection: &PeeringConnection) -> Claim {
        claim(self.spec, &self.owner, self.peer, connection)
    }

    /// Whether a connection is one of the spec's VPC with the space's.
    pub(super) fn joins_the_two(&self, connection: &PeeringConnection) -> bool {
        joins_the_two(self.spec, self.peer, connection)
    }

    /// Whether a connection of the link's own, live or former, says that a route to it is the link's
    /// own.
    pub(super) fn has_route(
        &self,
        to: &PeeringConnectionId,
        table: &RouteTable,
        destination: Cidr,
    ) -> bool {
        self.records.get(to).is_some_and(|it| it.has_route(&table.id, destination))
    }

    /// Whether a connection of the link's own, live or former, says that a rule is the link's own.
    pub(super) fn has_rule(&self, group: &SecurityGroup, rule: &IngressRule) -> bool {
        self.records.values().any(|it| it.has_rule(&group.id, rule))
    }

    /// Live connections of the VPC with other VPCs, and the other VPC of each.
    pub(super) fn neighbours(
        &self,
    ) -> impl Iterator<Item = (&'a PeeringConnection, &'a PeeringEnd)> {
        let others = self.connections_of_vpc.iter().filter(|it| !self.joins_the_two(it));
        others.map(|it| (*it, far_end(self.spec, it)))
    }

    /// How Heroku lists a connection.
    pub(super) fn listed(&self, id: &PeeringConnectionId) -> Option<&'a Peering> {
        self.seen.peerings.iter().find(|peering| peering.id.as_ref() == Some(id))
    }

    /// The groups, other than the spec's, in which the link's connections record rules that shall
    /// not stay: a former spec named them.
    pub(super) fn former_groups(&self) -> BTreeSet<SecurityGroupId> {
        if self.spec.teardown.keep_inbound {
            return BTreeSet::new();
        }
        let current = self.spec.inbound.as_ref().map(|it| &it.security_group);
        let recorded = self.records.values().flat_map(Record::inbound).map(|(group, _)| group);
        recorded.filter(|group| Some(group) != current).collect()
    }

    /// The rules of those groups that are the link's own. What is gone has none.
    pub(super) fn former_rules(&self) -> Vec<(&'a SecurityGroup, &'a IngressRule)> {
        let former = self.former_groups();
        let groups = self.seen.groups.iter().filter(|group| former.contains(&group.id));
        groups
            .flat_map(|group| group.ingress.iter().map(move |rule| (group, rule)))
            .filter(|(group, rule)| self.has_rule(group, rule))
            .collect()
    }

    /// The routes of the VPC's tables to connections that `is_target` selects.
    pub(super) fn routes_to(
        &self,
        is_target: impl Fn(&PeeringConnectionId) -> bool,
    ) -> Vec<(&'a RouteTable, &'a Route)> {
        self.tables
            .iter()
            .flat_map(|table| table.routes.iter().map(|route| (*table, route)))
            .filter(|(_, route)| match &route.target {
                RouteTarget::Peering(id) => is_target(id),
                RouteTarget::Local | RouteTarget::Other(_) => false,
            })
            .collect()
    }

    /// Whether the spec wants a table of the VPC to lead to the space.
    pub(super) fn is_chosen(&self, table: &RouteTable) -> bool {
        self.chosen_tables.iter().any(|it| it.id == table.id)
    }
}

/// A connection that does not say what it was made for is recognised by the VPC that it leads to.
fn claim(
    spec: &PeeringSpec,
    owner: &Owner,
    peer: Option<&VpcId>,
    connection: &PeeringConnection,
) -> Claim {
    match owner.claim(&connection.tags) {
        Claim::Foreign => Claim::Foreign,
        Claim::Own | Claim::Unmarked if !is_of(spec, connection) => Claim::Elsewhere,
        Claim::Own if joins_the_two(spec, peer, connection) => Claim::Own,
        Claim::Unmarked => match (peer, &far_end(spec, connection).vpc) {
            (Some(peer), Some(far)) if peer == far => Claim::Unmarked,
            (Some(_), Some(_)) => Claim::Elsewhere,
            (None, _) | (_, None) => Claim::Unclear,
        },
        Claim::Own | Claim::Elsewhere => Claim::Elsewhere,
        Claim::Unclear => Claim::Unclear,
    }
}

fn joins_the_two(spec: &PeeringSpec, peer: Option<&VpcId>, connection: &PeeringConnection) -> bool {
    is_of(spec, connection)
        && match (peer, &far_end(spec, connection).vpc) {
            (Some(peer), Some(far)) => peer == far,
            (None, _) | (_, None) => true,
        }
}

fn chosen_tables<'a>(spec: &PeeringSpec, tables: &[&'a RouteTable]) -> Vec<&'a RouteTable> {
    let is_chosen = |table: &&RouteTable| match &spec.route_tables {
        RouteTableChoice::Main => table.is_main,
        RouteTableChoice::All => true,
        RouteTableChoice::Ids(ids) => ids.as_set().contains(&table.id),
        RouteTableChoice::Tagged(tag) => table.tags.get(&tag.key) == Some(&tag.value),
        RouteTableChoice::OfSubnets(subnets) => {
            let served = |table: &RouteTable| !table.subnets.is_disjoint(subnets.as_set());
            let all_served =
                || subnets.iter().all(|id| tables.iter().any(|table| table.subnets.contains(id)));
            served(table) || (table.is_main && !all_served())
        }
    };
    tables.iter().copied().filter(is_chosen).collect()
}

fn destinations(spec: &PeeringSpec, seen: &Snapshot) -> CidrSet {
    let Some(info) = &seen.info else {
        return CidrSet::new();
    };
    match spec.route_width {
        RouteWidth::DynoCidrs => info.space_cidrs.clone(),
        RouteWidth::WholeVpc => info.vpc_cidr.into_iter().collect(),
    }
}

fn rules(spec: &PeeringSpec, seen: &Snapshot) -> BTreeSet<IngressRule> {
    let (Some(inbound), Some(info)) = (&spec.inbound, &seen.info) else {
        return BTreeSet::new();
    };
    let of_ports = |ports: &PortRange| {
        let ports = *ports;
        let sources = info.space_cidrs.iter().copied().map(IngressSource::Cidr);
        sources.map(move |source| IngressRule::tcp(ports, source))
    };
    inbound.ports.iter().flat_map(of_ports).collect()
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
