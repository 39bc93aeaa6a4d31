//! Network ACLs: what passes the border of a subnet.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};

use async_trait::async_trait;

use super::{Protocol, ProviderResult};
use crate::model::{Cidr, NetworkAclId, PortRange, SubnetId, VpcId};

/// What an entry does to the traffic that it matches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclAction {
    /// It passes.
    Allow,
    /// It is dropped.
    Deny,
    /// What this version cannot read, as AWS writes it.
    Other(String),
}

impl fmt::Display for AclAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Other(text) => text,
        })
    }
}

/// Whose traffic an entry is about: where it comes from, or goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclBlock {
    /// An IPv4 block.
    V4(Cidr),
    /// An IPv6 block, as AWS writes it.
    V6(String),
    /// What this version cannot read, as AWS writes it.
    Other(String),
}

impl fmt::Display for AclBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(cidr) => Display::fmt(cidr, f),
            Self::V6(text) | Self::Other(text) => f.write_str(text),
        }
    }
}

/// One entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AclEntry {
    /// Its place: of the entries that match, the one of the lowest number decides. 0 comes first,
    /// and is that of an entry whose number cannot be read.
    pub number: u16,
    /// What it does.
    pub action: AclAction,
    /// The protocol, as in a rule of a security group.
    pub protocol: Protocol,
    /// The ports of the receiver; `None` where the protocol has none, or all are meant.
    pub ports: Option<PortRange>,
    /// Whose traffic it is about.
    pub block: AclBlock,
}

impl AclEntry {
    /// The last entry of every direction, which denies what no other matches.
    pub const LAST: u16 = 32_767;

    /// An entry about TCP.
    pub fn tcp(number: u16, action: AclAction, ports: PortRange, block: Cidr) -> Self {
        let (protocol, ports) = (Protocol::Tcp, Some(ports));
        Self { number, action, protocol, ports, block: AclBlock::V4(block) }
    }

    /// An entry about everything that is IPv4.
    pub fn everything(number: u16, action: AclAction) -> Self {
        let (protocol, block) = (Protocol::Other("-1".to_owned()), AclBlock::V4(Cidr::ANYWHERE));
        Self { number, action, protocol, ports: None, block }
    }
}

/// A network ACL of a VPC. It keeps no state: answers need entries of their own. What stays within
/// one subnet does not pass it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: NetworkAclId,
    /// The VPC that it belongs to.
    pub vpc: VpcId,
    /// Whether it is the VPC's default one, for the subnets that are associated with no other.
    pub is_default: bool,
    /// The subnets that are associated with it.
    pub subnets: BTreeSet<SubnetId>,
    /// What may enter its subnets, in the order of the numbers, the last entry included.
    pub ingress: Vec<AclEntry>,
    /// What may leave its subnets, likewise.
    pub egress: Vec<AclEntry>,
}

/// Reads network ACLs.
#[async_trait]
pub trait NetworkAcls: Debug + Send + Sync {
    /// All network ACLs of a VPC. An entry that cannot be read is listed with what is known.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn network_acls(&self, vpc: &VpcId) -> ProviderResult<Vec<NetworkAcl>>;
}
