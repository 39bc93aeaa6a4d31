//! VPC peering connections between a customer's VPC and a space.

use heroku_data_link::model::{PeeringStatus, PeeringType, RouteState};
use heroku_data_link::provider::{PeeringQuery, RouteTables, SpacePeerings, Tag, VpcPeerings};

use crate::fixture::secs;
use crate::peering_fixture::PeeringSite;

#[tokio::test]
async fn a_peering_of_the_procedure_comes_up_and_goes_down() {
    let site = PeeringSite::new();
    let initial = site.world.fingerprint();
    let info = site.world.heroku().peering_info(&site.site.space).await.unwrap().unwrap();
    assert_eq!(
        info.space_cidrs.to_string(),
        "10.0.0.0/20, 10.0.16.0/20, 10.0.128.0/20, 10.0.144.0/20"
    );
    assert_eq!(info.unavailable_cidrs.to_string(), "10.1.0.0/16");
    let id = site.active().await;
    assert_eq!(id.as_str(), "pcx-01f31cfb89521de9c");
    let row = site.row(&id).await.unwrap();
    assert_eq!((row.kind, row.status), (PeeringType::CustomerManaged, PeeringStatus::Active));
    site.aws().create_route(&site.new_route(&id)).await.unwrap();
    assert_eq!(site.route_state().await, Some(RouteState::Active));
    assert_ne!(site.world.fingerprint(), initial);
    assert!(site.world.orphans().is_empty());

    site.aws().delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.world.orphans().len(), 1, "the route");
    let route = site.new_route(&id);
    site.aws().delete_route(&route.table, &route.destination).await.unwrap();
    assert!(site.world.orphans().is_empty());
    site.world.advance(secs(180));
    assert_eq!(site.status(&id).await, Some(PeeringStatus::Deleted));
    assert_eq!(site.world.fingerprint(), initial);
}

#[tokio::test]
async fn a_request_is_initiating_then_pending_and_heroku_lists_it_minutes_later() {
    let site = PeeringSite::new();
    let id = site.request().await;
    let mut seen = Vec::new();
    for seconds in [0, 4, 1, 119, 1] {
        site.world.advance(secs(seconds));
        seen.push((site.status(&id).await, site.listed_status(&id).await));
    }
    let initiating = Some(PeeringStatus::InitiatingRequest);
    let pending = Some(PeeringStatus::PendingAcceptance);
    assert_eq!(
        seen,
        [
            (initiating.clone(), None),
            (initiating, None),
            (pending.clone(), None),
            (pending.clone(), None),
            (pending.clone(), pending),
        ]
    );
}

#[tokio::test]
async fn tags_exist_only_on_the_side_that_set_them() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let tags = |key: &str| [(key.to_owned(), "x".to_owned())].into();
    site.aws().tag_peering_connection(&id, &tags("ours")).await.unwrap();
    site.aws_of_heroku().tag_peering_connection(&id, &tags("theirs")).await.unwrap();
    let ours = site.describe(&id).await.unwrap().tags;
    assert_eq!(ours.into_keys().collect::<Vec<_>>(), ["heroku-data-link:link", "ours"]);
    let query = PeeringQuery::Id(id);
    let theirs = site.aws_of_heroku().peering_connections(&query).await.unwrap().remove(0).tags;
    assert_eq!(theirs.into_keys().collect::<Vec<_>>(), ["theirs"]);
    let query = |key: &str| PeeringQuery::Tagged(Tag { key: key.to_owned(), value: "x".into() });
    assert_eq!(site.aws().peering_connections(&query("ours")).await.unwrap().len(), 1);
    assert_eq!(site.aws().peering_connections(&query("theirs")).await.unwrap().len(), 0);
}
