//! Attachments.

use serde_json::{Value, json};

use super::{APP, POSTGRES, REDIS, SDK, has_fields, refused, secs, served, texts};
use crate::support::Served;

const FIELDS: [&str; 9] = [
    "addon",
    "app",
    "created_at",
    "id",
    "log_input_url",
    "name",
    "namespace",
    "updated_at",
    "web_url",
];

async fn attach(served: &Served, body: Value) -> Value {
    let (status, made) = served.change("POST", "/addon-attachments", body).await;
    assert_eq!(status, 201, "{made}");
    made
}

#[tokio::test]
async fn attachments_are_read_in_every_way() {
    let served = served().await;
    let list = served.read(&format!("/apps/{APP}/addon-attachments")).await;
    assert_eq!(texts(&list, "name"), ["REDIS", "KAFKA", "DATABASE", "HEROKU_REDIS_AQUA"]);
    has_fields(&list[0], &FIELDS);
    has_fields(&list[0]["addon"], &["app", "id", "name"]);
    assert_eq!(list[0]["addon"]["app"]["name"], APP);
    assert_eq!(list[0]["namespace"], Value::Null);
    let id = list[0]["id"].as_str().unwrap();
    for path in [
        format!("/addon-attachments/{id}"),
        format!("/apps/{APP}/addon-attachments/{id}"),
        format!("/apps/{APP}/addon-attachments/REDIS"),
    ] {
        assert_eq!(served.read(&path).await, list[0], "{path}");
    }
    assert_eq!(served.read(&format!("/addons/{REDIS}/addon-attachments")).await, json!([list[0]]));
    assert_eq!(served.read("/addon-attachments").await.as_array().unwrap().len(), 7);
    for path in [
        "/addon-attachments/REDIS",
        "/addon-attachments/00000000-0000-4000-b000-000000000999",
        "/apps/privatelink-vpc-endpoint-demo/addon-attachments/NOTHING",
    ] {
        let answer = served.get(path).await;
        refused(&answer, 404, "not_found");
        assert_eq!(answer.json()["resource"], "add_on attachment");
    }
    refused(&served.get("/addons/nothing/addon-attachments").await, 404, "not_found");
}

#[tokio::test]
async fn plans_and_variables_are_shown_on_demand() {
    let served = served().await;
    let extra = [SDK, ("accept-inclusion", "addon:plan,config_vars")];
    let list = served.read_with(&format!("/apps/{APP}/addon-attachments"), &extra).await;
    assert_eq!(list[2]["config_vars"], json!(["DATABASE_URL"]));
    assert_eq!(list[2]["addon"]["plan"]["name"], "heroku-postgresql:private-4");
}

#[tokio::test]
async fn an_attachment_is_made_and_a_name_changes_hands_only_when_confirmed() {
    let served = served().await;
    let (addon, app) = (json!({ "name": "redis-sushi-12345" }), json!({ "name": APP }));
    let coloured = attach(&served, json!({ "addon": addon, "app": app })).await;
    assert_eq!(coloured["name"], "HEROKU_REDIS_BLACK");
    let taken = json!({ "addon": addon, "app": app, "name": "REDIS" });
    let answer = served.ask("POST", "/addon-attachments", &[], taken.clone()).await;
    refused(&answer, 423, "confirmation_required");
    assert_eq!(answer.header("x-confirmation-required"), Some(APP));
    let mut confirmed = taken;
    confirmed["confirm"] = json!(APP);
    let made = attach(&served, confirmed).await;
    assert_eq!(
        (&made["name"], &made["addon"]["name"]),
        (&json!("REDIS"), &json!("redis-sushi-12345"))
    );
    served.world.advance(secs(5));
    let elsewhere = json!({
        "addon": made["addon"]["id"], "app": "your-app-name", "name": "OTHER", "namespace": "credential:x",
    });
    let elsewhere = attach(&served, elsewhere).await;
    assert_eq!(elsewhere["namespace"], "credential:x");
    assert_eq!(elsewhere["addon"]["app"]["name"], APP, "owned by one, attached to another");
    let other = served.column("/apps/your-app-name/addons", "name").await;
    assert!(other.contains(&"redis-sushi-12345".to_owned()), "{other:?}");
}

#[tokio::test]
async fn what_cannot_be_attached_is_refused() {
    let served = served().await;
    for (body, status, id) in [
        (json!({ "addon": "nothing", "app": APP }), 404, "not_found"),
        (json!({ "addon": REDIS, "app": "nowhere" }), 404, "not_found"),
        (json!({ "addon": {}, "app": APP }), 404, "not_found"),
        (json!({ "addon": REDIS, "app": APP, "name": "a b" }), 422, "invalid_params"),
        (json!({ "addon": REDIS }), 422, "invalid_params"),
        (json!({ "addon": { "plan": "x" }, "app": APP }), 422, "invalid_params"),
        (json!({ "addon": REDIS, "app": APP, "force": true }), 422, "invalid_params"),
    ] {
        refused(&served.ask("POST", "/addon-attachments", &[], body).await, status, id);
    }
    assert_eq!(served.world.mutations(), 0);
}

#[tokio::test]
async fn an_add_on_is_detached() {
    let served = served().await;
    let found = served.read(&format!("/apps/{APP}/addon-attachments/HEROKU_REDIS_AQUA")).await;
    let path = format!("/addon-attachments/{}", found["id"].as_str().unwrap());
    assert_eq!(served.change("DELETE", &path, Value::Null).await, (200, found));
    refused(&served.ask("DELETE", &path, &[], Value::Null).await, 404, "not_found");
    served.world.advance(secs(5));
    let vars = served.read(&format!("/apps/{APP}/config-vars")).await;
    assert_eq!(vars.get("HEROKU_REDIS_AQUA_URL"), None);
    let releases = served.column(&format!("/apps/{APP}/releases"), "description").await;
    assert_eq!(releases.last().unwrap(), "Detach HEROKU_REDIS_AQUA (@ref:redis-sushi-12345)");
    let addons = served.column(&format!("/apps/{APP}/addons"), "name").await;
    assert!(addons.contains(&"redis-sushi-12345".to_owned()), "the app still owns it");
}

#[tokio::test]
async fn whatever_means_an_attachment_resolves_to_it() {
    let served = served().await;
    let path = "/actions/addon-attachments/resolve";
    let extra = [SDK, ("accept-inclusion", "addon:plan,config_vars")];
    let found = served.read(&format!("/apps/{APP}/addon-attachments/DATABASE")).await;
    for body in [
        json!({ "addon_attachment": "DATABASE", "app": APP }),
        json!({ "addon_attachment": "DATABASE_URL", "app": APP }),
        json!({ "addon_attachment": POSTGRES, "app": APP }),
        json!({ "addon_attachment": found["addon"]["id"], "app": APP }),
        json!({ "addon_attachment": found["id"], "app": APP }),
        json!({ "addon_attachment": found["id"] }),
        json!({ "addon_attachment": format!("{APP}::DATABASE") }),
        json!({ "addon_attachment": "DATABASE", "app": APP, "addon_service": "heroku-postgresql" }),
    ] {
        let answer = served.ask("POST", path, &extra, body.clone()).await;
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!(answer.json()[0]["id"], found["id"], "{body}");
        assert_eq!(answer.json()[0]["config_vars"], json!(["DATABASE_URL"]));
    }
    for (body, resource) in [
        (json!({ "addon_attachment": "DATABASE" }), "add_on attachment"),
        (json!({ "addon_attachment": "NOTHING", "app": APP }), "add_on attachment"),
        (
            json!({ "addon_attachment": "DATABASE", "app": APP, "addon_service": "heroku-redis" }),
            "add_on attachment",
        ),
        (json!({ "addon_attachment": "DATABASE", "app": "nowhere" }), "app"),
    ] {
        let answer = served.ask("POST", path, &extra, body).await;
        refused(&answer, 404, "not_found");
        assert_eq!(answer.json()["resource"], resource);
    }
}
