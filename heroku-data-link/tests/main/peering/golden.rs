//! Plans as a person reads them. `UPDATE_GOLDEN=1 cargo test` rewrites the files.

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::peering::Inbound;
use heroku_data_link::reconcile::{Goal, Pass};

use super::{caller, driver, procedure};
use crate::golden::assert_golden;

#[tokio::test]
async fn plans_of_every_stage() {
    let (world, site, mut spec) = procedure();
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::of("5432".parse().unwrap()),
    });
    let link = driver(&world, &site, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_golden("peering-fresh.txt", &plan.to_string());
    assert_golden("peering-fresh.json", &format!("{:#}\n", serde_json::json!(plan)));

    // The first pass asks; the second finds that Heroku does not list it yet.
    let Pass::Requeue { .. } = link.reconcile_once().await.unwrap() else { panic!("done at once") };
    world.advance(std::time::Duration::from_secs(30));
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_golden("peering-waiting.txt", &plan.to_string());

    link.establish().await.unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    assert!(plan.is_settled());
    assert_golden("peering-established.txt", &plan.to_string());
    let plan = link.plan(Goal::TornDown).await.unwrap();
    assert_golden("peering-teardown.txt", &plan.to_string());
}

#[test]
fn the_iam_policy_of_a_whole_job() {
    let (_, site, mut spec) = procedure();
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::of("5432".parse().unwrap()),
    });
    let policy = spec.iam_policy(&caller(&site), &site.region);
    assert_golden("peering-policy.json", &format!("{policy}\n"));
}
