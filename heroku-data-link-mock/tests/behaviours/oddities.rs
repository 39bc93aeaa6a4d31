//! What cannot be read, what is not shown, and what takes tags away.

use std::time::Duration;

use heroku_data_link::key_policy::{KeyPolicy, Parties};
use heroku_data_link::model::{AddonId, DataService, KeyArn};
use heroku_data_link::provider::{
    AddonLifecycle, AddonOption, Addons, AllAddons, ErrorKind, Keys, NewAddon, NewKey, Tag, Tags,
};
use heroku_data_link_mock::{
    AddonSpec, EncryptionSite, KeyForm, KeyQuirks, KeySpec, OddRow, World,
};

fn tag() -> Tag {
    Tag { key: "link".to_owned(), value: "a".to_owned() }
}

async fn make(world: &World) -> KeyArn {
    let parties = Parties::new("123456789101".parse().unwrap());
    let new = NewKey {
        policy: KeyPolicy::for_heroku(&parties).to_string(),
        description: String::new(),
        tags: Tags::from([(tag().key, tag().value)]),
    };
    world.aws().create_key(&new).await.unwrap()
}

fn site() -> (World, EncryptionSite, AddonId) {
    let (world, site) = World::of_the_encryption_procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new()).unwrap();
    let addon = AddonSpec::new(&site.app, "vaulted", site.plan.as_str()).attached_as("VAULTED");
    let id = world.add_addon(&addon.encrypted_with(&key)).unwrap();
    (world, site, id)
}

#[tokio::test]
async fn a_tag_cleaner_takes_the_tags_of_keys_that_are_made() {
    let world = World::new();
    let old = make(&world).await;
    let tag_cleaner = Some(Duration::from_secs(60));
    world.set_key_quirks(KeyQuirks { tag_cleaner, ..KeyQuirks::default() });
    let new = make(&world).await;
    let aws = world.aws();
    assert_eq!(aws.keys_tagged(&tag()).await.unwrap().len(), 2);
    world.advance(Duration::from_secs(60));
    assert_eq!(aws.key_tags(&new).await.unwrap(), Tags::new());
    assert_eq!(aws.keys_tagged(&tag()).await.unwrap()[0].arn, old);
}

#[tokio::test]
async fn a_caller_that_sees_less_lists_no_keys_and_finds_them_by_arn() {
    let world = World::new();
    let key = make(&world).await;
    world.set_key_quirks(KeyQuirks { lists_nothing: true, ..KeyQuirks::default() });
    assert_eq!(world.aws().keys_tagged(&tag()).await.unwrap(), []);
    assert_eq!(world.aws().key(&key).await.unwrap().unwrap().arn, key);
}

#[tokio::test]
async fn a_key_that_is_not_described_is_there_for_everything_else() {
    let world = World::new();
    let (key, alias) = (make(&world).await, "alias/mine".parse().unwrap());
    let aws = world.aws();
    aws.create_key_alias(&alias, &key).await.unwrap();
    world.set_key_quirks(KeyQuirks { describes_nothing: true, ..KeyQuirks::default() });
    assert_eq!(aws.key(&key).await.unwrap(), None);
    assert_eq!(aws.key_by_alias(&alias).await.unwrap(), None);
    assert!(aws.key_policy(&key).await.is_ok());
    assert_eq!(*aws.keys_tagged(&tag()).await.unwrap_err().kind(), ErrorKind::Transient);
    let taken = aws.create_key_alias(&alias, &key).await.unwrap_err();
    assert_eq!(*taken.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_policy_with_an_incomplete_statement_is_refused_and_was_once_taken() {
    let world = World::new();
    let key = make(&world).await;
    let aws = world.aws();
    let policy = aws.key_policy(&key).await.unwrap();
    let half = r#"[{"Effect":"Allow","Principal":{"AWS":"123456789101"},"Resource":"*"},"#;
    let policy = policy.replacen('[', half, 1);
    let error = aws.put_key_policy(&key, &policy).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().starts_with("MalformedPolicyDocumentException"), "{error}");
    world.set_key_quirks(KeyQuirks { strict_policies: false, ..KeyQuirks::default() });
    aws.put_key_policy(&key, &policy).await.unwrap();
    assert_eq!(aws.key_policy(&key).await.unwrap(), policy);
}

#[tokio::test]
async fn an_addon_may_be_listed_in_a_form_that_cannot_be_read() {
    for row in [OddRow::NoPlan, OddRow::NoApp, OddRow::PlanWithoutService, OddRow::OnlyId] {
        let (world, _, id) = site();
        world.list_addon_as(id, row).unwrap();
        let list = world.heroku().all_addons().await.unwrap();
        assert_eq!((list.addons.len(), list.unreadable.len()), (1, 1), "{row:?}");
        assert_eq!(list.unreadable[0].id, Some(id));
        assert_eq!(list.unreadable[0].plan.is_some(), row == OddRow::NoApp);
    }
    let (world, _, id) = site();
    world.list_addon_as(id, OddRow::UpperCasePlan).unwrap();
    let list = world.heroku().all_addons().await.unwrap();
    assert!(list.addons.iter().any(|addon| addon.plan.as_str() == "HEROKU-REDIS:PRIVATE-7"));
}

#[tokio::test]
async fn a_service_may_write_its_key_in_another_form() {
    let (world, _, id) = site();
    let heroku = world.heroku();
    let addon = &heroku.resolve(None, &id.into()).await.unwrap()[0];
    let told = || async { heroku.service_info(addon).await.unwrap().unwrap().encryption_key };
    let arn = told().await.unwrap();
    for (form, written) in [
        (KeyForm::Alias, "alias/mine".to_owned()),
        (KeyForm::AliasArn, "arn:aws:kms:us-east-1:123456789101:alias/mine".to_owned()),
        (KeyForm::UpperCase, arn.to_ascii_uppercase()),
        (KeyForm::TrailingBlank, format!("{arn} ")),
        (KeyForm::List, format!("[\"{arn}\"]")),
        (KeyForm::Masked, "***".to_owned()),
    ] {
        world.write_addon_key_as(id, form).unwrap();
        assert_eq!(told().await, Some(written));
    }
}

#[tokio::test]
async fn postgres_advanced_takes_no_key_and_has_another_api() {
    let (world, site, _) = site();
    let heroku = world.heroku();
    let mut new = NewAddon {
        app: site.app.clone(),
        plan: "heroku-postgresql:advanced-private".parse().unwrap(),
        name: "advanced".parse().unwrap(),
        attachment: None,
        options: [(
            "encryption-key".to_owned(),
            AddonOption::Text("arn:aws:kms:us-east-1:123456789101:key/0".to_owned()),
        )]
        .into(),
        confirm: false,
    };
    let refused = heroku.create_addon(&new).await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::InvalidRequest);
    new.options.clear();
    heroku.create_addon(&new).await.unwrap();
    world.advance(Duration::from_secs(3600));
    let addon = &heroku.resolve(None, &"advanced".parse().unwrap()).await.unwrap()[0];
    assert_eq!(heroku.service_info(addon).await.unwrap(), None);
    assert_eq!(heroku.readiness(addon).await.unwrap(), None);
    // Of a Shield Space, and of none.
    for plan in ["heroku-postgresql:advanced-shield", "heroku-postgresql:advanced"] {
        let other =
            NewAddon { plan: plan.parse().unwrap(), name: "other".parse().unwrap(), ..new.clone() };
        let refused = heroku.create_addon(&other).await.unwrap_err();
        assert_eq!(*refused.kind(), ErrorKind::InvalidRequest, "{plan}");
    }
}
