//! The planner against counting: every pair of blocks, every block that could be proposed.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::model::{Cidr, NonEmptySet};

/// What the plans are made of: 172.16.0.0/13, in which a block is reserved in every plan.
const UNIVERSE: u32 = 0xac10_0000;
/// How many /24 the universe has. No block is smaller, so addresses can be counted by them.
const UNITS: u32 = 1 << (24 - 13);

fn cidr(prefix: RangeInclusive<u8>) -> impl Strategy<Value = Cidr> {
    (0..UNITS, prefix).prop_map(|(unit, len)| {
        let mask = u32::MAX << (32 - u32::from(len));
        Cidr::new(Ipv4Addr::from((UNIVERSE + (unit << 8)) & mask), len).unwrap()
    })
}

fn units(cidr: Cidr) -> std::ops::Range<usize> {
    let unit = |address: Ipv4Addr| ((u32::from(address) - UNIVERSE) >> 8) as usize;
    unit(cidr.first())..unit(cidr.last()) + 1
}

fn plans() -> impl Strategy<Value = CidrPlan> {
    let there = (
        vec((cidr(14..=20), cidr(14..=20)), 0..4),
        vec(vec(cidr(14..=24), 1..4), 0..5),
        vec(cidr(14..=24), 0..4),
    );
    let wanted = (vec(16..=20_u8, 0..3), vec(16..=24_u8, 0..6));
    let pool = prop::option::of(vec(cidr(13..=20), 1..5));
    (there, wanted, pool).prop_map(|((spaces, vpcs, reserved), (new_spaces, new_vpcs), pool)| {
        let mut plan = CidrPlan::new();
        for (at, (cidr, data_cidr)) in spaces.into_iter().enumerate() {
            plan.spaces.push(SpaceCidrs { name: name("space", at), cidr, data_cidr });
        }
        for (at, cidrs) in vpcs.into_iter().enumerate() {
            plan.vpcs.push(VpcCidrs::new(format!("vpc-{at}"), cidrs));
        }
        for (at, cidr) in reserved.into_iter().enumerate() {
            plan.reserved.push(Reserved::new(cidr, format!("reason {at}")));
        }
        for (at, len) in new_spaces.into_iter().enumerate() {
            plan.new_spaces.push(NewSpace::new(name("new-space", at), len));
        }
        for (at, len) in new_vpcs.into_iter().enumerate() {
            plan.new_vpcs.push(NewVpc::new(format!("new-vpc-{at}"), len));
        }
        let universe = Cidr::new(Ipv4Addr::from(UNIVERSE), 13).unwrap();
        let pool = NonEmptySet::new(pool.unwrap_or_else(|| vec![universe]));
        plan.pool = Some(pool.unwrap());
        plan
    })
}

fn name(kind: &str, at: usize) -> crate::model::SpaceName {
    format!("{kind}-{at}").parse().unwrap()
}

/// Whether two blocks that overlap are a conflict, as the documentation's table says it.
fn must_differ(a: &Block<'_>, b: &Block<'_>) -> bool {
    use Role::{Reserved, SpaceCidr, SpaceDataCidr, VpcCidr};
    match (a.role, b.role) {
        (Reserved, Reserved) => false,
        (VpcCidr | Reserved, _) | (_, VpcCidr | Reserved) | (SpaceCidr, SpaceCidr) => true,
        (SpaceDataCidr, SpaceCidr | SpaceDataCidr) | (SpaceCidr, SpaceDataCidr) => a.name == b.name,
    }
}

proptest! {
    #[test]
    fn conflicts_are_those_of_every_pair(plan in plans(), first in 0..8_usize) {
        let blocks: Vec<_> = plan.blocks().collect();
        let there = 2 * plan.spaces.len() + plan.reserved.len() + 1;
        prop_assert_eq!(blocks.len(), there + plan.vpcs.iter().map(|it| it.cidrs.len()).sum::<usize>());

        let mut expected = Vec::new();
        for (at, a) in blocks.iter().enumerate() {
            for b in &blocks[at + 1..] {
                let (ours, theirs) = (units(a.cidr), units(b.cidr));
                if ours.start < theirs.end && theirs.start < ours.end && must_differ(a, b) {
                    expected.push(pair(a, b));
                }
            }
        }
        let conflicts: Vec<_> = plan.conflicts().collect();
        prop_assert!(conflicts.iter().all(|it| it.outer.cidr.contains(&it.inner.cidr)));
        prop_assert!(conflicts.is_sorted_by_key(|it| it.inner.cidr));
        let mut found: Vec<_> = conflicts.iter().map(|it| pair(&it.outer, &it.inner)).collect();
        expected.sort();
        found.sort();
        prop_assert_eq!(&found, &expected);

        let mut rest = plan.conflicts();
        let taken = rest.by_ref().take(first).count();
        prop_assert_eq!(taken + rest.count(), expected.len());
    }

    #[test]
    fn proposals_are_the_first_that_are_free(plan in plans()) {
        let mut free = [false; UNITS as usize];
        for member in plan.pool.iter().flatten() {
            free[units(*member)].fill(true);
        }
        for block in plan.blocks() {
            free[units(block.cidr)].fill(false);
        }
        let report = plan.report().unwrap();
        prop_assert_eq!(report.proposals.len(), 2 * plan.new_spaces.len() + plan.new_vpcs.len());
        for proposal in report.proposals {
            let len = proposal.prefix_len;
            let expected = (0..UNITS)
                .filter_map(|unit| Cidr::new(Ipv4Addr::from(UNIVERSE + (unit << 8)), len).ok())
                .find(|cidr| free[units(*cidr)].iter().all(|free| *free));
            prop_assert_eq!(proposal.cidr, expected, "{}", proposal);
            if let Some(cidr) = proposal.cidr {
                free[units(cidr)].fill(false);
            }
        }
    }

    #[test]
    fn what_is_proposed_conflicts_with_nothing_once_it_is_made(plan in plans()) {
        let report = plan.report().unwrap();
        let mut made = plan.clone();
        made.new_spaces.clear();
        made.new_vpcs.clear();
        for proposal in &report.proposals {
            if let Some(cidr) = proposal.cidr {
                made.vpcs.push(VpcCidrs::new(proposal.to_string(), [cidr]));
            }
        }
        let made = made.report().unwrap();
        prop_assert_eq!(made.conflict_count, report.conflict_count);
        prop_assert_eq!(made.violations, report.violations);
    }
}

type Side = (Cidr, Role, String);

fn pair(a: &Block<'_>, b: &Block<'_>) -> (Side, Side) {
    let side = |it: &Block<'_>| (it.cidr, it.role, it.name.to_owned());
    let (a, b) = (side(a), side(b));
    if a < b { (a, b) } else { (b, a) }
}
