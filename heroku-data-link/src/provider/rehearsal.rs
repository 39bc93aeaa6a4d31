use std::borrow::Cow;
use std::fmt::Debug;

use async_trait::async_trait;

use super::{
    EndpointChange, IngressRule, NewEndpoint, NewPeeringConnection, NewRoute, NewSecurityGroup,
    ProviderResult, operation as op,
};
use crate::model::{Cidr, PeeringConnectionId, RouteTableId, SecurityGroupId, VpcEndpointId};

/// An EC2 call that can be rehearsed: checked for its permission, without any effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsal {
    /// Read VPCs.
    DescribeVpcs,
    /// Read subnets.
    DescribeSubnets,
    /// Read security groups.
    DescribeSecurityGroups,
    /// Read VPC endpoints.
    DescribeEndpoints,
    /// Read endpoint services.
    DescribeEndpointServices,
    /// Read network interfaces.
    DescribeNetworkInterfaces,
    /// Read peering connections.
    DescribePeeringConnections,
    /// Read route tables.
    DescribeRouteTables,
    /// Make a security group.
    CreateSecurityGroup(NewSecurityGroup),
    /// Add a rule.
    AuthorizeIngress(SecurityGroupId, IngressRule),
    /// Remove a rule.
    RevokeIngress(SecurityGroupId, IngressRule),
    /// Delete a security group.
    DeleteSecurityGroup(SecurityGroupId),
    /// Make an endpoint.
    CreateEndpoint(NewEndpoint),
    /// Change an endpoint.
    ModifyEndpoint(VpcEndpointId, EndpointChange),
    /// Delete an endpoint.
    DeleteEndpoint(VpcEndpointId),
    /// Ask for a peering connection.
    CreatePeeringConnection(NewPeeringConnection),
    /// Delete a peering connection.
    DeletePeeringConnection(PeeringConnectionId),
    /// Make a route.
    CreateRoute(NewRoute),
    /// Delete a route.
    DeleteRoute(RouteTableId, Cidr),
}

impl Rehearsal {
    /// The call's name, which is the IAM action that permits it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::DescribeVpcs => op::DESCRIBE_VPCS,
            Self::DescribeSubnets => op::DESCRIBE_SUBNETS,
            Self::DescribeSecurityGroups => op::DESCRIBE_SECURITY_GROUPS,
            Self::DescribeEndpoints => op::DESCRIBE_VPC_ENDPOINTS,
            Self::DescribeEndpointServices => op::DESCRIBE_VPC_ENDPOINT_SERVICES,
            Self::DescribeNetworkInterfaces => op::DESCRIBE_NETWORK_INTERFACES,
            Self::DescribePeeringConnections => op::DESCRIBE_VPC_PEERING_CONNECTIONS,
            Self::DescribeRouteTables => op::DESCRIBE_ROUTE_TABLES,
            Self::CreateSecurityGroup(_) => op::CREATE_SECURITY_GROUP,
            Self::AuthorizeIngress(..) => op::AUTHORIZE_SECURITY_GROUP_INGRESS,
            Self::RevokeIngress(..) => op::REVOKE_SECURITY_GROUP_INGRESS,
            Self::DeleteSecurityGroup(_) => op::DELETE_SECURITY_GROUP,
            Self::CreateEndpoint(_) => op::CREATE_VPC_ENDPOINT,
            Self::ModifyEndpoint(..) => op::MODIFY_VPC_ENDPOINT,
            Self::DeleteEndpoint(_) => op::DELETE_VPC_ENDPOINTS,
            Self::CreatePeeringConnection(_) => op::CREATE_VPC_PEERING_CONNECTION,
            Self::DeletePeeringConnection(_) => op::DELETE_VPC_PEERING_CONNECTION,
            Self::CreateRoute(_) => op::CREATE_ROUTE,
            Self::DeleteRoute(..) => op::DELETE_ROUTE,
        }
    }
}

/// What a rehearsal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The call would be permitted.
    Permitted,
    /// It would not: the caller lacks this IAM action. Creations that set tags need
    /// `ec2:CreateTags` as well, which may be the one that is lacking.
    Denied(Cow<'static, str>),
    /// AWS looked at something else first, such as a resource that does not exist. The text says
    /// at what.
    NotTold(String),
}

/// Rehearses calls.
#[async_trait]
pub trait Rehearsals: Debug + Send + Sync {
    /// Whether the caller may make this call. Changes nothing on AWS; an emulator may not know
    /// about rehearsals, and act.
    ///
    /// # Errors
    /// When AWS cannot be asked, or something that is not AWS made the call instead of rehearsing
    /// it; a denial is an answer.
    async fn rehearse(&self, call: &Rehearsal) -> ProviderResult<Verdict>;
}
