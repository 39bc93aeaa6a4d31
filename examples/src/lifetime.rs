//! The whole life of a link on simulated clouds.

use std::collections::BTreeSet;
use std::error::Error;

use heroku_data_link::reconcile::{
    Clock, Driver, Goal, IamPolicy, SystemClock, Verified, Workflow, timestamp,
};
use heroku_data_link_mock::World;
use serde_json::json;

use crate::minutes;
use crate::options::Common;
use crate::proof::{Proof, Provable, sentence};

/// How a link lives.
#[derive(Debug)]
pub struct Life<'a> {
    /// The rights that it needs.
    pub policy: &'a IamPolicy,
    /// What the command line says.
    pub options: &'a Common,
    /// Whether its spec is of a file, and may say that something is kept: what is left is shown then.
    pub of_a_file: bool,
    /// What proves it from inside the VPC.
    pub proof: &'a Proof,
}

/// Plans, establishes, verifies and tears down, with half an hour taking no time. `establish` is
/// driven between the plan and the check; `print` shows what the link gives.
///
/// # Errors
///
/// When the link cannot be established or torn down, drifts by itself, is not proved by the report that is
/// given, or leaves anything behind that it should not.
pub async fn run<W>(
    world: &World,
    driver: &Driver<W>,
    life: &Life<'_>,
    establish: impl Future<Output = Result<W::Output, Box<dyn Error>>>,
    print: impl FnOnce(&W::Output),
) -> Result<(), Box<dyn Error>>
where
    W: Workflow<Output: Provable>,
{
    let Life { policy, options, of_a_file, proof } = *life;
    let before = world.fingerprint();
    let plan = driver.plan(Goal::Established).await?;
    if options.show_plan(&plan, policy)? {
        return Ok(());
    }

    let started = world.now();
    let output = establish.await?;
    let took = world.now().duration_since(started)?;
    let in_sync = matches!(driver.verify().await?, Verified::InSync(_));
    // The clouds are simulated, and the report is of a machine's own clock.
    let proved = proof.of(&output, SystemClock.now())?;
    if !options.json {
        print(&output);
        let verified = if in_sync { sentence(proved) } else { "it drifted".to_owned() };
        println!("verified       {verified}");
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
        let mut document = json!({
            "plan": plan,
            "iam-policy": policy,
            "output": output,
            "in-sync": in_sync,
            "seconds": took.as_secs(),
            "teardown": teardown,
            "world-restored": restored,
        });
        if let Some(at) = proved {
            document["proved-at"] = json!(timestamp(at));
        }
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
