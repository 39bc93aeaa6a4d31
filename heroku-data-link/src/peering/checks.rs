//! What must hold before anything is changed.

use super::facts::Facts;
use super::spec::{Inbound, PeeringChoice, RouteTableChoice};
use super::states;
use crate::model::{Cidr, NonEmptySet, PeeringConnectionId, RouteState, VpcId};
use crate::provider::{PeeringConnection, PeeringInfo, Route, RouteTable, RouteTarget};
use crate::reach;
use crate::reconcile::ownership::{self, Claimed};
use crate::reconcile::{Blocker, Code, checks, list};

/// The space is there, can be peered, and Heroku says with what.
pub(super) fn space(facts: &Facts<'_>) -> Result<(), Blocker> {
    let Some(space) = &facts.seen.space else {
        return Err(Blocker::new(
            Code::UnknownSpace,
            format!("{} is no space that these credentials can see", facts.spec.space),
            "check the name with `heroku spaces`, and use a token of a member of the space's team",
        ));
    };
    reach::check_generation(space).map_err(|why| {
        Blocker::new(
            Code::GenerationWithoutPeering,
            why,
            "use a space of the Cedar generation, or reach the app by its public name",
        )
    })?;
    let missing = missing(facts);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Blocker::new(
        Code::IncompletePeeringInfo,
        format!("Heroku does not say the {} of space {}", list(missing), facts.spec.space),
        "look at `heroku spaces:peering:info`, and open a support ticket with Heroku",
    ))
}

fn missing(facts: &Facts<'_>) -> Vec<&'static str> {
    let empty = PeeringInfo::default();
    let info = facts.seen.info.as_ref().unwrap_or(&empty);
    let needs_dynos = facts.spec.inbound.is_some() || facts.destinations.is_empty();
    [
        (info.account.is_none(), "AWS account"),
        (info.region.is_none(), "AWS region"),
        (info.vpc.is_none(), "VPC"),
        (info.vpc_cidr.is_none(), "VPC's block"),
        (needs_dynos && info.space_cidrs.is_empty(), "blocks that dynos live in"),
    ]
    .into_iter()
    .filter_map(|(is_missing, what)| is_missing.then_some(what))
    .collect()
}

/// One more connection fits into the VPC's quota.
pub(super) fn quota(facts: &Facts<'_>) -> Result<(), Blocker> {
    let live = facts.connections_of_vpc.len();
    if live < facts.spec.quotas.peerings_per_vpc {
        return Ok(());
    }
    Err(Blocker::new(
        Code::PeeringQuota,
        format!(
            "{} has {live} peering connections, and its quota is {}",
            facts.spec.vpc, facts.spec.quotas.peerings_per_vpc
        ),
        "delete one, or have AWS raise the quota and say so in the spec's quotas",
    ))
}

/// Every live connection that carries the link's id was made for the spec's VPC and space, as far as
/// can be told for certain.
pub(super) fn identity(facts: &Facts<'_>) -> Result<(), Blocker> {
    let owner = &facts.owner;
    let joins = format!("{} and space {}", facts.spec.vpc, owner.leads_to());
    facts.seen.connections.iter().filter(|it| it.is_live()).try_for_each(|it| {
        let claimed = Claimed {
            id: it.id.as_str(),
            tags: &it.tags,
            does: format!("connects {}", ends(it)),
            claim: facts.claim(it),
        };
        owner.check(&claimed, &joins, "", "use a token of a member of the space's team")
    })
}

/// What carries the link's id is the link's own, and no connection of another owner does its job.
pub(super) fn connections(facts: &Facts<'_>) -> Result<(), Blocker> {
    identity(facts)?;
    match (&facts.spec.peering, facts.foreign_connections.as_slice()) {
        (PeeringChoice::Existing(id), _) => existing(facts, id),
        (PeeringChoice::Owned | PeeringChoice::Adopt, []) => Ok(()),
        _ if facts.connection.is_some() || facts.adoptable.is_some() => Ok(()),
        (PeeringChoice::Owned, [foreign, ..]) => Err(Blocker::new(
            Code::PeeringNotOurs,
            format!(
                "{} already connects {}, and {}",
                foreign.id,
                ends(foreign),
                ownership::belongs_to(&foreign.tags)
            ),
            ownership::ways_to_own(&facts.owner),
        )),
        (PeeringChoice::Adopt, [foreign]) => Err(Blocker::new(
            Code::PeeringOfAnotherLink,
            format!(
                "{} belongs to link {}",
                foreign.id,
                ownership::owner(&foreign.tags).unwrap_or("of nobody")
            ),
            "tear that link down first, or use the connection as it is",
        )),
        (PeeringChoice::Adopt, several) => Err(Blocker::new(
            Code::SeveralPeerings,
            format!("{} all connect the two VPCs", list(several.iter().map(|it| &it.id))),
            "tag the one to adopt, or delete the others",
        )),
    }
}

fn existing(facts: &Facts<'_>, id: &PeeringConnectionId) -> Result<(), Blocker> {
    let Some(connection) = facts.connection else {
        return Err(Blocker::new(
            Code::UnknownPeering,
            format!("{id} cannot be found in this account and region"),
            "check the id and the credentials",
        ));
    };
    if facts.joins_the_two(connection) {
        return Ok(());
    }
    Err(Blocker::new(
        Code::PeeringOfSomethingElse,
        format!("{id} connects {}", ends(connection)),
        format!(
            "name a connection between {} and the VPC of space {}",
            facts.spec.vpc, facts.spec.space
        ),
    ))
}

/// Both VPCs of a connection.
fn ends(connection: &PeeringConnection) -> String {
    let name = |vpc: &Option<VpcId>| {
        vpc.as_ref().map_or_else(|| "an unknown VPC".to_owned(), ToString::to_string)
    };
    format!("{} to {}", name(&connection.requester.vpc), name(&connection.accepter.vpc))
}

/// The requests of the link that came to nothing, and that nobody has dealt with yet.
pub(super) fn unanswered(facts: &Facts<'_>) -> Vec<(String, Blocker)> {
    if facts.connection.is_some() || facts.adoptable.is_some() {
        return Vec::new();
    }
    facts
        .former_connections
        .iter()
        .filter(|connection| !facts.spec.replaces.contains(&connection.id))
        .filter_map(|connection| {
            Some((connection.id.to_string(), states::dead(facts, connection)?))
        })
        .collect()
}

/// The subnets that the spec names are in the VPC.
pub(super) fn subnets(facts: &Facts<'_>) -> Result<(), Blocker> {
    let RouteTableChoice::OfSubnets(ids) = &facts.spec.route_tables else {
        return Ok(());
    };
    checks::in_vpc(ids, &facts.seen.subnets, &facts.spec.vpc)
}

/// The spec means at least one table, and only tables of the VPC.
pub(super) fn tables(facts: &Facts<'_>) -> Result<(), Blocker> {
    let Facts { spec, seen, .. } = *facts;
    if let RouteTableChoice::Ids(ids) = &spec.route_tables {
        checks::in_vpc(ids, &seen.tables, &spec.vpc)?;
    }
    if !facts.chosen_tables.is_empty() {
        return Ok(());
    }
    let problem = match &spec.route_tables {
        RouteTableChoice::Tagged(tag) => {
            format!("no route table of {} carries the tag {}={}", spec.vpc, tag.key, tag.value)
        }
        RouteTableChoice::Main
        | RouteTableChoice::All
        | RouteTableChoice::Ids(_)
        | RouteTableChoice::OfSubnets(_) => format!("{} has no such route table", spec.vpc),
    };
    Err(Blocker::new(Code::NoRouteTable, problem, "name the route tables in another way"))
}

/// Nothing else in the chosen tables takes the space's traffic, or a part of it.
pub(super) fn routes(facts: &Facts<'_>) -> Result<(), Blocker> {
    let destinations = &facts.destinations;
    let current = facts.connection.or(facts.adoptable).map(|it| &it.id);
    let is_elsewhere = |table: &RouteTable, route: &Route| match &route.target {
        RouteTarget::Peering(id) if Some(id) == current => false,
        // A route to a former connection gives way only where the link has made it.
        RouteTarget::Peering(id) => !facts.has_route(id, table, route.destination),
        // A VPC's own blocks are compared with the space's where all addresses are.
        RouteTarget::Local => false,
        RouteTarget::Other(_) => true,
    };
    let sentence = |table: &RouteTable, route: &Route, destination: &Cidr| {
        let what = if route.destination == *destination {
            "which the space needs".to_owned()
        } else {
            format!("a part of {destination}, which the space needs")
        };
        let state = match route.state {
            RouteState::Active => String::new(),
            ref state => format!(" ({state})"),
        };
        format!("{} leads {} to {}{state}, {what}", table.id, route.destination, route.target)
    };
    let conflicts: Vec<_> = facts
        .chosen_tables
        .iter()
        .flat_map(|table| table.routes.iter().map(move |route| (table, route)))
        .filter(|(table, route)| is_elsewhere(table, route))
        .filter_map(|(table, route)| {
            let destination = destinations.iter().find(|it| it.contains(&route.destination))?;
            Some(sentence(table, route, destination))
        })
        .collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    Err(Blocker::new(
        Code::RouteToSomethingElse,
        list(conflicts),
        "delete the routes if they are no longer needed, or let the spec choose other tables",
    ))
}

/// The new routes fit into the tables' quota.
pub(super) fn route_quota(facts: &Facts<'_>) -> Result<(), Blocker> {
    let destinations = &facts.destinations;
    let quota = facts.spec.quotas.routes_per_table;
    let full: Vec<_> = facts
        .chosen_tables
        .iter()
        .filter_map(|table| {
            let there = |it: &&Cidr| table.routes.iter().any(|route| route.destination == **it);
            let new = destinations.iter().filter(|it| !there(it)).count();
            let is_full = new > 0 && table.route_count + new > quota;
            is_full.then(|| {
                let after = if facts.spec.exclusive_routes {
                    ", which come before others are deleted"
                } else {
                    ""
                };
                format!("{} has {} routes and needs {new} more{after}", table.id, table.route_count)
            })
        })
        .collect();
    if full.is_empty() {
        return Ok(());
    }
    Err(Blocker::new(
        Code::RouteQuota,
        format!("{}; the quota is {quota}", list(full)),
        "let the spec route the whole block of the space, delete routes, or have AWS raise the \
         quota and say so in the spec's quotas",
    ))
}

/// The group that lets dynos in is there, in the VPC, and has room for the rules.
pub(super) fn group(inbound: &Inbound, facts: &Facts<'_>) -> Result<(), Blocker> {
    let ids = NonEmptySet::of(inbound.security_group.clone());
    checks::in_vpc(&ids, &facts.seen.groups, &facts.spec.vpc)?;
    let Some(group) = facts.group else { return Ok(()) };
    let limit = facts.spec.quotas.rules_per_group;
    // AWS counts rules for IPv6 addresses by themselves.
    let there = group.ingress.iter().filter(|rule| !rule.is_ipv6()).count();
    let missing = facts.rules.difference(&group.ingress).count();
    if missing == 0 || there + missing <= limit {
        return Ok(());
    }
    Err(Blocker::new(
        Code::RuleQuota,
        format!(
            "{} has {there} inbound rules and needs {missing} more; the quota is {limit}",
            group.id
        ),
        "name fewer ports or another security group, revoke rules that are not needed, or have \
         AWS raise the quota and say so in the spec's quotas",
    ))
}
