//! How add-ons are made, forked and followed.

use std::collections::BTreeMap;

use heroku_data_link::model::{AddonName, AddonState, DataService, Secret};
use heroku_data_link::provider::{
    AddonLifecycle, AddonOption, Addons, AllAddons, Attachments, ConfigVars, ErrorKind, Keys,
    NewAddon,
};
use heroku_data_link_mock::{AddonSpec, Answer, KeySpec, World};

use crate::encryption::{AVAILABLE, Encryption};
use crate::fixture::{kind, secs};

fn text(text: &(impl ToString + ?Sized)) -> AddonOption {
    AddonOption::Text(text.to_string())
}

/// The URL of the old add-on, as its app has it.
async fn url(it: &Encryption) -> AddonOption {
    let vars = it.world.heroku().config_vars(&it.site.app).await.unwrap();
    let name = format!("{}_URL", it.site.attachment).parse().unwrap();
    AddonOption::Secret(vars[&name].clone())
}

fn copying(it: &Encryption, option: &str, value: AddonOption) -> NewAddon {
    let mut new = it.new_addon();
    new.options.insert(option.to_owned(), value);
    new
}

async fn refused(it: &Encryption, new: &NewAddon) -> String {
    let error = it.world.heroku().create_addon(new).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InvalidRequest, "{error}");
    assert_eq!(it.find().await, None);
    error.message().to_owned()
}

#[tokio::test]
async fn the_name_of_an_add_on_is_unique_on_all_of_heroku() {
    let it = Encryption::of(DataService::KeyValueStore);
    let heroku = it.world.heroku();
    heroku.create_addon(&it.new_addon()).await.unwrap();
    let mut again = it.new_addon();
    again.attachment = None;
    assert_eq!(kind(heroku.create_addon(&again).await), ErrorKind::Conflict);
    let other = it.world.add_app("other", Some("procedures")).unwrap();
    again.app = other.clone();
    assert_eq!(kind(heroku.create_addon(&again).await), ErrorKind::InvalidRequest, "not ours");
    again.name = "byok-2".parse().unwrap();
    heroku.create_addon(&again).await.unwrap();
    assert_eq!(heroku.resolve(None, &"byok-2".parse().unwrap()).await.unwrap()[0].app, other);
    again.app = "no-such-app".parse().unwrap();
    assert_eq!(kind(heroku.create_addon(&again).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_add_on_that_is_made_twice_is_one() {
    for answer in [Answer::First, Answer::Second] {
        let it = Encryption::of(DataService::Kafka);
        it.world.double_mutations(answer);
        let made = it.world.heroku().create_addon(&it.new_addon()).await;
        assert_eq!(made.is_ok(), answer == Answer::First);
        it.world.advance(secs(600));
        assert_eq!(it.readiness().await, AVAILABLE);
        assert_eq!(it.world.heroku().all_addons().await.unwrap().addons.len(), 2);
    }
}

#[tokio::test]
async fn plans_are_for_a_kind_of_space() {
    let it = Encryption::of(DataService::KeyValueStore);
    it.world.add_any_space("safe", "virginia", true, "cedar".into()).unwrap();
    it.world.add_app("in-shield", Some("safe")).unwrap();
    it.world.add_app("in-common", None).unwrap();
    for (app, plan, fits) in [
        ("your-app-name", "heroku-redis:private-7", true),
        ("your-app-name", "heroku-redis:private-14", true),
        ("your-app-name", "heroku-redis:private-15", false),
        ("your-app-name", "heroku-redis:private", false),
        ("your-app-name", "heroku-redis:premium-7", false),
        ("your-app-name", "heroku-redis:shield-7", false),
        ("your-app-name", "heroku-kafka:private-7", false),
        ("your-app-name", "heroku-kafka:private-extended-2", true),
        ("your-app-name", "heroku-postgresql:private-4", true),
        ("your-app-name", "heroku-postgresql:mini", false),
        ("your-app-name", "no-such-service:private-7", false),
        ("in-shield", "heroku-redis:shield-7", true),
        ("in-shield", "heroku-redis:private-7", false),
        ("in-common", "heroku-redis:mini", true),
        ("in-common", "heroku-redis:private-7", false),
    ] {
        let mut new = it.new_addon();
        new.app = app.parse().unwrap();
        new.plan = plan.parse().unwrap();
        new.name = format!("{app}-{}", plan.replace(':', "-")).parse().unwrap();
        new.attachment = None;
        new.options.clear();
        let made = it.world.heroku().create_addon(&new).await;
        let error = made.err().map(|error| error.kind().clone());
        assert_eq!(error, (!fits).then_some(ErrorKind::InvalidRequest), "{plan} in {app}");
    }
}

#[tokio::test]
async fn the_key_of_an_add_on_is_the_arn_of_a_key_in_its_region() {
    let it = Encryption::of(DataService::Postgres);
    let far = it.world.add_key(&KeySpec::new().in_region("eu-west-1")).unwrap();
    let alias = "arn:aws:kms:us-east-1:123456789101:alias/mine";
    for value in [text(&far), text(alias), text("alias/mine"), AddonOption::Flag(true)] {
        refused(&it, &copying(&it, "encryption-key", value)).await;
    }
    it.world.add_app("common", None).unwrap();
    let mut standard = it.new_addon();
    standard.app = "common".parse().unwrap();
    standard.plan = "heroku-postgresql:standard-0".parse().unwrap();
    assert!(refused(&it, &standard).await.contains("takes no encryption key"));
    // What a link need not know is taken as it is.
    it.world.heroku().create_addon(&copying(&it, "version", text(&16))).await.unwrap();
}

#[tokio::test]
async fn a_fork_takes_time_to_catch_up() {
    for service in [DataService::KeyValueStore, DataService::Postgres] {
        let it = Encryption::of(service);
        let source = match service {
            DataService::Postgres => text(&it.site.old_addon),
            DataService::KeyValueStore | DataService::Kafka => url(&it).await,
        };
        it.world.heroku().create_addon(&copying(&it, "fork", source)).await.unwrap();
        it.world.advance(secs(4 * 60));
        assert_eq!(it.find().await.unwrap().state, AddonState::Provisioned);
        assert_eq!(it.readiness().await, "waiting: forking");
        it.world.advance(secs(10 * 60 - 1));
        assert_eq!(it.readiness().await, "waiting: forking");
        it.world.advance(secs(1));
        assert_eq!(it.readiness().await, AVAILABLE);
        let info = it.world.heroku().service_info(&it.find().await.unwrap()).await.unwrap();
        let info = info.unwrap();
        assert_eq!((info.encryption_key, info.following), (Some(it.key.to_string()), None));
    }
}

#[tokio::test]
async fn a_follower_follows_until_it_is_told_not_to() {
    let it = Encryption::of(DataService::Postgres);
    let heroku = it.world.heroku();
    let source = text(&format!("{}_URL", it.site.attachment));
    heroku.create_addon(&copying(&it, "follow", source)).await.unwrap();
    let addon = it.find().await.unwrap();
    it.world.advance(secs(5 * 60));
    assert_eq!(it.readiness().await, "waiting: catching up");
    assert_eq!(kind(heroku.unfollow(&addon).await), ErrorKind::InvalidRequest);
    it.world.advance(secs(10 * 60));
    assert_eq!(it.readiness().await, AVAILABLE);
    let following = async || heroku.service_info(&addon).await.unwrap().unwrap().following;
    assert_eq!(following().await.as_deref(), Some("postgresql-old-12345"));
    assert!(it.world.fingerprint().contains("follower of"));

    heroku.unfollow(&addon).await.unwrap();
    heroku.unfollow(&addon).await.unwrap();
    assert_eq!(following().await, None);
    assert_eq!(it.readiness().await, "waiting: unfollowing");
    it.world.advance(secs(60));
    assert_eq!(it.readiness().await, AVAILABLE);
    assert!(!it.world.fingerprint().contains("follower of"));

    let old = &heroku.resolve(None, &it.site.old_addon_id.into()).await.unwrap()[0];
    heroku.unfollow(old).await.unwrap();
    let store = Encryption::of(DataService::KeyValueStore);
    let heroku = store.world.heroku();
    let old = &heroku.resolve(None, &store.site.old_addon_id.into()).await.unwrap()[0];
    let refused = heroku.unfollow(old).await;
    assert_eq!(kind(refused), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused() {
    let store = Encryption::of(DataService::KeyValueStore);
    let name = text(&store.site.old_addon);
    refused(&store, &copying(&store, "fork", name.clone())).await;
    refused(&store, &copying(&store, "follow", name.clone())).await;
    let nowhere = text("redis://h:p@198.51.100.1:6379");
    refused(&store, &copying(&store, "fork", nowhere)).await;

    let kafka = Encryption::of(DataService::Kafka);
    refused(&kafka, &copying(&kafka, "fork", text(&kafka.site.old_addon))).await;

    let it = Encryption::of(DataService::Postgres);
    let app = &it.site.app;
    let cache = AddonSpec::new(app, "redis-1", "heroku-redis:private-7");
    it.world.add_addon(&cache).unwrap();
    let young = AddonSpec::new(app, "young", "heroku-postgresql:private-4").attached_as("YOUNG");
    it.world.add_addon(&young.provisioned_after(secs(60))).unwrap();
    let key = it.world.add_key(&KeySpec::new()).unwrap();
    let under = AddonSpec::new(app, "under", "heroku-postgresql:private-4").attached_as("UNDER");
    it.world.add_addon(&under.encrypted_with(&key)).unwrap();
    it.world.aws().disable_key(&key).await.unwrap();
    it.world.advance(secs(0));
    for source in ["redis-1", "young", "no-such", "a b", "", "redis://h:p@x:1"] {
        refused(&it, &copying(&it, "fork", text(source))).await;
    }
    refused(&it, &copying(&it, "fork", AddonOption::Flag(true))).await;
    let mut both = copying(&it, "fork", text("under"));
    both.options.insert("follow".to_owned(), text("under"));
    refused(&it, &both).await;
    it.world.advance(secs(20 * 60));
    refused(&it, &copying(&it, "fork", text("under"))).await;
    it.world.heroku().create_addon(&copying(&it, "fork", text("young"))).await.unwrap();
}

#[tokio::test]
async fn what_is_provisioned_but_not_ready_is_not_copied() {
    let it = Encryption::of(DataService::Postgres);
    let heroku = it.world.heroku();
    heroku.create_addon(&it.new_addon()).await.unwrap();
    let mut fork = copying(&it, "fork", text("BYOK"));
    fork.name = "fork-1".parse().unwrap();
    fork.attachment = None;
    for (seconds, is_taken) in [(0, false), (4 * 60, false), (60, true)] {
        it.world.advance(secs(seconds));
        assert_eq!(heroku.create_addon(&fork).await.is_ok(), is_taken, "{seconds}");
    }
}

#[tokio::test]
async fn a_store_is_forked_from_its_url_and_another_services_is_none() {
    let it = Encryption::of(DataService::KeyValueStore);
    let app = &it.site.app;
    let database = AddonSpec::new(app, "postgresql-1", "heroku-postgresql:private-4");
    it.world.add_addon(&database).unwrap();
    let vars = it.world.heroku().config_vars(app).await.unwrap();
    let of = |name: &str| AddonOption::Secret(vars[&name.parse().unwrap()].clone());
    assert!(refused(&it, &copying(&it, "fork", of("DATABASE_URL"))).await.contains("service"));
    let AddonOption::Secret(url) = of("REDIS_URL") else { unreachable!() };
    let wrong = url.expose().replace("p-of-the-mock", "canary");
    let message =
        refused(&it, &copying(&it, "fork", AddonOption::Secret(Secret::new(wrong)))).await;
    assert!(!message.contains("canary"), "{message}");
    it.world.heroku().create_addon(&copying(&it, "fork", of("REDIS_URL"))).await.unwrap();
    assert!(!format!("{:?}", it.world.journal()).contains("p-of-the-mock"));
}

#[tokio::test]
async fn an_add_on_is_not_seen_by_reads_that_lag() {
    let it = Encryption::of(DataService::Kafka);
    let heroku = it.world.heroku();
    it.world.set_read_lag(secs(30));
    heroku.create_addon(&it.new_addon()).await.unwrap();
    assert_eq!(kind(heroku.create_addon(&it.new_addon()).await), ErrorKind::Conflict);
    it.world.advance(secs(29));
    assert_eq!(it.find().await, None);
    assert_eq!(heroku.attachments(&it.site.app).await.unwrap().len(), 1);
    it.world.advance(secs(1));
    let addon = it.find().await.unwrap();
    assert_eq!(heroku.resolve(None, &"byok-12345".parse().unwrap()).await.unwrap(), [addon]);
    assert_eq!(heroku.attachments(&it.site.app).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_add_on_without_an_attachments_name_gets_one() {
    let world = World::new();
    world.add_space("acme", "virginia").unwrap();
    let app = world.add_app("shop", Some("acme")).unwrap();
    let heroku = world.heroku();
    for name in ["one", "two", "three"] {
        let new = NewAddon {
            app: app.clone(),
            plan: "heroku-redis:private-7".parse().unwrap(),
            name: name.parse::<AddonName>().unwrap(),
            attachment: None,
            options: BTreeMap::new(),
            confirm: false,
        };
        heroku.create_addon(&new).await.unwrap();
    }
    let attached = heroku.attachments(&app).await.unwrap();
    let names: Vec<_> = attached.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["REDIS", "HEROKU_REDIS_AQUA", "HEROKU_REDIS_BLACK"]);
}
