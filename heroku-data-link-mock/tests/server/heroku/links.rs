//! Endpoint services of add-ons.

use heroku_data_link_mock::AddonSpec;
use serde_json::{Value, json};

use super::{APP, KAFKA, REDIS, has_fields, refused, secs, served};
use crate::support::Served;

const LINK: &str = "/private-link/v0/databases/redis-kvs-12345";
const ACCOUNTS: &str = "/private-link/v0/databases/redis-kvs-12345/allowed_accounts";

fn accounts(principals: &[&str]) -> Value {
    json!({ "allowed_accounts": principals })
}

/// ARN and status of all that may connect.
async fn allowed(served: &Served) -> Vec<String> {
    let link = served.read(LINK).await;
    let accounts = link["allowed_accounts"].as_array().unwrap().iter();
    accounts
        .map(|it| format!("{} {}", it["arn"].as_str().unwrap(), it["status"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_life_of_an_endpoint_service() {
    let served = served().await;
    refused(&served.get(LINK).await, 404, "not_found");
    let (status, made) =
        served.change("POST", LINK, accounts(&["123456789101:user/abc.xyz", "123456789101"])).await;
    assert_eq!(status, 201);
    has_fields(
        &made,
        &["addon", "allowed_accounts", "app", "connections", "service_name", "status"],
    );
    has_fields(&made["addon"], &["name", "uuid"]);
    assert_eq!(made["addon"]["name"], REDIS);
    assert_eq!(made["app"], json!({ "name": APP }));
    assert_eq!((&made["status"], &made["service_name"]), (&json!("Provisioning"), &json!("")));
    assert_eq!(made["connections"], json!([]));
    assert_eq!(
        made["allowed_accounts"][0],
        json!({
            "account_id": "123456789101",
            "arn": "arn:aws:iam::123456789101:root",
            "status": "Provisioning",
        })
    );
    assert_eq!(made["allowed_accounts"][1]["arn"], "arn:aws:iam::123456789101:user/abc.xyz");
    assert_eq!(served.read(LINK).await, made);
    let by_id = format!("/private-link/v0/databases/{}", made["addon"]["uuid"].as_str().unwrap());
    assert_eq!(served.read(&by_id).await, made);

    served.world.advance(secs(7 * 60));
    let ready = served.read(LINK).await;
    assert_eq!(ready["status"], "Operational");
    assert_eq!(ready["service_name"], "com.amazonaws.vpce.us-east-1.vpce-svc-0410a2e25933fe8ec");
    assert_eq!(ready["allowed_accounts"][0]["status"], "Provisioning");
    served.world.advance(secs(60));
    assert_eq!(
        allowed(&served).await,
        ["arn:aws:iam::123456789101:root Active", "arn:aws:iam::123456789101:user/abc.xyz Active",]
    );

    let (status, changed) = served.change("PUT", ACCOUNTS, accounts(&["210987654321:root"])).await;
    assert_eq!((status, changed["allowed_accounts"].as_array().unwrap().len()), (202, 3));
    let (status, _) = served.change("PATCH", ACCOUNTS, accounts(&["123456789101"])).await;
    assert_eq!(status, 202);
    assert_eq!(
        allowed(&served).await,
        [
            "arn:aws:iam::123456789101:user/abc.xyz Active",
            "arn:aws:iam::210987654321:root Provisioning",
        ]
    );

    let (status, gone) = served.change("DELETE", LINK, Value::Null).await;
    assert_eq!((status, &gone["status"]), (202, &json!("Deprovisioned")));
    assert_eq!(served.read(LINK).await["status"], "Deprovisioned");
    refused(&served.ask("PUT", ACCOUNTS, &[], accounts(&["123456789101"])).await, 404, "not_found");
    let (status, _) = served.change("DELETE", LINK, Value::Null).await;
    assert_eq!(status, 202, "it is still going");
    served.world.advance(secs(3 * 60));
    refused(&served.get(LINK).await, 404, "not_found");
    refused(&served.ask("DELETE", LINK, &[], Value::Null).await, 404, "not_found");
}

#[tokio::test]
async fn a_connection_is_listed_with_its_endpoint() {
    let served = served().await;
    let addon =
        served.read(&format!("/addons/{KAFKA}")).await["id"].as_str().unwrap().parse().unwrap();
    let service = served.world.add_private_link(addon, &["123456789101"]).unwrap();
    let vpc = "vpc-0a1b2c3d4e5f60718".parse().unwrap();
    let endpoint = served.world.add_endpoint(&vpc, &service, &[], &[], &[]).unwrap();
    let link = served.read(&format!("/private-link/v0/databases/{KAFKA}")).await;
    let connection = &link["connections"][0];
    has_fields(connection, &["endpoint_id", "hostname", "owner_arn", "status"]);
    assert_eq!(connection["endpoint_id"], json!(endpoint));
    assert_eq!(connection["owner_arn"], "arn:aws:iam::123456789101:root");
    assert_eq!(connection["status"], "Available");
    assert!(connection["hostname"].as_str().unwrap().starts_with(endpoint.as_str()));
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused() {
    let served = served().await;
    let post = async |path: &str, body: Value| served.ask("POST", path, &[], body).await;
    let good = accounts(&["123456789101"]);
    refused(&post(LINK, accounts(&[])).await, 422, "unprocessable_entity");
    for principal in ["", "1", "arn:aws:iam::12345678910:root", "123456789101,210987654321"] {
        refused(&post(LINK, accounts(&[principal])).await, 422, "unprocessable_entity");
    }
    refused(&post(LINK, json!({ "accounts": [] })).await, 422, "invalid_params");
    let unknown = ["nothing", "00000000-0000-4000-8000-000000000999", "REDIS"];
    for addon in unknown {
        let path = format!("/private-link/v0/databases/{addon}");
        refused(&post(&path, good.clone()).await, 404, "not_found");
        refused(&served.get(&path).await, 404, "not_found");
        refused(&served.ask("DELETE", &path, &[], Value::Null).await, 404, "not_found");
    }
    refused(&served.ask("PATCH", ACCOUNTS, &[], good.clone()).await, 404, "not_found");

    assert_eq!(post(LINK, good.clone()).await.status, 201);
    refused(&post(LINK, good.clone()).await, 422, "unprocessable_entity");

    let young = AddonSpec::new(APP, "young", "heroku-redis:private-7");
    served.world.add_addon(&young.provisioned_after(secs(60))).unwrap();
    refused(&post("/private-link/v0/databases/young", good.clone()).await, 409, "conflict");
    served.world.add_addon(&AddonSpec::new(APP, "small", "heroku-redis:premium-0")).unwrap();
    let small = post("/private-link/v0/databases/small", good).await;
    refused(&small, 422, "unprocessable_entity");
}
