//! Plans as scripts. `UPDATE_GOLDEN=1 cargo test` rewrites the files.

use std::io::Write;
use std::process::{Command, Stdio};

use heroku_data_link::encryption::{CopyBy, Migration};
use heroku_data_link::model::{DataService, NonEmptySet};
use heroku_data_link::peering::Inbound;
use heroku_data_link::provider::Keys;
use heroku_data_link::reconcile::{Driver, Goal, Pass, Plan, ScriptError, Workflow};
use heroku_data_link_mock::{KeySpec, World};

use crate::golden::assert_golden;
use crate::{encryption, peering, support};

/// The script, which bash understands, and which shows what it is of.
fn assert_script(name: &str, plan: &Plan) {
    let script = plan.script().unwrap().to_string();
    assert_golden(&format!("script-{name}.sh"), &script);
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success(), "{script}");
    let mut rest = script.as_str();
    for step in plan.open_steps() {
        let at = rest.find(&step.sentence);
        rest = &rest[at.unwrap_or_else(|| panic!("{} is not next in {rest}", step.sentence))..];
    }
    for secret in ["p-of-the-mock", "HRKU-", "redis://", "postgres://"] {
        assert!(!script.contains(secret), "{script}");
    }
}

#[tokio::test]
async fn scripts_of_a_privatelink() {
    for service in DataService::ALL {
        let (world, _, spec) = support::procedure(service);
        let link = support::driver(&world, &spec);
        let plan = link.plan(Goal::Established).await.unwrap();
        let json = serde_json::to_string(&plan).unwrap();
        let stored: Plan = serde_json::from_str(&json).unwrap();
        assert_eq!(stored.script().unwrap(), plan.script().unwrap());
        assert_script(&format!("{}-fresh", service.slug()), &plan);
        link.establish().await.unwrap();
        let plan = link.plan(Goal::TornDown).await.unwrap();
        assert_script(&format!("{}-teardown", service.slug()), &plan);
    }
}

/// The scripts of a link's plans from its beginning to its end, and from there to nothing: after every
/// pass.
async fn scripts_of_a_life<W: Workflow>(world: &World, link: &Driver<W>) -> Vec<String> {
    let mut scripts = Vec::new();
    for goal in [Goal::Established, Goal::TornDown] {
        loop {
            let plan = link.plan(goal).await.unwrap();
            scripts.push(plan.script().unwrap().to_string());
            let after = match goal {
                Goal::Established => match link.reconcile_once().await.unwrap() {
                    Pass::Requeue { after, .. } => after,
                    Pass::Done(_) => break,
                },
                Goal::TornDown => match link.teardown_once().await.unwrap() {
                    Pass::Requeue { after, .. } => after,
                    Pass::Done(()) => break,
                },
            };
            world.advance(after);
        }
    }
    scripts
}

#[tokio::test]
async fn links_have_scripts_whatever_was_done_already() {
    let (world, _, spec) = support::procedure(DataService::KeyValueStore);
    let scripts = scripts_of_a_life(&world, &support::driver(&world, &spec)).await;
    let number_with = |text: &str| scripts.iter().filter(|it| it.contains(text)).count();
    assert!(scripts.len() > 8, "{}", scripts.len());
    // What is known by then stands there, and nobody sets it.
    for text in ["SERVICE_NAME", "ENDPOINT_ID", "vpce-svc-", "vpce-0", "vpc-endpoint-ids vpce-0"] {
        let number = number_with(text);
        assert!(number > 0 && number < scripts.len(), "{text}: {number} of {}", scripts.len());
    }

    let (world, site, spec) = peering::procedure();
    let link = peering::driver(&world, &site, &spec);
    assert!(scripts_of_a_life(&world, &link).await.len() > 5);

    let (world, site, spec) = encryption::support::procedure(DataService::Postgres);
    let mut migration = Migration::from(site.old_addon.clone());
    migration.copy = CopyBy::Follower;
    let link = encryption::support::driver(&world, &spec.migrating(migration));
    let scripts = scripts_of_a_life(&world, &link).await;
    let unfollow = "heroku pg:unfollow vaulted --app your-app-name --confirm your-app-name\n";
    assert!(scripts[0].contains(unfollow), "{}", scripts[0]);
}

#[tokio::test]
async fn scripts_of_a_peering() {
    let (world, site, mut spec) = peering::procedure();
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::of("5432".parse().unwrap()),
    });
    let link = peering::driver(&world, &site, &spec);
    assert_script("peering-fresh", &link.plan(Goal::Established).await.unwrap());
    link.establish().await.unwrap();
    assert_script("peering-teardown", &link.plan(Goal::TornDown).await.unwrap());
}

#[tokio::test]
async fn scripts_of_an_addon_under_a_key() {
    let (world, _, spec) = encryption::support::procedure(DataService::KeyValueStore);
    let link = encryption::support::driver(&world, &spec);
    assert_script("encryption-fresh", &link.plan(Goal::Established).await.unwrap());
    for service in [DataService::KeyValueStore, DataService::Postgres] {
        let (world, site, spec) = encryption::support::procedure(service);
        let key = world.add_key(&KeySpec::new()).unwrap();
        let spec = spec.with_key(encryption::support::existing(&key, true));
        let link = encryption::support::driver(
            &world,
            &spec.migrating(Migration::from(site.old_addon.clone())),
        );
        let name = format!("encryption-{}-migration", service.slug());
        assert_script(&name, &link.plan(Goal::Established).await.unwrap());
    }
}

#[tokio::test]
async fn scripts_of_a_key_that_is_disabled_and_enabled() {
    let (world, _, spec) = encryption::support::encrypted(DataService::KeyValueStore);
    let plan = encryption::support::access(&world, &spec).plan(Goal::TornDown).await.unwrap();
    let ScriptError::Blocked(blockers) = plan.script().unwrap_err() else { panic!() };
    assert_eq!(blockers.len(), 1);
    let yes = encryption::support::confirmed(&world, spec.clone());
    let plan = encryption::support::access(&world, &yes).plan(Goal::TornDown).await.unwrap();
    assert_script("key-access-disable", &plan);
    world.aws().disable_key(&spec.key).await.unwrap();
    let plan = encryption::support::access(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_script("key-access-enable", &plan);
}
