//! VPC endpoints.

use std::collections::{BTreeMap, BTreeSet};

use heroku_data_link::model::{EndpointState, SubnetId, VpcEndpointId};
use heroku_data_link::provider::{
    EndpointChange, EndpointQuery, ErrorKind, NetworkInterfaces, NewEndpoint, SecurityGroups,
    SubnetQuery, Tag, VpcEndpoints, Vpcs,
};
use heroku_data_link_mock::{Fate, VpcSpec};

use crate::fixture::{ACCOUNT, Site, kind, secs};

#[tokio::test]
async fn an_endpoint_waits_for_acceptance_then_is_pending_then_available() {
    let site = Site::new();
    let id = site.endpoint().await;
    assert_eq!(id.as_str(), "vpce-01c87ae3c05563935");
    let states = [
        (0, EndpointState::PendingAcceptance),
        (239, EndpointState::PendingAcceptance),
        (1, EndpointState::Pending),
        (119, EndpointState::Pending),
        (1, EndpointState::Available),
        (86_400, EndpointState::Available),
    ];
    for (seconds, expected) in states {
        site.world.advance(secs(seconds));
        assert_eq!(site.state(&id).await, expected);
    }
}

#[tokio::test]
async fn endpoint_states_are_spelled_in_lower_camel_case() {
    let site = Site::new();
    let id = site.endpoint().await;
    let raw = || site.world.raw_endpoint_state(&id);
    assert_eq!(raw().as_deref(), Some("pendingAcceptance"));
    site.world.advance(secs(240));
    assert_eq!(raw().as_deref(), Some("pending"));
    site.world.set_endpoint_state(&id, &EndpointState::from("somethingNew"));
    assert_eq!(raw().as_deref(), Some("somethingNew"));
    assert_eq!(site.state(&id).await, EndpointState::Other("somethingNew".to_owned()));
    assert_eq!(site.world.raw_endpoint_state(&"vpce-0".parse().unwrap()), None);
}

#[tokio::test]
async fn an_endpoint_has_interfaces_and_names_only_after_acceptance() {
    let site = Site::new();
    let id = site.endpoint().await;
    let waiting = site.describe(&id).await.unwrap();
    assert_eq!((waiting.interfaces.len(), waiting.dns_names.len()), (0, 0));
    site.world.advance(secs(240));
    let pending = site.describe(&id).await.unwrap();
    assert_eq!(pending.state, EndpointState::Pending);
    assert_eq!(pending.interfaces.len(), 2);
    // One regional name and one for each zone, under the service's name.
    let suffix = ".vpce-svc-0410a2e25933fe8ec.us-east-1.vpce.amazonaws.com";
    let names: Vec<&str> =
        pending.dns_names.iter().map(|name| name.strip_suffix(suffix).unwrap()).collect();
    let regional = names.iter().min_by_key(|name| name.len()).unwrap();
    assert!(regional.starts_with("vpce-01c87ae3c05563935-"));
    let zonal = ["us-east-1a", "us-east-1b"].map(|zone| format!("{regional}-{zone}"));
    assert_eq!(BTreeSet::from_iter(&names), BTreeSet::from([regional, &&*zonal[0], &&*zonal[1]]));

    // Each interface takes an address of its subnet.
    let query = SubnetQuery::InVpc(site.vpc.clone());
    let free = site.world.aws().subnets(&query).await.unwrap();
    let free: Vec<u32> = free.iter().map(|subnet| subnet.free_addresses).collect();
    assert_eq!(free, [250, 251, 250, 251]);
}

#[tokio::test]
async fn endpoints_are_described_after_deletion() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = site.available_endpoint().await;
    aws.delete_endpoint(&id).await.unwrap();
    assert_eq!(site.state(&id).await, EndpointState::Deleting);
    aws.delete_endpoint(&id).await.unwrap();
    site.world.advance(secs(60));
    assert_eq!(site.state(&id).await, EndpointState::Deleted);
    aws.delete_endpoint(&id).await.unwrap();
    let tag = Tag { key: "heroku-data-link:link".to_owned(), value: "a".to_owned() };
    assert_eq!(aws.endpoints(&EndpointQuery::Tagged(tag)).await.unwrap().len(), 1);
    site.world.advance(secs(599));
    assert_eq!(site.state(&id).await, EndpointState::Deleted);
    site.world.advance(secs(1));
    assert_eq!(site.describe(&id).await, None);
    aws.delete_endpoint(&id).await.unwrap();
}

#[tokio::test]
async fn a_group_cannot_go_while_interfaces_linger() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = site.available_endpoint().await;
    let groups = site.describe(&id).await.unwrap().groups;
    let group = groups.first().unwrap();
    let interfaces = async || aws.interfaces_using(group).await.unwrap();
    assert_eq!(interfaces().await.len(), 2);
    assert_eq!(interfaces().await[0].description, format!("VPC Endpoint Interface {id}"));
    assert_eq!(kind(aws.delete_security_group(group).await), ErrorKind::Conflict);

    aws.delete_endpoint(&id).await.unwrap();
    site.world.advance(secs(60));
    assert_eq!(site.state(&id).await, EndpointState::Deleted);
    assert_eq!(interfaces().await.len(), 2);
    site.world.advance(secs(89));
    assert_eq!(kind(aws.delete_security_group(group).await), ErrorKind::Conflict);
    site.world.advance(secs(1));
    assert_eq!(interfaces().await, []);
    aws.delete_security_group(group).await.unwrap();
    aws.delete_security_group(group).await.unwrap();
}

#[tokio::test]
async fn tokens_are_remembered_after_deletion() {
    let site = Site::new();
    let aws = site.world.aws();
    let new = site.new_endpoint().await;
    let id = aws.create_endpoint(&new).await.unwrap();
    assert_eq!(aws.create_endpoint(&new).await.unwrap(), id);
    let mut other = new.clone();
    other.subnets.pop_last();
    let mismatch = aws.create_endpoint(&other).await.unwrap_err();
    assert_eq!(*mismatch.kind(), ErrorKind::InvalidRequest);
    assert!(mismatch.message().starts_with("IdempotentParameterMismatch"));

    aws.delete_endpoint(&id).await.unwrap();
    site.world.advance(secs(20 * 60));
    assert_eq!(site.describe(&id).await, None);
    assert_eq!(aws.create_endpoint(&new).await.unwrap(), id, "the old one, which is gone");
    assert_eq!(site.describe(&id).await, None);

    let fresh = NewEndpoint { client_token: "token-2".to_owned(), ..new.clone() };
    assert_ne!(aws.create_endpoint(&fresh).await.unwrap(), id);
    site.world.advance(secs(24 * 3600));
    assert_ne!(aws.create_endpoint(&new).await.unwrap(), id, "forgotten after a day");
    let long = NewEndpoint { client_token: "x".repeat(65), ..new };
    assert_eq!(kind(aws.create_endpoint(&long).await), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn create_endpoint_refuses_what_ec2_refuses() {
    let site = Site::new();
    let world = &site.world;
    let aws = world.aws();
    let good = site.new_endpoint().await;
    let subnets = |indexes: &[usize]| -> BTreeSet<SubnetId> {
        indexes.iter().map(|index| site.subnets[*index].clone()).collect()
    };
    let other_vpc = world.add_vpc(&VpcSpec::new(["10.9.0.0/16"])).unwrap();
    let foreign_subnet = world.add_subnet(&other_vpc, "us-east-1a", "10.9.0.0/24").unwrap();
    let foreign_group = world.add_security_group(&other_vpc, "g", &[]).unwrap();
    let hidden = VpcSpec::new(["10.9.0.0/16"]).in_account("111111111111");
    let hidden = world.add_vpc(&hidden).unwrap();
    let tiny = world.add_subnet(&site.vpc, "us-east-1f", "10.20.9.0/28").unwrap();
    let mut full = good.clone();
    full.subnets = BTreeSet::from([tiny]);
    for number in 0..11 {
        full.client_token = format!("tiny-{number}");
        aws.create_endpoint(&full).await.unwrap();
    }
    world.advance(secs(240));
    full.client_token = "one-too-many".to_owned();

    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-0123".parse().unwrap();
    let (not_found, invalid) = (ErrorKind::NotFound, ErrorKind::InvalidRequest);
    let bad = |change: &dyn Fn(&mut NewEndpoint)| {
        let mut endpoint = good.clone();
        change(&mut endpoint);
        endpoint
    };
    let cases = [
        (bad(&|it| it.service.clone_from(&name)), &not_found, "InvalidServiceName"),
        (bad(&|it| it.vpc = "vpc-0".parse().unwrap()), &not_found, "InvalidVpcId.NotFound"),
        (bad(&|it| it.vpc = hidden.clone()), &not_found, "InvalidVpcId.NotFound"),
        (bad(&|it| it.subnets.clear()), &invalid, "MissingParameter"),
        (bad(&|it| it.groups.clear()), &invalid, "MissingParameter"),
        (bad(&|it| it.subnets = subnets(&[0, 1])), &invalid, "DuplicateSubnetsInSameZone"),
        (bad(&|it| it.subnets = subnets(&[3])), &invalid, "InvalidParameter"),
        (
            bad(&|it| it.subnets = BTreeSet::from(["subnet-0".parse().unwrap()])),
            &not_found,
            "InvalidSubnetID.NotFound",
        ),
        (
            bad(&|it| it.subnets = BTreeSet::from([foreign_subnet.clone()])),
            &invalid,
            "InvalidParameter",
        ),
        (
            bad(&|it| it.groups = BTreeSet::from(["sg-0".parse().unwrap()])),
            &not_found,
            "InvalidGroup.NotFound",
        ),
        (
            bad(&|it| it.groups = BTreeSet::from([foreign_group.clone()])),
            &invalid,
            "InvalidParameter",
        ),
        (
            bad(&|it| it.tags = BTreeMap::from([("aws:x".to_owned(), String::new())])),
            &invalid,
            "InvalidTagKey.Malformed",
        ),
        (full, &ErrorKind::QuotaExceeded, "InsufficientFreeAddressesInSubnet"),
    ];
    for (endpoint, expected, code) in cases {
        let error = aws.create_endpoint(&endpoint).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert!(error.message().starts_with(code), "{error}");
    }
    let other_account = world.aws_in("111111111111".parse().unwrap(), "us-east-1".parse().unwrap());
    assert_eq!(kind(other_account.create_endpoint(&good).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_vpc_has_fifty_interface_endpoints() {
    let site = Site::new();
    let aws = site.world.aws();
    let mut new = site.new_endpoint().await;
    let mut last = None;
    for number in 0..50 {
        new.client_token = format!("token-{number}");
        last = Some(aws.create_endpoint(&new).await.unwrap());
    }
    new.client_token = "one-too-many".to_owned();
    assert_eq!(kind(aws.create_endpoint(&new).await), ErrorKind::QuotaExceeded);
    aws.delete_endpoint(&last.unwrap()).await.unwrap();
    aws.create_endpoint(&new).await.unwrap();
}

#[tokio::test]
async fn a_modified_endpoint_is_pending_for_thirty_seconds() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = site.available_endpoint().await;
    let second = site.group("more-clients").await;
    let before = site.describe(&id).await.unwrap();
    let change = EndpointChange {
        remove_subnets: BTreeSet::from([site.subnets[2].clone()]),
        add_groups: BTreeSet::from([second.clone()]),
        ..EndpointChange::default()
    };
    aws.modify_endpoint(&id, &change).await.unwrap();
    aws.modify_endpoint(&id, &change).await.unwrap();
    let after = site.describe(&id).await.unwrap();
    assert_eq!(after.state, EndpointState::Pending);
    assert_eq!(after.subnets, BTreeSet::from([site.subnets[0].clone()]));
    assert!(after.interfaces.is_subset(&before.interfaces) && after.interfaces.len() == 1);
    assert!(after.groups.contains(&second));
    site.world.advance(secs(30));
    assert_eq!(site.state(&id).await, EndpointState::Available);

    // What replaces a subnet in its zone comes in a later call.
    let replace = EndpointChange {
        add_subnets: BTreeSet::from([site.subnets[1].clone()]),
        remove_subnets: BTreeSet::from([site.subnets[0].clone()]),
        ..EndpointChange::default()
    };
    let duplicate = aws.modify_endpoint(&id, &replace).await.unwrap_err();
    assert!(duplicate.message().starts_with("DuplicateSubnetsInSameZone"), "{duplicate}");
    let nothing_left = EndpointChange {
        remove_subnets: BTreeSet::from([site.subnets[0].clone()]),
        ..EndpointChange::default()
    };
    assert_eq!(kind(aws.modify_endpoint(&id, &nothing_left).await), ErrorKind::InvalidRequest);
    let no_groups =
        EndpointChange { remove_groups: after.groups.clone(), ..EndpointChange::default() };
    assert_eq!(kind(aws.modify_endpoint(&id, &no_groups).await), ErrorKind::InvalidRequest);
    let unknown: VpcEndpointId = "vpce-0".parse().unwrap();
    assert_eq!(kind(aws.modify_endpoint(&unknown, &no_groups).await), ErrorKind::NotFound);
    aws.delete_endpoint(&id).await.unwrap();
    assert_eq!(kind(aws.modify_endpoint(&id, &no_groups).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.tag_endpoint(&id, &BTreeMap::new()).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_change_before_acceptance_holds_after_it() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = site.endpoint().await;
    let change = EndpointChange {
        remove_subnets: BTreeSet::from([site.subnets[2].clone()]),
        ..EndpointChange::default()
    };
    aws.modify_endpoint(&id, &change).await.unwrap();
    assert_eq!(site.state(&id).await, EndpointState::PendingAcceptance);
    site.world.advance(secs(360));
    let endpoint = site.describe(&id).await.unwrap();
    assert_eq!(endpoint.state, EndpointState::Available);
    assert_eq!((endpoint.subnets.len(), endpoint.interfaces.len()), (1, 1));
}

#[tokio::test]
async fn an_endpoint_can_be_tagged_later() {
    let site = Site::new();
    let aws = site.world.aws();
    let service = site.service().await;
    let group = site.group("clients").await;
    let id = site
        .world
        .add_endpoint(&site.vpc, &service, &site.subnets[..1], &[group], &[("Name", "by hand")])
        .unwrap();
    assert_eq!(site.state(&id).await, EndpointState::Available);
    let tag = Tag { key: "heroku-data-link:link".to_owned(), value: "a".to_owned() };
    let tagged = EndpointQuery::Tagged(tag.clone());
    assert_eq!(aws.endpoints(&tagged).await.unwrap(), []);
    aws.tag_endpoint(&id, &BTreeMap::from([(tag.key, tag.value)])).await.unwrap();
    let [endpoint] = aws.endpoints(&tagged).await.unwrap().try_into().unwrap();
    assert_eq!(endpoint.tags["Name"], "by hand");
    let query = EndpointQuery::InVpc(site.vpc.clone());
    assert_eq!(aws.endpoints(&query).await.unwrap(), [endpoint]);
    // Those of another account or region are invisible.
    for (account, region) in [("111111111111", "us-east-1"), (ACCOUNT, "eu-west-1")] {
        let other = site.world.aws_in(account.parse().unwrap(), region.parse().unwrap());
        assert_eq!(other.endpoints(&query).await.unwrap(), []);
        assert_eq!(other.vpc(&site.vpc).await.unwrap(), None);
        other.delete_endpoint(&id).await.unwrap();
    }
    assert_eq!(site.state(&id).await, EndpointState::Available);
}

#[tokio::test]
async fn an_endpoint_meets_its_fate() {
    let stuck = |state: EndpointState| (Fate::Stuck(state.clone()), state, false);
    let fates = [
        (Fate::Rejected, EndpointState::Rejected, false),
        (Fate::Expired, EndpointState::Expired, false),
        (Fate::Failed, EndpointState::Failed, true),
        stuck(EndpointState::PendingAcceptance),
        stuck(EndpointState::Pending),
        stuck(EndpointState::Partial),
    ];
    for (fate, expected, has_error) in fates {
        let site = Site::new();
        site.world.next_endpoint_fate(fate);
        let id = site.endpoint().await;
        assert_eq!(site.state(&id).await, EndpointState::PendingAcceptance);
        site.world.advance(secs(86_400));
        let endpoint = site.describe(&id).await.unwrap();
        assert_eq!(endpoint.state, expected);
        assert_eq!(endpoint.last_error.is_some(), has_error);
        // It can be deleted all the same.
        site.world.aws().delete_endpoint(&id).await.unwrap();
        site.world.advance(secs(60));
        assert_eq!(site.state(&id).await, EndpointState::Deleted);
    }
}
