use heroku_data_link::provider::{NetworkInterfaces, VpcEndpoints, operation};

use crate::contract::Start;
use crate::contract::expect::{ok, secs, sorted, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::contract::sites::{Network, Store};

/// All pages, and for as long as those of a deleted endpoint linger.
pub async fn the_interfaces_that_carry_a_group_are_listed(
    start: &Start,
    client: &dyn NetworkInterfaces,
) {
    let (service, network) = (Store::new(start).service(start), Network::new(start));
    let world = &start.world;
    let group = |name| ok(world.add_security_group(&network.vpc, name, &[]));
    let (clients, others) = (group("clients"), group("others"));
    let mut expected = Vec::new();
    let mut endpoints = Vec::new();
    for (group, subnets) in [(&clients, 0..3), (&clients, 1..3), (&others, 0..2)] {
        let (count, subnets) = (subnets.len(), &network.subnets[subnets]);
        let groups = [group.clone()];
        let id = ok(world.add_endpoint(&network.vpc, &service, subnets, &groups, &[]));
        if *group == clients {
            let description = format!("VPC Endpoint Interface {id}");
            expected.extend(std::iter::repeat_n(description, count));
        }
        endpoints.push(id);
    }
    let found = ok(client.interfaces_using(&clients).await);
    assert_eq!(sorted(found.iter().map(|it| it.description.clone())), sorted(expected));
    let ids = sorted(found.into_iter().map(|it| it.id));
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    let aws = world.aws_in(start.account.clone(), start.region.clone());
    for endpoint in &endpoints {
        ok(aws.delete_endpoint(endpoint).await);
    }
    world.advance(secs(60));
    assert_eq!(ok(client.interfaces_using(&clients).await).len(), 5, "they linger");
    world.advance(secs(5 * 60));
    assert_eq!(ok(client.interfaces_using(&clients).await), []);
}

/// Absence is data.
pub async fn an_unknown_group_has_none(start: &Start, client: &dyn NetworkInterfaces) {
    let vpc = Network::new(start).vpc;
    let unused = ok(start.world.add_security_group(&vpc, "unused", &[]));
    for group in [unused, value("sg-0")] {
        assert_eq!(ok(client.interfaces_using(&group).await), [], "{group}");
    }
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(
    start: &Start,
    client: &dyn NetworkInterfaces,
) {
    let group = value("sg-0");
    let probes =
        [probe(operation::DESCRIBE_NETWORK_INTERFACES, || client.interfaces_using(&group))];
    failures::check(start, Cloud::Aws, &probes).await;
}
