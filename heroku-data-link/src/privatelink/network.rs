//! Whether the network lets clients reach the service's ports: security groups that are not the
//! link's own, and network ACLs. Only what is certain is in the way; the rest is told.

use std::collections::{BTreeMap, BTreeSet};

use super::acls::{self, Passage};
use super::facts::Facts;
use super::spec::{EndpointChoice, GroupChoice};
use super::zones;
use crate::model::{Cidr, CidrSet, DataService, PortRange, SubnetId};
use crate::provider::{IngressRule, IngressSource, NetworkAcl, SecurityGroup, Vpc, operation};
use crate::reconcile::{Blocker, Code, list};

/// What was found, for the plan.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) result: Result<(), Blocker>,
    pub(super) notes: Vec<String>,
}

fn ports_of(facts: &Facts<'_>) -> &'static [PortRange] {
    facts.data_service.map(DataService::ports).unwrap_or_default()
}

/// What is checked, for people.
pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let ports = ports_of(facts);
    let what =
        if ports.is_empty() { "the ports".to_owned() } else { format!("tcp {}", list(ports)) };
    format!("no security group or network ACL is known to close {what}")
}

/// Looks at all of it. `rules` are those of the link's own security group.
pub(super) fn check(facts: &Facts<'_>, vpc: &Vpc, rules: &BTreeSet<IngressRule>) -> Finding {
    let ports = ports_of(facts);
    let guard = Guard::of(facts, rules, ports);
    let mut notes = Vec::new();
    let groups = guard.check(vpc, &mut notes);
    let acls = check_acls(facts, vpc, &guard, &mut notes);
    Finding { result: groups.and(acls), notes }
}

/// Who the endpoint's security groups let in.
struct Guard<'a> {
    ports: &'a [PortRange],
    /// The groups that were read, where they are not the link's own.
    groups: Vec<&'a SecurityGroup>,
    /// Their rules for the service's ports, or for some of them; `None` where they were not read.
    rules: Option<Vec<&'a IngressRule>>,
}

impl<'a> Guard<'a> {
    fn of(facts: &Facts<'a>, own: &'a BTreeSet<IngressRule>, ports: &'a [PortRange]) -> Self {
        let spec = facts.spec;
        let wanted = match (&spec.endpoint, &spec.security_groups) {
            (EndpointChoice::Existing(_), _) => {
                facts.endpoint.map(|endpoint| (&endpoint.groups, &facts.seen.groups_of_endpoint))
            }
            (_, GroupChoice::Existing(ids)) => Some((ids.as_set(), &facts.seen.groups)),
            (_, GroupChoice::Owned { .. }) => {
                return Self { ports, groups: Vec::new(), rules: Some(own.iter().collect()) };
            }
        };
        let groups: Vec<_> = wanted.map_or_else(Vec::new, |(ids, found)| {
            found.iter().filter(|group| ids.contains(&group.id)).collect()
        });
        let all_read = wanted.is_some_and(|(ids, _)| groups.len() == ids.len() && !ids.is_empty());
        let rules = all_read.then(|| {
            let rules = groups.iter().flat_map(|group| &group.ingress);
            rules.filter(|rule| ports.iter().any(|ports| meets(rule, *ports))).collect()
        });
        Self { ports, groups, rules }
    }

    /// All who are let in, as blocks; `None` where that may be somebody else as well.
    fn everybody(&self) -> Option<CidrSet> {
        self.rules.as_ref()?.iter().map(|rule| block_of(rule)).collect()
    }

    /// The clients that the spec names as blocks, else the VPC. Groups that are not the link's own
    /// say who may be a client, and not who is.
    fn clients(&self, vpc: &Vpc) -> CidrSet {
        let rules = self.rules.iter().flatten().filter(|_| self.groups.is_empty());
        let named: CidrSet = rules.filter_map(|rule| block_of(rule)).collect();
        if named.is_empty() { vpc.cidrs.clone() } else { named }
    }

    /// Groups that are not the link's own let somebody in.
    fn check(&self, vpc: &Vpc, notes: &mut Vec<String>) -> Result<(), Blocker> {
        let Some(rules) = self.rules.as_ref().filter(|_| !self.groups.is_empty()) else {
            return Ok(());
        };
        let groups = list(self.groups.iter().map(|group| &group.id));
        let allow = format!("the inbound rules of {groups} allow");
        let ports = list(self.ports);
        if rules.is_empty() {
            return Err(Blocker::new(
                Code::GroupsClosed,
                format!("no inbound rule of {groups} allows tcp {ports}"),
                format!("allow tcp {ports} in one of these security groups, or use others"),
            ));
        }
        let is_open = |port| rules.iter().any(|rule| contains(rule, port));
        let all_open = self.ports.iter().all(|it| (it.from()..=it.to()).all(is_open));
        if !all_open {
            notes.push(format!("{allow} only part of tcp {ports}"));
        }
        let reaches_vpc = |block: &Cidr| vpc.cidrs.overlapping(block).next().is_some();
        if rules.iter().any(|rule| block_of(rule).is_some_and(|block| reaches_vpc(&block))) {
            return Ok(());
        }
        let others: BTreeSet<_> =
            rules.iter().filter(|rule| block_of(rule).is_none()).map(|it| &it.source).collect();
        notes.push(if others.is_empty() {
            format!("{allow} tcp {ports} from no address of {}", vpc.id)
        } else {
            format!("{allow} tcp {ports} from {}, whose addresses are not compared", list(others))
        });
        Ok(())
    }
}

fn block_of(rule: &IngressRule) -> Option<Cidr> {
    match &rule.source {
        IngressSource::Cidr(block) => Some(*block),
        IngressSource::Group(_)
        | IngressSource::GroupOf(..)
        | IngressSource::PrefixList(_)
        | IngressSource::Other(_) => None,
    }
}

/// Whether the rule allows some of these ports.
fn meets(rule: &IngressRule, ports: PortRange) -> bool {
    let range = rule.protocol.tcp_ports(rule.ports);
    range.is_some_and(|it| *it.start() <= ports.to() && *it.end() >= ports.from())
}

fn contains(rule: &IngressRule, port: u16) -> bool {
    rule.protocol.tcp_ports(rule.ports).is_some_and(|range| range.contains(&port))
}

/// A subnet that the endpoint is in, or may get, and its own block, where that is known.
type Place<'a> = (&'a SubnetId, Option<Cidr>);

/// The subnets of the endpoint, and `true`; before they are known, all that it may get.
fn places<'a>(facts: &'a Facts<'_>) -> (Vec<Place<'a>>, bool) {
    if let EndpointChoice::Existing(_) = facts.spec.endpoint {
        let subnets = facts.endpoint.iter().flat_map(|endpoint| &endpoint.subnets);
        return (subnets.map(|id| (id, None)).collect(), true);
    }
    let chosen = zones::of(facts).and_then(Result::ok).map(|pick| pick.chosen);
    let may_be = |id| chosen.as_ref().is_none_or(|chosen| chosen.contains(id));
    let subnets = facts.seen.subnets.iter().filter(|it| may_be(&it.id));
    (subnets.map(|it| (&it.id, it.cidr)).collect(), chosen.is_some())
}

/// The ACL of a subnet. AWS lists the subnets of the default one, too.
fn acl_of<'a>(acls: &'a [NetworkAcl], subnet: &SubnetId) -> Option<&'a NetworkAcl> {
    acls.iter().find(|acl| acl.subnets.contains(subnet))
}

fn check_acls(
    facts: &Facts<'_>,
    vpc: &Vpc,
    guard: &Guard<'_>,
    notes: &mut Vec<String>,
) -> Result<(), Blocker> {
    let Some(acls) = &facts.seen.acls else {
        notes.push(format!(
            "the network ACLs of {} could not be read, as the caller lacks {}: whether they allow \
             tcp {} is not known",
            vpc.id,
            operation::DESCRIBE_NETWORK_ACLS,
            list(guard.ports)
        ));
        return Ok(());
    };
    let (places, are_known) = places(facts);
    closed(guard, acls, &places)?;
    // Which of several subnets the endpoint gets, nobody knows before the service's zones.
    if are_known {
        notes.extend(partial(guard, acls, &places, &guard.clients(vpc)));
    }
    Ok(())
}

/// Whether it is certain that no client can reach the endpoint in any subnet.
fn closed(guard: &Guard<'_>, acls: &[NetworkAcl], places: &[Place<'_>]) -> Result<(), Blocker> {
    let Some(clients) = guard.everybody().filter(|clients| !clients.is_empty()) else {
        return Ok(());
    };
    let everywhere = acls::outside(&clients, None);
    let denying = |(subnet, own): &Place<'_>| {
        let acl = acl_of(acls, subnet)?;
        // Whoever is in the subnet itself passes no ACL.
        let is_apart = own.is_some_and(|own| clients.overlapping(&own).next().is_none());
        (is_apart && acls::is_closed(acl, &everywhere, guard.ports)).then_some(&acl.id)
    };
    let denying: Option<BTreeSet<_>> = places.iter().map(denying).collect();
    let Some(denying) = denying.filter(|denying| !denying.is_empty()) else { return Ok(()) };
    let ports = list(guard.ports);
    Err(Blocker::new(
        Code::NetworkAclDenies,
        format!(
            "{} of {} let no client in {clients} reach tcp {ports} and get an answer",
            list(denying),
            list(places.iter().map(|(subnet, _)| subnet))
        ),
        format!(
            "allow inbound tcp {ports} from the clients, and outbound tcp {} to them",
            PortRange::EPHEMERAL
        ),
    ))
}

/// What passes only in part, or perhaps.
fn partial(
    guard: &Guard<'_>,
    acls: &[NetworkAcl],
    places: &[Place<'_>],
    clients: &CidrSet,
) -> impl Iterator<Item = String> {
    let inbound = format!("inbound tcp {} from {clients}", list(guard.ports));
    let outbound = format!("the answers to {clients}, outbound tcp {},", PortRange::EPHEMERAL);
    let mut found: BTreeMap<String, Vec<&SubnetId>> = BTreeMap::new();
    for (subnet, own) in places {
        let Some(acl) = acl_of(acls, subnet) else {
            found.entry("AWS shows no network ACL".to_owned()).or_default().push(subnet);
            continue;
        };
        let outside = acls::outside(clients, *own);
        let ports = guard.ports.iter().map(|it| acls::passage(&acl.ingress, &outside, *it));
        let ports = ports.reduce(Passage::and).unwrap_or(Passage::All);
        let answers = acls::passage(&acl.egress, &outside, PortRange::EPHEMERAL);
        for (passage, traffic) in [(ports, &inbound), (answers, &outbound)] {
            let text = match passage {
                Passage::All => continue,
                Passage::Part => format!("{} allows only part of {traffic}", acl.id),
                Passage::Nothing => {
                    format!("{} denies {traffic} but within a subnet,", acl.id)
                }
                Passage::Unknown => format!(
                    "{} has an entry that this version cannot read, and may deny {traffic}",
                    acl.id
                ),
            };
            found.entry(text).or_default().push(subnet);
        }
    }
    found.into_iter().map(|(text, subnets)| format!("{text} for {}", list(subnets)))
}
