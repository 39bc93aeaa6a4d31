//! Who may connect to an endpoint service: all of them are seen, whatever Heroku calls them.

use heroku_data_link::model::{AllowedPrincipal, DataService, NonEmptySet};
use heroku_data_link::privatelink::{HerokuTeardown, Principals};
use heroku_data_link::reconcile::{Goal, Verified};

use crate::support::{assert_blocker, blockers, driver, procedure};

const SESSION: &str = "arn:aws:sts::123456789101:assumed-role/Admin/me";

#[tokio::test]
async fn principals_that_cannot_be_read_are_noted_and_everybody_stands_out() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let before = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert!(!before.notes.iter().any(|note| note.contains("principals")), "{before}");

    let odd = [SESSION, "arn:aws:iam::*:root", "*"];
    world.list_odd_principals(site.addon_id, &odd).unwrap();
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert!(plan.is_settled(), "{plan}");
    let noted = |part: &str| plan.notes.iter().filter(|note| note.contains(part)).count();
    assert_eq!(noted("warning: anyone may ask for a connection"), 1, "{plan}");
    assert_eq!(noted("warning: whoever matches arn:aws:iam::*:root"), 1, "{plan}");
    assert_eq!(noted(SESSION), 1, "{plan}");
    let command = "heroku data:privatelink:access:remove redis-kvs-12345 --aws-account-id '*'";
    assert_eq!(noted(command), 1, "{plan}");

    let verified = driver(&world, &spec).verify().await.unwrap();
    let Verified::InSync(output) = verified else { panic!("a note is no drift") };
    let mut listed = output.unreadable_principals;
    listed.sort();
    assert_eq!(listed, ["*", "arn:aws:iam::*:root", SESSION].map(AllowedPrincipal::read));

    for (policy, count) in
        [(HerokuTeardown::Keep, 3), (HerokuTeardown::Disallow, 3), (HerokuTeardown::Delete, 0)]
    {
        spec.heroku_teardown = policy;
        let plan = driver(&world, &spec).plan(Goal::TornDown).await.unwrap();
        let told = plan.notes.iter().filter(|note| odd.iter().any(|odd| note.contains(odd)));
        assert_eq!(told.count(), count, "{plan}");
    }
}

#[tokio::test]
async fn exclusive_principals_are_not_in_sync_beside_one_that_cannot_be_read() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    spec.exclusive_principals = true;
    driver(&world, &spec).establish().await.unwrap();
    for (odd, code, parts) in [
        (SESSION, "unreadable-principals", [SESSION, "access:remove", "support ticket"]),
        ("*", "open-to-everybody", ["anyone may ask", "--aws-account-id '*'", "exclusive"]),
        ("arn:aws:iam::*:root", "open-to-everybody", ["arn:aws:iam::*:root", "remove", "Heroku"]),
    ] {
        world.list_odd_principals(site.addon_id, &[odd]).unwrap();
        assert_blocker(&blockers(&world, &spec).await, code, &parts);
        let Verified::Drifted(plan) = driver(&world, &spec).verify().await.unwrap() else {
            panic!("{odd} is no drift")
        };
        assert!(plan.to_string().contains(odd), "{plan}");
    }
    world.list_odd_principals(site.addon_id, &[]).unwrap();
    assert!(matches!(driver(&world, &spec).verify().await.unwrap(), Verified::InSync(_)));
}

#[tokio::test]
async fn a_principal_of_another_partition_is_refused_before_anything_is_made() {
    for foreign in ["arn:aws-cn:iam::123456789101:root", "arn:aws-us-gov:iam::210987654321:role/x"]
    {
        let (world, _, mut spec) = procedure(DataService::KeyValueStore);
        let ours = "123456789101".parse().unwrap();
        let principals = NonEmptySet::new([ours, foreign.parse().unwrap()]).unwrap();
        spec.principals = Principals::These(principals);
        let partition = foreign.split(':').nth(1).unwrap();
        let parts = [foreign, partition, "arn:aws:iam::123456789101:root"];
        assert_blocker(&blockers(&world, &spec).await, "principal-of-another-partition", &parts);
        assert!(driver(&world, &spec).establish().await.is_err());
        assert_eq!(world.mutations(), 0);
    }
}
