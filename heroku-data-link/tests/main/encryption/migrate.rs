//! Data that moves under a key, and the place that its add-on takes.

use heroku_data_link::encryption::{CopyBy, EncryptionSpec, Migration};
use heroku_data_link::model::{AttachmentName, DataService};
use heroku_data_link::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{AddonLifecycle, Addons, Attachments, ConfigVars, operation};
use heroku_data_link::reconcile::{Driver, Goal, Verified};
use heroku_data_link_mock::{EncryptionSite, VpcSpec, World};

use super::support::{ADDON, calls, driver, procedure};

fn migration(site: &EncryptionSite, spec: EncryptionSpec, copy: CopyBy) -> EncryptionSpec {
    let mut migration = Migration::from(site.old_addon.clone());
    migration.copy = copy;
    spec.migrating(migration)
}

/// The app's attachments of an add-on.
async fn attached(world: &World, site: &EncryptionSite, addon: &str) -> Vec<AttachmentName> {
    let all = world.heroku().attachments(&site.app).await.unwrap();
    let mut names: Vec<_> =
        all.into_iter().filter(|it| it.addon_name.as_str() == addon).map(|it| it.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_new_addon_takes_the_place_and_the_old_one_stays() {
    for (service, copy) in [
        (DataService::KeyValueStore, CopyBy::Fork),
        (DataService::Postgres, CopyBy::Fork),
        (DataService::Postgres, CopyBy::Follower),
    ] {
        let (world, site, spec) = procedure(service);
        let spec = migration(&site, spec, copy);
        let link = driver(&world, &spec);
        let output = link.establish().await.unwrap();
        let replaced = output.replaced.as_ref().unwrap();
        assert_eq!((&replaced.addon, replaced.promoted), (&site.old_addon, true));
        let kept: AttachmentName = format!("{}_OLD", site.attachment).parse().unwrap();
        assert_eq!(replaced.attachments, std::slice::from_ref(&kept));
        assert_eq!(attached(&world, &site, site.old_addon.as_str()).await, [kept]);
        assert!(attached(&world, &site, ADDON).await.contains(&site.attachment));
        assert!(output.attachments.contains(&site.attachment));
        assert_eq!(world.orphans(), Vec::<String>::new());

        let heroku = world.heroku();
        let old = &heroku.resolve(None, &site.old_addon_id.into()).await.unwrap()[0];
        assert_eq!(heroku.service_info(old).await.unwrap().unwrap().encryption_key, None);
        let new = &heroku.resolve(None, &ADDON.parse().unwrap()).await.unwrap()[0];
        let info = heroku.service_info(new).await.unwrap().unwrap();
        assert_eq!(
            (info.encryption_key.as_deref(), info.following),
            (Some(output.key.as_str()), None)
        );
        assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
    }
}

#[tokio::test]
async fn nothing_is_promoted_before_the_copy_has_caught_up() {
    for (service, copy) in
        [(DataService::KeyValueStore, CopyBy::Fork), (DataService::Postgres, CopyBy::Follower)]
    {
        let (world, site, spec) = procedure(service);
        driver(&world, &migration(&site, spec, copy)).establish().await.unwrap();
        let journal = world.journal();
        let at = |name| journal.iter().find(|call| call.operation == name).map(|call| call.at);
        let made = at(operation::CREATE_ADDON).unwrap();
        let attached = at(operation::CREATE_ATTACHMENT).unwrap();
        // 4 minutes of provisioning, and 10 of catching up.
        let waited = attached.duration_since(made).unwrap().as_secs();
        assert!(waited >= 14 * 60, "{waited} s");
        assert_eq!(calls(&world, operation::UNFOLLOW), usize::from(copy == CopyBy::Follower));
        // First the old add-on's other attachment, then the promotion.
        assert_eq!(calls(&world, operation::CREATE_ATTACHMENT), 2);
    }
}

#[tokio::test]
async fn a_store_with_private_link_keeps_an_attachment_too() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let vpc = world.add_vpc(&VpcSpec::new(["10.0.0.0/16"])).unwrap();
    world.add_subnet(&vpc, "us-east-1a", "10.0.1.0/24").unwrap();
    let private = PrivateLinkSpec::new("private".parse().unwrap(), site.old_addon.clone(), vpc);
    let private = PrivateLinkWorkflow::new(private, world.heroku(), world.aws());
    Driver::new(private, world.clock()).establish().await.unwrap();
    // What makes the official CLI leave the old store without an attachment.
    let vars = world.heroku().config_vars(&site.app).await.unwrap();
    assert!(vars.keys().any(|name| name.as_str().starts_with("REDIS_ENDPOINT_")), "{vars:?}");

    let spec = migration(&site, spec, CopyBy::Fork);
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(output.replaced.unwrap().attachments, ["REDIS_OLD".parse().unwrap()]);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn an_attachment_that_is_there_already_is_enough() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    world.attach(site.old_addon_id, &site.app, "CACHE").unwrap();
    let spec = migration(&site, spec, CopyBy::Fork);
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(output.replaced.unwrap().attachments, ["CACHE".parse().unwrap()]);
    assert_eq!(calls(&world, operation::CREATE_ATTACHMENT), 1);
}

#[tokio::test]
async fn a_migration_on_hold_ends_before_the_app_can_notice() {
    let (world, site, spec) = procedure(DataService::Postgres);
    let mut spec = migration(&site, spec, CopyBy::Follower);
    spec.migration.as_mut().unwrap().hold = true;
    let output = driver(&world, &spec).establish().await.unwrap();
    let replaced = output.replaced.unwrap();
    assert!(!replaced.promoted);
    assert_eq!(replaced.attachments, std::slice::from_ref(&site.attachment));
    assert_eq!(calls(&world, operation::UNFOLLOW), 0);
    assert_eq!(calls(&world, operation::CREATE_ATTACHMENT), 0);

    spec.migration.as_mut().unwrap().hold = false;
    let output = driver(&world, &spec).establish().await.unwrap();
    assert!(output.replaced.unwrap().promoted);
}

#[tokio::test]
async fn other_names_are_taken_and_kept() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    world.attach(site.old_addon_id, &site.app, "CACHE").unwrap();
    let mut spec = migration(&site, spec, CopyBy::Fork);
    let migration = spec.migration.as_mut().unwrap();
    migration.promote_as = Some("CACHE".parse().unwrap());
    driver(&world, &spec).establish().await.unwrap();
    let old = attached(&world, &site, site.old_addon.as_str()).await;
    assert_eq!(old, ["REDIS".parse().unwrap()]);
    assert!(attached(&world, &site, ADDON).await.contains(&"CACHE".parse().unwrap()));
}

#[tokio::test]
async fn the_plan_says_what_a_person_must_know() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    world.attach(site.old_addon_id, &site.app, "CACHE").unwrap();
    let spec = migration(&site, spec, CopyBy::Fork);
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap().to_string();
    for part in ["maintenance mode", "costs money", "CACHE stay with", "the app restarts"] {
        assert!(plan.contains(part), "{part:?} is not in {plan}");
    }
}
