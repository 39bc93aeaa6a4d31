//! Network ACLs.

use std::collections::BTreeSet;

use heroku_data_link::model::{NetworkAclId, SubnetId};
use heroku_data_link::provider::{AclAction, AclEntry, NetworkAcls};
use heroku_data_link_mock::{NetworkAclSpec, VpcSpec, World};

/// The subnets of an ACL.
async fn subnets(world: &World, vpc: &str, acl: &NetworkAclId) -> BTreeSet<SubnetId> {
    let found = world.aws().network_acls(&vpc.parse().unwrap()).await.unwrap();
    found.into_iter().find(|it| it.id == *acl).unwrap().subnets
}

#[tokio::test]
async fn a_subnet_without_an_acl_of_its_own_has_the_default_one() {
    let world = World::new();
    let vpc = world.add_vpc(&VpcSpec::new(["10.0.0.0/16"])).unwrap();
    let [a, b] = ["10.0.1.0/24", "10.0.2.0/24"]
        .map(|block| world.add_subnet(&vpc, "us-east-1a", block).unwrap());
    let default = world.default_network_acl(&vpc).unwrap();
    let both = BTreeSet::from([a.clone(), b.clone()]);
    assert_eq!(subnets(&world, vpc.as_str(), &default).await, both);
    let spec = NetworkAclSpec::closed(&vpc).for_subnet(&a);
    let other = world.add_network_acl(&spec).unwrap();
    assert_eq!(subnets(&world, vpc.as_str(), &default).await, [b].into());
    assert_eq!(subnets(&world, vpc.as_str(), &other).await, [a].into());
    // A subnet has one ACL beside the default one.
    assert!(world.add_network_acl(&spec).unwrap_err().to_string().contains("subnet"));
    let elsewhere = NetworkAclSpec::closed(&"vpc-f".parse().unwrap());
    assert!(world.add_network_acl(&elsewhere).unwrap_err().to_string().contains("VPC"));
}

#[tokio::test]
async fn entries_are_in_the_order_of_their_numbers_and_the_last_denies() {
    let world = World::new();
    let vpc = world.add_vpc(&VpcSpec::new(["10.0.0.0/16"])).unwrap();
    let acl = world.default_network_acl(&vpc).unwrap();
    let entries = [300, 100, 200].map(|number| AclEntry::everything(number, AclAction::Allow));
    let spec = entries.into_iter().fold(NetworkAclSpec::closed(&vpc), NetworkAclSpec::inbound);
    world.set_network_acl(&acl, &spec).unwrap();
    let [found] = world.aws().network_acls(&vpc).await.unwrap().try_into().unwrap();
    let numbers: Vec<_> = found.ingress.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [100, 200, 300, AclEntry::LAST]);
    assert_eq!(found.ingress[3].action, AclAction::Deny);
    assert_eq!(found.egress.len(), 1);
    assert!(world.set_network_acl(&"acl-f".parse().unwrap(), &spec).is_err());
}
