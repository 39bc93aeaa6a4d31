use heroku_data_link::model::{AddonRef, AddonState};
use heroku_data_link::provider::{Addon, Addons, operation};

use crate::AddonSpec;
use crate::contract::Start;
use crate::contract::expect::{ok, only, secs, sorted, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::contract::sites::Store;

async fn names(client: &dyn Addons, app: Option<&str>, addon: &str) -> Vec<String> {
    let found = ok(client.resolve(app.map(value).as_ref(), &value(addon)).await);
    sorted(found.into_iter().map(|addon| addon.name.to_string()))
}

/// By name and id anywhere; by attachment and config variable in an app that it is attached to,
/// be it said in the reference or beside it.
pub async fn an_add_on_is_found_by_whatever_people_call_it(start: &Start, client: &dyn Addons) {
    let store = Store::new(start);
    ok(start.world.add_app("blog", None));
    ok(start.world.attach(store.addon, "blog", "SHARED"));
    let id = store.addon.to_string();
    for (app, addon) in [
        (None, "redis-haiku-1"),
        (None, &*id),
        (Some("shop"), "redis-haiku-1"),
        (Some("shop"), &*id),
        (Some("shop"), "REDIS"),
        (Some("shop"), "REDIS_URL"),
        (None, "shop::REDIS"),
        (Some("blog"), "SHARED"),
        (Some("shop"), "blog::SHARED_URL"),
    ] {
        assert_eq!(names(client, app, addon).await, ["redis-haiku-1"], "{addon} in {app:?}");
    }
}

/// It is for the caller to say which one was meant.
pub async fn an_ambiguous_name_finds_all_that_it_may_mean(start: &Start, client: &dyn Addons) {
    let store = Store::new(start);
    // Called as the attachment of the other one.
    let spec = AddonSpec::new(&store.app, "REDIS", "heroku-redis:private-7").attached_as("CACHE");
    ok(start.world.add_addon(&spec));
    assert_eq!(names(client, Some("shop"), "REDIS").await, ["REDIS", "redis-haiku-1"]);
}

/// Absence is data, also that of the app.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn Addons) {
    Store::new(start);
    for (app, addon) in [
        (None, "nobody-knows-it"),
        (None, "01234567-89ab-cdef-0123-456789abcdef"),
        (None, "REDIS_URL"),
        (Some("shop"), "SHARED"),
        (Some("nowhere"), "redis-haiku-1"),
        (None, "nowhere::REDIS"),
    ] {
        assert_eq!(names(client, app, addon).await, [""; 0], "{addon} in {app:?}");
    }
}

/// Also while it is being made; reads that lag show it as it was.
pub async fn an_add_on_is_shown_in_every_state(start: &Start, client: &dyn Addons) {
    let store = Store::new(start);
    let spec = AddonSpec::new(&store.app, "kafka-1", "heroku-kafka:private-standard-0");
    let id = ok(start.world.add_addon(&spec.provisioned_after(secs(300))));
    let find = async || {
        let reference: AddonRef = value("kafka-1");
        only(ok(client.resolve(Some(&store.app), &reference).await))
    };
    let expected = Addon {
        id,
        name: value("kafka-1"),
        app: store.app.clone(),
        plan: value("heroku-kafka:private-standard-0"),
        state: AddonState::Provisioning,
    };
    assert_eq!(find().await, expected);
    start.world.advance(secs(300));
    let expected = Addon { state: AddonState::Provisioned, ..expected };
    assert_eq!(find().await, expected);
    start.world.set_read_lag(secs(30));
    assert_eq!(find().await.state, AddonState::Provisioning);
    start.world.advance(secs(30));
    assert_eq!(find().await, expected);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn Addons) {
    let store = Store::new(start);
    let reference: AddonRef = value("redis-haiku-1");
    let probes = [
        probe(operation::RESOLVE_ADDON, || client.resolve(None, &reference)),
        probe(operation::RESOLVE_ADDON, || client.resolve(Some(&store.app), &reference)),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
}
