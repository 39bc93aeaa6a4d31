use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};
use std::ops::RangeInclusive;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ProviderResult, Tag, Tags};
use crate::model::{AccountId, Cidr, PortRange, PrefixListId, SecurityGroupId, VpcId};

/// A transport protocol of a security group rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// Anything else, as AWS writes it (`udp`, `-1` for all).
    Other(String),
}

impl Protocol {
    /// The TCP ports that a rule of this protocol and of `ports` is about; `None` for a rule that is
    /// not about TCP.
    pub(crate) fn tcp_ports(&self, ports: Option<PortRange>) -> Option<RangeInclusive<u16>> {
        const ALL: RangeInclusive<u16> = 0..=u16::MAX;
        match self {
            Self::Tcp => Some(ports.map_or(ALL, |ports| ports.from()..=ports.to())),
            Self::Other(name) if name == "-1" => Some(ALL),
            // Ranges that begin with port 0, which is no port.
            Self::Other(name) => {
                let ports = name.strip_prefix("tcp:").or_else(|| name.strip_prefix("6:"))?;
                let (from, to) = ports.split_once(':')?;
                Some(from.parse().ok()?..=to.parse().ok()?)
            }
        }
    }
}

/// Where traffic may come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IngressSource {
    /// An IPv4 block.
    Cidr(Cidr),
    /// The interfaces that carry this security group of the account.
    Group(SecurityGroupId),
    /// The interfaces that carry this security group of another account: `111122223333/sg-…`.
    GroupOf(AccountId, SecurityGroupId),
    /// The blocks of this prefix list.
    PrefixList(PrefixListId),
    /// An IPv6 block, or what this version cannot read, as AWS writes it.
    Other(String),
}

impl IngressSource {
    /// The security group, whichever account has it.
    pub fn group(&self) -> Option<&SecurityGroupId> {
        match self {
            Self::Group(id) | Self::GroupOf(_, id) => Some(id),
            Self::Cidr(_) | Self::PrefixList(_) | Self::Other(_) => None,
        }
    }

    /// Whether AWS takes both for one source. A group is known by its id: AWS names the account
    /// beside it only where that is another one, and not once the group is deleted.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.group(), other.group()) {
            (Some(group), Some(other)) => group == other,
            (None, None) => self == other,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl fmt::Display for IngressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(cidr) => Display::fmt(cidr, f),
            Self::Group(id) => Display::fmt(id, f),
            Self::GroupOf(account, id) => write!(f, "{account}/{id}"),
            Self::PrefixList(id) => Display::fmt(id, f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// One inbound rule of a security group. Unique within its group; the description does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    /// Whether AWS takes both for one rule, however each writes its [source](IngressSource::is_same).
    pub fn is_same(&self, other: &Self) -> bool {
        self.protocol == other.protocol
            && self.ports == other.ports
            && self.source.is_same(&other.source)
    }

    /// Whether it is for IPv6 addresses alone. AWS counts those by themselves.
    pub fn is_ipv6(&self) -> bool {
        matches!(&self.source, IngressSource::Other(text) if text.contains(':'))
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
    /// The groups that its outbound rules refer to; nothing else is read of those rules.
    pub egress_groups: BTreeSet<SecurityGroupId>,
}

/// Which security groups to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupQuery {
    /// All of the region that carry this tag.
    Tagged(Tag),
    /// All of the region that carry a tag of this key, whatever its value.
    WithTag(String),
    /// The one of this name in a VPC.
    Named {
        /// The VPC.
        vpc: VpcId,
        /// The name; case does not count.
        name: String,
    },
    /// Those that exist among these.
    Ids(BTreeSet<SecurityGroupId>),
    /// The other groups of the account and region whose inbound or outbound rules refer to this
    /// one.
    ReferringTo(SecurityGroupId),
}

/// A security group to be made, without inbound rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

    /// Adds one rule. A group of another account must be in a VPC that is peered with this one's.
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
    /// `Conflict` while a network interface uses it, or a rule of another group refers to it.
    async fn delete_security_group(&self, group: &SecurityGroupId) -> ProviderResult<()>;
}
