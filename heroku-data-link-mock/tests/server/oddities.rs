//! What is odd about the clouds, switched on over HTTP and seen over HTTP.

use heroku_data_link::model::DataService;
use heroku_data_link_mock::{AddonSpec, KeySpec, World};
use serde_json::{Value, json};

use crate::support::{Served, signed};

async fn odd(served: &Served, path: &str, body: Value) -> u16 {
    served.send("POST", &format!("/__world/{path}"), &[], &body.to_string()).await.status
}

async fn kms(served: &Served, action: &str, body: Value) -> (u16, Value) {
    let authorization = signed("kms", "123456789101", "us-east-1");
    let target = format!("TrentService.{action}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", &target),
    ];
    let answer = served.send("POST", "/", &headers, &body.to_string()).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn rows_and_keys_of_addons_are_odd_on_the_wire() {
    let (world, site) = World::of_the_encryption_procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new()).unwrap();
    for (name, plan) in [
        ("vaulted", "heroku-redis:private-7"),
        ("kafka", "heroku-kafka:private-standard-0"),
        ("pg", "heroku-postgresql:private-4"),
    ] {
        let addon = AddonSpec::new(&site.app, name, plan).attached_as(name.to_ascii_uppercase());
        world.add_addon(&addon.encrypted_with(&key)).unwrap();
    }
    let served = Served::new(world).await;
    let row = || async {
        let all = served.heroku("GET", "/addons", None).await.json();
        let all = all.as_array().unwrap().clone();
        let id = served.heroku("GET", "/addons/vaulted", None).await.json()["id"].clone();
        all.into_iter().find(|row| row["id"] == id).unwrap()
    };
    for (word, path, expected) in [
        ("no-plan", "/plan", json!(null)),
        ("no-app", "/app", json!(null)),
        ("plan-without-service", "/plan/name", json!("private-7")),
        ("upper-case-plan", "/plan/name", json!("HEROKU-REDIS:PRIVATE-7")),
        ("only-id", "/name", json!(null)),
    ] {
        let body = json!({ "addon": "vaulted", "listed-as": word });
        assert_eq!(odd(&served, "odd-addon", body).await, 200);
        assert_eq!(row().await.pointer(path), Some(&expected), "{word}");
    }
    let list = json!([key.as_str()]);
    for name in ["vaulted", "kafka", "pg"] {
        let body = json!({ "addon": name, "key-written-as": "list" });
        assert_eq!(odd(&served, "odd-addon", body).await, 200);
    }
    let redis = served.heroku("GET", "/redis/v0/databases/vaulted", None).await.json();
    assert_eq!(redis["customer_encryption_key"], list);
    let kafka = served.heroku("GET", "/data/kafka/v0/clusters/kafka", None).await.json();
    assert_eq!(kafka["customer_encryption_key"], list);
    let pg = served.heroku("GET", "/client/v11/databases/pg", None).await.json();
    let rows = pg["info"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "Customer Encryption Key").unwrap();
    assert_eq!(row["values"], json!([list]));

    for body in [
        json!({ "addon": "nobody", "listed-as": "no-plan" }),
        json!({ "addon": "vaulted", "listed-as": "whole" }),
        json!({ "addon": "vaulted", "key-written-as": "" }),
    ] {
        assert_eq!(odd(&served, "odd-addon", body).await, 422);
    }
}

#[tokio::test]
async fn a_name_is_taken_though_the_look_after_it_is_stale() {
    let (world, site) = World::of_the_encryption_procedure(DataService::KeyValueStore);
    world.set_read_lag(std::time::Duration::from_secs(60));
    let served = Served::new(world).await;
    let path = format!("/apps/{}/addons", site.app);
    let body = json!({ "plan": "heroku-redis:private-7", "name": "twice", "config": {} });
    assert_eq!(served.heroku("POST", &path, Some(body.clone())).await.status, 201);
    let refused = served.heroku("POST", &path, Some(body)).await;
    assert_eq!((refused.status, &refused.json()["id"]), (422, &json!("invalid_params")));
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Name is already taken"), "{message}");
    assert_eq!(served.heroku("GET", &format!("{path}/twice"), None).await.status, 404);
}

#[tokio::test]
async fn kms_shows_less_over_http() {
    let world = World::new();
    let key = world.add_key(&KeySpec::new().tagged("a", "b")).unwrap();
    let served = Served::new(world).await;
    let id = json!({ "KeyId": key.as_str() });
    assert_eq!(odd(&served, "key-quirks", json!({ "lists-nothing": true })).await, 200);
    let (status, listed) = kms(&served, "ListKeys", json!({})).await;
    assert_eq!((status, &listed["Keys"]), (200, &json!([])));
    assert_eq!(kms(&served, "DescribeKey", id.clone()).await.0, 200);

    assert_eq!(odd(&served, "key-quirks", json!({ "describes-nothing": true })).await, 200);
    let (status, error) = kms(&served, "DescribeKey", id.clone()).await;
    assert_eq!(status, 400, "{error}");
    assert_eq!(kms(&served, "ListKeys", json!({})).await.1["Keys"].as_array().unwrap().len(), 1);

    let quirks = json!({ "tag-cleaner-seconds": 0, "strict-policies": false });
    assert_eq!(odd(&served, "key-quirks", quirks).await, 200);
    let tags = json!([{ "TagKey": "a", "TagValue": "b" }]);
    let half = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789101"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":"kms:*"}]}"#;
    let (status, made) = kms(&served, "CreateKey", json!({ "Tags": tags, "Policy": half })).await;
    assert_eq!(status, 200, "{made}");
    let id = json!({ "KeyId": made["KeyMetadata"]["KeyId"] });
    assert_eq!(kms(&served, "ListResourceTags", id).await.1["Tags"], json!([]));
    assert_eq!(odd(&served, "key-quirks", json!({})).await, 200);
    let (status, refused) = kms(&served, "CreateKey", json!({ "Policy": half })).await;
    assert_eq!(status, 400, "{refused}");
    assert_eq!(odd(&served, "key-quirks", json!({ "lists-all": true })).await, 422);
}
