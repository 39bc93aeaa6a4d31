use std::collections::BTreeSet;

use heroku_data_link::provider::{Subnet, SubnetQuery, Vpc, Vpcs, operation};

use crate::VpcSpec;
use crate::contract::Start;
use crate::contract::expect::{ok, only, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::contract::sites::Network;

/// The one that the client was made for.
pub async fn the_region_is_the_clients(start: &Start, client: &dyn Vpcs) {
    assert_eq!(client.region(), &start.region);
}

/// With its secondary blocks, and its owner, who may be another account.
pub async fn a_vpc_is_read_in_every_field(start: &Start, client: &dyn Vpcs) {
    let own = Network::new(start).vpc;
    let shared = VpcSpec::new(["10.30.0.0/16"]).in_account("111122223333");
    let shared = shared.in_region(&start.region).shared_with(&start.account);
    let shared = ok(start.world.add_vpc(&shared));
    let expected = Vpc {
        id: own.clone(),
        cidrs: ["10.20.0.0/16", "10.21.0.0/16"].map(value).into_iter().collect(),
        owner: start.account.clone(),
    };
    assert_eq!(ok(client.vpc(&own).await), Some(expected));
    let expected = Vpc {
        id: shared.clone(),
        cidrs: [value("10.30.0.0/16")].into_iter().collect(),
        owner: value("111122223333"),
    };
    assert_eq!(ok(client.vpc(&shared).await), Some(expected));
}

/// Absence is data, and what is another account's or region's is absent.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn Vpcs) {
    let foreign = VpcSpec::new(["10.0.0.0/16"]).in_account("111122223333");
    let foreign = ok(start.world.add_vpc(&foreign.in_region(&start.region)));
    let far = VpcSpec::new(["10.0.0.0/16"]).in_account(&start.account).in_region("sa-east-1");
    let far = ok(start.world.add_vpc(&far));
    for vpc in [value("vpc-0"), foreign, far] {
        assert_eq!(ok(client.vpc(&vpc).await), None, "{vpc}");
        assert_eq!(ok(client.subnets(&SubnetQuery::InVpc(vpc)).await), []);
    }
    let ids = BTreeSet::from([value("subnet-0")]);
    assert_eq!(ok(client.subnets(&SubnetQuery::Ids(ids)).await), []);
    assert_eq!(ok(client.subnets(&SubnetQuery::Ids(BTreeSet::new())).await), []);
}

/// By VPC, all pages, and by ids, those that exist.
pub async fn all_subnets_are_listed(start: &Start, client: &dyn Vpcs) {
    let (one, other) = (Network::new(start), Network::new(start));
    let wanted: BTreeSet<_> = one.subnets.iter().cloned().collect();
    assert!(wanted.len() > 2);
    let found = ok(client.subnets(&SubnetQuery::InVpc(one.vpc.clone())).await);
    let ids: BTreeSet<_> = found.iter().map(|subnet| subnet.id.clone()).collect();
    assert_eq!((found.len(), ids), (wanted.len(), wanted.clone()));
    assert!(found.iter().all(|subnet| subnet.vpc == one.vpc));
    let mut some = wanted;
    some.pop_first();
    some.extend([other.subnets[0].clone(), value("subnet-0")]);
    let found = ok(client.subnets(&SubnetQuery::Ids(some.clone())).await);
    some.remove(&value("subnet-0"));
    assert_eq!(found.into_iter().map(|subnet| subnet.id).collect::<BTreeSet<_>>(), some);
}

/// Its zone, as everybody and as this account calls it, and the addresses that are left.
pub async fn a_subnet_is_read_in_every_field(start: &Start, client: &dyn Vpcs) {
    let vpc = Network::new(start).vpc;
    let zone = format!("{}a", start.region);
    let id = ok(start.world.add_subnet(&vpc, &zone, "10.21.0.0/28"));
    let found = only(ok(client.subnets(&SubnetQuery::Ids([id.clone()].into())).await));
    let expected = Subnet {
        id,
        vpc,
        zone_id: found.zone_id.clone(),
        zone_name: value(&zone),
        cidr: Some(value("10.21.0.0/28")),
        // 16, without the five that AWS keeps.
        free_addresses: 11,
    };
    assert_eq!(found, expected);
    let name = start.world.zone_name(&start.region, &start.account, &found.zone_id);
    assert_eq!(name, found.zone_name);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn Vpcs) {
    let Network { vpc, subnets } = Network::new(start);
    let in_vpc = SubnetQuery::InVpc(vpc.clone());
    let ids = SubnetQuery::Ids(subnets.into_iter().collect());
    let probes = [
        probe(operation::DESCRIBE_VPCS, || client.vpc(&vpc)),
        probe(operation::DESCRIBE_SUBNETS, || client.subnets(&in_vpc)),
        probe(operation::DESCRIBE_SUBNETS, || client.subnets(&ids)),
    ];
    failures::check(start, Cloud::Aws, &probes).await;
}
