//! Who calls, and what the network looks like.

use std::collections::BTreeSet;

use heroku_data_link::model::{CidrSet, VpcId};
use heroku_data_link::provider::{
    EndpointServices, Identity, NetworkInterfaces, Subnet, SubnetQuery, Vpcs,
};

use super::Account;
use super::account::text;

#[tokio::test]
async fn the_caller_is_a_session_in_its_account() {
    let Some(account) = Account::fresh() else { return };
    let caller = account.client().caller_identity().await.unwrap();
    assert_eq!(caller.account, account.id);
    let session = format!("arn:aws:sts::{}:assumed-role/tester/tester", account.id);
    assert_eq!(caller.arn.to_string(), session);
}

#[tokio::test]
async fn a_vpc_has_its_secondary_blocks_and_not_those_it_had() {
    let Some(account) = Account::fresh() else { return };
    let id = account.vpc("10.0.0.0/16");
    account.vpc("10.5.0.0/16");
    let associate = |block: &str| {
        account.ec2("AssociateVpcCidrBlock", &[("VpcId", &id), ("CidrBlock", &block)])
    };
    associate("10.1.0.0/16");
    let third = text(&associate("10.2.0.0/16"), "associationId");
    account.ec2("DisassociateVpcCidrBlock", &[("AssociationId", &third)]);

    let aws = account.client();
    let vpc = aws.vpc(&id).await.unwrap().unwrap();
    assert_eq!((&vpc.id, &vpc.owner), (&id, &account.id));
    let blocks = ["10.0.0.0/16", "10.1.0.0/16"].map(|block| block.parse().unwrap());
    assert_eq!(vpc.cidrs, blocks.into_iter().collect::<CidrSet>());

    assert_eq!(aws.vpc(&absent()).await.unwrap(), None);
    let elsewhere = aws.in_region("eu-west-1".parse().unwrap());
    assert_eq!(elsewhere.vpc(&id).await.unwrap(), None);
}

#[tokio::test]
async fn subnets_say_their_zone_by_id_and_by_name() {
    let Some(account) = Account::fresh() else { return };
    let (vpc, other) = (account.vpc("10.0.0.0/16"), account.vpc("10.5.0.0/16"));
    let first = account.subnet(&vpc, "use1-az4", "10.0.0.0/24");
    let second = account.subnet(&vpc, "use1-az6", "10.0.1.0/28");
    let foreign = account.subnet(&other, "use1-az4", "10.5.0.0/24");

    let aws = account.client();
    let mut found = aws.subnets(&SubnetQuery::InVpc(vpc.clone())).await.unwrap();
    found.sort_by_key(|subnet| subnet.zone_id.to_string());
    let subnet = |id, (zone_id, zone_name): (&str, &str), cidr: &str, free_addresses| Subnet {
        id,
        vpc: vpc.clone(),
        zone_id: zone_id.parse().unwrap(),
        zone_name: zone_name.parse().unwrap(),
        cidr: Some(cidr.parse().unwrap()),
        free_addresses,
    };
    let expected = [
        subnet(first.clone(), ("use1-az4", "us-east-1d"), "10.0.0.0/24", 251),
        subnet(second, ("use1-az6", "us-east-1a"), "10.0.1.0/28", 11),
    ];
    assert_eq!(found, expected);

    // Those that exist, in any VPC.
    let ids = BTreeSet::from([first, foreign, "subnet-0123456789abcdef0".parse().unwrap()]);
    let found = aws.subnets(&SubnetQuery::Ids(ids)).await.unwrap();
    let vpcs: BTreeSet<_> = found.into_iter().map(|subnet| subnet.vpc).collect();
    assert_eq!(vpcs, BTreeSet::from([vpc, other]));
    assert_eq!(aws.subnets(&SubnetQuery::InVpc(absent())).await.unwrap(), []);
}

/// moto gives names of zones only; AWS has begun to give ids as well.
#[tokio::test]
async fn the_zones_of_a_service_are_known_by_id_where_aws_gives_names() {
    let Some(account) = Account::fresh() else { return };
    let vpc = account.vpc("10.0.0.0/16");
    let first = account.subnet(&vpc, "use1-az4", "10.0.0.0/24");
    let second = account.subnet(&vpc, "use1-az6", "10.0.1.0/24");
    let name = account.endpoint_service(&[&first, &second]);

    let aws = account.client();
    let service = aws.endpoint_service(&name).await.unwrap().unwrap();
    assert_eq!(service.name, name);
    let zones = ["use1-az4", "use1-az6"].map(|zone| zone.parse().unwrap());
    assert_eq!(service.zones, Some(BTreeSet::from(zones)));
}

#[tokio::test]
async fn a_service_that_is_not_shown_is_no_error() {
    let Some(account) = Account::fresh() else { return };
    let vpc = account.vpc("10.0.0.0/16");
    let subnet = account.subnet(&vpc, "use1-az4", "10.0.0.0/24");
    let name = account.endpoint_service(&[&subnet]);
    let other = account.another().client();
    assert_eq!(other.endpoint_service(&name).await.unwrap(), None);
}

#[tokio::test]
async fn interfaces_tell_which_groups_they_carry() {
    let Some(account) = Account::fresh() else { return };
    let vpc = account.vpc("10.0.0.0/16");
    let subnet = account.subnet(&vpc, "use1-az4", "10.0.0.0/24");
    let [carried, idle] = ["carried", "idle"].map(|name| account.security_group(&vpc, name));
    let made = account.ec2(
        "CreateNetworkInterface",
        &[
            ("SubnetId", &subnet),
            ("SecurityGroupId.1", &carried),
            ("Description", &"VPC Endpoint Interface vpce-1"),
        ],
    );

    let aws = account.client();
    let found = aws.interfaces_using(&carried).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.to_string(), text(&made, "networkInterfaceId"));
    assert_eq!(found[0].description, "VPC Endpoint Interface vpce-1");
    assert_eq!(aws.interfaces_using(&idle).await.unwrap(), []);
}

fn absent() -> VpcId {
    "vpc-0123456789abcdef0".parse().unwrap()
}
