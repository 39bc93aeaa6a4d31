//! The whole life of a link on simulated clouds.

use std::collections::BTreeSet;
use std::error::Error;

use heroku_data_link::reconcile::{Driver, Goal, IamPolicy, Verified, Workflow};
use heroku_data_link_mock::World;
use serde::Serialize;
use serde_json::json;

use crate::minutes;
use crate::options::Common;

/// Plans, establishes, verifies and tears down, with half an hour taking no time. `establish` is
/// driven between the plan and the check; `print` shows what the link gives. A spec `of_a_file` may
/// say that something is kept, and what is left is shown then.
///
/// # Errors
///
/// When the link cannot be established or torn down, drifts by itself, or leaves anything behind that
/// it should not.
pub async fn run<W>(
    world: &World,
    driver: &Driver<W>,
    policy: &IamPolicy,
    options: &Common,
    of_a_file: bool,
    establish: impl Future<Output = Result<W::Output, Box<dyn Error>>>,
    print: impl FnOnce(&W::Output),
) -> Result<(), Box<dyn Error>>
where
    W: Workflow<Output: Serialize>,
{
    let before = world.fingerprint();
    let plan = driver.plan(Goal::Established).await?;
    if options.show_plan(&plan, policy)? {
        return Ok(());
    }

    let started = world.now();
    let output = establish.await?;
    let took = world.now().duration_since(started)?;
    let in_sync = matches!(driver.verify().await?, Verified::InSync(_));
    if !options.json {
        print(&output);
        println!("verified       {}", if in_sync { "nothing drifted" } else { "it drifted" });
        println!("simulated time {}\n", minutes(took));
    }

    let teardown = driver.plan(Goal::TornDown).await?;
    if !options.json {
        println!("{teardown}");
    }
    driver.teardown().await?;
    let (after, orphans) = (world.fingerprint(), world.orphans());
    let restored = after == before && orphans.is_empty();
    if options.json {
        let document = json!({
            "plan": plan,
            "iam-policy": policy,
            "output": output,
            "in-sync": in_sync,
            "seconds": took.as_secs(),
            "teardown": teardown,
            "world-restored": restored,
        });
        println!("{document:#}");
    } else {
        println!(
            "torn down; the world is {}",
            if restored { "as it was" } else { "not as it was" }
        );
        let before: BTreeSet<&str> = before.lines().collect();
        for line in after.lines().filter(|line| !before.contains(line)) {
            println!("left           {line}");
        }
    }
    if !orphans.is_empty() {
        return Err(orphans.join("; ").into());
    }
    if in_sync && (restored || of_a_file) {
        Ok(())
    } else {
        Err("the example did not end as it should".into())
    }
}
