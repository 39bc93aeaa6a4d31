use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_sdk_ec2::operation::create_vpc_endpoint::builders::CreateVpcEndpointFluentBuilder;
use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder;
use aws_sdk_ec2::types::{
    self, DnsOptionsSpecification, DnsRecordIpType, IpAddressType, ResourceType, VpcEndpointType,
};
use aws_types::request_id::RequestId;
use heroku_data_link::model::{EndpointState, VpcEndpointId};
use heroku_data_link::provider::operation::{
    CREATE_VPC_ENDPOINT, DELETE_VPC_ENDPOINTS, DESCRIBE_VPC_ENDPOINTS, MODIFY_VPC_ENDPOINT,
};
use heroku_data_link::provider::{
    EndpointChange, EndpointQuery, NewEndpoint, ProviderResult, Tags, VpcEndpoint, VpcEndpoints,
};

use super::{PAGE, filter, has_tag_key, is_tagged, on_creation, tag_filter, tag_key_filter, tags};
use crate::client::Client;
use crate::pages::all;
use crate::reading::Reading;

/// What AWS says of an endpoint that is not there. In a list of failures it leaves `Id` out.
const GONE: [&str; 2] = ["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"];

/// The kinds of endpoints that share the quota of a VPC.
const COUNTED: [VpcEndpointType; 2] =
    [VpcEndpointType::Interface, VpcEndpointType::GatewayLoadBalancer];

#[async_trait]
impl VpcEndpoints for Client {
    async fn endpoints(&self, query: &EndpointQuery) -> ProviderResult<Vec<VpcEndpoint>> {
        let reading = self.reading(DESCRIBE_VPC_ENDPOINTS);
        let call = self.ec2().describe_vpc_endpoints();
        let (call, page) = match query {
            EndpointQuery::Tagged(tag) => (call.filters(tag_filter(tag)), Some(PAGE)),
            EndpointQuery::WithTag(key) => (call.filters(tag_key_filter(key)), Some(PAGE)),
            EndpointQuery::InVpc(vpc) => {
                let kinds = COUNTED.iter().map(VpcEndpointType::as_str);
                let call = call.filters(filter("vpc-id", [vpc]));
                (call.filters(filter("vpc-endpoint-type", kinds)), Some(PAGE))
            }
            EndpointQuery::Id(id) => (call.vpc_endpoint_ids(id.as_str()), None),
        };
        let call = call.set_max_results(page);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let found = match all(&reading, ask, |page| (page.vpc_endpoints, page.next_token)).await {
            Ok(found) => found,
            Err(failure) if matches!(query, EndpointQuery::Id(_)) && failure.is(&GONE) => {
                return Ok(Vec::new());
            }
            Err(failure) => return Err(failure.error),
        };
        found
            .iter()
            .filter(|it| match query {
                EndpointQuery::Tagged(tag) => is_tagged(it.tags(), tag),
                EndpointQuery::WithTag(key) => has_tag_key(it.tags(), key),
                EndpointQuery::InVpc(vpc) => {
                    let counts = it.vpc_endpoint_type().is_some_and(|kind| COUNTED.contains(kind));
                    it.vpc_id() == Some(vpc.as_str()) && counts
                }
                EndpointQuery::Id(id) => it.vpc_endpoint_id() == Some(id.as_str()),
            })
            .map(|it| self::endpoint(&reading, it))
            .collect()
    }

    async fn create_endpoint(&self, endpoint: &NewEndpoint) -> ProviderResult<VpcEndpointId> {
        let reading = self.reading(CREATE_VPC_ENDPOINT);
        let call = self.creation_of_endpoint(endpoint);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        let made = answer.vpc_endpoint().and_then(|endpoint| endpoint.vpc_endpoint_id());
        reading.needed("vpcEndpointId", made)
    }

    async fn modify_endpoint(
        &self,
        endpoint: &VpcEndpointId,
        change: &EndpointChange,
    ) -> ProviderResult<()> {
        let reading = self.reading(MODIFY_VPC_ENDPOINT);
        let call = self.change_of_endpoint(endpoint, change);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        reading.done(answer.r#return())
    }

    async fn tag_endpoint(&self, endpoint: &VpcEndpointId, tags: &Tags) -> ProviderResult<()> {
        self.tag(endpoint.as_str(), tags).await
    }

    async fn delete_endpoint(&self, endpoint: &VpcEndpointId) -> ProviderResult<()> {
        let reading = self.reading(DELETE_VPC_ENDPOINTS);
        let call = self.ec2().delete_vpc_endpoints().vpc_endpoint_ids(endpoint.as_str());
        let answer = match call.send().await.map_err(|error| reading.failure(&error)) {
            Ok(answer) => answer,
            Err(failure) => return failure.unless(|it| it.is(&GONE)),
        };
        // A failure comes inside a success.
        let Some(item) = answer.unsuccessful().first() else { return Ok(()) };
        let (code, message) = item.error().map_or((None, None), |e| (e.code(), e.message()));
        let failure = reading.failure_of_code(
            code.unwrap_or("Unsuccessful"),
            message.unwrap_or_default(),
            answer.request_id(),
        );
        failure.unless(|it| it.is(&GONE))
    }
}

impl Client {
    pub(super) fn creation_of_endpoint(
        &self,
        endpoint: &NewEndpoint,
    ) -> CreateVpcEndpointFluentBuilder {
        let dns = DnsOptionsSpecification::builder().dns_record_ip_type(DnsRecordIpType::Ipv4);
        self.ec2()
            .create_vpc_endpoint()
            .vpc_id(endpoint.vpc.as_str())
            .vpc_endpoint_type(VpcEndpointType::Interface)
            .service_name(endpoint.service.as_str())
            .set_subnet_ids(Some(endpoint.subnets.iter().map(ToString::to_string).collect()))
            .set_security_group_ids(Some(endpoint.groups.iter().map(ToString::to_string).collect()))
            // Left out, it does not mean no.
            .private_dns_enabled(false)
            .ip_address_type(IpAddressType::Ipv4)
            .dns_options(dns.build())
            .client_token(&endpoint.client_token)
            .set_tag_specifications(on_creation(ResourceType::VpcEndpoint, &endpoint.tags))
    }

    pub(super) fn change_of_endpoint(
        &self,
        endpoint: &VpcEndpointId,
        change: &EndpointChange,
    ) -> ModifyVpcEndpointFluentBuilder {
        fn some<T: ToString>(ids: &BTreeSet<T>) -> Option<Vec<String>> {
            (!ids.is_empty()).then(|| ids.iter().map(ToString::to_string).collect())
        }
        self.ec2()
            .modify_vpc_endpoint()
            .vpc_endpoint_id(endpoint.as_str())
            .set_add_subnet_ids(some(&change.add_subnets))
            .set_remove_subnet_ids(some(&change.remove_subnets))
            .set_add_security_group_ids(some(&change.add_groups))
            .set_remove_security_group_ids(some(&change.remove_groups))
    }
}

fn endpoint(reading: &Reading, it: &types::VpcEndpoint) -> ProviderResult<VpcEndpoint> {
    // The words are EC2's own, in lower camel case: the SDK's enum knows none of them.
    let state = reading.text(it.state().map(types::State::as_str));
    let groups = it.groups().iter().filter_map(|group| group.group_id());
    Ok(VpcEndpoint {
        id: reading.needed("vpcEndpointId", it.vpc_endpoint_id())?,
        vpc: reading.needed("vpcId", it.vpc_id())?,
        service: reading.name(it.service_name()),
        state: EndpointState::from(state),
        subnets: reading.each("subnetId", it.subnet_ids())?,
        groups: groups.map(|id| reading.needed("groupId", Some(id))).collect::<Result<_, _>>()?,
        interfaces: reading.each("networkInterfaceId", it.network_interface_ids())?,
        dns_names: it
            .dns_entries()
            .iter()
            .filter_map(|entry| entry.dns_name().map(|name| reading.name(Some(name))))
            .collect(),
        tags: tags(reading, it.tags()),
        created_at: it
            .creation_timestamp()
            .and_then(|time| SystemTime::try_from(*time).ok())
            .unwrap_or(UNIX_EPOCH),
        last_error: last_error(reading, it),
    })
}

fn last_error(reading: &Reading, it: &types::VpcEndpoint) -> Option<String> {
    let error = it.last_error();
    let parts = [
        error.and_then(|error| error.code()),
        error.and_then(|error| error.message()),
        it.failure_reason(),
    ];
    let said: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!said.is_empty()).then(|| reading.text(Some(&said.join(": "))))
}
