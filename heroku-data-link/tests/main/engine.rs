//! The driver: errors, retries, events, and its use from job engines.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use heroku_data_link::model::{DataService, PrivateLinkStatus};
use heroku_data_link::provider::{ErrorKind, Retry, operation};
use heroku_data_link::reconcile::{
    Because, Driver, Event, Goal, Pace, Pass, ReconcileError, Settings,
};
use heroku_data_link_mock::{Fault, VirtualClock, When, World};

use crate::support::{driver, procedure};

#[tokio::test]
async fn reconcile_once_never_sleeps_and_says_why_it_wants_to_come_again() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let started = world.now();
    let Pass::Requeue { after, because } = link.reconcile_once().await.unwrap() else {
        panic!("done at once");
    };
    assert_eq!(because, [Because::Applied { step: "endpoint-service/create".into() }]);
    let first = Pace::default().first;
    assert_eq!(after, first);
    world.advance(after);
    let Pass::Requeue { after, because } = link.reconcile_once().await.unwrap() else {
        panic!("done at once");
    };
    assert!(matches!(&because[..], [Because::Waiting { .. }]), "{because:?}");
    // Twice as late each time, but for the spread between links.
    assert!(after >= first * 9 / 10 && after <= first * 11 / 10, "{after:?}");
    assert_eq!(world.now(), started + first);
}

#[tokio::test]
async fn a_new_driver_for_every_pass_comes_to_the_same_end() {
    let (world, _, spec) = procedure(DataService::Kafka);
    for pass in 0.. {
        assert!(pass < 200, "never established");
        match driver(&world, &spec).reconcile_once().await.unwrap() {
            Pass::Done(_) => break,
            Pass::Requeue { after, .. } => world.advance(after),
        }
    }
    for pass in 0.. {
        assert!(pass < 200, "never torn down");
        match driver(&world, &spec).teardown_once().await.unwrap() {
            Pass::Done(()) => break,
            Pass::Requeue { after, .. } => world.advance(after),
        }
    }
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn what_time_can_heal_is_tried_again_and_what_it_cannot_is_not() {
    let healing = [
        ErrorKind::Transient,
        ErrorKind::Timeout,
        ErrorKind::RateLimited { retry_after: None },
        ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(90)) },
    ];
    for kind in healing {
        for name in [operation::DESCRIBE_VPC_ENDPOINTS, operation::CREATE_VPC_ENDPOINT] {
            let (world, _, spec) = procedure(DataService::KeyValueStore);
            world.fault(Fault::on(name).times(3).before(kind.clone()));
            driver(&world, &spec).establish().await.unwrap();
        }
    }
    for kind in [ErrorKind::Forbidden, ErrorKind::Unauthorized, ErrorKind::QuotaExceeded] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.fault(Fault::on(operation::CREATE_VPC_ENDPOINT).before(kind.clone()));
        let error = driver(&world, &spec).establish().await.unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
        let ReconcileError::Provider { step, source, .. } = &error else { panic!("{error:?}") };
        assert_eq!((step.as_deref(), source.kind()), (Some("endpoint/create"), &kind));
        let calls = world.journal();
        let tries = calls.iter().filter(|call| call.operation == operation::CREATE_VPC_ENDPOINT);
        assert_eq!(tries.count(), 1);
    }
}

#[tokio::test]
async fn a_hint_to_wait_is_obeyed() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let hint = Duration::from_secs(900);
    world.throttle(operation::CREATE_PRIVATE_LINK, 1, Some(hint));
    driver(&world, &spec).establish().await.unwrap();
    let journal = world.journal();
    let at: Vec<_> = journal
        .iter()
        .filter(|call| call.operation == operation::CREATE_PRIVATE_LINK)
        .map(|call| call.at)
        .collect();
    assert_eq!(at.len(), 2);
    assert!(at[1].duration_since(at[0]).unwrap() >= hint);
}

#[tokio::test]
async fn a_passed_deadline_carries_the_last_failure_and_display_hides_it() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.fault(
        Fault::on(operation::DESCRIBE_VPCS)
            .times(10_000)
            .before(ErrorKind::Transient)
            .saying("down"),
    );
    let settings = Settings { deadline: Duration::from_secs(600), ..Settings::default() };
    let link = driver(&world, &spec).with_settings(settings);
    let started = world.now();
    let error = link.establish().await.unwrap_err();
    assert!(matches!(error, ReconcileError::DeadlinePassed { .. }), "{error:?}");
    assert_eq!(world.now().duration_since(started).unwrap(), settings.deadline);
    assert!(!error.to_string().contains("down"), "{error}");
    assert!(error.source().unwrap().to_string().contains("down"));
    // Not hammered: the pauses grow.
    assert!(world.journal().len() < 300, "{} calls", world.journal().len());
    world.clear_faults();
    driver(&world, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn events_tell_the_story_in_order() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let link = driver(&world, &spec)
        .with_observer(move |event: &Event| sink.lock().unwrap().push(event.clone()));
    link.establish().await.unwrap();
    let events = seen.lock().unwrap();
    assert!(matches!(events.first(), Some(Event::Planned { .. })));
    assert!(matches!(events.last(), Some(Event::Done { .. })));
    let applied: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Applied { step, .. } => Some(step.as_ref()),
            _ => None,
        })
        .collect();
    assert_eq!(applied.len(), 5);
    assert_eq!(&applied[..2], ["endpoint-service/create", "security-group/create"]);
    let waited = |name: &str| {
        events.iter().any(|event| matches!(event, Event::Waiting { step, .. } if step == name))
    };
    for name in [
        "endpoint-service/await-operational",
        "principals/await-active",
        "endpoint/await-available",
        "connection/await",
    ] {
        assert!(waited(name), "nobody told of waiting for {name}");
    }
}

#[tokio::test]
async fn a_dropped_run_is_resumed() {
    use futures_util::future::{Either, select};

    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    {
        let run = Box::pin(link.establish());
        let clock = world.clock();
        let alarm = Box::pin(heroku_data_link::reconcile::Clock::sleep(
            clock.as_ref(),
            Duration::from_secs(400),
        ));
        assert!(matches!(select(run, alarm).await, Either::Right(_)), "the run was not cut short");
    }
    link.establish().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[test]
fn runs_can_be_spawned_on_other_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let (world, _, spec): (World, _, _) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    assert_send(&link.establish());
    assert_send(&link.teardown());
    assert_send(&link.reconcile_once());
    assert_send(&link.verify());
}

#[tokio::test]
async fn many_links_at_once_keep_apart() {
    let world = World::new();
    let mut links = Vec::new();
    for number in 0..50 {
        let site = world.add_link_site(number);
        let mut spec = heroku_data_link::privatelink::PrivateLinkSpec::new(
            format!("site-{number}").parse().unwrap(),
            site.addon,
            site.vpc,
        );
        spec.heroku_teardown = heroku_data_link::privatelink::HerokuTeardown::Delete;
        links.push(driver(&world, &spec));
    }
    let before = world.fingerprint();
    let started = world.now();
    let runs = links.iter().map(Driver::establish);
    let outputs = futures_util::future::try_join_all(runs).await.unwrap();
    let endpoints: std::collections::BTreeSet<_> =
        outputs.iter().map(|output| output.endpoint.clone()).collect();
    assert_eq!(endpoints.len(), 50);
    // They wait together and not one after the other.
    assert!(world.now().duration_since(started).unwrap() < Duration::from_secs(20 * 60));
    let teardowns = links.iter().map(Driver::teardown);
    futures_util::future::try_join_all(teardowns).await.unwrap();
    assert_eq!(world.fingerprint(), before);
}

#[tokio::test]
async fn a_calendar_that_is_set_back_stretches_no_deadline() {
    for jump in [VirtualClock::set_calendar_back, VirtualClock::set_calendar_forward] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.next_private_link_sticks_at(&PrivateLinkStatus::Provisioning);
        let link = driver(&world, &spec);
        let started = world.now();
        for pass in 0.. {
            assert!(pass < 200, "no deadline passed");
            if pass == 5 {
                jump(&world.clock(), Duration::from_secs(24 * 3600));
            }
            match link.reconcile_once().await {
                Ok(Pass::Requeue { after, .. }) => world.advance(after),
                Err(ReconcileError::DeadlinePassed { .. }) => break,
                other => panic!("{other:?}"),
            }
        }
        let took = world.now().duration_since(started).unwrap();
        // The endpoint service's own deadline is 30 minutes.
        assert!((1800..1900).contains(&took.as_secs()), "{took:?}");
    }
}

#[tokio::test]
async fn a_pass_over_clouds_that_never_finish_answering_ends() {
    let endless = Fault::on(operation::DESCRIBE_SUBNETS).times(usize::MAX).unanswered();
    let settings = Settings { pass_deadline: Duration::from_secs(120), ..Settings::default() };

    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.fault(endless.clone());
    let link = driver(&world, &spec).with_settings(settings);
    let started = world.now();
    let error = link.reconcile_once().await.unwrap_err();
    assert_eq!(error.retry(), Retry::LookAgain);
    assert_eq!(world.now(), started + Duration::from_secs(120));
    assert!(link.plan(Goal::Established).await.is_err());

    // A whole run ends at its own deadline, but for the last look.
    let started = world.now();
    let error = link.establish().await.unwrap_err();
    assert!(matches!(error, ReconcileError::DeadlinePassed { .. }), "{error:?}");
    let took = world.now().duration_since(started).unwrap();
    assert!(took <= settings.deadline + Duration::from_secs(30), "{took:?}");
}

#[tokio::test]
async fn a_mutation_that_is_never_answered_ends_with_its_pass_and_counts_as_applied() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.hang_at(1, When::After);
    let link = driver(&world, &spec);
    let error = link.reconcile_once().await.unwrap_err();
    assert_eq!(error.retry(), Retry::LookAgain);
    link.establish().await.unwrap();
    let calls = world.journal();
    let made = calls.iter().filter(|call| call.operation == operation::CREATE_PRIVATE_LINK);
    assert_eq!(made.count(), 1);
}

#[tokio::test]
async fn no_pace_is_too_slow_to_be_counted() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let (shortest, longest) = (Duration::MAX, Duration::MAX);
    let pace = Pace { first: shortest, shortest, longest, after_change: Duration::MAX };
    let link = driver(&world, &spec).with_settings(Settings { pace, ..Settings::default() });
    for _ in 0..3 {
        assert!(link.reconcile_once().await.is_ok());
    }
}

#[tokio::test]
async fn a_run_whose_time_is_over_says_what_it_awaits() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let settings = Settings { deadline: Duration::ZERO, ..Settings::default() };
    let link = driver(&world, &spec).with_settings(settings);
    for awaited in [
        "of waiting for the effect of endpoint-service/create to be seen; ",
        "of waiting for the endpoint service of redis-kvs-12345, which is ",
    ] {
        let error = link.establish().await.unwrap_err().to_string();
        assert!(error.contains(awaited), "{error}");
        world.advance(Duration::from_secs(60));
    }
}
