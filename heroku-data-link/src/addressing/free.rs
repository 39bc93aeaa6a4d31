use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::model::{Cidr, CidrSet};

/// Gives out blocks of a pool, each the lowest of its size that overlaps nothing taken and nothing
/// given before.
#[derive(Debug, Clone)]
pub(super) struct Free {
    taken: CidrSet,
    pool: CidrSet,
    /// For each size that was asked for, where the search goes on; `None` at its end. What it has
    /// passed stays taken, so that any number of blocks of a size costs one pass.
    from: BTreeMap<u8, Option<Ipv4Addr>>,
}

impl Free {
    pub(super) fn new(taken: CidrSet, pool: &CidrSet) -> Self {
        // Merged, a pool has each of its blocks inside one member.
        Self { taken, pool: pool.merged(), from: BTreeMap::new() }
    }

    pub(super) fn take(&mut self, prefix_len: u8) -> Option<Cidr> {
        let from = (*self.from.entry(prefix_len).or_insert(Some(Ipv4Addr::UNSPECIFIED)))?;
        let found = self
            .pool
            .iter()
            .filter(|member| from <= member.last())
            .find_map(|member| self.taken.first_free_from(from, member, prefix_len));
        self.taken.extend(found);
        self.from.insert(prefix_len, found.map(|cidr| cidr.first()));
        found
    }
}
