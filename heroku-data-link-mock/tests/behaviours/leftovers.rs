//! Orphans and fingerprints.

use heroku_data_link::model::EndpointState;
use heroku_data_link::provider::{
    NewEndpoint, PrivateLinks, RouteTables, SecurityGroups, VpcEndpoints, VpcPeerings,
};
use heroku_data_link_mock::VpcSpec;

use crate::fixture::{ACCOUNT, Site, principals, secs};
use crate::peering_fixture::PeeringSite;

const TAG: &str = "heroku-data-link:link";

#[tokio::test]
async fn a_group_that_no_endpoint_uses_is_an_orphan() {
    let site = Site::new();
    site.world.add_security_group(&site.vpc, "by hand", &[("Name", "x")]).unwrap();
    assert!(site.world.orphans().is_empty());
    let group = site.world.add_security_group(&site.vpc, "link", &[(TAG, "a")]).unwrap();
    assert_eq!(
        site.world.orphans(),
        [format!("security group {group} of link a: no endpoint uses it")]
    );
    let mut new = site.new_endpoint().await;
    new.groups = [group].into();
    site.world.aws().create_endpoint(&new).await.unwrap();
    assert!(site.world.orphans().is_empty());
}

#[tokio::test]
async fn an_endpoint_whose_service_is_gone_is_an_orphan() {
    let site = Site::new();
    let id = site.available_endpoint().await;
    assert!(site.world.orphans().is_empty());
    site.world.heroku().delete_private_link(&site.addon).await.unwrap();
    let [orphan] = site.world.orphans().try_into().unwrap();
    assert!(orphan.starts_with(&format!("endpoint {id} of link a: its service ")), "{orphan}");
    site.world.aws().delete_endpoint(&id).await.unwrap();
    assert!(site.world.orphans().is_empty());
}

#[tokio::test]
async fn a_second_endpoint_of_a_link_is_an_orphan() {
    let site = Site::new();
    let new = site.new_endpoint().await;
    let aws = site.world.aws();
    aws.create_endpoint(&new).await.unwrap();
    let mut other = new.clone();
    other.tags.insert(TAG.to_owned(), "b".to_owned());
    other.client_token = "other".to_owned();
    aws.create_endpoint(&other).await.unwrap();
    assert!(site.world.orphans().is_empty(), "of another link");
    let twin = NewEndpoint { client_token: "twin".to_owned(), ..new };
    let twin = aws.create_endpoint(&twin).await.unwrap();
    assert_eq!(site.world.orphans().len(), 1);
    site.world.set_endpoint_state(&twin, &EndpointState::Failed);
    assert_eq!(site.world.orphans().len(), 1, "a failed one, too");
    aws.delete_endpoint(&twin).await.unwrap();
    assert!(site.world.orphans().is_empty());
}

#[tokio::test]
async fn a_fingerprint_tells_what_is_there_and_not_when() {
    let site = Site::new();
    let initial = site.world.fingerprint();
    let id = site.endpoint().await;
    let waiting = site.world.fingerprint();
    assert_ne!(waiting, initial);
    site.world.advance(secs(3600));
    assert_eq!(site.world.fingerprint(), waiting, "what is on its way in counts as arrived");

    let heroku = site.world.heroku();
    heroku.allow(&site.addon, &principals(&["210987654321"])).await.unwrap();
    assert_ne!(site.world.fingerprint(), waiting);
    heroku.disallow(&site.addon, &principals(&["210987654321"])).await.unwrap();
    assert_eq!(site.world.fingerprint(), waiting);

    let aws = site.world.aws();
    let group = site.describe(&id).await.unwrap().groups.pop_first().unwrap();
    aws.delete_endpoint(&id).await.unwrap();
    heroku.delete_private_link(&site.addon).await.unwrap();
    site.world.advance(secs(150));
    aws.delete_security_group(&group).await.unwrap();
    assert_eq!(site.world.fingerprint(), initial, "what is on its way out does not count");
}

#[tokio::test]
async fn a_destroyed_add_on_leaves_orphans() {
    let site = Site::new();
    let id = site.available_endpoint().await;
    site.world.destroy_addon(site.addon).unwrap();
    assert_eq!(site.world.orphans().len(), 1);
    assert_eq!(site.state(&id).await, EndpointState::Rejected);
    let created =
        site.world.heroku().create_private_link(&site.addon, &principals(&[ACCOUNT])).await;
    assert!(created.is_err());
}

#[tokio::test]
async fn a_route_to_a_peering_of_a_link_that_is_gone_is_an_orphan() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let route = site.new_route(&id);
    site.aws().create_route(&route).await.unwrap();
    assert!(site.world.orphans().is_empty());
    site.aws().delete_peering_connection(&id).await.unwrap();
    let table = &route.table;
    let expected = format!("route to 10.0.0.0/16 in {table} of link a: {id} is gone");
    assert_eq!(site.world.orphans(), [expected]);
    site.aws().delete_route(table, &route.destination).await.unwrap();
    assert!(site.world.orphans().is_empty());
    // A blackhole that no link left is somebody else's.
    site.world.add_route(table, "10.0.0.0/16", "pcx-0123").unwrap();
    assert!(site.world.orphans().is_empty());
}

#[tokio::test]
async fn a_second_peering_of_a_link_is_an_orphan() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let peer = site.world.add_vpc(&VpcSpec::new(["192.168.0.0/16"])).unwrap();
    site.world.add_peering(&site.site.vpc, &peer, &[(TAG, "b")]).unwrap();
    assert!(site.world.orphans().is_empty(), "of another link");
    let peer = site.world.add_vpc(&VpcSpec::new(["192.168.0.0/16"])).unwrap();
    let twin = site.world.add_peering(&site.site.vpc, &peer, &[(TAG, "a")]).unwrap();
    let vpc = &site.site.vpc;
    let expected = format!("link a has several peering connections of {vpc}: {twin}, {id}");
    assert_eq!(site.world.orphans(), [expected]);
    site.aws().delete_peering_connection(&twin).await.unwrap();
    assert!(site.world.orphans().is_empty());
}

#[tokio::test]
async fn a_request_counts_in_a_fingerprint_though_it_would_expire() {
    let site = PeeringSite::new();
    let initial = site.world.fingerprint();
    let id = site.request().await;
    let waiting = site.world.fingerprint();
    assert_ne!(waiting, initial);
    site.world.advance(secs(180));
    assert_eq!(site.world.fingerprint(), waiting);
    site.accept(&id).await;
    let accepted = site.world.fingerprint();
    assert_ne!(accepted, waiting);
    site.world.advance(secs(180));
    assert_eq!(site.world.fingerprint(), accepted, "what is on its way in counts as arrived");
    site.aws().delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.world.fingerprint(), initial);
    site.request().await;
    site.world.advance(secs(8 * 24 * 60 * 60));
    assert_eq!(site.world.fingerprint(), initial, "it has expired");
}
