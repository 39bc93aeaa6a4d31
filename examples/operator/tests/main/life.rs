//! The whole life of an object of each kind, and what people do to it meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use heroku_data_link::model::DataService;
use heroku_data_link::provider::ErrorKind;
use heroku_data_link_mock::{Fault, World};
use heroku_data_link_operator::{EncryptedAddon, KeyAccess, Peering, PrivateLink};
use http::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, NAME, PODS, SECRETS, Sample, is, private_link, reason};

/// Made, ready, looked at again without a request to change anything, deleted.
async fn whole_life<K: Sample>() {
    let (bench, spec) = K::bench();
    let context = bench.context::<K>();
    let untouched = bench.world.fingerprint();
    assert_eq!(bench.create::<K>(NAME, &spec).0, 201);
    bench.until_ready(&context).await;
    let object = bench.object::<K>(NAME);
    for condition in ["Progressing", "Blocked", "Drifted"] {
        assert!(!is(object.as_ref(), condition), "{condition}");
    }
    assert_eq!(reason(object.as_ref(), "Ready").as_deref(), Some("Established"));
    let status = bench.api.get(&bench.list, NAME).unwrap()["status"].clone();
    assert_eq!(status["observedGeneration"], 1);
    assert!(status["output"].is_object());

    // Nothing is written while nothing changes.
    let (sent, mutations) = (bench.api.sent().len(), bench.world.mutations());
    for _ in 0..5 {
        let pause = bench.pass(&context, NAME).await.unwrap();
        assert!(
            pause >= Duration::from_secs(450) && pause <= Duration::from_secs(751),
            "{pause:?}"
        );
        bench.world.advance(pause);
    }
    assert_eq!(bench.world.mutations(), mutations);
    let reads = bench.api.sent().split_off(sent);
    assert!(reads.iter().all(|it| it.method == Method::GET), "{reads:?}");
    assert_eq!(reads.len(), if bench.secret().is_some() { 5 } else { 0 });

    bench.delete(NAME);
    if let Some(confirmation) = K::confirmation() {
        bench.until::<K>(&context, NAME, |it| is(it, "Blocked")).await;
        let blocked = bench.object::<K>(NAME);
        assert_eq!(reason(blocked.as_ref(), "Blocked").as_deref(), Some("NotConfirmed"));
        bench.patch(NAME, &json!({ "spec": { "confirmation": confirmation } }));
    }
    bench.until_gone(&context).await;
    assert!(bench.world.orphans().is_empty(), "{:?}", bench.world.orphans());
    assert!(bench.secret().is_none());
    if K::LINK == "peering" {
        assert_eq!(bench.world.fingerprint(), untouched);
    }
}

#[tokio::test]
async fn the_whole_life_of_a_private_link() {
    whole_life::<PrivateLink>().await;
}

#[tokio::test]
async fn the_whole_life_of_a_peering() {
    whole_life::<Peering>().await;
}

#[tokio::test]
async fn the_whole_life_of_an_encrypted_addon() {
    whole_life::<EncryptedAddon>().await;
}

#[tokio::test]
async fn the_whole_life_of_a_key_access() {
    whole_life::<KeyAccess>().await;
}

async fn ready(service: DataService) -> (Bench, heroku_data_link_operator::Context<PrivateLink>) {
    let (bench, spec) = private_link(service);
    let context = bench.context();
    bench.create::<PrivateLink>(NAME, &spec);
    bench
        .until::<PrivateLink>(&context, NAME, |it| {
            // The Secret is there before anybody is told that the link is ready.
            assert!(!is(it, "Ready") || bench.secret().is_some());
            assert_eq!(is(it, "Delivered"), is(it, "Ready"));
            is(it, "Ready")
        })
        .await;
    (bench, context)
}

fn texts(secret: &Value) -> BTreeMap<String, String> {
    let secret: k8s_openapi::api::core::v1::Secret =
        serde_json::from_value(secret.clone()).unwrap();
    let text = |it: k8s_openapi::ByteString| String::from_utf8(it.0).unwrap();
    secret.data.unwrap().into_iter().map(|(key, value)| (key, text(value))).collect()
}

#[tokio::test]
async fn a_secret_has_what_a_client_needs() {
    for (service, key, begins) in [
        (DataService::KeyValueStore, "CACHE_URL", "rediss://"),
        (DataService::Postgres, "CACHE_URL", "postgres://"),
        (DataService::Kafka, "CACHE_TRUSTED_CERT", "-----BEGIN CERTIFICATE-----"),
    ] {
        let (bench, _) = ready(service).await;
        let secret = bench.secret().unwrap();
        let texts = texts(&secret);
        assert!(texts[key].starts_with(begins), "{texts:?}");
        assert_eq!(texts.contains_key("CACHE_CLIENT_CERT_KEY"), service == DataService::Kafka);
        assert_eq!(secret["metadata"]["labels"]["team"], "data");
        assert_eq!(secret["metadata"]["annotations"]["example.com/note"], "x");
        let stamp = &secret["metadata"]["annotations"]["heroku-data-link.github.io/stamp"];
        let object = bench.api.get(&bench.list, NAME).unwrap();
        assert_eq!(*stamp, object["status"]["stamp"]);
        // Nothing of it is anywhere else.
        for (key, text) in &texts {
            // Kafka's URLs are nothing but its brokers.
            let is_kafka = service == DataService::Kafka;
            let is_secret = ["_PASSWORD", "CERT_KEY"].iter().any(|it| key.ends_with(it))
                || (key == "CACHE_URL" && !is_kafka);
            assert!(!is_secret || !object.to_string().contains(text.as_str()), "{key}");
        }
    }
}

#[tokio::test]
async fn a_secret_that_was_changed_removed_or_has_grown_old_is_delivered_again() {
    let (bench, context) = ready(DataService::KeyValueStore).await;
    let (path, first) = (format!("{SECRETS}/cache-url"), bench.secret().unwrap());
    let changes: [(Method, Value); 3] = [
        (Method::PATCH, json!({ "data": { "CACHE_URL": "eA==" } })),
        (
            Method::PATCH,
            json!({ "metadata": { "annotations": { "heroku-data-link.github.io/stamp": "x" } } }),
        ),
        (Method::DELETE, Value::Null),
    ];
    for (method, change) in changes {
        assert_eq!(bench.api.by_hand(&method, &path, &change).0, 200);
        bench.pass(&context, NAME).await;
        assert!(is(bench.object::<PrivateLink>(NAME).as_ref(), "Drifted"), "{change}");
        bench.until_ready::<PrivateLink>(&context).await;
        assert_eq!(texts(&bench.secret().unwrap()), texts(&first));
        // What is somebody else's on it stays.
        let theirs = json!({ "metadata": { "labels": { "theirs": "x" } } });
        bench.api.by_hand(&Method::PATCH, &path, &theirs);
    }
    let stamp = bench.api.get(&bench.list, NAME).unwrap()["status"]["stamp"].clone();
    let (_, site) = World::of_the_procedures(DataService::KeyValueStore);
    bench.world.set_password(site.addon_id, "another").unwrap();
    bench.pass(&context, NAME).await;
    bench.until_ready::<PrivateLink>(&context).await;
    let secret = bench.secret().unwrap();
    assert!(texts(&secret)["CACHE_URL"].contains("another"));
    assert_eq!(secret["metadata"]["labels"]["theirs"], "x");
    assert_ne!(bench.api.get(&bench.list, NAME).unwrap()["status"]["stamp"], stamp);
}

#[tokio::test]
async fn a_secret_that_somebody_made_is_left_alone() {
    let (bench, spec) = private_link(DataService::KeyValueStore);
    let context = bench.context::<PrivateLink>();
    let theirs = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "cache-url" },
        "data": { "CACHE_URL": "eA==" },
    });
    bench.api.by_hand(&Method::POST, SECRETS, &theirs);
    let before = bench.secret();
    bench.create::<PrivateLink>(NAME, &spec);
    bench.until(&context, NAME, |it| is(it, "Blocked")).await;
    let object = bench.object::<PrivateLink>(NAME);
    assert_eq!(reason(object.as_ref(), "Blocked").as_deref(), Some("CopyNotOurs"));
    assert_eq!(reason(object.as_ref(), "Delivered").as_deref(), Some("CopyNotOurs"));
    assert_eq!(bench.world.mutations(), 0);
    assert_eq!(bench.secret(), before);
    bench.delete(NAME);
    bench.until_gone::<PrivateLink>(&context).await;
    assert_eq!(bench.secret(), before);
}

#[tokio::test]
async fn what_pods_read_is_not_taken_away() {
    let (bench, context) = ready(DataService::KeyValueStore).await;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "shop" },
        "spec": { "containers": [{
            "name": "shop", "image": "x", "envFrom": [{ "secretRef": { "name": "cache-url" } }],
        }] },
    });
    bench.api.by_hand(&Method::POST, PODS, &pod);
    let mutations = bench.world.mutations();
    bench.delete(NAME);
    bench.until::<PrivateLink>(&context, NAME, |it| is(it, "Blocked")).await;
    let object = bench.object::<PrivateLink>(NAME);
    assert_eq!(reason(object.as_ref(), "Blocked").as_deref(), Some("SecretInUse"));
    assert_eq!(bench.world.mutations(), mutations);
    assert!(bench.secret().is_some());
    let yes = json!({ "metadata": { "annotations": { "heroku-data-link.github.io/let-consumers-fail": "yes" } } });
    bench.patch(NAME, &yes);
    bench.until_gone::<PrivateLink>(&context).await;
    assert!(bench.secret().is_none());
}

#[tokio::test]
async fn an_orphan_leaves_everything() {
    let (bench, context) = ready(DataService::KeyValueStore).await;
    let (world, secret) = (bench.world.fingerprint(), bench.secret());
    let orphan = json!({ "metadata": { "annotations": { "heroku-data-link.github.io/deletion-policy": "orphan" } } });
    bench.patch(NAME, &orphan);
    bench.delete(NAME);
    bench.until_gone::<PrivateLink>(&context).await;
    assert_eq!((bench.world.fingerprint(), bench.secret()), (world, secret));
    // Another object of the same link takes it all over.
    let (_, spec) = private_link(DataService::KeyValueStore);
    let made = bench.world.mutations();
    bench.create::<PrivateLink>(NAME, &spec);
    bench.until_ready::<PrivateLink>(&context).await;
    assert_eq!(bench.world.mutations(), made);
}

#[tokio::test]
async fn a_paused_object_is_left_as_it_is() {
    let (bench, spec) = private_link(DataService::KeyValueStore);
    let context = bench.context::<PrivateLink>();
    bench.create::<PrivateLink>(NAME, &spec);
    let reconcile = |value: Value| json!({ "metadata": { "annotations": { "heroku-data-link.github.io/reconcile": value } } });
    bench.patch(NAME, &reconcile(json!("paused")));
    assert_eq!(bench.pass(&context, NAME).await, None);
    let object = bench.object::<PrivateLink>(NAME);
    assert_eq!(reason(object.as_ref(), "Progressing").as_deref(), Some("Paused"));
    assert_eq!(bench.world.calls(), 0);
    bench.patch(NAME, &reconcile(Value::Null));
    bench.until_ready::<PrivateLink>(&context).await;
}

#[tokio::test]
async fn deleted_while_it_is_being_established() {
    let (bench, spec) = private_link(DataService::KeyValueStore);
    let context = bench.context::<PrivateLink>();
    bench.create::<PrivateLink>(NAME, &spec);
    while bench.world.mutations() < 3 {
        let pause = bench.pass(&context, NAME).await.unwrap();
        bench.world.advance(pause);
    }
    bench.delete(NAME);
    bench.until_gone::<PrivateLink>(&context).await;
    assert!(bench.world.orphans().is_empty());
    let left = bench.world.fingerprint();
    assert!(!left.contains("link=cache") && bench.secret().is_none(), "{left}");
}

#[tokio::test]
async fn identity_does_not_change() {
    let (bench, context) = ready(DataService::KeyValueStore).await;
    let edit = json!({ "spec": { "vpc": "vpc-0b" } });
    for (edit, rule) in [
        (&edit, "make a new object"),
        (&json!({ "spec": { "link": "other" } }), "make a new object"),
        (&json!({ "spec": { "credentials": { "secret": "other" } } }), "make a new object"),
        (&json!({ "spec": { "connection-secret": null } }), "delete the object"),
        (&json!({ "spec": { "connection-secret": { "name": "other" } } }), "keeps its name"),
    ] {
        let (code, answer) = bench.patch(NAME, edit);
        assert_eq!(code, 422, "{edit}");
        assert!(answer["message"].as_str().unwrap().contains(rule), "{answer}");
    }
    let (code, _) =
        bench.patch(NAME, &json!({ "spec": { "connection-secret": { "prefix": "X" } } }));
    assert_eq!(code, 200);
    bench.until_ready::<PrivateLink>(&context).await;
    // And where a definition without its rules let it through, nothing comes of it.
    let world = bench.world.fingerprint();
    bench.api.let_identity_change();
    assert_eq!(bench.patch(NAME, &edit).0, 200);
    bench.until::<PrivateLink>(&context, NAME, |it| is(it, "Blocked")).await;
    let object = bench.object::<PrivateLink>(NAME);
    assert_eq!(reason(object.as_ref(), "Blocked").as_deref(), Some("IdentityChanged"));
    assert_eq!(bench.world.fingerprint(), world);
}

#[tokio::test]
async fn what_cannot_be_worked_is_told_on_the_object() {
    let (bench, spec) = private_link(DataService::KeyValueStore);
    let with = |name: &str, value: Value| {
        let mut spec = spec.clone();
        spec[name] = value;
        spec
    };
    let table = [
        ("taken", spec.clone(), None),
        ("twice", spec.clone(), Some("LinkIdInUse")),
        ("wrong", with("clients", json!(1)), None),
        ("key", with("connection-secret", json!({ "name": "Cache_Url" })), Some("CopyRefused")),
        (
            "prefix",
            with("connection-secret", json!({ "name": "x", "prefix": "1 2" })),
            Some("InvalidSpec"),
        ),
        ("login", with("credentials", json!({ "secret": "none" })), Some("CredentialsMissing")),
        ("moon", with("credentials", json!({ "secret": "moon" })), Some("CredentialsUnusable")),
        ("addon", with("addon", json!("redis-none-1")), Some("UnknownAddon")),
    ];
    let moon = json!({ "metadata": { "name": "moon" }, "data": { "AWS_REGION": "dGhlIG1vb24=" } });
    bench.api.by_hand(&Method::POST, SECRETS, &moon);
    let context = bench.context::<PrivateLink>();
    for (number, (name, mut spec, expected)) in table.into_iter().enumerate() {
        if !["taken", "twice"].contains(&name) {
            spec["link"] = json!(format!("cache-{number}"));
        }
        bench.create::<PrivateLink>(name, &spec);
        let Some(expected) = expected else {
            bench.pass(&context, name).await;
            continue;
        };
        bench.until::<PrivateLink>(&context, name, |it| is(it, "Blocked")).await;
        let object = bench.object::<PrivateLink>(name);
        assert_eq!(reason(object.as_ref(), "Ready").as_deref(), Some(expected), "{name}");
        // And it can be taken back.
        bench.delete(name);
        if ["CopyRefused", "UnknownAddon"].contains(&expected) {
            continue;
        }
        bench.until::<PrivateLink>(&context, name, |it| it.is_none()).await;
    }
}

#[tokio::test]
async fn credentials_that_fail_are_read_anew() {
    let (bench, mut spec) = private_link(DataService::KeyValueStore);
    spec["credentials"] = json!({ "secret": "login" });
    bench.api.by_hand(
        &Method::POST,
        SECRETS,
        &json!({ "metadata": { "name": "login" }, "data": {} }),
    );
    let context = bench.context::<PrivateLink>();
    bench.create::<PrivateLink>(NAME, &spec);
    bench.until_ready::<PrivateLink>(&context).await;
    let reads = || {
        let path = format!("{SECRETS}/login");
        bench.api.sent().iter().filter(|it| it.path == path).count()
    };
    assert_eq!(reads(), 1);
    bench.world.fault(Fault::on_any_call().before(ErrorKind::Unauthorized));
    bench.pass(&context, NAME).await;
    let object = bench.object::<PrivateLink>(NAME);
    assert_eq!(reason(object.as_ref(), "Ready").as_deref(), Some("Unauthorized"));
    bench.until_ready::<PrivateLink>(&context).await;
    assert_eq!(reads(), 2);
}

/// One failed look is no news; three in a row are.
#[tokio::test]
async fn a_cloud_that_is_down_for_a_moment_changes_nothing() {
    let (bench, context) = ready(DataService::KeyValueStore).await;
    let status = || bench.api.get(&bench.list, NAME).unwrap()["status"]["conditions"].clone();
    let before = status();
    for (failures, is_ready) in [(1, true), (2, true), (3, false)] {
        bench.world.fault(Fault::on_any_call().times(30).before(ErrorKind::Transient));
        bench.pass(&context, NAME).await;
        bench.world.clear_faults();
        let object = bench.object::<PrivateLink>(NAME);
        assert_eq!(is(object.as_ref(), "Ready"), is_ready, "{failures}");
        assert_eq!(status() == before, is_ready, "{failures}");
    }
    let object = bench.object::<PrivateLink>(NAME);
    assert_eq!(reason(object.as_ref(), "Ready").as_deref(), Some("TransientFailure"));
    bench.until_ready::<PrivateLink>(&context).await;
    assert_eq!(bench.world.orphans().len(), 0);
}
