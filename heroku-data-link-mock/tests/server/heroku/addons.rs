//! Reading and resolving add-ons.

use serde_json::{Value, json};

use super::{APP, KAFKA, POSTGRES, REDIS, SDK, has_fields, refused, served, texts};

const FIELDS: [&str; 14] = [
    "actions",
    "addon_service",
    "app",
    "billed_price",
    "billing_entity",
    "config_vars",
    "created_at",
    "id",
    "name",
    "plan",
    "provider_id",
    "state",
    "updated_at",
    "web_url",
];

#[tokio::test]
async fn add_ons_are_listed_of_an_app_and_of_all() {
    let served = served().await;
    let of_app = served.read(&format!("/apps/{APP}/addons")).await;
    assert_eq!(texts(&of_app, "name"), [REDIS, KAFKA, POSTGRES, "redis-sushi-12345"]);
    for addon in of_app.as_array().unwrap() {
        has_fields(addon, &FIELDS);
        assert_eq!(addon["app"]["name"], APP);
        has_fields(&addon["plan"], &["id", "name"]);
        has_fields(&addon["addon_service"], &["id", "name"]);
    }
    let redis = &of_app[0];
    assert_eq!(redis["state"], "provisioned");
    assert_eq!(redis["plan"]["name"], "heroku-redis:private-7");
    assert_eq!(redis["addon_service"]["name"], "heroku-redis");
    assert_eq!(redis["config_vars"], json!(["REDIS_URL"]));
    assert_eq!(
        redis["billed_price"],
        json!({ "cents": 60000, "contract": false, "unit": "month" })
    );
    assert_eq!(redis["billing_entity"]["type"], "app");
    assert_eq!(served.read("/addons").await.as_array().unwrap().len(), 7);
    let kafka = &of_app[1]["config_vars"];
    assert_eq!(
        kafka,
        &json!(["KAFKA_CLIENT_CERT", "KAFKA_CLIENT_CERT_KEY", "KAFKA_TRUSTED_CERT", "KAFKA_URL",])
    );
}

#[tokio::test]
async fn an_add_on_is_read_by_name_and_by_id() {
    let served = served().await;
    let redis = served.read(&format!("/addons/{REDIS}")).await;
    let id = redis["id"].as_str().unwrap();
    for path in [
        format!("/addons/{id}"),
        format!("/apps/{APP}/addons/{REDIS}"),
        format!("/apps/{APP}/addons/{id}"),
        format!("/apps/{}/addons/{id}", redis["app"]["id"].as_str().unwrap()),
    ] {
        assert_eq!(served.read(&path).await, redis, "{path}");
    }
    for path in [
        "/addons/nothing",
        "/addons/00000000-0000-4000-8000-000000000999",
        "/addons/a.b",
        "/apps/your-app-name/addons/redis-kvs-12345",
    ] {
        let answer = served.get(path).await;
        refused(&answer, 404, "not_found");
        assert_eq!(answer.json()["resource"], "add_on");
    }
}

#[tokio::test]
async fn services_and_plans_are_shown_in_full_on_demand() {
    let served = served().await;
    let extra = [SDK, ("accept-expansion", "addon_service,plan")];
    let list = served.read_with(&format!("/apps/{APP}/addons"), &extra).await;
    assert_eq!(list[0]["plan"]["price"]["cents"], 60000);
    assert_eq!(list[0]["plan"]["installable_inside_private_network"], true);
    assert_eq!(list[0]["addon_service"]["human_name"], "Heroku Redis");
    let plan = served.read("/plans/heroku-redis:private-7").await;
    assert_eq!(list[0]["plan"], plan);
}

#[tokio::test]
async fn whatever_means_an_add_on_resolves_to_it() {
    let served = served().await;
    let resolve =
        async |body: Value| served.ask("POST", "/actions/addons/resolve", &[SDK], body).await;
    let id = served.read(&format!("/addons/{REDIS}")).await["id"].clone();
    for body in [
        json!({ "addon": REDIS }),
        json!({ "addon": REDIS, "app": null }),
        json!({ "addon": REDIS, "app": APP }),
        json!({ "addon": "REDIS", "app": APP }),
        json!({ "addon": "REDIS_URL", "app": APP }),
        json!({ "addon": id, "app": APP }),
        json!({ "addon": id }),
        json!({ "addon": format!("{APP}::REDIS"), "app": null }),
        json!({ "addon": "REDIS", "app": APP, "addon_service": "heroku-redis" }),
    ] {
        let answer = resolve(body.clone()).await;
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!(texts(&answer.json(), "name"), [REDIS], "{body}");
    }
    for (body, resource) in [
        (json!({ "addon": "nothing", "app": APP }), "add_on"),
        (json!({ "addon": "REDIS" }), "add_on"),
        (json!({ "addon": "" }), "add_on"),
        (json!({ "addon": "a/b", "app": APP }), "add_on"),
        (json!({ "addon": REDIS, "app": "your-app-name" }), "add_on"),
        (json!({ "addon": REDIS, "addon_service": "heroku-kafka" }), "add_on"),
        (json!({ "addon": REDIS, "app": "nowhere" }), "app"),
        (json!({ "addon": "nowhere::REDIS" }), "app"),
    ] {
        let answer = resolve(body.clone()).await;
        refused(&answer, 404, "not_found");
        assert_eq!(answer.json()["resource"], resource, "{body}");
    }
    refused(&resolve(json!({ "app": APP })).await, 422, "invalid_params");
    refused(&resolve(json!({ "addon": 1 })).await, 422, "invalid_params");
}
