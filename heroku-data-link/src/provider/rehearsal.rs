//! Calls that are checked for their permission, without any effect.

use std::borrow::Cow;
use std::fmt::Debug;

use async_trait::async_trait;

use super::{Ec2Call, ProviderResult, operation as op};

/// An EC2 call that can be rehearsed: checked for its permission, without any effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    /// Read network ACLs.
    DescribeNetworkAcls,
    /// Read peering connections.
    DescribePeeringConnections,
    /// Read route tables.
    DescribeRouteTables,
    /// Make this mutating call.
    Call(Ec2Call),
}

impl Rehearsal {
    const READS: [Self; 9] = [
        Self::DescribeVpcs,
        Self::DescribeSubnets,
        Self::DescribeSecurityGroups,
        Self::DescribeEndpoints,
        Self::DescribeEndpointServices,
        Self::DescribeNetworkInterfaces,
        Self::DescribeNetworkAcls,
        Self::DescribePeeringConnections,
        Self::DescribeRouteTables,
    ];

    /// The call's name, which is the IAM action that permits it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::DescribeVpcs => op::DESCRIBE_VPCS,
            Self::DescribeSubnets => op::DESCRIBE_SUBNETS,
            Self::DescribeSecurityGroups => op::DESCRIBE_SECURITY_GROUPS,
            Self::DescribeEndpoints => op::DESCRIBE_VPC_ENDPOINTS,
            Self::DescribeEndpointServices => op::DESCRIBE_VPC_ENDPOINT_SERVICES,
            Self::DescribeNetworkInterfaces => op::DESCRIBE_NETWORK_INTERFACES,
            Self::DescribeNetworkAcls => op::DESCRIBE_NETWORK_ACLS,
            Self::DescribePeeringConnections => op::DESCRIBE_VPC_PEERING_CONNECTIONS,
            Self::DescribeRouteTables => op::DESCRIBE_ROUTE_TABLES,
            Self::Call(call) => call.operation(),
        }
    }

    /// The read that this IAM action permits, if it is one of EC2's.
    pub(crate) fn of_read(action: &str) -> Option<Self> {
        Self::READS.into_iter().find(|read| read.operation() == action)
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
