use std::collections::BTreeSet;

use heroku_data_link::provider::{EndpointService, EndpointServices, PrivateLinks, operation};

use crate::AddonSpec;
use crate::contract::Start;
use crate::contract::expect::{ok, some, value};
use crate::contract::failures::{self, Cloud, probe};
use crate::contract::sites::Store;

/// In as many as it is offered in; that AWS does not say is not the same as nowhere.
pub async fn a_service_tells_its_zones_or_not(start: &Start, client: &dyn EndpointServices) {
    let store = Store::new(start);
    let plan = "heroku-redis:private-7";
    let offered = AddonSpec::new(&store.app, "redis-2", plan).offered_in(["use1-az4", "use1-az6"]);
    let silent = AddonSpec::new(&store.app, "redis-3", plan).zones_unpublished();
    let zones: BTreeSet<_> = ["use1-az4", "use1-az6"].into_iter().map(value).collect();
    for (spec, zones) in [(offered.attached_as("A"), Some(zones)), (silent.attached_as("B"), None)]
    {
        let addon = ok(start.world.add_addon(&spec));
        let name = ok(start.world.add_private_link(addon, &[start.account.as_str()]));
        let service = some(ok(client.endpoint_service(&name).await));
        assert_eq!(service, EndpointService { name, zones });
    }
}

/// AWS makes no difference between what is not there and what is not shown.
pub async fn what_may_not_be_seen_is_not_there(start: &Start, client: &dyn EndpointServices) {
    let store = Store::new(start);
    let hidden = ok(start.world.add_private_link(store.addon, &["111122223333"]));
    for name in [hidden, value("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0")] {
        assert_eq!(ok(client.endpoint_service(&name).await), None, "{name}");
    }
}

/// As soon as it is Heroku's to offer no more.
pub async fn a_deleted_service_is_not_there(start: &Start, client: &dyn EndpointServices) {
    let store = Store::new(start);
    let name = store.service(start);
    assert!(ok(client.endpoint_service(&name).await).is_some());
    ok(start.world.heroku().delete_private_link(&store.addon).await);
    assert_eq!(ok(client.endpoint_service(&name).await), None);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(
    start: &Start,
    client: &dyn EndpointServices,
) {
    let name = Store::new(start).service(start);
    let probes =
        [probe(operation::DESCRIBE_VPC_ENDPOINT_SERVICES, || client.endpoint_service(&name))];
    failures::check(start, Cloud::Aws, &probes).await;
}
