//! Inbound rules: EC2 groups them by protocol and ports, we hold one source each.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use heroku_data_link::model::PortRange;
use heroku_data_link::provider::{IngressRule, IngressSource, Protocol};

/// The rules that a permission stands for, one for each of its sources. `owner` is the account of
/// the group that they are in.
pub(super) fn rules(permission: &IpPermission, owner: Option<&str>) -> Vec<IngressRule> {
    let name = permission.ip_protocol().unwrap_or_default();
    let (protocol, ports) = protocol_and_ports(name, permission.from_port(), permission.to_port());
    let v4 = permission.ip_ranges().iter().filter_map(IpRange::cidr_ip).map(|block| {
        block.parse().map_or_else(|_| IngressSource::Other(block.to_owned()), IngressSource::Cidr)
    });
    let v6 = permission.ipv6_ranges().iter().filter_map(Ipv6Range::cidr_ipv6);
    let v6 = v6.map(|block| IngressSource::Other(block.to_owned()));
    let lists = permission.prefix_list_ids().iter().filter_map(PrefixListId::prefix_list_id);
    let lists = lists.map(|id| {
        id.parse().map_or_else(|_| IngressSource::Other(id.to_owned()), IngressSource::PrefixList)
    });
    let groups = permission.user_id_group_pairs().iter().filter_map(|pair| group(pair, owner));
    v4.chain(v6)
        .chain(lists)
        .chain(groups)
        .map(|source| IngressRule { protocol: protocol.clone(), ports, source })
        .collect()
}

/// The ids of the groups in a permission.
pub(super) fn groups_of(permission: &IpPermission) -> impl Iterator<Item = &str> {
    permission.user_id_group_pairs().iter().filter_map(UserIdGroupPair::group_id)
}

/// A group of another account needs the account beside it: `111122223333/sg-…`. One of AWS's own
/// has a name there, such as `amazon-elb/sg-…`.
fn group(pair: &UserIdGroupPair, owner: Option<&str>) -> Option<IngressSource> {
    let id = pair.group_id()?;
    let foreign = pair.user_id().filter(|user| owner.is_some_and(|owner| owner != *user));
    Some(match (foreign, id.parse()) {
        (None, Ok(group)) => IngressSource::Group(group),
        (Some(account), Ok(group)) => match account.parse() {
            Ok(account) => IngressSource::GroupOf(account, group),
            Err(_) => IngressSource::Other(format!("{account}/{id}")),
        },
        (Some(account), Err(_)) => IngressSource::Other(format!("{account}/{id}")),
        (None, Err(_)) => IngressSource::Other(id.to_owned()),
    })
}

/// All ports as EC2 writes them for TCP and UDP, for which it does not take none.
const ALL_PORTS: (i32, i32) = (0, 65535);

/// ICMP has type and code where others have ports, with -1 for all: `icmp:8:-1`. So are ranges
/// written that begin with port 0 and are not all ports: `tcp:0:1023`.
pub(super) fn protocol_and_ports(
    name: &str,
    from: Option<i32>,
    to: Option<i32>,
) -> (Protocol, Option<PortRange>) {
    let known = || match name {
        "tcp" | "6" => Protocol::Tcp,
        other => Protocol::Other(other.to_owned()),
    };
    let (Some(from), Some(to)) = (from, to) else {
        return (known(), None);
    };
    let spelled_out = || (Protocol::Other(format!("{name}:{from}:{to}")), None);
    if name.starts_with("icmp") {
        return spelled_out();
    }
    let ports = match (u16::try_from(from), u16::try_from(to)) {
        (Ok(from), Ok(to)) => PortRange::new(from, to).ok(),
        _ => None,
    };
    match ports {
        Some(ports) => (known(), Some(ports)),
        None if matches!((from, to), ALL_PORTS | (-1, -1)) => (known(), None),
        None => spelled_out(),
    }
}

/// The permission that stands for one rule.
pub(super) fn permission(rule: &IngressRule) -> IpPermission {
    let mut permission = IpPermission::builder();
    let (name, numbers) = match &rule.protocol {
        Protocol::Tcp => ("tcp", Some(ALL_PORTS)),
        Protocol::Other(text) => match numbers(text) {
            Some((name, numbers)) => (name, Some(numbers)),
            None if matches!(text.as_str(), "udp" | "17") => (text.as_str(), Some(ALL_PORTS)),
            None => (text.as_str(), None),
        },
    };
    let ports = rule.ports.map(|ports| (i32::from(ports.from()), i32::from(ports.to())));
    permission = permission.ip_protocol(name);
    if let Some((from, to)) = ports.or(numbers) {
        permission = permission.from_port(from).to_port(to);
    }
    match &rule.source {
        IngressSource::Cidr(block) => {
            permission.ip_ranges(IpRange::builder().cidr_ip(block.to_string()).build())
        }
        IngressSource::Group(id) => {
            permission.user_id_group_pairs(UserIdGroupPair::builder().group_id(id.as_str()).build())
        }
        IngressSource::GroupOf(account, id) => permission.user_id_group_pairs(
            UserIdGroupPair::builder().user_id(account.as_str()).group_id(id.as_str()).build(),
        ),
        IngressSource::PrefixList(id) => {
            permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(id.as_str()).build())
        }
        IngressSource::Other(text) => match text.split_once("/sg-") {
            Some((account, _)) => permission.user_id_group_pairs(
                UserIdGroupPair::builder()
                    .user_id(account)
                    .group_id(&text[account.len() + 1..])
                    .build(),
            ),
            None if text.starts_with("pl-") => permission
                .prefix_list_ids(PrefixListId::builder().prefix_list_id(text.as_str()).build()),
            None if text.contains(':') => {
                permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(text.as_str()).build())
            }
            None => permission.ip_ranges(IpRange::builder().cidr_ip(text.as_str()).build()),
        },
    }
    .build()
}

fn numbers(text: &str) -> Option<(&str, (i32, i32))> {
    let (name, numbers) = text.split_once(':')?;
    let (kind, code) = numbers.split_once(':')?;
    Some((name, (kind.parse().ok()?, code.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "111122223333";

    fn rule(protocol: Protocol, ports: Option<(u16, u16)>, source: IngressSource) -> IngressRule {
        let ports = ports.map(|(first, last)| PortRange::new(first, last).unwrap());
        IngressRule { protocol, ports, source }
    }

    #[test]
    fn every_rule_can_be_sent_back_as_it_came() {
        let other = |text: &str| IngressSource::Other(text.to_owned());
        let cidr = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
        for rule in [
            rule(Protocol::Tcp, Some((6379, 6379)), cidr.clone()),
            rule(
                Protocol::Tcp,
                Some((10000, 11000)),
                IngressSource::Group("sg-1".parse().unwrap()),
            ),
            rule(Protocol::Tcp, Some((5432, 5432)), other("2001:db8::/32")),
            rule(
                Protocol::Tcp,
                Some((5432, 5432)),
                IngressSource::PrefixList("pl-63a5400a".parse().unwrap()),
            ),
            rule(
                Protocol::Tcp,
                Some((5432, 5432)),
                IngressSource::GroupOf("999988887777".parse().unwrap(), "sg-2".parse().unwrap()),
            ),
            rule(Protocol::Tcp, Some((5432, 5432)), other("amazon-elb/sg-843f59ed")),
            rule(Protocol::Tcp, None, cidr.clone()),
            rule(Protocol::Other("tcp:0:1023".to_owned()), None, cidr.clone()),
            rule(Protocol::Other("udp".to_owned()), Some((53, 53)), cidr.clone()),
            rule(Protocol::Other("udp".to_owned()), None, cidr.clone()),
            rule(Protocol::Other("50".to_owned()), None, cidr.clone()),
            rule(Protocol::Other("-1".to_owned()), None, cidr.clone()),
            rule(Protocol::Other("icmp:8:-1".to_owned()), None, cidr.clone()),
            rule(Protocol::Other("icmpv6:-1:-1".to_owned()), None, other("::/0")),
        ] {
            assert_eq!(rules(&permission(&rule), Some(OWNER)), [rule]);
        }
    }

    #[test]
    fn a_permission_with_several_sources_is_several_rules() {
        let permission = IpPermission::builder()
            .ip_protocol("6")
            .from_port(6379)
            .to_port(6379)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/16").description("a").build())
            .ip_ranges(IpRange::builder().cidr_ip("10.1.0.0/16").build())
            .user_id_group_pairs(UserIdGroupPair::builder().user_id(OWNER).group_id("sg-1").build())
            .build();
        let texts: Vec<_> =
            rules(&permission, Some(OWNER)).iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["tcp 6379 from 10.0.0.0/16", "tcp 6379 from 10.1.0.0/16", "tcp 6379 from sg-1"]
        );
    }
}
