use std::fmt::Debug;

use async_trait::async_trait;

use super::ProviderResult;
use crate::model::{
    AccountId, AwsRegion, Cidr, CidrSet, PeeringConnectionId, PeeringStatus, PeeringType,
    SpaceName, VpcId,
};

/// What a VPC needs to know of a space to ask it for a peering. Old replies leave fields out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeeringInfo {
    /// The AWS account of the space's VPC.
    pub account: Option<AccountId>,
    /// The AWS region of the space's VPC, which need not be that of the other VPC.
    pub region: Option<AwsRegion>,
    /// The space's VPC.
    pub vpc: Option<VpcId>,
    /// The block of the space's VPC.
    pub vpc_cidr: Option<Cidr>,
    /// The blocks that dynos live in; what the other VPC routes to the peering.
    pub space_cidrs: CidrSet,
    /// Blocks that the other VPC must not overlap.
    pub unavailable_cidrs: CidrSet,
}

/// A peering connection of a space, as Heroku lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peering {
    /// AWS's id of it; `None` for Heroku's own, of which Heroku shows no ids.
    pub id: Option<PeeringConnectionId>,
    /// Whose it is: `unknown` until it was accepted.
    pub kind: PeeringType,
    /// Where it is in its life.
    pub status: PeeringStatus,
    /// The blocks of the VPC at the other end.
    pub cidrs: CidrSet,
    /// The VPC at the other end.
    pub vpc: Option<VpcId>,
    /// The region of the VPC at the other end.
    pub region: Option<AwsRegion>,
    /// The account of the VPC at the other end; not shown while the peering is pending.
    pub account: Option<AccountId>,
    /// When a pending request lapses, as Heroku writes it.
    pub expires: Option<String>,
}

/// Manages the peering connections of spaces, on Heroku's side.
#[async_trait]
pub trait SpacePeerings: Debug + Send + Sync {
    /// What another VPC needs to know of a space; `None` for an unknown space.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn peering_info(&self, space: &SpaceName) -> ProviderResult<Option<PeeringInfo>>;

    /// All peerings of a space, Heroku's own among them. A request made on AWS is listed minutes
    /// later.
    ///
    /// # Errors
    /// As the [contract](super) says; an unknown space is an empty list.
    async fn peerings(&self, space: &SpaceName) -> ProviderResult<Vec<Peering>>;

    /// Accepts a request.
    ///
    /// # Errors
    /// `NotFound` while Heroku does not see the request; `Conflict` or `InvalidRequest` in a state
    /// that has nothing to accept.
    async fn accept_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> ProviderResult<()>;
}
