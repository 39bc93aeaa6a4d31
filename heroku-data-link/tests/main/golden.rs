//! Plans as a person reads them. `UPDATE_GOLDEN=1 cargo test` rewrites the files.

use std::path::Path;

use heroku_data_link::model::DataService;
use heroku_data_link::reconcile::Goal;

use crate::support::{caller, driver, procedure};

pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} differs; UPDATE_GOLDEN=1 rewrites it. Now:\n{text}");
}

#[tokio::test]
async fn plans_of_every_service_and_stage() {
    for service in DataService::ALL {
        let (world, _, spec) = procedure(service);
        let link = driver(&world, &spec);
        let slug = service.slug();
        let plan = link.plan(Goal::Established).await.unwrap();
        assert_golden(&format!("{slug}-fresh.txt"), &plan.to_string());
        link.establish().await.unwrap();
        let plan = link.plan(Goal::Established).await.unwrap();
        assert!(plan.is_settled());
        assert_golden(&format!("{slug}-established.txt"), &plan.to_string());
        let plan = link.plan(Goal::TornDown).await.unwrap();
        assert_golden(&format!("{slug}-teardown.txt"), &plan.to_string());
    }
}

#[tokio::test]
async fn a_plan_as_json() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_golden("heroku-redis-fresh.json", &format!("{:#}\n", serde_json::json!(plan)));
}

#[test]
fn the_iam_policy_of_a_whole_job() {
    let (_, site, spec) = procedure(DataService::KeyValueStore);
    let policy = spec.iam_policy(&caller(&site), &site.region);
    assert_golden(
        "policy.json",
        &format!(
            "{policy}
"
        ),
    );
}

#[tokio::test]
async fn planning_the_same_world_twice_gives_the_same_plan() {
    let (world, _, spec) = procedure(DataService::Postgres);
    let first = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    let second = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_eq!(first, second);
}
