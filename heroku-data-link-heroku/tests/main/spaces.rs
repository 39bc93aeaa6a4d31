//! Apps, spaces, regions, the account and config variables.

use heroku_data_link::model::{ConfigVarName, Generation, SpaceName};
use heroku_data_link::provider::{ConfigVars, ErrorKind, Spaces};
use serde_json::json;

use crate::support::{Heroku, V3, assert_sent};

#[tokio::test]
async fn apps() {
    for (space, expected) in [
        (json!({ "id": "x", "name": "acme-space", "shield": false }), Some("acme-space")),
        (json!(null), None),
    ] {
        let body = json!({ "name": "acme-prod", "space": space, "generation": "cedar" });
        let heroku = Heroku::with("GET", "/apps/acme-prod", 200, body).await;
        let app = heroku.client.app(&"acme-prod".parse().unwrap()).await.unwrap().unwrap();
        assert_sent(&heroku.request().await, "GET", "/apps/acme-prod", &[V3], None);
        assert_eq!(app.name.as_str(), "acme-prod");
        assert_eq!(app.space.as_ref().map(SpaceName::as_str), expected);
    }
    let heroku = Heroku::with("GET", "/apps/gone", 404, json!({ "id": "not_found" })).await;
    assert_eq!(heroku.client.app(&"gone".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn spaces_of_both_shapes() {
    let path = "/spaces/acme-space";
    for (generation, expected) in [
        (json!("fir"), Generation::Fir),
        (json!({ "id": "x", "name": "cedar" }), Generation::Cedar),
        (json!("oak"), Generation::Other("oak".to_owned())),
        (json!(null), Generation::Cedar),
        (json!(7), Generation::Cedar),
    ] {
        let id = "0b1c0000-0000-4000-8000-000000000001";
        let body = json!({
            "id": id,
            "name": "acme-space",
            "region": { "name": "virginia", "provider": { "region": "us-east-1" } },
            "shield": true,
            "state": "allocated",
            "generation": generation,
        });
        let heroku = Heroku::with("GET", path, 200, body).await;
        let space = heroku.client.space(&"acme-space".parse().unwrap()).await.unwrap().unwrap();
        let fir = ("accept", "application/vnd.heroku+json; version=3.fir");
        let expansion = ("accept-expansion", "region");
        assert_sent(&heroku.request().await, "GET", path, &[fir, expansion], None);
        assert_eq!(space.id.unwrap().to_string(), id);
        assert_eq!(space.region.as_str(), "virginia");
        assert!(space.shield);
        assert_eq!(space.generation, expected);
    }
    // An answer without an id, or with an odd one, is an answer.
    for id in [json!(null), json!("x")] {
        let body = json!({ "id": id, "name": "acme-space", "region": { "name": "virginia" } });
        let heroku = Heroku::with("GET", path, 200, body).await;
        let space = heroku.client.space(&"acme-space".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(space.id, None);
    }
    let heroku = Heroku::with("GET", "/spaces/gone", 404, json!({ "id": "not_found" })).await;
    assert_eq!(heroku.client.space(&"gone".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn regions() {
    let body = json!({ "name": "virginia", "provider": { "name": "amazon-web-services",
        "region": "us-east-1" } });
    let heroku = Heroku::with("GET", "/regions/virginia", 200, body).await;
    let region = heroku.client.aws_region(&"virginia".parse().unwrap()).await.unwrap().unwrap();
    assert_sent(&heroku.request().await, "GET", "/regions/virginia", &[V3], None);
    assert_eq!(region.as_str(), "us-east-1");
    let heroku = Heroku::with("GET", "/regions/mars", 404, json!({ "id": "not_found" })).await;
    assert_eq!(heroku.client.aws_region(&"mars".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn config_variables_are_secrets() {
    let path = "/apps/acme-prod/config-vars";
    let body = json!({ "REDIS_URL": "rediss://:canary-pw@h:1", "EMPTY": "", "odd-name": "x",
        "NULL": null, "NUMBER": 7 });
    let heroku = Heroku::with("GET", path, 200, body).await;
    let vars = heroku.client.config_vars(&"acme-prod".parse().unwrap()).await.unwrap();
    assert_sent(&heroku.request().await, "GET", path, &[V3], None);
    let names: Vec<_> = vars.keys().map(ConfigVarName::as_str).collect();
    assert_eq!(names, ["EMPTY", "REDIS_URL"]);
    let url = &vars[&"REDIS_URL".parse().unwrap()];
    assert_eq!(url.expose(), "rediss://:canary-pw@h:1");
    assert!(!format!("{vars:?}").contains("canary"));

    let heroku = Heroku::with("GET", path, 404, json!({ "id": "not_found" })).await;
    let error = heroku.client.config_vars(&"acme-prod".parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_account() {
    let body = json!({ "email": "me@example.com", "id": "x" });
    let heroku = Heroku::with("GET", "/account", 200, body).await;
    assert_eq!(heroku.client.account().await.unwrap(), "me@example.com");
    assert_sent(&heroku.request().await, "GET", "/account", &[V3], None);
}
