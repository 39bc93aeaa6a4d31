use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;

use super::{ProviderResult, Tag, Tags};
use crate::model::{AccountId, AwsRegion, CidrSet, PeeringConnectionId, PeeringStatus, VpcId};

/// One end of a peering connection. AWS leaves out what one end may not know of the other yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeeringEnd {
    /// The VPC.
    pub vpc: Option<VpcId>,
    /// The account that owns it.
    pub account: Option<AccountId>,
    /// Its region.
    pub region: Option<AwsRegion>,
    /// Its IPv4 blocks.
    pub cidrs: CidrSet,
}

/// A VPC peering connection, as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeeringConnection {
    /// Its id, the same for both ends.
    pub id: PeeringConnectionId,
    /// Where it is in its life.
    pub status: PeeringStatus,
    /// What AWS says of the status. A failure has one text for all of its causes.
    pub message: Option<String>,
    /// When a pending request lapses: 7 days after it was made.
    pub expires: Option<SystemTime>,
    /// The end that asked.
    pub requester: PeeringEnd,
    /// The end that accepts.
    pub accepter: PeeringEnd,
    /// Its tags, of this account only: the other end has its own.
    pub tags: Tags,
}

impl PeeringConnection {
    /// Whether its [status is a live one](PeeringStatus::is_live).
    pub fn is_live(&self) -> bool {
        self.status.is_live()
    }
}

/// Which peering connections to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeeringQuery {
    /// All of the region that carry this tag.
    Tagged(Tag),
    /// All of the region that carry a tag of this key, whatever its value.
    WithTag(String),
    /// All that have this VPC at either end.
    OfVpc(VpcId),
    /// This one.
    Id(PeeringConnectionId),
}

/// A request for a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewPeeringConnection {
    /// The VPC that asks, in this client's account and region.
    pub vpc: VpcId,
    /// The VPC that is asked.
    pub peer_vpc: VpcId,
    /// The account that owns it.
    pub peer_account: AccountId,
    /// The region that it is in.
    pub peer_region: AwsRegion,
    /// Set in the same call.
    pub tags: Tags,
}

/// Manages VPC peering connections, on the side of the customer's VPC.
#[async_trait]
pub trait VpcPeerings: Debug + Send + Sync {
    /// The connections that the query selects, dead ones included while AWS describes them.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn peering_connections(
        &self,
        query: &PeeringQuery,
    ) -> ProviderResult<Vec<PeeringConnection>>;

    /// Asks for a connection. There is no idempotency token: look before, and after any failure.
    ///
    /// A wrong account, VPC or region and overlapping blocks are no error here: the connection
    /// comes to the status `failed`.
    ///
    /// # Errors
    /// `Conflict` when the two VPCs have a live connection; `NotFound` for an unknown VPC of the
    /// caller's; `QuotaExceeded` at the limit of connections per VPC or of open requests.
    async fn create_peering_connection(
        &self,
        connection: &NewPeeringConnection,
    ) -> ProviderResult<PeeringConnectionId>;

    /// Adds tags, replacing those of the same key.
    ///
    /// # Errors
    /// `NotFound` for an unknown connection.
    async fn tag_peering_connection(
        &self,
        connection: &PeeringConnectionId,
        tags: &Tags,
    ) -> ProviderResult<()>;

    /// Deletes a connection. One that is dead already is no error: AWS removes those itself.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn delete_peering_connection(
        &self,
        connection: &PeeringConnectionId,
    ) -> ProviderResult<()>;
}
