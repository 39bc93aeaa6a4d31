//! What can be known before anything is made: permissions and quotas.

use heroku_data_link::model::{DataService, NonEmptySet};
use heroku_data_link::privatelink::{
    Client, Clients, EndpointChoice, GroupChoice, PrivateLinkSpec, PrivateLinkWorkflow,
};
use heroku_data_link::provider::{ErrorKind, operation as op};
use heroku_data_link::reconcile::{Goal, Preflight, ReconcileError};
use heroku_data_link_mock::{Procedure, World};

use crate::support::{blockers, driver, procedure};

const OTHER_SERVICE: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0aaaaaaaaaaaaaaaa";

async fn preflight(world: &World, spec: &PrivateLinkSpec) -> Preflight {
    let before = (world.fingerprint(), world.mutations());
    let workflow = PrivateLinkWorkflow::new(spec.clone(), world.heroku(), world.aws());
    let found = workflow.preflight().await.unwrap();
    assert_eq!((world.fingerprint(), world.mutations()), before);
    found
}

fn untold(found: &Preflight) -> Vec<&str> {
    found.untold.keys().copied().collect()
}

/// An endpoint in the VPC of the procedure that has nothing to do with the link.
fn add_foreign_endpoint(world: &World, site: &Procedure) {
    let subnets = &site.subnets[..1];
    world.add_endpoint(&site.vpc, &OTHER_SERVICE.parse().unwrap(), subnets, &[], &[]).unwrap();
}

#[tokio::test]
async fn a_preflight_changes_nothing_and_learns_more_as_the_link_grows() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    let found = preflight(&world, &spec).await;
    assert!(found.is_clear(), "{found}");
    assert_eq!(
        untold(&found),
        [
            op::AUTHORIZE_SECURITY_GROUP_INGRESS,
            op::CREATE_VPC_ENDPOINT,
            op::DELETE_SECURITY_GROUP,
            op::DELETE_VPC_ENDPOINTS,
            op::MODIFY_VPC_ENDPOINT,
            op::REVOKE_SECURITY_GROUP_INGRESS,
        ]
    );
    driver(&world, &spec).establish().await.unwrap();
    let found = preflight(&world, &spec).await;
    assert_eq!((found.is_clear(), untold(&found)), (true, vec![]), "{found}");
}

#[tokio::test]
async fn a_preflight_lists_every_missing_action() {
    let (world, _, spec) = procedure(DataService::Postgres);
    driver(&world, &spec).establish().await.unwrap();
    for action in [op::MODIFY_VPC_ENDPOINT, op::DELETE_SECURITY_GROUP] {
        world.forbid(action);
    }
    let found = preflight(&world, &spec).await;
    assert_eq!(
        found.to_string(),
        "missing  ec2:DeleteSecurityGroup\nmissing  ec2:ModifyVpcEndpoint\n"
    );
    let error = driver(&world, &spec).teardown().await.unwrap_err();
    assert!(matches!(&error, ReconcileError::Provider { source, .. }
        if *source.kind() == ErrorKind::Forbidden && source.to_string().contains(op::DELETE_SECURITY_GROUP)));
}

#[tokio::test]
async fn a_creation_may_lack_the_tags_alone() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.forbid(op::CREATE_TAGS);
    let found = preflight(&world, &spec).await;
    assert_eq!(found.missing.iter().collect::<Vec<_>>(), [op::CREATE_TAGS]);
}

#[tokio::test]
async fn without_the_reads_nothing_else_can_be_told() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.forbid(op::DESCRIBE_SUBNETS);
    world.forbid(op::DESCRIBE_VPC_ENDPOINT_SERVICES);
    let found = preflight(&world, &spec).await;
    assert_eq!(
        found.missing.iter().collect::<Vec<_>>(),
        [op::DESCRIBE_SUBNETS, op::DESCRIBE_VPC_ENDPOINT_SERVICES]
    );
    assert_eq!(found.untold.len(), 7, "{found}");
}

#[tokio::test]
async fn without_the_network_acls_everything_else_is_told() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    world.forbid(op::DESCRIBE_NETWORK_ACLS);
    world.forbid(op::MODIFY_VPC_ENDPOINT);
    let found = preflight(&world, &spec).await;
    assert_eq!(
        found.to_string(),
        "missing  ec2:DescribeNetworkAcls\nmissing  ec2:ModifyVpcEndpoint\n"
    );
}

#[tokio::test]
async fn what_the_link_does_not_own_is_not_rehearsed() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.endpoint = EndpointChoice::Existing("vpce-0123456789abcdef0".parse().unwrap());
    let found = preflight(&world, &spec).await;
    assert_eq!((found.is_clear(), untold(&found)), (true, vec![]), "{found}");
}

#[tokio::test]
async fn a_full_vpc_is_a_blocker_before_anything_is_made() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    add_foreign_endpoint(&world, &site);
    spec.quotas.endpoints_per_vpc = 1;
    let [blocker] = blockers(&world, &spec).await.try_into().unwrap();
    assert_eq!(blocker.code, "endpoint-quota");
    let text = blocker.to_string();
    for part in [site.vpc.as_str(), "has 1 endpoints", "allows 1", "L-29B6F2EB"] {
        assert!(text.contains(part), "{text}");
    }
    // With room for one more it goes on, and a full VPC does not disturb what is there.
    spec.quotas.endpoints_per_vpc = 2;
    driver(&world, &spec).establish().await.unwrap();
    assert!(driver(&world, &spec).plan(Goal::Established).await.unwrap().is_settled());
}

#[tokio::test]
async fn more_rules_than_a_group_holds_are_a_blocker() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    let clients = |count: u8| {
        let blocks = (0..count).map(|n| Client::Cidr(format!("10.9.{n}.0/24").parse().unwrap()));
        GroupChoice::owned(Clients::These(NonEmptySet::new(blocks).unwrap()))
    };
    spec.security_groups = clients(61);
    let [blocker] = blockers(&world, &spec).await.try_into().unwrap();
    assert_eq!(blocker.code, "rule-quota");
    assert!(blocker.problem.contains("61 rules") && blocker.problem.contains("60"), "{blocker}");
    spec.security_groups = clients(60);
    driver(&world, &spec).establish().await.unwrap();
}
