//! What must hold before anything is changed.

use super::snapshot::Snapshot;
use super::spec::{Inbound, PeeringChoice, PeeringSpec, RouteTableChoice};
use super::states;
use crate::model::{Cidr, NonEmptySet, PeeringConnectionId, RouteState, VpcId};
use crate::provider::{PeeringConnection, PeeringInfo, Route, RouteTable, RouteTarget};
use crate::reach;
use crate::reconcile::ownership::{self, Claimed};
use crate::reconcile::{Blocker, Code, checks, list};

/// The space is there, can be peered, and Heroku says with what.
pub(super) fn space(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let Some(space) = &seen.space else {
        return Err(Blocker::new(
            Code::UnknownSpace,
            format!("{} is no space that these credentials can see", spec.space),
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
    let missing = missing(spec, seen);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Blocker::new(
        Code::IncompletePeeringInfo,
        format!("Heroku does not say the {} of space {}", list(missing), spec.space),
        "look at `heroku spaces:peering:info`, and open a support ticket with Heroku",
    ))
}

fn missing(spec: &PeeringSpec, seen: &Snapshot) -> Vec<&'static str> {
    let empty = PeeringInfo::default();
    let info = seen.info.as_ref().unwrap_or(&empty);
    let needs_dynos = spec.inbound.is_some() || seen.destinations(spec).is_empty();
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
pub(super) fn quota(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let live = seen.live(spec).count();
    if live < spec.quotas.peerings_per_vpc {
        return Ok(());
    }
    Err(Blocker::new(
        Code::PeeringQuota,
        format!(
            "{} has {live} peering connections, and its quota is {}",
            spec.vpc, spec.quotas.peerings_per_vpc
        ),
        "delete one, or have AWS raise the quota and say so in the spec's quotas",
    ))
}

/// Every live connection that carries the link's id was made for the spec's VPC and space, as far as
/// can be told for certain.
pub(super) fn identity(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let owner = seen.owner(spec);
    let joins = format!("{} and space {}", spec.vpc, owner.leads_to());
    seen.connections.iter().filter(|it| it.is_live()).try_for_each(|it| {
        let claimed = Claimed {
            id: it.id.as_str(),
            tags: &it.tags,
            does: format!("connects {}", ends(it)),
            claim: seen.claim(spec, it),
        };
        owner.check(&claimed, &joins, "", "use a token of a member of the space's team")
    })
}

/// What carries the link's id is the link's own, and no stranger does the connection's job.
pub(super) fn connections(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    identity(spec, seen)?;
    let strangers = seen.strangers(spec);
    match (&spec.peering, strangers.as_slice()) {
        (PeeringChoice::Existing(id), _) => existing(spec, seen, id),
        (PeeringChoice::Owned | PeeringChoice::Adopt, []) => Ok(()),
        _ if seen.connection(spec).is_some() || seen.adoptable(spec).is_some() => Ok(()),
        (PeeringChoice::Owned, [stranger, ..]) => Err(Blocker::new(
            Code::PeeringNotOurs,
            format!(
                "{} already connects {}, and {}",
                stranger.id,
                ends(stranger),
                ownership::belongs_to(&stranger.tags)
            ),
            ownership::ways_to_own(&seen.owner(spec)),
        )),
        (PeeringChoice::Adopt, [stranger]) => Err(Blocker::new(
            Code::PeeringOfAnotherLink,
            format!(
                "{} belongs to link {}",
                stranger.id,
                ownership::owner(&stranger.tags).unwrap_or("of nobody")
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

fn existing(spec: &PeeringSpec, seen: &Snapshot, id: &PeeringConnectionId) -> Result<(), Blocker> {
    let Some(connection) = seen.connection(spec) else {
        return Err(Blocker::new(
            Code::UnknownPeering,
            format!("{id} cannot be found in this account and region"),
            "check the id and the credentials",
        ));
    };
    if seen.joins_the_two(spec, connection) {
        return Ok(());
    }
    Err(Blocker::new(
        Code::PeeringOfSomethingElse,
        format!("{id} connects {}", ends(connection)),
        format!("name a connection between {} and the VPC of space {}", spec.vpc, spec.space),
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
pub(super) fn unanswered(spec: &PeeringSpec, seen: &Snapshot) -> Vec<(String, Blocker)> {
    if seen.connection(spec).is_some() || seen.adoptable(spec).is_some() {
        return Vec::new();
    }
    seen.former(spec)
        .filter(|connection| !spec.replaces.contains(&connection.id))
        .filter_map(|connection| {
            Some((connection.id.to_string(), states::dead(spec, seen, connection)?))
        })
        .collect()
}

/// The subnets that the spec names are in the VPC.
pub(super) fn subnets(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let RouteTableChoice::OfSubnets(ids) = &spec.route_tables else {
        return Ok(());
    };
    checks::in_vpc(ids, &seen.subnets, &spec.vpc)
}

/// The spec means at least one table, and only tables of the VPC.
pub(super) fn tables(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    if let RouteTableChoice::Ids(ids) = &spec.route_tables {
        checks::in_vpc(ids, &seen.tables, &spec.vpc)?;
    }
    if seen.chosen(spec).next().is_some() {
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
pub(super) fn routes(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let destinations = seen.destinations(spec);
    let current = seen.connection(spec).or_else(|| seen.adoptable(spec)).map(|it| &it.id);
    let is_elsewhere = |table: &RouteTable, route: &Route| match &route.target {
        RouteTarget::Peering(id) if Some(id) == current => false,
        // A route to a former connection gives way only where the link has made it.
        RouteTarget::Peering(id) => {
            !seen.record_of(spec, id).has_route(&table.id, route.destination)
        }
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
    let conflicts: Vec<_> = seen
        .chosen(spec)
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
pub(super) fn route_quota(spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let destinations = seen.destinations(spec);
    let quota = spec.quotas.routes_per_table;
    let full: Vec<_> = seen
        .chosen(spec)
        .filter_map(|table| {
            let there = |it: &&Cidr| table.routes.iter().any(|route| route.destination == **it);
            let new = destinations.iter().filter(|it| !there(it)).count();
            let is_full = new > 0 && table.route_count + new > quota;
            is_full.then(|| {
                let after = if spec.exclusive_routes {
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
pub(super) fn group(inbound: &Inbound, spec: &PeeringSpec, seen: &Snapshot) -> Result<(), Blocker> {
    let ids = NonEmptySet::of(inbound.security_group.clone());
    checks::in_vpc(&ids, &seen.groups, &spec.vpc)?;
    let Some((Some(group), rules)) = seen.inbound(spec) else { return Ok(()) };
    let limit = spec.quotas.rules_per_group;
    // AWS counts rules for IPv6 addresses by themselves.
    let there = group.ingress.iter().filter(|rule| !rule.is_ipv6()).count();
    let missing = rules.difference(&group.ingress).count();
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
