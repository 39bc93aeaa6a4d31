//! Plans as a person reads them. `UPDATE_GOLDEN=1 cargo test` rewrites the files.

use heroku_data_link::encryption::Migration;
use heroku_data_link::model::DataService;
use heroku_data_link::provider::{CallerIdentity, Keys};
use heroku_data_link::reconcile::Goal;
use heroku_data_link_mock::{EncryptionSite, KeySpec};

use super::support::{HEROKU, access, driver, encrypted, existing, procedure};
use crate::golden::assert_golden;

fn caller(site: &EncryptionSite) -> CallerIdentity {
    CallerIdentity {
        account: site.account.clone(),
        arn: format!("arn:aws:iam::{}:user/x", site.account).parse().unwrap(),
    }
}

#[tokio::test]
async fn plans_of_an_addon_under_a_key() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_golden("encryption-fresh.txt", &plan.to_string());
    link.establish().await.unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    assert!(plan.is_settled());
    assert_golden("encryption-established.txt", &plan.to_string());
    let plan = link.plan(Goal::TornDown).await.unwrap();
    assert_golden("encryption-teardown.txt", &plan.to_string());
    let policy = spec.iam_policy(&caller(&site), &site.region);
    assert_golden("encryption-policy.json", &format!("{policy}\n"));
}

#[tokio::test]
async fn plans_of_a_migration_and_of_a_key_that_is_mended() {
    for service in [DataService::KeyValueStore, DataService::Postgres] {
        let (world, site, spec) = procedure(service);
        let key = world.add_key(&KeySpec::new()).unwrap();
        let migration = Migration::from(site.old_addon.clone());
        let spec = spec.with_key(existing(&key, true)).migrating(migration);
        let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
        let name = format!("encryption-{}-migration.txt", service.slug());
        assert_golden(&name, &plan.to_string());
    }
}

#[tokio::test]
async fn plans_of_a_key_that_is_disabled_and_enabled() {
    let (world, site, spec) = encrypted(DataService::KeyValueStore);
    let plan = access(&world, &spec).plan(Goal::TornDown).await.unwrap();
    assert_golden("key-access-disable.txt", &plan.to_string());
    world.aws().disable_key(&spec.key).await.unwrap();
    let plan = access(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_golden("key-access-enable.txt", &plan.to_string());
    let policy = spec.iam_policy(&caller(&site), &site.region);
    assert_golden("key-access-policy.json", &format!("{policy}\n"));
}

#[tokio::test]
async fn a_plan_needs_no_more_than_the_policy_of_its_job() {
    for mend in [None, Some(true), Some(false)] {
        let (world, site, mut spec) = procedure(DataService::KeyValueStore);
        if let Some(mend) = mend {
            let key = KeySpec::new();
            let key = if mend { key } else { key.open_to(HEROKU) };
            spec = spec.with_key(existing(&world.add_key(&key).unwrap(), mend));
        }
        driver(&world, &spec).establish().await.unwrap();
        let policy = spec.iam_policy(&caller(&site), &site.region);
        let permitted = policy.actions();
        for call in world.journal().iter().filter(|call| call.operation.starts_with("kms:")) {
            assert!(permitted.contains(call.operation), "{} is not permitted", call.operation);
        }
    }
}
