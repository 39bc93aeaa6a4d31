//! Secrets are shown where they are asked for, and nowhere else.

use serde_json::{Value, json};

use super::{APP, KAFKA, POSTGRES, REDIS, served};

const CANARY: &str = "canary-of-the-secrets-test";

#[tokio::test]
async fn passwords_are_in_config_variables_and_infos_alone() {
    let served = served().await;
    for addon in [REDIS, KAFKA, POSTGRES] {
        let id = served.read(&format!("/addons/{addon}")).await["id"].as_str().unwrap().parse();
        served.world.set_password(id.unwrap(), CANARY).unwrap();
    }
    let all = [
        ("accept-expansion", "addon_service,plan,region"),
        ("accept-inclusion", "addon:plan,config_vars"),
    ];
    for path in [
        "/account",
        "/apps",
        "/apps/{app}",
        "/apps/{app}/releases",
        "/apps/{app}/addons",
        "/apps/{app}/addons/{redis}",
        "/apps/{app}/addon-attachments",
        "/addons",
        "/addons/{redis}",
        "/addons/{redis}/addon-attachments",
        "/addon-attachments",
        "/redis/v0/databases/{redis}/wait",
        "/client/v11/databases/{postgres}/wait_status",
        "/data/kafka/v0/clusters/{kafka}",
        "/data/kafka/v0/clusters/{kafka}/wait_status",
        "/redis/v0/databases/{postgres}",
    ] {
        let path = path.replace("{app}", APP).replace("{redis}", REDIS);
        let path = path.replace("{kafka}", KAFKA).replace("{postgres}", POSTGRES);
        let answer = served.ask("GET", &path, &all, Value::Null).await;
        assert!(!answer.body.contains(CANARY), "{path}: {answer:?}");
    }
    for path in [
        format!("/apps/{APP}/config-vars"),
        format!("/redis/v0/databases/{REDIS}"),
        format!("/client/v11/databases/{POSTGRES}"),
    ] {
        assert!(served.get(&path).await.body.contains(CANARY), "{path}");
    }
}

#[tokio::test]
async fn no_refusal_repeats_a_secret() {
    let served = served().await;
    let fork = format!("redis://h:{CANARY}@nowhere.example.com:6379");
    let addons = format!("/apps/{APP}/addons");
    let vars = format!("/apps/{APP}/config-vars");
    for (method, path, body) in [
        ("POST", &addons, json!({ "plan": "heroku-redis:private-7", "config": { "fork": fork } })),
        ("POST", &addons, json!({ "plan": "heroku-redis:private-7", "config": fork })),
        ("POST", &addons, json!({ "plan": fork })),
        ("POST", &addons, json!({ "plan": "heroku-redis:private-7", "name": fork })),
        ("PATCH", &vars, json!({ "REDIS_URL": fork })),
        ("PATCH", &vars, json!({ "A": [fork] })),
    ] {
        let answer = served.ask(method, path, &[], body.clone()).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(!answer.body.contains(CANARY), "{body}: {answer:?}");
    }
    let calls = served.world.journal();
    assert!(!calls.is_empty());
    assert!(calls.iter().all(|call| !call.to_string().contains(CANARY)), "{calls:?}");
}
