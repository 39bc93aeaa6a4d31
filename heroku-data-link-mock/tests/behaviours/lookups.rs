//! Apps, spaces and add-ons.

use heroku_data_link::model::{AddonRef, AddonState, AppName, Generation};
use heroku_data_link::provider::{Addons, Identity, Spaces, Vpcs};
use heroku_data_link_mock::{AddonSpec, World};

use crate::fixture::{Site, secs};

#[tokio::test]
async fn an_add_on_is_found_by_whatever_people_call_it() {
    let site = Site::new();
    let (world, app) = (&site.world, &site.procedure.app);
    let other = world.add_app("other", None).unwrap();
    world.attach(site.addon, &other, "SHARED").unwrap();
    // An add-on that is called as the attachment of another.
    world
        .add_addon(&AddonSpec::new(app, "REDIS", "heroku-redis:private-1").attached_as("X"))
        .unwrap();

    let find = async |app: Option<&str>, reference: &str| {
        let app: Option<AppName> = app.map(|app| app.parse().unwrap());
        let reference: AddonRef = reference.parse().unwrap();
        let found = world.heroku().resolve(app.as_ref(), &reference).await.unwrap();
        found.into_iter().map(|addon| addon.name.to_string()).collect::<Vec<_>>()
    };
    let here = Some(app.as_str());
    let kvs = ["redis-kvs-12345"];
    let none: [&str; 0] = [];
    let id = site.addon.to_string();
    assert_eq!(find(None, "redis-kvs-12345").await, kvs);
    assert_eq!(find(None, &id).await, kvs);
    assert_eq!(find(here, "redis-kvs-12345").await, kvs);
    assert_eq!(find(here, &id).await, kvs);
    assert_eq!(find(here, "REDIS_URL").await, kvs);
    assert_eq!(find(here, "REDIS").await, ["redis-kvs-12345", "REDIS"], "ambiguous");
    assert_eq!(find(Some("other"), "SHARED").await, kvs, "a foreign add-on that is attached");
    assert_eq!(find(None, "other::SHARED_URL").await, kvs);
    assert_eq!(find(Some("other"), "privatelink-vpc-endpoint-demo::X").await, ["REDIS"]);
    assert_eq!(find(Some("other"), "REDIS_URL").await, none);
    assert_eq!(find(None, "REDIS_URL").await, none);
    assert_eq!(find(here, "REDIS_NOPE").await, none);
    assert_eq!(find(Some("nobody"), "redis-kvs-12345").await, none);
}

#[tokio::test]
async fn an_add_on_may_still_be_provisioning() {
    let world = World::new();
    world.add_space("acme", "frankfurt").unwrap();
    let app = world.add_app("shop", Some("acme")).unwrap();
    let spec = AddonSpec::new(&app, "kafka-1", "heroku-kafka:private-standard-0");
    world.add_addon(&spec.provisioned_after(secs(300))).unwrap();
    let reference: AddonRef = "kafka-1".parse().unwrap();
    let state = async || world.heroku().resolve(None, &reference).await.unwrap()[0].state.clone();
    assert_eq!(state().await, AddonState::Provisioning);
    world.advance(secs(300));
    assert_eq!(state().await, AddonState::Provisioned);
    world.set_read_lag(secs(30));
    assert_eq!(state().await, AddonState::Provisioning);
}

#[tokio::test]
async fn apps_are_in_spaces_and_spaces_in_regions() {
    let world = World::new();
    world.add_any_space("secret", "tokyo", true, Generation::Cedar).unwrap();
    world.add_app("shop", Some("secret")).unwrap();
    world.add_app("blog", None).unwrap();
    let heroku = world.heroku();
    let app = heroku.app(&"shop".parse().unwrap()).await.unwrap().unwrap();
    let space = heroku.space(&app.space.unwrap()).await.unwrap().unwrap();
    assert!(space.shield);
    let region = heroku.aws_region(&space.region).await.unwrap().unwrap();
    assert_eq!(region.as_str(), "ap-northeast-1");
    assert_eq!(heroku.app(&"blog".parse().unwrap()).await.unwrap().unwrap().space, None);
    assert_eq!(heroku.app(&"nobody".parse().unwrap()).await.unwrap(), None);
    assert_eq!(heroku.space(&"nowhere".parse().unwrap()).await.unwrap(), None);
    assert_eq!(heroku.aws_region(&"atlantis".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn aws_knows_who_calls_and_where() {
    let world = World::new();
    let identity = world.aws().caller_identity().await.unwrap();
    assert_eq!(identity.account.as_str(), "123456789101");
    assert_eq!(identity.arn.account(), Some("123456789101"));
    let elsewhere = world.aws_in("021876802972".parse().unwrap(), "eu-west-1".parse().unwrap());
    assert_eq!(elsewhere.region().as_str(), "eu-west-1");
    assert_eq!(elsewhere.caller_identity().await.unwrap().account.as_str(), "021876802972");
}
