//! Copies of the connection: delivered, kept fresh, never another's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use heroku_data_link::bundle::{CopyTeardown, Destination};
use heroku_data_link::model::{CopyName, DataService};
use heroku_data_link::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{Call, Clouds, ErrorKind, Sink, Tags, operation};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link::reconcile::{
    CallHook, Driver, Goal, Outcome, ReconcileError, Refused, Sending, Verified,
};
use heroku_data_link_mock::{Fault, Procedure, Scenario, Timings, World, survives_every_crash};

use crate::support::{Link, assert_blocker, blockers_of, procedure};

const VAULT: &str = "vault";

fn at(name: &str) -> Destination {
    Destination::new(VAULT.parse().unwrap(), name.parse().unwrap())
}

fn name() -> CopyName {
    "prod/cache".parse().unwrap()
}

pub(crate) fn delivering(service: DataService) -> (World, Procedure, PrivateLinkSpec) {
    let (world, site, mut spec) = procedure(service);
    spec.deliver.push(at("prod/cache"));
    (world, site, spec)
}

pub(crate) fn driver(world: &World, spec: &PrivateLinkSpec) -> Link {
    let sink: Arc<dyn Sink> = Arc::new(world.sink());
    let clouds = Clouds::new(world.heroku(), world.aws()).with_sink(VAULT.parse().unwrap(), sink);
    Driver::new(PrivateLinkWorkflow::on(spec.clone(), clouds), world.clock())
}

fn count(world: &World, operation: &str) -> usize {
    world.journal().iter().filter(|call| call.operation == operation).count()
}

#[tokio::test]
async fn ready_means_delivered() {
    for service in DataService::ALL {
        let (world, _, spec) = delivering(service);
        let link = driver(&world, &spec);
        let output = link.establish().await.unwrap();
        let copy = world.copy(&name()).unwrap();
        let [connection, ..] = output.connections.as_slice() else { panic!("no connection") };
        let text = copy.text.expose();
        assert!(text.contains(&connection.url.expose_text()), "{service}");
        assert!(!text.contains("***"));
        assert_eq!(output.delivered[0].stamp, copy.stamp.unwrap());
        assert_eq!(copy.tags[LINK_TAG], "demo");
        assert_eq!(copy.version, 1);
        assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
        // Nothing is delivered again, whoever looks.
        driver(&world, &spec).establish().await.unwrap();
        assert_eq!(count(&world, operation::DELIVER_COPY), 1);
    }
}

#[tokio::test]
async fn a_rotation_is_drift_and_is_delivered() {
    let (world, site, spec) = delivering(DataService::Postgres);
    let link = driver(&world, &spec);
    let before = link.establish().await.unwrap();
    world.set_password(site.addon_id, "rotated").unwrap();

    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("in sync") };
    let open: Vec<_> = plan.open_steps().map(ToString::to_string).collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].contains("the copy is stale, as credentials were rotated"), "{open:?}");
    assert!(open[0].contains("within 30 minutes"), "{open:?}");
    assert!(!format!("{plan:?} {plan}").contains("rotated\""), "{plan}");

    let after = link.establish().await.unwrap();
    let copy = world.copy(&name()).unwrap();
    assert!(copy.text.expose().contains("rotated"));
    assert_eq!(copy.version, 2);
    assert_ne!(before.delivered[0].stamp, after.delivered[0].stamp);
}

#[tokio::test]
async fn verify_reads_once_more_for_each_sink() {
    let (world, _, mut spec) = delivering(DataService::Kafka);
    spec.deliver.push(at("other"));
    driver(&world, &spec).establish().await.unwrap();
    let calls = || world.journal().len();
    let reads_of = |spec: PrivateLinkSpec| {
        let world = world.clone();
        async move {
            let before = world.journal().len();
            assert!(matches!(driver(&world, &spec).verify().await.unwrap(), Verified::InSync(_)));
            world.journal().len() - before
        }
    };
    let with = reads_of(spec.clone()).await;
    spec.deliver.clear();
    let without = reads_of(spec).await;
    assert_eq!(with, without + 2);
    assert!(calls() > 0);
}

#[tokio::test]
async fn a_copy_that_somebody_changed_is_delivered_again() {
    let (world, _, spec) = delivering(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let tags = world.copy(&name()).unwrap().tags;
    world.put_copy(&name(), "REDIS_URL=rediss://wrong", &tags);
    assert!(matches!(link.verify().await.unwrap(), Verified::Drifted(_)));
    link.establish().await.unwrap();
    assert!(world.copy(&name()).unwrap().text.expose().contains("vpce-"));
}

#[tokio::test]
async fn a_secret_of_somebody_elses_stops_the_link_before_anything_is_made() {
    let other = Tags::from([(LINK_TAG.to_owned(), "other".to_owned())]);
    for (tags, says) in [(Tags::new(), "carries no tag"), (other, "belongs to link other")] {
        let (world, _, spec) = delivering(DataService::KeyValueStore);
        world.put_copy(&name(), "theirs", &tags);
        let found = blockers_of(&world, &driver(&world, &spec)).await;
        assert_blocker(&found, "copy-not-ours", &["vault prod/cache exists already", says]);
        assert_eq!(world.copy(&name()).unwrap().text.expose(), "theirs");
    }
}

#[tokio::test]
async fn a_copy_of_the_same_link_to_another_target_is_not_overwritten() {
    let (world, _, spec) = delivering(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let mut tags = world.copy(&name()).unwrap().tags;
    tags.insert("heroku-data-link:target".to_owned(), "another".to_owned());
    world.put_copy(&name(), "theirs", &tags);
    let error = driver(&world, &spec).establish().await.unwrap_err();
    assert_blocker(error.blockers(), "link-id-in-use", &["vault prod/cache", "another"]);
    assert_eq!(world.copy(&name()).unwrap().text.expose(), "theirs");
}

#[tokio::test]
async fn somebody_who_is_quicker_keeps_the_name() {
    /// Takes the name just before it is delivered to.
    #[derive(Debug)]
    struct Quicker(World);

    #[async_trait]
    impl CallHook for Quicker {
        async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
            if matches!(sending.call, Call::Sink { .. }) && self.0.copy(&name()).is_none() {
                self.0.put_copy(&name(), "theirs", &Tags::new());
            }
            Ok(())
        }

        fn after(&self, _: &Sending<'_>, _: &Outcome<'_>) {}
    }

    let (world, _, spec) = delivering(DataService::KeyValueStore);
    let link = driver(&world, &spec).with_hook(Arc::new(Quicker(world.clone())));
    let error = link.establish().await.unwrap_err();
    assert_blocker(error.blockers(), "copy-not-ours", &[]);
    assert_eq!(world.copy(&name()).unwrap().text.expose(), "theirs");
}

#[tokio::test]
async fn a_rotation_in_the_middle_of_a_delivery_delivers_what_is_new() {
    /// Rotates the credentials just before the first delivery.
    #[derive(Debug)]
    struct Rotation(World, Procedure);

    #[async_trait]
    impl CallHook for Rotation {
        async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
            if matches!(sending.call, Call::Sink { .. }) {
                self.0.set_password(self.1.addon_id, "rotated").unwrap();
            }
            Ok(())
        }

        fn after(&self, _: &Sending<'_>, _: &Outcome<'_>) {}
    }

    let (world, site, spec) = delivering(DataService::KeyValueStore);
    let link = driver(&world, &spec).with_hook(Arc::new(Rotation(world.clone(), site)));
    link.establish().await.unwrap();
    let copy = world.copy(&name()).unwrap();
    assert!(copy.text.expose().contains("rotated"));
    // What was planned first was never written.
    assert_eq!(copy.version, 1);
}

#[tokio::test]
async fn certificates_that_come_late_are_waited_for() {
    let (world, _, spec) = delivering(DataService::Kafka);
    // The link itself takes a quarter of an hour.
    let certificates = Duration::from_secs(20 * 60);
    world.set_timings(Timings { certificates, ..Timings::default() });
    let link = driver(&world, &spec);
    let output = link.establish().await.unwrap();
    let copy = world.copy(&name()).unwrap();
    assert!(copy.text.expose().contains("BEGIN RSA PRIVATE KEY"));
    assert_eq!((copy.version, output.delivered.len()), (1, 1));

    let never = Duration::from_secs(24 * 60 * 60);
    let (world, _, spec) = delivering(DataService::Kafka);
    world.set_timings(Timings { certificates: never, ..Timings::default() });
    let error = driver(&world, &spec).establish().await.unwrap_err();
    let ReconcileError::DeadlinePassed { awaiting, .. } = &error else { panic!("{error}") };
    let missing = "KAFKA_TRUSTED_CERT, KAFKA_CLIENT_CERT, KAFKA_CLIENT_CERT_KEY";
    assert_eq!(*awaiting, format!("the app does not have {missing} yet"));
    assert_eq!(world.copy(&name()), None);
}

#[tokio::test]
async fn a_sink_that_is_down_keeps_nothing_else_from_being_made() {
    let (world, _, spec) = delivering(DataService::KeyValueStore);
    world.fault(Fault::on(operation::READ_COPY).times(usize::MAX).before(ErrorKind::Transient));
    let link = driver(&world, &spec);
    let error = link.establish().await.unwrap_err();
    let ReconcileError::DeadlinePassed { awaiting, .. } = &error else { panic!("{error}") };
    assert!(awaiting.starts_with("vault prod/cache, which cannot be read now"), "{awaiting}");
    assert_eq!(count(&world, operation::CREATE_VPC_ENDPOINT), 1);
    world.clear_faults();
    link.establish().await.unwrap();
    assert!(world.copy(&name()).is_some());
}

#[tokio::test]
async fn a_sink_without_permission_is_a_blocker() {
    let (world, _, spec) = delivering(DataService::KeyValueStore);
    world.fault(Fault::on(operation::READ_COPY).times(usize::MAX).before(ErrorKind::Forbidden));
    let found = blockers_of(&world, &driver(&world, &spec)).await;
    assert_blocker(&found, "sink-unusable", &["vault prod/cache", "permission"]);
}

#[tokio::test]
async fn destinations_that_cannot_be_are_blockers() {
    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    spec.deliver.push(at("prod/cache"));
    spec.deliver.push(Destination::new("moon".parse().unwrap(), "base".parse().unwrap()));
    let found = blockers_of(&world, &driver(&world, &spec)).await;
    assert_blocker(&found, "copy-named-twice", &["vault prod/cache more than once"]);
    assert_blocker(&found, "unknown-sink", &["offers no sink moon"]);

    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    spec.deliver[0].value = Some("REDIS_LINK".parse().unwrap());
    let error = driver(&world, &spec).establish().await.unwrap_err();
    assert_blocker(error.blockers(), "nothing-to-deliver", &["no value REDIS_LINK", "REDIS_URL"]);
}

#[tokio::test]
async fn a_teardown_keeps_copies_unless_the_spec_says_otherwise() {
    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    let before = world.fingerprint();
    driver(&world, &spec).establish().await.unwrap();
    let plan = driver(&world, &spec).plan(Goal::TornDown).await.unwrap();
    assert!(plan.notes.contains(&"vault prod/cache stays, as the spec says".to_owned()));
    driver(&world, &spec).teardown().await.unwrap();
    assert!(world.copy(&name()).is_some());

    // It is the link's own still.
    spec.deliver[0].on_teardown = CopyTeardown::Delete;
    driver(&world, &spec).establish().await.unwrap();
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!((world.copy(&name()), world.fingerprint()), (None, before));
}

#[tokio::test]
async fn a_teardown_leaves_the_copies_of_others() {
    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    spec.deliver[0].on_teardown = CopyTeardown::Delete;
    driver(&world, &spec).establish().await.unwrap();
    world.put_copy(&name(), "theirs", &Tags::new());
    let plan = driver(&world, &spec).plan(Goal::TornDown).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("it is not the link's own")), "{plan}");
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(world.copy(&name()).unwrap().text.expose(), "theirs");
}

#[tokio::test]
async fn somebody_who_takes_the_name_before_a_teardown_keeps_it() {
    /// Puts something else there just before the copy is deleted.
    #[derive(Debug)]
    struct Quicker(World);

    #[async_trait]
    impl CallHook for Quicker {
        async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
            if matches!(sending.call, Call::Sink { .. }) {
                self.0.put_copy(&name(), "theirs", &Tags::new());
            }
            Ok(())
        }

        fn after(&self, _: &Sending<'_>, _: &Outcome<'_>) {}
    }

    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    spec.deliver[0].on_teardown = CopyTeardown::Delete;
    driver(&world, &spec).establish().await.unwrap();
    let link = driver(&world, &spec).with_hook(Arc::new(Quicker(world.clone())));
    link.teardown().await.unwrap();
    assert_eq!(world.copy(&name()).unwrap().text.expose(), "theirs");
}

#[tokio::test]
async fn a_name_that_is_being_deleted_is_not_free() {
    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    let day = Duration::from_secs(24 * 60 * 60);
    world.set_timings(Timings { copy_deletion: 30 * day, ..Timings::default() });
    spec.deliver[0].on_teardown = CopyTeardown::Delete;
    driver(&world, &spec).establish().await.unwrap();
    driver(&world, &spec).teardown().await.unwrap();
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(count(&world, operation::REMOVE_COPY), 1);
    let found = blockers_of(&world, &driver(&world, &spec)).await;
    assert_blocker(&found, "copy-being-deleted", &["vault prod/cache", "restore"]);
    world.advance(31 * day);
    driver(&world, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn lost_tags_and_another_key_are_mended() {
    let (world, _, mut spec) = delivering(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let key = "arn:aws:kms:us-east-1:123456789101:key/01234567-89ab-cdef-0123-456789abcdef";
    spec.deliver[0].kms_key = Some(key.parse().unwrap());
    spec.tags = heroku_data_link::model::OwnTags::new([("team", "data")]).unwrap();
    driver(&world, &spec).establish().await.unwrap();
    let copy = world.copy(&name()).unwrap();
    assert_eq!(copy.kms_key, spec.deliver[0].kms_key);
    assert_eq!(copy.tags["team"], "data");
    // The text is the same.
    assert_eq!(copy.version, 1);
}

#[tokio::test]
async fn every_crash_is_survived_with_a_copy() {
    for service in DataService::ALL {
        let report = survives_every_crash(|| {
            let (world, _, mut spec) = delivering(service);
            spec.deliver[0].on_teardown = CopyTeardown::Delete;
            Scenario::new(world, move |world| driver(world, &spec))
        })
        .await
        .unwrap();
        assert_eq!((report.mutations_establish, report.mutations_teardown), (6, 4));
    }
}

#[tokio::test]
async fn a_plan_that_delivers_is_written_down_without_a_secret() {
    let (world, site, spec) = delivering(DataService::KeyValueStore);
    world.set_password(site.addon_id, "hunter2").unwrap();
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    world.set_password(site.addon_id, "hunter3").unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    let (json, script) = (serde_json::to_string(&plan).unwrap(), plan.script().unwrap());
    assert!(script.to_string().contains("left to the library, or to you: deliver"), "{script}");
    for text in [json, script.to_string(), format!("{plan:?}"), link.memory().to_json()] {
        assert!(!text.contains("hunter"), "{text}");
    }
}
