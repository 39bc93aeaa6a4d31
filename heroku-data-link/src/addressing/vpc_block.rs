//! What a block of a VPC may be that is to be peered with a space, as the primary one or beside it.

use crate::model::{Cidr, CidrSet};

/// What a VPC may have beside blocks for private use, such as for the pods of EKS: the space shared
/// between carriers (RFC 6598), and half of the one for benchmarks (RFC 2544).
const SHARED: [Cidr; 2] =
    [Cidr::constant([100, 64, 0, 0], 10), Cidr::constant([198, 19, 0, 0], 16)];

/// Whose addresses a block of a VPC has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VpcBlock {
    /// For private use (RFC 1918): Heroku peers with it.
    Private,
    /// Neither for private nor for public use, and a secondary block: it may stay, and nothing
    /// documents that Heroku routes it.
    Shared,
    /// Anything else: Heroku peers with no such VPC.
    Refused,
}

impl VpcBlock {
    /// What `cidr` is in a VPC that has the blocks `all`.
    ///
    /// A shared block is a secondary one where the VPC also has one for private use: AWS gives a VPC
    /// whose primary block is shared none ("IPv4 CIDR block association restrictions").
    pub(crate) fn of(cidr: Cidr, all: &CidrSet) -> Self {
        let is_shared = || SHARED.iter().any(|shared| shared.contains(&cidr));
        if cidr.is_rfc1918() {
            Self::Private
        } else if is_shared() && all.iter().any(Cidr::is_rfc1918) {
            Self::Shared
        } else {
            Self::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_block_is_secondary_to_one_for_private_use() {
        use VpcBlock::{Private, Refused, Shared};
        for (cidrs, expected) in [
            (&["172.16.0.0/16", "172.32.0.0/16"][..], &[Private, Refused][..]),
            (&["10.0.0.0/16", "100.64.0.0/10", "198.19.0.0/16"], &[Private, Shared, Shared]),
            (&["10.0.0.0/16", "100.0.0.0/9", "198.18.0.0/15"], &[Private, Refused, Refused]),
            (&["100.64.0.0/16", "198.19.0.0/16"], &[Refused, Refused]),
            (&["8.8.8.0/24", "100.64.0.0/16"], &[Refused, Refused]),
        ] {
            let all: CidrSet = cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect();
            let found: Vec<_> =
                cidrs.iter().map(|cidr| VpcBlock::of(cidr.parse().unwrap(), &all)).collect();
            assert_eq!(found, expected, "{cidrs:?}");
        }
    }
}
