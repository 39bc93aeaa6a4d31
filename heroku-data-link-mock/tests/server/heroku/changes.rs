//! Making and destroying add-ons.

use heroku_data_link_mock::KeySpec;
use serde_json::{Value, json};

use super::{APP, REDIS, has_fields, refused, secs, served};
use crate::support::Served;

const ADDONS: &str = "/apps/privatelink-vpc-endpoint-demo/addons";

async fn create(served: &Served, body: Value) -> Value {
    let (status, made) = served.change("POST", ADDONS, body).await;
    assert_eq!(status, 201, "{made}");
    made
}

#[tokio::test]
async fn an_add_on_is_made_as_the_cli_asks_for_it() {
    let served = served().await;
    let body = json!({
        "attachment": {}, "config": {}, "plan": { "name": "heroku-redis:private-7" },
    });
    let extra = [("accept-expansion", "plan"), ("x-heroku-legacy-provider-messages", "true")];
    let answer = served.ask("POST", ADDONS, &extra, body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json();
    assert_eq!(made["name"], "redis-cubed-10001");
    assert_eq!(made["state"], "provisioning");
    assert_eq!(made["config_vars"], json!([]));
    assert_eq!(made["provision_message"], "Your add-on is being provisioned.");
    assert_eq!(made["plan"]["price"]["unit"], "month");
    let path = format!("{ADDONS}/redis-cubed-10001");
    assert_eq!(served.read(&path).await["state"], "provisioning");
    served.world.advance(secs(4 * 60));
    assert_eq!(served.read(&path).await["state"], "provisioned");
    served.world.advance(secs(5));
    assert_eq!(served.read(&path).await["config_vars"], json!(["HEROKU_REDIS_BLACK_URL"]));
    let other = create(&served, json!({ "plan": "heroku-postgresql:private-0" })).await;
    assert_eq!(other["name"], "postgresql-cubed-10002");
}

#[tokio::test]
async fn a_fork_under_a_key_is_made() {
    let served = served().await;
    let key = served.world.add_key(&KeySpec::new().open_to("021876802972")).unwrap();
    let vars = served.read(&format!("/apps/{APP}/config-vars")).await;
    let body = json!({
        "attachment": { "name": "REDIS_BYOK" },
        "config": { "encryption-key": key, "fork": vars["REDIS_URL"], "version": "7.2" },
        "name": "redis-forked",
        "plan": { "name": "heroku-redis:private-7" },
    });
    assert_eq!(create(&served, body).await["name"], "redis-forked");
    served.world.advance(secs(15 * 60));
    let info = served.read("/redis/v0/databases/redis-forked").await;
    assert_eq!(info["customer_encryption_key"], json!(key));
    let attached = served.read(&format!("/apps/{APP}/addon-attachments/REDIS_BYOK")).await;
    assert_eq!(attached["addon"]["name"], "redis-forked");
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let served = served().await;
    let plan = "heroku-redis:private-7";
    let wrong_key = json!({ "encryption-key": "arn:aws:kms:eu-west-1:123456789101:key/x" });
    for body in [
        json!({ "plan": "heroku-redis" }),
        json!({ "plan": "heroku-redis:gold" }),
        json!({ "plan": "heroku-redis:premium-7" }),
        json!({ "plan": { "name": "" } }),
        json!({ "plan": plan, "name": REDIS }),
        json!({ "plan": plan, "name": "redis-old-12345" }),
        json!({ "plan": plan, "name": "1" }),
        json!({ "plan": plan, "attachment": { "name": "a b" } }),
        json!({ "plan": plan, "config": wrong_key }),
        json!({ "plan": plan, "config": { "fork": "redis://h:p@nowhere:6379" } }),
        json!({ "plan": plan, "config": { "fork": 1 } }),
        json!({ "plan": plan, "size": 7 }),
        json!({}),
    ] {
        let answer = served.ask("POST", ADDONS, &[], body.clone()).await;
        refused(&answer, 422, "invalid_params");
        assert!(!answer.body.contains("h:p@"), "{body}");
    }
    let taken = json!({ "plan": plan, "attachment": { "name": "REDIS" } });
    let answer = served.ask("POST", ADDONS, &[], taken).await;
    refused(&answer, 423, "confirmation_required");
    assert_eq!(answer.header("x-confirmation-required"), Some(APP));
    let wrong =
        json!({ "plan": plan, "attachment": { "name": "REDIS" }, "confirm": "your-app-name" });
    refused(&served.ask("POST", ADDONS, &[], wrong).await, 423, "confirmation_required");
    let confirmed = json!({ "plan": plan, "attachment": { "name": "REDIS" }, "confirm": APP });
    create(&served, confirmed).await;
}

#[tokio::test]
async fn an_add_on_is_destroyed() {
    let served = served().await;
    let addon = served.read(&format!("/addons/{REDIS}")).await;
    let (app_id, id) = (addon["app"]["id"].as_str().unwrap(), addon["id"].as_str().unwrap());
    let (status, gone) = served
        .change("DELETE", &format!("/apps/{app_id}/addons/{id}"), json!({ "force": false }))
        .await;
    assert_eq!((status, &gone["state"]), (202, &json!("deprovisioning")));
    has_fields(&gone["app"], &["id", "name"]);
    let path = format!("/apps/{APP}/addons/{REDIS}");
    assert_eq!(served.read(&path).await["state"], "deprovisioning");
    refused(&served.get(&format!("/redis/v0/databases/{REDIS}/wait")).await, 404, "not_found");
    let resolve = json!({ "addon": "REDIS", "app": APP });
    let resolved = served.ask("POST", "/actions/addons/resolve", &[], resolve).await;
    refused(&resolved, 404, "not_found");
    refused(&served.ask("DELETE", &path, &[], Value::Null).await, 404, "not_found");
    served.world.advance(secs(60));
    refused(&served.get(&path).await, 404, "not_found");
    let vars = served.read(&format!("/apps/{APP}/config-vars")).await;
    assert_eq!(vars.get("REDIS_URL"), None);
    let releases = served.column(&format!("/apps/{APP}/releases"), "description").await;
    assert_eq!(releases.last().unwrap(), "Detach REDIS (@ref:redis-kvs-12345)");
    // Its name is free again.
    create(&served, json!({ "plan": "heroku-redis:private-7", "name": REDIS })).await;
    let foreign = format!("/apps/your-app-name/addons/{REDIS}");
    refused(&served.ask("DELETE", &foreign, &[], Value::Null).await, 404, "not_found");
}
