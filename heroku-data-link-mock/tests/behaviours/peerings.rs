//! The life of a VPC peering connection between a customer's VPC and a space.

use heroku_data_link::model::{PeeringStatus, PeeringType, RouteState};
use heroku_data_link::provider::{
    ErrorKind, PeeringQuery, RouteTables, SpacePeerings, Tag, VpcPeerings,
};
use heroku_data_link_mock::{Timings, VpcSpec};

use crate::fixture::{kind, secs};
use crate::peering_fixture::{DAY, HOUR, PeeringSite};

const PENDING: Option<PeeringStatus> = Some(PeeringStatus::PendingAcceptance);
const PROVISIONING: Option<PeeringStatus> = Some(PeeringStatus::Provisioning);
const ACTIVE: Option<PeeringStatus> = Some(PeeringStatus::Active);
const DELETING: Option<PeeringStatus> = Some(PeeringStatus::Deleting);
const DELETED: Option<PeeringStatus> = Some(PeeringStatus::Deleted);
const EXPIRED: Option<PeeringStatus> = Some(PeeringStatus::Expired);
const REJECTED: Option<PeeringStatus> = Some(PeeringStatus::Rejected);

#[tokio::test]
async fn a_peering_of_the_procedure_comes_up_and_goes_down() {
    let site = PeeringSite::new();
    let initial = site.world.fingerprint();
    let id = site.active().await;
    assert_eq!(id.as_str(), "pcx-01f31cfb89521de9c");
    let row = site.row(&id).await.unwrap();
    assert_eq!((row.kind, row.status), (PeeringType::CustomerManaged, PeeringStatus::Active));
    assert_eq!((row.account, row.expires), (Some(site.site.account.clone()), None));
    site.aws().create_route(&site.new_route(&id)).await.unwrap();
    assert_eq!(site.route_state().await, Some(RouteState::Active));
    assert_ne!(site.world.fingerprint(), initial);
    assert!(site.world.orphans().is_empty());

    let route = site.new_route(&id);
    site.aws().delete_route(&route.table, &route.destination).await.unwrap();
    site.aws().delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.world.fingerprint(), initial);
    assert!(site.world.orphans().is_empty());
}

#[tokio::test]
async fn a_request_is_initiating_then_pending_and_heroku_lists_it_minutes_later() {
    let site = PeeringSite::new();
    let id = site.request().await;
    let initiating = Some(PeeringStatus::InitiatingRequest);
    for (seconds, on_aws, on_heroku) in [
        (0, initiating.clone(), None),
        (4, initiating, None),
        (1, PENDING, None),
        (119, PENDING, None),
        (1, PENDING, PENDING),
    ] {
        site.world.advance(secs(seconds));
        assert_eq!(site.both(&id).await, (on_aws, on_heroku), "{seconds} s later");
    }
}

#[tokio::test]
async fn a_pending_row_is_of_unknown_type_and_tells_no_account() {
    let site = PeeringSite::new();
    let id = site.listed().await;
    let row = site.row(&id).await.unwrap();
    assert_eq!((row.kind, row.account), (PeeringType::Unknown, None));
    assert_eq!(
        (row.vpc, row.region),
        (Some(site.site.vpc.clone()), Some(site.site.region.clone()))
    );
    assert_eq!(row.cidrs.to_string(), "172.16.0.0/16");
    assert_eq!(row.expires.as_deref(), Some("2026-01-08T00:00:00Z"));
}

#[tokio::test]
async fn the_requester_is_told_of_the_accepter_after_acceptance() {
    let site = PeeringSite::new();
    let id = site.listed().await;
    let asked = site.describe(&id).await.unwrap();
    assert_eq!(asked.requester.cidrs.to_string(), "172.16.0.0/16");
    assert!(asked.accepter.cidrs.is_empty(), "not its business yet");
    assert_eq!(asked.expires, Some(site.world.now() + 7 * DAY - secs(180)));
    site.accept(&id).await;
    site.world.advance(secs(180));
    let active = site.describe(&id).await.unwrap();
    assert_eq!(active.accepter.cidrs.to_string(), "10.0.0.0/16");
    assert_eq!(active.expires, None);
}

#[tokio::test]
async fn each_side_shows_an_acceptance_in_its_own_time() {
    let site = PeeringSite::new();
    let id = site.listed().await;
    site.aws().create_route(&site.new_route(&id)).await.unwrap();
    site.accept(&id).await;
    for (seconds, on_aws, on_heroku, route) in [
        (0, PENDING, PROVISIONING, RouteState::Blackhole),
        (20, PROVISIONING, PROVISIONING, RouteState::Blackhole),
        // It is active now, and nobody shows it yet.
        (100, PROVISIONING, PROVISIONING, RouteState::Active),
        (20, ACTIVE, PROVISIONING, RouteState::Active),
        (20, ACTIVE, ACTIVE, RouteState::Active),
    ] {
        site.world.advance(secs(seconds));
        assert_eq!(site.both(&id).await, (on_aws, on_heroku), "{seconds} s later");
        assert_eq!(site.route_state().await, Some(route), "{seconds} s later");
    }
}

#[tokio::test]
async fn heroku_may_be_the_first_to_show_that_a_peering_is_active() {
    let site = PeeringSite::new();
    site.world.set_timings(Timings { peering_shown_by_aws: secs(90), ..Timings::default() });
    let id = site.listed().await;
    site.accept(&id).await;
    site.world.advance(secs(160));
    assert_eq!(site.both(&id).await, (PROVISIONING, ACTIVE));
    site.world.advance(secs(50));
    assert_eq!(site.both(&id).await, (ACTIVE, ACTIVE));
}

#[tokio::test]
async fn an_unaccepted_request_expires_after_seven_days() {
    let site = PeeringSite::new();
    let id = site.request().await;
    site.world.advance(secs(7 * 86_400 - 1));
    assert_eq!(site.both(&id).await, (PENDING, PENDING));
    site.world.advance(secs(41));
    assert_eq!(site.both(&id).await, (EXPIRED, EXPIRED));
    assert!(site.describe(&id).await.unwrap().expires.is_some());
    let accepted = site.world.heroku().accept_peering(&site.site.space, &id).await;
    assert_eq!(kind(accepted), ErrorKind::Conflict);
    site.world.advance(secs(2 * 86_400 - 41));
    assert_eq!(site.both(&id).await, (EXPIRED, EXPIRED));
    site.world.advance(secs(41));
    assert_eq!(site.both(&id).await, (None, None));
}

#[tokio::test]
async fn a_rejection_is_described_for_two_days_and_to_who_rejected_for_two_hours() {
    let site = PeeringSite::new();
    let id = site.listed().await;
    site.world.reject_peering(&id).unwrap();
    assert_eq!(site.both(&id).await, (PENDING, REJECTED));
    site.world.advance(secs(20));
    assert_eq!(site.both(&id).await, (REJECTED, REJECTED));
    site.world.advance(2 * HOUR);
    assert_eq!(site.both(&id).await, (REJECTED, None));
    site.world.advance(2 * DAY);
    assert_eq!(site.both(&id).await, (None, None));
    assert!(site.world.reject_peering(&id).is_err());
}

#[tokio::test]
async fn deletion_between_regions_passes_through_deleting() {
    let site = PeeringSite::new();
    let id = site.active().await;
    site.aws().delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.both(&id).await, (DELETING, ACTIVE));
    site.world.advance(secs(40));
    assert_eq!(site.both(&id).await, (DELETING, DELETING));
    site.world.advance(secs(20));
    assert_eq!(site.both(&id).await, (DELETED, DELETING));

    // Within one region there is nothing between.
    let peer = VpcSpec::new(["192.168.0.0/16"]).in_account(&site.site.account);
    let peer = site.world.add_vpc(&peer).unwrap();
    let id = site.world.add_peering(&site.site.vpc, &peer, &[]).unwrap();
    site.aws().delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.status(&id).await, DELETED);
}

#[tokio::test]
async fn a_deletion_is_described_for_two_days_and_to_who_deleted_for_two_hours() {
    for by_heroku in [false, true] {
        let site = PeeringSite::new();
        let id = site.active().await;
        if by_heroku {
            site.world.delete_space_peering(&site.site.space, &id).unwrap();
        } else {
            site.aws().delete_peering_connection(&id).await.unwrap();
        }
        site.world.advance(secs(100));
        assert_eq!(site.both(&id).await, (DELETED, DELETED));
        let actor = if by_heroku { &site.site.space_account } else { &site.site.account };
        let expected = format!("Deleted by {actor}");
        assert_eq!(site.describe(&id).await.unwrap().message, Some(expected));
        site.world.advance(2 * HOUR);
        let (own, other) = (None, DELETED);
        let seen = if by_heroku { (other, own) } else { (own, other) };
        assert_eq!(site.both(&id).await, seen);
        site.world.advance(2 * DAY);
        assert_eq!(site.both(&id).await, (None, None));
    }
}

#[tokio::test]
async fn only_the_requester_deletes_a_request_and_only_once_it_is_pending() {
    let site = PeeringSite::new();
    let id = site.request().await;
    let (aws, heroku) = (site.aws(), site.aws_of_heroku());
    assert_eq!(kind(aws.delete_peering_connection(&id).await), ErrorKind::Conflict);
    site.world.advance(secs(180));
    assert_eq!(kind(heroku.delete_peering_connection(&id).await), ErrorKind::Forbidden);
    aws.delete_peering_connection(&id).await.unwrap();
    assert_eq!(site.both(&id).await, (DELETED, PENDING));
    let accepted = site.world.heroku().accept_peering(&site.site.space, &id).await;
    assert_eq!(kind(accepted), ErrorKind::Conflict, "Heroku shows what is gone");
    // Nor while it is being made.
    let id = site.listed().await;
    site.accept(&id).await;
    assert_eq!(kind(aws.delete_peering_connection(&id).await), ErrorKind::Conflict);
    // Heroku never lists what was deleted before.
    site.world.advance(secs(180));
    aws.delete_peering_connection(&id).await.unwrap();
    let id = site.request().await;
    site.world.advance(secs(60));
    aws.delete_peering_connection(&id).await.unwrap();
    site.world.advance(secs(600));
    assert_eq!(site.both(&id).await, (DELETED, None));
}

#[tokio::test]
async fn deleting_what_is_dead_is_fine() {
    let site = PeeringSite::new();
    let aws = site.aws();
    for status in ["failed", "expired", "rejected", "deleting", "deleted"] {
        let id = site.listed().await;
        let status = PeeringStatus::from(status);
        site.world.set_peering_status(&id, &status);
        aws.delete_peering_connection(&id).await.unwrap();
        site.world.delete_space_peering(&site.site.space, &id).unwrap();
        assert_eq!(site.both(&id).await, (Some(status.clone()), Some(status)));
    }
    aws.delete_peering_connection(&"pcx-0".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_status_may_be_a_word_that_nobody_knows() {
    let site = PeeringSite::new();
    let id = site.active().await;
    let odd = PeeringStatus::Other("resting".to_owned());
    site.world.set_peering_status(&id, &odd);
    site.world.advance(30 * DAY);
    assert_eq!(site.both(&id).await, (Some(odd.clone()), Some(odd)));
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
    let unknown = "pcx-0".parse().unwrap();
    let tagged = site.aws().tag_peering_connection(&unknown, &tags("ours")).await;
    assert_eq!(kind(tagged), ErrorKind::NotFound);
}

#[tokio::test]
async fn reads_of_peerings_lag_and_mutations_do_not() {
    let site = PeeringSite::new();
    site.world.set_read_lag(secs(30));
    let id = site.request().await;
    assert_eq!(site.status(&id).await, None);
    let again = site.aws().create_peering_connection(&site.new_connection()).await;
    assert_eq!(kind(again), ErrorKind::Conflict);
    site.world.advance(secs(140));
    assert_eq!(site.both(&id).await, (PENDING, None));
    site.accept(&id).await;
    assert_eq!(site.both(&id).await, (PENDING, None));
    site.world.advance(secs(120));
    site.aws().create_route(&site.new_route(&id)).await.unwrap();
    assert_eq!(site.route_state().await, None);
    site.world.advance(secs(30));
    assert_eq!(site.route_state().await, Some(RouteState::Active));
}
