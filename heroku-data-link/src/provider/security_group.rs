use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};

use async_trait::async_trait;
use serde::Serialize;

use super::{ProviderResult, Tag, Tags};
use crate::model::{Cidr, PortRange, SecurityGroupId, VpcId};

/// A transport protocol of a security group rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// Anything else, as AWS writes it (`udp`, `-1` for all).
    Other(String),
}

/// Where traffic may come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IngressSource {
    /// An IPv4 block.
    Cidr(Cidr),
    /// The interfaces that carry this security group.
    Group(SecurityGroupId),
    /// An IPv6 block or a prefix list, as AWS writes it.
    Other(String),
}

impl fmt::Display for IngressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(cidr) => Display::fmt(cidr, f),
            Self::Group(id) => Display::fmt(id, f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// One inbound rule of a security group. Unique within its group; the description does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct IngressRule {
    /// The protocol.
    pub protocol: Protocol,
    /// The ports; `None` where the protocol has none, or all are meant.
    pub ports: Option<PortRange>,
    /// Where the traffic may come from.
    pub source: IngressSource,
}

impl IngressRule {
    /// TCP to `ports` from `source`.
    pub fn tcp(ports: PortRange, source: IngressSource) -> Self {
        Self { protocol: Protocol::Tcp, ports: Some(ports), source }
    }
}

impl fmt::Display for IngressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.protocol {
            Protocol::Tcp => f.write_str("tcp")?,
            Protocol::Other(name) => write!(f, "protocol {name}")?,
        }
        if let Some(ports) = self.ports {
            write!(f, " {ports}")?;
        }
        write!(f, " from {}", self.source)
    }
}

/// A security group with its inbound rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// Its name, unique in its VPC ignoring case.
    pub name: String,
    /// The VPC that it belongs to.
    pub vpc: VpcId,
    /// Its tags.
    pub tags: Tags,
    /// Its inbound rules.
    pub ingress: BTreeSet<IngressRule>,
}

/// Which security groups to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupQuery {
    /// All of the region that carry this tag.
    Tagged(Tag),
    /// The one of this name in a VPC.
    Named {
        /// The VPC.
        vpc: VpcId,
        /// The name; case does not count.
        name: String,
    },
    /// Those that exist among these.
    Ids(BTreeSet<SecurityGroupId>),
}

/// A security group to be made, without inbound rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewSecurityGroup {
    /// The VPC.
    pub vpc: VpcId,
    /// At most 255 characters, not starting with `sg-`.
    pub name: String,
    /// At most 255 characters of ``a-zA-Z0-9 ._-:/()#,@[]+=&;{}!$*``.
    pub description: String,
    /// Set in the same call.
    pub tags: Tags,
}

/// Manages security groups.
#[async_trait]
pub trait SecurityGroups: Debug + Send + Sync {
    /// The groups that the query selects.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn security_groups(&self, query: &GroupQuery) -> ProviderResult<Vec<SecurityGroup>>;

    /// Makes a group.
    ///
    /// # Errors
    /// `Conflict` when the VPC has a group of that name, ignoring case.
    async fn create_security_group(
        &self,
        group: &NewSecurityGroup,
    ) -> ProviderResult<SecurityGroupId>;

    /// Adds tags, replacing those of the same key.
    ///
    /// # Errors
    /// `NotFound` for an unknown group.
    async fn tag_security_group(&self, group: &SecurityGroupId, tags: &Tags) -> ProviderResult<()>;

    /// Adds one rule.
    ///
    /// # Errors
    /// `Conflict` when the rule is there already; `NotFound` for an unknown group.
    async fn authorize_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()>;

    /// Removes one rule; one that is not there is no error.
    ///
    /// # Errors
    /// `NotFound` for an unknown group.
    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()>;

    /// Deletes a group.
    ///
    /// # Errors
    /// `Conflict` while a network interface uses it.
    async fn delete_security_group(&self, group: &SecurityGroupId) -> ProviderResult<()>;
}
