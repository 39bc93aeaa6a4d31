//! Crashes, repeats and lost answers, at every mutation.

use std::time::Duration;

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::peering::{Inbound, PeeringWorkflow, RouteTableChoice};
use heroku_data_link::provider::{ErrorKind, operation};
use heroku_data_link_mock::{Fault, Scenario, repeats_are_harmless, survives_every_crash};

use super::{driver, procedure};

/// Two tables with four routes each, and two rules for each of the four blocks.
fn scenario() -> Scenario<PeeringWorkflow> {
    scenario_of(2, &["443", "5432"])
}

fn scenario_of(tables: usize, ports: &[&str]) -> Scenario<PeeringWorkflow> {
    let (world, site, mut spec) = procedure();
    spec.route_tables =
        RouteTableChoice::Ids(NonEmptySet::new(site.tables[..tables].iter().cloned()).unwrap());
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::new(ports.iter().map(|port| port.parse().unwrap())).unwrap(),
    });
    Scenario::new(world, move |world| driver(world, &site, &spec))
}

#[tokio::test]
async fn every_crash_is_survived() {
    let report = survives_every_crash(scenario).await.unwrap();
    println!("peering: {report}");
    // Request, acceptance, 8 routes, 8 rules; routes, rules, connection.
    assert_eq!((report.mutations_establish, report.mutations_teardown), (18, 17));
}

#[tokio::test]
async fn every_repeat_is_harmless() {
    let report = repeats_are_harmless(scenario).await.unwrap();
    println!("peering: {report}");
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice() {
    for stale in [0, 30] {
        for nth in 1..=3 {
            for error in [ErrorKind::Timeout, ErrorKind::Transient] {
                let (world, site, spec) = procedure();
                world.set_read_lag(Duration::from_secs(stale));
                world.fault(Fault::on_any_mutation().nth(nth).after(error.clone()));
                driver(&world, &site, &spec).establish().await.unwrap();
                assert_eq!(world.orphans(), Vec::<String>::new());
                for name in [operation::CREATE_VPC_PEERING_CONNECTION, operation::ACCEPT_PEERING] {
                    let made = world.journal().iter().filter(|call| call.operation == name).count();
                    assert_eq!(made, 1, "{name} {nth} {stale} {error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_teardown_right_after_a_crashed_request_finds_what_it_made() {
    use futures_util::future::{Either, select};
    use heroku_data_link_mock::When;

    let (world, site, spec) = procedure();
    let before = world.fingerprint();
    world.set_read_lag(Duration::from_secs(30));
    world.crash_at(1, When::After);
    let link = driver(&world, &site, &spec);
    match select(Box::pin(link.establish()), Box::pin(world.crashed())).await {
        Either::Left((result, _)) => panic!("no crash: {result:?}"),
        Either::Right(_) => {}
    }
    drop(link);
    world.clear_faults();
    world.set_read_lag(Duration::from_secs(30));
    driver(&world, &site, &spec).teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
    assert_eq!(world.fingerprint(), before);
}

#[tokio::test]
async fn a_torn_down_link_is_established_again_at_once() {
    let (world, site, spec) = procedure();
    let link = driver(&world, &site, &spec);
    let first = link.establish().await.unwrap().peering;
    link.teardown().await.unwrap();
    let second = link.establish().await.unwrap().peering;
    assert_ne!(first, second);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn every_crash_is_survived_by_a_driver_for_each_pass() {
    let make = || scenario_of(1, &["443"]).with_a_driver_for_each_pass();
    let report = survives_every_crash(make).await.unwrap();
    println!("peering: {report}");
    assert_eq!((report.mutations_establish, report.mutations_teardown), (10, 9));
    println!("{}", repeats_are_harmless(make).await.unwrap());
}
