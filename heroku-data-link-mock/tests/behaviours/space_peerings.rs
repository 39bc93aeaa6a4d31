//! Spaces' networks and peerings, as Heroku shows them.

use heroku_data_link::model::{Generation, PeeringStatus, PeeringType};
use heroku_data_link::provider::{ErrorKind, PeeringInfo, SpacePeerings, VpcPeerings, Vpcs};
use heroku_data_link_mock::{SpaceSpec, World};

use crate::fixture::{kind, secs};
use crate::peering_fixture::{HOUR, PeeringSite};

#[tokio::test]
async fn a_space_tells_what_a_vpc_needs_to_know() {
    let site = PeeringSite::new();
    let info = site.world.heroku().peering_info(&site.site.space).await.unwrap().unwrap();
    let PeeringInfo { account, region, vpc, vpc_cidr, space_cidrs, unavailable_cidrs } = info;
    assert_eq!(account.unwrap().as_str(), "012345678900");
    assert_eq!(region.unwrap().as_str(), "ap-northeast-1");
    assert_eq!(vpc.as_ref().map(AsRef::as_ref), Some("vpc-b39527d4"));
    assert_eq!(vpc_cidr.unwrap().to_string(), "10.0.0.0/16");
    assert_eq!(space_cidrs.to_string(), "10.0.0.0/20, 10.0.16.0/20, 10.0.128.0/20, 10.0.144.0/20");
    assert_eq!(unavailable_cidrs.to_string(), "10.1.0.0/16");
    // It is in an account of Heroku's.
    assert_eq!(site.aws().vpc(&site.site.space_vpc).await.unwrap(), None);
    let unknown = "nowhere".parse().unwrap();
    assert_eq!(site.world.heroku().peering_info(&unknown).await.unwrap(), None);
    assert!(site.world.heroku().peerings(&unknown).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_space_has_the_network_that_was_asked_for() {
    let world = World::new();
    let spec = SpaceSpec::new("acme", "dublin").in_account("111122223333").with_cidr("10.5.0.0/19");
    let spec = spec.with_data_cidr("172.23.0.0/20").with_unavailable(["172.17.0.0/16"]);
    let space = world.add_space_of(&spec).unwrap();
    let info = world.heroku().peering_info(&space).await.unwrap().unwrap();
    assert_eq!(info.account.unwrap().as_str(), "111122223333");
    assert_eq!(info.vpc, world.space_vpc(&space));
    assert_eq!(info.space_cidrs.to_string(), "10.5.0.0/19", "too small for four blocks");
    assert_eq!(info.unavailable_cidrs.to_string(), "172.17.0.0/16, 172.23.0.0/20");
    let spec = SpaceSpec::new("old", "dublin").with_dyno_cidrs(["10.0.1.0/24"]);
    let space = world.add_space_of(&spec.without_vpc_details()).unwrap();
    let info = world.heroku().peering_info(&space).await.unwrap().unwrap();
    assert_eq!((info.account, info.region, info.vpc), (None, None, None));
    assert_eq!(info.space_cidrs.to_string(), "10.0.1.0/24");
    // Simple spaces have a network, too.
    world.add_space("simple", "virginia").unwrap();
    assert!(world.heroku().peering_info(&"simple".parse().unwrap()).await.unwrap().is_some());
    let twin = SpaceSpec::new("twin", "dublin").with_vpc(world.space_vpc(&space).unwrap());
    assert!(world.add_space_of(&twin).is_err());
}

#[tokio::test]
async fn a_space_of_fir_has_no_peerings() {
    let world = World::new();
    let spec = SpaceSpec::new("acme", "dublin").of_generation(Generation::Fir);
    let space = world.add_space_of(&spec).unwrap();
    let heroku = world.heroku();
    assert_eq!(heroku.peering_info(&space).await.unwrap(), None);
    assert!(heroku.peerings(&space).await.unwrap().is_empty());
    assert_eq!(world.space_vpc(&space), None);
    let id = "pcx-0".parse().unwrap();
    assert_eq!(kind(heroku.accept_peering(&space, &id).await), ErrorKind::InvalidRequest);
    assert!(world.delete_space_peering(&space, &id).is_err());
}

#[tokio::test]
async fn herokus_own_peering_is_listed_masked() {
    let site = PeeringSite::new();
    let heroku = site.world.heroku();
    let [managed] = heroku.peerings(&site.site.space).await.unwrap().try_into().unwrap();
    assert_eq!(
        (managed.kind.clone(), managed.status.clone()),
        (PeeringType::HerokuManaged, PeeringStatus::Active)
    );
    assert_eq!(managed.cidrs.to_string(), "10.1.0.0/16");
    assert_eq!((managed.id, managed.vpc, managed.region), (None, None, None));
    assert_eq!((managed.account, managed.expires), (None, None));
}

#[tokio::test]
async fn heroku_accepts_only_what_it_lists_and_only_once() {
    let site = PeeringSite::new();
    let heroku = site.world.heroku();
    let id = site.request().await;
    let accept = || async { heroku.accept_peering(&site.site.space, &id).await };
    site.world.advance(secs(124));
    assert_eq!(kind(accept().await), ErrorKind::NotFound, "not listed yet");
    site.world.advance(secs(1));
    let elsewhere = "nowhere".parse().unwrap();
    assert_eq!(kind(heroku.accept_peering(&elsewhere, &id).await), ErrorKind::NotFound);
    accept().await.unwrap();
    assert_eq!(kind(accept().await), ErrorKind::Conflict, "provisioning");
    site.world.advance(HOUR);
    assert_eq!(kind(accept().await), ErrorKind::Conflict, "active");
    site.aws().delete_peering_connection(&id).await.unwrap();
    site.world.advance(HOUR);
    assert_eq!(kind(accept().await), ErrorKind::Conflict, "deleted");
}

#[tokio::test]
async fn heroku_rejects_a_request_that_it_is_told_to_delete() {
    let site = PeeringSite::new();
    let id = site.request().await;
    let delete = || site.world.delete_space_peering(&site.site.space, &id);
    assert!(delete().is_err());
    site.world.advance(secs(180));
    let pending = Some(PeeringStatus::PendingAcceptance);
    assert_eq!(site.both(&id).await, (pending.clone(), pending), "it was not listed");
    delete().unwrap();
    site.world.advance(secs(20));
    let rejected = Some(PeeringStatus::Rejected);
    assert_eq!(site.both(&id).await, (rejected.clone(), rejected));
    delete().unwrap();
}

#[tokio::test]
async fn a_space_lists_only_its_own_peerings() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let other = site.world.add_space_of(&SpaceSpec::new("other", "tokyo")).unwrap();
    let heroku = site.world.heroku();
    let rows = heroku.peerings(&other).await.unwrap();
    assert_eq!(rows.len(), 1, "its own managed one");
    assert_eq!(kind(heroku.accept_peering(&other, &id).await), ErrorKind::NotFound);
    assert!(site.world.delete_space_peering(&other, &id).is_err());
    assert_eq!(site.status(&id).await, Some(PeeringStatus::Active));
}
