//! What is refused before anything is made.

use std::time::Duration;

use heroku_data_link::encryption::{EncryptionSpec, Migration};
use heroku_data_link::key_access::{Ending, KeyAccessSpec};
use heroku_data_link::model::{DataService, DeletionWindow, KeyArn, KeyState};
use heroku_data_link::provider::{Addons, ErrorKind, operation};
use heroku_data_link::reconcile::Goal;
use heroku_data_link_mock::{AddonSpec, Fault, KeySpec, World};

use super::support::{
    ADDON, ALIAS, HEROKU, access, assert_blocker, blockers, calls, driver, encrypted, existing,
    procedure, teardown_blockers,
};

/// Nothing is made, and the blocker says all of these things.
async fn assert_blocked(world: &World, spec: &EncryptionSpec, code: &str, parts: &[&str]) {
    assert_blocker(&blockers(world, &driver(world, spec)).await, code, parts);
}

#[tokio::test]
async fn keys_that_cannot_be_used() {
    let table = [
        (KeySpec::new().open_to(HEROKU).asymmetric(), "key-not-symmetric", "SYMMETRIC_DEFAULT"),
        (KeySpec::new().open_to(HEROKU).aws_managed(), "key-of-aws", "managed by AWS"),
        (KeySpec::new().open_to(HEROKU).in_state(KeyState::Disabled), "key-disabled", "enable it"),
        (
            KeySpec::new().open_to(HEROKU).in_state(KeyState::PendingDeletion),
            "key-pending-deletion",
            "cancel its deletion",
        ),
        (
            KeySpec::new().open_to(HEROKU).in_state(KeyState::Unavailable),
            "key-state",
            "Unavailable",
        ),
        (KeySpec::new().in_region("eu-west-1"), "key-of-another-region", "eu-west-1"),
        (KeySpec::new().in_account("111122223333"), "key-of-another-account", "111122223333"),
    ];
    for (key, code, part) in table {
        for mend in [false, true] {
            let (world, _, spec) = procedure(DataService::KeyValueStore);
            let arn = world.add_key(&key).unwrap();
            let spec = spec.with_key(existing(&arn, mend));
            assert_blocked(&world, &spec, code, &[arn.as_str(), part]).await;
        }
    }
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let arn: KeyArn = "arn:aws:kms:us-east-1:123456789101:key/0000".parse().unwrap();
    let spec = spec.with_key(existing(&arn, false));
    assert_blocked(&world, &spec, "unknown-key", &[arn.as_str()]).await;
}

#[tokio::test]
async fn the_links_own_key_when_it_is_disabled_or_somebody_elses() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let own = KeySpec::new().tagged("heroku-data-link:link", "vault").with_alias(ALIAS);
    world.add_key(&own.in_state(KeyState::Disabled)).unwrap();
    assert_blocked(&world, &spec, "key-disabled", &["enable"]).await;

    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let arn = world.add_key(&KeySpec::new().with_alias(ALIAS)).unwrap();
    assert_blocked(&world, &spec, "alias-not-ours", &[arn.as_str(), "by its ARN"]).await;

    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let theirs = KeySpec::new().tagged("heroku-data-link:link", "other").with_alias(ALIAS);
    world.add_key(&theirs).unwrap();
    assert_blocked(&world, &spec, "alias-not-ours", &["link other"]).await;
}

#[tokio::test]
async fn a_policy_without_the_grants_is_named_to_the_permission() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let statement = |principal: &str, actions: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":{actions},"Resource":"*"}}"#
        )
    };
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{},{}]}}"#,
        statement("123456789101", r#""kms:*""#),
        statement(
            HEROKU,
            r#"["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"]"#
        )
    );
    let arn = world.add_key(&KeySpec::new().with_policy(&policy)).unwrap();
    let parts = [arn.as_str(), "kms:CreateGrant", HEROKU, "let the spec mend"];
    assert_blocked(
        &world,
        &spec.clone().with_key(existing(&arn, false)),
        "key-policy-lacks",
        &parts,
    )
    .await;

    // With leave to mend it, it is mended.
    let mut spec = spec.with_key(existing(&arn, true));
    driver(&world, &spec).establish().await.unwrap();

    // What is denied cannot be granted.
    let deny = statement(HEROKU, r#""kms:Decrypt""#).replace("Allow", "Deny");
    let denied = policy.replace(r#""Statement":["#, &format!(r#""Statement":[{deny},"#));
    let arn = world.add_key(&KeySpec::new().with_policy(&denied)).unwrap();
    spec.addon = "another".parse().unwrap();
    let spec = spec.with_key(existing(&arn, true));
    assert_blocked(&world, &spec, "key-policy-lacks", &["kms:Decrypt", "denial"]).await;
}

#[tokio::test]
async fn a_policy_that_nobody_can_read_or_that_locks_the_owner_out() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let arn = world.add_key(&KeySpec::new().with_policy("no policy")).unwrap();
    let blocked = spec.clone().with_key(existing(&arn, true));
    assert_blocked(&world, &blocked, "unreadable-key-policy", &[arn.as_str(), "JSON"]).await;

    let foreign = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}"#;
    let arn = world.add_key(&KeySpec::new().with_policy(foreign)).unwrap();
    let blocked = spec.with_key(existing(&arn, true));
    assert_blocked(&world, &blocked, "key-policy-lacks", &["lock the key's owner out"]).await;
}

#[tokio::test]
async fn plans_and_options_that_take_no_key() {
    for (plan, code, part) in [
        ("heroku-redis:premium-0", "plan-without-customer-keys", "premium"),
        ("heroku-postgresql:standard-2", "plan-without-customer-keys", "standard"),
        ("heroku-postgresql:advanced-private", "plan-without-customer-keys", "advanced"),
        ("papertrail:private-1", "unsupported-service", "papertrail"),
        ("heroku-redis:shield-7", "plan-of-another-space", "Private Space"),
    ] {
        let (world, _, mut spec) = procedure(DataService::KeyValueStore);
        spec.plan = plan.parse().unwrap();
        assert_blocked(&world, &spec, code, &[part]).await;
    }
    for option in ["follow", "fork"] {
        let (world, _, mut spec) = procedure(DataService::KeyValueStore);
        spec.key_option = option.parse().unwrap();
        assert_blocked(&world, &spec, "unusable-key-option", &["encryption-key"]).await;
    }
}

#[tokio::test]
async fn another_place() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.add_space("far", "dublin").unwrap();
    world.add_app("far-app", Some("far")).unwrap();
    world.add_app("common", None).unwrap();
    for (app, code, parts) in [
        ("far-app", "other-region", ["eu-west-1", "dublin", "us-east-1"]),
        ("common", "not-in-a-space", ["common", "space", "add-on"]),
        ("nobody", "unknown-app", ["app", "token", "team"]),
    ] {
        let mut spec = spec.clone();
        spec.app = app.parse().unwrap();
        assert_blocked(&world, &spec, code, &parts).await;
    }
}

#[tokio::test]
async fn an_addon_that_is_there_without_the_key() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let other = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let addon = |name: &str| AddonSpec::new(&site.app, name, "heroku-redis:private-7");
    world.add_addon(&addon("under-other").attached_as("A").encrypted_with(&other)).unwrap();
    world.add_app("elsewhere", Some(site.space.as_str())).unwrap();
    world.add_addon(&AddonSpec::new("elsewhere", "abroad", "heroku-redis:private-7")).unwrap();
    let pg = AddonSpec::new(&site.app, "pg", "heroku-postgresql:private-4");
    world.add_addon(&pg).unwrap();
    for choice in [existing(&key, false), spec.key.clone()] {
        for (name, code, parts) in [
            (site.old_addon.as_str(), "addon-without-key", ["cannot be given", "migrate"]),
            ("under-other", "addon-under-another-key", [other.as_str(), "migrate"]),
            ("abroad", "addon-of-another-app", ["elsewhere", "another name"]),
            ("pg", "addon-of-another-service", ["heroku-postgresql", "heroku-redis"]),
        ] {
            let mut spec = spec.clone().with_key(choice.clone());
            spec.addon = name.parse().unwrap();
            assert_blocked(&world, &spec, code, &parts).await;
        }
    }
}

#[tokio::test]
async fn sources_that_cannot_be_copied() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let pg = AddonSpec::new(&site.app, "pg", "heroku-postgresql:private-4");
    world.add_addon(&pg).unwrap();
    let slow = AddonSpec::new(&site.app, "slow", "heroku-redis:private-7")
        .attached_as("SLOW")
        .provisioned_after(Duration::from_secs(900));
    world.add_addon(&slow).unwrap();
    world.add_app("elsewhere", Some(site.space.as_str())).unwrap();
    world.add_addon(&AddonSpec::new("elsewhere", "abroad", "heroku-redis:private-7")).unwrap();
    for (source, code, part) in [
        ("pg", "source-of-another-service", "heroku-postgresql"),
        ("nothing", "unknown-source", "nothing"),
        ("slow", "source-not-provisioned", "provisioning"),
        ("elsewhere::abroad", "source-not-attached", "abroad"),
    ] {
        let migration =
            Migration::from(source.parse::<heroku_data_link::model::AddonRef>().unwrap());
        assert_blocked(&world, &spec.clone().migrating(migration), code, &[part]).await;
    }
    // A third add-on has the place.
    let mut migration = Migration::from(site.old_addon.clone());
    migration.promote_as = Some("SLOW".parse().unwrap());
    let taken = spec.clone().migrating(migration.clone());
    assert_blocked(&world, &taken, "attachment-of-another-addon", &["SLOW", "promote-as"]).await;
    migration.promote_as = None;
    migration.keep_as = Some("SLOW".parse().unwrap());
    let taken = spec.clone().migrating(migration);
    assert_blocked(&world, &taken, "attachment-name-taken", &["SLOW", "keep-as"]).await;
}

#[tokio::test]
async fn kafka_cannot_be_forked_and_is_told_how_to_move() {
    let (world, site, spec) = procedure(DataService::Kafka);
    let spec = spec.migrating(Migration::from(site.old_addon));
    assert_blocked(&world, &spec, "no-fork-of-kafka", &["MirrorMaker", "empty cluster"]).await;
}

#[tokio::test]
async fn nothing_is_promoted_while_the_addon_is_provisioning() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let slow = AddonSpec::new(&site.app, ADDON, site.plan.as_str())
        .attached_as("NEW")
        .encrypted_with(&key)
        .provisioned_after(Duration::from_secs(900));
    world.add_addon(&slow).unwrap();
    let spec =
        spec.with_key(existing(&key, false)).migrating(Migration::from(site.old_addon.clone()));
    let link = driver(&world, &spec);
    for _ in 0..10 {
        link.reconcile_once().await.unwrap();
        world.advance(Duration::from_secs(60));
    }
    assert_eq!(calls(&world, operation::CREATE_ATTACHMENT), 0);
    let plan = link.plan(Goal::Established).await.unwrap();
    let promote = plan.steps.iter().find(|step| step.name == "attachment/promote").unwrap();
    assert_eq!(promote.status, heroku_data_link::reconcile::Status::Later);
    let app = Some(&site.app);
    let holder = world.heroku().resolve(app, &"REDIS".parse().unwrap()).await.unwrap();
    assert_eq!(holder[0].name, site.old_addon);
}

#[tokio::test]
async fn a_confirmation_that_does_not_match() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let link = access(&world, &spec);
    let consequences = link.workflow().consequences().await.unwrap();
    for named in ["", "yes", "vaulted", "alias/mine", &spec.key.as_str()[1..]] {
        let error = consequences.confirm(named).unwrap_err().to_string();
        assert!(error.contains(spec.key.as_str()) && error.contains(named), "{error}");
    }
    for named in [spec.key.as_str(), spec.key.id().as_str()] {
        assert!(consequences.confirm(named).is_ok());
    }
    let found = teardown_blockers(&world, &link).await;
    assert_blocker(&found, "not-confirmed", &[spec.key.as_str(), "naming the key"]);

    // That of another key, and of another ending.
    let other = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let other = KeyAccessSpec::new("other".parse().unwrap(), other);
    let confirmation = consequences.confirm(spec.key.as_str()).unwrap();
    let other = access(&world, &other.confirmed(confirmation.clone()));
    let found = teardown_blockers(&world, &other).await;
    assert_blocker(&found, "confirmation-of-something-else", &[spec.key.as_str()]);
    let ending = Ending::ScheduleDeletion(DeletionWindow::default());
    let spec = spec.ending(ending).confirmed(confirmation);
    let found = teardown_blockers(&world, &access(&world, &spec)).await;
    assert_blocker(&found, "confirmation-of-something-else", &["disabling", "scheduling"]);
}

#[tokio::test]
async fn a_confirmation_does_not_hold_for_more_than_was_shown() {
    let (world, site, spec) = encrypted(DataService::KeyValueStore);
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let spec = spec.clone().confirmed(consequences.confirm(spec.key.as_str()).unwrap());
    let late = AddonSpec::new(&site.app, "late", "heroku-redis:private-7").attached_as("LATE");
    world.add_addon(&late.encrypted_with(&spec.key)).unwrap();
    let found = teardown_blockers(&world, &access(&world, &spec)).await;
    assert_blocker(&found, "consequences-changed", &["late"]);
}

#[tokio::test]
async fn users_are_read_anew_as_long_as_the_key_can_be_used() {
    let (world, site, spec) = encrypted(DataService::KeyValueStore);
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let spec = spec.clone().confirmed(consequences.confirm(spec.key.as_str()).unwrap());
    let link = access(&world, &spec);
    assert_eq!(link.plan(Goal::TornDown).await.unwrap().blockers().count(), 0);
    let late = AddonSpec::new(&site.app, "late", "heroku-redis:private-7").attached_as("LATE");
    world.add_addon(&late.encrypted_with(&spec.key)).unwrap();
    assert_blocker(&teardown_blockers(&world, &link).await, "consequences-changed", &["late"]);
}

#[tokio::test]
async fn a_deletion_while_an_addon_cannot_be_asked() {
    let (world, site, _) = encrypted(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap();
    let spec = KeyAccessSpec::new("unused".parse().unwrap(), key)
        .ending(Ending::ScheduleDeletion(DeletionWindow::default()));
    world.fault(Fault::on(operation::READ_SERVICE_INFO).nth(1).before(ErrorKind::Transient));
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let name = site.old_addon.as_str();
    for part in [name, "cannot be asked", "30 days", "ever read"] {
        assert!(consequences.to_string().contains(part), "{part:?} is not in {consequences}");
    }
    let spec = spec.clone().confirmed(consequences.confirm(spec.key.as_str()).unwrap());
    world.fault(Fault::on(operation::READ_SERVICE_INFO).nth(1).before(ErrorKind::Transient));
    let found = teardown_blockers(&world, &access(&world, &spec)).await;
    assert_blocker(&found, "key-perhaps-in-use", &[name, spec.key.as_str()]);
}

#[tokio::test]
async fn a_deletion_while_an_addon_uses_the_key() {
    let (world, _, spec) = encrypted(DataService::Postgres);
    let spec = spec.ending(Ending::ScheduleDeletion(7.try_into().unwrap()));
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let spec = spec.clone().confirmed(consequences.confirm(spec.key.as_str()).unwrap());
    let found = teardown_blockers(&world, &access(&world, &spec)).await;
    assert_blocker(&found, "key-in-use", &[ADDON, "migrate"]);
}
