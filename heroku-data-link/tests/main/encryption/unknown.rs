//! What cannot be read may use the key: it blocks, and is confirmed by nobody who did not see it.

use heroku_data_link::key_access::{
    Confirmation, Ending, Inventory, KeyAccessSpec, UnknownUser, WhyUnknown,
};
use heroku_data_link::model::{AddonId, DataService, KeyState};
use heroku_data_link::provider::{Addons, Keys, operation};
use heroku_data_link::reconcile::{Goal, Verified};
use heroku_data_link_mock::{AddonSpec, KeyForm, KeyQuirks, KeySpec, OddRow, World};

use super::support::{
    ADDON, HEROKU, access, assert_blocker, blockers, calls, driver, encrypted, existing, procedure,
    teardown_blockers,
};

async fn id(world: &World, name: &str) -> AddonId {
    world.heroku().resolve(None, &name.parse().unwrap()).await.unwrap()[0].id
}

async fn unknown(world: &World) -> Vec<UnknownUser> {
    Inventory::of_heroku(&*world.heroku()).await.unwrap().unknown
}

/// Both ways of ending the key's use are blocked, and the first one is open to who saw it.
async fn assert_unknown_blocks(world: &World, spec: &KeyAccessSpec, part: &str) {
    // Somebody saw nothing of it.
    let seen_before = format!(r#"{{ "key": "{}", "ending": "disable", "addons": [] }}"#, spec.key);
    let confirmation: Confirmation = serde_json::from_str(&seen_before).unwrap();
    let blind = access(world, &spec.clone().confirmed(confirmation));
    let found = teardown_blockers(world, &blind).await;
    assert_blocker(&found, "consequences-changed", &[part, "may stop", "nobody has confirmed"]);

    let deletion = Ending::ScheduleDeletion(7.try_into().unwrap());
    let deleted = spec.clone().ending(deletion);
    let consequences = access(world, &deleted).workflow().consequences().await.unwrap();
    let yes = consequences.confirm(spec.key.as_str()).unwrap();
    let found = teardown_blockers(world, &access(world, &deleted.confirmed(yes))).await;
    assert_blocker(&found, "key-perhaps-in-use", &[part, spec.key.as_str()]);

    let consequences = access(world, spec).workflow().consequences().await.unwrap();
    assert!(consequences.to_string().contains("may stop"), "{consequences}");
    assert!(consequences.to_string().contains(part), "{consequences}");
    let yes = consequences.confirm(spec.key.as_str()).unwrap();
    // A confirmation goes through files and queues.
    let yes: Confirmation = serde_json::from_str(&serde_json::to_string(&yes).unwrap()).unwrap();
    let plan = access(world, &spec.clone().confirmed(yes)).plan(Goal::TornDown).await.unwrap();
    assert_eq!(plan.blockers().count(), 0, "{plan}");
    assert!(plan.notes.iter().any(|note| note.contains(part)), "{plan}");
}

#[tokio::test]
async fn an_addon_row_that_cannot_be_read_may_use_the_key() {
    for row in [OddRow::NoPlan, OddRow::NoApp, OddRow::PlanWithoutService, OddRow::OnlyId] {
        let (world, _, spec) = encrypted(DataService::KeyValueStore);
        let addon = id(&world, ADDON).await;
        world.list_addon_as(addon, row).unwrap();
        let found = unknown(&world).await;
        assert_eq!((found[0].id, &found[0].why), (Some(addon), &WhyUnknown::Unreadable));
        let part = if row == OddRow::OnlyId { addon.to_string() } else { ADDON.to_owned() };
        assert_unknown_blocks(&world, &spec, &part).await;
    }
}

#[tokio::test]
async fn a_plan_in_upper_case_is_a_plan() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    world.list_addon_as(id(&world, ADDON).await, OddRow::UpperCasePlan).unwrap();
    let inventory = Inventory::of_heroku(&*world.heroku()).await.unwrap();
    assert_eq!(inventory.users_of(&spec.key).len(), 1, "{inventory}");
}

#[tokio::test]
async fn a_key_in_another_form_may_be_the_key() {
    for (form, word) in [
        (KeyForm::Alias, "alias/mine"),
        (KeyForm::AliasArn, ":alias/mine"),
        (KeyForm::List, "["),
        (KeyForm::Masked, "***"),
    ] {
        for service in DataService::ALL {
            let (world, _, spec) = encrypted(service);
            world.write_addon_key_as(id(&world, ADDON).await, form).unwrap();
            let found = unknown(&world).await;
            assert!(
                matches!(&found[0].why, WhyUnknown::UnreadableKey(text) if text.contains(word))
            );
            assert_unknown_blocks(&world, &spec, ADDON).await;
        }
    }
}

#[tokio::test]
async fn a_key_in_upper_case_or_with_blanks_is_the_key() {
    for form in [KeyForm::UpperCase, KeyForm::TrailingBlank] {
        let (world, _, spec) = encrypted(DataService::KeyValueStore);
        world.write_addon_key_as(id(&world, ADDON).await, form).unwrap();
        let inventory = Inventory::read(&*world.heroku(), &*world.aws()).await.unwrap();
        assert_eq!(inventory.users_of(&spec.key)[0].addon.as_str(), ADDON);
        assert_eq!(inventory.keys[spec.key.as_str()].state, Some(KeyState::Enabled));
    }
}

#[tokio::test]
async fn a_plan_that_nobody_knows_may_have_a_key() {
    let (world, site, spec) = encrypted(DataService::Postgres);
    for (name, plan) in [
        ("advanced", "heroku-postgresql:advanced-private"),
        ("fast", "heroku-postgresql:performance-4"),
        ("galactic", "heroku-redis:galactic-7"),
    ] {
        world.add_addon(&AddonSpec::new(&site.app, name, plan)).unwrap();
    }
    let keyed = AddonSpec::new(&site.app, "keyed", "heroku-redis:galactic-8");
    world.add_addon(&keyed.encrypted_with(&spec.key)).unwrap();
    let plain = AddonSpec::new(&site.app, "plain", "heroku-redis:premium-7");
    world.add_addon(&plain).unwrap();
    let inventory = Inventory::of_heroku(&*world.heroku()).await.unwrap();
    let names: Vec<_> =
        inventory.unknown.iter().map(|it| (it.addon.as_ref().unwrap().as_str(), &it.why)).collect();
    assert_eq!(
        names,
        [
            ("advanced", &WhyUnknown::NoAnswer),
            ("fast", &WhyUnknown::NoAnswer),
            ("galactic", &WhyUnknown::UnknownPlan),
        ]
    );
    let users = inventory.users_of(&spec.key);
    let users: Vec<_> = users.iter().map(|user| user.addon.as_str()).collect();
    assert_eq!(users, ["keyed", ADDON]);
    assert_unknown_blocks(&world, &KeyAccessSpec::new(spec.link, unused(&world)), "galactic").await;
}

fn unused(world: &World) -> heroku_data_link::model::KeyArn {
    world.add_key(&KeySpec::new().open_to(HEROKU)).unwrap()
}

#[tokio::test]
async fn who_saw_an_addon_as_unknown_confirmed_it_as_known() {
    let (world, _, spec) = encrypted(DataService::KeyValueStore);
    let addon = id(&world, ADDON).await;
    world.write_addon_key_as(addon, KeyForm::Masked).unwrap();
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let spec = spec.clone().confirmed(consequences.confirm(spec.key.as_str()).unwrap());
    world.write_addon_key_as(addon, KeyForm::UpperCase).unwrap();
    let plan = access(&world, &spec).plan(Goal::TornDown).await.unwrap();
    assert_eq!(plan.blockers().count(), 0, "{plan}");
}

#[tokio::test]
async fn a_deletion_of_a_disabled_key_reads_its_users_anew() {
    let (world, site, _) = encrypted(DataService::KeyValueStore);
    let key = unused(&world);
    world.aws().disable_key(&key).await.unwrap();
    let spec = KeyAccessSpec::new("unused".parse().unwrap(), key)
        .ending(Ending::ScheduleDeletion(7.try_into().unwrap()));
    let consequences = access(&world, &spec).workflow().consequences().await.unwrap();
    let spec = spec.clone().confirmed(consequences.confirm(spec.key.as_str()).unwrap());
    let link = access(&world, &spec);
    assert_eq!(link.plan(Goal::TornDown).await.unwrap().blockers().count(), 0);
    let late = AddonSpec::new(&site.app, "late", "heroku-redis:private-7").attached_as("LATE");
    world.add_addon(&late.encrypted_with(&spec.key)).unwrap();
    assert_blocker(&teardown_blockers(&world, &link).await, "key-in-use", &["late"]);
    assert_eq!(calls(&world, operation::SCHEDULE_KEY_DELETION), 0);
}

#[tokio::test]
async fn what_is_unknown_shows_in_the_drift_and_in_the_output() {
    let (world, site, spec) = encrypted(DataService::KeyValueStore);
    world.list_addon_as(site.old_addon_id, OddRow::NoPlan).unwrap();
    let Verified::InSync(output) = access(&world, &spec).verify().await.unwrap() else {
        panic!("a drift")
    };
    assert_eq!(output.unknown[0].addon.as_ref(), Some(&site.old_addon));
    world.aws().disable_key(&spec.key).await.unwrap();
    let Verified::Drifted(plan) = access(&world, &spec).verify().await.unwrap() else {
        panic!("no drift")
    };
    let name = site.old_addon.as_str();
    assert!(plan.notes.iter().any(|note| note.contains(name)), "{plan}");
}

#[tokio::test]
async fn an_addon_whose_key_cannot_be_compared_is_not_under_the_key() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let key = unused(&world);
    let addon = AddonSpec::new(&site.app, ADDON, site.plan.as_str())
        .attached_as("VAULTED")
        .encrypted_with(&key);
    let addon = world.add_addon(&addon).unwrap();
    world.write_addon_key_as(addon, KeyForm::Masked).unwrap();
    let spec = spec.with_key(existing(&key, false));
    let found = blockers(&world, &driver(&world, &spec)).await;
    assert_blocker(&found, "addon-key-unreadable", &[ADDON, "***", key.as_str()]);
    world.write_addon_key_as(addon, KeyForm::UpperCase).unwrap();
    assert_eq!(driver(&world, &spec).establish().await.unwrap().key, key);
}

const OWNER: &str =
    r#"{"Effect":"Allow","Principal":{"AWS":"123456789101"},"Action":"kms:*","Resource":"*"}"#;

#[tokio::test]
async fn a_statement_that_kms_refuses_is_named_before_the_policy_is_put() {
    let without =
        r#"{"Sid":"Half","Effect":"Allow","Principal":{"AWS":"123456789101"},"Action":"kms:*"}"#;
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{OWNER},{without}]}}"#);
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().with_policy(&policy)).unwrap();
    let spec = spec.with_key(existing(&key, true));
    for strict_policies in [true, false] {
        world.set_key_quirks(KeyQuirks { strict_policies, ..KeyQuirks::default() });
        let found = blockers(&world, &driver(&world, &spec)).await;
        assert_blocker(&found, "key-policy-incomplete", &[key.as_str(), "Half", "remove"]);
    }
    // What is not to be changed may have it.
    let heroku =
        r#"{"Effect":"Allow","Principal":{"AWS":"021876802972"},"Action":"kms:*","Resource":"*"}"#;
    let complete =
        format!(r#"{{"Version":"2012-10-17","Statement":[{OWNER},{without},{heroku}]}}"#);
    world.set_key_policy(&key, &complete).unwrap();
    driver(&world, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn a_narrowed_statement_that_is_widened_shows_in_the_plan() {
    let narrowed = r#"{"Sid":"HerokuDataUse","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::021876802972:root"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"rds.us-east-1.amazonaws.com"}}}"#;
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{OWNER},{narrowed}]}}"#);
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new().with_policy(&policy)).unwrap();
    let spec = spec.with_key(existing(&key, true));
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    let note = plan.notes.iter().find(|note| note.contains("HerokuDataUse"));
    let note = note.unwrap_or_else(|| panic!("{plan}"));
    for part in ["grants more than before", "Condition", "kms:ViaService", "rds.us-east-1"] {
        assert!(note.contains(part), "{part:?} is not in {note:?}");
    }
    assert!(!note.contains("Action"), "{note}");
}
