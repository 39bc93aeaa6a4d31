//! Account, apps, their config variables and releases.

use serde_json::{Value, json};

use super::{APP, SDK, has_fields, refused, secs, served};

#[tokio::test]
async fn the_account_is_whose_token_it_is() {
    let served = served().await;
    let account = served.read("/account").await;
    assert_eq!(account["verified"], true);
    assert_eq!(account["two_factor_authentication"], false);
}

#[tokio::test]
async fn an_app_is_read_by_name_and_by_id() {
    let served = served().await;
    let app = served.read(&format!("/apps/{APP}")).await;
    assert_eq!(app["space"]["name"], "procedures");
    assert_eq!(app["space"]["shield"], false);
    assert_eq!(app["region"]["name"], "virginia");
    assert_eq!(app["team"]["name"], "acme");
    assert_eq!(app["stack"]["name"], "heroku-24");
    assert_eq!(app["web_url"], format!("https://{APP}.herokuapp.com/"));
    assert_eq!(app["owner"]["email"], "you@example.com");
    let id = app["id"].as_str().unwrap();
    assert_eq!(served.read(&format!("/apps/{id}")).await, app);
    assert_eq!(served.read(&format!("/apps/{}", id.to_ascii_uppercase())).await, app);
    assert_eq!(served.column("/apps", "name").await.len(), 2);

    served.world.add_app("common", None).unwrap();
    let common = served.read("/apps/common").await;
    assert_eq!((&common["space"], &common["region"]["name"]), (&Value::Null, &json!("us")));
}

#[tokio::test]
async fn a_generation_is_an_object_or_text() {
    let served = served().await;
    for path in [format!("/apps/{APP}"), "/spaces/procedures".to_owned()] {
        assert_eq!(served.read(&path).await["generation"]["name"], "cedar");
        assert_eq!(served.read_with(&path, &[SDK]).await["generation"], "cedar");
    }
}

#[tokio::test]
async fn an_app_that_is_not_there_is_said_to_be_missing() {
    let served = served().await;
    let unknown = ["nowhere", "00000000-0000-4000-8000-000000000099", "-", "a.b"];
    for app in unknown {
        for rest in [
            "",
            "/addons",
            "/addons/x",
            "/addon-attachments",
            "/addon-attachments/x",
            "/config-vars",
            "/releases",
            "/formation",
            "/dynos",
            "/collaborators",
        ] {
            let answer = served.get(&format!("/apps/{app}{rest}")).await;
            refused(&answer, 404, "not_found");
            assert_eq!(answer.json()["resource"], "app", "{app}{rest}");
        }
    }
}

#[tokio::test]
async fn nothing_is_deployed() {
    let served = served().await;
    for list in ["collaborators", "dynos", "formation"] {
        assert_eq!(served.read(&format!("/apps/{APP}/{list}")).await, json!([]));
    }
    refused(&served.get(&format!("/apps/{APP}/pipeline-couplings")).await, 404, "not_found");
}

#[tokio::test]
async fn config_variables_are_set_and_unset() {
    let served = served().await;
    let path = format!("/apps/{APP}/config-vars");
    let before = served.read(&path).await;
    assert!(before["REDIS_URL"].as_str().unwrap().starts_with("rediss://:"));
    let (status, after) = served.change("PATCH", &path, json!({ "A": "b", "C_1": "" })).await;
    assert_eq!((status, &after["A"], &after["C_1"]), (200, &json!("b"), &json!("")));
    assert_eq!(after["REDIS_URL"], before["REDIS_URL"]);
    served.world.advance(secs(60));
    let (_, after) = served.change("PATCH", &path, json!({ "A": null, "C_1": "d" })).await;
    assert_eq!((after.get("A"), &after["C_1"]), (None, &json!("d")));
    assert_eq!(served.read(&path).await, after);
    let descriptions = served.column(&format!("/apps/{APP}/releases"), "description").await;
    assert!(
        descriptions.ends_with(&[
            "Set A, C_1 config vars".to_owned(),
            "Set C_1 config vars; Remove A config vars".to_owned(),
        ]),
        "{descriptions:?}"
    );

    let mutations = served.world.mutations();
    let refuse = async |body: Value| {
        refused(&served.ask("PATCH", &path, &[], body).await, 422, "invalid_params");
    };
    refuse(json!({ "REDIS_URL": "redis://x" })).await;
    refuse(json!({ "REDIS_URL": null })).await;
    assert_eq!(served.world.mutations(), mutations + 2, "refused by the world");
    refuse(json!({ "a b": "c" })).await;
    refuse(json!({ "A": 1 })).await;
    assert_eq!(served.world.mutations(), mutations + 2, "never heard of");
}

#[tokio::test]
async fn every_change_of_an_app_is_a_release() {
    let served = served().await;
    let path = format!("/apps/{APP}/releases");
    let before = served.read(&path).await;
    let first = &before[0];
    has_fields(
        first,
        &[
            "addon_plan_names",
            "app",
            "created_at",
            "current",
            "description",
            "id",
            "output_stream_url",
            "slug",
            "status",
            "updated_at",
            "user",
            "version",
        ],
    );
    assert_eq!((&first["version"], &first["description"]), (&json!(1), &json!("Initial release")));
    let by_id = format!("{path}/{}", first["id"].as_str().unwrap());
    assert_eq!(&served.read(&by_id).await, first);
    assert_eq!(&served.read(&format!("{path}/1")).await, first);
    refused(&served.get(&format!("{path}/99")).await, 404, "not_found");

    let body =
        json!({ "addon": "redis-kvs-12345", "app": APP, "name": "DATABASE", "confirm": APP });
    assert_eq!(served.change("POST", "/addon-attachments", body).await.0, 201);
    let after = served.column(&path, "description").await;
    let new = &after[before.as_array().unwrap().len()..];
    assert_eq!(
        new,
        ["Detach DATABASE (@ref:postgresql-cubed-12345)", "Attach DATABASE (@ref:redis-kvs-12345)",]
    );
}
