//! Whether security groups and network ACLs let clients reach the service's port.

use heroku_data_link::model::{DataService, NetworkAclId, NonEmptySet, SecurityGroupId};
use heroku_data_link::privatelink::{
    Client, Clients, EndpointChoice, GroupChoice, PrivateLinkSpec, SubnetChoice,
};
use heroku_data_link::provider::{
    AclAction, AclBlock, AclEntry, IngressRule, IngressSource, operation as op,
};
use heroku_data_link::reconcile::{Goal, Plan, Verified};
use heroku_data_link_mock::{NetworkAclSpec, Procedure, World};

use crate::adoption::made_by_hand;
use crate::support::{allow, assert_blocker, blockers, driver, procedure};

/// Somewhere behind a VPN.
const OFFICE: &str = "192.168.0.0/16";

fn office() -> GroupChoice {
    let office = NonEmptySet::of(OFFICE.parse::<Client>().unwrap());
    GroupChoice::owned(Clients::These(office))
}

fn tcp(number: u16, action: AclAction, ports: &str, block: &str) -> AclEntry {
    AclEntry::tcp(number, action, ports.parse().unwrap(), block.parse().unwrap())
}

fn cidr(text: &str) -> IngressSource {
    IngressSource::Cidr(text.parse().unwrap())
}

/// The world of the procedure, its default ACL, and a spec for clients elsewhere.
fn site() -> (World, Procedure, PrivateLinkSpec, NetworkAclId) {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    spec.security_groups = office();
    let acl = world.default_network_acl(&site.vpc).unwrap();
    (world, site, spec, acl)
}

/// The same with a group that is not the link's own.
fn site_with_group() -> (World, Procedure, PrivateLinkSpec, SecurityGroupId) {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let group = world.add_security_group(&site.vpc, "theirs", &[]).unwrap();
    spec.security_groups = GroupChoice::Existing(NonEmptySet::of(group.clone()));
    (world, site, spec, group)
}

async fn plan(world: &World, spec: &PrivateLinkSpec) -> Plan {
    driver(world, spec).plan(Goal::Established).await.unwrap()
}

/// The notes about the network.
async fn notes(world: &World, spec: &PrivateLinkSpec) -> Vec<String> {
    let plan = plan(world, spec).await;
    assert_eq!(plan.blockers().next(), None, "{plan}");
    let is_meant = |note: &String| !note.contains("is left out") && !note.contains("used as it is");
    plan.notes.into_iter().filter(is_meant).collect()
}

#[tokio::test]
async fn acls_that_deny_every_client_are_a_blocker_before_anything_is_made() {
    let (world, site, spec, acl) = site();
    let closed = || NetworkAclSpec::closed(&site.vpc);
    let everything = || AclEntry::everything(200, AclAction::Allow);
    let deny = |block: &str| tcp(100, AclAction::Deny, "6379", block);
    for entries in [
        closed(),
        closed().inbound(everything()),
        closed().outbound(everything()),
        closed().inbound(deny(OFFICE)).inbound(everything()).outbound(everything()),
        // Answers do not go to the service's port.
        closed().inbound(everything()).outbound(tcp(100, AclAction::Allow, "443", "0.0.0.0/0")),
    ] {
        world.set_network_acl(&acl, &entries).unwrap();
        let found = blockers(&world, &spec).await;
        let parts = [acl.as_str(), OFFICE, "tcp 6379", "1024-65535", site.subnets[0].as_str()];
        assert_blocker(&found, "network-acl-denies", &parts);
    }
    world.set_network_acl(&acl, &NetworkAclSpec::open(&site.vpc)).unwrap();
    driver(&world, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn a_link_is_not_in_sync_while_its_port_is_closed() {
    let (world, site, spec, acl) = site();
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    world.set_network_acl(&acl, &NetworkAclSpec::closed(&site.vpc)).unwrap();
    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("in sync") };
    let codes: Vec<_> = plan.blockers().map(|blocker| blocker.code.as_str()).collect();
    assert_eq!(codes, ["network-acl-denies"], "{plan}");
    assert!(link.establish().await.is_err());
    world.set_network_acl(&acl, &NetworkAclSpec::open(&site.vpc)).unwrap();
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
    link.establish().await.unwrap();
}

#[tokio::test]
async fn one_subnet_that_is_open_is_enough() {
    let (world, site, spec, acl) = site();
    driver(&world, &spec).establish().await.unwrap();
    let closed = NetworkAclSpec::closed(&site.vpc).for_subnet(&site.subnets[0]);
    let other = world.add_network_acl(&closed).unwrap();
    let expected = |traffic: &str| {
        format!("{other} denies {traffic} but within a subnet, for {}", site.subnets[0])
    };
    assert_eq!(
        notes(&world, &spec).await,
        [
            expected("inbound tcp 6379 from 192.168.0.0/16"),
            expected("the answers to 192.168.0.0/16, outbound tcp 1024-65535,"),
        ]
    );
    // Those of a subnet that the endpoint is not in do not count.
    world.set_network_acl(&acl, &NetworkAclSpec::closed(&site.vpc)).unwrap();
    let mut one = spec.clone();
    one.subnets = SubnetChoice::Among(NonEmptySet::of(site.subnets[0].clone()));
    world.set_network_acl(&other, &NetworkAclSpec::open(&site.vpc)).unwrap();
    assert_eq!(notes(&world, &one).await, [""; 0]);
}

#[tokio::test]
async fn clients_within_a_subnet_pass_no_acl() {
    let (world, site, mut spec, acl) = site();
    spec.security_groups = GroupChoice::default();
    driver(&world, &spec).establish().await.unwrap();
    world.set_network_acl(&acl, &NetworkAclSpec::closed(&site.vpc)).unwrap();
    let notes = notes(&world, &spec).await;
    assert_eq!(notes.len(), 2, "{notes:?}");
    let subnets = format!("{}, {}", site.subnets[0], site.subnets[2]);
    for note in notes {
        assert!(note.contains("but within a subnet") && note.ends_with(&subnets), "{note}");
    }
    // No client is elsewhere: nothing to say.
    let own = NonEmptySet::of("10.20.1.0/24".parse::<Client>().unwrap());
    spec.subnets = SubnetChoice::Among(NonEmptySet::of(site.subnets[0].clone()));
    spec.security_groups = GroupChoice::owned(Clients::These(own));
    assert_eq!(self::notes(&world, &spec).await, [""; 0]);
}

#[tokio::test]
async fn part_of_the_clients_or_of_the_ports_is_a_note() {
    let (world, site, spec, acl) = site();
    driver(&world, &spec).establish().await.unwrap();
    let all = || AclEntry::everything(200, AclAction::Allow);
    let half = NetworkAclSpec::closed(&site.vpc)
        .inbound(tcp(100, AclAction::Deny, "6000-7000", "192.168.128.0/17"))
        .inbound(all())
        .outbound(tcp(100, AclAction::Allow, "32768-65535", OFFICE));
    world.set_network_acl(&acl, &half).unwrap();
    let found = notes(&world, &spec).await;
    let subnets = format!("{}, {}", site.subnets[0], site.subnets[2]);
    assert_eq!(
        found,
        [
            format!("{acl} allows only part of inbound tcp 6379 from {OFFICE} for {subnets}"),
            format!(
                "{acl} allows only part of the answers to {OFFICE}, outbound tcp 1024-65535, for \
                 {subnets}"
            ),
        ]
    );
    assert!(plan(&world, &spec).await.is_settled());
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_blocks_nothing() {
    let (world, site, spec, acl) = site();
    let odd = AclEntry {
        block: AclBlock::Other("everywhere".to_owned()),
        ..AclEntry::everything(100, AclAction::Allow)
    };
    let entries = NetworkAclSpec::closed(&site.vpc).inbound(odd.clone()).outbound(odd);
    world.set_network_acl(&acl, &entries).unwrap();
    driver(&world, &spec).establish().await.unwrap();
    let notes = notes(&world, &spec).await;
    assert!(notes.len() == 2 && notes[0].contains("cannot read"), "{notes:?}");
}

#[tokio::test]
async fn acls_that_may_not_be_read_are_a_note() {
    let (world, site, spec, acl) = site();
    world.set_network_acl(&acl, &NetworkAclSpec::closed(&site.vpc)).unwrap();
    world.forbid(op::DESCRIBE_NETWORK_ACLS);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
    let [note] = notes(&world, &spec).await.try_into().unwrap();
    assert!(
        note.contains("could not be read") && note.contains(op::DESCRIBE_NETWORK_ACLS),
        "{note}"
    );
}

#[tokio::test]
async fn acls_are_read_once_in_a_run_and_not_at_all_for_a_teardown() {
    let (world, _, spec, _) = site();
    let count = |from: usize| {
        let calls = world.journal().split_off(from);
        calls.iter().filter(|call| call.operation == op::DESCRIBE_NETWORK_ACLS).count()
    };
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    assert_eq!(count(0), 1);
    let before = world.journal().len();
    link.verify().await.unwrap();
    assert_eq!(count(before), 1);
    let before = world.journal().len();
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(count(before), 0);
}

#[tokio::test]
async fn named_groups_that_let_nobody_in_are_a_blocker() {
    let (world, _, spec, group) = site_with_group();
    assert_blocker(&blockers(&world, &spec).await, "groups-closed", &[group.as_str(), "tcp 6379"]);
    allow(&world, &group, "6380-6400", cidr("0.0.0.0/0"));
    assert_blocker(&blockers(&world, &spec).await, "groups-closed", &[group.as_str()]);
    allow(&world, &group, "6000-7000", cidr("10.20.1.0/24"));
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(notes(&world, &spec).await, [""; 0]);
}

#[tokio::test]
async fn what_a_named_group_lets_in_and_cannot_be_compared_is_a_note() {
    let (world, site, spec, group) = site_with_group();
    let clients = world.add_security_group(&site.vpc, "clients", &[]).unwrap();
    allow(&world, &group, "6379", cidr(OFFICE));
    let [note] = notes(&world, &spec).await.try_into().unwrap();
    assert_eq!(
        note,
        format!("the inbound rules of {group} allow tcp 6379 from no address of {}", site.vpc)
    );
    allow(&world, &group, "6379", IngressSource::Group(clients.clone()));
    let [note] = notes(&world, &spec).await.try_into().unwrap();
    let ending = format!("allow tcp 6379 from {clients}, whose addresses are not compared");
    assert!(note.ends_with(&ending), "{note}");
    driver(&world, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn a_named_group_may_open_part_of_the_ports() {
    let (world, site, mut spec) = procedure(DataService::Kafka);
    let group = world.add_security_group(&site.vpc, "theirs", &[]).unwrap();
    spec.security_groups = GroupChoice::Existing(NonEmptySet::of(group.clone()));
    allow(&world, &group, "10000-10499", cidr("10.20.0.0/16"));
    let [note] = notes(&world, &spec).await.try_into().unwrap();
    assert_eq!(note, format!("the inbound rules of {group} allow only part of tcp 10000-11000"));
    allow(&world, &group, "10500-12000", cidr("10.20.0.0/16"));
    assert_eq!(notes(&world, &spec).await, [""; 0]);
}

#[tokio::test]
async fn an_acl_may_deny_everybody_whom_a_named_group_lets_in() {
    let (world, site, spec, group) = site_with_group();
    allow(&world, &group, "6379", cidr(OFFICE));
    let acl = world.default_network_acl(&site.vpc).unwrap();
    let not_the_office = NetworkAclSpec::open(&site.vpc).inbound(AclEntry {
        block: AclBlock::V4(OFFICE.parse().unwrap()),
        ..AclEntry::everything(50, AclAction::Deny)
    });
    world.set_network_acl(&acl, &not_the_office).unwrap();
    assert_blocker(&blockers(&world, &spec).await, "network-acl-denies", &[OFFICE]);
    // Somebody whose addresses are not known may still pass.
    allow(&world, &group, "6379", IngressSource::Group(group.clone()));
    driver(&world, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_used_as_it_is_must_let_somebody_in() {
    let (world, site, mut spec, endpoint, group) = made_by_hand();
    spec.endpoint = EndpointChoice::Existing(endpoint);
    driver(&world, &spec).establish().await.unwrap();
    let acl = world.default_network_acl(&site.vpc).unwrap();
    world.set_network_acl(&acl, &NetworkAclSpec::closed(&site.vpc)).unwrap();
    // Its subnets are not read, so that somebody may be in them.
    let notes = notes(&world, &spec).await;
    assert!(notes.iter().any(|note| note.contains(acl.as_str())), "{notes:?}");
    let rule = IngressRule::tcp("6379".parse().unwrap(), IngressSource::Group(group.clone()));
    world.remove_rule(&group, &rule).unwrap();
    assert_blocker(&blockers(&world, &spec).await, "groups-closed", &[group.as_str()]);
}
