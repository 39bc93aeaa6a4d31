use std::collections::BTreeSet;

use heroku_data_link::model::PortRange;
use heroku_data_link::provider::{
    Ec2Call, EndpointChange, EndpointRequest, ErrorKind, IngressRule, IngressSource,
    NewSecurityGroup, PeeringRequest, Rehearsal, Rehearsals, RouteRequest, Verdict, operation,
};

use crate::Fault;
use crate::contract::Start;
use crate::contract::expect::{ok, refused, secs, tags, value};
use crate::contract::sites::{Network, Store};

/// Every call, about things that are there.
fn calls(start: &Start) -> Vec<Rehearsal> {
    let (service, network) = (Store::new(start).service(start), Network::new(start));
    let world = &start.world;
    let peer = Network::new(start).vpc;
    let Network { vpc, subnets } = network;
    let group = ok(world.add_security_group(&vpc, "clients", &[]));
    let (first, groups) = (&subnets[..1], [group.clone()]);
    let endpoint = ok(world.add_endpoint(&vpc, &service, first, &groups, &[]));
    let peering = ok(world.add_peering(&vpc, &peer, &[]));
    let table = ok(world.main_route_table(&vpc));
    ok(world.add_route(&table, "10.9.0.0/16", &peering));
    let block = IngressSource::Cidr(value("10.0.0.0/8"));
    let rule = IngressRule::tcp(ok(PortRange::new(6379, 6379)), block);
    let link = tags([("link", "a")]);
    let new_group = NewSecurityGroup {
        vpc: vpc.clone(),
        name: "more".to_owned(),
        description: "more".to_owned(),
        tags: link.clone(),
    };
    let new_endpoint = EndpointRequest {
        link: value("a"),
        vpc: vpc.clone(),
        service: Some(service),
        subnets: subnets[1..2].iter().cloned().collect(),
        groups: groups.into(),
        tags: link.clone(),
        tombstones: BTreeSet::new(),
    };
    let new_peering = PeeringRequest {
        vpc,
        peer_vpc: Some(Network::new(start).vpc),
        peer_account: Some(start.account.clone()),
        peer_region: Some(start.region.clone()),
        tags: link,
    };
    let change = EndpointChange {
        add_subnets: subnets[1..2].iter().cloned().collect(),
        ..EndpointChange::default()
    };
    let route = RouteRequest {
        table: table.clone(),
        destination: value("10.8.0.0/16"),
        peering: Some(peering.clone()),
    };
    let destination = value("10.9.0.0/16");
    let changes = [
        Ec2Call::CreateSecurityGroup(new_group),
        Ec2Call::AuthorizeIngress { group: Some(group.clone()), rule: rule.clone() },
        Ec2Call::RevokeIngress { group: group.clone(), rule },
        Ec2Call::DeleteSecurityGroup { group },
        Ec2Call::CreateEndpoint(new_endpoint),
        Ec2Call::ModifyEndpoint { endpoint: endpoint.clone(), change, new_group: false },
        Ec2Call::DeleteEndpoint { endpoint },
        Ec2Call::CreatePeering(new_peering),
        Ec2Call::DeletePeering { peering },
        Ec2Call::CreateRoute(route),
        Ec2Call::DeleteRoute { table, destination },
    ];
    let reads = [
        Rehearsal::DescribeVpcs,
        Rehearsal::DescribeSubnets,
        Rehearsal::DescribeSecurityGroups,
        Rehearsal::DescribeEndpoints,
        Rehearsal::DescribeEndpointServices,
        Rehearsal::DescribeNetworkInterfaces,
        Rehearsal::DescribeNetworkAcls,
        Rehearsal::DescribePeeringConnections,
        Rehearsal::DescribeRouteTables,
    ];
    reads.into_iter().chain(changes.map(Rehearsal::Call)).collect()
}

/// Nothing is changed by being rehearsed.
pub async fn what_would_be_permitted_is_not_done(start: &Start, client: &dyn Rehearsals) {
    let calls = calls(start);
    let before = start.world.fingerprint();
    for call in calls {
        let seen = start.world.calls();
        assert_eq!(ok(client.rehearse(&call).await), Verdict::Permitted, "{call:?}");
        assert_eq!(start.world.calls() - seen, 1, "{call:?}");
    }
    assert_eq!(start.world.fingerprint(), before);
    assert_eq!(start.world.mutations(), 0);
}

/// Which action is lacking is in the answer; it is no error.
pub async fn what_would_be_denied_is_told(start: &Start, client: &dyn Rehearsals) {
    for call in calls(start) {
        start.world.forbid(call.operation());
        let denied = Verdict::Denied(call.operation().into());
        assert_eq!(ok(client.rehearse(&call).await), denied, "{call:?}");
        start.world.clear_faults();
    }
}

/// A creation that sets tags needs a permission more.
pub async fn tags_need_a_permission_of_their_own(start: &Start, client: &dyn Rehearsals) {
    let calls = calls(start);
    start.world.forbid(operation::CREATE_TAGS);
    for call in calls {
        let sets_tags = matches!(
            call,
            Rehearsal::Call(
                Ec2Call::CreateSecurityGroup(_)
                    | Ec2Call::CreateEndpoint(_)
                    | Ec2Call::CreatePeering(_)
            )
        );
        match ok(client.rehearse(&call).await) {
            Verdict::Permitted => assert!(!sets_tags, "{call:?}"),
            Verdict::Denied(action) => {
                let known = [operation::CREATE_TAGS, call.operation()];
                assert!(sets_tags && known.contains(&&*action), "{action}: {call:?}");
            }
            Verdict::NotTold(why) => panic!("{why}: {call:?}"),
        }
    }
}

/// Then nobody knows whether the call would be permitted.
pub async fn a_failed_rehearsal_is_an_error(start: &Start, client: &dyn Rehearsals) {
    for call in calls(start) {
        for expected in [
            ErrorKind::Transient,
            ErrorKind::Unauthorized,
            ErrorKind::RateLimited { retry_after: Some(secs(7)) },
        ] {
            start.world.fault(Fault::on_any_call().before(expected.clone()));
            let seen = start.world.calls();
            let error = refused(client.rehearse(&call).await);
            assert_eq!((error.kind(), error.operation()), (&expected, call.operation()));
            assert_eq!(start.world.calls() - seen, 1, "{error}");
            start.world.clear_faults();
        }
    }
}
