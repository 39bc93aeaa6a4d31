//! The controllers themselves: objects of all kinds and of two accounts, watched, and in one process.

use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::reconcile::{Clock, SystemClock};
use heroku_data_link_mock::World;
use heroku_data_link_operator::{
    EncryptedAddon, GROUP, Linked, Operator, Peering, PrivateLink, Settings, work,
};
use http::Method;
use serde_json::{Value, json};

use crate::api::ApiServer;
use crate::bench::{OneWorld, SECRETS, SECRETS as CREDENTIALS};

fn list<K: Linked>() -> String {
    format!("/apis/{GROUP}/v1alpha1/namespaces/prod/{}", K::plural(&()))
}

fn create<K: Linked>(api: &ApiServer, name: &str, spec: &Value) {
    let object = json!({
        "apiVersion": K::api_version(&()), "kind": K::kind(&()),
        "metadata": { "name": name }, "spec": spec,
    });
    assert_eq!(api.by_hand(&Method::POST, &list::<K>(), &object).0, 201);
}

/// Waits in the time of the test, which passes by itself.
async fn until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    const LOOK: Duration = Duration::from_secs(1);
    let mut waited = Duration::ZERO;
    while !is_so() {
        assert!(waited < Duration::from_secs(3 * 3600), "{what} is not so after {waited:?}");
        SystemClock.sleep(LOOK).await;
        waited += LOOK;
    }
    waited
}

#[tokio::test(start_paused = true)]
async fn objects_of_all_kinds_are_watched_and_worked() {
    let (world, api) = (World::of_all_procedures(), ApiServer::new());
    let accounts = Arc::new(OneWorld { world: world.clone(), account: "123456789101" });
    let operator = Operator::new(api.client(), accounts, world.clock(), Settings::default(), None);
    let metrics = operator.metrics();
    let clouds = world.clone();
    // The clouds' time goes with that of the controllers.
    tokio::spawn(async move {
        loop {
            SystemClock.sleep(Duration::from_secs(1)).await;
            clouds.advance(Duration::from_secs(1));
        }
    });
    tokio::spawn(async move { work(Arc::new(operator), None).await });

    let role = json!({ "metadata": { "name": "network" }, "data": {
        // arn:aws:iam::435886841536:role/x
        "AWS_ROLE_ARN": "YXJuOmF3czppYW06OjQzNTg4Njg0MTUzNjpyb2xlL3g=",
    } });
    assert_eq!(api.by_hand(&Method::POST, CREDENTIALS, &role).0, 201);
    create::<PrivateLink>(
        &api,
        "cache",
        &json!({
            "link": "cache", "addon": "redis-kvs-12345", "vpc": "vpc-0a1b2c3d4e5f60718",
            "connection-secret": { "name": "cache-url" },
        }),
    );
    create::<Peering>(
        &api,
        "net",
        &json!({
            "link": "net", "space": "enablement-jp", "vpc": "vpc-0cb1a66017eed9372",
            "credentials": { "secret": "network" },
        }),
    );
    create::<EncryptedAddon>(
        &api,
        "vault",
        &json!({
            "link": "vault", "app": "your-app-name", "plan": "heroku-redis:private-7",
            "addon": "redis-new-12345",
        }),
    );
    let all = [
        (list::<PrivateLink>(), "cache"),
        (list::<Peering>(), "net"),
        (list::<EncryptedAddon>(), "vault"),
    ];
    let is_ready = |list: &str, name: &str| {
        let object = api.get(list, name).unwrap_or_default();
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
    };
    until("all ready", || all.iter().all(|(list, name)| is_ready(list, name))).await;
    assert!(api.all(SECRETS).iter().any(|it| it["metadata"]["name"] == "cache-url"));

    // A Secret that somebody deletes is there again long before the next look.
    SystemClock.sleep(Duration::from_secs(60)).await;
    api.by_hand(&Method::DELETE, &format!("{SECRETS}/cache-url"), &Value::Null);
    let took = until("the Secret", || api.get(SECRETS, "cache-url").is_some()).await;
    assert!(took < Duration::from_secs(60), "{took:?}");
    until("ready again", || is_ready(&all[0].0, "cache")).await;

    let events = api.all("/apis/events.k8s.io/v1/namespaces/prod/events");
    for reason in ["Applied", "Waiting", "Established"] {
        assert!(events.iter().any(|it| it["reason"] == reason), "no event {reason}");
    }
    assert!(!format!("{events:?}").contains("p-of-the-mock"));
    let text = metrics.text();
    for line in [
        "heroku_data_link_links{kind=\"privatelink\",health=\"ready\"} 1",
        "heroku_data_link_links{kind=\"peering\",health=\"ready\"} 1",
        "heroku_data_link_links{kind=\"encryption\",health=\"ready\"} 1",
        "heroku_data_link_calls_total{operation=\"kms:CreateKey\",outcome=\"done\"} 1",
        "heroku_data_link_leader 0",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }

    for (list, name) in &all {
        api.by_hand(&Method::DELETE, &format!("{list}/{name}"), &Value::Null);
    }
    until("all gone", || all.iter().all(|(list, name)| api.get(list, name).is_none())).await;
    assert!(world.orphans().is_empty());
    assert!(api.get(SECRETS, "cache-url").is_none());
}
