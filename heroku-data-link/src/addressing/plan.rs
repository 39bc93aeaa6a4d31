use serde::{Deserialize, Serialize};

use super::block::{Block, Role};
use super::check::InvalidCidrPlan;
use super::conflicts::{Conflicts, Entry};
use super::free::Free;
use crate::model::text::refuses_without_passwords;
use crate::model::{Cidr, CidrSet, InvalidValue, NonEmptySet, SpaceName};

/// The CIDR of a space that was created without one (Heroku's schema of a space).
pub const DEFAULT_SPACE_CIDR: Cidr = Cidr::constant([10, 0, 0, 0], 16);
/// The data CIDR of a space that was created without one: what Heroku lists as unavailable to a
/// default space, and peers with.
pub const DEFAULT_DATA_CIDR: Cidr = Cidr::constant([10, 1, 0, 0], 16);
/// What no VPC may use that is to be peered with a space, whichever the CIDRs of the space
/// (Dev Center, "Private Space Peering").
pub const HEROKU_RESERVED: Cidr = Cidr::constant([172, 17, 0, 0], 16);
const HEROKU_RESERVED_REASON: &str = "Heroku uses it inside every space";

/// Spaces and VPCs that are there, and those that are to be made: one network, in which every VPC
/// is to be peered with every space.
///
/// Plain data: it can be written down as JSON and read again. Each field may be left out. The
/// names of spaces must differ, as must those of VPCs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields, remote = "Self")]
#[non_exhaustive]
pub struct CidrPlan {
    /// The spaces that are there. A Fir space has no place here, as it cannot be peered.
    pub spaces: Vec<SpaceCidrs>,
    /// The VPCs that are there.
    pub vpcs: Vec<VpcCidrs>,
    /// What must not be used, beside [`HEROKU_RESERVED`].
    pub reserved: Vec<Reserved>,
    /// Where new blocks come from: RFC 1918, or a part of it. Default: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<NonEmptySet<Cidr>>,
    /// The spaces to be made; each gets its CIDRs before those after it, and before the VPCs.
    pub new_spaces: Vec<NewSpace>,
    /// The VPCs to be made.
    pub new_vpcs: Vec<NewVpc>,
}

refuses_without_passwords!(CidrPlan);

/// A space and its CIDRs, as `heroku spaces:info` and the Platform API show them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct SpaceCidrs {
    /// Its name.
    pub name: SpaceName,
    /// Where its dynos are. Default: [`DEFAULT_SPACE_CIDR`].
    #[serde(default = "default_space_cidr")]
    pub cidr: Cidr,
    /// Where its data services are. Default: [`DEFAULT_DATA_CIDR`].
    #[serde(default = "default_data_cidr")]
    pub data_cidr: Cidr,
}

fn default_space_cidr() -> Cidr {
    DEFAULT_SPACE_CIDR
}

fn default_data_cidr() -> Cidr {
    DEFAULT_DATA_CIDR
}

impl SpaceCidrs {
    /// A space that was created without asking for CIDRs.
    pub fn new(name: SpaceName) -> Self {
        Self { name, cidr: DEFAULT_SPACE_CIDR, data_cidr: DEFAULT_DATA_CIDR }
    }
}

/// A VPC and its CIDRs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct VpcCidrs {
    /// What it is called in the report: its id, or any text without control characters
    /// or passwords.
    pub name: String,
    /// All its blocks, the secondary ones too; at least one.
    pub cidrs: CidrSet,
}

impl VpcCidrs {
    /// A VPC with these blocks.
    pub fn new(name: impl Into<String>, cidrs: impl IntoIterator<Item = Cidr>) -> Self {
        Self { name: name.into(), cidrs: cidrs.into_iter().collect() }
    }
}

/// A block that must not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Reserved {
    /// The block.
    pub cidr: Cidr,
    /// Why, as the report says it: any text without control characters
    /// or passwords.
    pub reason: String,
}

impl Reserved {
    /// This block, for this reason.
    pub fn new(cidr: Cidr, reason: impl Into<String>) -> Self {
        Self { cidr, reason: reason.into() }
    }
}

/// A space to be made. Its CIDR is a /16, as Heroku has no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct NewSpace {
    /// Its name.
    pub name: SpaceName,
    /// The prefix length of its data CIDR in bits, 16–20.
    pub data_prefix_len: u8,
}

impl NewSpace {
    /// A space with a data CIDR of this size.
    pub fn new(name: SpaceName, data_prefix_len: u8) -> Self {
        Self { name, data_prefix_len }
    }
}

/// A VPC to be made, with one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct NewVpc {
    /// What it is called in the report: any text without control characters
    /// or passwords.
    pub name: String,
    /// The prefix length of its CIDR in bits, 16–28.
    pub prefix_len: u8,
}

impl NewVpc {
    /// A VPC of this size.
    pub fn new(name: impl Into<String>, prefix_len: u8) -> Self {
        Self { name: name.into(), prefix_len }
    }
}

impl CidrPlan {
    /// A plan without anything in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a plan that was written down as JSON. What it says is not judged yet.
    ///
    /// # Errors
    /// When it is not JSON, or not that of a plan; the source says where.
    pub fn from_json(text: &str) -> Result<Self, InvalidCidrPlan> {
        serde_json::from_str(text).map_err(InvalidCidrPlan::Json)
    }

    /// What is there or reserved, in the order of the plan.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.entries().map(|entry| entry.block)
    }

    /// Every conflict once, in the order of addresses. There can be n²/2 of them for n blocks, so
    /// take as many as you need.
    pub fn conflicts(&self) -> Conflicts<'_> {
        Conflicts::new(self.entries().collect())
    }

    /// The lowest block of this size in the pool that overlaps nothing that is there or reserved;
    /// `None` if there is none.
    ///
    /// # Errors
    /// When nothing of that role has this size, or the pool is not inside RFC 1918.
    pub fn first_free(&self, role: Role, prefix_len: u8) -> Result<Option<Cidr>, InvalidValue> {
        role.check_size(prefix_len)?;
        self.check_pool().next().map_or(Ok(()), Err)?;
        Ok(self.free().take(prefix_len))
    }

    /// The blocks that are free for proposals.
    pub(super) fn free(&self) -> Free {
        let taken = self.blocks().map(|block| block.cidr).collect();
        Free::new(taken, &self.pool())
    }

    /// The pool, be it the default.
    pub(super) fn pool(&self) -> CidrSet {
        match &self.pool {
            Some(pool) => pool.iter().copied().collect(),
            None => Cidr::RFC1918.into_iter().collect(),
        }
    }

    /// The same, each with what else its space or VPC has.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let spaces = self.spaces.iter().flat_map(|space| {
            let block = |role, cidr| Block { cidr, role, name: space.name.as_str() };
            let dynos = block(Role::SpaceCidr, space.cidr);
            let data = block(Role::SpaceDataCidr, space.data_cidr);
            [
                Entry { block: dynos, sibling: Some(data), vpc: None },
                Entry { block: data, sibling: Some(dynos), vpc: None },
            ]
        });
        let vpcs = self.vpcs.iter().flat_map(|vpc| {
            vpc.cidrs.iter().map(|cidr| {
                let block = Block { cidr: *cidr, role: Role::VpcCidr, name: &vpc.name };
                Entry { block, sibling: None, vpc: Some(&vpc.cidrs) }
            })
        });
        let reserved = self.reserved.iter().map(|it| (it.cidr, it.reason.as_str()));
        let reserved = std::iter::once((HEROKU_RESERVED, HEROKU_RESERVED_REASON))
            .chain(reserved)
            .map(|(cidr, name)| Block { cidr, role: Role::Reserved, name })
            .map(|block| Entry { block, sibling: None, vpc: None });
        spaces.chain(vpcs).chain(reserved)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn what_a_plan_leaves_out_has_herokus_defaults() {
        let plan = CidrPlan::from_json(r#"{ "spaces": [{ "name": "jp" }] }"#).unwrap();
        let blocks: Vec<_> = plan.blocks().map(|block| block.to_string()).collect();
        assert_eq!(
            blocks,
            [
                "10.0.0.0/16 (CIDR of space jp)",
                "10.1.0.0/16 (data CIDR of space jp)",
                "172.17.0.0/16 (reserved: Heroku uses it inside every space)",
            ]
        );
        assert_eq!(plan.spaces, [SpaceCidrs::new("jp".parse().unwrap())]);
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(CidrPlan::from_json(&text).unwrap(), plan);
    }

    #[test]
    fn constants_are_networks() {
        for cidr in [DEFAULT_SPACE_CIDR, DEFAULT_DATA_CIDR, HEROKU_RESERVED] {
            assert_eq!(cidr.to_string().parse(), Ok(cidr));
        }
    }

    #[test]
    fn what_is_no_plan_is_refused_with_the_place() {
        for (text, expected) in [
            ("{", "EOF"),
            (r#"{ "space": [] }"#, "unknown field `space`"),
            (r#"{ "spaces": [{ "name": "a", "data_cidr": "10.0.0.0/16" }] }"#, "unknown field"),
            (r#"{ "vpcs": [{ "name": "a", "cidrs": ["10.0.0.1/16"] }] }"#, "use 10.0.0.0/16"),
            (r#"{ "new-vpcs": [{ "name": "a", "prefix-len": 300 }] }"#, "300"),
            (r#"{ "pool": [] }"#, "at least one"),
        ] {
            let error = CidrPlan::from_json(text).unwrap_err();
            assert_eq!(error.to_string(), "the CIDR plan cannot be read");
            let source = error.source().unwrap().to_string();
            assert!(source.contains(expected) && source.contains("line 1"), "{text}: {source}");
        }
    }
}
