//! The whole life of an object on a real API server, which `HEROKU_DATA_LINK_KUBECONFIG` names: the
//! definitions, server-side apply, watches, finalizers and the rules of identity are its own.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::reconcile::{Clock, SystemClock};
use heroku_data_link_mock::World;
use heroku_data_link_operator::{Operator, PrivateLink, Settings, manifests, work};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::object::HasStatus;
use kube::{Client, Config};
use serde_json::json;

use crate::bench::OneWorld;

const NAMESPACE: &str = "heroku-data-link-test";

/// Looks until there is what is wanted, for ten minutes.
async fn until<T, E: Debug>(what: &str, look: impl AsyncFn() -> Result<Option<T>, E>) -> T {
    for _ in 0..300 {
        if let Some(found) = look().await.unwrap() {
            return found;
        }
        SystemClock.sleep(Duration::from_secs(2)).await;
    }
    panic!("{what} did not come");
}

#[tokio::test]
async fn the_whole_life_on_a_real_api_server() {
    let Some(path) = std::env::var_os("HEROKU_DATA_LINK_KUBECONFIG") else {
        println!("skipped: HEROKU_DATA_LINK_KUBECONFIG names no API server");
        return;
    };
    let read = Kubeconfig::read_from(path).unwrap();
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
    let client = Client::try_from(config).unwrap();
    let apply = PatchParams::apply("heroku-data-link-test").force();
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for manifest in manifests().unwrap() {
        let name = manifest["metadata"]["name"].as_str().unwrap();
        definitions.patch(name, &apply, &Patch::Apply(&manifest)).await.unwrap();
        until("the definition", async || {
            let status = definitions.get(name).await?.status.unwrap_or_default();
            let mut conditions = status.conditions.into_iter().flatten();
            let is_so = conditions.any(|it| it.type_ == "Established" && it.status == "True");
            Ok::<_, kube::Error>(is_so.then_some(()))
        })
        .await;
    }
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } });
    namespaces.patch(NAMESPACE, &apply, &Patch::Apply(&namespace)).await.unwrap();

    let world = World::of_all_procedures();
    let accounts = Arc::new(OneWorld { world: world.clone(), account: "123456789101" });
    let settings = Settings::default();
    let operator = Operator::new(client.clone(), accounts, world.clock(), settings, None);
    let clouds = world.clone();
    // The clouds are a hundred times as fast as the API server.
    let time = tokio::spawn(async move {
        loop {
            SystemClock.sleep(Duration::from_millis(10)).await;
            clouds.advance(Duration::from_secs(1));
        }
    });
    let controllers = tokio::spawn(async move { work(Arc::new(operator), Some(NAMESPACE)).await });

    let links: Api<PrivateLink> = Api::namespaced(client.clone(), NAMESPACE);
    let secrets: Api<Secret> = Api::namespaced(client.clone(), NAMESPACE);
    let object = json!({
        "apiVersion": "heroku-data-link.github.io/v1alpha1", "kind": "PrivateLink",
        "metadata": { "name": "cache" },
        "spec": {
            "link": "cache", "addon": "redis-kvs-12345", "vpc": "vpc-0a1b2c3d4e5f60718",
            "connection-secret": { "name": "cache-url", "prefix": "CACHE" },
        },
    });
    links.patch("cache", &apply, &Patch::Apply(&object)).await.unwrap();
    until("a link that is ready", async || {
        let is_ready = links.get("cache").await?.status().is_some_and(|it| it.is("Ready"));
        Ok::<_, kube::Error>(is_ready.then_some(()))
    })
    .await;
    let first = secrets.get("cache-url").await.unwrap();
    assert!(first.data.unwrap_or_default().contains_key("CACHE_URL"));

    for refused in [
        json!({ "spec": { "vpc": "vpc-0b" } }),
        json!({ "spec": { "connection-secret": null } }),
        json!({ "spec": { "connection-secret": { "name": "another" } } }),
        json!({ "spec": { "credentials": { "secret": "x" } } }),
        json!({ "spec": { "addon": "!" } }),
    ] {
        let answer = links.patch("cache", &PatchParams::default(), &Patch::Merge(&refused)).await;
        assert!(
            matches!(answer, Err(kube::Error::Api(ref status)) if status.code == 422),
            "{refused}"
        );
    }

    secrets.delete("cache-url", &DeleteParams::default()).await.unwrap();
    until("the Secret", async || secrets.get_opt("cache-url").await).await;
    links.delete("cache", &DeleteParams::foreground()).await.unwrap();
    until("the end of the object", async || {
        Ok::<_, kube::Error>(links.get_opt("cache").await?.is_none().then_some(()))
    })
    .await;
    assert!(secrets.get_opt("cache-url").await.unwrap().is_none());
    assert!(world.orphans().is_empty());
    controllers.abort();
    time.abort();
    namespaces.delete(NAMESPACE, &DeleteParams::default()).await.unwrap();
}
