//! A link never has two keys, whatever reads show; and two drivers at once end with a blocker.

use std::time::Duration;

use heroku_data_link::encryption::EncryptionSpec;
use heroku_data_link::model::{DataService, KeyArn, KeyState};
use heroku_data_link::provider::{ErrorKind, Keys, operation};
use heroku_data_link::reconcile::{Goal, Pass, ReconcileError};
use heroku_data_link_mock::{Fault, KeyQuirks, KeySpec, World};

use super::support::{ADDON, ALIAS, HEROKU, Link, assert_blocker, calls, driver, procedure};

const SECOND: Duration = Duration::from_secs(1);

fn with_quirks(quirks: KeyQuirks) -> (World, EncryptionSpec) {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.set_key_quirks(quirks);
    (world, spec)
}

fn made(world: &World) -> usize {
    calls(world, operation::CREATE_KEY)
}

/// Passes of each in turn, so long after another; what stops them in the end.
async fn take_turns(world: &World, drivers: &[Link], pause: Duration) -> Vec<ReconcileError> {
    let mut errors = Vec::new();
    for _ in 0..60 {
        errors.clear();
        for driver in drivers {
            errors.extend(driver.reconcile_once().await.err());
            world.advance(pause);
        }
    }
    errors
}

#[tokio::test]
async fn a_key_whose_tags_are_taken_away_stays_the_links_only_key() {
    for after in [0, 5, 90] {
        let (world, spec) =
            with_quirks(KeyQuirks { tag_cleaner: Some(after * SECOND), ..KeyQuirks::default() });
        let link = driver(&world, &spec);
        let output = link.establish().await.unwrap();
        assert_eq!((made(&world), output.addon.as_str()), (1, ADDON), "after {after} s");
        // A new process does not know the key again, and makes no other.
        let error = driver(&world, &spec).establish().await.unwrap_err();
        assert_blocker(error.blockers(), "alias-not-ours", &[output.key.as_str(), "tag it"]);
        assert_eq!(made(&world), 1);
    }
    let (world, spec) =
        with_quirks(KeyQuirks { tag_cleaner: Some(Duration::ZERO), ..KeyQuirks::default() });
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("ignore_tags")), "{plan}");
}

#[tokio::test]
async fn a_caller_that_lists_no_keys_makes_one() {
    let (world, spec) = with_quirks(KeyQuirks { lists_nothing: true, ..KeyQuirks::default() });
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(made(&world), 1);
}

#[tokio::test]
async fn a_key_that_is_not_described_is_awaited_and_no_second_one_is_made() {
    let (world, spec) = with_quirks(KeyQuirks { describes_nothing: true, ..KeyQuirks::default() });
    let link = driver(&world, &spec);
    let error = link.establish().await.unwrap_err();
    assert!(matches!(error, ReconcileError::DeadlinePassed { .. }), "{error:?}");
    assert_eq!(made(&world), 1);
    // Another process sees it in the list, and makes none, either.
    driver(&world, &spec).establish().await.unwrap_err();
    assert_eq!(made(&world), 1);
    world.set_key_quirks(KeyQuirks::default());
    link.establish().await.unwrap();
    assert_eq!(made(&world), 1);
}

#[tokio::test]
async fn a_key_that_is_never_shown_is_a_blocker_that_names_it() {
    let (world, spec) = with_quirks(KeyQuirks {
        describes_nothing: true,
        lists_nothing: true,
        ..KeyQuirks::default()
    });
    let link = driver(&world, &spec);
    let error = link.establish().await.unwrap_err();
    world.set_key_quirks(KeyQuirks::default());
    let key = super::support::own_keys(&world).await[0].clone();
    assert_blocker(error.blockers(), "key-not-shown", &[key.as_str(), "10 min", "no second one"]);
    assert_eq!(made(&world), 1);
    assert_eq!(link.establish().await.unwrap().key, key);
    assert_eq!(made(&world), 1);
}

#[tokio::test]
async fn reads_that_are_three_minutes_late_make_no_second_key() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.set_read_lag(180 * SECOND);
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_eq!((made(&world), calls(&world, operation::CREATE_ADDON) > 0), (1, true));
    world.set_read_lag(Duration::ZERO);
    assert_eq!(super::support::own_keys(&world).await, [output.key]);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_answer_and_reads_that_are_three_minutes_late_make_no_second_key() {
    for error in [ErrorKind::Timeout, ErrorKind::Transient] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.set_read_lag(180 * SECOND);
        world.fault(Fault::on(operation::CREATE_KEY).after(error));
        driver(&world, &spec).establish().await.unwrap();
        assert_eq!(made(&world), 1);
    }
    // One that had no effect is sent again, after a long look.
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.fault(Fault::on(operation::CREATE_KEY).before(ErrorKind::Timeout));
    let started = world.now();
    driver(&world, &spec).establish().await.unwrap();
    assert!(world.now().duration_since(started).unwrap() > 600 * SECOND);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_gap_between_looks_begins_the_quiet_minute_anew() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    for _ in 0..20 {
        assert!(matches!(link.reconcile_once().await.unwrap(), Pass::Requeue { .. }));
        world.advance(50 * SECOND);
    }
    assert_eq!(made(&world), 0);
    // Whoever comes when told to gets on, and half a minute late is not too late.
    for _ in 0..5 {
        let Pass::Requeue { after, .. } = link.reconcile_once().await.unwrap() else { break };
        world.advance(after.min(20 * SECOND) + 20 * SECOND);
    }
    assert_eq!(made(&world), 1);
}

#[tokio::test]
async fn two_workers_that_take_turns_slowly_make_no_key_at_all() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.set_read_lag(25 * SECOND);
    take_turns(&world, &[driver(&world, &spec), driver(&world, &spec)], 30 * SECOND).await;
    assert_eq!(made(&world), 0);
}

#[tokio::test]
async fn two_workers_that_take_turns_end_with_a_blocker_that_names_both_keys() {
    for (pause, lag) in [(5, 25), (10, 25), (20, 25), (3, 60), (7, 0)] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.set_read_lag(lag * SECOND);
        let drivers = [driver(&world, &spec), driver(&world, &spec)];
        let errors = take_turns(&world, &drivers, pause * SECOND).await;
        world.set_read_lag(Duration::ZERO);
        let keys = super::support::own_keys(&world).await;
        assert!(made(&world) == keys.len() && keys.len() <= 2, "{pause}, {lag}: {keys:?}");
        if keys.len() == 1 {
            assert!(errors.is_empty(), "{errors:?}");
            continue;
        }
        let blocked: Vec<_> = errors.iter().flat_map(ReconcileError::blockers).cloned().collect();
        let parts = [keys[0].as_str(), keys[1].as_str(), ALIAS, "deletion", "one process"];
        assert_blocker(&blocked, "several-keys", &parts);
        // The way out leads out, with no third key.
        let aws = world.aws();
        let named = aws.key_by_alias(&ALIAS.parse().unwrap()).await.unwrap().map(|key| key.arn);
        let keep: KeyArn = named.clone().unwrap_or_else(|| keys[0].clone());
        if named.is_none() {
            aws.create_key_alias(&ALIAS.parse().unwrap(), &keep).await.unwrap();
        }
        for other in keys.iter().filter(|key| **key != keep) {
            aws.schedule_key_deletion(other, 7).await.unwrap();
        }
        for driver in &drivers {
            assert_eq!(driver.establish().await.unwrap().key, keep);
        }
        assert_eq!((made(&world), calls(&world, operation::CREATE_ADDON)), (2, 1));
    }
}

#[tokio::test]
async fn the_loser_of_the_alias_names_both_keys_and_uses_neither() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let late = driver(&world, &spec);
    while made(&world) == 0 {
        late.reconcile_once().await.unwrap();
        world.advance(20 * SECOND);
    }
    let first = super::support::own_keys(&world).await[0].clone();
    // Another process made a key at the same time, and was faster to name it.
    let winner =
        KeySpec::new().open_to(HEROKU).tagged("heroku-data-link:link", "vault").with_alias(ALIAS);
    let winner = world.add_key(&winner).unwrap();
    let error = late.establish().await.unwrap_err();
    let parts = [first.as_str(), winner.as_str(), ALIAS, "names"];
    assert_blocker(error.blockers(), "several-keys", &parts);
    assert_eq!((made(&world), calls(&world, operation::CREATE_ADDON)), (1, 0));
    assert_eq!(calls(&world, operation::CREATE_ALIAS), 0);
}

#[tokio::test]
async fn several_keys_tell_which_one_the_addon_is_under() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let make = || KeySpec::new().open_to(HEROKU).tagged("heroku-data-link:link", "vault");
    let (unused, used) = (world.add_key(&make()).unwrap(), world.add_key(&make()).unwrap());
    let addon = heroku_data_link_mock::AddonSpec::new(&site.app, ADDON, site.plan.as_str())
        .attached_as("VAULTED")
        .encrypted_with(&used);
    world.add_addon(&addon).unwrap();
    let error = driver(&world, &spec).establish().await.unwrap_err();
    assert_eq!(error.blockers().len(), 1, "{error:?}");
    let keep = format!("keep {used}");
    let encrypts = format!("which encrypts {ADDON}");
    let parts = [unused.as_str(), &keep, &encrypts, ALIAS, "schedule the deletion"];
    assert_blocker(error.blockers(), "several-keys", &parts);
}

#[tokio::test]
async fn a_key_that_was_made_and_is_to_be_deleted_is_not_made_again() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    while made(&world) == 0 {
        link.reconcile_once().await.unwrap();
        world.advance(20 * SECOND);
    }
    let key = super::support::own_keys(&world).await[0].clone();
    world.aws().schedule_key_deletion(&key, 7).await.unwrap();
    let error = link.establish().await.unwrap_err();
    assert_blocker(error.blockers(), "key-pending-deletion", &[key.as_str(), "cancel"]);
    assert_eq!(made(&world), 1);
    // Only who remembers nothing makes another one.
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_ne!(output.key, key);
    let state = world.aws().key(&key).await.unwrap().unwrap().state;
    assert_eq!((made(&world), state), (2, KeyState::PendingDeletion));
}

#[tokio::test]
async fn a_name_that_is_taken_by_what_is_not_shown_is_a_blocker_in_the_end() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let taken = Fault::on(operation::CREATE_ADDON).times(100).before(ErrorKind::Conflict);
    world.fault(taken.saying("Name is already taken"));
    let link = driver(&world, &spec);
    let error = link.establish().await.unwrap_err();
    assert_blocker(error.blockers(), "addon-name-taken", &[ADDON, "another name"]);
    // Running again tries again.
    world.clear_faults();
    link.establish().await.unwrap();
}

#[tokio::test]
async fn a_key_with_copied_tags_is_not_touched() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let copy = KeySpec::new().tagged("heroku-data-link:link", "vault");
    let copy = world.add_key(&copy).unwrap();
    let found = super::support::blockers(&world, &driver(&world, &spec)).await;
    assert_blocker(&found, "tags-of-another-key", &[copy.as_str(), ALIAS, "copied", "by its ARN"]);
    // Beside the link's own it is one too many.
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    while made(&world) == 0 {
        link.reconcile_once().await.unwrap();
        world.advance(20 * SECOND);
    }
    let copy = KeySpec::new().tagged("heroku-data-link:link", "vault");
    let copy = world.add_key(&copy).unwrap();
    let found = super::support::blockers(&world, &link).await;
    assert_blocker(&found, "several-keys", &[copy.as_str()]);
}

#[tokio::test]
async fn a_key_that_somebody_gives_to_another_link_is_left_alone_by_whoever_made_it() {
    // Before it has its alias, and after.
    for named in [false, true] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        let link = driver(&world, &spec);
        let is_begun =
            || if named { calls(&world, operation::CREATE_ALIAS) > 0 } else { made(&world) > 0 };
        while !is_begun() {
            link.reconcile_once().await.unwrap();
            world.advance(20 * SECOND);
        }
        let key = super::support::own_keys(&world).await[0].clone();
        let theirs = [("heroku-data-link:link".to_owned(), "other".to_owned())].into();
        world.replace_tags(key.as_str(), &theirs).unwrap();
        let before = (world.fingerprint(), world.mutations());
        let error = link.establish().await.unwrap_err();
        let code = if named { "alias-not-ours" } else { "key-not-ours" };
        assert_blocker(error.blockers(), code, &[key.as_str(), "belongs to link other"]);
        assert_eq!((world.fingerprint(), world.mutations()), before);
    }
}
