//! Add-on services, plans, and regions.

use serde_json::json;

use super::{has_fields, refused, served, texts};

#[tokio::test]
async fn the_three_data_services_have_plans() {
    let served = served().await;
    let mut services = served.column("/addon-services", "name").await;
    services.sort_unstable();
    assert_eq!(services, ["heroku-kafka", "heroku-postgresql", "heroku-redis"]);
    let service = served.read("/addon-services/heroku-kafka").await;
    assert_eq!((&service["human_name"], &service["state"]), (&json!("Heroku Kafka"), &json!("ga")));
    let id = service["id"].as_str().unwrap();
    assert_eq!(served.read(&format!("/addon-services/{id}")).await, service);

    let plans = served.read("/addon-services/heroku-redis/plans").await;
    let names = texts(&plans, "name");
    for name in ["heroku-redis:mini", "heroku-redis:private-7", "heroku-redis:shield-0"] {
        assert!(names.contains(&name.to_owned()), "{name}");
    }
    let plan = served.read("/plans/heroku-redis:private-7").await;
    has_fields(
        &plan,
        &[
            "addon_service",
            "compliance",
            "created_at",
            "default",
            "description",
            "human_name",
            "id",
            "installable_inside_private_network",
            "installable_outside_private_network",
            "name",
            "price",
            "space_default",
            "state",
            "updated_at",
            "visible",
        ],
    );
    assert_eq!(plan["human_name"], "Private 7");
    for path in [
        format!("/plans/{}", plan["id"].as_str().unwrap()),
        "/addon-services/heroku-redis/plans/private-7".to_owned(),
        "/addon-services/heroku-redis/plans/heroku-redis:private-7".to_owned(),
    ] {
        assert_eq!(served.read(&path).await, plan, "{path}");
    }
    let premium = served.read("/plans/heroku-redis:premium-0").await;
    assert_eq!(premium["installable_inside_private_network"], false);
    for path in [
        "/plans/private-7",
        "/plans/heroku-redis:gold",
        "/addon-services/papertrail",
        "/addon-services/papertrail/plans",
        "/addon-services/heroku-kafka/plans/private-7",
    ] {
        refused(&served.get(path).await, 404, "not_found");
    }
}

#[tokio::test]
async fn a_region_says_which_of_amazons_it_is() {
    let served = served().await;
    assert_eq!(served.column("/regions", "name").await.len(), 15);
    let tokyo = served.read("/regions/tokyo").await;
    has_fields(
        &tokyo,
        &[
            "country",
            "created_at",
            "description",
            "id",
            "locale",
            "name",
            "private_capable",
            "provider",
            "updated_at",
        ],
    );
    assert_eq!(
        tokyo["provider"],
        json!({ "name": "amazon-web-services", "region": "ap-northeast-1" })
    );
    assert_eq!(tokyo["description"], "Tokyo, Japan");
    assert_eq!(served.read(&format!("/regions/{}", tokyo["id"].as_str().unwrap())).await, tokyo);
    assert_eq!(served.read("/regions/us").await["private_capable"], false);
    refused(&served.get("/regions/atlantis").await, 404, "not_found");
}
