use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ProviderResult;
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::{
    AccountId, Arn, AwsRegion, Cidr, CidrSet, EndpointServiceName, EndpointState,
    NetworkInterfaceId, SecurityGroupId, SubnetId, VpcEndpointId, VpcId, ZoneId, ZoneName,
};

/// Key and value of one tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
pub struct Tag {
    /// At most 128 characters, not starting with `aws:`.
    pub key: String,
    /// At most 256 characters.
    pub value: String,
}

/// The tags of a resource, by key.
pub type Tags = BTreeMap<String, String>;

/// Who the AWS credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account.
    pub account: AccountId,
    /// The user, role session or root, as an ARN.
    pub arn: Arn,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: VpcId,
    /// All of its associated IPv4 blocks, the secondary ones too.
    pub cidrs: CidrSet,
    /// The account that owns it; another than the caller's when it is shared.
    pub owner: AccountId,
}

/// A subnet of a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// The VPC that it belongs to.
    pub vpc: VpcId,
    /// The zone as every account knows it, such as `use1-az4`.
    pub zone_id: ZoneId,
    /// The zone as this account calls it; the letter means another zone elsewhere.
    pub zone_name: ZoneName,
    /// Its IPv4 block; `None` where it has none, as it is for IPv6 alone.
    pub cidr: Option<Cidr>,
    /// Addresses left; an interface endpoint takes one.
    pub free_addresses: u32,
}

/// Which subnets to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubnetQuery {
    /// All of a VPC.
    InVpc(VpcId),
    /// Those that exist among these, in any VPC.
    Ids(BTreeSet<SubnetId>),
}

/// An endpoint service as the consumer's account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointService {
    /// Its name.
    pub name: EndpointServiceName,
    /// The zones that it is offered in; `None` when AWS does not say, which is not the same as
    /// nowhere.
    pub zones: Option<BTreeSet<ZoneId>>,
}

/// A VPC endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// Its id.
    pub id: VpcEndpointId,
    /// The VPC.
    pub vpc: VpcId,
    /// The name of the service that it leads to.
    pub service: String,
    /// Where it is in its life.
    pub state: EndpointState,
    /// One per zone.
    pub subnets: BTreeSet<SubnetId>,
    /// The security groups on its interfaces.
    pub groups: BTreeSet<SecurityGroupId>,
    /// Its network interfaces, once it has them.
    pub interfaces: BTreeSet<NetworkInterfaceId>,
    /// Its DNS names, regional and zonal, in no order.
    pub dns_names: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created_at: SystemTime,
    /// What AWS says went wrong, code and message.
    pub last_error: Option<String>,
}

/// Which endpoints to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointQuery {
    /// All of the region that carry this tag.
    Tagged(Tag),
    /// All of the region that carry a tag of this key, whatever its value.
    WithTag(String),
    /// All interface and Gateway Load Balancer endpoints of a VPC: they share one quota.
    InVpc(VpcId),
    /// This one.
    Id(VpcEndpointId),
}

/// An interface endpoint to be made; private DNS is always off, as Heroku publishes no name for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewEndpoint {
    /// The VPC.
    pub vpc: VpcId,
    /// The service.
    pub service: EndpointServiceName,
    /// One per zone, at least one.
    pub subnets: BTreeSet<SubnetId>,
    /// At least one: without any, AWS attaches the VPC's default group.
    pub groups: BTreeSet<SecurityGroupId>,
    /// Set in the same call.
    pub tags: Tags,
    /// Two creations with the same token make one endpoint. At most 64 ASCII characters.
    pub client_token: String,
}

/// What to change on an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointChange {
    /// Subnets to add.
    pub add_subnets: BTreeSet<SubnetId>,
    /// Subnets to remove.
    pub remove_subnets: BTreeSet<SubnetId>,
    /// Security groups to add.
    pub add_groups: BTreeSet<SecurityGroupId>,
    /// Security groups to remove.
    pub remove_groups: BTreeSet<SecurityGroupId>,
}

impl EndpointChange {
    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.add_subnets.is_empty()
            && self.remove_subnets.is_empty()
            && self.add_groups.is_empty()
            && self.remove_groups.is_empty()
    }
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInterface {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// What its owner wrote, such as `VPC Endpoint Interface vpce-…`.
    pub description: String,
}

/// Says who is calling.
#[async_trait]
pub trait Identity: Debug + Send + Sync {
    /// The identity behind the credentials.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn caller_identity(&self) -> ProviderResult<CallerIdentity>;
}

/// Reads VPCs and subnets.
#[async_trait]
pub trait Vpcs: Debug + Send + Sync {
    /// The region that this client speaks to, and that everything it finds is in.
    fn region(&self) -> &AwsRegion;

    /// A VPC by id.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn vpc(&self, id: &VpcId) -> ProviderResult<Option<Vpc>>;

    /// The subnets that the query selects.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn subnets(&self, query: &SubnetQuery) -> ProviderResult<Vec<Subnet>>;
}

/// Reads endpoint services.
#[async_trait]
pub trait EndpointServices: Debug + Send + Sync {
    /// The service of this name; `None` when it does not exist, when the caller is not allowed to
    /// see it, and when it is not visible yet: AWS makes no difference.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn endpoint_service(
        &self,
        name: &EndpointServiceName,
    ) -> ProviderResult<Option<EndpointService>>;
}

/// Manages VPC endpoints.
#[async_trait]
pub trait VpcEndpoints: Debug + Send + Sync {
    /// The endpoints that the query selects, deleted ones included while AWS describes them.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn endpoints(&self, query: &EndpointQuery) -> ProviderResult<Vec<VpcEndpoint>>;

    /// Makes an interface endpoint, or answers with the one that the same token made.
    ///
    /// # Errors
    /// `NotFound` when the service cannot be seen; `InvalidRequest` for subnets of one zone or of
    /// a zone that the service is not offered in, and for a token that was used otherwise;
    /// `QuotaExceeded` at the limit of endpoints per VPC.
    async fn create_endpoint(&self, endpoint: &NewEndpoint) -> ProviderResult<VpcEndpointId>;

    /// Changes subnets and security groups.
    ///
    /// # Errors
    /// `NotFound` for an unknown endpoint; `InvalidRequest` when no subnet would be left, and when
    /// one is added in the zone of one that the endpoint has, even if that one goes in the same
    /// call.
    async fn modify_endpoint(
        &self,
        endpoint: &VpcEndpointId,
        change: &EndpointChange,
    ) -> ProviderResult<()>;

    /// Adds tags, replacing those of the same key.
    ///
    /// # Errors
    /// `NotFound` for an unknown endpoint.
    async fn tag_endpoint(&self, endpoint: &VpcEndpointId, tags: &Tags) -> ProviderResult<()>;

    /// Deletes an endpoint.
    ///
    /// # Errors
    /// As the [contract](super) says; a failure that AWS reports inside a success is an error.
    async fn delete_endpoint(&self, endpoint: &VpcEndpointId) -> ProviderResult<()>;
}

/// Reads network interfaces.
#[async_trait]
pub trait NetworkInterfaces: Debug + Send + Sync {
    /// The interfaces that carry a security group.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn interfaces_using(
        &self,
        group: &SecurityGroupId,
    ) -> ProviderResult<Vec<NetworkInterface>>;
}
