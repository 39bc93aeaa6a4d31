use async_trait::async_trait;
use heroku_data_link::model::SecurityGroupId;
use heroku_data_link::provider::operation::DESCRIBE_NETWORK_INTERFACES;
use heroku_data_link::provider::{NetworkInterface, NetworkInterfaces, ProviderResult};

use super::{PAGE, filter};
use crate::client::Client;
use crate::pages::all;
use crate::reading::needed;

#[async_trait]
impl NetworkInterfaces for Client {
    async fn interfaces_using(
        &self,
        group: &SecurityGroupId,
    ) -> ProviderResult<Vec<NetworkInterface>> {
        let operation = DESCRIBE_NETWORK_INTERFACES;
        let call = self.ec2().describe_network_interfaces().filters(filter("group-id", [group]));
        let pages = call.into_paginator().page_size(PAGE).send();
        let found =
            all(operation, pages, |page| (page.network_interfaces, page.next_token)).await?;
        found
            .iter()
            .filter(|it| it.groups().iter().any(|own| own.group_id() == Some(group.as_str())))
            .map(|it| {
                Ok(NetworkInterface {
                    id: needed(operation, "networkInterfaceId", it.network_interface_id())?,
                    description: it.description().unwrap_or_default().to_owned(),
                })
            })
            .collect()
    }
}
