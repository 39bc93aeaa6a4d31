//! Which subnets the endpoint gets.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::spec::{PrivateLinkSpec, SubnetChoice};
use crate::model::{AwsPrincipal, SubnetId, ZoneId};
use crate::provider::Subnet;
use crate::reconcile::{Blocker, Code, checks, list};

/// The subnets for the endpoint, and those that were left out, with the reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) chosen: BTreeSet<SubnetId>,
    pub(super) left_out: Vec<(SubnetId, String)>,
}

/// What the endpoint gets, or why it can get nothing; `None` before that can be told.
pub(super) fn of(facts: &Facts<'_>) -> Option<Result<Pick, Blocker>> {
    let Facts { seen, endpoint, .. } = *facts;
    if seen.service.is_none() && endpoint.is_none() {
        return None;
    }
    let in_use = endpoint.map(|endpoint| endpoint.subnets.clone()).unwrap_or_default();
    let offered = seen.service.as_ref().and_then(|service| service.zones.as_ref());
    Some(pick(&seen.subnets, offered, &in_use))
}

/// Checks the subnets that the spec allows, without regard to the service.
pub(super) fn check(spec: &PrivateLinkSpec, subnets: &[Subnet]) -> Result<(), Blocker> {
    match &spec.subnets {
        SubnetChoice::EveryZone => {
            if subnets.is_empty() {
                return Err(Blocker::new(
                    Code::NoSubnets,
                    format!("{} has no subnets", spec.vpc),
                    "create a subnet in a zone that the add-on is in",
                ));
            }
        }
        SubnetChoice::Among(ids) => {
            checks::in_vpc(ids, subnets, &spec.vpc)?;
            let zones: BTreeSet<_> = subnets.iter().map(|subnet| &subnet.zone_id).collect();
            if let ([first, _, ..], 1) = (subnets, zones.len()) {
                return Err(Blocker::new(
                    Code::SubnetsOfOneZone,
                    format!(
                        "{} are all in zone {} ({}), and an endpoint takes one subnet of each zone",
                        list(subnets.iter().map(|subnet| &subnet.id)),
                        first.zone_id,
                        first.zone_name
                    ),
                    "name one of them, or add a subnet of another zone",
                ));
            }
        }
    }
    Ok(())
}

/// Picks one subnet in every common zone: the one that the endpoint has already, else the one
/// with the lowest id. The same input gives the same pick.
///
/// `offered` is `None` when AWS does not say where the service is; then any zone may do.
pub(super) fn pick(
    subnets: &[Subnet],
    offered: Option<&BTreeSet<ZoneId>>,
    in_use: &BTreeSet<SubnetId>,
) -> Result<Pick, Blocker> {
    let mut by_zone: BTreeMap<&ZoneId, Vec<&Subnet>> = BTreeMap::new();
    let mut left_out = Vec::new();
    for subnet in subnets {
        if offered.is_some_and(|zones| !zones.contains(&subnet.zone_id)) {
            left_out.push((
                subnet.id.clone(),
                format!("the service is not offered in {} ({})", subnet.zone_id, subnet.zone_name),
            ));
        } else if subnet.free_addresses == 0 && !in_use.contains(&subnet.id) {
            left_out.push((subnet.id.clone(), "it has no free address".to_owned()));
        } else {
            by_zone.entry(&subnet.zone_id).or_default().push(subnet);
        }
    }
    let mut chosen = BTreeSet::new();
    for (zone, mut candidates) in by_zone {
        candidates.sort_by_key(|subnet| (!in_use.contains(&subnet.id), &subnet.id));
        for (index, subnet) in candidates.iter().enumerate() {
            if index == 0 {
                chosen.insert(subnet.id.clone());
            } else {
                left_out.push((
                    subnet.id.clone(),
                    format!("{} is in the same zone {zone}", candidates[0].id),
                ));
            }
        }
    }
    if chosen.is_empty() {
        let ours: BTreeSet<_> =
            subnets.iter().map(|s| format!("{} ({})", s.zone_id, s.zone_name)).collect();
        let problem = match offered {
            Some(zones) if left_out.iter().all(|(_, why)| !why.contains("free address")) => {
                format!(
                    "the endpoint service is offered in {}, the subnets are in {}",
                    list(zones),
                    list(&ours)
                )
            }
            _ => left_out
                .iter()
                .map(|(id, why)| format!("{id} cannot be used: {why}"))
                .collect::<Vec<_>>()
                .join("; "),
        };
        return Err(Blocker::new(
            Code::NoCommonZone,
            problem,
            "add a subnet with free addresses in one of the service's zones",
        ));
    }
    left_out.sort();
    Ok(Pick { chosen, left_out })
}

/// Principals as Heroku takes them, comma-joined.
pub(super) fn forms(principals: &BTreeSet<AwsPrincipal>) -> String {
    list(principals.iter().map(AwsPrincipal::heroku_form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(id: &str, zone: &str, free: u32) -> Subnet {
        Subnet {
            id: id.parse().unwrap(),
            vpc: "vpc-1".parse().unwrap(),
            zone_id: zone.parse().unwrap(),
            zone_name: "us-east-1a".parse().unwrap(),
            cidr: None,
            free_addresses: free,
        }
    }

    fn zones(ids: &[&str]) -> BTreeSet<ZoneId> {
        ids.iter().map(|id| id.parse().unwrap()).collect()
    }

    fn ids(ids: &[&str]) -> BTreeSet<SubnetId> {
        ids.iter().map(|id| id.parse().unwrap()).collect()
    }

    fn vpc_of_four() -> Vec<Subnet> {
        vec![
            subnet("subnet-d", "use1-az1", 9),
            subnet("subnet-a", "use1-az1", 9),
            subnet("subnet-b", "use1-az2", 9),
            subnet("subnet-c", "use1-az3", 9),
        ]
    }

    #[test]
    fn one_subnet_in_every_common_zone_and_always_the_same() {
        let offered = zones(&["use1-az1", "use1-az2", "use1-az9"]);
        let mut subnets = vpc_of_four();
        let pick_once = pick(&subnets, Some(&offered), &BTreeSet::new()).unwrap();
        assert_eq!(pick_once.chosen, ids(&["subnet-a", "subnet-b"]));
        let reasons: Vec<_> = pick_once.left_out.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(reasons, ["subnet-c", "subnet-d"]);
        subnets.reverse();
        assert_eq!(pick(&subnets, Some(&offered), &BTreeSet::new()).unwrap(), pick_once);
    }

    #[test]
    fn a_subnet_in_use_is_kept_over_a_lower_id() {
        let pick = pick(&vpc_of_four(), None, &ids(&["subnet-d"])).unwrap();
        assert_eq!(pick.chosen, ids(&["subnet-b", "subnet-c", "subnet-d"]));
    }

    #[test]
    fn an_unknown_zone_list_is_not_an_empty_one() {
        let pick = pick(&vpc_of_four(), None, &BTreeSet::new()).unwrap();
        assert_eq!(pick.chosen.len(), 3);
    }

    #[test]
    fn a_full_subnet_gives_way_unless_it_is_in_use() {
        let subnets = [subnet("subnet-a", "use1-az1", 0), subnet("subnet-b", "use1-az1", 1)];
        let fresh = pick(&subnets, None, &BTreeSet::new()).unwrap();
        assert_eq!(fresh.chosen, ids(&["subnet-b"]));
        let kept = pick(&subnets, None, &ids(&["subnet-a"])).unwrap();
        assert_eq!(kept.chosen, ids(&["subnet-a"]));
    }

    #[test]
    fn no_common_zone_lists_both_sides() {
        let error =
            pick(&vpc_of_four(), Some(&zones(&["use1-az6"])), &BTreeSet::new()).unwrap_err();
        assert_eq!(error.code, "no-common-zone");
        for part in ["use1-az6", "use1-az1 (us-east-1a)", "use1-az3"] {
            assert!(error.problem.contains(part), "{error}");
        }
    }
}
