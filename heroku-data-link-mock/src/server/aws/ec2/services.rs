//! Endpoint services: those of Heroku's data services that the caller is let in to.

use std::time::SystemTime;

use heroku_data_link::model::{AccountId, AwsRegion, EndpointServiceName, ZoneId};
use heroku_data_link::provider::{Tags, operation};

use super::super::error::AwsError;
use super::super::params::invalid_value;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Pages, Resource, describe};
use super::{Action, Answer};
use crate::state::{Caller, State, zones};

struct Service {
    name: EndpointServiceName,
    region: AwsRegion,
    /// What the caller calls the zones, and what everybody does; none where AWS does not tell.
    zones: Vec<(String, ZoneId)>,
    tags: Tags,
}

impl Service {
    fn id_of_service(&self) -> &str {
        self.name.service_id().unwrap_or_default()
    }
}

impl Resource for Service {
    const OPERATION: &'static str = operation::DESCRIBE_VPC_ENDPOINT_SERVICES;
    const SET: &'static str = "serviceDetailSet";
    const IDS: Ids = Ids {
        parameters: &["ServiceName"],
        is_id: |_| true,
        malformed: "InvalidServiceName",
        unknown: "InvalidServiceName",
        kind: "Vpc Endpoint Service",
    };
    const FILTERS: Table<Self> = &[
        ("service-name", |it| vec![it.name.to_string()]),
        ("service-type", |_| vec!["Interface".to_owned()]),
        ("service-region", |it| vec![it.region.to_string()]),
        ("owner", |_| vec![AccountId::heroku_data().to_string()]),
        ("supported-ip-address-types", |_| vec!["ipv4".to_owned()]),
    ];
    const UNKNOWN_FILTER: &'static str = "InvalidFilter";
    const PAGES: Option<Pages> = Some(Pages::Capped(1000));

    fn id(&self) -> &str {
        self.name.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let names = wanted.keys(&state.heroku.services, "service-name").into_iter();
        let services = names.filter_map(|name| state.endpoint_service(caller, name, at));
        let describe = |service: heroku_data_link::provider::EndpointService| {
            let zones = service.zones.into_iter().flatten().map(|id| {
                let name = zones::name_of(&caller.region, &caller.account, &id);
                (name.to_string(), id)
            });
            let (zones, tags) = (zones.collect(), Tags::new());
            Self { name: service.name, region: caller.region.clone(), zones, tags }
        };
        services.map(describe).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let (region, id) = (&self.region, self.id_of_service());
        vec![
            Element::text("serviceName", &self.name),
            Element::text("serviceId", id),
            Element::set("serviceType", [[Element::text("serviceType", "Interface")]]),
            Element::text("serviceRegion", region),
            Element::texts("availabilityZoneIdSet", self.zones.iter().map(|(_, id)| id)),
            Element::texts("availabilityZoneSet", self.zones.iter().map(|(name, _)| name)),
            Element::text("owner", AccountId::heroku_data()),
            Element::texts("baseEndpointDnsNameSet", [format!("{id}.{region}.vpce.amazonaws.com")]),
            Element::text("vpcEndpointPolicySupported", false),
            Element::text("acceptanceRequired", true),
            Element::text("managesVpcEndpoints", false),
            Element::texts("supportedIpAddressTypeSet", ["ipv4"]),
            super::tags::tag_set(&self.tags),
        ]
    }

    fn answer(page: &[Self]) -> Vec<Element> {
        vec![
            Element::texts("serviceNameSet", page.iter().map(|service| &service.name)),
            Element::set(Self::SET, page.iter().map(Self::fields)),
        ]
    }
}

/// `DescribeVpcEndpointServices`
pub(super) async fn list(action: &Action<'_>) -> Answer {
    let own = action.call.face.caller.region.as_str();
    let regions = action.params.list("ServiceRegion");
    if let Some(other) = regions.iter().find(|region| *region != own) {
        return Err(if other.parse::<AwsRegion>().is_ok() {
            AwsError::unsupported("endpoint services of other regions")
        } else {
            invalid_value(other, "it is no region")
        });
    }
    describe::<Service>(action).await
}
