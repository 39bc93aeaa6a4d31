use heroku_data_link::model::{NonEmptySet, PortRange};
use heroku_data_link::peering::Inbound;
use heroku_data_link::provider::operation as op;
use heroku_data_link::reconcile::Preflight;

use super::{driver, procedure};

fn untold(found: &Preflight) -> Vec<&str> {
    found.untold.keys().copied().collect()
}

#[tokio::test]
async fn a_preflight_changes_nothing_and_lists_what_is_missing() {
    let (world, site, mut spec) = procedure();
    let group = world.add_security_group(&site.vpc, "app", &[]).unwrap();
    let ports = NonEmptySet::of(PortRange::new(5432, 5432).unwrap());
    spec.inbound = Some(Inbound { security_group: group, ports });
    let link = driver(&world, &site, &spec);
    let before = (world.fingerprint(), world.mutations());
    let found = link.workflow().preflight().await.unwrap();
    assert!(found.is_clear(), "{found}");
    assert_eq!(
        untold(&found),
        [op::CREATE_ROUTE, op::DELETE_ROUTE, op::DELETE_VPC_PEERING_CONNECTION]
    );
    world.forbid(op::CREATE_TAGS);
    let found = link.workflow().preflight().await.unwrap();
    assert_eq!(found.missing.iter().collect::<Vec<_>>(), [op::CREATE_TAGS]);
    assert_eq!((world.fingerprint(), world.mutations()), before);
}

#[tokio::test]
async fn an_established_peering_can_be_rehearsed_whole() {
    let (world, site, spec) = procedure();
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    assert_eq!(untold(&link.workflow().preflight().await.unwrap()), Vec::<&str>::new());
    world.forbid(op::DELETE_ROUTE);
    world.forbid(op::DELETE_VPC_PEERING_CONNECTION);
    let found = link.workflow().preflight().await.unwrap();
    assert_eq!(
        found.to_string(),
        "missing  ec2:DeleteRoute\nmissing  ec2:DeleteVpcPeeringConnection\n"
    );
}

#[tokio::test]
async fn without_the_reads_nothing_else_can_be_told() {
    let (world, site, spec) = procedure();
    world.forbid(op::DESCRIBE_ROUTE_TABLES);
    let found = driver(&world, &site, &spec).workflow().preflight().await.unwrap();
    assert_eq!(found.missing.iter().collect::<Vec<_>>(), [op::DESCRIBE_ROUTE_TABLES]);
    assert_eq!(found.untold.len(), 4, "{found}");
}
