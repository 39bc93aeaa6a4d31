//! The use of a key ends and begins again, with eyes open.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use heroku_data_link::key_access::{Ending, KeyAccessSpec, Phase};
use heroku_data_link::model::{DataService, KeyState};
use heroku_data_link::provider::{AddonLifecycle, Addons, Keys, Readiness, operation};
use heroku_data_link::reconcile::{Event, Goal, Pass, Verified};
use heroku_data_link_mock::{AddonSpec, KeySpec, World};

use super::support::{ADDON, HEROKU, access, calls, encrypted, own_keys};

const MINUTE: Duration = Duration::from_secs(60);

/// With somebody's yes to what it comes to now.
async fn confirmed(world: &World, spec: KeyAccessSpec) -> KeyAccessSpec {
    let consequences = access(world, &spec).workflow().consequences().await.unwrap();
    let confirmation = consequences.confirm(spec.key.as_str()).unwrap();
    spec.confirmed(confirmation)
}

async fn readiness(world: &World) -> Readiness {
    let heroku = world.heroku();
    let addon = &heroku.resolve(None, &ADDON.parse().unwrap()).await.unwrap()[0];
    heroku.readiness(addon).await.unwrap().unwrap()
}

async fn state(world: &World, spec: &KeyAccessSpec) -> KeyState {
    world.aws().key(&spec.key).await.unwrap().unwrap().state
}

#[tokio::test]
async fn consequences_name_every_addon_of_every_app() {
    let (world, site, spec) = encrypted(DataService::KeyValueStore);
    world.add_app("admin", Some(site.space.as_str())).unwrap();
    let admin = "admin".parse().unwrap();
    let heroku = world.heroku();
    let vaulted = heroku.resolve(None, &ADDON.parse().unwrap()).await.unwrap()[0].id;
    world.attach(vaulted, &admin, "SHARED").unwrap();
    let other = AddonSpec::new("admin", "admin-db", "heroku-postgresql:private-4");
    world.add_addon(&other.encrypted_with(&spec.key)).unwrap();
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let names: Vec<_> = consequences.stops.iter().map(|user| user.addon.as_str()).collect();
    assert_eq!(names, ["admin-db", ADDON]);
    assert_eq!(consequences.stops[1].attached_to.iter().next(), Some(&admin));
    let text = consequences.to_string();
    for part in
        [ADDON, "admin-db", "attached to admin", "10 min", "20 min", "5 min", "cannot be read"]
    {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(world.mutations(), 0);
}

#[tokio::test]
async fn a_disabled_key_stops_services_after_the_grace_and_enabling_brings_them_back() {
    for service in DataService::ALL {
        let (world, _, spec) = encrypted(service);
        let spec = confirmed(&world, spec).await;
        let started = world.now();
        access(&world, &spec).teardown().await.unwrap();
        assert_eq!(state(&world, &spec).await, KeyState::Disabled);
        assert!(matches!(readiness(&world).await, Readiness::Waiting(_)));
        let took = world.now().duration_since(started).unwrap();
        assert!((10 * MINUTE..=25 * MINUTE).contains(&took), "{took:?}");

        world.advance(30 * MINUTE);
        let started = world.now();
        let output = access(&world, &spec).establish().await.unwrap();
        let took = world.now().duration_since(started).unwrap();
        assert!((5 * MINUTE..=7 * MINUTE).contains(&took), "{took:?}");
        assert_eq!((output.state, output.users.len()), (KeyState::Enabled, 1));
        assert!(matches!(readiness(&world).await, Readiness::Ready(_)));
    }
}

#[tokio::test]
async fn enabling_within_the_grace_is_harmless() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let spec = confirmed(&world, spec).await;
    let link = access(&world, &spec);
    while state(&world, &spec).await == KeyState::Enabled {
        assert!(matches!(link.teardown_once().await.unwrap(), Pass::Requeue { .. }));
    }
    for _ in 0..9 {
        world.advance(MINUTE);
        assert!(matches!(readiness(&world).await, Readiness::Ready(_)));
    }
    access(&world, &spec).establish().await.unwrap();
    for _ in 0..60 {
        world.advance(MINUTE);
        assert!(matches!(readiness(&world).await, Readiness::Ready(_)), "a service stopped");
    }
    assert!(matches!(access(&world, &spec).verify().await.unwrap(), Verified::InSync(_)));
}

#[tokio::test]
async fn a_watch_shows_every_phase_and_the_time_left() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let spec = confirmed(&world, spec).await;
    let phases = Arc::new(Mutex::new(Vec::new()));
    let watched = || {
        let phases = Arc::clone(&phases);
        access(&world, &spec)
            .with_observer(move |event: &Event| phases.lock().unwrap().extend(Phase::of(event)))
    };
    watched().teardown().await.unwrap();
    let seen = std::mem::take(&mut *phases.lock().unwrap());
    let Phase::Grace { left } = seen[0] else { panic!("{seen:?}") };
    assert!(left >= 9 * MINUTE, "{seen:?}");
    assert!(seen.iter().any(|phase| matches!(phase, Phase::Stopping { .. })), "{seen:?}");
    assert_eq!(seen.last(), Some(&Phase::Stopped));
    let left: Vec<_> = seen
        .iter()
        .filter_map(|phase| match phase {
            Phase::Grace { left } => Some(*left + 10 * MINUTE),
            Phase::Stopping { left } => Some(*left),
            _ => None,
        })
        .collect();
    assert!(left.windows(2).all(|pair| pair[1] < pair[0]), "{left:?}");

    watched().establish().await.unwrap();
    let seen = phases.lock().unwrap().clone();
    assert!(matches!(seen[0], Phase::Starting { .. }), "{seen:?}");
    assert_eq!(seen.last(), Some(&Phase::Running));
}

#[test]
fn phases_as_a_person_reads_them() {
    let left = Duration::from_secs(598);
    for (phase, text) in [
        (Phase::Grace { left }, "grace: 9:58 left in which enabling the key is harmless"),
        (Phase::Stopping { left }, "stopping: about 9:58 left"),
        (Phase::Stopping { left: Duration::ZERO }, "stopping: due by now"),
        (Phase::Stopped, "stopped: the data cannot be read"),
        (Phase::Starting { left }, "starting: about 9:58 left"),
        (Phase::Starting { left: Duration::ZERO }, "starting: due by now"),
        (Phase::Running, "running: the data can be read"),
    ] {
        assert_eq!(phase.to_string(), text);
    }
    let json = serde_json::to_value(Phase::Grace { left }).unwrap();
    assert_eq!(json, serde_json::json!({ "phase": "grace", "left": 598 }));
}

#[tokio::test]
async fn a_disabled_key_is_not_disabled_again_and_needs_no_second_yes() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    world.aws().disable_key(&spec.key).await.unwrap();
    access(&world, &spec).teardown().await.unwrap();
    assert_eq!(calls(&world, operation::DISABLE_KEY), 1);
}

#[tokio::test]
async fn a_key_that_nobody_uses_is_deleted_later_and_that_can_be_cancelled() {
    let (world, _, _) = encrypted(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let spec = KeyAccessSpec::new("unused".parse().unwrap(), key)
        .ending(Ending::ScheduleDeletion(7.try_into().unwrap()));
    let spec = confirmed(&world, spec).await;
    access(&world, &spec).teardown().await.unwrap();
    let key = world.aws().key(&spec.key).await.unwrap().unwrap();
    assert_eq!(key.state, KeyState::PendingDeletion);
    let days = key.deletion_at.unwrap().duration_since(world.now()).unwrap().as_secs() / 86_400;
    assert!((6..=7).contains(&days), "{days}");
    // Again changes nothing, not even the date.
    access(&world, &spec).teardown().await.unwrap();
    let again = world.aws().key(&spec.key).await.unwrap().unwrap();
    assert_eq!(again.deletion_at, key.deletion_at);

    let plan = access(&world, &spec).plan(Goal::Established).await.unwrap().to_string();
    assert!(plan.contains("cancel-key-deletion") && plan.contains("enable-key"), "{plan}");
    access(&world, &spec).establish().await.unwrap();
    assert_eq!(state(&world, &spec).await, KeyState::Enabled);
    assert_eq!(calls(&world, operation::CANCEL_KEY_DELETION), 1);
}

#[tokio::test]
async fn a_key_that_is_gone_or_elsewhere_is_a_blocker() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    for (arn, code) in [
        ("arn:aws:kms:us-east-1:123456789101:key/0000", "unknown-key"),
        ("arn:aws:kms:eu-west-1:123456789101:key/0000", "key-of-another-region"),
        ("arn:aws:kms:us-east-1:111122223333:key/0000", "key-of-another-account"),
    ] {
        let spec = KeyAccessSpec::new(spec.link.clone(), arn.parse().unwrap());
        let error = access(&world, &spec).establish().await.unwrap_err();
        assert_eq!(error.blockers()[0].code, code);
    }
}

#[tokio::test]
async fn a_watch_asks_little() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let spec = confirmed(&world, spec).await;
    let before = world.calls();
    access(&world, &spec).teardown().await.unwrap();
    let journal = &world.journal()[before..];
    let of = |name: &str| journal.iter().filter(|call| call.operation == name).count();
    println!("{} requests while services stop", journal.len());
    // The lists are read once, before the key is disabled.
    assert_eq!(of(operation::READ_ALL_ADDONS), 1);
    assert!(of(operation::READ_READINESS) <= 25, "{}", of(operation::READ_READINESS));
    assert!(journal.len() <= 60, "{}", journal.len());
}

#[tokio::test]
async fn what_was_established_can_be_ended_and_given_back() {
    let (world, _, spec) = super::support::procedure(DataService::KeyValueStore);
    let output = super::support::driver(&world, &spec).establish().await.unwrap();
    assert_eq!(own_keys(&world).await, std::slice::from_ref(&output.key));
    let spec = confirmed(&world, KeyAccessSpec::new(spec.link, output.key)).await;
    access(&world, &spec).teardown().await.unwrap();
    let output = access(&world, &spec).establish().await.unwrap();
    assert_eq!(output.users[0].addon.as_str(), ADDON);
}
