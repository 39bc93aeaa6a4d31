//! Crashes, repeats and lost answers, at every mutation.

use std::time::Duration;

use heroku_data_link::model::DataService;
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkWorkflow};
use heroku_data_link::provider::{ErrorKind, VpcEndpoints, operation};
use heroku_data_link_mock::{Fault, Scenario, repeats_are_harmless, survives_every_crash};

use crate::support::{driver, procedure};

fn scenario(service: DataService) -> Scenario<PrivateLinkWorkflow> {
    let (world, _, spec) = procedure(service);
    Scenario::new(world, move |world| driver(world, &spec))
}

#[tokio::test]
async fn every_crash_is_survived() {
    for service in DataService::ALL {
        let report = survives_every_crash(|| scenario(service)).await.unwrap();
        println!("{service}: {report}");
        // Endpoint service, group, two rules, endpoint; endpoint, group, endpoint service.
        assert_eq!((report.mutations_establish, report.mutations_teardown), (5, 3));
    }
}

#[tokio::test]
async fn every_repeat_is_harmless() {
    for service in DataService::ALL {
        let report = repeats_are_harmless(|| scenario(service)).await.unwrap();
        println!("{service}: {report}");
    }
}

#[tokio::test]
async fn every_crash_is_survived_beside_an_endpoint_service_that_was_there() {
    let report = survives_every_crash(|| {
        let (world, site, mut spec) = procedure(DataService::KeyValueStore);
        world.add_private_link(site.addon_id, &["999999999999"]).unwrap();
        spec.heroku_teardown = HerokuTeardown::Disallow;
        Scenario::new(world, move |world| driver(world, &spec))
    })
    .await
    .unwrap();
    // Principal, group, two rules, endpoint; endpoint, group, principal.
    assert_eq!((report.mutations_establish, report.mutations_teardown), (5, 3));
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice() {
    for stale in [0, 30] {
        for nth in 1..=5 {
            for error in [ErrorKind::Timeout, ErrorKind::Transient] {
                let (world, _, spec) = procedure(DataService::KeyValueStore);
                world.set_read_lag(Duration::from_secs(stale));
                world.fault(Fault::on_any_mutation().nth(nth).after(error.clone()));
                driver(&world, &spec).establish().await.unwrap();
                let made =
                    |name| world.journal().iter().filter(|call| call.operation == name).count();
                assert_eq!(world.orphans(), Vec::<String>::new());
                assert_eq!(made(operation::CREATE_VPC_ENDPOINT), 1, "{nth} {stale} {error}");
                assert_eq!(made(operation::CREATE_PRIVATE_LINK), 1, "{nth} {stale} {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_teardown_right_after_a_crashed_creation_finds_what_it_made() {
    use futures_util::future::{Either, select};
    use heroku_data_link_mock::When;

    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let before = world.fingerprint();
    world.set_read_lag(Duration::from_secs(30));
    // The fifth mutation makes the endpoint.
    world.crash_at(5, When::After);
    let link = driver(&world, &spec);
    match select(Box::pin(link.establish()), Box::pin(world.crashed())).await {
        Either::Left((result, _)) => panic!("no crash: {result:?}"),
        Either::Right(_) => {}
    }
    drop(link);
    world.clear_faults();
    world.set_read_lag(Duration::from_secs(30));
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
    assert_eq!(world.fingerprint(), before);
}

#[tokio::test]
async fn a_crash_at_the_change_of_the_token_makes_no_second_endpoint() {
    // The endpoint is made just before the hour, and the new driver comes right after it, while
    // reads still show the world without it: only the quiet minute stands between them.
    for early in [1, 15, 29] {
        let (world, site, spec) = procedure(DataService::KeyValueStore);
        world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
        world.set_read_lag(Duration::from_secs(30));
        world.advance(Duration::from_secs(3600 - early - 60));
        let link = driver(&world, &spec);
        link.reconcile_once().await.unwrap();
        world.advance(Duration::from_secs(60));
        link.reconcile_once().await.unwrap();
        let made = || {
            let journal = world.journal();
            journal.iter().filter(|call| call.operation == operation::CREATE_VPC_ENDPOINT).count()
        };
        assert_eq!(made(), 1, "the endpoint was to be made {early} s before the hour");
        drop(link);
        world.advance(Duration::from_secs(early));
        driver(&world, &spec).establish().await.unwrap();
        assert_eq!(made(), 1, "{early} s before the hour");
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_endpoint_that_somebody_deleted_is_made_again() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let first = link.establish().await.unwrap().endpoint;
    world.aws().delete_endpoint(&first).await.unwrap();
    let second = link.establish().await.unwrap().endpoint;
    assert_ne!(first, second);
    // Also when its remains are no longer described, within the life of the former token or not.
    for minutes in [11, 61] {
        let last = driver(&world, &spec).establish().await.unwrap().endpoint;
        world.aws().delete_endpoint(&last).await.unwrap();
        world.advance(Duration::from_secs(60 * minutes));
        let next = driver(&world, &spec).establish().await.unwrap().endpoint;
        assert_ne!(next, last, "after {minutes} min");
    }
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn every_crash_is_survived_by_a_driver_for_each_pass() {
    let make = || scenario(DataService::KeyValueStore).with_a_driver_for_each_pass();
    let report = survives_every_crash(make).await.unwrap();
    println!("{report}");
    assert_eq!((report.mutations_establish, report.mutations_teardown), (5, 3));
    println!("{}", repeats_are_harmless(make).await.unwrap());
}
