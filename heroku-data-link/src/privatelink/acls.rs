//! How much traffic the entries of a network ACL let pass.

use std::net::Ipv4Addr;

use crate::model::{Cidr, CidrSet, PortRange};
use crate::provider::{AclAction, AclBlock, AclEntry, NetworkAcl};

/// How much of some traffic passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    All,
    Part,
    Nothing,
    /// An entry that cannot be read may decide about some of it.
    Unknown,
}

impl Passage {
    /// That of both kinds of traffic together.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (one, other) if one == other => one,
            _ => Self::Part,
        }
    }
}

/// Addresses or ports, from the first to the last.
type Range = (u32, u32);

/// The addresses of these blocks that are not in `subnet`: what stays within a subnet passes no ACL.
pub(super) fn outside(blocks: &CidrSet, subnet: Option<Cidr>) -> Vec<Range> {
    let mut found = Vec::new();
    for block in &blocks.merged() {
        let (first, last) = ends(*block);
        match subnet.filter(|subnet| subnet.overlaps(block)).map(ends) {
            None => found.push((first, last)),
            Some((from, to)) => {
                found.extend(from.checked_sub(1).map(|end| (first, end)));
                found.extend(to.checked_add(1).map(|begin| (begin, last)));
            }
        }
    }
    found.retain(|(first, last)| first <= last);
    found
}

/// How much of the TCP traffic from or to all of these passes; `All` where there are none.
pub(super) fn passage(entries: &[AclEntry], addresses: &[Range], ports: PortRange) -> Passage {
    let mut passage: Option<Passage> = None;
    for addresses in addresses {
        walk(entries, Area::of(*addresses, ports), &mut |_, verdict| {
            passage = Some(passage.map_or(verdict, |before| before.and(verdict)));
        });
    }
    passage.unwrap_or(Passage::All)
}

/// Whether it is certain that no address outside of the subnet can both reach one of the ports and
/// get an answer.
pub(super) fn is_closed(acl: &NetworkAcl, outside: &[Range], ports: &[PortRange]) -> bool {
    outside.iter().all(|addresses| {
        ports.iter().all(|ports| {
            let mut closed = true;
            walk(&acl.ingress, Area::of(*addresses, *ports), &mut |area, verdict| {
                closed &= verdict == Passage::Nothing
                    || passage(&acl.egress, &[area.addresses], PortRange::EPHEMERAL)
                        == Passage::Nothing;
            });
            closed
        })
    })
}

/// Traffic: all of these addresses at all of these ports.
#[derive(Debug, Clone, Copy)]
struct Area {
    addresses: Range,
    ports: Range,
}

impl Area {
    fn of(addresses: Range, ports: PortRange) -> Self {
        Self { addresses, ports: (ports.from().into(), ports.to().into()) }
    }

    /// What it has in common with another, and the rest of it.
    fn cut(self, other: Self) -> Option<(Self, Vec<Self>)> {
        let (addresses, more_addresses) = cut(self.addresses, other.addresses)?;
        let (ports, more_ports) = cut(self.ports, other.ports)?;
        let beside = more_addresses.into_iter().map(|addresses| Self { addresses, ..self });
        let above = more_ports.into_iter().map(|ports| Self { addresses, ports });
        Some((Self { addresses, ports }, beside.chain(above).collect()))
    }
}

/// What two ranges have in common, and the rest of the first one.
fn cut((a, z): Range, (b, y): Range) -> Option<(Range, Vec<Range>)> {
    let common = (a.max(b), z.min(y));
    if common.0 > common.1 {
        return None;
    }
    let before = (a < common.0).then(|| (a, common.0 - 1));
    let behind = (common.1 < z).then(|| (common.1 + 1, z));
    Some((common, before.into_iter().chain(behind).collect()))
}

/// Tells of every part of the area what the first entry that matches it does; what none matches is
/// dropped.
fn walk(entries: &[AclEntry], area: Area, tell: &mut dyn FnMut(Area, Passage)) {
    let Some((entry, others)) = entries.split_first() else {
        return tell(area, Passage::Nothing);
    };
    let Some((matched, rest)) = matches(entry).and_then(|matches| area.cut(matches)) else {
        return walk(others, area, tell);
    };
    let verdict = match (&entry.action, &entry.block) {
        (AclAction::Other(_), _) | (_, AclBlock::Other(_)) => Passage::Unknown,
        (AclAction::Allow, _) => Passage::All,
        (AclAction::Deny, _) => Passage::Nothing,
    };
    tell(matched, verdict);
    for area in rest {
        walk(others, area, tell);
    }
}

/// The TCP traffic over IPv4 that an entry is, or may be, about.
fn matches(entry: &AclEntry) -> Option<Area> {
    let addresses = match &entry.block {
        AclBlock::V4(block) => ends(*block),
        AclBlock::V6(_) => return None,
        AclBlock::Other(_) => ends(Cidr::ANYWHERE),
    };
    let ports = entry.protocol.tcp_ports(entry.ports)?;
    Some(Area { addresses, ports: ((*ports.start()).into(), (*ports.end()).into()) })
}

fn ends(block: Cidr) -> Range {
    let number = |address: Ipv4Addr| u32::from(address);
    (number(block.first()), number(block.last()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::provider::Protocol;

    /// The universe of the comparison: the 32 addresses of this network, and 8 ports.
    const UNIVERSE: u32 = 0x0a00_0000;
    const PORTS: std::ops::RangeInclusive<u16> = 1..=8;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    fn ports(text: &str) -> PortRange {
        text.parse().unwrap()
    }

    fn blocks(texts: &[&str]) -> CidrSet {
        texts.iter().map(|text| cidr(text)).collect()
    }

    fn entry(number: u16, action: AclAction, ports: &str, block: &str) -> AclEntry {
        AclEntry::tcp(number, action, ports.parse().unwrap(), cidr(block))
    }

    fn acl(ingress: Vec<AclEntry>, egress: Vec<AclEntry>) -> NetworkAcl {
        let (id, vpc) = ("acl-1".parse().unwrap(), "vpc-1".parse().unwrap());
        NetworkAcl { id, vpc, is_default: false, subnets: BTreeSet::new(), ingress, egress }
    }

    #[test]
    fn the_first_entry_that_matches_decides_and_the_last_denies() {
        use AclAction::{Allow, Deny};
        let clients = outside(&blocks(&["10.0.0.0/16"]), None);
        let redis = ports("6379");
        for (entries, expected) in [
            (vec![], Passage::Nothing),
            (vec![AclEntry::everything(100, Allow)], Passage::All),
            (
                vec![entry(1, Deny, "6379", "10.0.0.0/8"), AclEntry::everything(2, Allow)],
                Passage::Nothing,
            ),
            (
                vec![entry(1, Deny, "6379", "10.0.1.0/24"), AclEntry::everything(2, Allow)],
                Passage::Part,
            ),
            (
                vec![
                    entry(1, Allow, "6000-7000", "10.0.0.0/17"),
                    entry(2, Allow, "6379", "10.0.128.0/17"),
                    AclEntry::everything(3, Deny),
                ],
                Passage::All,
            ),
            (vec![entry(1, Deny, "22", "0.0.0.0/0"), AclEntry::everything(2, Allow)], Passage::All),
        ] {
            assert_eq!(passage(&entries, &clients, redis), expected, "{entries:?}");
        }
        let some = [entry(1, Allow, "10000-10499", "10.0.0.0/16")];
        assert_eq!(passage(&some, &clients, ports("10000-11000")), Passage::Part);
    }

    #[test]
    fn what_cannot_be_read_decides_nothing_for_certain_and_ipv6_decides_nothing_at_all() {
        use AclAction::{Allow, Deny};
        let clients = outside(&blocks(&["10.0.0.0/16"]), None);
        let all = AclEntry::everything(9, Allow);
        let odd_action = entry(1, AclAction::Other("audit".to_owned()), "6379", "10.0.0.0/24");
        let odd_block =
            AclEntry { block: AclBlock::Other("pl-1".to_owned()), ..AclEntry::everything(1, Deny) };
        let v6 = AclEntry { block: AclBlock::V6("::/0".to_owned()), ..odd_block.clone() };
        let udp = AclEntry { protocol: Protocol::Other("17".to_owned()), ..all.clone() };
        let low = AclEntry { protocol: Protocol::Other("tcp:0:9000".to_owned()), ..all.clone() };
        for (first, expected) in [
            (odd_action, Passage::Unknown),
            (odd_block.clone(), Passage::Unknown),
            (v6, Passage::All),
            (AclEntry { action: Deny, ..udp }, Passage::All),
            (AclEntry { action: Deny, ..low }, Passage::Nothing),
        ] {
            let entries = [first, all.clone()];
            assert_eq!(passage(&entries, &clients, ports("6379")), expected, "{entries:?}");
        }
        assert!(!is_closed(&acl(vec![odd_block], vec![all]), &clients, &[ports("6379")]));
    }

    #[test]
    fn a_port_is_closed_where_no_answer_comes_back() {
        use AclAction::Allow;
        let all = || vec![AclEntry::everything(100, Allow)];
        let redis = [ports("6379")];
        let clients = outside(&blocks(&["10.0.0.0/16"]), None);
        assert!(!is_closed(&acl(all(), all()), &clients, &redis));
        assert!(is_closed(&acl(vec![], all()), &clients, &redis));
        assert!(is_closed(&acl(all(), vec![]), &clients, &redis));
        // Answers go to other ports than requests do.
        let to_redis = vec![entry(1, Allow, "443", "0.0.0.0/0")];
        assert!(is_closed(&acl(all(), to_redis), &clients, &redis));
        let some = vec![entry(1, Allow, "32768-60999", "10.0.0.0/16")];
        assert!(!is_closed(&acl(all(), some), &clients, &redis));
        // Some may ask, and others are answered.
        let lower = vec![entry(1, Allow, "6379", "10.0.0.0/17")];
        let upper = vec![entry(1, Allow, "1024-65535", "10.0.128.0/17")];
        assert!(is_closed(&acl(lower, upper), &clients, &redis));
    }

    #[test]
    fn what_stays_within_the_subnet_passes_no_acl() {
        let subnet = Some(cidr("10.0.1.0/24"));
        let count = |texts: &[&str]| -> u32 {
            let outside = outside(&blocks(texts), subnet);
            outside.iter().map(|(first, last)| last - first + 1).sum()
        };
        assert_eq!(count(&["10.0.0.0/16"]), 65_536 - 256);
        assert_eq!(count(&["10.0.1.0/24"]), 0);
        assert_eq!(count(&["10.0.1.128/25", "10.9.0.0/24", "10.9.0.0/25"]), 256);
        assert_eq!(count(&["10.0.0.0/23"]), 256);
        assert_eq!(outside(&blocks(&["0.0.0.0/0"]), Some(Cidr::ANYWHERE)), []);
    }

    fn small() -> impl Strategy<Value = Cidr> {
        (0..32_u32, 26..=32_u8).prop_map(|(bits, len)| {
            let mask = u32::MAX << (32 - u32::from(len));
            Cidr::new(Ipv4Addr::from((UNIVERSE + bits) & mask), len).unwrap()
        })
    }

    fn some_ports() -> impl Strategy<Value = PortRange> {
        (PORTS, PORTS).prop_map(|(a, b)| PortRange::new(a.min(b), a.max(b)).unwrap())
    }

    fn any_entry() -> impl Strategy<Value = AclEntry> {
        let action = prop_oneof![
            4 => Just(AclAction::Allow),
            4 => Just(AclAction::Deny),
            1 => Just(AclAction::Other("?".to_owned())),
        ];
        let block = prop_oneof![
            12 => small().prop_map(AclBlock::V4),
            1 => Just(AclBlock::V6("::/0".to_owned())),
            1 => Just(AclBlock::Other("?".to_owned())),
        ];
        let protocol = prop_oneof![
            8 => Just(Protocol::Tcp),
            2 => Just(Protocol::Other("-1".to_owned())),
            1 => Just(Protocol::Other("17".to_owned())),
        ];
        let ports = prop::option::weighted(0.8, some_ports());
        (action, block, protocol, ports).prop_map(|(action, block, protocol, ports)| {
            let ports = ports.filter(|_| protocol == Protocol::Tcp);
            AclEntry { number: 1, action, protocol, ports, block }
        })
    }

    /// What becomes of one packet, entry after entry; `None` where it cannot be told.
    fn oracle(entries: &[AclEntry], address: u32, port: u16) -> Option<bool> {
        for it in entries {
            let is_about_tcp = match &it.protocol {
                Protocol::Tcp => true,
                Protocol::Other(name) => name == "-1",
            };
            let of_block = match &it.block {
                AclBlock::V4(block) => block.contains_addr(Ipv4Addr::from(address)),
                AclBlock::V6(_) => false,
                AclBlock::Other(_) => true,
            };
            if is_about_tcp && of_block && it.ports.is_none_or(|ports| ports.contains(port)) {
                return match (&it.action, &it.block) {
                    (AclAction::Allow, AclBlock::V4(_)) => Some(true),
                    (AclAction::Deny, AclBlock::V4(_)) => Some(false),
                    _ => None,
                };
            }
        }
        Some(false)
    }

    proptest! {
        #[test]
        fn agrees_with_asking_for_every_packet(
            entries in prop::collection::vec(any_entry(), 0..8),
            clients in prop::collection::vec(small(), 1..4),
            subnet in prop::option::of(small()),
            wanted in some_ports(),
        ) {
            let clients: CidrSet = clients.into_iter().collect();
            let is_client = |address: &u32| {
                let address = Ipv4Addr::from(*address);
                clients.iter().any(|block| block.contains_addr(address))
                    && !subnet.is_some_and(|subnet| subnet.contains_addr(address))
            };
            // A block of 26 bits has neighbours of the universe, too.
            let addresses: Vec<_> = (UNIVERSE..UNIVERSE + 64).filter(is_client).collect();
            let packets = addresses.iter().flat_map(|address| {
                (wanted.from()..=wanted.to()).map(move |port| (*address, port))
            });
            let fates: Vec<_> =
                packets.map(|(address, port)| oracle(&entries, address, port)).collect();
            let expected = if fates.contains(&None) {
                Passage::Unknown
            } else if fates.iter().all(|fate| *fate == Some(true)) {
                Passage::All
            } else if fates.contains(&Some(true)) {
                Passage::Part
            } else {
                Passage::Nothing
            };
            let outside = outside(&clients, subnet);
            prop_assert_eq!(passage(&entries, &outside, wanted), expected);
        }

        #[test]
        fn a_port_is_closed_when_no_packet_is_answered(
            ingress in prop::collection::vec(any_entry(), 0..6),
            egress in prop::collection::vec(any_entry(), 0..6),
            clients in prop::collection::vec(small(), 1..4),
            wanted in some_ports(),
        ) {
            // The ports of answers are other ones than those of the universe.
            let to_answers = |mut entry: AclEntry| {
                entry.ports = entry.ports.map(|ports| {
                    PortRange::new(ports.from() + 1023, ports.to() + 1023).unwrap()
                });
                entry
            };
            let egress: Vec<_> = egress.into_iter().map(to_answers).collect();
            let clients: CidrSet = clients.into_iter().collect();
            let closed = (UNIVERSE..UNIVERSE + 64)
                .filter(|address| {
                    clients.iter().any(|block| block.contains_addr(Ipv4Addr::from(*address)))
                })
                .all(|address| {
                    let may = |entries: &[AclEntry], mut ports: std::ops::RangeInclusive<u16>| {
                        ports.any(|port| oracle(entries, address, port) != Some(false))
                    };
                    // What holds of the first port after those of the entries holds of all others.
                    !(may(&ingress, wanted.from()..=wanted.to()) && may(&egress, 1024..=1032))
                });
            let outside = outside(&clients, None);
            prop_assert_eq!(is_closed(&acl(ingress, egress), &outside, &[wanted]), closed);
        }
    }
}
