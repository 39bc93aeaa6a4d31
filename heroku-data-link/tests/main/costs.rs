//! What plans of every kind of link add to the bills.

use heroku_data_link::encryption::Migration;
use heroku_data_link::model::{DataService, NonEmptySet};
use heroku_data_link::privatelink::{EndpointChoice, SubnetChoice};
use heroku_data_link::provider::{EndpointChange, EndpointQuery, Keys, VpcEndpoints};
use heroku_data_link::reconcile::{Cloud, Goal, Plan, ownership};
use heroku_data_link_mock::KeySpec;

use crate::encryption::support as encryption;
use crate::support::{driver, procedure};
use crate::{adoption, peering};

fn lines(plan: &Plan) -> Vec<String> {
    plan.costs().iter().map(ToString::to_string).collect()
}

const DATA: &str = "aws: data through the interface endpoint, per gigabyte (https://aws.amazon.com/privatelink/pricing/)";

const ROTATION: &str = "aws: up to 2 × older material of the KMS key, as it rotates, per month, \
                        $1.00 each as of 2026-03 (https://aws.amazon.com/kms/pricing/)";

fn zones(count: &str) -> String {
    format!(
        "aws: {count}zone of an interface endpoint, per hour (https://aws.amazon.com/privatelink/pricing/)"
    )
}

#[tokio::test]
async fn a_private_link_costs_the_hours_of_its_endpoint_in_each_zone() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    // Which zones the service has is known only when Heroku has made it.
    assert_eq!(lines(&plan), [zones(""), DATA.to_owned()]);
    let stored: Plan = serde_json::from_value(serde_json::json!(plan)).unwrap();
    assert_eq!(stored.costs(), plan.costs());
    assert!(plan.costs().iter().all(|cost| cost.step == "endpoint/create"), "{plan}");

    world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_eq!(lines(&plan), [zones("2 × "), DATA.to_owned()]);

    link.establish().await.unwrap();
    assert_eq!(lines(&link.plan(Goal::Established).await.unwrap()), [""; 0]);
    assert_eq!(lines(&link.plan(Goal::TornDown).await.unwrap()), [""; 0]);

    // A zone that the endpoint has lost.
    let query = EndpointQuery::Tagged(ownership::tag_of(&spec.link));
    let endpoint = world.aws().endpoints(&query).await.unwrap().remove(0);
    let change = EndpointChange {
        remove_subnets: endpoint.subnets.iter().take(1).cloned().collect(),
        ..EndpointChange::default()
    };
    world.aws().modify_endpoint(&endpoint.id, &change).await.unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_eq!(lines(&plan), [zones("1 × ")], "{plan}");
}

#[tokio::test]
async fn what_exists_is_adopted_at_no_cost() {
    let (world, site, mut spec, _, _) = adoption::made_by_hand();
    spec.endpoint = EndpointChoice::Adopt;
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_eq!(lines(&plan), [zones("1 × ")], "the other zone: {plan}");
    spec.subnets = SubnetChoice::Among(NonEmptySet::of(site.subnets[0].clone()));
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert!(!plan.is_settled());
    assert_eq!(lines(&plan), [""; 0], "{plan}");
}

#[tokio::test]
async fn a_peering_costs_only_what_crosses_zones() {
    let (world, site, spec) = peering::procedure();
    let link = peering::driver(&world, &site, &spec);
    let expected = "aws: data over the peering that crosses zones, per gigabyte \
                (https://aws.amazon.com/ec2/pricing/on-demand/)";
    assert_eq!(lines(&link.plan(Goal::Established).await.unwrap()), [expected]);
    link.establish().await.unwrap();
    assert_eq!(lines(&link.plan(Goal::Established).await.unwrap()), [""; 0]);
    assert_eq!(lines(&link.plan(Goal::TornDown).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn an_addon_under_a_key_costs_its_plan_and_the_key() {
    let (world, _, spec) = encryption::procedure(DataService::KeyValueStore);
    let link = encryption::driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    let addon = plan.costs().into_iter().find(|cost| cost.biller == Cloud::Heroku).unwrap();
    assert_eq!((addon.units, addon.list_price), (Some(1), None));
    assert_eq!(
        lines(&plan),
        [
            "aws: 1 × KMS key, per month, $1.00 each as of 2026-03 \
             (https://aws.amazon.com/kms/pricing/)"
                .to_owned(),
            ROTATION.to_owned(),
            format!(
                "heroku: 1 × add-on of the plan {}, per month (https://www.heroku.com/pricing/)",
                spec.plan
            ),
        ]
    );
    link.establish().await.unwrap();
    assert_eq!(lines(&link.plan(Goal::Established).await.unwrap()), [""; 0]);

    // A key that exists costs nothing more but for its rotation; the add-on that data is moved to does.
    let (world, site, spec) = encryption::procedure(DataService::KeyValueStore);
    let key = world.add_key(&KeySpec::new()).unwrap();
    let migration = Migration::from(site.old_addon.clone());
    let spec = spec.with_key(encryption::existing(&key, true)).migrating(migration);
    let plan = encryption::driver(&world, &spec).plan(Goal::Established).await.unwrap();
    let billers: Vec<_> = plan.costs().iter().map(|cost| cost.biller).collect();
    assert_eq!(billers, [Cloud::Aws, Cloud::Heroku], "{plan}");
    assert_eq!(lines(&plan)[0], ROTATION);
}

#[tokio::test]
async fn a_key_is_billed_again_when_its_deletion_is_cancelled() {
    let (world, _, spec) = encryption::encrypted(DataService::KeyValueStore);
    let disable = encryption::access(&world, &spec).plan(Goal::TornDown).await.unwrap();
    assert_eq!(lines(&disable), [""; 0], "{disable}");
    world.aws().disable_key(&spec.key).await.unwrap();
    let enable = encryption::access(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_eq!(lines(&enable), [""; 0], "{enable}");
    world.aws().schedule_key_deletion(&spec.key, 7).await.unwrap();
    let cancel = encryption::access(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_eq!(
        lines(&cancel),
        [
            "aws: 1 × KMS key, per month, $1.00 each as of 2026-03 (https://aws.amazon.com/kms/pricing/)"
        ],
        "{cancel}"
    );
}
