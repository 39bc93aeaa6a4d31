//! Crashes, repeats and lost answers, at every mutation.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use heroku_data_link::encryption::{CopyBy, EncryptionSpec, EncryptionWorkflow, Migration};
use heroku_data_link::key_access::{Ending, KeyAccessSpec, KeyAccessWorkflow};
use heroku_data_link::model::{DataService, DeletionWindow, KeyState};
use heroku_data_link::provider::{AllAddons, ErrorKind, Keys, operation};
use heroku_data_link::reconcile::{Pass, Verified};
use heroku_data_link_mock::{
    EncryptionSite, Fault, KeySpec, Scenario, When, World, repeats_are_harmless,
    survives_every_crash,
};

use super::support::{
    ALIAS, HEROKU, access, assert_blocker, blockers, calls, confirmed, driver, encrypted, existing,
    own_keys, procedure,
};

fn scenario(
    service: DataService,
    change: impl Fn(&World, &EncryptionSite, EncryptionSpec) -> EncryptionSpec,
) -> Scenario<EncryptionWorkflow> {
    let (world, site, spec) = procedure(service);
    let spec = change(&world, &site, spec);
    Scenario::new(world, move |world| driver(world, &spec)).leaves_things_behind()
}

#[tokio::test]
async fn every_crash_is_survived() {
    for service in DataService::ALL {
        let report = survives_every_crash(|| scenario(service, |_, _, spec| spec)).await.unwrap();
        println!("{service}: {report}");
        // Key, alias, rotation, add-on; a teardown keeps them.
        assert_eq!((report.mutations_establish, report.mutations_teardown), (4, 0));
    }
}

#[tokio::test]
async fn every_crash_is_survived_under_a_key_that_is_mended() {
    let mended = || {
        scenario(DataService::Postgres, |world, _, spec| {
            let key = world.add_key(&KeySpec::new()).unwrap();
            spec.with_key(existing(&key, true))
        })
    };
    let report = survives_every_crash(mended).await.unwrap();
    println!("{report}");
    // Policy, rotation, add-on.
    assert_eq!(report.mutations_establish, 3);
    println!("{}", repeats_are_harmless(mended).await.unwrap());
}

#[tokio::test]
async fn every_crash_of_a_migration_is_survived() {
    for (service, copy, mutations) in [
        // Key, alias, rotation, add-on, the old store's other attachment, promotion.
        (DataService::KeyValueStore, CopyBy::Fork, 6),
        (DataService::Postgres, CopyBy::Fork, 6),
        // And the end of following.
        (DataService::Postgres, CopyBy::Follower, 7),
    ] {
        let migration = || {
            scenario(service, |_, site, spec| {
                let mut migration = Migration::from(site.old_addon.clone());
                migration.copy = copy;
                spec.migrating(migration)
            })
        };
        let report = survives_every_crash(migration).await.unwrap();
        println!("{service}: {report}");
        assert_eq!(report.mutations_establish, mutations);
    }
}

#[tokio::test]
async fn every_repeat_is_harmless_but_that_of_a_new_key() {
    for service in [DataService::KeyValueStore, DataService::Postgres] {
        let report = repeats_are_harmless(|| {
            scenario(service, |world, site, spec| {
                world.never_double(operation::CREATE_KEY);
                spec.migrating(Migration::from(site.old_addon.clone()))
            })
        })
        .await
        .unwrap();
        println!("{service}: {report}");
    }
}

#[tokio::test]
async fn every_crash_around_a_deletion_is_survived() {
    let make = || {
        let (world, _, _) = encrypted(DataService::KeyValueStore);
        // Begins as it ends: with a key that is to be deleted.
        let key = KeySpec::new().open_to(HEROKU).in_state(KeyState::PendingDeletion);
        let key = world.add_key(&key).unwrap();
        let spec = KeyAccessSpec::new("unused".parse().unwrap(), key)
            .ending(Ending::ScheduleDeletion(DeletionWindow::default()));
        let spec = confirmed(&world, spec);
        Scenario::<KeyAccessWorkflow>::new(world, move |world| access(world, &spec))
    };
    let report = survives_every_crash(make).await.unwrap();
    println!("{report}");
    // The deletion is cancelled and the key enabled; the deletion is scheduled.
    assert_eq!((report.mutations_establish, report.mutations_teardown), (2, 1));
    println!("{}", repeats_are_harmless(make).await.unwrap());
}

/// Begins as it ends: with a disabled key and a stopped service.
fn disabled_key() -> Scenario<KeyAccessWorkflow> {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let spec = confirmed(&world, spec);
    world.aws().disable_key(&spec.key).now_or_never().unwrap().unwrap();
    world.advance(Duration::from_secs(1500));
    Scenario::new(world, move |world| access(world, &spec))
}

#[tokio::test]
async fn every_crash_around_a_disabled_key_is_survived() {
    let report = survives_every_crash(disabled_key).await.unwrap();
    println!("{report}");
    assert_eq!((report.mutations_establish, report.mutations_teardown), (1, 1));
    println!("{}", repeats_are_harmless(disabled_key).await.unwrap());
}

#[tokio::test]
async fn every_crash_is_survived_by_a_driver_for_each_pass() {
    // A new key and an add-on, and a migration with all of its steps.
    let new = || scenario(DataService::KeyValueStore, |_, _, spec| spec);
    let migration = || {
        scenario(DataService::Postgres, |world, site, spec| {
            world.never_double(operation::CREATE_KEY);
            let mut migration = Migration::from(site.old_addon.clone());
            migration.copy = CopyBy::Follower;
            spec.migrating(migration)
        })
    };
    let report = survives_every_crash(|| new().with_a_driver_for_each_pass()).await.unwrap();
    assert_eq!((report.mutations_establish, report.mutations_teardown), (4, 0));
    let each = || migration().with_a_driver_for_each_pass();
    let report = survives_every_crash(each).await.unwrap();
    assert_eq!(report.mutations_establish, 7);
    println!("{report}; {}", repeats_are_harmless(each).await.unwrap());
    let each = || disabled_key().with_a_driver_for_each_pass();
    let report = survives_every_crash(each).await.unwrap();
    println!("{report}; {}", repeats_are_harmless(each).await.unwrap());
}

/// Establishes until the first mutation after which it is killed.
async fn killed_at(world: &World, spec: &EncryptionSpec, mutation: usize, when: When) {
    world.crash_at(mutation, when);
    let link = driver(world, spec);
    match select(Box::pin(link.establish()), Box::pin(world.crashed())).await {
        Either::Left((result, _)) => panic!("no crash: {result:?}"),
        Either::Right(_) => {}
    }
    drop(link);
    world.clear_faults();
}

#[tokio::test]
async fn a_crash_after_the_creation_of_a_key_leaves_no_second_key() {
    for lag in [0, 10, 30] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.set_read_lag(Duration::from_secs(lag));
        killed_at(&world, &spec, 1, When::After).await;
        world.set_read_lag(Duration::from_secs(lag));
        let output = driver(&world, &spec).establish().await.unwrap();
        assert_eq!(calls(&world, operation::CREATE_KEY), 1, "reads lag {lag} s");
        world.set_read_lag(Duration::ZERO);
        assert_eq!(own_keys(&world).await, [output.key]);
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_lost_answer_to_the_creation_of_a_key_makes_no_second_key() {
    for lag in [0, 30] {
        for error in [ErrorKind::Timeout, ErrorKind::Transient] {
            let (world, _, spec) = procedure(DataService::KeyValueStore);
            world.set_read_lag(Duration::from_secs(lag));
            world.fault(Fault::on(operation::CREATE_KEY).after(error));
            driver(&world, &spec).establish().await.unwrap();
            assert_eq!(calls(&world, operation::CREATE_KEY), 1, "reads lag {lag} s");
            assert_eq!(world.orphans(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn orphans_are_found_and_named_and_nothing_more_is_made() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let make = || KeySpec::new().open_to(HEROKU).tagged("heroku-data-link:link", "vault");
    let (one, other) = (world.add_key(&make()).unwrap(), world.add_key(&make()).unwrap());
    let found = blockers(&world, &driver(&world, &spec)).await;
    assert_blocker(&found, "several-keys", &[one.as_str(), other.as_str(), ALIAS, "deletion"]);

    // The remedy helps: the alias says which one is meant.
    world.aws().create_key_alias(&ALIAS.parse().unwrap(), &other).await.unwrap();
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(output.key, other);
    assert_eq!(calls(&world, operation::CREATE_KEY), 0);
}

#[tokio::test]
async fn a_key_that_is_about_to_be_deleted_is_no_key_of_the_link() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let old =
        KeySpec::new().tagged("heroku-data-link:link", "vault").in_state(KeyState::PendingDeletion);
    let old = world.add_key(&old).unwrap();
    let plan = link.plan(heroku_data_link::reconcile::Goal::Established).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains(old.as_str())), "{plan}");
    assert_ne!(link.establish().await.unwrap().key, old);
}

#[tokio::test]
async fn an_addon_is_made_once_though_its_answer_is_lost() {
    for lag in [0, 30] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.set_read_lag(Duration::from_secs(lag));
        world.fault(Fault::on(operation::CREATE_ADDON).after(ErrorKind::Timeout));
        driver(&world, &spec).establish().await.unwrap();
        assert_eq!(calls(&world, operation::CREATE_ADDON), 1);
        assert_eq!(world.heroku().all_addons().await.unwrap().addons.len(), 2);
    }
}

#[tokio::test]
async fn a_key_that_was_seen_and_is_not_seen_again_makes_no_second_key() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    // Waits for its quiet minute; meanwhile another process makes the key.
    let slow = driver(&world, &spec);
    assert!(matches!(slow.reconcile_once().await.unwrap(), Pass::Requeue { .. }));
    world.advance(Duration::from_secs(5));
    let before = world.now();
    driver(&world, &spec).establish().await.unwrap();
    assert!(matches!(slow.verify().await.unwrap(), Verified::InSync(_)));
    // Reads so late that the key is not there yet. The first quiet minute is over long since.
    world.set_read_lag(world.now().duration_since(before).unwrap());
    assert!(matches!(slow.reconcile_once().await.unwrap(), Pass::Requeue { .. }));
    assert_eq!(calls(&world, operation::CREATE_KEY), 1);
}
