//! What AWS refuses, and what it only fails.

use std::collections::BTreeMap;

use heroku_data_link::model::PeeringStatus;
use heroku_data_link::provider::{
    ErrorKind, NewPeeringConnection, PeeringQuery, SpacePeerings, VpcPeerings,
};
use heroku_data_link_mock::{Answer, Limits, VpcSpec};

use crate::fixture::{kind, secs};
use crate::peering_fixture::{DAY, HOUR, PeeringSite};

#[tokio::test]
async fn wrong_account_vpc_region_and_overlap_fail_with_one_message() {
    let site = PeeringSite::new();
    let right = site.new_connection();
    let overlapping =
        VpcSpec::new(["192.168.0.0/16", "10.0.128.0/24"]).in_account(&site.site.account);
    let wrong: [NewPeeringConnection; 4] = [
        NewPeeringConnection { peer_account: "021876802972".parse().unwrap(), ..right.clone() },
        NewPeeringConnection { peer_vpc: "vpc-0".parse().unwrap(), ..right.clone() },
        NewPeeringConnection { peer_region: "us-east-1".parse().unwrap(), ..right.clone() },
        NewPeeringConnection { vpc: site.world.add_vpc(&overlapping).unwrap(), ..right },
    ];
    for request in wrong {
        let id = site.aws().create_peering_connection(&request).await.unwrap();
        assert_eq!(site.status(&id).await, Some(PeeringStatus::InitiatingRequest));
        site.world.advance(secs(5));
        let failed = site.describe(&id).await.unwrap();
        assert_eq!(failed.status, PeeringStatus::Failed);
        assert_eq!(
            failed.message.as_deref(),
            Some("Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
        );
    }
}

#[tokio::test]
async fn a_failure_is_described_to_the_requester_only_for_two_hours() {
    let site = PeeringSite::new();
    site.world
        .add_vpc(&VpcSpec::new(["10.0.0.0/20"]).with_id("vpc-1").in_account(&site.site.account))
        .unwrap();
    let request = NewPeeringConnection { vpc: "vpc-1".parse().unwrap(), ..site.new_connection() };
    let id = site.aws().create_peering_connection(&request).await.unwrap();
    site.world.advance(secs(600));
    assert_eq!(site.both(&id).await, (Some(PeeringStatus::Failed), None));
    let query = PeeringQuery::Id(id.clone());
    assert!(site.aws_of_heroku().peering_connections(&query).await.unwrap().is_empty());
    let accepted = site.world.heroku().accept_peering(&site.site.space, &id).await;
    assert_eq!(kind(accepted), ErrorKind::NotFound);
    site.world.advance(2 * HOUR);
    assert_eq!(site.both(&id).await, (None, None));
}

#[tokio::test]
async fn a_pair_has_at_most_one_live_connection() {
    let site = PeeringSite::new();
    let request = || async { site.aws().create_peering_connection(&site.new_connection()).await };
    let first = site.request().await;
    assert_eq!(kind(request().await), ErrorKind::Conflict, "initiating");
    site.world.advance(secs(180));
    assert_eq!(kind(request().await), ErrorKind::Conflict, "pending");
    site.accept(&first).await;
    assert_eq!(kind(request().await), ErrorKind::Conflict, "provisioning");
    site.world.advance(secs(180));
    assert_eq!(kind(request().await), ErrorKind::Conflict, "active");
    // Nor one the other way round.
    let NewPeeringConnection { vpc, peer_vpc, tags, .. } = site.new_connection();
    let reverse = NewPeeringConnection {
        vpc: peer_vpc,
        peer_vpc: vpc,
        peer_account: site.site.account.clone(),
        peer_region: site.site.region.clone(),
        tags,
    };
    let reversed = site.aws_of_heroku().create_peering_connection(&reverse).await;
    assert_eq!(kind(reversed), ErrorKind::Conflict);
    // What is going does not count.
    site.aws().delete_peering_connection(&first).await.unwrap();
    let second = request().await.unwrap();
    assert_ne!(first, second);
    let query = PeeringQuery::OfVpc(site.site.vpc.clone());
    let ids: Vec<_> =
        site.aws().peering_connections(&query).await.unwrap().into_iter().map(|it| it.id).collect();
    assert_eq!(ids, [first, second]);
}

#[tokio::test]
async fn a_repeated_request_makes_no_second_connection() {
    for (answer, ok) in [(Answer::First, true), (Answer::Second, false)] {
        let site = PeeringSite::new();
        site.world.double_mutations(answer);
        let made = site.aws().create_peering_connection(&site.new_connection()).await;
        assert_eq!(made.is_ok(), ok);
        let query = PeeringQuery::OfVpc(site.site.vpc.clone());
        assert_eq!(site.aws().peering_connections(&query).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_vpc_that_asks_is_the_callers_own() {
    let site = PeeringSite::new();
    let unknown = NewPeeringConnection { vpc: "vpc-0".parse().unwrap(), ..site.new_connection() };
    let aws = site.aws();
    assert_eq!(kind(aws.create_peering_connection(&unknown).await), ErrorKind::NotFound);
    let elsewhere = site.world.aws_in(site.site.account.clone(), "eu-west-1".parse().unwrap());
    let request = site.new_connection();
    assert_eq!(kind(elsewhere.create_peering_connection(&request).await), ErrorKind::NotFound);
    // A participant of a shared VPC sees it, and does not manage its peerings.
    let shared = VpcSpec::new(["192.168.0.0/16"]).shared_with(&site.site.account);
    let shared = site.world.add_vpc(&shared).unwrap();
    let request = NewPeeringConnection { vpc: shared, ..request };
    assert_eq!(kind(aws.create_peering_connection(&request).await), ErrorKind::Forbidden);
    let tags = BTreeMap::from([("aws:x".to_owned(), String::new())]);
    let request = NewPeeringConnection { tags, ..site.new_connection() };
    assert_eq!(kind(aws.create_peering_connection(&request).await), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn connections_of_a_vpc_and_open_requests_are_limited() {
    let site = PeeringSite::new();
    let peer = |number: u8| {
        let spec = VpcSpec::new([format!("192.168.{number}.0/24")]).in_account(&site.site.account);
        site.world.add_vpc(&spec).unwrap()
    };
    let by_hand = site.world.add_peering(&site.site.vpc, &peer(1), &[]).unwrap();
    let limits = Limits { peerings_per_vpc: 1, ..Limits::default() };
    site.world.set_limits(limits);
    let (aws, request) = (site.aws(), site.new_connection());
    assert_eq!(kind(aws.create_peering_connection(&request).await), ErrorKind::QuotaExceeded);
    // What is gone does not count.
    aws.delete_peering_connection(&by_hand).await.unwrap();
    site.world.set_limits(Limits { peering_requests: 1, ..Limits::default() });
    site.world.add_peering_request(&site.site.vpc, &peer(2), &[]).unwrap();
    assert_eq!(kind(aws.create_peering_connection(&request).await), ErrorKind::QuotaExceeded);
    site.world.advance(8 * DAY);
    aws.create_peering_connection(&request).await.unwrap();
}
