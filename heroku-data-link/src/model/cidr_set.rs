//! Sets of IPv4 networks.

use std::collections::{BTreeSet, btree_set};
use std::fmt;
use std::iter;
use std::net::Ipv4Addr;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::Cidr;

/// A set of networks in order; they may overlap one another.
///
/// Serde and `Display` write a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CidrSet(BTreeSet<Cidr>);

impl CidrSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The members in order.
    pub fn iter(&self) -> btree_set::Iter<'_, Cidr> {
        self.0.iter()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a network; `false` if it was a member already.
    pub fn insert(&mut self, cidr: Cidr) -> bool {
        self.0.insert(cidr)
    }

    /// Whether exactly this network is a member.
    pub fn contains(&self, cidr: &Cidr) -> bool {
        self.0.contains(cidr)
    }

    /// Whether every address of the network is in some member, be it one or several together.
    pub fn covers(&self, cidr: &Cidr) -> bool {
        // The members come in order, so what is covered from the start grows without gaps.
        let end = after(*cidr);
        let mut covered = start(*cidr);
        for member in &self.0 {
            if start(*member) > covered {
                return false;
            }
            covered = covered.max(after(*member));
            if covered >= end {
                return true;
            }
        }
        false
    }

    /// The members that have an address in common with the network, in order.
    pub fn overlapping<'a>(&'a self, cidr: &'a Cidr) -> impl Iterator<Item = &'a Cidr> {
        self.0
            .iter()
            .take_while(|member| start(**member) < after(*cidr))
            .filter(|member| member.overlaps(cidr))
    }

    /// Whether some member has an address in common with some member of `other`.
    pub fn overlaps(&self, other: &Self) -> bool {
        // Both in order as one: a network overlaps an earlier one of the other set if that set
        // reaches beyond where the network starts.
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut our_end, mut their_end) = (0, 0);
        while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
            let (next, own_end, other_end) = if our <= their {
                (ours.next(), &mut our_end, their_end)
            } else {
                (theirs.next(), &mut their_end, our_end)
            };
            let Some(next) = next else { break };
            if start(*next) < other_end {
                return true;
            }
            *own_end = after(*next).max(*own_end);
        }
        ours.any(|cidr| start(*cidr) < their_end) || theirs.any(|cidr| start(*cidr) < our_end)
    }

    /// The fewest networks that have the same addresses, none of which overlap.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut merged: Vec<Cidr> = Vec::new();
        for cidr in &self.0 {
            // What contains comes first, so only the last one can contain this one.
            if merged.last().is_some_and(|last| last.contains(cidr)) {
                continue;
            }
            let mut cidr = *cidr;
            while let Some(half) = merged.last() {
                match half.supernet() {
                    Some(whole) if Some(whole) == cidr.supernet() => cidr = whole,
                    _ => break,
                }
                merged.pop();
            }
            merged.push(cidr);
        }
        merged.into_iter().collect()
    }

    /// The lowest network of the given prefix length inside `within` that overlaps no member.
    ///
    /// One pass over the members in `within`, whatever the number of networks that could be asked
    /// about.
    pub fn first_free(&self, within: &Cidr, prefix_len: u8) -> Option<Cidr> {
        self.first_free_from(within.first(), within, prefix_len)
    }

    /// The lowest such network that does not start before `from`: a search that goes on where
    /// another ended.
    pub fn first_free_from(&self, from: Ipv4Addr, within: &Cidr, prefix_len: u8) -> Option<Cidr> {
        if prefix_len > 32 {
            return None;
        }
        let size = 1_u64 << (32 - prefix_len);
        let from = Cidr::host(from.max(within.first()));
        // A member that starts no later and is not over yet contains the address.
        let around = iter::successors(Some(from), Cidr::supernet)
            .filter(|cidr| self.0.contains(cidr))
            .last();
        let begin = around.map_or(start(from), after);
        let passed = around.map_or(from, |cidr| Cidr::host(cidr.last()));
        let mut candidate = begin.next_multiple_of(size);
        for member in self.0.range((Bound::Excluded(passed), Bound::Unbounded)) {
            if start(*member) >= candidate + size || candidate >= after(*within) {
                break;
            }
            if after(*member) > candidate {
                candidate = after(*member).next_multiple_of(size);
            }
        }
        if candidate + size > after(*within) {
            return None;
        }
        let network = u32::try_from(candidate).ok()?;
        Cidr::new(Ipv4Addr::from(network), prefix_len).ok()
    }
}

/// The first address as a number.
fn start(cidr: Cidr) -> u64 {
    u32::from(cidr.first()).into()
}

/// The number after the last address, which may be 2^32.
fn after(cidr: Cidr) -> u64 {
    u64::from(u32::from(cidr.last())) + 1
}

impl fmt::Display for CidrSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, cidr) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{cidr}")?;
        }
        Ok(())
    }
}

impl FromIterator<Cidr> for CidrSet {
    fn from_iter<I: IntoIterator<Item = Cidr>>(cidrs: I) -> Self {
        Self(cidrs.into_iter().collect())
    }
}

impl Extend<Cidr> for CidrSet {
    fn extend<I: IntoIterator<Item = Cidr>>(&mut self, cidrs: I) {
        self.0.extend(cidrs);
    }
}

impl IntoIterator for CidrSet {
    type Item = Cidr;
    type IntoIter = btree_set::IntoIter<Cidr>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a CidrSet {
    type Item = &'a Cidr;
    type IntoIter = btree_set::Iter<'a, Cidr>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(cidrs: &[&str]) -> CidrSet {
        cidrs.iter().map(|text| text.parse::<Cidr>().unwrap()).collect()
    }

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_set_is_a_list_in_order() {
        let mut cidrs = set(&["10.1.0.0/16", "10.0.0.0/16", "10.1.0.0/16"]);
        assert_eq!(cidrs.to_string(), "10.0.0.0/16, 10.1.0.0/16");
        assert_eq!((cidrs.len(), cidrs.is_empty(), CidrSet::new().is_empty()), (2, false, true));
        assert!(!cidrs.insert(cidr("10.0.0.0/16")));
        assert!(cidrs.insert(cidr("10.0.0.0/8")));
        assert!(cidrs.contains(&cidr("10.0.0.0/8")) && !cidrs.contains(&cidr("10.0.0.0/9")));
        let json = serde_json::json!(["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16"]);
        assert_eq!(serde_json::to_value(&cidrs).unwrap(), json);
        assert_eq!(serde_json::from_value::<CidrSet>(json).unwrap(), cidrs);
        assert!(serde_json::from_value::<CidrSet>(serde_json::json!(["10.0.0.1/8"])).is_err());
        cidrs.extend([cidr("9.0.0.0/8")]);
        let first = cidr("9.0.0.0/8");
        assert_eq!(cidrs.iter().next(), Some(&first));
        assert_eq!((&cidrs).into_iter().next(), Some(&first));
        assert_eq!(cidrs.into_iter().next(), Some(first));
    }

    #[test]
    fn the_ends_of_the_address_space() {
        let all = Cidr::ANYWHERE;
        assert_eq!(CidrSet::new().first_free(&all, 0), Some(all));
        assert_eq!(set(&["0.0.0.0/0"]).first_free(&all, 32), None);
        assert!(set(&["0.0.0.0/1", "128.0.0.0/1"]).covers(&all));
        let most = set(&["0.0.0.0/1", "128.0.0.0/2"]);
        assert_eq!(most.first_free(&all, 2), Some(cidr("192.0.0.0/2")));
        assert_eq!(most.first_free(&all, 1), None);
        assert!(!most.covers(&all));
        assert_eq!(most.first_free(&all, 33), None);
        assert_eq!(CidrSet::new().first_free(&cidr("10.0.0.0/16"), 8), None);
        assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1", "9.0.0.0/8"]).merged(), set(&["0.0.0.0/0"]));
        let last = Ipv4Addr::BROADCAST;
        assert_eq!(most.first_free_from(last, &all, 32), Some(Cidr::host(last)));
        assert_eq!(most.first_free_from(last, &all, 31), None);
        let upper_half = set(&["10.0.128.0/17"]);
        let free = upper_half.first_free(&cidr("10.0.0.0/16"), 17);
        assert_eq!(free, Some(cidr("10.0.0.0/17")));
    }

    /// The universe of the comparison: the 64 addresses of this network.
    const UNIVERSE: u32 = 0x0a00_0000;

    fn small(prefix: std::ops::RangeInclusive<u8>) -> impl Strategy<Value = Cidr> {
        (0..64_u32, prefix).prop_map(|(bits, len)| {
            let mask = u32::MAX << (32 - u32::from(len));
            Cidr::new(Ipv4Addr::from((UNIVERSE + bits) & mask), len).unwrap()
        })
    }

    fn addresses<'a>(cidrs: impl IntoIterator<Item = &'a Cidr>) -> BTreeSet<u32> {
        let range = |cidr: &Cidr| u32::from(cidr.first())..=u32::from(cidr.last());
        cidrs.into_iter().flat_map(range).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_counting_addresses(
            members in prop::collection::vec(small(27..=32), 0..8),
            others in prop::collection::vec(small(27..=32), 0..4),
            one in small(26..=32),
            longer in 0..=4_u8,
        ) {
            let set: CidrSet = members.iter().copied().collect();
            let taken = addresses(&members);
            let wanted = addresses([&one]);

            prop_assert_eq!(set.covers(&one), wanted.is_subset(&taken));
            let overlapping: Vec<_> = set.overlapping(&one).collect();
            let expected: Vec<_> =
                set.iter().filter(|member| !addresses([*member]).is_disjoint(&wanted)).collect();
            prop_assert_eq!(overlapping, expected);

            let other: CidrSet = others.iter().copied().collect();
            let meet = !addresses(&others).is_disjoint(&taken);
            prop_assert_eq!((set.overlaps(&other), other.overlaps(&set)), (meet, meet));

            let len = one.prefix_len() + longer - 1;
            let blocks = (0..64).filter_map(|at| Cidr::new(Ipv4Addr::from(UNIVERSE + at), len).ok());
            let free = blocks
                .filter(|block| one.contains(block))
                .find(|block| addresses([block]).is_disjoint(&taken));
            prop_assert_eq!(set.first_free(&one, len), free);
        }

        #[test]
        fn a_search_goes_on_anywhere(
            members in prop::collection::vec(small(27..=32), 0..8),
            from in 0..64_u32,
            len in 26..=32_u8,
        ) {
            let set: CidrSet = members.iter().copied().collect();
            let within = Cidr::new(Ipv4Addr::from(UNIVERSE), 26).unwrap();
            let taken = addresses(&members);
            let blocks = (from..64).filter_map(|at| Cidr::new(Ipv4Addr::from(UNIVERSE + at), len).ok());
            let free = blocks
                .filter(|block| within.contains(block))
                .find(|block| addresses([block]).is_disjoint(&taken));
            let from = Ipv4Addr::from(UNIVERSE + from);
            prop_assert_eq!(set.first_free_from(from, &within, len), free);
        }

        #[test]
        fn merging_keeps_the_addresses_in_the_fewest_networks(
            members in prop::collection::vec(small(27..=32), 0..12),
        ) {
            let merged = members.iter().copied().collect::<CidrSet>().merged();
            let all = addresses(&members);
            prop_assert_eq!(addresses(&merged), all.clone());
            // Each is as wide as it can be, so none could be left out or joined with another.
            for cidr in &merged {
                let wider = cidr.supernet().unwrap();
                prop_assert!(!addresses([&wider]).is_subset(&all));
            }
        }
    }
}
