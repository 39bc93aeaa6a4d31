use std::collections::BTreeMap;
use std::fmt::Display;

use heroku_data_link::model::{AddonState, DataService, Secret};
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonOption, Addons, AllAddons, ConfigVars, ErrorKind, NewAddon,
    Readiness, ServiceInfo, operation,
};

use crate::contract::Start;
use crate::contract::expect::{kind, ok, refused, secs, some, sorted, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::contract::sites::Store;
use crate::{AddonSpec, KeyForm, KeySpec, World};

/// Until any add-on has been made, and its service is ready.
const READY: u64 = 20 * 60;

/// A Key-Value Store without options.
fn new(name: &str) -> NewAddon {
    NewAddon {
        app: value("shop"),
        plan: value("heroku-redis:private-5"),
        name: value(name),
        attachment: None,
        options: BTreeMap::new(),
        confirm: false,
    }
}

fn with(option: &str, is: AddonOption, new: NewAddon) -> NewAddon {
    NewAddon { options: BTreeMap::from([(option.to_owned(), is)]), ..new }
}

fn text(text: impl Display) -> AddonOption {
    AddonOption::Text(text.to_string())
}

/// The names of all add-ons of the world, as reads show them.
async fn names(start: &Start) -> Vec<String> {
    let list = ok(start.world.heroku().all_addons().await);
    sorted(list.addons.into_iter().map(|addon| addon.name.to_string()))
}

async fn find(start: &Start, name: &str) -> Addon {
    some(ok(start.world.heroku().resolve(None, &value(name)).await).pop())
}

async fn info(client: &dyn AddonLifecycle, addon: &Addon) -> ServiceInfo {
    some(ok(client.service_info(addon).await))
}

/// First as `provisioning`.
pub async fn what_is_made_is_read_back(start: &Start, client: &dyn AddonLifecycle) {
    let store = Store::new(start);
    let mut wanted = new("redis-2");
    wanted.attachment = Some(value("SECOND"));
    ok(client.create_addon(&wanted).await);
    let made = find(start, "redis-2").await;
    let expected = Addon {
        id: made.id,
        name: value("redis-2"),
        app: store.app,
        plan: wanted.plan,
        state: AddonState::Provisioning,
    };
    assert_eq!(made, expected);
    start.world.advance(secs(READY));
    let expected = Addon { state: AddonState::Provisioned, ..expected };
    assert_eq!(find(start, "redis-2").await, expected);
}

/// Absence is data.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    let addon = Addon {
        id: value("01234567-89ab-cdef-0123-456789abcdef"),
        name: value("nobody-1"),
        app: value("shop"),
        plan: value("heroku-redis:private-7"),
        state: AddonState::Provisioned,
    };
    assert_eq!(ok(client.readiness(&addon).await), None);
    assert_eq!(ok(client.service_info(&addon).await), None);
}

/// On all of Heroku; what another app has is not ours to take for a repeat.
pub async fn a_name_that_is_taken_is_a_conflict(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    ok(client.create_addon(&new("redis-2")).await);
    assert_eq!(kind(client.create_addon(&new("redis-2")).await), ErrorKind::Conflict);
    start.world.advance(secs(READY));
    assert_eq!(kind(client.create_addon(&new("redis-2")).await), ErrorKind::Conflict);
    let other = ok(start.world.add_app("blog", Some("acme")));
    let elsewhere = NewAddon { app: other, ..new("redis-2") };
    assert_eq!(kind(client.create_addon(&elsewhere).await), ErrorKind::InvalidRequest);
    let nowhere = NewAddon { app: value("nobody"), ..new("redis-3") };
    assert_eq!(kind(client.create_addon(&nowhere).await), ErrorKind::NotFound);
}

/// The look that an adapter takes after a refusal may be one of the past.
pub async fn a_name_that_is_taken_is_a_conflict_though_reads_lag(
    start: &Start,
    client: &dyn AddonLifecycle,
) {
    Store::new(start);
    start.world.set_read_lag(secs(180));
    ok(client.create_addon(&new("redis-2")).await);
    assert_eq!(kind(client.create_addon(&new("redis-2")).await), ErrorKind::Conflict);
}

/// An alias, a list, asterisks: what is there is never "none".
pub async fn a_key_is_told_in_whatever_form_heroku_writes_it(
    start: &Start,
    client: &dyn AddonLifecycle,
) {
    let store = Store::new(start);
    let key = ok(start.world.add_key(&KeySpec::new().open_to("021876802972")));
    for (service, plan) in [
        (DataService::KeyValueStore, "heroku-redis:private-7"),
        (DataService::Kafka, "heroku-kafka:private-standard-0"),
        (DataService::Postgres, "heroku-postgresql:private-4"),
    ] {
        let name = format!("under-{}", service.slug());
        let spec = AddonSpec::new(&store.app, &name, plan);
        let id = ok(start.world.add_addon(&spec.encrypted_with(&key)));
        let addon = find(start, &name).await;
        assert_eq!(info(client, &addon).await.encryption_key, Some(key.to_string()));
        for (form, written) in [
            (KeyForm::Alias, "alias/mine".to_owned()),
            (KeyForm::UpperCase, key.as_str().to_ascii_uppercase()),
            (KeyForm::TrailingBlank, format!("{key} ")),
            (KeyForm::List, format!("[\"{key}\"]")),
            (KeyForm::Masked, "***".to_owned()),
        ] {
            ok(start.world.write_addon_key_as(id, form));
            // White space at the ends may be filtered, as it is nothing to be shown.
            let told = info(client, &addon).await.encryption_key;
            let told = told.as_deref().map(str::trim);
            assert_eq!(told, Some(written.trim()), "{service}: {form:?}");
        }
    }
}

/// Plans that do not fit or exist, keys of another region, and what has to be confirmed.
pub async fn what_heroku_refuses_is_an_invalid_request(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    let far = ok(start.world.add_key(&KeySpec::new().in_region("eu-west-1")));
    let public = NewAddon { plan: value("heroku-redis:premium-7"), ..new("redis-2") };
    let unknown = NewAddon { plan: value("no-such-service:private-7"), ..new("redis-2") };
    let unconfirmed = NewAddon { attachment: Some(value("REDIS")), ..new("redis-2") };
    let keyed = with("encryption-key", text(far), new("redis-2"));
    for refused in [public, unknown, keyed, unconfirmed.clone()] {
        let error = client.create_addon(&refused).await;
        assert_eq!(kind(error), ErrorKind::InvalidRequest, "{refused:?}");
        assert_eq!(names(start).await, ["redis-haiku-1"]);
    }
    ok(client.create_addon(&NewAddon { confirm: true, ..unconfirmed }).await);
}

/// `provisioned` says nothing of it; of each data service, in its own protocol.
pub async fn a_service_is_ready_after_its_add_on_is_made(
    start: &Start,
    client: &dyn AddonLifecycle,
) {
    Store::new(start);
    let key = ok(start.world.add_key(&KeySpec::new().open_to("021876802972")));
    for (service, plan) in [
        (DataService::KeyValueStore, "heroku-redis:private-7"),
        (DataService::Kafka, "heroku-kafka:private-standard-0"),
        (DataService::Postgres, "heroku-postgresql:private-4"),
    ] {
        let name = format!("made-{}", plan.len());
        let wanted = NewAddon { plan: value(plan), ..new(&name) };
        ok(client.create_addon(&with("encryption-key", text(&key), wanted)).await);
        let addon = find(start, &name).await;
        assert_eq!(ok(client.readiness(&addon).await), None, "{service} does not know it yet");
        assert_eq!(ok(client.service_info(&addon).await), None);
        start.world.advance(secs(30));
        let waiting = ok(client.readiness(&addon).await);
        assert!(matches!(waiting, Some(Readiness::Waiting(_))), "{service}: {waiting:?}");
        start.world.advance(secs(READY));
        let ready = ok(client.readiness(&addon).await);
        assert_eq!(ready, Some(Readiness::Ready("available".to_owned())), "{service}");
        let told = info(client, &addon).await;
        assert_eq!(told.encryption_key, Some(key.to_string()), "{service}");
        // Each in words of its own.
        let status = some(told.status.clone()).to_ascii_lowercase();
        assert_eq!(status, "available", "{service}");
        assert!(told.version.is_some() && told.following.is_none(), "{service}: {told:?}");
    }
}

/// They have no service of Heroku Data behind them.
pub async fn other_add_ons_have_no_readiness(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    ok(start.world.add_addon(&AddonSpec::new("shop", "logs-1", "papertrail:choklad")));
    let logs = find(start, "logs-1").await;
    assert_eq!(kind(client.readiness(&logs).await), ErrorKind::InvalidRequest);
    assert_eq!(kind(client.service_info(&logs).await), ErrorKind::InvalidRequest);
    assert_eq!(kind(client.unfollow(&logs).await), ErrorKind::InvalidRequest);
    let store = find(start, "redis-haiku-1").await;
    assert_eq!(kind(client.unfollow(&store).await), ErrorKind::InvalidRequest);
}

/// From its URL, which is nowhere to be seen afterwards.
pub async fn a_store_is_forked_from_a_secret(start: &Start, client: &dyn AddonLifecycle) {
    let store = Store::new(start);
    ok(start.world.set_password(store.addon, "canary-7f3a"));
    let vars = ok(start.world.heroku().config_vars(&store.app).await);
    let url: Secret = some(vars.get(&value("REDIS_URL"))).clone();
    let wrong = Secret::new(url.expose().replace("6380", "6381-canary-7f3a"));
    let fork = |url| with("fork", AddonOption::Secret(url), new("fork-1"));
    let error = refused(client.create_addon(&fork(wrong)).await);
    assert_eq!(error.kind(), &ErrorKind::InvalidRequest, "{error}");
    assert!(!format!("{error} {error:?}").contains("canary-7f3a"));
    ok(client.create_addon(&fork(url)).await);
    start.world.advance(secs(READY));
    let addon = find(start, "fork-1").await;
    assert!(matches!(ok(client.readiness(&addon).await), Some(Readiness::Ready(_))));
    assert!(!format!("{:?}", start.world.journal()).contains("canary-7f3a"));
}

fn follower(world: &World) -> NewAddon {
    let spec = AddonSpec::new("shop", "postgresql-1", "heroku-postgresql:private-4");
    ok(world.add_addon(&spec));
    let wanted = NewAddon { plan: value("heroku-postgresql:private-4"), ..new("follower-1") };
    with("follow", text("postgresql-1"), wanted)
}

/// It then follows nothing, and saying so again changes nothing.
pub async fn a_follower_follows_until_it_is_told_not_to(
    start: &Start,
    client: &dyn AddonLifecycle,
) {
    Store::new(start);
    ok(client.create_addon(&follower(&start.world)).await);
    let addon = find(start, "follower-1").await;
    start.world.advance(secs(5 * 60));
    assert_eq!(kind(client.unfollow(&addon).await), ErrorKind::InvalidRequest, "not ready");
    start.world.advance(secs(READY));
    assert_eq!(info(client, &addon).await.following.as_deref(), Some("postgresql-1"));
    for _ in 0..2 {
        ok(client.unfollow(&addon).await);
        assert_eq!(info(client, &addon).await.following, None);
        start.world.advance(secs(60));
    }
    ok(client.unfollow(&find(start, "postgresql-1").await).await);
}

/// So that a name is refused though nobody is seen to have it yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    start.world.set_read_lag(secs(30));
    ok(client.create_addon(&new("redis-2")).await);
    assert_eq!(names(start).await, ["redis-haiku-1"]);
    let again = kind(client.create_addon(&new("redis-2")).await);
    // Heroku does not say why it refuses, and a client that looks sees nothing yet.
    assert!(matches!(again, ErrorKind::Conflict | ErrorKind::InvalidRequest), "{again}");
    start.world.advance(secs(30));
    assert_eq!(names(start).await, ["redis-2", "redis-haiku-1"]);
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    let wanted = follower(&start.world);
    lose_answer(start, client.create_addon(&wanted)).await;
    let addon = find(start, "follower-1").await;
    start.world.advance(secs(READY));
    lose_answer(start, client.unfollow(&addon)).await;
    assert_eq!(info(client, &addon).await.following, None);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn AddonLifecycle) {
    Store::new(start);
    let wanted = follower(&start.world);
    let addon = find(start, "postgresql-1").await;
    let probes = [
        probe(operation::CREATE_ADDON, || client.create_addon(&wanted)),
        probe(operation::READ_READINESS, || client.readiness(&addon)),
        probe(operation::READ_SERVICE_INFO, || client.service_info(&addon)),
        probe(operation::UNFOLLOW, || client.unfollow(&addon)),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
    assert_eq!(names(start).await, ["postgresql-1", "redis-haiku-1"]);
}
