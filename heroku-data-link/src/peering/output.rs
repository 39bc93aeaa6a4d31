use std::collections::BTreeSet;

use serde::Serialize;

use super::facts::Facts;
use crate::model::{
    AwsRegion, CidrSet, LinkId, PeeringConnectionId, RouteTableId, SpaceName, VpcId,
};

/// What an established peering gives to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct PeeringOutput {
    /// The link.
    pub link: LinkId,
    /// The space.
    pub space: SpaceName,
    /// The space's VPC.
    pub space_vpc: VpcId,
    /// The region of the space's VPC.
    pub space_region: AwsRegion,
    /// The caller's VPC.
    pub vpc: VpcId,
    /// All of its addresses; Heroku leads the dynos' traffic to them.
    pub vpc_cidrs: CidrSet,
    /// The connection between the two.
    pub peering: PeeringConnectionId,
    /// The blocks of the space that are led to the connection.
    pub routed_cidrs: CidrSet,
    /// The blocks that dynos live in: who asks, where dynos ask something of the VPC.
    pub dyno_cidrs: CidrSet,
    /// The blocks that Heroku keeps for itself, to which no peering leads.
    pub unavailable_cidrs: CidrSet,
    /// The route tables that lead to it.
    pub route_tables: BTreeSet<RouteTableId>,
}

/// What an established link gives; `None` while a part of it is not known.
pub(super) fn of(facts: &Facts<'_>) -> Option<PeeringOutput> {
    let Facts { spec, seen, .. } = *facts;
    let info = seen.info.as_ref()?;
    Some(PeeringOutput {
        link: spec.link.clone(),
        space: spec.space.clone(),
        space_vpc: info.vpc.clone()?,
        space_region: info.region.clone()?,
        vpc: spec.vpc.clone(),
        vpc_cidrs: seen.vpc.as_ref()?.cidrs.clone(),
        peering: facts.connection?.id.clone(),
        routed_cidrs: facts.destinations.clone(),
        dyno_cidrs: info.space_cidrs.clone(),
        unavailable_cidrs: info.unavailable_cidrs.clone(),
        route_tables: facts.chosen_tables.iter().map(|table| table.id.clone()).collect(),
    })
}

impl PeeringOutput {
    /// How to use it, as sentences for people.
    pub fn advice(&self) -> String {
        format!(
            "from {}, call apps of space {} that have internal routing by their own names; for \
             dynos that call into the VPC, let {} in at the security groups",
            self.vpc, self.space, self.dyno_cidrs
        )
    }
}
