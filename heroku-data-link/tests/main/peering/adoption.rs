//! Connections that are there already, made by hand or by another link.

use heroku_data_link::model::{PeeringConnectionId, PeeringStatus};
use heroku_data_link::peering::PeeringChoice;
use heroku_data_link::provider::{PeeringConnection, PeeringQuery, VpcPeerings};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link::reconcile::{Goal, Verified};
use heroku_data_link_mock::{PeeringProcedure, World};

use super::{assert_blocked, aws, driver, procedure, routes};

async fn read(
    world: &World,
    site: &PeeringProcedure,
    id: &PeeringConnectionId,
) -> PeeringConnection {
    let found = aws(world, site).peering_connections(&PeeringQuery::Id(id.clone())).await;
    found.unwrap().remove(0)
}

#[tokio::test]
async fn a_connection_made_by_hand_is_a_blocker() {
    let (world, site, mut spec) = procedure();
    let by_hand = world.add_peering(&site.vpc, &site.space_vpc, &[]).unwrap();
    let parts = [by_hand.as_str(), "no tag of this library", "adopt"];
    assert_blocked((&world, &site), &spec, "peering-not-ours", &parts).await;
    // Unless it is tagged by hand, too.
    let tags = [(LINK_TAG.to_owned(), "demo".to_owned())].into();
    aws(&world, &site).tag_peering_connection(&by_hand, &tags).await.unwrap();
    assert_eq!(driver(&world, &site, &spec).establish().await.unwrap().peering, by_hand);

    let (world, site, _) = procedure();
    let theirs = world.add_peering(&site.vpc, &site.space_vpc, &[(LINK_TAG, "other")]).unwrap();
    let parts = [theirs.as_str(), "link other"];
    assert_blocked((&world, &site), &spec, "peering-not-ours", &parts).await;
    spec.peering = PeeringChoice::Adopt;
    assert_blocked((&world, &site), &spec, "peering-of-another-link", &parts).await;
}

#[tokio::test]
async fn an_adopted_connection_becomes_the_links_own() {
    for pending in [false, true] {
        let (world, site, mut spec) = procedure();
        spec.peering = PeeringChoice::Adopt;
        let by_hand = if pending {
            world.add_peering_request(&site.vpc, &site.space_vpc, &[("Name", "x")])
        } else {
            world.add_peering(&site.vpc, &site.space_vpc, &[("Name", "x")])
        };
        let by_hand = by_hand.unwrap();
        let link = driver(&world, &site, &spec);
        let output = link.establish().await.unwrap();
        assert_eq!(output.peering, by_hand);
        let tags = read(&world, &site, &by_hand).await.tags;
        assert_eq!(tags.get(LINK_TAG).map(String::as_str), Some("demo"));
        assert_eq!(tags.get("Name").map(String::as_str), Some("x"));
        link.teardown().await.unwrap();
        assert!(!read(&world, &site, &by_hand).await.is_live());
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn without_a_connection_to_adopt_one_is_made() {
    let (world, site, mut spec) = procedure();
    spec.peering = PeeringChoice::Adopt;
    let output = driver(&world, &site, &spec).establish().await.unwrap();
    assert_eq!(output.peering.as_str(), "pcx-01f31cfb89521de9c");
}

#[tokio::test]
async fn a_named_connection_is_used_as_it_is_and_stays() {
    for pending in [false, true] {
        let (world, site, mut spec) = procedure();
        let by_hand = if pending {
            world.add_peering_request(&site.vpc, &site.space_vpc, &[])
        } else {
            world.add_peering(&site.vpc, &site.space_vpc, &[])
        };
        let by_hand = by_hand.unwrap();
        spec.peering = PeeringChoice::Existing(by_hand.clone());
        // A route of somebody else's to the same connection.
        world.add_route(&site.tables[0], "10.0.0.0/16", by_hand.as_str()).unwrap();
        let link = driver(&world, &site, &spec);
        assert_eq!(link.establish().await.unwrap().peering, by_hand);
        assert_eq!(routes(&world, &site, &site.tables[0]).await.len(), 5);
        // Nothing is recorded in a connection that is not the link's own, so nothing of it is known
        // to be the link's, and what is left is named.
        let plan = link.plan(Goal::TornDown).await.unwrap();
        assert_eq!(
            plan.notes.iter().filter(|note| note.contains("it stays")).count(),
            13,
            "{plan}"
        );
        link.teardown().await.unwrap();
        assert_eq!(routes(&world, &site, &site.tables[0]).await.len(), 5);
        // Unless the spec says that it may be deleted all the same.
        spec.teardown.delete_unrecorded = true;
        let link = driver(&world, &site, &spec);
        link.teardown().await.unwrap();
        let left = routes(&world, &site, &site.tables[0]).await;
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].destination.to_string(), "10.0.0.0/16");
        let connection = read(&world, &site, &by_hand).await;
        assert_eq!((connection.status, connection.tags.len()), (PeeringStatus::Active, 0));
        assert!(link.plan(Goal::TornDown).await.unwrap().is_settled());
    }
}

#[tokio::test]
async fn a_named_connection_that_has_ended_is_told_once_and_not_replaced() {
    for (status, code) in [
        (PeeringStatus::Failed, "peering-failed"),
        (PeeringStatus::Rejected, "peering-rejected"),
        (PeeringStatus::Deleted, "peering-deleted"),
    ] {
        let (world, site, mut spec) = procedure();
        let by_hand = world.add_peering_request(&site.vpc, &site.space_vpc, &[]).unwrap();
        world.set_peering_status(&by_hand, &status);
        world.advance(std::time::Duration::from_secs(60));
        spec.peering = PeeringChoice::Existing(by_hand.clone());
        let found = super::blockers(&world, &site, &spec).await;
        let [blocker] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(blocker.code, code);
        assert!(blocker.problem.contains(by_hand.as_str()), "{blocker}");
        assert!(blocker.remedy.contains("name that in the spec"), "{blocker}");
    }
}

#[tokio::test]
async fn the_id_of_a_link_that_joins_other_vpcs_is_refused() {
    let (world, site, spec) = procedure();
    let other = heroku_data_link_mock::VpcSpec::new(["172.30.0.0/16"]).in_account(&site.account);
    let other = world.add_vpc(&other).unwrap();
    let used = world.add_peering(&site.vpc, &other, &[(LINK_TAG, "demo")]).unwrap();
    let parts = [used.as_str(), other.as_str(), "another link id"];
    assert_blocked((&world, &site), &spec, "link-id-in-use", &parts).await;
    let link = driver(&world, &site, &spec);
    let error = link.teardown().await.unwrap_err();
    assert_eq!(error.blockers()[0].code, "link-id-in-use");
    assert!(matches!(link.verify().await.unwrap(), Verified::Drifted(_)));
}
