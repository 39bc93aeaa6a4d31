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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cidrs: &[&str]) -> CidrSet {
        cidrs.iter().map(|text| text.parse::<Cidr>().unwrap()).collect()
    }

    #[test]
    fn two_halves_of_a_pool_make_a_whole() {
        let pool = set(&["10.0.0.0/17", "10.0.128.0/17"]);
        let mut free = Free::new(CidrSet::new(), &pool);
        assert_eq!(free.take(16), "10.0.0.0/16".parse().ok());
        assert_eq!(free.take(28), None);
    }

    #[test]
    fn each_size_is_searched_on_its_own() {
        let pool = set(&["10.0.0.0/16", "10.2.0.0/16"]);
        let mut free = Free::new(set(&["10.0.0.0/24"]), &pool);
        let taken: Vec<_> = [16, 24, 16, 17, 24, 18, 18].map(|len| free.take(len)).into();
        let expected = [
            Some("10.2.0.0/16"),
            Some("10.0.1.0/24"),
            None,
            Some("10.0.128.0/17"),
            Some("10.0.2.0/24"),
            Some("10.0.64.0/18"),
            None,
        ];
        let expected: Vec<_> =
            expected.map(|text| text.map(|text| text.parse::<Cidr>().unwrap())).into();
        assert_eq!(taken, expected);
    }
}
