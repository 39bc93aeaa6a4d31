//! Rules of security groups as EC2 writes them: grouped by protocol and ports.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use heroku_data_link::model::{AccountId, Cidr, PortRange, SecurityGroupId};
use heroku_data_link::provider::{IngressRule, IngressSource, Protocol};

use super::super::error::AwsError;
use super::super::params::{Params, invalid_value};
use super::super::xml::Element;

/// All ports, for protocols that have ports.
const ALL_PORTS: (i32, i32) = (0, 65_535);
/// The protocols that have names.
const NAMED: [(&str, &str); 4] = [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6")];
/// Characters of a description.
const LONGEST: usize = 255;

/// A rule and its description.
pub(super) type Described = (IngressRule, Arc<str>);

/// What a rule is but for its source: protocol, and ports or ICMP's type and code.
pub(super) type Kind = (String, Option<(i32, i32)>);

/// How a rule is written.
pub(super) fn kind(rule: &IngressRule) -> Kind {
    let (name, numbers) = match &rule.protocol {
        Protocol::Tcp => ("tcp", Some(ALL_PORTS)),
        Protocol::Other(text) => match spelled_out(text) {
            Some((name, numbers)) => (name, Some(numbers)),
            None => (text.as_str(), has_ports(text).then_some(ALL_PORTS)),
        },
    };
    let ports = rule.ports.map(|ports| (i32::from(ports.from()), i32::from(ports.to())));
    (name.to_owned(), ports.or(numbers))
}

/// Two numbers that are no range of ports from 1 on: `icmp:8:-1`.
fn spelled_out(text: &str) -> Option<(&str, (i32, i32))> {
    let (name, numbers) = text.split_once(':')?;
    let (from, to) = numbers.split_once(':')?;
    Some((name, (from.parse().ok()?, to.parse().ok()?)))
}

fn has_ports(name: &str) -> bool {
    name == "tcp" || name == "udp"
}

/// What a source is on the wire.
pub(super) enum Source<'a> {
    V4(String),
    V6(&'a str),
    PrefixList(&'a str),
    /// Of the account.
    Group(&'a str, &'a str),
}

/// The source of a rule in a group of this account.
pub(super) fn source<'a>(rule: &'a IngressRule, owner: &'a AccountId) -> Source<'a> {
    match &rule.source {
        IngressSource::Cidr(block) => Source::V4(block.to_string()),
        IngressSource::Group(id) => Source::Group(owner.as_str(), id.as_str()),
        IngressSource::GroupOf(account, id) => Source::Group(account.as_str(), id.as_str()),
        IngressSource::PrefixList(id) => Source::PrefixList(id.as_str()),
        IngressSource::Other(text) => Source::V6(text),
    }
}

/// The permissions that stand for rules.
pub(super) fn permissions<'a>(
    rules: impl IntoIterator<Item = (&'a IngressRule, &'a Arc<str>)>,
    owner: &AccountId,
) -> Vec<Vec<Element>> {
    let mut by_kind: BTreeMap<Kind, Vec<Described>> = BTreeMap::new();
    for (rule, description) in rules {
        by_kind.entry(kind(rule)).or_default().push((rule.clone(), Arc::clone(description)));
    }
    by_kind.iter().map(|(kind, rules)| permission(kind, rules, owner)).collect()
}

/// Protocol and ports.
pub(super) fn kind_fields((protocol, ports): &Kind) -> Vec<Element> {
    let mut fields = vec![Element::text("ipProtocol", protocol)];
    if let Some((from, to)) = ports {
        fields.push(Element::text("fromPort", from));
        fields.push(Element::text("toPort", to));
    }
    fields
}

fn permission(kind: &Kind, rules: &[Described], owner: &AccountId) -> Vec<Element> {
    let (mut groups, mut v4, mut v6, mut lists) = (vec![], vec![], vec![], vec![]);
    for (rule, description) in rules {
        let (list, mut item) = match source(rule, owner) {
            Source::V4(block) => (&mut v4, vec![Element::text("cidrIp", block)]),
            Source::V6(block) => (&mut v6, vec![Element::text("cidrIpv6", block)]),
            Source::PrefixList(id) => (&mut lists, vec![Element::text("prefixListId", id)]),
            Source::Group(user, id) => {
                (&mut groups, vec![Element::text("userId", user), Element::text("groupId", id)])
            }
        };
        item.extend(described(description));
        list.push(item);
    }
    let mut fields = kind_fields(kind);
    fields.push(Element::set("groups", groups));
    fields.push(Element::set("ipRanges", v4));
    fields.push(Element::set("ipv6Ranges", v6));
    fields.push(Element::set("prefixListIds", lists));
    fields
}

pub(super) fn described(description: &str) -> Option<Element> {
    (!description.is_empty()).then(|| Element::text("description", description))
}

/// The rules in a request, from `IpPermissions.N` or from the parameters for a single one.
pub(super) fn read(params: &Params, owner: &AccountId) -> Result<Vec<Described>, AwsError> {
    let mut rules = Vec::new();
    for permission in params.structs("IpPermissions") {
        let kind = read_kind(&permission)?;
        let before = rules.len();
        let mut add = |source, described: &Params| {
            rules.push(rule(&kind, source, described)?);
            Ok::<_, AwsError>(())
        };
        for range in permission.structs("IpRanges") {
            add(v4(&range.required("CidrIp")?)?, &range)?;
        }
        for range in permission.structs("Ipv6Ranges") {
            add(v6(&range.required("CidrIpv6")?)?, &range)?;
        }
        for list in permission.structs("PrefixListIds") {
            add(prefix_list(&list)?, &list)?;
        }
        for pair in permission.structs("Groups") {
            add(group(&pair, owner)?, &pair)?;
        }
        if rules.len() == before {
            return Err(AwsError::new("InvalidPermission.Malformed", "A permission has no source"));
        }
    }
    if let Some(block) = params.text("CidrIp") {
        rules.push(rule(&read_kind(params)?, v4(&block)?, params)?);
    }
    for (index, (rule, _)) in rules.iter().enumerate() {
        if rules[..index].iter().any(|(other, _)| other.is_same(rule)) {
            let message = "The same permission must not appear multiple times";
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    }
    Ok(rules)
}

fn read_kind(params: &Params) -> Result<Kind, AwsError> {
    let given = params.required("IpProtocol")?.to_ascii_lowercase();
    let named = NAMED.iter().find(|(number, _)| *number == given);
    let protocol = match given.as_str() {
        "all" => "-1",
        given => named.map_or(given, |(_, name)| name),
    };
    let (from, to): (Option<i32>, Option<i32>) =
        (params.number("FromPort")?, params.number("ToPort")?);
    let is_named = NAMED.iter().any(|(_, name)| *name == protocol);
    let is_number = protocol.parse::<u8>().is_ok();
    if protocol != "-1" && !is_named && !is_number {
        return Err(invalid_value(protocol, "Unknown IP protocol"));
    }
    let numbers = match (from, to) {
        // Only these have any.
        _ if !is_named => None,
        (Some(from), Some(to)) => Some((from, to)),
        (None, None) if protocol.starts_with("icmp") => Some((-1, -1)),
        _ => {
            let message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for \
                           portRange.";
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    };
    if let Some((from, to)) = numbers {
        let bounds = -1..=ALL_PORTS.1;
        let valid = bounds.contains(&from) && bounds.contains(&to);
        let in_order = !has_ports(protocol) || (from <= to && (from >= 0 || to == from));
        if !valid || !in_order {
            return Err(invalid_value(&format!("{from}-{to}"), "it is no range of ports"));
        }
    }
    Ok((protocol.to_owned(), numbers))
}

/// A rule of this kind, written as the world writes it.
fn rule(
    (protocol, numbers): &Kind,
    source: IngressSource,
    of: &Params,
) -> Result<Described, AwsError> {
    let description = of.text("Description").unwrap_or_default();
    if description.chars().count() > LONGEST {
        return Err(invalid_value(&description, "a description has at most 255 characters"));
    }
    let known = || match protocol.as_str() {
        "tcp" => Protocol::Tcp,
        other => Protocol::Other(other.to_owned()),
    };
    let (protocol, ports) = match numbers {
        None | Some(ALL_PORTS | (-1, -1)) if !protocol.starts_with("icmp") => (known(), None),
        None => (known(), None),
        Some((from, to)) => match port_range(*from, *to) {
            Some(ports) if has_ports(protocol) => (known(), Some(ports)),
            _ => (Protocol::Other(format!("{protocol}:{from}:{to}")), None),
        },
    };
    Ok((IngressRule { protocol, ports, source }, description.into()))
}

fn port_range(from: i32, to: i32) -> Option<PortRange> {
    PortRange::new(u16::try_from(from).ok()?, u16::try_from(to).ok()?).ok()
}

fn malformed(block: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", format!("CIDR block {block} is malformed"))
}

fn v4(text: &str) -> Result<IngressSource, AwsError> {
    Ok(IngressSource::Cidr(block(text)?))
}

/// An IPv4 block without the bits that it does not count, which AWS drops.
pub(super) fn block(text: &str) -> Result<Cidr, AwsError> {
    let read = || {
        let (address, length) = text.split_once('/')?;
        let (address, length): (Ipv4Addr, u8) = (address.parse().ok()?, length.parse().ok()?);
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(length.into())?).unwrap_or(0);
        Cidr::new(Ipv4Addr::from(u32::from(address) & mask), length).ok()
    };
    read().ok_or_else(|| malformed(text))
}

fn v6(text: &str) -> Result<IngressSource, AwsError> {
    let read = || {
        let (address, length) = text.split_once('/')?;
        let (address, length): (Ipv6Addr, u8) = (address.parse().ok()?, length.parse().ok()?);
        let mask = u128::MAX.checked_shl(128_u32.checked_sub(length.into())?).unwrap_or(0);
        Some(format!("{}/{length}", Ipv6Addr::from(u128::from(address) & mask)))
    };
    read().map(IngressSource::Other).ok_or_else(|| malformed(text))
}

fn prefix_list(list: &Params) -> Result<IngressSource, AwsError> {
    let id = list.parsed("PrefixListId", "InvalidPrefixListID.Malformed")?;
    id.map(IngressSource::PrefixList).ok_or_else(|| AwsError::missing("PrefixListId"))
}

fn group(pair: &Params, owner: &AccountId) -> Result<IngressSource, AwsError> {
    let id: Option<SecurityGroupId> = pair.parsed("GroupId", super::groups::MALFORMED)?;
    let id = id.ok_or_else(|| AwsError::missing("GroupId"))?;
    let user: Option<AccountId> = pair.parsed("UserId", "InvalidParameterValue")?;
    Ok(match user.filter(|user| user != owner) {
        Some(foreign) => IngressSource::GroupOf(foreign, id),
        None => IngressSource::Group(id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lose_the_bits_that_do_not_count() {
        for (text, expected) in [
            ("10.1.2.3/16", Some("10.1.0.0/16")),
            ("10.1.2.3/32", Some("10.1.2.3/32")),
            ("10.1.2.3/0", Some("0.0.0.0/0")),
            ("10.1.2.3/33", None),
            ("10.1.2.3", None),
            ("10.1.2/8", None),
        ] {
            let read = block(text).ok().map(|block| block.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        assert_eq!(v6("2001:db8::1/32").unwrap(), IngressSource::Other("2001:db8::/32".to_owned()));
        assert!(v6("2001:db8::1/129").is_err());
    }
}
