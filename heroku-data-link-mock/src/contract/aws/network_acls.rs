use heroku_data_link::provider::{
    AclAction, AclBlock, AclEntry, NetworkAcl, NetworkAcls, Protocol, operation,
};

use crate::contract::Start;
use crate::contract::expect::{ok, secs, sorted, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::contract::sites::Network;
use crate::{NetworkAclSpec, VpcSpec};

/// The entry behind all others.
fn last() -> AclEntry {
    AclEntry::everything(AclEntry::LAST, AclAction::Deny)
}

fn entry(number: u16, action: AclAction, protocol: &str, block: AclBlock) -> AclEntry {
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        other => Protocol::Other(other.to_owned()),
    };
    AclEntry { number, action, protocol, ports: None, block }
}

/// Its subnets, and its entries in the order of their numbers, also those of IPv6 and those that
/// nobody can read.
pub async fn an_acl_is_read_in_every_field(start: &Start, client: &dyn NetworkAcls) {
    let Network { vpc, subnets } = Network::new(start);
    let block = |text: &str| AclBlock::V4(value(text));
    let mut ingress = vec![
        AclEntry::tcp(90, AclAction::Deny, value("22"), value("0.0.0.0/0")),
        AclEntry::tcp(100, AclAction::Allow, value("10000-11000"), value("10.20.0.0/16")),
        entry(110, AclAction::Allow, "tcp", block("10.21.0.0/16")),
        entry(120, AclAction::Allow, "6:0:1023", block("10.21.0.0/16")),
        entry(130, AclAction::Deny, "17", AclBlock::V6("2001:db8::/32".to_owned())),
        entry(140, AclAction::Other("count".to_owned()), "-1", block("10.9.0.0/16")),
        entry(150, AclAction::Deny, "-1", AclBlock::Other("everywhere".to_owned())),
    ];
    // UDP has ports as TCP has.
    ingress[4].ports = Some(value("53"));
    let egress = vec![AclEntry::everything(100, AclAction::Allow)];
    let mut spec = NetworkAclSpec::closed(&vpc).for_subnet(&subnets[1]).for_subnet(&subnets[3]);
    for entry in ingress.iter().rev() {
        spec = spec.inbound(entry.clone());
    }
    let spec = spec.outbound(egress[0].clone());
    let id = ok(start.world.add_network_acl(&spec));
    let found = ok(client.network_acls(&vpc).await).into_iter().find(|acl| acl.id == id);
    ingress.push(last());
    let expected = NetworkAcl {
        id,
        vpc,
        is_default: false,
        subnets: [subnets[1].clone(), subnets[3].clone()].into(),
        ingress,
        egress: [egress, vec![last()]].concat(),
    };
    assert_eq!(found, Some(expected));
}

/// It lets everything pass, and has the subnets that no other one has.
pub async fn every_vpc_has_a_default_one(start: &Start, client: &dyn NetworkAcls) {
    let Network { vpc, subnets } = Network::new(start);
    let spec = NetworkAclSpec::closed(&vpc).for_subnet(&subnets[0]);
    let other = ok(start.world.add_network_acl(&spec));
    let id = ok(start.world.default_network_acl(&vpc));
    let found = ok(client.network_acls(&vpc).await);
    let by_id = |id| found.iter().find(|acl| acl.id == id).cloned();
    let open = vec![AclEntry::everything(100, AclAction::Allow), last()];
    let expected = NetworkAcl {
        id: id.clone(),
        vpc: vpc.clone(),
        is_default: true,
        subnets: subnets[1..].iter().cloned().collect(),
        ingress: open.clone(),
        egress: open,
    };
    assert_eq!(by_id(id), Some(expected));
    let closed = by_id(other).map(|acl| (acl.is_default, acl.ingress, acl.egress));
    assert_eq!(closed, Some((false, vec![last()], vec![last()])));
}

/// All pages.
pub async fn all_of_a_vpc_are_listed(start: &Start, client: &dyn NetworkAcls) {
    let Network { vpc, subnets } = Network::new(start);
    let mut expected = vec![ok(start.world.default_network_acl(&vpc))];
    for subnet in &subnets {
        let spec = NetworkAclSpec::open(&vpc).for_subnet(subnet);
        expected.push(ok(start.world.add_network_acl(&spec)));
    }
    let other = VpcSpec::new(["10.30.0.0/16"]).in_account(&start.account);
    ok(start.world.add_vpc(&other.in_region(&start.region)));
    let found = ok(client.network_acls(&vpc).await);
    assert_eq!(sorted(found.into_iter().map(|acl| acl.id)), sorted(expected));
}

/// Absence is data.
pub async fn what_is_not_there_is_no_error(_: &Start, client: &dyn NetworkAcls) {
    assert_eq!(ok(client.network_acls(&value("vpc-0")).await), []);
}

/// What somebody changes is seen later.
pub async fn reads_lag(start: &Start, client: &dyn NetworkAcls) {
    let vpc = Network::new(start).vpc;
    let id = ok(start.world.default_network_acl(&vpc));
    start.world.set_read_lag(secs(30));
    ok(start.world.set_network_acl(&id, &NetworkAclSpec::closed(&vpc)));
    let count = async || ok(client.network_acls(&vpc).await)[0].ingress.len();
    assert_eq!(count().await, 2);
    start.world.advance(secs(30));
    assert_eq!(count().await, 1);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn NetworkAcls) {
    let vpc = Network::new(start).vpc;
    let probes = [probe(operation::DESCRIBE_NETWORK_ACLS, || client.network_acls(&vpc))];
    failures::check(start, Cloud::Aws, &probes).await;
}
