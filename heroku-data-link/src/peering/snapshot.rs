//! What was read of the two clouds: plain data.

use crate::model::AwsRegion;
use crate::provider::{
    CallerIdentity, Peering, PeeringConnection, PeeringInfo, RouteTable, SecurityGroup, Space,
    Subnet, Vpc,
};

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
    /// The group that the spec names, and others in which the link's connections record rules.
    pub(super) groups: Vec<SecurityGroup>,
}
