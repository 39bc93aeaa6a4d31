//! IPv4 networks.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::Ipv4Net;

use super::InvalidValue;

const WHAT: &str = "IPv4 CIDR";

/// An IPv4 network in its one spelling: `10.1.0.0/16`.
///
/// Host bits are refused, because a network that is compared with what AWS returns must equal
/// it. Ordered by network address, then by prefix length, so that what contains comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(Ipv4Net);

impl Cidr {
    /// All of IPv4: `0.0.0.0/0`.
    pub const ANYWHERE: Self = Self::constant([0, 0, 0, 0], 0);

    /// RFC 1918: the blocks for private use.
    pub const RFC1918: [Self; 3] = [
        Self::constant([10, 0, 0, 0], 8),
        Self::constant([172, 16, 0, 0], 12),
        Self::constant([192, 168, 0, 0], 16),
    ];

    /// A network that our own code names; host bits are not checked.
    pub(crate) const fn constant(network: [u8; 4], prefix_len: u8) -> Self {
        let [a, b, c, d] = network;
        Self(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix_len))
    }

    /// The network of 2^(32 − `prefix_len`) addresses from `network` on.
    ///
    /// # Errors
    ///
    /// When the prefix is longer than 32 bits, or `network` is not the network's first address;
    /// the message suggests the one that is.
    pub fn new(network: Ipv4Addr, prefix_len: u8) -> Result<Self, InvalidValue> {
        let refused =
            |rule: String| InvalidValue::new(WHAT, format!("{network}/{prefix_len}"), rule);
        let Ok(net) = Ipv4Net::new(network, prefix_len) else {
            return Err(refused("the prefix length must not exceed 32".to_owned()));
        };
        if net.network() != network {
            let rule = format!("it has bits set behind the prefix; use {}", net.trunc());
            return Err(refused(rule));
        }
        Ok(Self(net))
    }

    /// The network of just this address.
    pub fn host(address: Ipv4Addr) -> Self {
        Self(address.into())
    }

    /// The first address, which with the prefix length is the CIDR.
    pub fn network(&self) -> Ipv4Addr {
        self.0.addr()
    }

    /// The prefix length in bits, 0–32.
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// The first address, that of the network included.
    pub fn first(&self) -> Ipv4Addr {
        self.0.addr()
    }

    /// The last address, that of broadcast included.
    pub fn last(&self) -> Ipv4Addr {
        self.0.broadcast()
    }

    /// Whether the two have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether all of `other` is in this network.
    pub fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The network of twice the size that this one is half of; `None` for all of IPv4.
    pub fn supernet(&self) -> Option<Self> {
        self.0.supernet().map(Self)
    }

    /// Whether an address is in this network.
    pub fn contains_addr(&self, address: Ipv4Addr) -> bool {
        self.0.contains(&address)
    }

    /// Whether all of it is in one of the three blocks for private use (RFC 1918).
    pub fn is_rfc1918(&self) -> bool {
        Self::RFC1918.iter().any(|block| block.contains(self))
    }
}

impl FromStr for Cidr {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match parse(text) {
            Some((network, prefix_len)) => Self::new(network, prefix_len),
            None => Err(InvalidValue::new(WHAT, text, malformed(text))),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

value_traits!(Cidr, r"^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$");

/// Each prefix length has one spelling, as each address has for the standard library, or equal
/// networks would be unequal as text.
fn parse(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, length) = text.split_once('/')?;
    let is_plain = length.bytes().all(|byte| byte.is_ascii_digit())
        && (length == "0" || !length.starts_with('0'));
    Some((address.parse().ok()?, length.parse().ok().filter(|_| is_plain)?))
}

fn malformed(text: &str) -> String {
    let address = text.split('/').next().unwrap_or_default();
    if text.parse::<Ipv4Addr>().is_ok() {
        return format!("it has no prefix length; use {text}/32 for this one address");
    }
    if address.parse::<Ipv6Addr>().is_ok() {
        return "it is an IPv6 network; only IPv4 can be used here".to_owned();
    }
    "it must be an IPv4 address and a prefix length, such as 10.1.0.0/16".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::testing::{accepts, refuses};

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn one_spelling() {
        accepts::<Cidr>(&[
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.1.1.0/24",
            "10.1.1.5/32",
            "255.255.255.255/32",
            "128.0.0.0/1",
        ]);
        let shape = "it must be an IPv4 address and a prefix length, such as 10.1.0.0/16";
        for (text, rule) in [
            ("10.1.1.5/24", "it has bits set behind the prefix; use 10.1.1.0/24"),
            ("10.0.0.1/0", "it has bits set behind the prefix; use 0.0.0.0/0"),
            ("10.1.1.5", "it has no prefix length; use 10.1.1.5/32 for this one address"),
            ("10.0.0.0/33", "the prefix length must not exceed 32"),
            ("2001:db8::/32", "it is an IPv6 network; only IPv4 can be used here"),
            ("::1", "it is an IPv6 network; only IPv4 can be used here"),
            ("10.0.0.0/08", shape),
            ("10.0.0.0/+8", shape),
            ("10.0.0.0/", shape),
            ("10.0.0.0/8/8", shape),
            ("10.0.0.0/255.0.0.0", shape),
            ("10.0.0/8", shape),
            ("10.0.0.010/32", shape),
            ("256.0.0.0/32", shape),
            ("1000.0.0.0/32", shape),
            ("10.0.0.0/256", shape),
            ("10.0.0.0/100", "the prefix length must not exceed 32"),
            (" 10.0.0.0/8", shape),
            ("", shape),
        ] {
            refuses::<Cidr>(&[(text, &format!("{text:?} is not an IPv4 CIDR: {rule}"))]);
        }
        assert_eq!(
            Cidr::new(Ipv4Addr::new(10, 1, 1, 5), 24).unwrap_err().to_string(),
            "\"10.1.1.5/24\" is not an IPv4 CIDR: it has bits set behind the prefix; use 10.1.1.0/24"
        );
    }

    #[test]
    fn private_means_wholly_inside_one_block() {
        for (text, private) in [
            ("10.0.0.0/8", true),
            ("10.255.255.255/32", true),
            ("172.16.0.0/12", true),
            ("172.31.255.0/24", true),
            ("192.168.0.0/16", true),
            ("8.0.0.0/7", false),
            ("172.0.0.0/8", false),
            ("172.32.0.0/16", false),
            ("192.169.0.0/16", false),
            ("11.0.0.0/8", false),
            ("0.0.0.0/0", false),
        ] {
            assert_eq!(cidr(text).is_rfc1918(), private, "{text}");
        }
    }

    #[test]
    fn a_host_is_in_one_network_of_each_size() {
        let host = Cidr::host(Ipv4Addr::new(10, 1, 1, 5));
        assert_eq!(host, cidr("10.1.1.5/32"));
        let around: Vec<_> = std::iter::successors(Some(host), Cidr::supernet).collect();
        assert_eq!((around.len(), around[32]), (33, Cidr::ANYWHERE));
        assert_eq!(around[16], cidr("10.1.0.0/16"));
        assert!(around.windows(2).all(|pair| pair[1].contains(&pair[0])));
    }

    #[test]
    fn ends_and_order() {
        assert_eq!(Cidr::ANYWHERE, cidr("0.0.0.0/0"));
        let value = cidr("10.1.0.0/16");
        assert_eq!((value.network(), value.prefix_len()), (Ipv4Addr::new(10, 1, 0, 0), 16));
        assert_eq!(value.first(), Ipv4Addr::new(10, 1, 0, 0));
        assert_eq!(value.last(), Ipv4Addr::new(10, 1, 255, 255));
        let ordered = ["0.0.0.0/0", "9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16"];
        assert!(ordered.map(cidr).is_sorted());
    }

    fn any_cidr() -> impl Strategy<Value = Cidr> {
        (any::<u32>(), 0..=32_u8).prop_map(|(bits, len)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
            Cidr::new(Ipv4Addr::from(bits & mask), len).unwrap()
        })
    }

    proptest! {
        /// ipnet takes several spellings of one network; we take the one that it prints.
        #[test]
        fn agrees_with_ipnet_on_text(
            address in any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_string()),
            keep in 0..=32_u32,
            len in "[0-9]{1,2}|[0-9+ ]{0,4}",
        ) {
            let bits = u32::from(address.parse::<Ipv4Addr>().unwrap());
            let mask = u32::MAX.checked_shl(32 - keep).unwrap_or(0);
            let text = format!("{}/{len}", Ipv4Addr::from(bits & mask));
            let theirs = text.parse::<Ipv4Net>().ok().filter(|net| {
                *net == net.trunc() && net.to_string() == text
            });
            prop_assert_eq!(text.parse::<Cidr>().ok().map(|ours| ours.0), theirs);
        }

        #[test]
        fn relations_are_those_of_the_addresses(a in any_cidr(), b in any_cidr(), c in any::<u32>()) {
            let range = |cidr: Cidr| u32::from(cidr.first())..=u32::from(cidr.last());
            let inside = |a: Cidr, b: Cidr| {
                range(a).contains(range(b).start()) && range(a).contains(range(b).end())
            };
            // Random networks rarely meet, so their neighbourhoods are compared, too.
            let near = Cidr(Ipv4Net::new(a.network(), b.prefix_len()).unwrap().trunc());
            for (a, b) in [(a, b), (a, near), (near, a)] {
                prop_assert_eq!(a.contains(&b), inside(a, b));
                prop_assert_eq!(a.overlaps(&b), inside(a, b) || inside(b, a));
            }
            prop_assert_eq!(a.contains_addr(Ipv4Addr::from(c)), range(a).contains(&c));
            let size = u64::from(range(a).end() - range(a).start()) + 1;
            prop_assert_eq!(size, 1 << (32 - a.prefix_len()));
            prop_assert_eq!(a.cmp(&b), (a.network(), a.prefix_len()).cmp(&(b.network(), b.prefix_len())));
        }
    }
}
