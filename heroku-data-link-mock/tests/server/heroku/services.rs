//! The services behind add-ons.

use heroku_data_link_mock::{AddonSpec, KeySpec};
use serde_json::{Value, json};

use super::{APP, KAFKA, POSTGRES, REDIS, has_fields, refused, secs, served};

#[tokio::test]
async fn a_service_does_not_know_an_add_on_at_once() {
    let served = served().await;
    for (plan, base, wait) in [
        ("heroku-redis:private-7", "/redis/v0/databases", "wait"),
        ("heroku-postgresql:private-4", "/client/v11/databases", "wait_status"),
        ("heroku-kafka:private-standard-2", "/data/kafka/v0/clusters", "wait_status"),
    ] {
        let body = json!({ "plan": plan });
        let (_, made) = served.change("POST", &format!("/apps/{APP}/addons"), body).await;
        let id = made["id"].as_str().unwrap();
        let (info, wait) = (format!("{base}/{id}"), format!("{base}/{id}/{wait}"));
        for path in [&info, &wait] {
            let answer = served.get(path).await;
            assert_eq!((answer.status, answer.body.as_str()), (404, ""), "not a word: {answer:?}");
        }
        served.world.advance(secs(20));
        let waiting = served.read(&wait).await;
        assert_eq!(
            (&waiting["message"], &waiting["waiting?"]),
            (&json!("preparing"), &json!(true))
        );
        assert_eq!(
            served.read(&info).await.get("resource_url").unwrap_or(&Value::Null),
            &Value::Null
        );
        served.world.advance(secs(5 * 60));
        let ready = served.read(&wait).await;
        assert_eq!((&ready["message"], &ready["waiting?"]), (&json!("available"), &json!(false)));
        let name = made["name"].as_str().unwrap();
        assert_eq!(served.read(&format!("{base}/{name}")).await["addon_id"], made["id"]);
    }
}

#[tokio::test]
async fn every_service_has_a_shape_of_its_own() {
    let served = served().await;
    let redis = served.read(&format!("/redis/v0/databases/{REDIS}")).await;
    has_fields(
        &redis,
        &[
            "addon_id",
            "created_at",
            "formation",
            "info",
            "metaas_source",
            "name",
            "plan",
            "port",
            "prefer_native_tls",
            "resource_url",
            "version",
        ],
    );
    assert_eq!((&redis["plan"], &redis["port"]), (&json!("private-7"), &json!(6380)));
    assert_eq!(redis["info"][0], json!({ "name": "Plan", "values": ["Private 7"] }));
    assert_eq!(redis["info"][1], json!({ "name": "Status", "values": ["available"] }));
    let vars = served.read(&format!("/apps/{APP}/config-vars")).await;
    assert_eq!(redis["resource_url"], vars["REDIS_URL"]);

    let postgres = served.read(&format!("/client/v11/databases/{POSTGRES}")).await;
    assert_eq!(postgres["resource_url"], vars["DATABASE_URL"]);
    assert_eq!((&postgres["leader"], &postgres["waiting?"]), (&Value::Null, &json!(false)));
    let wait = served.read(&format!("/client/v11/databases/{POSTGRES}/wait_status")).await;
    assert_eq!(wait, json!({ "error?": false, "message": "available", "waiting?": false }));

    let kafka = served.read(&format!("/data/kafka/v0/clusters/{KAFKA}")).await;
    assert_eq!(
        (&kafka["state"]["status"], &kafka["state"]["waiting?"]),
        (&json!("available"), &json!(false))
    );
    assert_eq!(kafka["version"], json!(["3.7.1"]));
    let wait = served.read(&format!("/data/kafka/v0/clusters/{KAFKA}/wait_status")).await;
    assert_eq!(wait, json!({ "healthy?": true, "message": "available", "waiting?": false }));
    let wait = served.read(&format!("/redis/v0/databases/{REDIS}/wait")).await;
    assert_eq!(wait, json!({ "message": "available", "waiting?": false }));

    for path in [
        format!("/redis/v0/databases/{KAFKA}"),
        format!("/client/v11/databases/{REDIS}/wait_status"),
        "/data/kafka/v0/clusters/nothing".to_owned(),
        format!("/client/v11/databases/{POSTGRES}/unfollow"),
    ] {
        refused(&served.get(&path).await, 404, "not_found");
    }
}

#[tokio::test]
async fn a_customers_key_is_told() {
    let served = served().await;
    let key = served.world.add_key(&KeySpec::new()).unwrap();
    for (name, plan) in [
        ("byok-r", "heroku-redis:private-7"),
        ("byok-p", "heroku-postgresql:private-4"),
        ("byok-k", "heroku-kafka:private-standard-2"),
    ] {
        served.world.add_addon(&AddonSpec::new(APP, name, plan).encrypted_with(&key)).unwrap();
    }
    let redis = served.read("/redis/v0/databases/byok-r").await;
    assert_eq!(redis["customer_encryption_key"], json!(key));
    let kafka = served.read("/data/kafka/v0/clusters/byok-k").await;
    assert_eq!(kafka["customer_encryption_key"], json!(key));
    let postgres = served.read("/client/v11/databases/byok-p").await;
    let row = json!({ "name": "Customer Encryption Key", "values": [key] });
    assert!(postgres["info"].as_array().unwrap().contains(&row), "{postgres}");
}

#[tokio::test]
async fn what_is_gone_for_good_is_said_to_be() {
    let served = served().await;
    let delete = async |name: &str| {
        served.change("DELETE", &format!("/apps/{APP}/addons/{name}"), Value::Null).await.0
    };
    assert_eq!((delete(REDIS).await, delete(KAFKA).await), (202, 202));
    refused(&served.get(&format!("/redis/v0/databases/{REDIS}/wait")).await, 404, "not_found");
    refused(&served.get(&format!("/redis/v0/databases/{REDIS}")).await, 404, "not_found");
    let wait = served.get(&format!("/data/kafka/v0/clusters/{KAFKA}/wait_status")).await;
    refused(&wait, 410, "gone");
}

#[tokio::test]
async fn a_follower_stops_following() {
    let served = served().await;
    let body = json!({
        "plan": "heroku-postgresql:private-4", "name": "follower", "config": { "follow": POSTGRES },
    });
    assert_eq!(served.change("POST", &format!("/apps/{APP}/addons"), body).await.0, 201);
    served.world.advance(secs(10 * 60));
    let path = "/client/v11/databases/follower";
    let unfollow = format!("{path}/unfollow");
    let catching_up = served.ask("PUT", &unfollow, &[], Value::Null).await;
    refused(&catching_up, 422, "unprocessable_entity");
    served.world.advance(secs(5 * 60));
    let info = served.read(path).await;
    assert_eq!(info["leader"]["name"], POSTGRES);
    assert_eq!(info["following"], POSTGRES);
    assert_eq!(served.change("PUT", &unfollow, Value::Null).await.0, 200);
    assert_eq!(served.read(&format!("{path}/wait_status")).await["waiting?"], true);
    served.world.advance(secs(60));
    assert_eq!(served.read(path).await["leader"], Value::Null);
    refused(&served.ask("PUT", &unfollow, &[], Value::Null).await, 422, "unprocessable_entity");
    let redis = format!("/client/v11/databases/{REDIS}/unfollow");
    refused(&served.ask("PUT", &redis, &[], Value::Null).await, 404, "not_found");
}
