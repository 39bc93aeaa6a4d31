use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_ec2::types::ServiceDetail;
use heroku_data_link::model::{EndpointServiceName, ZoneId};
use heroku_data_link::provider::operation::{DESCRIBE_SUBNETS, DESCRIBE_VPC_ENDPOINT_SERVICES};
use heroku_data_link::provider::{EndpointService, EndpointServices, ProviderResult};

use crate::client::Client;

#[async_trait]
impl EndpointServices for Client {
    async fn endpoint_service(
        &self,
        name: &EndpointServiceName,
    ) -> ProviderResult<Option<EndpointService>> {
        let reading = self.reading(DESCRIBE_VPC_ENDPOINT_SERVICES);
        // One name is one page.
        let call = self.ec2().describe_vpc_endpoint_services().service_names(name.as_str());
        let answer = match call.send().await.map_err(|error| reading.failure(&error)) {
            Ok(answer) => answer,
            // AWS says the same of what does not exist and of what the caller may not see (yet).
            Err(failure) if failure.is(&["InvalidServiceName"]) => return Ok(None),
            Err(failure) => return Err(failure.error),
        };
        let is_it = |detail: &&ServiceDetail| detail.service_name() == Some(name.as_str());
        if let Some(detail) = answer.service_details().iter().find(is_it) {
            let zones = self.zones(detail).await?;
            return Ok(Some(EndpointService { name: name.clone(), zones }));
        }
        let named = answer.service_names().iter().any(|known| known == name.as_str());
        Ok(named.then(|| EndpointService { name: name.clone(), zones: None }))
    }
}

impl Client {
    /// The zones by id. Where AWS gives names only, they are this account's own, so its subnets
    /// tell the ids; a zone without a subnet of the account is of no use to it. AWS reserves the
    /// right to give ids among the names.
    async fn zones(&self, service: &ServiceDetail) -> ProviderResult<Option<BTreeSet<ZoneId>>> {
        let ids = service.availability_zone_ids();
        if !ids.is_empty() {
            let reading = self.reading(DESCRIBE_VPC_ENDPOINT_SERVICES);
            return reading.each("availabilityZoneId", ids).map(Some);
        }
        let names = service.availability_zones();
        if names.is_empty() {
            return Ok(None);
        }
        let subnets = self.described_subnets(None).await?;
        let reading = self.reading(DESCRIBE_SUBNETS);
        let own: BTreeMap<_, _> = subnets
            .iter()
            .filter_map(|subnet| {
                Some((subnet.availability_zone()?, subnet.availability_zone_id()?))
            })
            .collect();
        names
            .iter()
            .filter_map(|name| {
                let is_id = || name.parse::<ZoneId>().is_ok().then_some(name.as_str());
                own.get(name.as_str()).copied().or_else(is_id)
            })
            .map(|id| reading.needed("availabilityZoneId", Some(id)))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}
