use std::collections::BTreeSet;

use heroku_data_link::provider::{Attachment, Attachments, ErrorKind, NewAttachment, operation};

use crate::AddonSpec;
use crate::contract::Start;
use crate::contract::expect::{kind, ok, secs, some, sorted, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::contract::sites::Store;

/// One more attachment of the store, to the app `blog`.
fn new(name: Option<&str>) -> NewAttachment {
    NewAttachment {
        addon: value("redis-haiku-1"),
        app: value("blog"),
        name: name.map(value),
        namespace: None,
        replace: false,
    }
}

fn store_and_blog(start: &Start) -> Store {
    let store = Store::new(start);
    ok(start.world.add_app("blog", Some("acme")));
    store
}

/// `REDIS redis-haiku-1`, of each attachment of an app.
async fn attached(client: &dyn Attachments, app: &str) -> Vec<String> {
    let found = ok(client.attachments(&value(app)).await);
    sorted(found.into_iter().map(|it| format!("{} {}", it.name, it.addon_name)))
}

/// With the config variables that the app has by it.
pub async fn an_attachment_is_read_in_every_field(start: &Start, client: &dyn Attachments) {
    let store = Store::new(start);
    let expected = Attachment {
        name: value("REDIS"),
        addon: store.addon,
        addon_name: value("redis-haiku-1"),
        app: store.app.clone(),
        namespace: None,
        config_vars: BTreeSet::from([value("REDIS_URL")]),
    };
    assert_eq!(ok(client.attachments(&store.app).await), [expected]);
    assert_eq!(ok(client.attachments(&value("nobody")).await), []);
}

/// Of own and of foreign add-ons, all pages.
pub async fn all_attachments_of_an_app_are_listed(start: &Start, client: &dyn Attachments) {
    let store = store_and_blog(start);
    let mut expected = vec!["REDIS redis-haiku-1".to_owned()];
    for number in 1..=5 {
        let spec = AddonSpec::new("blog", format!("redis-{number}"), "heroku-redis:private-7");
        let addon = ok(start.world.add_addon(&spec.attached_as(format!("REDIS_{number}"))));
        ok(start.world.attach(addon, &store.app, format!("SHARED_{number}")));
        expected.push(format!("SHARED_{number} redis-{number}"));
    }
    assert_eq!(attached(client, "shop").await, expected);
    assert_eq!(attached(client, "blog").await.len(), 5);
}

/// Under the name that was given, or one of Heroku's; the app has its variables a moment later.
pub async fn an_add_on_is_attached_to_another_app(start: &Start, client: &dyn Attachments) {
    let store = store_and_blog(start);
    ok(client.attach(&new(Some("CACHE"))).await);
    ok(client.attach(&new(None)).await);
    let mut reader = new(Some("READER"));
    reader.namespace = Some("credential:reader".to_owned());
    ok(client.attach(&reader).await);
    start.world.advance(secs(60));
    let found = ok(client.attachments(&value("blog")).await);
    assert_eq!(found.len(), 3, "{found:?}");
    let find = |name: &str| some(found.iter().find(|it| it.name.as_str() == name)).clone();
    let expected = Attachment {
        name: value("CACHE"),
        addon: store.addon,
        addon_name: value("redis-haiku-1"),
        app: value("blog"),
        namespace: None,
        config_vars: BTreeSet::from([value("CACHE_URL")]),
    };
    assert_eq!(find("CACHE"), expected);
    assert_eq!(find("READER").namespace.as_deref(), Some("credential:reader"));
    assert_eq!(attached(client, "shop").await, ["REDIS redis-haiku-1"]);
}

/// Unless it is to be replaced, and then its former add-on is without it.
pub async fn a_name_that_is_taken_is_a_conflict(start: &Start, client: &dyn Attachments) {
    store_and_blog(start);
    let spec = AddonSpec::new("blog", "redis-2", "heroku-redis:private-7").attached_as("CACHE");
    ok(start.world.add_addon(&spec));
    assert_eq!(kind(client.attach(&new(Some("CACHE"))).await), ErrorKind::Conflict);
    assert_eq!(attached(client, "blog").await, ["CACHE redis-2"]);
    let replacing = NewAttachment { replace: true, ..new(Some("CACHE")) };
    ok(client.attach(&replacing).await);
    ok(client.attach(&replacing).await);
    assert_eq!(attached(client, "blog").await, ["CACHE redis-haiku-1"]);
    assert_eq!(kind(client.attach(&new(Some("CACHE"))).await), ErrorKind::Conflict);
}

/// Neither an add-on nor an app is made up.
pub async fn what_is_to_be_attached_has_to_be_there(start: &Start, client: &dyn Attachments) {
    store_and_blog(start);
    let no_addon = NewAttachment { addon: value("nobody-1"), ..new(Some("CACHE")) };
    let no_app = NewAttachment { app: value("nobody"), ..new(Some("CACHE")) };
    for missing in [no_addon, no_app] {
        assert_eq!(kind(client.attach(&missing).await), ErrorKind::NotFound, "{missing:?}");
    }
    assert_eq!(attached(client, "blog").await, [""; 0]);
}

/// So that a name is refused though nobody is seen to have it yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn Attachments) {
    store_and_blog(start);
    start.world.set_read_lag(secs(30));
    ok(client.attach(&new(Some("CACHE"))).await);
    assert_eq!(attached(client, "blog").await, [""; 0]);
    assert_eq!(kind(client.attach(&new(Some("CACHE"))).await), ErrorKind::Conflict);
    start.world.advance(secs(30));
    assert_eq!(attached(client, "blog").await, ["CACHE redis-haiku-1"]);
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn Attachments) {
    store_and_blog(start);
    lose_answer(start, client.attach(&new(Some("CACHE")))).await;
    assert_eq!(attached(client, "blog").await, ["CACHE redis-haiku-1"]);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn Attachments) {
    let store = store_and_blog(start);
    let wanted = new(Some("CACHE"));
    let probes = [
        probe(operation::READ_ATTACHMENTS, || client.attachments(&store.app)),
        probe(operation::CREATE_ATTACHMENT, || client.attach(&wanted)),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
    assert_eq!(attached(client, "blog").await, [""; 0]);
}
