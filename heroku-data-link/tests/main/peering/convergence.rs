//! A link follows its spec, whatever drifted, and tells which state a cloud refuses to leave.

use std::collections::BTreeSet;
use std::time::Duration;

use heroku_data_link::model::{NonEmptySet, PeeringStatus};
use heroku_data_link::peering::{RouteTableChoice, RouteWidth};
use heroku_data_link::provider::{ErrorKind, RouteTables, Tag, VpcPeerings, operation};
use heroku_data_link::reconcile::{Goal, Pass, ReconcileError, Verified, ownership};
use heroku_data_link_mock::{Fault, Outcome, Timings, VpcSpec};

use super::{aws, driver, procedure, routes};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_chosen_tables_lead_to_the_space_and_the_others_do_not() {
    let (_, site, _) = procedure();
    let private = Tag { key: "tier".to_owned(), value: "private".to_owned() };
    let subnets = |numbers: &[usize]| {
        let subnets = numbers.iter().map(|number| site.subnets[*number].clone());
        RouteTableChoice::OfSubnets(NonEmptySet::new(subnets).unwrap())
    };
    // The third subnet has no table of its own, and so uses the main one, the first.
    for (choice, chosen) in [
        (RouteTableChoice::Main, &[0][..]),
        (RouteTableChoice::All, &[0, 1, 2]),
        (RouteTableChoice::Ids(NonEmptySet::of(site.tables[2].clone())), &[2]),
        (RouteTableChoice::Tagged(private), &[1, 2]),
        (subnets(&[1]), &[2]),
        (subnets(&[0, 2]), &[0, 1]),
    ] {
        let (world, site, mut spec) = procedure();
        spec.route_tables = choice.clone();
        let link = driver(&world, &site, &spec);
        let output = link.establish().await.unwrap();
        let expected: BTreeSet<_> = chosen.iter().map(|at| site.tables[*at].clone()).collect();
        assert_eq!(output.route_tables, expected, "{choice:?}");
        let plan = link.plan(Goal::Established).await.unwrap();
        for (at, table) in site.tables.iter().enumerate() {
            let count = routes(&world, &site, table).await.len();
            assert_eq!(count, if chosen.contains(&at) { 4 } else { 0 }, "{choice:?}: {table}");
            let noted = plan.notes.iter().any(|note| note.contains(table.as_str()));
            assert_eq!(noted, !chosen.contains(&at), "{choice:?}: {:?}", plan.notes);
        }
    }
}

#[tokio::test]
async fn the_main_table_and_the_dynos_blocks_are_the_default() {
    let (world, site, mut spec) = procedure();
    spec.route_tables = RouteTableChoice::default();
    driver(&world, &site, &spec).establish().await.unwrap();
    let destinations: Vec<_> = routes(&world, &site, &site.tables[0])
        .await
        .iter()
        .map(|route| route.destination.to_string())
        .collect();
    assert_eq!(destinations, ["10.0.0.0/20", "10.0.16.0/20", "10.0.128.0/20", "10.0.144.0/20"]);
    assert!(routes(&world, &site, &site.tables[1]).await.is_empty());
}

#[tokio::test]
async fn routes_of_an_earlier_spec_stay_unless_the_spec_is_exclusive_and_a_teardown_takes_the_links()
 {
    let (world, site, mut spec) = procedure();
    driver(&world, &site, &spec).establish().await.unwrap();
    spec.route_width = RouteWidth::WholeVpc;
    spec.route_tables = RouteTableChoice::Main;
    let link = driver(&world, &site, &spec);
    let output = link.establish().await.unwrap();
    assert_eq!(output.routed_cidrs.to_string(), "10.0.0.0/16");
    assert_eq!(routes(&world, &site, &site.tables[0]).await.len(), 5);
    let plan = link.plan(Goal::Established).await.unwrap();
    let noted = plan.notes.iter().filter(|note| note.contains("does not ask for")).count();
    assert!(plan.is_settled() && noted == 12, "{plan}");

    spec.exclusive_routes = true;
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    assert_eq!(routes(&world, &site, &site.tables[0]).await.len(), 1);
    assert!(routes(&world, &site, &site.tables[1]).await.is_empty());

    let peering = output.peering.as_str();
    world.add_route(&site.tables[2], "10.0.128.0/24", peering).unwrap();
    link.teardown().await.unwrap();
    // What somebody else made stays.
    for (table, left) in site.tables.iter().zip([0, 0, 1]) {
        assert_eq!(routes(&world, &site, table).await.len(), left);
    }
}

#[tokio::test]
async fn a_route_that_somebody_deleted_is_made_again() {
    let (world, site, spec) = procedure();
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    let block = "10.0.16.0/20".parse().unwrap();
    aws(&world, &site).delete_route(&site.tables[1], &block).await.unwrap();
    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("no drift") };
    assert_eq!(plan.open_steps().count(), 1, "{plan}");
    link.establish().await.unwrap();
    assert_eq!(routes(&world, &site, &site.tables[1]).await.len(), 4);
}

#[tokio::test]
async fn a_connection_that_somebody_deleted_is_made_again_and_its_blackholes_replaced() {
    let (world, site, spec) = procedure();
    let link = driver(&world, &site, &spec);
    let first = link.establish().await.unwrap().peering;
    aws(&world, &site).delete_peering_connection(&first).await.unwrap();
    world.advance(5 * MINUTE);
    assert!(!world.orphans().is_empty(), "the routes are blackholes");
    let second = link.establish().await.unwrap().peering;
    assert_ne!(first, second);
    for table in &site.tables {
        let found = routes(&world, &site, table).await;
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|route| route.target.to_string() == second.as_str()));
    }
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_teardown_cleans_blackholes_while_aws_shows_whose_they_were_and_names_the_others() {
    for (later, cleaned) in [(MINUTE, true), (180 * MINUTE, false)] {
        let (world, site, spec) = procedure();
        let link = driver(&world, &site, &spec);
        let peering = link.establish().await.unwrap().peering;
        aws(&world, &site).delete_peering_connection(&peering).await.unwrap();
        world.advance(later);
        let plan = link.plan(Goal::TornDown).await.unwrap();
        let noted = plan.notes.iter().filter(|note| note.contains("aws ec2 delete-route")).count();
        assert_eq!(noted, if cleaned { 0 } else { 12 }, "{plan}");
        link.teardown().await.unwrap();
        let left = routes(&world, &site, &site.tables[0]).await.len();
        assert_eq!(left, if cleaned { 0 } else { 4 });
    }
}

#[tokio::test]
async fn an_owned_duplicate_is_deleted_and_the_older_one_kept() {
    let (world, site, spec) = procedure();
    let output = driver(&world, &site, &spec).establish().await.unwrap();
    let tag = ownership::tag_of(&spec.link);
    let tags = [(tag.key.as_str(), tag.value.as_str())];
    world.add_peering_request(&site.vpc, &site.space_vpc, &tags).unwrap();
    world.advance(MINUTE);
    assert!(!world.orphans().is_empty());
    let again = driver(&world, &site, &spec).establish().await.unwrap();
    assert_eq!(again.peering, output.peering);
    world.advance(5 * MINUTE);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn ends_of_a_request_are_distinct_blockers_and_a_new_one_follows_when_the_spec_says_so() {
    for (status, code, parts) in [
        (
            PeeringStatus::Failed,
            "peering-failed",
            &["012345678900", "vpc-b39527d4", "ap-northeast-1", "172.16.0.0/16", "10.0.0.0/16"][..],
        ),
        (PeeringStatus::Expired, "peering-expired", &["7 days"]),
        (PeeringStatus::Rejected, "peering-rejected", &["enablement-jp", "refused"]),
    ] {
        let (world, site, mut spec) = procedure();
        let link = driver(&world, &site, &spec);
        link.reconcile_once().await.unwrap();
        world.advance(MINUTE);
        let request = spec_request(&world, &site).await;
        if status == PeeringStatus::Expired {
            world.advance(7 * 24 * 60 * MINUTE);
        } else {
            world.set_peering_status(&request, &status);
        }
        world.advance(5 * MINUTE);
        let error = link.establish().await.unwrap_err();
        let [blocker] = error.blockers() else { panic!("{error:?}") };
        assert_eq!(blocker.code, code);
        for part in parts.iter().chain(&[request.as_str(), "replaces"]) {
            assert!(blocker.to_string().contains(part), "{part:?} is not in {blocker}");
        }
        // There is nothing to tear down, and that alone does not take the blocker away.
        link.teardown().await.unwrap();
        assert_eq!(link.establish().await.unwrap_err().blockers()[0].code, code);
        spec.replaces.insert(request.clone());
        let output = driver(&world, &site, &spec).establish().await.unwrap();
        assert_ne!(output.peering, request);
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

async fn spec_request(
    world: &heroku_data_link_mock::World,
    site: &heroku_data_link_mock::PeeringProcedure,
) -> heroku_data_link::model::PeeringConnectionId {
    let query = heroku_data_link::provider::PeeringQuery::OfVpc(site.vpc.clone());
    aws(world, site).peering_connections(&query).await.unwrap().remove(0).id
}

#[tokio::test]
async fn a_request_that_fails_while_it_is_waited_for_is_told_and_not_repeated() {
    let (world, site, spec) = procedure();
    let link = driver(&world, &site, &spec);
    link.reconcile_once().await.unwrap();
    world.advance(MINUTE);
    let request = spec_request(&world, &site).await;
    world.set_peering_status(&request, &PeeringStatus::Failed);
    let error = link.establish().await.unwrap_err();
    assert_eq!(error.blockers()[0].code, "peering-failed");
    let journal = world.journal();
    let asked = |name| journal.iter().filter(|call| call.operation == name).count();
    assert_eq!(asked(operation::CREATE_VPC_PEERING_CONNECTION), 1);
}

#[tokio::test]
async fn a_request_that_heroku_never_lists_ends_at_its_deadline() {
    let (world, site, spec) = procedure();
    world.set_timings(Timings { peering_listing: 600 * MINUTE, ..Timings::default() });
    let error = driver(&world, &site, &spec).establish().await.unwrap_err();
    let ReconcileError::DeadlinePassed { awaiting, waited, .. } = &error else {
        panic!("{error:?}");
    };
    let expected = ["pcx-01f31cfb89521de9c", "expires at 2026-"];
    assert!(expected.iter().all(|part| awaiting.contains(part)), "{awaiting}");
    assert!(*waited >= spec.deadlines.listing, "{waited:?}");
    // A pending request can be taken back.
    driver(&world, &site, &spec).teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_second_acceptance_that_heroku_calls_invalid_is_looked_at_again() {
    let (world, site, spec) = procedure();
    world.fault(Fault::on(operation::ACCEPT_PEERING).after(ErrorKind::InvalidRequest));
    driver(&world, &site, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn a_link_can_be_torn_down_at_every_stage() {
    for seconds in [0, 3, 30, 200, 300, 400] {
        let (world, site, spec) = procedure();
        let before = world.fingerprint();
        let link = driver(&world, &site, &spec);
        let started = world.now();
        let elapsed = || world.now().duration_since(started).unwrap().as_secs();
        loop {
            match link.reconcile_once().await.unwrap() {
                Pass::Done(_) => break,
                Pass::Requeue { .. } if elapsed() >= seconds => break,
                Pass::Requeue { after, .. } => world.advance(after),
            }
        }
        let from = world.journal().len();
        link.teardown().await.unwrap();
        // EC2 refuses to delete what it is still making: that is waited for and not tried.
        let refused: Vec<_> = world.journal()[from..]
            .iter()
            .filter(|call| call.mutating && call.outcome != Outcome::Ok)
            .map(|call| call.detail.clone())
            .collect();
        assert_eq!(refused, Vec::<String>::new(), "after {seconds} s");
        assert_eq!(world.orphans(), Vec::<String>::new(), "after {seconds} s");
        assert_eq!(world.fingerprint(), before, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_connection_that_may_stay_does_and_is_used_again() {
    let (world, site, mut spec) = procedure();
    spec.teardown.keep_connection = true;
    let link = driver(&world, &site, &spec);
    let first = link.establish().await.unwrap().peering;
    link.teardown().await.unwrap();
    assert!(routes(&world, &site, &site.tables[0]).await.is_empty());
    assert_eq!(link.establish().await.unwrap().peering, first);
}

#[tokio::test]
async fn what_heroku_manages_and_what_others_own_stays_as_it_is() {
    let (world, site, spec) = procedure();
    let other = VpcSpec::new(["172.30.0.0/16"]).in_account(&site.account);
    let other = world.add_vpc(&other).unwrap();
    let neighbour = world.add_peering(&site.vpc, &other, &[("Name", "x")]).unwrap();
    world.add_route(&site.tables[0], "172.30.0.0/16", neighbour.as_str()).unwrap();
    let before = world.fingerprint();
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    link.teardown().await.unwrap();
    assert_eq!(world.fingerprint(), before);
    let mutations: Vec<_> =
        world.journal().into_iter().filter(|call| call.mutating).map(|call| call.detail).collect();
    assert!(mutations.iter().all(|detail| !detail.contains(neighbour.as_str())), "{mutations:?}");
}
