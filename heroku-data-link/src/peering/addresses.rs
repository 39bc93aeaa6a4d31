//! Whether the addresses of the VPC fit beside those of the space: every conflict, with both
//! blocks and where they come from.

use super::facts::Facts;
use super::spec::PeeringSpec;
use crate::addressing::{HEROKU_RESERVED, VpcBlock};
use crate::model::{Cidr, CidrSet, VpcId};
use crate::provider::{PeeringInfo, Vpc};
use crate::reconcile::{Blocker, Code, list};

/// Neither a space nor a VPC can change its addresses; a secondary block can be taken away.
const REMEDY: &str = "take the block away from the VPC if it is a secondary one, or use another \
                      VPC or a space with other addresses";

/// The secondary blocks of the VPC that are neither for private nor for public use.
pub(super) fn shared(vpc: &Vpc) -> impl Iterator<Item = &Cidr> {
    blocks(vpc, VpcBlock::Shared)
}

fn blocks(vpc: &Vpc, kind: VpcBlock) -> impl Iterator<Item = &Cidr> {
    vpc.cidrs.iter().filter(move |cidr| VpcBlock::of(**cidr, &vpc.cidrs) == kind)
}

/// All blocks of the VPC are for private use, but for secondary ones that are not public either.
pub(super) fn private(vpc: &Vpc) -> Result<(), Blocker> {
    blocked(
        Code::AddressesNotPrivate,
        blocks(vpc, VpcBlock::Refused)
            .map(|cidr| {
                format!(
                    "{cidr} of {} is not within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 \
                     (RFC 1918)",
                    vpc.id
                )
            })
            .collect(),
        "take the block away from the VPC if it is a secondary one, or use another VPC",
    )
}

/// None overlaps the block of the space's VPC.
pub(super) fn space_block(vpc: &Vpc, info: &PeeringInfo) -> Result<(), Blocker> {
    let theirs = info.vpc.as_ref().map_or("the space", VpcId::as_str);
    overlaps(
        Code::AddressesOfTheSpace,
        vpc,
        &info.vpc_cidr.into_iter().collect(),
        &format!("the block of {theirs}, the space's VPC"),
    )
}

/// None overlaps what Heroku keeps for itself.
pub(super) fn unavailable(
    spec: &PeeringSpec,
    vpc: &Vpc,
    info: &PeeringInfo,
) -> Result<(), Blocker> {
    let what = format!("which Heroku calls unavailable for space {}", spec.space);
    overlaps(Code::AddressesUnavailable, vpc, &info.unavailable_cidrs, &what)
}

/// None overlaps what the dynos use within themselves.
pub(super) fn reserved(vpc: &Vpc) -> Result<(), Blocker> {
    let bridge = CidrSet::from_iter([HEROKU_RESERVED]);
    overlaps(Code::AddressesReserved, vpc, &bridge, "the Docker bridge of every dyno")
}

/// Neither the VPC's blocks nor the routes to the space collide with the VPC's other peerings.
pub(super) fn neighbours(facts: &Facts<'_>, vpc: &Vpc) -> Result<(), Blocker> {
    let mut conflicts = Vec::new();
    for (connection, end) in facts.neighbours() {
        let theirs = end.vpc.as_ref().map_or("another VPC", VpcId::as_str);
        let what = format!("a block of {theirs}, the other end of {}", connection.id);
        let own = format!("of {}", vpc.id);
        conflicts.extend(pairs(&vpc.cidrs, &own, &end.cidrs, &what));
        let own = format!("of space {}", facts.spec.space);
        conflicts.extend(pairs(&facts.destinations, &own, &end.cidrs, &what));
    }
    blocked(
        Code::AddressesOfAnotherPeering,
        conflicts,
        "delete the other peering if it is no longer needed, or use another VPC or a space with \
         other addresses",
    )
}

fn overlaps(code: Code, vpc: &Vpc, theirs: &CidrSet, what: &str) -> Result<(), Blocker> {
    let own = format!("of {}", vpc.id);
    blocked(code, pairs(&vpc.cidrs, &own, theirs, what).collect(), REMEDY)
}

/// One sentence for each pair of blocks that have an address in common.
fn pairs<'a>(
    ours: &'a CidrSet,
    own: &'a str,
    theirs: &'a CidrSet,
    what: &'a str,
) -> impl Iterator<Item = String> + 'a {
    ours.iter().flat_map(move |our| {
        let overlapping = theirs.overlapping(our);
        overlapping.map(move |their| format!("{our} {own} overlaps {their}, {what}"))
    })
}

fn blocked(code: Code, conflicts: Vec<String>, remedy: &str) -> Result<(), Blocker> {
    if conflicts.is_empty() {
        return Ok(());
    }
    Err(Blocker::new(code, list(conflicts), remedy))
}
