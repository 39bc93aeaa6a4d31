use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use super::vpc_block::VpcBlock;
use crate::model::{Cidr, CidrSet, InvalidValue};

/// The one prefix length of a space's CIDR, in bits (Heroku's schema of a space).
pub(super) const SPACE_PREFIX_LEN: u8 = 16;

/// What a block of addresses is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Role {
    /// Where the dynos of a space are: Heroku's `cidr`.
    SpaceCidr,
    /// Where the data services of a space are: Heroku's `data_cidr`.
    SpaceDataCidr,
    /// A block of a VPC, primary or secondary.
    VpcCidr,
    /// Not to be used.
    Reserved,
}

impl Role {
    pub(super) const ALL: [Self; 4] =
        [Self::SpaceCidr, Self::SpaceDataCidr, Self::VpcCidr, Self::Reserved];

    /// The prefix lengths that Heroku or AWS takes, in bits; `None` if it is nothing to be made.
    pub fn prefix_lens(self) -> Option<RangeInclusive<u8>> {
        match self {
            Self::SpaceCidr => Some(SPACE_PREFIX_LEN..=SPACE_PREFIX_LEN),
            // Heroku's schema of a space.
            Self::SpaceDataCidr => Some(16..=20),
            // AWS's limits for an IPv4 block of a VPC.
            Self::VpcCidr => Some(16..=28),
            Self::Reserved => None,
        }
    }

    /// The rule that such a block must follow.
    pub fn rule(self) -> &'static str {
        match self {
            Self::SpaceCidr => "it must be a /16 inside RFC 1918; Heroku takes nothing else",
            Self::SpaceDataCidr => {
                "it must be a /16 to /20 inside RFC 1918; Heroku takes nothing else"
            }
            Self::VpcCidr => {
                "it must be a /16 to /28, as AWS has no other, inside RFC 1918, as Heroku peers \
                 with no other"
            }
            Self::Reserved => "a reserved block is nothing to be made",
        }
    }

    /// Refuses a size that nothing of this role can have.
    pub(super) fn check_size(self, prefix_len: u8) -> Result<(), InvalidValue> {
        if self.prefix_lens().is_some_and(|allowed| allowed.contains(&prefix_len)) {
            return Ok(());
        }
        let what = match self {
            Self::SpaceCidr => "size of a space's CIDR",
            Self::SpaceDataCidr => "size of a space's data CIDR",
            Self::VpcCidr => "size of a VPC's CIDR",
            Self::Reserved => "size of a new block",
        };
        Err(InvalidValue::new(what, format!("/{prefix_len}"), self.rule()))
    }

    /// Whether a block that is there follows [`rule`](Self::rule); `vpc` is all blocks of the VPC
    /// that has it.
    pub(super) fn allows(self, cidr: Cidr, vpc: Option<&CidrSet>) -> bool {
        let has_good_addresses = || match vpc {
            Some(all) => VpcBlock::of(cidr, all) != VpcBlock::Refused,
            None => cidr.is_rfc1918(),
        };
        self.prefix_lens()
            .is_none_or(|allowed| allowed.contains(&cidr.prefix_len()) && has_good_addresses())
    }

    /// The roles whose blocks must not overlap one of this role, whoever has them.
    pub(super) fn conflicts_with(self) -> &'static [Self] {
        match self {
            Self::SpaceCidr => &[Self::SpaceCidr, Self::VpcCidr, Self::Reserved],
            Self::SpaceDataCidr => &[Self::VpcCidr, Self::Reserved],
            Self::VpcCidr => &Self::ALL,
            Self::Reserved => &[Self::SpaceCidr, Self::SpaceDataCidr, Self::VpcCidr],
        }
    }

    /// Says whose it is: `CIDR of space orders`.
    pub(super) fn write(self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpaceCidr => write!(f, "CIDR of space {name}"),
            Self::SpaceDataCidr => write!(f, "data CIDR of space {name}"),
            Self::VpcCidr => write!(f, "CIDR of VPC {name}"),
            Self::Reserved => write!(f, "reserved: {name}"),
        }
    }
}

/// A block of addresses, what it is for, and whose it is.
///
/// Prints as `10.0.0.0/16 (CIDR of space orders)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Block<'a> {
    /// The addresses.
    pub cidr: Cidr,
    /// What they are for.
    pub role: Role,
    /// The name of the space or VPC, or why they are reserved.
    pub name: &'a str,
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.cidr)?;
        self.role.write(self.name, f)?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_role_conflicts_with_conflicts_with_it() {
        for a in Role::ALL {
            for b in Role::ALL {
                let meet = |a: Role, b: Role| a.conflicts_with().contains(&b);
                assert_eq!(meet(a, b), meet(b, a), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn sizes_are_those_that_the_clouds_take() {
        let taken = |role: Role| {
            let sizes: Vec<_> = (0..=40).filter(|len| role.check_size(*len).is_ok()).collect();
            (sizes.first().copied(), sizes.last().copied(), sizes.len())
        };
        assert_eq!(taken(Role::SpaceCidr), (Some(16), Some(16), 1));
        assert_eq!(taken(Role::SpaceDataCidr), (Some(16), Some(20), 5));
        assert_eq!(taken(Role::VpcCidr), (Some(16), Some(28), 13));
        assert_eq!(taken(Role::Reserved), (None, None, 0));
        assert_eq!(
            Role::SpaceCidr.check_size(17).unwrap_err().to_string(),
            "\"/17\" is not a size of a space's CIDR: it must be a /16 inside RFC 1918; Heroku \
             takes nothing else"
        );
    }

    #[test]
    fn blocks_that_are_there_follow_their_rule_or_not() {
        for (role, cidr, allowed) in [
            (Role::SpaceCidr, "10.4.0.0/16", true),
            (Role::SpaceCidr, "10.4.0.0/17", false),
            (Role::SpaceCidr, "100.64.0.0/16", false),
            (Role::SpaceDataCidr, "172.23.0.0/20", true),
            (Role::SpaceDataCidr, "172.23.0.0/21", false),
            (Role::VpcCidr, "192.168.0.0/28", true),
            (Role::VpcCidr, "192.168.0.0/29", false),
            (Role::VpcCidr, "172.32.0.0/16", false),
            (Role::Reserved, "0.0.0.0/0", true),
        ] {
            assert_eq!(role.allows(cidr.parse().unwrap(), None), allowed, "{role:?} {cidr}");
        }
    }
}
