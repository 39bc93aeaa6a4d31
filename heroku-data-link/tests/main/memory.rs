//! Engines that make a new driver for every pass: what its memory decides.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{Either, select};
use heroku_data_link::encryption::{EncryptionSpec, EncryptionWorkflow};
use heroku_data_link::model::{DataService, PrivateLinkStatus};
use heroku_data_link::provider::{AllAddons, ErrorKind, Keys, Retry, operation};
use heroku_data_link::reconcile::{
    Because, Clock, Driver, Event, Memory, MemoryError, Pace, Pass, ReconcileError, Workflow,
};
use heroku_data_link_mock::{Fault, KeySpec, TextStore, VirtualClock, When, World};

use crate::encryption::support::{ADDON, access, calls, driver, encrypted, own_keys, procedure};
use crate::{peering, support};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// When to look again.
#[derive(Debug, Clone, Copy)]
enum Looks {
    /// When a pass asks for it.
    AsAsked,
    /// So long after it at the earliest.
    NotBefore(Duration),
}

/// With the stored memory, or that of a beginning.
fn resumed<W: Workflow>(driver: Driver<W>, store: &Arc<TextStore>) -> Driver<W> {
    let memory = store.memory(driver.workflow()).unwrap();
    driver.with_memory(memory).unwrap().with_store(Arc::clone(store) as _)
}

/// One pass by a new driver, which leaves its memory. What it came to, and when to look again.
async fn one_pass<W: Workflow>(
    driver: Driver<W>,
    store: &Arc<TextStore>,
) -> Result<Pass<W::Output>, ReconcileError> {
    let driver = resumed(driver, store);
    let passed = driver.reconcile_once().await;
    store.put(driver.memory().to_json());
    passed
}

/// Passes by new drivers until the link is established, or one fails for good.
async fn establish<W: Workflow>(
    world: &World,
    make: impl Fn() -> Driver<W>,
    store: &Arc<TextStore>,
    looks: Looks,
) -> Result<W::Output, ReconcileError> {
    for _ in 0..1000 {
        let after = match one_pass(make(), store).await {
            Ok(Pass::Done(output)) => return Ok(output),
            Ok(Pass::Requeue { after, .. }) => after,
            Err(error @ ReconcileError::DeadlinePassed { .. }) => return Err(error),
            Err(error) => match error.again(&Pace::default(), 0) {
                None => return Err(error),
                Some(pause) => pause,
            },
        };
        world.advance(match looks {
            Looks::AsAsked => after,
            Looks::NotBefore(pause) => after.max(pause),
        });
    }
    panic!("never established");
}

fn encryption() -> (World, EncryptionSpec) {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    (world, spec)
}

/// When an operation was called first, since the beginning of the world.
fn first_call(world: &World, operation: &str) -> Duration {
    let journal = world.journal();
    let call = journal.iter().find(|call| call.operation == operation).unwrap();
    call.at.duration_since(World::new().now()).unwrap()
}

#[tokio::test]
async fn a_memory_of_another_link_kind_or_target_is_refused() {
    let (world, spec) = encryption();
    let memory = Memory::begin(driver(&world, &spec).workflow());
    let refused = |result: Result<Memory, MemoryError>, parts: [&str; 2]| {
        let error = result.unwrap_err();
        assert!(matches!(error, MemoryError::OfAnotherLink { .. }), "{error:?}");
        let text = error.to_string();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    };
    let resume = |spec: EncryptionSpec, memory: &Memory| {
        let workflow = EncryptionWorkflow::new(spec, world.heroku(), world.aws());
        Driver::resume(workflow, world.clock(), memory.clone()).map(|driver| driver.memory())
    };
    assert!(resume(spec.clone(), &memory).is_ok());

    let mut other = spec.clone();
    other.link = "other".parse().unwrap();
    let (here, there) = ("encryption link other to vaulted", "encryption link vault to vaulted");
    refused(resume(other, &memory), [here, there]);
    let mut other = spec.clone();
    other.addon = "elsewhere".parse().unwrap();
    refused(resume(other, &memory), ["encryption link vault to elsewhere", there]);
    let (world, _, other) = encrypted(DataService::KeyValueStore);
    let taken = access(&world, &other).with_memory(memory).map(|driver| driver.memory());
    refused(taken, ["key-access link vault", there]);
}

#[tokio::test]
async fn a_memory_of_another_version_is_refused_however_it_was_read() {
    let (world, spec) = encryption();
    let text = Memory::begin(driver(&world, &spec).workflow()).to_json();
    let text = text.replace("\"version\":1", "\"version\":7");
    let version = MemoryError::OfAnotherVersion { version: 7 };
    assert_eq!(Memory::from_json(&text), Err(version.clone()));
    let memory = serde_json::from_str(&text).unwrap();
    assert_eq!(driver(&world, &spec).with_memory(memory).unwrap_err(), version);
}

#[tokio::test]
async fn a_new_driver_for_every_pass_makes_exactly_one_key_however_seldom_it_looks() {
    for looks in [Looks::AsAsked, Looks::NotBefore(2 * MINUTE), Looks::NotBefore(10 * MINUTE)] {
        for lag in [0, 30, 180] {
            // From the beginning of the link, or in the middle of its life.
            for is_begun in [true, false] {
                let (world, spec) = encryption();
                world.set_read_lag(lag * SECOND);
                let store = Arc::new(TextStore::new());
                if !is_begun {
                    store.put(driver(&world, &spec).memory().to_json());
                }
                let made = establish(&world, || driver(&world, &spec), &store, looks).await;
                let key = made.unwrap_or_else(|error| panic!("{looks:?}, {lag} s: {error}")).key;
                assert_eq!(calls(&world, operation::CREATE_KEY), 1, "{looks:?}, {lag} s");
                world.set_read_lag(Duration::ZERO);
                assert_eq!(own_keys(&world).await, [key]);
                assert_eq!(world.orphans(), Vec::<String>::new());
            }
        }
    }
}

#[tokio::test]
async fn a_memory_from_the_beginning_needs_no_quiet_minute() {
    let (world, spec) = encryption();
    let store = Arc::new(TextStore::new());
    establish(&world, || driver(&world, &spec), &store, Looks::AsAsked).await.unwrap();
    assert_eq!(first_call(&world, operation::CREATE_KEY), Duration::ZERO);
    // But for the minute that a new policy takes to be in force.
    let addon = first_call(&world, operation::CREATE_ADDON);
    assert!((MINUTE..MINUTE + 5 * SECOND).contains(&addon), "{addon:?}");

    // The same for one driver with a store; without it, there are two minutes more.
    for (has_store, at_least, at_most) in [(true, 60, 65), (false, 120, 140)] {
        let (world, spec) = encryption();
        let link = driver(&world, &spec);
        let link = if has_store { resumed(link, &Arc::new(TextStore::new())) } else { link };
        link.establish().await.unwrap();
        let addon = first_call(&world, operation::CREATE_ADDON).as_secs();
        assert!((at_least..at_most).contains(&addon), "{has_store}: {addon}");
    }
}

#[tokio::test]
async fn an_engine_without_memory_makes_no_key_and_says_what_it_waits_for() {
    let (world, spec) = encryption();
    for pass in 0..20 {
        let passed = driver(&world, &spec).reconcile_once().await.unwrap();
        let Pass::Requeue { because, .. } = passed else { panic!("done") };
        let [Because::Settling { step, why }] = &because[..] else { panic!("{because:?}") };
        assert_eq!(step.as_ref(), "key/create");
        if pass == 0 {
            let since = "missing since 2026-01-01T00:00:00Z, made after 2026-01-01T00:01:00Z";
            assert!(why.starts_with(since) && why.ends_with("memory with a store"), "{why}");
        }
        world.advance(20 * SECOND);
    }
    assert_eq!(world.mutations(), 0);
}

#[tokio::test]
async fn a_wait_that_never_ends_fails_at_its_deadline_though_no_driver_lives_longer_than_a_pass() {
    // With a store, and with the memory of one pass handed to the next.
    for has_store in [true, false] {
        let (world, _, spec) = support::procedure(DataService::KeyValueStore);
        world.next_private_link_sticks_at(&PrivateLinkStatus::Provisioning);
        let store = Arc::new(TextStore::new());
        let pass = || async {
            let driver = support::driver(&world, &spec);
            if has_store {
                return one_pass(driver, &store).await;
            }
            let memory = store.memory(driver.workflow()).unwrap();
            let driver = driver.with_memory(memory).unwrap();
            let passed = driver.reconcile_once().await;
            store.put(driver.memory().to_json());
            passed
        };
        let started = world.now();
        let mut passes = 0;
        let error = loop {
            passes += 1;
            assert!(passes < 200, "no deadline passed");
            match pass().await {
                Ok(Pass::Requeue { after, .. }) => world.advance(after),
                Ok(Pass::Done(_)) => panic!("it was established"),
                Err(error) => break error,
            }
        };
        let ReconcileError::DeadlinePassed { waited, .. } = &error else { panic!("{error:?}") };
        // The endpoint service's own deadline is 30 minutes.
        assert!((1799..1801).contains(&waited.as_secs()), "{waited:?}");
        let took = world.now().duration_since(started).unwrap();
        assert!((1800..1900).contains(&took.as_secs()), "{took:?}");
        // Running again resumes.
        assert!(matches!(pass().await.unwrap(), Pass::Requeue { .. }));
    }
}

#[tokio::test]
async fn a_calendar_that_is_set_back_between_two_passes_ends_in_a_deadline_all_the_same() {
    for jump in [VirtualClock::set_calendar_back, VirtualClock::set_calendar_forward] {
        let (world, _, spec) = support::procedure(DataService::KeyValueStore);
        world.next_private_link_sticks_at(&PrivateLinkStatus::Provisioning);
        let store = Arc::new(TextStore::new());
        let started = world.now();
        for pass in 0.. {
            assert!(pass < 200, "no deadline passed");
            if pass == 5 {
                jump(&world.clock(), 24 * 60 * MINUTE);
            }
            match one_pass(support::driver(&world, &spec), &store).await {
                Ok(Pass::Requeue { after, .. }) => world.advance(after),
                Err(ReconcileError::DeadlinePassed { .. }) => break,
                other => panic!("{other:?}"),
            }
        }
        // At most the whole deadline once more.
        let took = world.now().duration_since(started).unwrap();
        assert!(took <= 2 * 31 * MINUTE, "{took:?}");
    }
}

#[tokio::test]
async fn late_reads_lead_a_new_driver_for_every_pass_to_no_more_calls_than_one_that_lives() {
    /// Mutations, undisturbed but for the lag, of one driver and of one for each pass.
    async fn compare<W: Workflow>(what: &str, make: impl Fn() -> (World, Box<MakeDriver<W>>)) {
        for lag in [0, 5, 15, 30, 60] {
            let (world, driver) = make();
            world.set_read_lag(lag * SECOND);
            let one = resumed(driver(), &Arc::new(TextStore::new()));
            assert!(one.establish().await.is_ok(), "{what}, {lag} s");
            let lives = world.mutations();
            let (world, driver) = make();
            world.set_read_lag(lag * SECOND);
            let store = Arc::new(TextStore::new());
            let ended = establish(&world, driver, &store, Looks::AsAsked).await;
            assert!(ended.is_ok(), "{what}, {lag} s");
            let new = world.mutations();
            assert!(new <= lives, "{what}, {lag} s: {new} instead of {lives}");
        }
    }
    type MakeDriver<W> = dyn Fn() -> Driver<W>;

    compare("private link", || {
        let (world, _, spec) = support::procedure(DataService::KeyValueStore);
        (world.clone(), Box::new(move || support::driver(&world, &spec)))
    })
    .await;
    compare("peering", || {
        let (world, site, spec) = peering::procedure();
        (world.clone(), Box::new(move || peering::driver(&world, &site, &spec)))
    })
    .await;
    compare("encryption", || {
        let (world, spec) = encryption();
        (world.clone(), Box::new(move || driver(&world, &spec)))
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_killed_as_it_makes_a_key_is_resumed_from_the_store_with_one_key() {
    for (when, lag) in
        [When::Before, When::After].into_iter().flat_map(|when| [0, 30, 180].map(|lag| (when, lag)))
    {
        let (world, spec) = encryption();
        world.set_read_lag(lag * SECOND);
        world.crash_at(1, when);
        let store = Arc::new(TextStore::new());
        let link = resumed(driver(&world, &spec), &store);
        match select(Box::pin(link.reconcile_once()), Box::pin(world.crashed())).await {
            Either::Left((result, _)) => panic!("no crash: {result:?}"),
            Either::Right(_) => {}
        }
        drop(link);
        world.clear_faults();
        world.set_read_lag(lag * SECOND);
        // It was written down before it was sent.
        assert!(store.text().unwrap().contains("create-key"), "{when:?}");

        world.advance(5 * SECOND);
        let looks = Looks::NotBefore(MINUTE);
        let output = establish(&world, || driver(&world, &spec), &store, looks).await.unwrap();
        let journal = world.journal();
        let tries: Vec<_> =
            journal.iter().filter(|call| call.operation == operation::CREATE_KEY).collect();
        world.set_read_lag(Duration::ZERO);
        assert_eq!(own_keys(&world).await, [output.key], "{when:?}, {lag} s");
        assert_eq!(world.orphans(), Vec::<String>::new());
        match when {
            When::After => assert_eq!(tries.len(), 1, "{lag} s"),
            When::Before => {
                let waited = tries[1].at.duration_since(tries[0].at).unwrap();
                assert!(tries.len() == 2 && waited >= 10 * MINUTE, "{lag} s: {waited:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_remembered_by_the_drivers_that_come_after() {
    for lag in [0, 180] {
        let (world, spec) = encryption();
        world.set_read_lag(lag * SECOND);
        world.fault(Fault::on(operation::CREATE_KEY).after(ErrorKind::Timeout));
        let store = Arc::new(TextStore::new());
        let looks = Looks::NotBefore(MINUTE);
        establish(&world, || driver(&world, &spec), &store, looks).await.unwrap();
        assert_eq!(calls(&world, operation::CREATE_KEY), 1, "{lag} s");
    }
}

#[tokio::test]
async fn nothing_is_sent_that_could_not_be_written_down_before() {
    let (world, spec) = encryption();
    let store = Arc::new(TextStore::new());
    store.set_full(true);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let link = resumed(driver(&world, &spec), &store)
        .with_observer(move |event: &Event| sink.lock().unwrap().push(event.clone()));
    for _ in 0..5 {
        let error = link.reconcile_once().await.unwrap_err();
        assert!(matches!(error, ReconcileError::MemoryNotSaved { .. }), "{error:?}");
        assert_eq!(error.retry(), Retry::BackOff);
        assert!(error.to_string().contains("memory could not be stored"), "{error}");
        assert!(error.source().unwrap().to_string().contains("no space is left"));
        world.advance(MINUTE);
    }
    assert_eq!((world.mutations(), store.text()), (0, None));
    let is_failure = |event: &&Event| matches!(event, Event::Failed { will_retry: true, .. });
    assert_eq!(seen.lock().unwrap().iter().filter(is_failure).count(), 5);
    // It was not sent, so that nothing need be waited for.
    store.set_full(false);
    let started = world.now();
    link.reconcile_once().await.unwrap();
    assert_eq!((calls(&world, operation::CREATE_KEY), world.now()), (1, started));
    link.establish().await.unwrap();
}

#[tokio::test]
async fn a_key_whose_arn_could_not_be_written_down_is_found_again() {
    for lag in [0, 30, 180] {
        let (world, spec) = encryption();
        world.set_read_lag(lag * SECOND);
        let store = Arc::new(TextStore::new());
        // What is stored is of the time before the call, as after a crash of the store.
        let link = resumed(driver(&world, &spec), &store);
        link.reconcile_once().await.unwrap();
        let stored = store.text().unwrap();
        let mut before: serde_json::Value = serde_json::from_str(&stored).unwrap();
        before["unanswered"] = before["sent"][0]["call"].clone();
        before["made"] = serde_json::Value::Null;
        store.put(before.to_string());
        drop(link);
        let looks = Looks::NotBefore(2 * MINUTE);
        establish(&world, || driver(&world, &spec), &store, looks).await.unwrap();
        assert_eq!(calls(&world, operation::CREATE_KEY), 1, "{lag} s");
    }
}

#[tokio::test]
async fn a_memory_outlives_its_process_as_text_and_the_clock_of_the_new_one_begins_anew() {
    /// A clock whose uptime begins with the process.
    #[derive(Debug)]
    struct NewProcess(Arc<VirtualClock>, Duration);

    #[async_trait::async_trait]
    impl Clock for NewProcess {
        fn now(&self) -> std::time::SystemTime {
            self.0.now()
        }

        fn uptime(&self) -> Duration {
            self.0.uptime().saturating_sub(self.1)
        }

        async fn sleep(&self, duration: Duration) {
            self.0.sleep(duration).await;
        }
    }

    let (world, _, spec) = support::procedure(DataService::KeyValueStore);
    world.next_private_link_sticks_at(&PrivateLinkStatus::Provisioning);
    let store = Arc::new(TextStore::new());
    let make = || {
        let clock = Arc::new(NewProcess(world.clock(), world.clock().uptime()));
        let aws = world.aws();
        let workflow = heroku_data_link::privatelink::PrivateLinkWorkflow::new(
            spec.clone(),
            world.heroku(),
            aws,
        );
        Driver::new(workflow, clock)
    };
    let started = world.now();
    let error = establish(&world, make, &store, Looks::AsAsked).await.unwrap_err();
    assert!(matches!(error, ReconcileError::DeadlinePassed { .. }), "{error:?}");
    let took = world.now().duration_since(started).unwrap();
    assert!((1800..1900).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn a_process_that_is_killed_as_it_mends_a_policy_leaves_it_a_minute_before_the_addon_is_made()
{
    let (world, spec) = encryption();
    let store = Arc::new(TextStore::new());
    let new = || driver(&world, &spec);
    let key = establish(&world, new, &store, Looks::AsAsked).await.unwrap().key;
    // Long after its first policy, somebody narrows it, and destroys the add-on.
    world.advance(60 * MINUTE);
    let narrow = world.add_key(&KeySpec::new()).unwrap();
    let policy = world.aws().key_policy(&narrow).await.unwrap();
    world.set_key_policy(&key, &policy.replace(narrow.as_str(), key.as_str())).unwrap();
    let addons = world.heroku().all_addons().await.unwrap().addons;
    let addon = addons.iter().find(|addon| addon.name.as_str() == ADDON).unwrap();
    world.destroy_addon(addon.id).unwrap();
    world.advance(60 * MINUTE);
    world.crash_at(1, When::After);
    let link = resumed(new(), &store);
    match select(Box::pin(link.establish()), Box::pin(world.crashed())).await {
        Either::Left((result, _)) => panic!("no crash: {result:?}"),
        Either::Right(_) => {}
    }
    drop(link);
    world.clear_faults();
    establish(&world, new, &store, Looks::AsAsked).await.unwrap();
    let journal = world.journal();
    let last = |name| journal.iter().rfind(|call| call.operation == name).unwrap().at;
    let (put, made) = (last(operation::PUT_KEY_POLICY), last(operation::CREATE_ADDON));
    assert!(made.duration_since(put).unwrap() >= MINUTE);
    assert_eq!(calls(&world, operation::CREATE_ADDON), 2);
}
