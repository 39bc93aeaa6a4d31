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

impl Peering {
    /// Whether this may be a customer's, and so may be deleted.
    ///
    /// A request that was not accepted yet has no type of its own. What Heroku made for its data
    /// services is never ours.
    pub fn may_be_deleted(&self) -> bool {
        match &self.kind {
            PeeringType::CustomerManaged => true,
            PeeringType::Unknown => !matches!(self.status, PeeringStatus::Active),
            PeeringType::HerokuManaged | PeeringType::Other(_) => false,
        }
    }
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

    /// Deletes a peering that [may be deleted](Peering::may_be_deleted).
    ///
    /// # Errors
    /// `Forbidden`, before anything is changed, for one that is Heroku's own; gone is `Ok`.
    async fn delete_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> ProviderResult<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_a_customers_may_be_deleted() {
        for (kind, status, expected) in [
            ("customer-managed", "active", true),
            ("customer-managed", "failed", true),
            ("unknown", "pending-acceptance", true),
            ("unknown", "expired", true),
            ("unknown", "active", false),
            ("heroku-managed", "active", false),
            ("heroku-managed", "pending-acceptance", false),
            ("heroku-redis", "active", false),
            ("", "active", false),
        ] {
            let peering = Peering {
                id: "pcx-0123456789abcdef0".parse().ok(),
                kind: kind.into(),
                status: status.into(),
                cidrs: CidrSet::new(),
                vpc: None,
                region: None,
                account: None,
                expires: None,
            };
            assert_eq!(peering.may_be_deleted(), expected, "{kind} {status}");
        }
    }
}
